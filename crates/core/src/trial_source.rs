use std::ops::Range;
use std::sync::Arc;

use crate::{CoreError, Trial, TrialLayout, TrialMarks};

/// Where trials come from: a data set on disk, memory, or a simulation that makes them when they are wanted.
///
/// Trials are numbered from 0. Which of them are there to train, validate and test with is not said here.
pub trait TrialSource: Send + Sync {
    /// Why a trial cannot be had.
    type Error: std::error::Error + Send + Sync + 'static;

    /// What the numbers of every trial are.
    fn layout(&self) -> &TrialLayout;

    /// Number of trials.
    fn trial_count(&self) -> usize;

    /// One trial.
    ///
    /// # Errors
    ///
    /// Where it cannot be read or made, or there is no trial of this number.
    fn trial(&self, index: usize) -> Result<Arc<Trial>, Self::Error>;

    /// Some bins of a trial, as [`Trial::stretch`].
    ///
    /// # Errors
    ///
    /// As [`trial`](Self::trial).
    ///
    /// # Panics
    ///
    /// May if the trial has no such bins.
    fn stretch(&self, index: usize, bins: Range<usize>) -> Result<Trial, Self::Error> {
        Ok(self.trial(index)?.stretch(bins))
    }

    /// The spikes and calcium events of a trial, at best without reading all of it.
    ///
    /// # Errors
    ///
    /// As [`trial`](Self::trial).
    fn marks(&self, index: usize) -> Result<TrialMarks, Self::Error> {
        Ok(self.trial(index)?.marks.clone())
    }
}

/// Trials that are in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialsInMemory {
    layout: TrialLayout,
    trials: Vec<Arc<Trial>>,
}

impl TrialsInMemory {
    /// Trials of one layout. Their values are taken as they are.
    ///
    /// # Errors
    ///
    /// [`CoreError::Trial`] with the first trial that is not as long as the layout says, or whose arrays or synapses are of
    /// another layout, and what [`TrialLayout::check`] refuses.
    pub fn new(layout: TrialLayout, trials: Vec<Trial>) -> Result<Self, CoreError> {
        layout.check()?;
        for (number, trial) in trials.iter().enumerate() {
            let (what, expected, found) = ("bins of a trial", layout.duration_ms, trial.bins());
            let fits = if expected == found {
                trial.check_shapes(&layout)
            } else {
                Err(CoreError::Shape { what, expected, found })
            };
            fits.map_err(|error| CoreError::Trial { trial: number, source: Box::new(error) })?;
        }
        Ok(Self { layout, trials: trials.into_iter().map(Arc::new).collect() })
    }
}

impl TrialSource for TrialsInMemory {
    type Error = CoreError;

    fn layout(&self) -> &TrialLayout {
        &self.layout
    }

    fn trial_count(&self) -> usize {
        self.trials.len()
    }

    fn trial(&self, index: usize) -> Result<Arc<Trial>, CoreError> {
        let trials = self.trials.len();
        self.trials.get(index).cloned().ok_or(CoreError::NoTrial { trial: index, trials })
    }
}
