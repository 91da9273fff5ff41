//! Synapses: how a conductance follows presynaptic events.
//!
//! Parameters and state are separate types, so that the many synapses of a kind share one set of parameters.

mod exponential;
mod magnesium;
mod plasticity;
mod published;

pub use exponential::{DoubleExponential, DoubleExponentialState, Exponential};
pub use magnesium::MagnesiumBlock;
pub use plasticity::{ShortTermPlasticity, ShortTermPlasticityState};
pub use published::{AmpaNmda, AmpaNmdaState, GabaA};
