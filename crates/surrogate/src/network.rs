use apical_core::TrialLayout;
use candle_core::DType;

use crate::error::check_shape;
use crate::model::{MultitaskModel, Outputs, Padding, windows};
use crate::{Frame, FramedBatch, SurrogateError};

/// Windows that are decoded at a time: what 641 towers of 100 units say of them fits into 64 MiB.
const WINDOWS_AT_A_TIME: usize = 256;

/// A network and what its numbers mean: a model, the frame it works in and the neuron.
#[derive(Debug)]
pub struct Network {
    model: Box<dyn MultitaskModel>,
    frame: Frame,
    layout: TrialLayout,
}

impl Network {
    /// A model in a frame of this neuron.
    ///
    /// # Errors
    ///
    /// What [`Frame::check`] refuses, and [`CoreError::Shape`](apical_core::CoreError::Shape) for a model of other inputs or
    /// tasks.
    pub fn new(
        model: Box<dyn MultitaskModel>,
        frame: Frame,
        layout: TrialLayout,
    ) -> Result<Self, SurrogateError> {
        frame.check(&layout)?;
        let config = model.config();
        check_shape("synapses of the model", frame.synapses, config.synapses)?;
        check_shape("numbers that the model sees", frame.numbers(), config.numbers)?;
        check_shape("tasks of the model", frame.tasks.len(), config.tasks)?;
        Ok(Self { model, frame, layout })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &dyn MultitaskModel {
        &*self.model
    }

    /// Units, tasks and the residual path.
    #[must_use]
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The neuron.
    #[must_use]
    pub const fn layout(&self) -> &TrialLayout {
        &self.layout
    }

    /// What the network says at some places (sample, bin) of a batch, `[places × tasks]`, without dropout. What is before
    /// the start of a sample is taken to be zero.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for a place that is not there, [`SurrogateError::Tensor`] if there is no memory.
    pub fn outputs(
        &self,
        framed: &FramedBatch<'_>,
        places: &[(usize, usize)],
    ) -> Result<Vec<f32>, SurrogateError> {
        let mut all = Vec::with_capacity(places.len() * self.frame.tasks.len());
        self.each(framed, places, |Outputs { predictions, .. }| {
            let predictions = predictions.flatten_all()?.to_dtype(DType::F32)?;
            all.extend(predictions.to_vec1::<f32>()?);
            Ok(())
        })?;
        Ok(all)
    }

    /// How much every task trusts every expert at these places, their mean, `[tasks × experts]`, the expert's index fastest;
    /// empty without experts.
    ///
    /// # Errors
    ///
    /// As [`Network::outputs`].
    pub fn mean_gates(
        &self,
        framed: &FramedBatch<'_>,
        places: &[(usize, usize)],
    ) -> Result<Vec<f64>, SurrogateError> {
        let mut mean = Vec::new();
        self.each(framed, places, |Outputs { gates, .. }| {
            let Some(gates) = gates else { return Ok(()) };
            let sums = gates.to_dtype(DType::F64)?.sum(0)?.flatten_all()?.to_vec1::<f64>()?;
            mean.resize(sums.len(), 0.0);
            for (mean, sum) in mean.iter_mut().zip(sums) {
                *mean += sum / places.len() as f64;
            }
            Ok(())
        })?;
        Ok(mean)
    }

    /// Goes through what the network says at places, some at a time.
    fn each(
        &self,
        framed: &FramedBatch<'_>,
        places: &[(usize, usize)],
        mut with: impl FnMut(Outputs) -> Result<(), SurrogateError>,
    ) -> Result<(), SurrogateError> {
        let parameters = self.model.parameters();
        let input = framed.input(parameters.dtype(), parameters.device())?;
        // windows that share their past are computed together
        let encoded = match self.model.config().padding {
            Padding::Past => Some(self.model.encode(&input, None)?.detach()),
            Padding::Zero => None,
        };
        for places in places.chunks(WINDOWS_AT_A_TIME) {
            let windows = match &encoded {
                Some(encoded) => windows(encoded, places, self.model.config().window)?,
                None => self.model.encode_windows(&input, places, None)?.detach(),
            };
            with(self.model.decode(&windows)?)?;
        }
        Ok(())
    }

    /// Outputs of voltage tasks `[places × voltage tasks]` and of the spike `[places]`, if it is a task, from all
    /// `[places × tasks]`. [`FramedBatch`] says what voltages and logits they mean.
    #[must_use]
    pub fn split(&self, outputs: &[f32]) -> (Vec<f32>, Option<Vec<f32>>) {
        let tasks = &self.frame.tasks;
        let Some(spike) = tasks.spike() else { return (outputs.to_vec(), None) };
        let rows = outputs.chunks_exact(tasks.len());
        let logits = rows.clone().map(|row| row[spike]).collect();
        let voltages = rows.flat_map(|row| row[..spike].iter().chain(&row[spike + 1..]));
        (voltages.copied().collect(), Some(logits))
    }
}
