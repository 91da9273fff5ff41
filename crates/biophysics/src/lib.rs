//! Channels, synapses and the implicit solver of a single neuron.

mod calcium;
pub mod channel;
mod error;
mod nernst;
mod stimulus;
pub mod synapse;
mod temperature;
mod voltage_clamp;

pub use calcium::CalciumPool;
pub use error::BiophysicsError;
pub use nernst::Nernst;
pub use stimulus::{
    CurrentStep, EpspCurrent, NoiseCurrent, RampCurrent, SampledCurrent, SineCurrent, Stimulus,
};
pub use temperature::Temperature;
pub use voltage_clamp::{ClampLevel, VoltageClamp};
