use std::collections::VecDeque;

use candle_core::Tensor;

use super::{ModelInput, MultitaskModel, Outputs, Padding};
use crate::SurrogateError;
use crate::error::check_parameter;
use crate::layer::{Decoder, Precision, StreamState, Temporal};

/// A network that goes on with time, one millisecond of each sample at a time: what [`MultitaskModel::encode`],
/// [`windows`](super::windows) and [`MultitaskModel::decode`] say of the whole stretch so far, at its end.
///
/// Weights are those that the model had at the start. A clone is a snapshot.
#[derive(Clone, Debug)]
pub struct ModelStream {
    temporal: Temporal,
    decoder: Option<Decoder>,
    state: StreamState,
    /// The last of what the first part said, `[samples, groups, channels, window]`.
    recent: Tensor,
    /// The last inputs, up to a window of them; none unless a window has zeros before it and is computed by itself.
    inputs: VecDeque<ModelInput>,
}

impl ModelStream {
    /// Before the first time of so many samples.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for no samples, [`SurrogateError::Tensor`] if there is no memory for it.
    pub fn new(model: &dyn MultitaskModel, samples: usize) -> Result<Self, SurrogateError> {
        Self::with_precision(model, samples, Precision::Float32)
    }

    /// The same with other numbers, where there is a choice: for float32 on the processor.
    ///
    /// # Errors
    ///
    /// As [`ModelStream::new`].
    pub fn with_precision(
        model: &dyn MultitaskModel,
        samples: usize,
        precision: Precision,
    ) -> Result<Self, SurrogateError> {
        check_parameter(samples > 0, "samples", samples as f64, "at least 1")?;
        let temporal = model.temporal()?;
        let state = temporal.start(samples)?;
        let (groups, channels) = temporal.outputs()?;
        let shape = (samples, groups, channels, model.config().window);
        let parameters = model.parameters();
        let recent = Tensor::zeros(shape, parameters.dtype(), parameters.device())?;
        let decoder = model.decoder(precision)?;
        Ok(Self { temporal, decoder, state, recent, inputs: VecDeque::new() })
    }

    /// Number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.recent.dims()[0]
    }

    /// Goes on by the one time of an input: what the model that this was started with says of the next, with a row a
    /// sample.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for an input of other samples or more times than one, [`SurrogateError::Tensor`] if
    /// it is not that of the model. Time has not gone on then.
    pub fn advance(
        &mut self,
        model: &dyn MultitaskModel,
        input: &ModelInput,
    ) -> Result<Outputs, SurrogateError> {
        let (samples, found) = (self.samples(), input.samples());
        let expected = "as many as when the stream was started";
        check_parameter(found == samples, "samples", found as f64, expected)?;
        check_parameter(input.times() == 1, "times", input.times() as f64, "1")?;
        if model.config().padding == Padding::Zero {
            return self.advance_window(model, input);
        }
        let encoded = self.temporal.advance(&mut self.state, input)?;
        let newest = encoded.permute((0, 2, 3, 1))?.contiguous()?;
        let (_, groups, channels, window) = self.recent.dims4()?;
        let older = self.recent.narrow(3, 1, window - 1)?.contiguous()?;
        self.recent = Tensor::cat(&[&older, &newest], 3)?;
        let windows = self.recent.reshape((samples, groups, channels * window))?;
        match &self.decoder {
            Some(decoder) => decoder.decode(&windows),
            None => model.decode(&windows),
        }
    }

    /// The same where nothing of a window is known from the one before but its input.
    fn advance_window(
        &mut self,
        model: &dyn MultitaskModel,
        input: &ModelInput,
    ) -> Result<Outputs, SurrogateError> {
        self.inputs.push_back(input.clone());
        if self.inputs.len() > model.config().window {
            self.inputs.pop_front();
        }
        let input = ModelInput::concatenate(self.inputs.make_contiguous())?;
        let ends: Vec<_> = (0..input.samples()).map(|k| (k, input.times() - 1)).collect();
        model.decode(&model.encode_windows(&input, &ends, None)?)
    }

    /// Goes back to before the first time.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for it.
    pub fn reset(&mut self) -> Result<(), SurrogateError> {
        self.state = self.temporal.start(self.samples())?;
        self.recent = self.recent.zeros_like()?;
        self.inputs.clear();
        Ok(())
    }
}
