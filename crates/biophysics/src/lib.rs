//! Channels, synapses and an implicit solver: the voltage of every compartment of a neuron.
//!
//! A [`CellModel`] is a [`CompartmentTree`](apical_morphology::CompartmentTree) painted with channels
//! ([`channel`]), calcium pools and synapses ([`synapse`]); [`preset`] has published ones. A [`Simulation`] steps a
//! batch of trials of one model through time and shows every step to observers: [`TraceRecorder`], [`SpikeDetector`].
//! With the reference time step its voltages are NEURON's.
//!
//! Units throughout: mV, ms, nA, µS, nF, mM, µm; densities in S/cm² and µF/cm².

mod cable_matrix;
mod calcium;
mod calcium_dynamics;
mod cell_model;
pub mod channel;
mod density;
mod error;
mod mechanism;
mod nernst;
pub mod preset;
pub mod protocol;
mod recorder;
mod simulation;
mod spike;
mod stimulus;
pub mod synapse;
mod temperature;
mod voltage_clamp;

pub use cable_matrix::CableMatrix;
pub use calcium::CalciumPool;
pub use cell_model::{CellModel, CellModelBuilder};
pub use density::Density;
pub use error::BiophysicsError;
pub use mechanism::{Currents, Mechanism, Membrane, Stage};
pub use nernst::Nernst;
pub use recorder::TraceRecorder;
pub use simulation::{Simulation, SimulationConfig, Snapshot};
pub use spike::{SpikeDetector, local_maximum_spikes};
pub use stimulus::{
    CurrentStep, EpspCurrent, NoiseCurrent, RampCurrent, SampledCurrent, SineCurrent, Stimulus,
};
pub use temperature::Temperature;
pub use voltage_clamp::{ClampLevel, VoltageClamp};
