use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use apical_core::{CoreError, Trial};
use half::f16;
use serde_json::Value;

use super::arrays::{ArrayName, write_group};
use super::{FileRecord, Manifest, StoreError, TrialRecord, VoltagePrecision, file};

/// Writes trials to a data set, in any order, from any number of threads and processes.
#[derive(Debug)]
pub struct StoreWriter {
    root: PathBuf,
    manifest: Manifest,
    /// [`Manifest::identity`].
    identity: String,
}

impl StoreWriter {
    /// Begins a data set, or goes on with one that was begun in the same way. Of processes that begin one at the same time
    /// all but the first go on with it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Differs`] if the folder holds a data set that is made in another way, [`StoreError::Io`] if it cannot
    /// be written to, and what [`Manifest::read`] refuses.
    pub fn open(root: impl Into<PathBuf>, manifest: &Manifest) -> Result<Self, StoreError> {
        let root = root.into();
        manifest.check(&root)?;
        let mut existing = Manifest::read(&root);
        if matches!(existing, Err(StoreError::NoManifest { .. })) {
            manifest.write_first(&root)?;
            existing = Manifest::read(&root);
        }
        let existing = existing?;
        manifest.check_same(&existing, &root)?;
        // Better to learn now than after the first trials that nothing can be written.
        write_group(&root)?;
        for name in ArrayName::ALL.into_iter().filter(|name| name.is_there(manifest)) {
            name.complete_metadata(manifest, &root)?;
        }
        let identity = existing.identity();
        Ok(Self { root, manifest: existing, identity })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// What the trials are and how they are made.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether a trial is there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if its record is not as it was written or of another data set: [`discard`](super::discard)
    /// the trial to make it again.
    pub fn has(&self, trial: usize) -> Result<bool, StoreError> {
        match TrialRecord::read(&self.root, &self.manifest, &self.identity, trial)? {
            None => Ok(false),
            Some(Ok(_)) => Ok(true),
            Some(Err(damage)) => {
                Err(StoreError::Damaged { path: self.root.join(TrialRecord::name(trial)), damage })
            }
        }
    }

    /// Those of some trials that are not there.
    ///
    /// # Errors
    ///
    /// As [`has`](Self::has).
    pub fn missing(&self, trials: Range<usize>) -> Result<Vec<usize>, StoreError> {
        let mut missing = Vec::new();
        for trial in trials {
            if !self.has(trial)? {
                missing.push(trial);
            }
        }
        Ok(missing)
    }

    /// Writes a trial in place of any that was there. `soma_mv` is the voltage of the soma, mV, at every time step,
    /// `[T·steps + 1]`; `origin` what the trial was made from.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if a file cannot be written, [`StoreError::NoTrial`], [`StoreError::SomaLength`] or
    /// [`StoreError::Trial`] for a trial that does not fit the manifest.
    pub fn write(
        &self,
        index: usize,
        trial: Trial,
        soma_mv: Vec<f32>,
        origin: Value,
    ) -> Result<TrialRecord, StoreError> {
        self.check(index, &trial, &soma_mv)?;
        remove_trial(&self.root, index)?;
        let mut files = BTreeMap::new();
        let mut keep = |encoded: Vec<(String, Vec<u8>)>| {
            encoded.into_iter().try_for_each(|(name, bytes)| {
                file::write(&self.root, &name, &bytes)?;
                let sha256 = file::sha256(&bytes);
                files.insert(name, FileRecord { bytes: bytes.len() as u64, sha256 });
                Ok::<(), StoreError>(())
            })
        };
        let manifest = &self.manifest;
        let Trial { events, injected_na, voltage_mv, marks, .. } = trial;
        keep(match manifest.precision {
            VoltagePrecision::Float32 => {
                ArrayName::Voltage.encode(manifest, index, voltage_mv, &f32::NAN)
            }
            VoltagePrecision::Float16 => {
                let rounded = voltage_mv.into_iter().map(f16::from_f32).collect();
                ArrayName::Voltage.encode(manifest, index, rounded, &f16::NAN)
            }
        }?)?;
        keep(ArrayName::EventOffset.encode(manifest, index, events.offsets().to_vec(), &0)?)?;
        let synapses = events.synapses().iter().map(|synapse| synapse.index() as u32);
        keep(ArrayName::EventSynapse.encode(manifest, index, synapses.collect(), &u32::MAX)?)?;
        if ArrayName::Injected.is_there(manifest) {
            keep(ArrayName::Injected.encode(manifest, index, injected_na, &0.0)?)?;
        }
        keep(ArrayName::Soma.encode(manifest, index, soma_mv, &f32::NAN)?)?;
        let spikes = marks.spikes_ms.clone();
        keep(ArrayName::Spike.encode(manifest, index, spikes, &f64::NAN)?)?;
        let record = TrialRecord {
            trial: index,
            dataset: self.identity.clone(),
            events: events.synapses().len(),
            marks,
            origin,
            files,
            sha256: String::new(),
        };
        record.write(&self.root)
    }

    fn check(&self, index: usize, trial: &Trial, soma_mv: &[f32]) -> Result<(), StoreError> {
        let manifest = &self.manifest;
        if index >= manifest.trials {
            let (path, trials) = (self.root.clone(), manifest.trials);
            return Err(StoreError::NoTrial { path, trial: index, trials });
        }
        let refused = |source| StoreError::Trial { trial: index, source };
        let shape = |fits: bool, what, expected, found| {
            if fits { Ok(()) } else { Err(refused(CoreError::Shape { what, expected, found })) }
        };
        let bins = manifest.layout.duration_ms;
        shape(bins == trial.bins(), "bins of the trial", bins, trial.bins())?;
        trial.check(&manifest.layout).map_err(refused)?;
        let (most, found) = (manifest.most_events(), trial.events.synapses().len());
        shape(found <= most, "synaptic events, one a synapse and bin at most", most, found)?;
        let (most, found) = (manifest.most_spikes(), trial.marks.spikes_ms.len());
        shape(found <= most, "spikes, one in two steps at most", most, found)?;
        let (steps_per_ms, found) = (manifest.steps_per_ms, soma_mv.len());
        let expected = bins * steps_per_ms + 1;
        if found != expected {
            return Err(StoreError::SomaLength { trial: index, found, steps_per_ms, expected });
        }
        match soma_mv.iter().copied().enumerate().find(|(_, v)| !v.is_finite()) {
            None => Ok(()),
            Some((index, value)) => {
                Err(refused(CoreError::NotFinite { what: "voltage of the soma, mV", index, value }))
            }
        }
    }
}

/// Removes the record of a trial and then its files, those of an attempt that was not completed among them.
pub(super) fn remove_trial(root: &Path, trial: usize) -> Result<(), StoreError> {
    let gone = |path: PathBuf, removed: io::Result<()>| match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&path)(error)),
        _ => Ok(()),
    };
    let record = root.join(TrialRecord::name(trial));
    let removed = fs::remove_file(&record);
    gone(record, removed)?;
    ArrayName::ALL.into_iter().try_for_each(|array| {
        let folder = root.join(array.folder(trial));
        let removed = fs::remove_dir_all(&folder);
        gone(folder, removed)
    })
}
