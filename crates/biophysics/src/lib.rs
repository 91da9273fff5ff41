//! Channels, synapses and the implicit solver of a single neuron.

mod calcium;
pub mod channel;
mod error;
mod nernst;
pub mod synapse;
mod temperature;

pub use calcium::CalciumPool;
pub use error::BiophysicsError;
pub use nernst::Nernst;
pub use temperature::Temperature;
