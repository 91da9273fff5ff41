use apical_core::{CompartmentId, SectionId};
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
    /// Ends and diameters of another number of compartments.
    #[error("{ends} pairs of ends for {diameters} diameters")]
    GeometryLength {
        /// Number of pairs of ends.
        ends: usize,
        /// Number of diameters.
        diameters: usize,
    },
    /// A compartment with an impossible place or thickness.
    #[error("compartment {compartment}: {what} is {value} µm")]
    CompartmentShape {
        /// The compartment.
        compartment: CompartmentId,
        /// What is impossible.
        what: &'static str,
        /// Its value, µm.
        value: f64,
    },
    /// A matrix that does more than rotate.
    #[error("{rotation:?} is not the matrix of a rotation")]
    Rotation {
        /// Its rows.
        rotation: [[f64; 3]; 3],
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
    /// What is wrong with a file.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: Box<MorphologyError>,
    },
    /// A file whose format neither its name nor its first line tells.
    #[error("{path}: neither SWC nor Neurolucida ASC")]
    UnknownFormat {
        /// The file.
        path: String,
    },
    /// A file without points.
    #[error("no points")]
    NoPoints,
    /// A line of an SWC file with too few columns.
    #[error("line {line}: {found} columns, SWC has 7 (id type x y z radius parent)")]
    Columns {
        /// Line, from 1.
        line: usize,
        /// Number of columns.
        found: usize,
    },
    /// Something that is not a finite number, or not an integer where one is due.
    #[error("line {line}: {column} cannot be {value:?}")]
    Number {
        /// Line, from 1.
        line: usize,
        /// What should be there.
        column: &'static str,
        /// What is there.
        value: String,
    },
    /// A point with a negative id.
    #[error("line {line}: id {id} is negative")]
    NegativeId {
        /// Line, from 1.
        line: usize,
        /// The id.
        id: i64,
    },
    /// Two points of one id.
    #[error("line {line}: id {id} is that of line {first_line} already")]
    DuplicateId {
        /// Line of the second, from 1.
        line: usize,
        /// The id.
        id: i64,
        /// Line of the first.
        first_line: usize,
    },
    /// A point whose parent is not in the file.
    #[error("line {line}: there is no point {parent}, parent of {id}")]
    MissingParent {
        /// Line, from 1.
        line: usize,
        /// The point.
        id: i64,
        /// Its parent.
        parent: i64,
    },
    /// A point that descends from itself.
    #[error("line {line}: point {id} descends from itself")]
    PointLoop {
        /// Line, from 1.
        line: usize,
        /// The point.
        id: i64,
    },
    /// A root with radius 0, which has no parent to take one from.
    #[error("line {line}: the root {id} has radius 0")]
    NoRadius {
        /// Line, from 1.
        line: usize,
        /// The point.
        id: i64,
    },
    /// A root section whose points all lie at one place.
    #[error("line {line}: the root section, from point {id}, has no length")]
    NoLength {
        /// Line, from 1.
        line: usize,
        /// Its first point.
        id: i64,
    },
    /// A tree that hangs on nothing and may not or cannot be attached to a soma.
    #[error("line {line}: point {id} begins another tree")]
    DisconnectedTree {
        /// Line, from 1.
        line: usize,
        /// Root of the tree.
        id: i64,
    },
    /// A soma in a second tree: another neuron.
    #[error("line {line}: point {id} belongs to a second soma")]
    SecondSoma {
        /// Line, from 1.
        line: usize,
        /// Its first soma point.
        id: i64,
    },
    /// A soma that is not of the kind asked for.
    #[error("{points} soma points are not {convention}")]
    Soma {
        /// What was asked for.
        convention: SomaConvention,
        /// Number of soma points.
        points: usize,
    },
    /// A section that has no place in space.
    #[error("section {section}: a cylinder without coordinates cannot be written as SWC")]
    NoCoordinates {
        /// NEURON's name of the section.
        section: String,
    },
    /// An attachment that SWC has no way to write.
    #[error("section {section}: SWC cannot attach it to {parent} at x = {x} as it is")]
    NotInSwc {
        /// NEURON's name of the section.
        section: String,
        /// NEURON's name of its parent.
        parent: String,
        /// The place on the parent.
        x: f64,
    },
    /// Writing failed.
    #[error("writing a morphology: {0}")]
    Write(#[source] std::io::Error),
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
        /// Line, from 1.
        line: usize,
        /// What stands there, shortened.
        found: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// A point of a Neurolucida file without three coordinates and a diameter.
    #[error("line {line}: a point of {count} numbers, expected x, y, z and diameter")]
    PointLength {
        /// Line, from 1.
        line: usize,
        /// How many numbers there are.
        count: usize,
    },
    /// A point without a positive diameter, and none on its branch or the one it grows from.
    #[error("line {line}: no positive diameter on this branch, nor on the one it grows from")]
    NoDiameter {
        /// Line, from 1.
        line: usize,
    },
    /// A soma outline that encloses nothing.
    #[error("line {line}: the soma's outline {problem}")]
    SomaOutline {
        /// Where the outline begins.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}
