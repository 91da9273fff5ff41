use std::io;
use std::path::{Path, PathBuf};

use apical_core::CoreError;
use thiserror::Error;

/// Errors of data sets on disk. Messages name the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is not what it should be: not JSON, or without what is needed.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        source: serde_json::Error,
    },
    /// A folder without a manifest.
    #[error("{}: there is no manifest.json: not a data set", path.display())]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// A manifest of something else.
    #[error("{}: is the manifest of {found:?}, not of a data set", path.display())]
    Format {
        /// The manifest.
        path: PathBuf,
        /// What it says it is of; empty where it does not say.
        found: String,
    },
    /// A data set of another version of the format.
    #[error(
        "{}: is of version {found} of the format, this program reads version {supported}",
        path.display()
    )]
    FormatVersion {
        /// The manifest.
        path: PathBuf,
        /// Version found.
        found: u64,
        /// Version that can be read.
        supported: u32,
    },
    /// A manifest whose layout no trial can have.
    #[error("{}: {source}", path.display())]
    Layout {
        /// The manifest.
        path: PathBuf,
        /// Why.
        source: CoreError,
    },
    /// A number of a manifest that is 0 or too large.
    #[error("{}: {field} is {value}, not between 1 and {most}", path.display())]
    Count {
        /// The manifest.
        path: PathBuf,
        /// Which number.
        field: &'static str,
        /// The number.
        value: usize,
        /// The largest that it can be.
        most: usize,
    },
    /// A manifest that was changed after trials were made: none of them belongs to it.
    #[error("{}: none of the trials was made for this manifest: was it changed?", path.display())]
    Changed {
        /// The manifest.
        path: PathBuf,
    },
    /// A data set that was made in another way than the one to go on with.
    #[error(
        "{}: was made with {field} = {existing}, not {wanted}: use the same options, or another folder",
        path.display()
    )]
    Differs {
        /// The manifest.
        path: PathBuf,
        /// What differs, as a JSON pointer.
        field: String,
        /// Its value there.
        existing: String,
        /// The value asked for.
        wanted: String,
    },
    /// An array that Zarr cannot write or read.
    #[error("{}: {source}", path.display())]
    Array {
        /// The file or the array's folder.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A trial beyond the last.
    #[error("{}: trial {trial} does not exist: there are {trials}", path.display())]
    NoTrial {
        /// The data set.
        path: PathBuf,
        /// The number asked for.
        trial: usize,
        /// Number of trials.
        trials: usize,
    },
    /// Trials that have not been made yet.
    #[error(
        "{}: {missing} of {trials} trials are missing, trial {first} among them: the command that makes the data set goes on \
         when it is repeated",
        path.display()
    )]
    Incomplete {
        /// The data set.
        path: PathBuf,
        /// Number of trials that are missing.
        missing: usize,
        /// Number of trials in all.
        trials: usize,
        /// One that is missing and was wanted, or the first.
        first: usize,
    },
    /// A file that is not as it was written.
    #[error("{}: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: super::Damage,
    },
    /// A soma voltage of another length than the trial.
    #[error(
        "trial {trial}: the soma voltage has {found} samples, {steps_per_ms} a millisecond make {expected}"
    )]
    SomaLength {
        /// The trial.
        trial: usize,
        /// Number of samples given.
        found: usize,
        /// Steps per millisecond of the data set.
        steps_per_ms: usize,
        /// Number of samples that there should be.
        expected: usize,
    },
    /// An error of the shared vocabulary: a trial that does not fit the layout.
    #[error("trial {trial}: {source}")]
    Trial {
        /// The trial.
        trial: usize,
        /// Why.
        source: CoreError,
    },
}

impl StoreError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<'_> {
        |source| Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> Self + use<'_> {
        |source| Self::Json { path: path.to_owned(), source }
    }

    pub(super) fn array<E>(path: &Path) -> impl FnOnce(E) -> Self + use<'_, E>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        |source| Self::Array { path: path.to_owned(), source: Box::new(source) }
    }
}
