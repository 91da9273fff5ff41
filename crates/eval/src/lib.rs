//! How good predicted voltages are.

mod error;
mod loss;
mod regional;

pub use error::{EvalError, TrialsError};
#[cfg(feature = "candle")]
pub use loss::TensorLoss;
pub use loss::{Loss, LossWeights, MeanSquareError, SpikeCrossEntropy};
pub use regional::{CompartmentError, CompartmentErrors, RegionError, ReportedRegion};
