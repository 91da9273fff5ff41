//! Synaptic input processes for simulated data sets.
//!
//! [`InputProcess`] draws the presynaptic spikes of a trial: rates that drift over time and differ between compartments,
//! with excitation and inhibition that follow one another. [`StimulusProcess`] draws currents into soma and apical
//! dendrite, which some trials receive besides or instead. A trial follows from a seed and its number alone, so that
//! trials can be made in any order, on any number of threads, and any of them again.
//!
//! ```
//! use apical_core::SynapseId;
//! use apical_dataset::{DendriticTrees, InputProcess};
//!
//! // a basal tree of two compartments, an apical one of three: synapses 0 … 4 excite, 5 … 9 inhibit
//! let compartment = |k, length_um| (SynapseId::new(k), length_um);
//! let basal = vec![compartment(0, 30.0), compartment(1, 20.0)];
//! let apical = vec![compartment(2, 40.0), compartment(3, 40.0), compartment(4, 10.0)];
//! let trees = DendriticTrees::new(&[basal, apical])?;
//!
//! let process = InputProcess::default();
//! let trial = process.generate(1, 0, 1000, &trees)?;
//! assert!(trial.events().iter().all(|e| e.time_ms < 1000.0 && e.synapse.index() < 10));
//! assert_eq!(trial, process.generate(1, 0, 1000, &trees)?);
//! # Ok::<(), apical_dataset::DatasetError>(())
//! ```

mod dendritic_trees;
mod error;
mod input_process;
mod sampling;
mod scaling;
mod smoothing;
mod stimulus_process;
#[cfg(feature = "store")]
pub mod store;
mod split;
mod trial_access;
mod window;

pub use dendritic_trees::DendriticTrees;
pub use error::DatasetError;
pub use input_process::{InputProcess, TreeRates};
pub use stimulus_process::{DrawnCurrent, StimulusProcess, TrialStimuli};
pub use sampling::{Balance, Window, WindowSampler};
pub use scaling::{Scaling, ScalingMethod};
pub use split::{Split, SplitFractions};
pub use trial_access::LoaderError;
pub use window::WindowShape;
