use std::io;
use std::path::PathBuf;

use apical_core::CoreError;
use apical_eval::EvalError;
use thiserror::Error;

use crate::Task;

/// Errors of surrogates.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SurrogateError {
    /// From candle: no memory, or a device that fails.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// From the shared vocabulary.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// From losses and baselines.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// A file that cannot be written or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of a network that is none, or not the one that was asked for.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        source: Box<SurrogateError>,
    },
    /// Bytes that are no network, or not what they were.
    #[error("{0}")]
    Checkpoint(String),
    /// Parts that do not belong together.
    #[error("{what}: should be {expected}")]
    Mismatch {
        /// What does not fit.
        what: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A parameter of a configuration that is out of range.
    #[error("{parameter} is {value}: should be {expected}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A weight that a network does not have, or that is missing.
    #[error("weight {name}: {what}")]
    Weight {
        /// Its name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A loss or gradient that is no number.
    #[error("step {step}: {what} is {value}")]
    NotFinite {
        /// The training step, from 0.
        step: u64,
        /// What it is.
        what: String,
        /// Its value, or that of the sum of its squares.
        value: f64,
    },
    /// A task that cannot be.
    #[error("task {index}, {task:?}, {what}")]
    Task {
        /// Its place in the table.
        index: usize,
        /// The task.
        task: Task,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// An error unless something holds of a parameter.
pub(crate) fn check_parameter(
    holds: bool,
    parameter: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), SurrogateError> {
    if holds { Ok(()) } else { Err(SurrogateError::Parameter { parameter, value, expected }) }
}

/// An error unless parts belong together.
pub(crate) fn check_match(
    holds: bool,
    what: &'static str,
    expected: &'static str,
) -> Result<(), SurrogateError> {
    if holds { Ok(()) } else { Err(SurrogateError::Mismatch { what, expected }) }
}

/// An error unless there are as many values as the shape says.
pub(crate) fn check_shape(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), SurrogateError> {
    if expected == found { Ok(()) } else { Err(CoreError::Shape { what, expected, found }.into()) }
}
