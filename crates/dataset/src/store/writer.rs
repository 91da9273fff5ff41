use std::collections::BTreeMap;
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
}

impl StoreWriter {
    /// Begins a data set, or goes on with one that was begun in the same way.
    ///
    /// # Errors
    ///
    /// [`StoreError::Differs`] if the folder holds a data set that is made in another way, [`StoreError::Io`] if it cannot
    /// be written to, and what [`Manifest::read`] refuses.
    pub fn open(root: impl Into<PathBuf>, manifest: &Manifest) -> Result<Self, StoreError> {
        let root = root.into();
        match Manifest::read(&root) {
            Ok(existing) => {
                manifest.check_same(&existing, &root)?;
                // Better to learn now than after the first trials that nothing can be written.
                write_group(&root)?;
                return Ok(Self { root, manifest: existing });
            }
            Err(StoreError::NoManifest { .. }) => {}
            Err(error) => return Err(error),
        }
        write_group(&root)?;
        for name in ArrayName::ALL.into_iter().filter(|name| name.is_there(manifest)) {
            name.write_metadata(manifest, &root)?;
        }
        manifest.write(&root)?;
        Ok(Self { root, manifest: manifest.clone() })
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
    #[must_use]
    pub fn has(&self, trial: usize) -> bool {
        TrialRecord::exists(&self.root, trial)
    }

    /// Writes a trial. `soma_mv` is the voltage of the soma, mV, at every time step, `[T·steps + 1]`; `origin` what the trial was made from.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if a file cannot be written, [`StoreError::NoTrial`], [`StoreError::SomaLength`] or
    /// [`StoreError::Trial`] for a trial that does not fit the manifest.
    pub fn write(
        &self,
        index: usize,
        trial: &Trial,
        soma_mv: Vec<f32>,
        origin: Value,
    ) -> Result<TrialRecord, StoreError> {
        self.check(index, trial, soma_mv.len())?;
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
        let voltage = &trial.voltage_mv;
        keep(match manifest.precision {
            VoltagePrecision::Float32 => {
                ArrayName::Voltage.encode(manifest, index, voltage.clone(), &f32::NAN)
            }
            VoltagePrecision::Float16 => {
                let rounded = voltage.iter().map(|&v| f16::from_f32(v)).collect();
                ArrayName::Voltage.encode(manifest, index, rounded, &f16::NAN)
            }
        }?)?;
        let offsets = trial.events.offsets().to_vec();
        keep(ArrayName::EventOffset.encode(manifest, index, offsets, &0)?)?;
        let synapses = trial.events.synapses().iter().map(|synapse| synapse.index() as u32);
        keep(ArrayName::EventSynapse.encode(manifest, index, synapses.collect(), &u32::MAX)?)?;
        if ArrayName::Injected.is_there(manifest) {
            let injected = trial.injected_na.clone();
            keep(ArrayName::Injected.encode(manifest, index, injected, &0.0)?)?;
        }
        keep(ArrayName::Soma.encode(manifest, index, soma_mv, &f32::NAN)?)?;
        let spikes = trial.marks.spikes_ms.clone();
        keep(ArrayName::Spike.encode(manifest, index, spikes, &f64::NAN)?)?;
        let record = TrialRecord {
            trial: index,
            events: trial.events.synapses().len(),
            marks: trial.marks.clone(),
            origin,
            files,
        };
        file::write_json(&self.root, &TrialRecord::name(index), &record)?;
        Ok(record)
    }

    fn check(&self, index: usize, trial: &Trial, soma_samples: usize) -> Result<(), StoreError> {
        let manifest = &self.manifest;
        if index >= manifest.trials {
            let (path, trials) = (self.root.clone(), manifest.trials);
            return Err(StoreError::NoTrial { path, trial: index, trials });
        }
        let shape = |fits: bool, what, expected, found| {
            let source = CoreError::Shape { what, expected, found };
            if fits { Ok(()) } else { Err(StoreError::Trial { trial: index, source }) }
        };
        let equal = |what, expected, found| shape(expected == found, what, expected, found);
        let at_most = |what, most, found| shape(found <= most, what, most, found);
        let layout = &manifest.layout;
        let bins = layout.duration_ms;
        equal("bins of the trial", bins, trial.bins())?;
        let voltages = (bins + 1) * layout.compartments.len();
        equal("voltages of the trial", voltages, trial.voltage_mv.len())?;
        let injected = bins * layout.injection_sites.len();
        equal("injected currents of the trial", injected, trial.injected_na.len())?;
        let events = bins * layout.synapse_count;
        at_most(
            "synaptic events, one a synapse and bin at most",
            events,
            trial.events.synapses().len(),
        )?;
        let spikes = bins * manifest.steps_per_ms / 2 + 1;
        at_most("spikes, one in two steps at most", spikes, trial.marks.spikes_ms.len())?;
        let steps_per_ms = manifest.steps_per_ms;
        let expected = bins * steps_per_ms + 1;
        if soma_samples != expected {
            let found = soma_samples;
            return Err(StoreError::SomaLength { trial: index, found, steps_per_ms, expected });
        }
        Ok(())
    }
}
