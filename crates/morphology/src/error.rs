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
    /// A file that cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}
