use apical_core::TrialLayout;
use serde::{Deserialize, Serialize};

use crate::error::parameter;
use crate::{Balance, DatasetError, Scaling, WindowShape};

/// Batches ahead, and trials ahead, each of which is read on a thread of its own.
const MOST_AHEAD: usize = 1024;

/// Samples of an epoch: 16 GiB are planned in advance.
pub(super) const MOST_SAMPLES: usize = 1 << 30;

/// Values of a batch, so that its events can be counted in 32 bits.
const MOST_BATCH_VALUES: usize = u32::MAX as usize;

/// Values of all batches: 1 TiB.
const MOST_VALUES: u64 = 1 << 38;

/// What a [`Loader`](crate::Loader) loads and in which order.
///
/// How much memory there is cannot be known. Refused is what no machine has: batches of 2³² values or more, an event and bin
/// of every synapse counted as one, or of 1 TiB together, and epochs of more than 2³⁰ samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LoaderConfig {
    /// B, samples of a batch; 32 by default.
    pub batch_size: usize,
    /// Length of samples; by default windows as published.
    pub window: WindowShape,
    /// Order of samples.
    pub order: SampleOrder,
    /// What voltages are standardized with; by default they are left in mV.
    pub scaling: Option<Scaling>,
    /// Batches that are assembled before they are asked for; 4 by default, at most 1024.
    pub prefetched_batches: usize,
    /// Trials that are read before samples of them are needed, each on a thread of its own; 2 by default, 1 to
    /// 1024.
    pub read_ahead_trials: usize,
}

impl Default for LoaderConfig {
    fn default() -> Self {
        Self {
            batch_size: 32,
            window: WindowShape::PUBLISHED,
            order: SampleOrder::default(),
            scaling: None,
            prefetched_batches: 4,
            read_ahead_trials: 2,
        }
    }
}

impl LoaderConfig {
    pub(super) fn check(&self) -> Result<(), DatasetError> {
        at_least_one("batch_size", self.batch_size)?;
        at_least_one("read_ahead_trials", self.read_ahead_trials)?;
        for (name, ahead) in [
            ("read_ahead_trials", self.read_ahead_trials),
            ("prefetched_batches", self.prefetched_batches),
        ] {
            parameter(ahead <= MOST_AHEAD, name, ahead as f64, "at most 1024")?;
        }
        if let SampleOrder::Shuffled(shuffle) = &self.order {
            at_least_one("shuffle_trials", shuffle.shuffle_trials)?;
        }
        Ok(())
    }

    /// That batches of an epoch of so many samples can be held in memory.
    pub(super) fn check_batches(
        &self,
        layout: &TrialLayout,
        samples: usize,
    ) -> Result<(), DatasetError> {
        let batch_size = self.batch_size.min(samples);
        let channels = layout.compartments.len().saturating_add(layout.injection_sites.len());
        let values = batch_size
            .saturating_mul(self.window.bins.saturating_add(1))
            .saturating_mul(channels.max(layout.synapse_count));
        let expected = "small enough for batches of less than 2^32 values";
        parameter(values <= MOST_BATCH_VALUES, "batch_size", batch_size as f64, expected)?;
        let all = (values as u64).saturating_mul(self.prefetched_batches as u64 + 1);
        let expected = "small enough for batches of less than 1 TiB";
        let prefetched = self.prefetched_batches as f64;
        parameter(all <= MOST_VALUES, "prefetched_batches", prefetched, expected)
    }
}

fn at_least_one(name: &'static str, value: usize) -> Result<(), DatasetError> {
    parameter(value > 0, name, value as f64, "at least 1")
}

/// In which order samples are loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SampleOrder {
    /// Drawn at random, epoch after epoch without end: to train with.
    Shuffled(Shuffle),
    /// Trial after trial in the order of the list, samples in order of time, each starting where the target times of
    /// the one before end; all of weight 1, once: to validate with. The first `bins` − `targets` ms of a trial are in
    /// no target time, nor is what is left of it after the last whole sample.
    Sequential,
}

impl Default for SampleOrder {
    fn default() -> Self {
        Self::Shuffled(Shuffle::default())
    }
}

/// How samples are drawn and mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Shuffle {
    /// Seed of all of it; 1 by default.
    pub seed: u64,
    /// What is drawn more often.
    pub balance: Balance,
    /// P, the number of trials that are mixed and thus in memory at a time; 16 by default.
    pub shuffle_trials: usize,
    /// Samples of an epoch; by default as many as it takes for the target times of samples that do not overlap to cover
    /// the trials once, as in [`SampleOrder::Sequential`].
    pub samples_per_epoch: Option<usize>,
}

impl Default for Shuffle {
    fn default() -> Self {
        Self { seed: 1, balance: Balance::default(), shuffle_trials: 16, samples_per_epoch: None }
    }
}

/// A place in the batches of a loader, to continue from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Epoch, from 0.
    pub epoch: u64,
    /// Batch within the epoch, from 0.
    pub batch: usize,
}
