use std::path::Path;

use apical_core::{CalciumRule, NUMERICS_VERSION, TrialLayout};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StoreError, file};

/// Name of the manifest within a data set.
pub(super) const MANIFEST: &str = "manifest.json";

/// What a manifest says that it is of.
const FORMAT: &str = "apical dataset";

/// Version of the format of data sets: raised whenever older programs could no longer read them.
pub const FORMAT_VERSION: u32 = 1;

/// Most trials of a data set: its folders would have as many files each.
const MOST_TRIALS: usize = 10_000_000;

/// Most time steps of a trial.
const MOST_STEPS: usize = 1 << 32;

/// How voltages are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VoltagePrecision {
    /// 32 bits.
    #[default]
    Float32,
    /// 16 bits: rounded by 0.03 mV at most above −128 mV, and less than half as large.
    Float16,
}

/// What the trials of a data set are and how they were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// `apical dataset`.
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Version of the crate that began it.
    pub apical: String,
    /// [`NUMERICS_VERSION`] that it was begun with.
    pub numerics: u32,
    /// Number of trials.
    pub trials: usize,
    /// Time steps per millisecond, at which soma voltages are given.
    pub steps_per_ms: usize,
    /// How voltages are stored.
    pub precision: VoltagePrecision,
    /// What a somatic spike is.
    pub spike_rule: String,
    /// What a calcium event is.
    pub calcium_rule: CalciumRule,
    /// How trials are made: every parameter, units in their names.
    pub generator: Value,
    /// Once all trials are there.
    pub seal: Option<Seal>,
    /// What the numbers of trials are.
    pub layout: TrialLayout,
}

/// What is known of all trials together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seal {
    /// SHA-256 over the checksums of all records, one a line in order of trials: equal for data sets of equal content.
    pub checksum: String,
    /// Size of all files of trials.
    pub bytes: u64,
    /// Number of synaptic events.
    pub events: u64,
    /// Number of somatic spikes.
    pub spikes: u64,
    /// Number of calcium events.
    pub calcium_events: u64,
}

impl Manifest {
    /// The manifest of a data set that is about to be made, in single precision.
    #[must_use]
    pub fn new(
        trials: usize,
        layout: TrialLayout,
        steps_per_ms: usize,
        spike_rule: String,
        calcium_rule: CalciumRule,
        generator: Value,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            apical: env!("CARGO_PKG_VERSION").to_owned(),
            numerics: NUMERICS_VERSION,
            trials,
            steps_per_ms,
            precision: VoltagePrecision::Float32,
            spike_rule,
            calcium_rule,
            generator,
            seal: None,
            layout,
        }
    }

    /// Reads the manifest of a data set.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoManifest`] if there is none, [`StoreError::Format`] if it is of something else,
    /// [`StoreError::FormatVersion`] if it is of a version that this program does not know, [`StoreError::Layout`] or
    /// [`StoreError::Count`] if no data set can be so.
    pub fn read(root: &Path) -> Result<Self, StoreError> {
        let path = root.join(MANIFEST);
        let value: Value = file::read_json(&path)?
            .ok_or_else(|| StoreError::NoManifest { path: root.to_owned() })?;
        let found = value["format"].as_str().unwrap_or_default();
        if found != FORMAT {
            return Err(StoreError::Format { path, found: found.to_owned() });
        }
        match value["format_version"].as_u64() {
            Some(found) if found != u64::from(FORMAT_VERSION) => {
                Err(StoreError::FormatVersion { path, found, supported: FORMAT_VERSION })
            }
            _ => {
                let manifest: Self =
                    serde_json::from_value(value).map_err(StoreError::json(&path))?;
                manifest.check(root)?;
                Ok(manifest)
            }
        }
    }

    /// Refuses a manifest that no data set can have.
    pub(super) fn check(&self, root: &Path) -> Result<(), StoreError> {
        let path = root.join(MANIFEST);
        self.layout.check().map_err(|source| StoreError::Layout { path: path.clone(), source })?;
        let counts = [
            ("trials", self.trials, MOST_TRIALS),
            ("steps_per_ms", self.steps_per_ms, MOST_STEPS / self.layout.duration_ms),
        ];
        match counts.into_iter().find(|(_, count, most)| *count == 0 || count > most) {
            Some((field, value, most)) => Err(StoreError::Count { path, field, value, most }),
            None => Ok(()),
        }
    }

    /// SHA-256 over how trials are made, hexadecimal: equal for data sets whose trials may be mixed. Neither the version of
    /// the crate nor the seal is part of it.
    #[must_use]
    pub fn identity(&self) -> String {
        // JSON of numbers, texts and lists cannot fail
        file::sha256(self.essence().unwrap_or_default().to_string().as_bytes())
    }

    fn essence(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(Self { apical: String::new(), seal: None, ..self.clone() })
    }

    /// Most synaptic events of a trial: one a synapse and bin.
    pub(super) const fn most_events(&self) -> usize {
        self.layout.duration_ms * self.layout.synapse_count
    }

    /// Most spikes of a trial: each needs a step below the threshold and one above it.
    pub(super) const fn most_spikes(&self) -> usize {
        self.layout.duration_ms * self.steps_per_ms / 2 + 1
    }

    /// Writes the manifest of a data set, unless there is one by then.
    pub(super) fn write_first(&self, root: &Path) -> Result<(), StoreError> {
        file::write_first_json(root, MANIFEST, self)
    }

    pub(super) fn write(&self, root: &Path) -> Result<(), StoreError> {
        file::write_json(root, MANIFEST, self)
    }

    /// Whether trials made by this manifest belong to the data set of another one. Programs of any version may go on
    /// with a data set while their numerics are the same.
    pub(super) fn check_same(&self, existing: &Self, root: &Path) -> Result<(), StoreError> {
        let path = root.join(MANIFEST);
        let value = |manifest: &Self| manifest.essence().map_err(StoreError::json(&path));
        match difference(&value(existing)?, &value(self)?) {
            None => Ok(()),
            Some((field, existing, wanted)) => {
                Err(StoreError::Differs { path: path.clone(), field, existing, wanted })
            }
        }
    }
}

/// Where two values first differ, and how.
fn difference(a: &Value, b: &Value) -> Option<(String, String, String)> {
    let within = |key: String, a: Option<&Value>, b: Option<&Value>| {
        let (a, b) = (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
        difference(a, b).map(|(field, a, b)| (format!("/{key}{field}"), a, b))
    };
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let added = y.keys().filter(|key| !x.contains_key(*key));
            x.keys().chain(added).find_map(|key| within(key.clone(), x.get(key), y.get(key)))
        }
        (Value::Array(x), Value::Array(y)) => (0..x.len().max(y.len()))
            .find_map(|index| within(index.to_string(), x.get(index), y.get(index))),
        _ if a == b => None,
        _ => Some((String::new(), a.to_string(), b.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_first_difference() {
        let a = json!({"a": 1, "b": {"c": [1, 2, {"d": "x"}]}});
        assert_eq!(difference(&a, &a), None);
        let found = |b: Value| difference(&a, &b).unwrap();
        let text = |field: &str, a: &str, b: &str| (field.to_owned(), a.to_owned(), b.to_owned());
        let b = json!({"a": 1, "b": {"c": [1, 2, {"d": 3}]}});
        assert_eq!(found(b), text("/b/c/2/d", "\"x\"", "3"));
        let b = json!({"a": 1, "b": {"c": [1, 2]}});
        assert_eq!(found(b), text("/b/c/2", "{\"d\":\"x\"}", "null"));
        let b = json!({"a": 1, "b": a["b"], "e": 0.5});
        assert_eq!(found(b), text("/e", "null", "0.5"));
    }
}
