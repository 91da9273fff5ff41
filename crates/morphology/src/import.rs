use serde::{Deserialize, Serialize};

use crate::{ImportReport, Morphology, SomaConvention};

/// How a reconstruction is read; the default detects everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// How the soma is to be understood; none: detected from its points, as NEURON does.
    pub soma: Option<SomaConvention>,
}

/// A reconstruction that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The sections.
    pub morphology: Morphology,
    /// What the reader understood, repaired and skipped.
    pub report: ImportReport,
}
