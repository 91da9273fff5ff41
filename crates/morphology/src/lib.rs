//! Neuron reconstructions: files to sections to compartments.
//!
//! [`import`] reads an SWC or Neurolucida file into a [`Morphology`], the sections that NEURON makes of the same file,
//! and an [`ImportReport`] of every repair. A [`CompartmentTree`] divides the sections by a [`DiscretizationPolicy`] and
//! answers questions of place: areas, path distances, regions, [`Selection`]s. An [`AxialTree`] joins the compartments by
//! axial resistances: what the cable equation needs, and the operator from voltages to membrane currents.
//!
//! This crate knows no voltage and no channel. Lengths are in µm, areas in µm², resistances in MΩ, conductances in µS.
//!
//! # Example
//!
//! ```
//! use apical_core::{Region, SectionType};
//! use apical_morphology::{
//!     AxialTree, CompartmentTree, ImportOptions, MaxLength, Selection, Site, SomaConvention, read_swc,
//! };
//!
//! // A soma of one point, a basal dendrite of 60 µm, an apical one of 100 µm.
//! let file = b"1 1 0 0 0 8 -1
//! 2 3 0 -10 0 1.0 1
//! 3 3 0 -70 0 0.5 2
//! 4 4 0 10 0 2.0 1
//! 5 4 0 110 0 1.0 4
//! ";
//! let import = read_swc(file, &ImportOptions::default())?;
//! assert_eq!(import.report.soma, SomaConvention::SinglePoint);
//! assert!(import.report.warnings.is_empty());
//!
//! // Compartments of at most 40 µm, an odd number a section: 1, 3 and 5.
//! let tree = CompartmentTree::new(import.morphology, &MaxLength::new(40.0)?)?;
//! assert_eq!(tree.len(), 9);
//!
//! // Which compartments, and how far from the soma's 0 end: half of its 16 µm, then half a compartment of 20 µm.
//! let apical = Selection::Region(Region::Trunk).compartments(&tree);
//! assert_eq!(apical.len(), 5);
//! assert_eq!(tree.compartment(apical[0]).path_distance_um, 18.0);
//! let dendrite = tree.morphology().sections_of(SectionType::Basal).next().unwrap();
//! let tip = Site::end(dendrite);
//! assert_eq!(tree.path_distance_um(Site::start(dendrite), tip), 60.0);
//!
//! // Membrane currents (nA) from voltages (mV): none where the voltage is the same everywhere.
//! let operator = AxialTree::new(&tree, 100.0)?.membrane_current_operator();
//! for row in operator.outer_iterator() {
//!     let current_na: f64 = row.iter().map(|(_, conductance_us)| conductance_us * -70.0).sum();
//!     assert!(current_na.abs() < 1e-9);
//! }
//! # Ok::<(), apical_morphology::MorphologyError>(())
//! ```

mod axial;
mod compartment_geometry;
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

/// Of the sparse matrices in this interface, which are those of this version.
#[doc(no_inline)]
pub use sprs;

pub use axial::AxialTree;
pub use compartment_geometry::CompartmentGeometry;
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
pub use swc::{DiameterStep, read_swc, write_swc};
pub use synthetic::{SyntheticPyramidal, default_cell};
