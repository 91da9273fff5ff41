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
    /// A tree or soma outline that was read although NEURON skips it, because of how it is named.
    NotReadByNeuron {
        /// Its name; empty if it has none.
        name: String,
    },
    /// A tree without a type (Axon, Dendrite, Apical): its sections are of SWC type 0.
    UnlabelledTree,
    /// A tree or branch without points, skipped; branches that grow from it start where it would have started.
    EmptyBranch,
    /// A branch whose points all lie in one place, removed; what grew from it grows from its parent instead.
    RemovedBranch {
        /// Number of points, with the copy of its parent's.
        points: usize,
    },
    /// A tree that starts with a branch of one point, without a soma to attach to: a cylinder along x around the point,
    /// as long as wide.
    SinglePointRoot,
    /// A closing parenthesis that closes nothing, skipped.
    StrayParenthesis,
    /// A diameter that is missing or not positive. A negative one lost its sign; else the nearest positive one on the branch
    /// before it was taken, or after it, or the last of its parent.
    RepairedDiameter {
        /// What the file says, µm; none where it says nothing.
        found_um: Option<f64>,
        /// What was taken, µm.
        used_um: f64,
    },
    /// An outline of the soma with fewer than three points, skipped.
    ShortSomaOutline {
        /// Number of points.
        points: usize,
    },
    /// A tree that starts outside the soma's outline (its bounding box in x and y, widened by 0.5 µm), attached to the
    /// soma's center like the others.
    OutsideSoma,
}

/// What the importer did: format, soma convention, and every repair and warning with its line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
