use std::fs;
use std::io;
use std::path::Path;

use apical_core::CompartmentTable;
use apical_morphology::ImportReport;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ArrayFile;
use super::directory::MANIFEST;
use crate::ApicalError;

/// What `manifest.json` says of a run: everything needed to read its arrays and to repeat it.
#[derive(Clone, Debug, Serialize)]
pub struct RunManifest<P> {
    /// What wrote the run.
    pub versions: Versions,
    /// Every parameter of the run, defaults included, with units in their names.
    pub parameters: P,
    /// The reconstruction.
    pub morphology: MorphologyEntry,
    /// Number of synaptic events; null where there are no synapses.
    pub events: Option<usize>,
    /// Somatic spikes.
    pub spikes: SpikeEntry,
    /// Wall-clock time of the simulation alone, s.
    pub wall_time_s: f64,
    /// The arrays beside this manifest.
    pub arrays: Vec<ArrayFile>,
    /// What the rows of arrays over compartments are, in their order.
    pub compartments: CompartmentTable,
}

/// What wrote a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Versions {
    /// Version of this crate.
    pub apical: &'static str,
    /// [`NUMERICS_VERSION`](apical_core::NUMERICS_VERSION): runs of equal parameters and numerics have equal numbers.
    pub numerics: u32,
}

impl Versions {
    /// Those of this crate.
    #[must_use]
    pub const fn current() -> Self {
        Self { apical: env!("CARGO_PKG_VERSION"), numerics: apical_core::NUMERICS_VERSION }
    }
}

/// The reconstruction of a run.
#[derive(Clone, Debug, Serialize)]
pub struct MorphologyEntry {
    /// The file, or `default` for the embedded cell.
    pub source: String,
    /// What the importer understood, repaired and skipped; null for the embedded cell.
    pub import: Option<ImportReport>,
    /// Whether the axon of the file was replaced by the stub of the preset.
    pub axon_replaced: bool,
    /// Number of sections.
    pub sections: usize,
    /// Number of compartments.
    pub compartments: usize,
}

/// The somatic spikes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SpikeEntry {
    /// A spike is an upward crossing of this voltage, mV, timed at the first sample at or above it.
    pub threshold_mv: f64,
    /// Number of spikes.
    pub count: usize,
}

/// Reads what is wanted of `manifest.json` in the folder of a run: any type whose fields are named like those there, or
/// `serde_json`'s `Value` for all of it.
///
/// # Errors
///
/// [`ApicalError::NoManifest`] if there is none, and the run thus not complete, [`ApicalError::Io`] if it cannot be read,
/// [`ApicalError::Json`] if it does not say what is wanted.
pub fn read_manifest<T: DeserializeOwned>(folder: &Path) -> Result<T, ApicalError> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ApicalError::NoManifest { path: folder.to_owned() },
        _ => ApicalError::Io { path: path.clone(), source },
    })?;
    serde_json::from_str(&text).map_err(|source| ApicalError::Json { path, source })
}
