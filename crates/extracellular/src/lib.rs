//! Field potentials of detailed neurons.

mod conductivity;
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
mod product;
mod root_as_point;
mod sphere_series;
mod transfer_matrix;
mod voltage_operator;
mod volume_conductor;

pub use conductivity::Conductivity;
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
pub use root_as_point::RootAsPoint;
pub use transfer_matrix::TransferMatrix;
pub use voltage_operator::{VoltageOperator, without_unknown};
pub use volume_conductor::VolumeConductor;
