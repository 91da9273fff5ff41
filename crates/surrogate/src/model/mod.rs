//! Networks that share what they know between tasks.

mod config;
mod hard_sharing;
mod input;
mod mixture;
mod stream;

use candle_core::Tensor;

pub use config::{Architecture, ExpertAccess, GateInit, MixtureConfig, ModelConfig, Padding};
pub use hard_sharing::HardSharing;
pub use input::ModelInput;
pub use mixture::Mixture;
pub use stream::ModelStream;

use crate::error::check_parameter;
use crate::layer::{Decoder, Dropout, Precision, Temporal};
use crate::{Parameters, SurrogateError};

/// What a network says of the millisecond that follows each window.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outputs {
    /// One number a task, `[windows, tasks]`.
    pub predictions: Tensor,
    /// How much every task trusts every expert, `[windows, tasks, experts]`, with a sum of 1; none without experts.
    pub gates: Option<Tensor>,
    /// What the experts say, `[windows, experts, inputs of a tower]`; none without experts.
    pub experts: Option<Tensor>,
}

impl Outputs {
    /// Of a network without experts.
    #[must_use]
    pub const fn new(predictions: Tensor) -> Self {
        Self { predictions, gates: None, experts: None }
    }
}

/// A network of two parts: one that goes along time, and one that turns a window of what the first says into one number
/// a task.
///
/// So that the first part is computed once for all windows that overlap: a whole stretch of time at a time to train with
/// ([`encode`](Self::encode)), or as time goes on ([`Temporal::advance`]).
pub trait MultitaskModel: std::fmt::Debug + Send + Sync {
    /// Sizes.
    fn config(&self) -> &ModelConfig;

    /// Weights.
    fn parameters(&self) -> &Parameters;

    /// The part that goes along time, with the weights as they are now.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for it.
    fn temporal(&self) -> Result<Temporal, SurrogateError>;

    /// What the second part makes of windows `[windows, groups, channels · window]`, the time fastest.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if a shape does not fit.
    fn decode(&self, windows: &Tensor) -> Result<Outputs, SurrogateError>;

    /// What the first part makes of windows that end at these places (sample, time), each after the past that the
    /// [`Padding`] says: `[places, groups, channels · window]`, to be decoded.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for a place that is not there.
    fn encode_windows(
        &self,
        input: &ModelInput,
        places: &[(usize, usize)],
        dropout: Option<&mut Dropout>,
    ) -> Result<Tensor, SurrogateError> {
        let window = self.config().window;
        match self.config().padding {
            Padding::Past => windows(&self.encode(input, dropout)?, places, window),
            Padding::Zero => {
                let encoded = self.encode(&input.windows(places, window)?, dropout)?;
                let ends: Vec<_> = (0..places.len()).map(|place| (place, window - 1)).collect();
                windows(&encoded, &ends, window)
            }
        }
    }

    /// The second part with the weights as they are now, for inference; none where nothing is faster than
    /// [`decode`](Self::decode): in float64, and on other devices than the processor.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for it.
    fn decoder(&self, _: Precision) -> Result<Option<Decoder>, SurrogateError> {
        Ok(None)
    }

    /// What the first part makes of stretches of time, as [`Temporal::forward`].
    ///
    /// # Errors
    ///
    /// As it.
    fn encode(
        &self,
        input: &ModelInput,
        dropout: Option<&mut Dropout>,
    ) -> Result<Tensor, SurrogateError> {
        self.temporal()?.forward(input, dropout)
    }
}

/// Windows of what the first part of a network says, each ending at one of these places (sample, time):
/// `[samples, times, groups, channels]` → `[windows, groups, channels · length]`. What is before the first time is zero.
///
/// # Errors
///
/// [`SurrogateError::Parameter`] for a place that is not there.
pub fn windows(
    encoded: &Tensor,
    places: &[(usize, usize)],
    length: usize,
) -> Result<Tensor, SurrogateError> {
    let (samples, times, groups, channels) = encoded.dims4()?;
    let rows = encoded.reshape((samples * times, groups * channels))?;
    let window_rows = window_rows([samples, times], places, length)?;
    // a row of zeros for what is before the start
    let outside = samples * times;
    let needs_zeros = window_rows.contains(&None);
    let indices: Vec<u32> = window_rows.iter().map(|row| row.unwrap_or(outside) as u32).collect();
    let rows = if needs_zeros { rows.pad_with_zeros(0, 0, 1)? } else { rows };
    let indices = Tensor::from_vec(indices, places.len() * length, encoded.device())?;
    let windows = rows.index_select(&indices, 0)?;
    let windows = windows.reshape((places.len(), length, groups, channels))?;
    Ok(windows.permute((0, 2, 3, 1))?.reshape((places.len(), groups, channels * length))?)
}

/// Rows of `[samples · times]` that windows with these ends consist of, one window after the other; none for what is before
/// the first time.
fn window_rows(
    [samples, times]: [usize; 2],
    places: &[(usize, usize)],
    length: usize,
) -> Result<Vec<Option<usize>>, SurrogateError> {
    let mut rows = Vec::with_capacity(places.len() * length);
    for &(sample, time) in places {
        let is_there = sample < samples && time < times;
        let expected = "a time of a sample that is there";
        check_parameter(is_there, "time of a window", time as f64, expected)?;
        let row = |back| time.checked_sub(back).map(|time| sample * times + time);
        rows.extend((0..length).rev().map(row));
    }
    Ok(rows)
}
