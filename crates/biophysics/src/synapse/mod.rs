//! Synapses: conductances that follow presynaptic events.
//!
//! Parameters and state are separate types, so that the many synapses of a kind share one set of parameters.

mod exponential;
mod group;
mod magnesium;
mod model;
mod plasticity;

pub use exponential::{DoubleExponential, Exponential};
pub use group::SynapseGroup;
pub(crate) use group::SynapseState;
pub use magnesium::MagnesiumBlock;
pub use model::{SynapseModel, SynapticConductance, Waveform};
pub use plasticity::{ShortTermPlasticity, ShortTermPlasticityState};
