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
        let import =
            import(source, &ImportOptions::default()).map_err(|error| named(error, source))?;
        for warning in &import.report.warnings {
            to_stderr(&format!("warning: {name}: {warning}"));
        }
        Ok(Self { source: name, morphology: import.morphology, report: Some(import.report) })
    }
}

/// The error with the name of the file, which those of reading already have.
pub(super) fn named(error: MorphologyError, path: &Path) -> ApicalError {
    match error {
        MorphologyError::Io { .. }
        | MorphologyError::UnknownFormat { .. }
        | MorphologyError::File { .. } => error.into(),
        source => ApicalError::Import { path: path.to_owned(), source },
    }
}
