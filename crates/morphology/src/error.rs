use apical_core::SectionId;
use thiserror::Error;

use crate::SomaConvention;

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
    /// A section that does not exist.
    #[error("there is no section {section}")]
    NoSection {
        /// The id given.
        section: SectionId,
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
    /// More compartments than can be meant.
    #[error("{found} compartments are more than {limit}: is a length in the wrong unit?")]
    TooManyCompartments {
        /// Number asked for.
        found: usize,
        /// Largest number allowed.
        limit: usize,
    },
    /// A file that cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A block, spine or text of a Neurolucida file that is still open at the end of the file.
    #[error("line {line}: this {opener} is never closed")]
    Unclosed {
        /// Where it opens.
        line: usize,
        /// What opens it: `(`, `<` or `"`.
        opener: char,
    },
    /// Something in a place of a Neurolucida file where it has no meaning.
    #[error("line {line}: found {found:?}, expected {expected}")]
    Unexpected {
        /// Line of the file, from 1.
        line: usize,
        /// What stands there, shortened.
        found: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// A coordinate or diameter of a Neurolucida file that is not a finite number.
    #[error("line {line}: {value:?} is not a finite number")]
    PointValue {
        /// Line of the file, from 1.
        line: usize,
        /// What stands there, shortened.
        value: String,
    },
    /// A point of a Neurolucida file without three coordinates and a diameter.
    #[error("line {line}: a point of {count} numbers, expected x, y, z and diameter")]
    PointLength {
        /// Line of the file, from 1.
        line: usize,
        /// How many numbers there are.
        count: usize,
    },
    /// A point without a usable diameter, and none before or after it on its branch.
    #[error("line {line}: no positive diameter on this branch nor on the one it grows from")]
    PointDiameter {
        /// Line of the file, from 1.
        line: usize,
    },
    /// A soma outline that encloses nothing.
    #[error("line {line}: the soma outline {problem}")]
    SomaOutline {
        /// Where the outline begins.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Soma outlines that do not overlap: several cells in one file.
    #[error("soma outlines that do not overlap: lines {lines:?}")]
    SeveralSomas {
        /// Where the first outline of each soma begins.
        lines: Vec<usize>,
    },
    /// Several trees and no soma to join them.
    #[error("several trees and no soma to join them: lines {lines:?}")]
    SeveralTrees {
        /// Where the trees begin.
        lines: Vec<usize>,
    },
    /// A soma convention asked for that the file cannot be read by.
    #[error("the soma is {found:?} in this file, not {requested:?}")]
    SomaConvention {
        /// What was asked for.
        requested: SomaConvention,
        /// What the file has.
        found: SomaConvention,
    },
    /// A file without any tree or soma.
    #[error("no tree and no soma in this file")]
    NoSections,
}
