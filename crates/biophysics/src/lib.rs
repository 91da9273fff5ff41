//! Channels, synapses and the implicit solver of a single neuron.

mod calcium;
pub mod channel;
mod nernst;
mod temperature;

pub use calcium::CalciumPool;
pub use nernst::Nernst;
pub use temperature::Temperature;
