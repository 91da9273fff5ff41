use std::collections::HashSet;
use std::sync::Arc;

use apical_core::{CoreError, Trial, TrialLayout, TrialSource};
use thiserror::Error;

use crate::DatasetError;

/// Errors of what goes through the trials of a source: scaling, sampling, loading.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoaderError<E: std::error::Error + 'static> {
    /// A trial that the source does not give.
    #[error("trial {trial}: {source}")]
    Source {
        /// The trial.
        trial: usize,
        /// Why.
        source: E,
    },
    /// A trial that is not of the layout of its source.
    #[error("trial {trial} does not fit the layout of its source: {source}")]
    Layout {
        /// The trial.
        trial: usize,
        /// What does not fit.
        source: CoreError,
    },
    /// A parameter that makes no sense.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A thread that the operating system does not start.
    #[error("no thread can be started: {0}")]
    Thread(#[source] std::io::Error),
}

/// A trial that is what the layout says, so that no index of a window exceeds it.
pub(crate) fn read<S: TrialSource>(
    source: &S,
    trial: usize,
) -> Result<Arc<Trial>, LoaderError<S::Error>> {
    let found = source.trial(trial).map_err(|source| LoaderError::Source { trial, source })?;
    match check_shapes(source.layout(), &found) {
        Ok(()) => Ok(found),
        Err(source) => Err(LoaderError::Layout { trial, source }),
    }
}

fn check_shapes(layout: &TrialLayout, trial: &Trial) -> Result<(), CoreError> {
    let bins = layout.duration_ms;
    for (what, expected, found) in [
        ("bins of a trial", bins, trial.bins()),
        (
            "injected currents [bins × sites]",
            bins * layout.injection_sites.len(),
            trial.injected_na.len(),
        ),
        (
            "voltages [(bins + 1) × compartments]",
            (bins + 1) * layout.compartments.len(),
            trial.voltage_mv.len(),
        ),
    ] {
        if expected != found {
            return Err(CoreError::Shape { what, expected, found });
        }
    }
    Ok(())
}

/// That there are trials in the list, that the source has them, and none is listed twice.
pub(crate) fn check_trials(trials: &[usize], trial_count: usize) -> Result<(), DatasetError> {
    if trials.is_empty() {
        return Err(DatasetError::Empty { parameter: "trials" });
    }
    if let Some(&trial) = trials.iter().find(|&&trial| trial >= trial_count) {
        return Err(CoreError::NoTrial { trial, trials: trial_count }.into());
    }
    check_distinct(trials)
}

pub(crate) fn check_distinct<'a>(
    trials: impl IntoIterator<Item = &'a usize>,
) -> Result<(), DatasetError> {
    let mut seen = HashSet::new();
    match trials.into_iter().find(|&&trial| !seen.insert(trial)) {
        Some(&trial) => Err(DatasetError::TrialTwice { trial }),
        None => Ok(()),
    }
}
