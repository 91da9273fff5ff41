//! Neuron reconstructions: files to sections to compartments.

mod axial;
mod compartment_tree;
mod discretization;
mod error;
mod frustum;
mod morphology;
mod neurolucida;
mod point;
mod region;
mod report;
mod section;
mod selection;
mod site;
mod soma;
mod swc;
mod synthetic;

pub use axial::AxialTree;
pub use compartment_tree::{Compartment, CompartmentTree};
pub use discretization::{DiscretizationPolicy, ExplicitCounts, MaxLength};
pub use error::MorphologyError;
pub use morphology::Morphology;
pub use point::Point;
pub use report::{Format, ImportReport, ImportWarning, ImportWarningKind, SomaConvention};
pub use section::{Attachment, Section, SectionShape};
pub use site::Site;
pub use synthetic::{SyntheticPyramidal, default_cell};
