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

pub use directory::{ArrayFile, Dtype, RunDirectory};
#[cfg(feature = "dataset")]
pub use lfdeep::{
    LfdeepArray, LfdeepError, LfdeepExport, LfdeepForm, LfdeepOptions, LfdeepWindows,
};
pub use manifest::{MorphologyEntry, RunManifest, SpikeEntry, Versions, read_manifest};
