//! Extracellular potentials, current dipoles, EEG and MEG of detailed neurons.
//!
//! A [`ForwardModel`] says how the membrane current of each compartment raises the potential at an electrode: as points,
//! lines or the root as a point in endless tissue, isotropic or not, or in a slice on an array. A [`TransferMatrix`] is the
//! model for one neuron and its electrodes, `[electrodes × compartments]`, mV/nA. As currents follow from voltages by the
//! axial operator B of [`AxialTree`](apical_morphology::AxialTree), so do potentials: φ = (M·B)·v is a
//! [`VoltageOperator`], for voltages of any source. A [`PotentialRecorder`] applies either while a simulation steps.
//!
//! Far away a neuron is a [`CurrentDipole`]: its EEG is the potential in a [`VolumeConductor`], its MEG the field in a
//! [`MagneticConductor`]. [`CurrentSourceDensity`] is the truth that estimates from potentials are measured against.
//!
//! No simulator is needed: a neuron is a [`CompartmentGeometry`](apical_morphology::CompartmentGeometry), which is made of
//! arrays, or by a `CompartmentTree`.
//!
//! # Example
//!
//! A dendrite of three compartments, given as plain arrays, seen by a tetrode. Current enters at one end and leaves along the
//! rest.
//!
//! ```
//! use apical_extracellular::{Conductivity, LineSource, Tetrode, TransferMatrix};
//! use apical_morphology::CompartmentGeometry;
//!
//! let ends_um = [
//!     [[0.0, 0.0, 0.0], [0.0, 40.0, 0.0]],
//!     [[0.0, 40.0, 0.0], [5.0, 80.0, 0.0]],
//!     [[5.0, 80.0, 0.0], [5.0, 120.0, 10.0]],
//! ];
//! let geometry = CompartmentGeometry::new(&ends_um, &[2.0, 1.5, 1.0])?;
//!
//! let mut tetrode = Tetrode::default();
//! tetrode.center_um = [30.0, 20.0, 0.0];
//! let probe = tetrode.build()?;
//! let model = LineSource::new(Conductivity::isotropic(0.3)?);
//! let matrix = TransferMatrix::new(&model, &geometry, probe.electrodes())?;
//! assert!(matrix.moved().is_empty(), "no contact is within the membrane");
//!
//! // nA, outward positive, at three times, [compartments × times].
//! let currents_na = [-0.5, -1.0, -0.2, 0.3, 0.6, 0.1, 0.2, 0.4, 0.1];
//! let potentials_mv = matrix.apply(&currents_na)?;
//! // [4 contacts × 3 times]: the sink makes them negative.
//! assert_eq!(potentials_mv.len(), 12);
//! assert!(potentials_mv.iter().all(|&mv| mv < 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Conventions
//!
//! Lengths are in µm, currents in nA and outward positive, conductivities in S/m; S/m · µm = µS, so that potentials are in
//! mV without a factor. Electrodes are measured against infinity, in one medium for all frequencies.
//! A point nearer to a compartment than its radius is taken at the radius, and listed ([`TransferMatrix::moved`]).

mod conductivity;
mod current_source_density;
mod dipole;
mod electrode;
mod error;
mod forward_model;
mod infinite_conductor;
mod kernel;
mod layered_sphere;
mod line_source;
mod magnetic;
mod multi_dipole;
mod point_source;
mod potential_recorder;
mod probe;
mod product;
mod root_as_point;
mod slice;
mod source_shape;
mod sphere_series;
mod transfer_matrix;
mod voltage_operator;
mod volume_conductor;

/// Of the sparse matrices in this interface, which are those of this version.
#[doc(no_inline)]
pub use sprs;

pub use conductivity::Conductivity;
pub use current_source_density::{CurrentSourceDensity, LaminarAxis, Layer, RectilinearGrid};
pub use dipole::CurrentDipole;
pub use electrode::{Contact, Electrode};
pub use error::ExtracellularError;
pub use forward_model::{ForwardModel, Moved};
pub use infinite_conductor::InfiniteConductor;
pub use layered_sphere::LayeredSphere;
pub use line_source::LineSource;
pub use magnetic::MagneticConductor;
pub use multi_dipole::MultiDipole;
pub use point_source::PointSource;
pub use potential_recorder::PotentialRecorder;
pub use probe::{Laminar, Neuropixels, PlanarArray, Polytrode, Probe, SphericalGrid, Tetrode};
pub use root_as_point::RootAsPoint;
pub use slice::{SliceConfig, SliceOnArray};
pub use source_shape::SourceShape;
pub use transfer_matrix::TransferMatrix;
pub use voltage_operator::{VoltageOperator, without_unknown};
pub use volume_conductor::VolumeConductor;
