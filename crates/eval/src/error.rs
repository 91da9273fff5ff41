use apical_core::{CompartmentId, CoreError};
use thiserror::Error;

/// Errors of losses, metrics and baselines.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum EvalError {
    /// A parameter outside its range.
    #[error("{parameter} is {value}, which is not {expected}")]
    Parameter {
        /// Name of the parameter, with its unit.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A list of which nothing can be computed.
    #[error("{what} is empty")]
    Empty {
        /// What the list is.
        what: &'static str,
    },
    /// A value that is no number, or one that does not belong into its array.
    #[error("{what}: value {index} is {value}, which is not {expected}")]
    Value {
        /// What the array is.
        what: &'static str,
        /// Place in the array.
        index: usize,
        /// The offending value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A trial that is listed twice.
    #[error("trial {trial} is listed twice")]
    TrialTwice {
        /// The trial.
        trial: usize,
    },
    /// A compartment that is listed twice.
    #[error("compartment {compartment} is listed twice")]
    CompartmentTwice {
        /// The compartment.
        compartment: CompartmentId,
    },
    /// A current into a compartment that a linear step was not fitted with currents into.
    #[error("compartment {compartment} is no injection site")]
    NoInjectionSite {
        /// The compartment.
        compartment: CompartmentId,
    },
    /// A compartment whose true voltage is always the mean that it is compared with: no error can be related to it.
    #[error(
        "the true voltage of compartment {compartment} is always {mean_mv} mV, the mean that it is compared with"
    )]
    Constant {
        /// The compartment.
        compartment: CompartmentId,
        /// The mean, mV.
        mean_mv: f64,
    },
    /// Normal equations without a unique solution.
    #[error(
        "the normal equations of {rows} rows with a ridge of {ridge_per_row} per row are not positive definite: \
         feature {feature} follows from those before it"
    )]
    NotPositiveDefinite {
        /// Number of rows.
        rows: usize,
        /// The ridge as it was asked for.
        ridge_per_row: f64,
        /// The first feature that the elimination fails at, or one shortly after it.
        feature: usize,
    },
    /// An error of the shared vocabulary.
    #[error(transparent)]
    Core(#[from] CoreError),
}

/// Errors of what goes through the trials of a source.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrialsError<E: std::error::Error + 'static> {
    /// A trial that the source does not give.
    #[error("trial {trial}: {source}")]
    Source {
        /// The trial.
        trial: usize,
        /// Why.
        source: E,
    },
    /// A trial that is not of the layout of its source, or that nothing can be predicted of.
    #[error("trial {trial}: {source}")]
    Trial {
        /// The trial.
        trial: usize,
        /// Why.
        source: EvalError,
    },
    /// An error that is not one of a single trial.
    #[error(transparent)]
    Eval(#[from] EvalError),
}

/// An error unless there are as many values as the shape says.
pub(crate) fn check_shape(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), EvalError> {
    if expected == found { Ok(()) } else { Err(CoreError::Shape { what, expected, found }.into()) }
}

/// An error at the first value that is not as it should be.
pub(crate) fn check_values(
    what: &'static str,
    values: impl IntoIterator<Item = f64>,
    expected: &'static str,
    mut holds: impl FnMut(f64) -> bool,
) -> Result<(), EvalError> {
    match values.into_iter().enumerate().find(|&(_, value)| !holds(value)) {
        Some((index, value)) => Err(EvalError::Value { what, index, value, expected }),
        None => Ok(()),
    }
}
