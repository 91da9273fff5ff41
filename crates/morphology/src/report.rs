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
