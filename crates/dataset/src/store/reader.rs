use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical_core::{BinnedEvents, SynapseId, Trial, TrialLayout, TrialMarks, TrialSource};
use half::f16;
use rayon::prelude::*;
use zarrs::array::ElementOwned;

use super::arrays::{ArrayName, Arrays};
use super::manifest::MANIFEST;
use super::verify::Damage;
use super::{Manifest, StoreError, TrialRecord, VoltagePrecision};

/// A data set on disk, open for reading.
///
/// It may still be incomplete: [`Store::check_complete`] says so, and a trial that is not there or damaged cannot be read.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    manifest: Manifest,
    arrays: Arrays,
    /// By trial; none where it is missing.
    records: Vec<Option<Result<TrialRecord, Damage>>>,
}

impl Store {
    /// Opens a data set: reads and checks the record of every trial, a file each, on all threads of rayon.
    ///
    /// # Errors
    ///
    /// What [`Manifest::read`] refuses, [`StoreError::Array`] for an array that is not described as it should be,
    /// [`StoreError::Changed`] if all trials are of another manifest.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        let manifest = Manifest::read(&root)?;
        let arrays = Arrays::open(&root, &manifest)?;
        let identity = manifest.identity();
        let read = |trial| TrialRecord::read(&root, &manifest, &identity, trial);
        let records = (0..manifest.trials).into_par_iter().map(read);
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let mut there = records.iter().flatten().peekable();
        if there.peek().is_some() && there.all(|record| record == &Err(Damage::OtherDataset)) {
            return Err(StoreError::Changed { path: root.join(MANIFEST) });
        }
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

    /// The records of the trials that are there, but for damaged records.
    pub fn records(&self) -> impl Iterator<Item = &TrialRecord> {
        self.records.iter().flatten().flatten()
    }

    /// The trials whose records are damaged.
    pub(super) fn damaged_records(&self) -> impl Iterator<Item = (usize, &Damage)> {
        let records = self.records.iter().enumerate();
        records.filter_map(|(trial, record)| Some((trial, record.as_ref()?.as_ref().err()?)))
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
    /// [`StoreError::Incomplete`] with the first that is missing, [`StoreError::Damaged`] with the first damaged record.
    pub fn check_complete(&self) -> Result<(), StoreError> {
        if let Some(first) = self.missing().next() {
            return Err(self.incomplete(first));
        }
        match self.damaged_records().next() {
            Some((trial, damage)) => Err(self.damaged(trial, damage)),
            None => Ok(()),
        }
    }

    fn damaged(&self, trial: usize, damage: &Damage) -> StoreError {
        let path = self.root.join(TrialRecord::name(trial));
        StoreError::Damaged { path, damage: damage.clone() }
    }

    /// The record of one trial.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoTrial`] beyond the last, [`StoreError::Incomplete`] if it is missing, [`StoreError::Damaged`] if it is
    /// damaged.
    pub fn record(&self, trial: usize) -> Result<&TrialRecord, StoreError> {
        let trials = self.records.len();
        let record = self.records.get(trial);
        let record = record.ok_or_else(|| {
            let path = self.root.clone();
            StoreError::NoTrial { path, trial, trials }
        })?;
        match record {
            None => Err(self.incomplete(trial)),
            Some(Ok(record)) => Ok(record),
            Some(Err(damage)) => Err(self.damaged(trial, damage)),
        }
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
        let record = self.record(trial)?;
        self.check_files(record)?;
        let steps = self.manifest.layout.duration_ms * self.manifest.steps_per_ms;
        self.read(ArrayName::Soma, record, steps + 1)
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
            self.read(ArrayName::EventOffset, record, self.manifest.layout.duration_ms + 1)?;
        let synapses: Vec<u32> = self.read(ArrayName::EventSynapse, record, record.events)?;
        let synapses = synapses.into_iter().map(|synapse| SynapseId::new(synapse as usize));
        BinnedEvents::new(offsets, synapses.collect())
            .map_err(|source| StoreError::Trial { trial, source })
    }

    fn voltages_mv(&self, record: &TrialRecord) -> Result<Vec<f32>, StoreError> {
        let layout = &self.manifest.layout;
        let count = (layout.duration_ms + 1) * layout.compartments.len();
        match self.manifest.precision {
            VoltagePrecision::Float32 => self.read(ArrayName::Voltage, record, count),
            VoltagePrecision::Float16 => {
                let rounded: Vec<f16> = self.read(ArrayName::Voltage, record, count)?;
                Ok(rounded.into_iter().map(f16::to_f32).collect())
            }
        }
    }

    fn read<T: ElementOwned + Default>(
        &self,
        name: ArrayName,
        record: &TrialRecord,
        count: usize,
    ) -> Result<Vec<T>, StoreError> {
        self.arrays.read(name, &self.root, record, count)
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
        let record = self.record(index)?;
        let voltage_mv = self.voltages_mv(record)?;
        let sites = self.manifest.layout.injection_sites.len();
        let injected_na = self.read(ArrayName::Injected, record, events.bins() * sites)?;
        let marks = record.marks.clone();
        let trial = Trial::new(self.layout(), events, injected_na, voltage_mv, marks);
        trial.map(Arc::new).map_err(|source| StoreError::Trial { trial: index, source })
    }

    fn marks(&self, index: usize) -> Result<TrialMarks, StoreError> {
        Ok(self.record(index)?.marks.clone())
    }
}
