//! Detailed single neurons: from a reconstruction to the voltage of every compartment.
//!
//! This crate joins the crates of the workspace. [`morphology`] turns a file into sections and compartments,
//! [`biophysics`] puts channels and synapses on them and steps them through time, [`dataset`] draws the synaptic input,
//! [`extracellular`] finds the potentials around the neuron, [`surrogate`] predicts voltages by networks,
//! [`eval`] says how good predicted voltages are; [`core`] is
//! what they share. Here are added the [`generation`] of trials, the [`training`] and [`evaluation`] of networks, the command line `apical` and what it reads and writes:
//! [`input`] files, [`output`] files and [`figure`]s.
//!
//! # Example
//!
//! The layer 5 pyramidal cell of Shai et al. 2015 on the embedded reconstruction, under 50 ms of synaptic bombardment.
//! For a reconstruction of your own, replace [`default_cell`](morphology::default_cell) by
//! [`import`](morphology::import).
//!
//! ```
//! use apical::biophysics::preset::{Preset, training_synapses};
//! use apical::biophysics::protocol::soma_compartment;
//! use apical::biophysics::{Simulation, SimulationConfig, TraceRecorder};
//! use apical::dataset::{DendriticTrees, InputProcess};
//! use apical::figure::{cell_and_traces, depth_selection};
//! use apical::morphology::{CompartmentTree, MaxLength, default_cell};
//!
//! // Geometry: sections of at most 40 µm long compartments.
//! let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
//! assert_eq!(tree.len(), 642);
//!
//! // Channels, and an excitatory and an inhibitory synapse on every dendritic compartment.
//! let builder = Preset::Shai2015.paint(tree)?;
//! let release_probability = 1.0;
//! let model = training_synapses(builder, release_probability).build()?;
//!
//! // Input: seed 7, trial 0, 50 ms.
//! let trees = DendriticTrees::basal_and_apical(model.compartment_table())?;
//! let events = InputProcess::default().generate(7, 0, 50, &trees)?;
//!
//! // Time.
//! let shown = depth_selection(model.tree(), 5);
//! let soma = soma_compartment(model.tree())?;
//! let mut simulation = Simulation::new(model.into(), SimulationConfig::default())?;
//! simulation.schedule(0, &events)?;
//! let mut recorder = TraceRecorder::every_step(&shown);
//! simulation.run(50.0, &mut recorder)?;
//! println!("{} mV at the soma after 50 ms", simulation.voltage_mv(0, soma));
//!
//! // The neuron beside its traces.
//! let figure = cell_and_traces("50 ms", simulation.model().tree(), &shown, &recorder.trial(0));
//! assert!(figure.starts_with("<svg"));
//! # let v_mv = simulation.voltage_mv(0, soma);
//! # assert!((-90.0..40.0).contains(&v_mv), "{v_mv}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! All but the last two are on by default, and each only adds.
//!
//! | feature | adds |
//! |---|---|
//! | `morphology` | the module [`morphology`] |
//! | `biophysics` | the module [`biophysics`], and `morphology` |
//! | `extracellular` | the module [`extracellular`], and `morphology` |
//! | `dataset` | the module [`dataset`] |
//! | `eval` | the module [`eval`] |
//! | `surrogate` | the module [`surrogate`], and `eval` |
//! | `training` | the modules [`training`] and [`evaluation`], `dataset` and `surrogate` |
//! | `generation` | the module [`generation`], `biophysics` and `dataset` |
//! | `files` | the modules [`input`] and [`output`], and `morphology`; with `extracellular` also files of electrodes |
//! | `figure` | the module [`figure`], and `morphology`; with `extracellular` also figures of potentials, with `dataset` of data sets, with `surrogate` of networks |
//! | `png` | figures in pixels, and `figure` |
//! | `cli` | the program `apical`, and all of these |
//! | `cuda` | `training` on a graphics processor; not on by default: it needs CUDA |
//! | `mpi` | `apical dataset generate` and `train` under `mpirun`; not on by default: it needs an MPI library and libclang |

#[cfg(all(doctest, feature = "cli"))]
mod docs;
mod error;
#[cfg(feature = "training")]
pub mod evaluation;
#[cfg(feature = "figure")]
pub mod figure;
#[cfg(feature = "generation")]
pub mod generation;
#[cfg(feature = "files")]
pub mod input;
#[cfg(feature = "files")]
pub mod output;
#[cfg(any(feature = "files", feature = "training"))]
mod replace;
#[cfg(feature = "training")]
pub mod training;

#[cfg(feature = "biophysics")]
pub use apical_biophysics as biophysics;
pub use apical_core as core;
#[cfg(feature = "dataset")]
pub use apical_dataset as dataset;
#[cfg(feature = "eval")]
pub use apical_eval as eval;
#[cfg(feature = "extracellular")]
pub use apical_extracellular as extracellular;
#[cfg(feature = "morphology")]
pub use apical_morphology as morphology;
#[cfg(feature = "surrogate")]
pub use apical_surrogate as surrogate;
pub use error::ApicalError;
