//! Channels, synapses and the implicit solver of a single neuron.

pub mod channel;
mod temperature;
pub use temperature::Temperature;
