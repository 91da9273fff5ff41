//! Neuron reconstructions: files to sections to compartments.

mod axial;
mod compartment_tree;
mod contour;
mod discretization;
mod error;
mod frustum;
mod import;
mod morphology;
mod neurolucida;
mod path;
mod point;
mod precision;
mod region;
mod report;
mod section;
mod selection;
mod site;
mod soma;
mod source_map;
mod swc;
mod synthetic;

pub use axial::AxialTree;
pub use compartment_tree::{Compartment, CompartmentTree};
pub use discretization::{DLambda, DiscretizationPolicy, ExplicitCounts, MaxLength};
pub use error::MorphologyError;
pub use import::{DisconnectedTrees, Import, ImportOptions, import};
pub use morphology::Morphology;
pub use neurolucida::read_neurolucida;
pub use point::Point;
pub use report::{Format, ImportReport, ImportWarning, ImportWarningKind, SomaConvention};
pub use section::{Attachment, Section, SectionShape};
pub use selection::Selection;
pub use site::Site;
pub use source_map::SourceMap;
pub use swc::{read_swc, write_swc};
pub use synthetic::{SyntheticPyramidal, default_cell};
