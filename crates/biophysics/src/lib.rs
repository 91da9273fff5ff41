//! Channels, synapses and an implicit solver: the voltage of every compartment of a neuron.
//!
//! A [`CellModel`] is a [`CompartmentTree`](apical_morphology::CompartmentTree) painted with channels
//! ([`channel`]), calcium pools and synapses ([`synapse`]); [`preset`] has published ones. A [`Simulation`] steps a
//! batch of trials of one model through time and shows every step to observers: [`TraceRecorder`], [`SpikeDetector`].
//! With the reference time step its voltages are NEURON's.
//!
//! Units throughout: mV, ms, nA, µS, nF, mM, µm; densities in S/cm² and µF/cm².
//!
//! # Example
//!
//! The layer 5 pyramidal cell of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107) on the generated morphology fires
//! when 1.9 nA flow into its soma for 5 ms.
//!
//! ```
//! use apical_biophysics::preset::Preset;
//! use apical_biophysics::protocol::soma_compartment;
//! use apical_biophysics::{CurrentStep, Simulation, SimulationConfig, SpikeDetector, TraceRecorder};
//! use apical_morphology::{CompartmentTree, MaxLength, default_cell};
//!
//! let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
//! let soma = soma_compartment(&tree)?;
//! let model = Preset::Hay2011.paint(tree)?.build()?;
//!
//! let mut config = SimulationConfig::default();
//! config.v_init_mv = -80.0;
//! let mut simulation = Simulation::new(model.into(), config)?;
//! let pulse = CurrentStep { delay_ms: 5.0, duration_ms: 5.0, amplitude_na: 1.9 };
//! simulation.inject(0, soma, pulse.build()?)?;
//!
//! let mut recorder = TraceRecorder::every_step(&[soma]);
//! let mut spikes = SpikeDetector::new(soma, -20.0);
//! simulation.run(15.0, &mut (&mut recorder, &mut spikes))?;
//! assert_eq!(spikes.times_ms(0).len(), 1);
//! let trace_mv = recorder.trial(0);
//! assert_eq!(trace_mv.row(0).len(), 601);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
mod simd;
mod simulation;
mod spike;
mod stimulus;
pub mod synapse;
mod temperature;
mod trials;
mod voltage_clamp;

/// Of the sparse matrices in this interface, which are those of this version.
#[doc(no_inline)]
pub use sprs;

pub use cable_matrix::CableMatrix;
pub use calcium::CalciumPool;
pub use cell_model::{CellModel, CellModelBuilder};
pub use density::Density;
pub use error::BiophysicsError;
pub use mechanism::{Mechanism, Membrane, Stage};
pub use nernst::Nernst;
pub use recorder::TraceRecorder;
pub use simd::{InstructionSet, Real};
pub use simulation::{Integration, Simulation, SimulationConfig, Snapshot};
pub use spike::{SpikeDetector, local_maximum_spikes};
pub use stimulus::{
    CurrentStep, EpspCurrent, NoiseCurrent, RampCurrent, SampledCurrent, SineCurrent, Stimulus,
};
pub use temperature::Temperature;
pub use trials::run_trials;
pub use voltage_clamp::{ClampLevel, VoltageClamp};
