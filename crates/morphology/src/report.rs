use std::fmt;

use serde::{Deserialize, Serialize};

/// File format of a reconstruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// SWC.
    Swc,
    /// Neurolucida ASC.
    NeurolucidaAsc,
}

/// How the soma of a reconstruction was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SomaConvention {
    /// One point: a cylinder whose length is its diameter.
    SinglePoint,
    /// Three points as NeuroMorpho writes a single point.
    ThreePoint,
    /// A run of points, possibly branching.
    Chain,
    /// An outline, turned into stacked cylinders along its principal axis.
    Contour,
    /// A stack of outlines at different depths.
    ContourStack,
    /// No soma at all.
    Absent,
}

/// Something the importer noticed, repaired or skipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportWarning {
    /// Line of the file, from 1; none where it concerns the whole file.
    pub line: Option<usize>,
    /// What.
    pub kind: ImportWarningKind,
}

/// What the importer noticed, repaired or skipped. Extended by each reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImportWarningKind {
    /// A block that carries no geometry that this reader knows, skipped.
    SkippedBlock {
        /// Its name or first word.
        name: String,
    },
    /// The file starts with a byte order mark, skipped.
    ByteOrderMark,
    /// Lines of more than seven columns; the further ones are ignored. The line is that of the first.
    ExtraColumns {
        /// Number of such lines.
        lines: usize,
    },
    /// A point of negative type, read as a type of its own.
    NegativeType {
        /// The point.
        id: i64,
        /// Its type.
        code: i32,
    },
    /// A negative radius, read without its sign.
    NegativeRadius {
        /// The point.
        id: i64,
        /// The radius in the file, µm.
        radius_um: f64,
    },
    /// A radius of 0, replaced by the parent's.
    ZeroRadius {
        /// The point.
        id: i64,
        /// The radius used, µm.
        used_um: f64,
    },
    /// A root marked by parent 0 instead of −1.
    ParentZero {
        /// The point.
        id: i64,
    },
    /// A point whose parent comes later in the file.
    ForwardReference {
        /// The point.
        id: i64,
        /// Its parent.
        parent: i64,
    },
    /// Points whose run goes on elsewhere than on the next line, where NEURON splits sections or joins points of
    /// different branches. The line is that of the first.
    ScatteredRun {
        /// The first such point.
        id: i64,
        /// Number of such points.
        points: usize,
    },
    /// All points of a section lie at one place: left out, or for a soma, read as a single point.
    ZeroLength {
        /// Its first point.
        id: i64,
    },
    /// A neurite of one point on a soma's first point where the soma branches: kept, where NEURON loses it.
    OnePoint {
        /// The point.
        id: i64,
    },
    /// A tree that hangs on nothing, attached to the middle of the soma.
    AttachedTree {
        /// Its root.
        id: i64,
        /// Distance from the soma's first point, µm.
        distance_um: f64,
    },
    /// A tree that hangs on nothing, left out.
    DroppedTree {
        /// Its root.
        id: i64,
        /// Number of its points.
        points: usize,
    },
    /// A tree or soma outline that was read although NEURON skips it, because of how it is named.
    NotReadByNeuron {
        /// Its name; empty if it has none.
        name: String,
    },
    /// A tree without a type (Axon, Dendrite, Apical): its sections are of SWC type 0.
    UnlabeledTree,
    /// A tree or branch without points, left out.
    EmptyBranch,
    /// A closing parenthesis that closes nothing, skipped.
    StrayParenthesis,
    /// A diameter that is missing or not positive. A negative one lost its sign; otherwise it is that of the point
    /// before on the branch, or the next positive one after, or the last of the parent.
    RepairedDiameter {
        /// The diameter in the file, µm, if there is one.
        found_um: Option<f64>,
        /// The diameter used, µm.
        used_um: f64,
    },
    /// An outline of the soma with fewer than three points, left out.
    ShortOutline {
        /// Number of points.
        points: usize,
    },
    /// An outline of another soma, left out.
    DroppedSoma,
}

/// What the importer did: format, soma convention, and every repair and warning with its line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// File format.
    pub format: Format,
    /// Soma convention applied.
    pub soma: SomaConvention,
    /// Repairs and warnings, in order of line.
    pub warnings: Vec<ImportWarning>,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Swc => "SWC",
            Self::NeurolucidaAsc => "Neurolucida ASC",
        })
    }
}

impl fmt::Display for SomaConvention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SinglePoint => "a single point",
            Self::ThreePoint => "a single point written as three",
            Self::Chain => "a run of points",
            Self::Contour => "an outline",
            Self::ContourStack => "a stack of outlines",
            Self::Absent => "absent",
        })
    }
}

impl fmt::Display for ImportWarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SkippedBlock { name } => write!(f, "skipped {name}"),
            Self::ByteOrderMark => f.write_str("skipped a byte order mark"),
            Self::ExtraColumns { lines } => {
                write!(f, "ignored what follows the seventh column on {lines} lines")
            }
            Self::NegativeType { id, code } => write!(f, "point {id} has the type {code}"),
            Self::NegativeRadius { id, radius_um } => {
                write!(f, "point {id} has the radius {radius_um} µm, used {} µm", radius_um.abs())
            }
            Self::ZeroRadius { id, used_um } => {
                write!(f, "point {id} has the radius 0, used its parent's, {used_um} µm")
            }
            Self::ParentZero { id } => write!(f, "took {id} for a root: its parent is 0"),
            Self::ForwardReference { id, parent } => {
                write!(f, "the parent {parent} of point {id} comes later")
            }
            Self::ScatteredRun { id, points } => write!(
                f,
                "after {points} points, {id} first, the next line is not the next of their run: \
                 NEURON makes other sections of this file"
            ),
            Self::ZeroLength { id } => {
                write!(
                    f,
                    "the section from point {id} has no length, left out or read as one point"
                )
            }
            Self::OnePoint { id } => {
                write!(f, "kept the neurite of the one point {id}, which NEURON loses")
            }
            Self::AttachedTree { id, distance_um } => {
                write!(f, "attached the tree from point {id} to the soma, {distance_um:.3} µm away")
            }
            Self::DroppedTree { id, points } => {
                write!(f, "left out the tree of {points} points from point {id}")
            }
            Self::NotReadByNeuron { name } => {
                write!(f, "read {name:?}, which NEURON would skip because of this name")
            }
            Self::UnlabeledTree => f.write_str("a tree without a type"),
            Self::EmptyBranch => f.write_str("left out a branch without points"),
            Self::StrayParenthesis => f.write_str("skipped a parenthesis that closes nothing"),
            Self::RepairedDiameter { found_um: Some(found_um), used_um } => {
                write!(f, "the diameter is {found_um} µm, used {used_um} µm")
            }
            Self::RepairedDiameter { found_um: None, used_um } => {
                write!(f, "there is no diameter, used {used_um} µm")
            }
            Self::ShortOutline { points } => {
                write!(f, "left out a soma outline of {points} points")
            }
            Self::DroppedSoma => f.write_str("left out the outline of another soma"),
        }
    }
}

impl fmt::Display for ImportWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warnings = self.warnings.len();
        write!(f, "{}, soma: {}, {warnings} warnings", self.format, self.soma)?;
        self.warnings.iter().try_for_each(|warning| write!(f, "\n  {warning}"))
    }
}
