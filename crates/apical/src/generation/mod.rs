//! Trials of a neuron under random input: what data sets are made of.

mod fill;
mod generator;
mod recorder;

pub use fill::{FillProgress, fill};
pub use generator::{
    GenerationError, SPIKE_THRESHOLD_MV, SimulatedTrial, TrialGenerator, TrialParameters,
};
