//! Field potentials of detailed neurons.

mod conductivity;
mod electrode;
mod error;
mod forward_model;
mod kernel;
mod line_source;
mod point_source;
mod potential_recorder;
mod product;
mod root_as_point;
mod transfer_matrix;
mod voltage_operator;

pub use conductivity::Conductivity;
pub use electrode::{Contact, Electrode};
pub use error::ExtracellularError;
pub use forward_model::{ForwardModel, Moved};
pub use line_source::LineSource;
pub use point_source::PointSource;
pub use potential_recorder::PotentialRecorder;
pub use root_as_point::RootAsPoint;
pub use transfer_matrix::TransferMatrix;
pub use voltage_operator::{VoltageOperator, without_unknown};
