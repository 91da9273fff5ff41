use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical_core::{BinnedEvents, SynapseId, Trial, TrialLayout, TrialMarks, TrialSource};
use half::f16;
use zarrs::array::ElementOwned;

use super::arrays::{ArrayName, Arrays};
use super::verify::Damage;
use super::{Manifest, StoreError, TrialRecord, VoltagePrecision};

/// A data set on disk, open for reading.
///
/// It may still be incomplete: [`Store::check_complete`] says so, and a trial that is not there cannot be read.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    manifest: Manifest,
    arrays: Arrays,
    /// By trial.
    records: Vec<Option<TrialRecord>>,
}

impl Store {
    /// Opens a data set.
    ///
    /// # Errors
    ///
    /// What [`Manifest::read`] refuses, [`StoreError::Array`] or [`StoreError::Json`] for a file that is not as it should
    /// be.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        let manifest = Manifest::read(&root)?;
        let arrays = Arrays::open(&root, &manifest)?;
        let read = |trial| TrialRecord::read(&root, trial);
        let records = (0..manifest.trials).map(read).collect::<Result<_, _>>()?;
        Ok(Self { root, manifest, arrays, records })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// What the trials are and how they were made.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The records of the trials that are there.
    pub fn records(&self) -> impl Iterator<Item = &TrialRecord> {
        self.records.iter().flatten()
    }

    /// The trials that are not there.
    pub fn missing(&self) -> impl Iterator<Item = usize> {
        self.records
            .iter()
            .enumerate()
            .filter(|(_, record)| record.is_none())
            .map(|(trial, _)| trial)
    }

    /// Refuses a data set in which trials are missing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Incomplete`] with the first that is missing.
    pub fn check_complete(&self) -> Result<(), StoreError> {
        self.missing().next().map_or(Ok(()), |first| Err(self.incomplete(first)))
    }

    /// The record of one trial.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoTrial`] beyond the last, [`StoreError::Incomplete`] if it is missing.
    pub fn record(&self, trial: usize) -> Result<&TrialRecord, StoreError> {
        let trials = self.records.len();
        let record = self.records.get(trial);
        let record = record.ok_or_else(|| {
            let path = self.root.clone();
            StoreError::NoTrial { path, trial, trials }
        })?;
        record.as_ref().ok_or_else(|| self.incomplete(trial))
    }

    fn incomplete(&self, first: usize) -> StoreError {
        let (path, trials) = (self.root.clone(), self.records.len());
        StoreError::Incomplete { path, missing: self.missing().count(), trials, first }
    }

    /// The voltage of the soma at every time step, mV, `[T·steps + 1]`.
    ///
    /// # Errors
    ///
    /// As [`TrialSource::trial`].
    pub fn soma_mv(&self, trial: usize) -> Result<Vec<f32>, StoreError> {
        self.check_files(self.record(trial)?)?;
        let steps = self.manifest.layout.duration_ms * self.manifest.steps_per_ms;
        self.read(ArrayName::Soma, trial, steps + 1)
    }

    /// The synaptic events of a trial, without its voltages.
    ///
    /// # Errors
    ///
    /// As [`TrialSource::trial`].
    pub fn events(&self, trial: usize) -> Result<BinnedEvents, StoreError> {
        let record = self.record(trial)?;
        self.check_files(record)?;
        let offsets =
            self.read(ArrayName::EventOffset, trial, self.manifest.layout.duration_ms + 1)?;
        let synapses: Vec<u32> = self.read(ArrayName::EventSynapse, trial, record.events)?;
        let synapses = synapses.into_iter().map(|synapse| SynapseId::new(synapse as usize));
        BinnedEvents::new(offsets, synapses.collect())
            .map_err(|source| StoreError::Trial { trial, source })
    }

    fn voltages_mv(&self, trial: usize) -> Result<Vec<f32>, StoreError> {
        let layout = &self.manifest.layout;
        let count = (layout.duration_ms + 1) * layout.compartments.len();
        match self.manifest.precision {
            VoltagePrecision::Float32 => self.read(ArrayName::Voltage, trial, count),
            VoltagePrecision::Float16 => {
                let rounded: Vec<f16> = self.read(ArrayName::Voltage, trial, count)?;
                Ok(rounded.into_iter().map(f16::to_f32).collect())
            }
        }
    }

    fn read<T: ElementOwned>(
        &self,
        name: ArrayName,
        trial: usize,
        count: usize,
    ) -> Result<Vec<T>, StoreError> {
        self.arrays.read(name, &self.root, trial, count)
    }

    /// A file that is gone would be read as if nothing had been written to it.
    fn check_files(&self, record: &TrialRecord) -> Result<(), StoreError> {
        record.files.iter().try_for_each(|(name, expected)| {
            let path = self.root.join(name);
            match Damage::of_size(&path, expected)? {
                None => Ok(()),
                Some(damage) => Err(StoreError::Damaged { path, damage }),
            }
        })
    }
}

impl TrialSource for Store {
    type Error = StoreError;

    fn layout(&self) -> &TrialLayout {
        &self.manifest.layout
    }

    fn trial_count(&self) -> usize {
        self.manifest.trials
    }

    fn trial(&self, index: usize) -> Result<Arc<Trial>, StoreError> {
        let events = self.events(index)?;
        let voltage_mv = self.voltages_mv(index)?;
        let sites = self.manifest.layout.injection_sites.len();
        let injected_na = self.read(ArrayName::Injected, index, events.bins() * sites)?;
        let trial = Trial::new(self.layout(), events, injected_na, voltage_mv, self.marks(index)?);
        trial.map(Arc::new).map_err(|source| StoreError::Trial { trial: index, source })
    }

    fn marks(&self, index: usize) -> Result<TrialMarks, StoreError> {
        Ok(self.record(index)?.marks.clone())
    }
}
