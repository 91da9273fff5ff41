//! How good predicted voltages are.

mod baseline;
mod columns;
mod error;
mod loss;
mod regional;

pub use baseline::{
    LinearSnapshot, LinearStep, LinearStepConfig, LinearStepModel, StepPersistence, StepPredictor,
    TrainingMean, step_errors,
};
pub use columns::Columns;
pub use error::{EvalError, TrialsError};
#[cfg(feature = "candle")]
pub use loss::TensorLoss;
pub use loss::{Loss, LossWeights, MeanSquareError, SpikeCrossEntropy};
pub use regional::{CompartmentError, CompartmentErrors, RegionError, ReportedRegion};
