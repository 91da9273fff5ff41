use apical_core::SectionId;
use thiserror::Error;

/// Errors of reading and building morphologies.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MorphologyError {
    /// A section with an impossible value.
    #[error("section {section}: {what} is {value}")]
    Geometry {
        /// Position of the section in the list given.
        section: usize,
        /// What is impossible.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// An attachment to no section, or to a place outside it.
    #[error("section {section}: attached to section {parent} at x = {x}, which does not exist")]
    Attachment {
        /// Position of the section in the list given.
        section: usize,
        /// The parent it names.
        parent: usize,
        /// The place on the parent.
        x: f64,
    },
    /// Not exactly one root.
    #[error("a morphology has one root, found {}: sections {sections:?}", sections.len())]
    Roots {
        /// Positions of the sections without a parent.
        sections: Vec<usize>,
    },
    /// Sections that descend from themselves.
    #[error("section {section} descends from itself")]
    Loop {
        /// A section of the loop.
        section: usize,
    },
    /// A parameter out of its range.
    #[error("{what}: {value} is not a positive finite number")]
    Parameter {
        /// What the parameter is, with its unit.
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// A position along a section that is not in 0 to 1.
    #[error("section {section}: x = {x} is not in 0 to 1")]
    Position {
        /// The section.
        section: SectionId,
        /// The position given.
        x: f64,
    },
    /// Compartment counts that do not fit the sections.
    #[error("{found} compartment counts for {expected} sections")]
    CountLength {
        /// Number of sections.
        expected: usize,
        /// Number of counts.
        found: usize,
    },
    /// A section without compartments.
    #[error("section {section} has no compartment")]
    NoCompartment {
        /// The section.
        section: SectionId,
    },
    /// Numbers of dendrites that no tree has.
    #[error("{tips} {what} tips do not fit {stems} stems")]
    BranchNumbers {
        /// Which dendrites.
        what: &'static str,
        /// Number of dendrites that begin.
        stems: usize,
        /// Number of dendrites that end.
        tips: usize,
    },
    /// A number of compartments that the sections cannot have.
    #[error("{sections} {what} sections cannot have {compartments} compartments")]
    CompartmentNumber {
        /// Which dendrites.
        what: &'static str,
        /// Their number of sections.
        sections: usize,
        /// The number of compartments asked for.
        compartments: usize,
    },
    /// A file that cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}
