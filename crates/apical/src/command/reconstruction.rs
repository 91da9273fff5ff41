//! Where a morphology comes from.

use std::path::Path;

use apical::ApicalError;
use apical::morphology::{
    ImportOptions, ImportReport, Morphology, MorphologyError, default_cell, import,
};

use super::to_stderr;

/// The name that stands for the embedded cell.
pub(super) const DEFAULT: &str = "default";

/// A morphology and where it comes from.
pub(super) struct Reconstruction {
    pub(super) source: String,
    pub(super) morphology: Morphology,
    /// None for the embedded cell.
    pub(super) report: Option<ImportReport>,
}

impl Reconstruction {
    /// Reads a file, or takes the embedded cell. What the importer repaired or skipped goes to standard error.
    pub(super) fn load(source: &Path) -> Result<Self, ApicalError> {
        let name = source.display().to_string();
        if source == Path::new(DEFAULT) {
            return Ok(Self { source: name, morphology: default_cell(), report: None });
        }
        let import = import(source, &ImportOptions::default())?;
        for warning in &import.report.warnings {
            to_stderr(&format!("warning: {name}: {warning}"));
        }
        Ok(Self { source: name, morphology: import.morphology, report: Some(import.report) })
    }
}

/// An error of dividing a reconstruction, with the name of its file; those of reading have it already.
pub(super) fn named(source: MorphologyError, path: &Path) -> ApicalError {
    ApicalError::Import { path: path.to_owned(), source }
}
