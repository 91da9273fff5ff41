//! The files of a run: arrays in numpy's format and a manifest that says what they hold.
//!
//! Every file is written under a temporary name and renamed when it is complete, the manifest last: a folder with a
//! manifest is a complete run, and no file is ever half-written under its own name.

mod directory;
#[cfg(feature = "dataset")]
mod lfdeep;
mod manifest;
#[cfg(feature = "dataset")]
mod npy_stream;

use std::io::Write;
use std::path::Path;

use crate::ApicalError;
use crate::replace::{replace, replace_json};

pub use directory::{ArrayFile, Dtype, RunDirectory};
#[cfg(feature = "dataset")]
pub use lfdeep::{
    LfdeepArray, LfdeepError, LfdeepExport, LfdeepForm, LfdeepOptions, LfdeepWindows,
};
pub use manifest::{MorphologyEntry, RunManifest, SpikeEntry, Versions, read_manifest};

/// Writes a file whole: under a temporary name, and renamed when it is complete.
///
/// # Errors
///
/// [`ApicalError::Io`] if it cannot be written; what was there is then still there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ApicalError> {
    replace(path, |out| out.write_all(bytes))
}

/// The same of what a value is in JSON.
///
/// # Errors
///
/// As [`write_whole`], and [`ApicalError::Json`] if JSON cannot hold it.
pub fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), ApicalError> {
    replace_json(path, value)
}
