use std::collections::BTreeMap;
use std::path::Path;

use apical_core::TrialMarks;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StoreError, file};

/// What is known of one trial: its file in `trials/`, which says that the trial is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// Number of the trial.
    pub trial: usize,
    /// Number of synaptic events.
    pub events: usize,
    /// Spikes and calcium events.
    pub marks: TrialMarks,
    /// What the trial was made from, as its maker says: the currents that were drawn, or the file it was read from.
    pub origin: Value,
    /// Its files, by path within the data set.
    pub files: BTreeMap<String, FileRecord>,
}

/// A file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
}

impl TrialRecord {
    /// Path of the record of a trial.
    pub(super) fn name(trial: usize) -> String {
        format!("trials/{trial:06}.json")
    }

    /// The record of a trial; none where it is not complete.
    pub(super) fn read(root: &Path, trial: usize) -> Result<Option<Self>, StoreError> {
        file::read_json(&root.join(Self::name(trial)))
    }

    pub(super) fn exists(root: &Path, trial: usize) -> bool {
        root.join(Self::name(trial)).exists()
    }

    /// Size of the trial's files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }
}
