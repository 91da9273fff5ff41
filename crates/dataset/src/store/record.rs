use std::collections::BTreeMap;
use std::path::Path;

use apical_core::TrialMarks;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arrays::ArrayName;
use super::{Damage, Manifest, StoreError, file};

/// What is known of one trial: its file in `trials/`, which says that the trial is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrialRecord {
    /// Number of the trial.
    pub trial: usize,
    /// [`Manifest::identity`] of the data set that it was made for.
    pub dataset: String,
    /// Number of synaptic events.
    pub events: usize,
    /// Spikes and calcium events.
    pub marks: TrialMarks,
    /// What the trial was made from, as its maker says: the currents that were drawn, or the file it was read from.
    pub origin: Value,
    /// Its files, by path within the data set.
    pub files: BTreeMap<String, FileRecord>,
    /// SHA-256 of all of the above as JSON without white space, hexadecimal.
    pub sha256: String,
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

    pub(super) fn write(mut self, root: &Path) -> Result<Self, StoreError> {
        let name = Self::name(self.trial);
        self.sha256 = self.digest().map_err(StoreError::json(&root.join(&name)))?;
        file::write_json(root, &name, &self)?;
        Ok(self)
    }

    /// The record of a trial, or what is wrong with it; none where the trial is not complete.
    pub(super) fn read(
        root: &Path,
        manifest: &Manifest,
        identity: &str,
        trial: usize,
    ) -> Result<Option<Result<Self, Damage>>, StoreError> {
        match file::read_json::<Self>(&root.join(Self::name(trial))) {
            Ok(record) => Ok(record.map(|record| match record.damage(manifest, identity, trial) {
                None => Ok(record),
                Some(damage) => Err(damage),
            })),
            Err(StoreError::Json { source, .. }) => {
                Ok(Some(Err(Damage::Record(source.to_string()))))
            }
            Err(error) => Err(error),
        }
    }

    /// Size of the trial's files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// Checksum of everything but itself.
    fn digest(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            fields.remove("sha256");
        }
        Ok(file::sha256(&serde_json::to_vec(&value)?))
    }

    fn damage(&self, manifest: &Manifest, identity: &str, trial: usize) -> Option<Damage> {
        if self.digest().ok().as_ref() != Some(&self.sha256) {
            return Some(Damage::Content);
        }
        if self.dataset != identity {
            return Some(Damage::OtherDataset);
        }
        let record = |what: String| Some(Damage::Record(what));
        if self.trial != trial {
            return record(format!("it is of trial {}", self.trial));
        }
        if self.events > manifest.most_events() {
            return record(format!("{} synaptic events have no room", self.events));
        }
        if let Err(error) = self.marks.check(manifest.layout.duration_ms) {
            return record(error.to_string());
        }
        let missing = ArrayName::ALL
            .into_iter()
            .flat_map(|array| array.files_needed(manifest, trial, self.events))
            .find(|name| !self.files.contains_key(name));
        missing.and_then(|name| record(format!("{name} is not among its files")))
    }
}
