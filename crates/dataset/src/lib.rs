//! Data sets of simulated neurons: the synaptic input that trials are made with, and the way from trials to training.
//!
//! # Input
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
//!
//! # From trials to training
//!
//! Trials come from any [`TrialSource`](apical_core::TrialSource), such as a data set on disk (`store`, with the feature
//! of this name, on by default) or memory. [`Split`] says which of them are trained with,
//! [`Scaling`] standardizes voltages by those, a [`WindowSampler`] draws windows with spikes and calcium events more
//! often and weighs them, and a [`Loader`] makes batches of them in a thread of its own.
//!
//! ```
//! use std::sync::Arc;
//!
//! use apical_core::{BinnedEvents, Trial, TrialMarks, TrialsInMemory};
//! use apical_dataset::{Loader, LoaderConfig, Position, Scaling, ScalingMethod, Split, SplitFractions};
//! # use apical_core::{CompartmentId, CompartmentRecord, CompartmentTable, Region, SectionType, TrialLayout};
//! # let soma = CompartmentRecord::new(SectionType::Soma, Region::Soma, "soma[0]");
//! # let layout = TrialLayout::new(CompartmentTable::new(vec![soma]), CompartmentId::new(0), 0, 500);
//!
//! // ten trials of 500 ms and one compartment, each with a spike at 250 ms
//! let trial = |k| {
//!     let voltage_mv = (0..501).map(|ms| -70.0 + ((ms + 37 * k) % 100) as f32 / 10.0).collect();
//!     let marks = TrialMarks { spikes_ms: vec![250.0], calcium_events: vec![] };
//!     Trial::new(&layout, BinnedEvents::none(500), vec![], voltage_mv, marks)
//! };
//! let trials = (0..10).map(trial).collect::<Result<_, _>>()?;
//! let source = Arc::new(TrialsInMemory::new(layout.clone(), trials)?);
//!
//! let split = Split::new(1, 10, SplitFractions::default())?;
//! let mut config = LoaderConfig::default();
//! config.scaling = Some(Scaling::fit(&*source, split.train(), ScalingMethod::PerCompartment)?);
//! let mut loader = Loader::new(Arc::clone(&source), split.train(), &config, Position::default())?;
//!
//! // 32 windows of 100 ms, of which the last is predicted
//! let first = loader.next().ok_or("a shuffled loader has no end")??;
//! assert_eq!((first.voltages.len(), first.spikes.len()), (32 * 101, 32 * 100));
//! assert!(first.windows.iter().all(|window| split.train().contains(&window.trial)));
//!
//! // a loader that starts after it goes on as this one does
//! let mut again = Loader::new(source, split.train(), &config, first.next)?;
//! let [second, same] = [loader.next(), again.next()].map(|batch| batch.and_then(Result::ok));
//! assert!(second.is_some() && second == same);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dendritic_trees;
mod error;
mod input_process;
mod loader;
mod sampling;
mod scaling;
mod smoothing;
mod split;
mod stimulus_process;
#[cfg(feature = "store")]
pub mod store;
mod trial_access;
mod window;

pub use dendritic_trees::DendriticTrees;
pub use error::DatasetError;
pub use input_process::{InputProcess, TreeRates};
pub use loader::{Batch, Loader, LoaderConfig, Position, SampleOrder, Shuffle};
pub use sampling::{Balance, Window, WindowSampler};
pub use scaling::{Scaling, ScalingMethod};
pub use split::{Split, SplitFractions};
pub use stimulus_process::{DrawnCurrent, StimulusProcess, TrialStimuli};
pub use trial_access::LoaderError;
pub use window::WindowShape;
