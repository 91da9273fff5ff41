use serde::{Deserialize, Serialize};

use crate::{Balance, DatasetError, Scaling, WindowShape};

/// What a [`Loader`](crate::Loader) loads and in which order.
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
    /// Batches that are assembled before they are asked for; 4 by default.
    pub prefetched_batches: usize,
    /// Trials that are read before samples of them are needed, each on a thread of its own; 2 by default, at least 1.
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
        if let SampleOrder::Shuffled(shuffle) = &self.order {
            at_least_one("shuffle_trials", shuffle.shuffle_trials)?;
        }
        Ok(())
    }
}

fn at_least_one(parameter: &'static str, value: usize) -> Result<(), DatasetError> {
    let expected = "at least 1";
    let value = value as f64;
    if value > 0.0 { Ok(()) } else { Err(DatasetError::Parameter { parameter, value, expected }) }
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
