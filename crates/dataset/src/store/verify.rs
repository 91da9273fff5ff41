use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::writer::remove_trial;
use super::{FileRecord, Manifest, Seal, Store, StoreError, TrialRecord, file};

/// What is wrong with a file; in JSON `"missing"`, `{"size": {"written": 9, "found": 8}}`, `"content"`, `"other_dataset"` or
/// `{"record": why}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Damage {
    /// It is not there.
    Missing,
    /// It has another size than when it was written.
    Size {
        /// Size when it was written.
        written: u64,
        /// Size now.
        found: u64,
    },
    /// It has another content than when it was written.
    Content,
    /// It is the record of a trial that was made for another data set.
    OtherDataset,
    /// It is the record of a trial and does not say what it should.
    Record(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "is missing"),
            Self::Size { written, found } => write!(f, "has {found} bytes, written were {written}"),
            Self::Content => write!(f, "its content is not what was written"),
            Self::OtherDataset => write!(f, "it is of another data set: its manifest.json differs"),
            Self::Record(why) => write!(f, "{why}"),
        }
    }
}

impl Damage {
    /// What can be told without reading the file.
    pub(super) fn of_size(path: &Path, expected: &FileRecord) -> Result<Option<Self>, StoreError> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.len() == expected.bytes => Ok(None),
            Ok(metadata) => Ok(Some(Self::Size { written: expected.bytes, found: metadata.len() })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Self::Missing)),
            Err(error) => Err(StoreError::io(path)(error)),
        }
    }

    fn of(path: &Path, expected: &FileRecord) -> Result<Option<Self>, StoreError> {
        if let Some(damage) = Self::of_size(path, expected)? {
            return Ok(Some(damage));
        }
        let bytes = fs::read(path).map_err(StoreError::io(path))?;
        Ok((file::sha256(&bytes) != expected.sha256).then_some(Self::Content))
    }
}

/// A file of a trial that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DamagedFile {
    /// The trial.
    pub trial: usize,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What reading all files of a data set has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// Trials that are there, whole or not.
    pub trials: usize,
    /// Trials that have not been made.
    pub missing: Vec<usize>,
    /// Damaged files, in order of trials.
    pub damaged: Vec<DamagedFile>,
    /// Whether the seal, where there is one, is that of the trials that are there.
    pub sealed_as_found: bool,
}

impl Verification {
    /// Whether everything is there and as it was written.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.damaged.is_empty() && self.sealed_as_found
    }
}

/// Reads every file of every trial that is there and compares it with its checksum, that of records included. `done` is
/// called after each trial.
///
/// # Errors
///
/// [`StoreError::Io`] if a file is there and cannot be read, and what [`Store::open`] refuses.
pub fn verify(root: &Path, done: impl Fn(&TrialRecord) + Sync) -> Result<Verification, StoreError> {
    let store = Store::open(root)?;
    let records: Vec<&TrialRecord> = store.records().collect();
    let of_trial = |record: &&TrialRecord| {
        let mut damaged = Vec::new();
        for (name, expected) in &record.files {
            let path = root.join(name);
            let damage = Damage::of(&path, expected)?;
            let trial = record.trial;
            damaged.extend(damage.map(|damage| DamagedFile { trial, path, damage }));
        }
        done(record);
        Ok(damaged)
    };
    let files = records.par_iter().map(of_trial).collect::<Result<Vec<_>, StoreError>>()?;
    let of_record = |(trial, damage): (usize, &Damage)| {
        let path = root.join(TrialRecord::name(trial));
        DamagedFile { trial, path, damage: damage.clone() }
    };
    let mut damaged: Vec<_> = store.damaged_records().map(of_record).collect();
    let trials = records.len() + damaged.len();
    damaged.extend(files.into_iter().flatten());
    damaged.sort_by_key(|file| file.trial);
    let seal = store.manifest().seal.as_ref();
    Ok(Verification {
        trials,
        missing: store.missing().collect(),
        damaged,
        sealed_as_found: seal.is_none_or(|seal| *seal == Seal::of(&store)),
    })
}

/// Removes trials, so that they can be made again. The data set is then incomplete.
///
/// # Errors
///
/// [`StoreError::Io`] if a file cannot be removed, and what [`Manifest::read`] refuses.
pub fn discard(root: &Path, trials: impl IntoIterator<Item = usize>) -> Result<(), StoreError> {
    let mut manifest = Manifest::read(root)?;
    if manifest.seal.take().is_some() {
        manifest.write(root)?;
    }
    trials.into_iter().try_for_each(|trial| remove_trial(root, trial))
}
