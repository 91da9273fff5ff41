use apical_core::CoreError;
use thiserror::Error;

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
}
