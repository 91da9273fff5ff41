use thiserror::Error;

/// Errors of describing and running a simulation.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum BiophysicsError {
    /// A parameter outside its range.
    #[error("{owner}: {parameter} is {value}, which is not {expected}")]
    Parameter {
        /// What has the parameter.
        owner: &'static str,
        /// Name of the parameter, with its unit.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A sampled current that is not finite.
    #[error("sample {index} of the current is {value_na} nA, which is not finite")]
    Sample {
        /// Position of the sample.
        index: usize,
        /// Its value, nA.
        value_na: f64,
    },
}

/// Checks the parameters of one thing.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub(crate) &'static str);

impl Check {
    /// Something of the caller's own.
    pub(crate) fn that(
        self,
        holds: bool,
        parameter: &'static str,
        value: f64,
        expected: &'static str,
    ) -> Result<(), BiophysicsError> {
        if holds {
            Ok(())
        } else {
            Err(BiophysicsError::Parameter { owner: self.0, parameter, value, expected })
        }
    }

    pub(crate) fn finite(self, parameter: &'static str, value: f64) -> Result<(), BiophysicsError> {
        self.that(value.is_finite(), parameter, value, "a finite number")
    }

    pub(crate) fn positive(
        self,
        parameter: &'static str,
        value: f64,
    ) -> Result<(), BiophysicsError> {
        let holds = value.is_finite() && value > 0.0;
        self.that(holds, parameter, value, "a finite number above 0")
    }

    /// Infinity included.
    pub(crate) fn not_negative(
        self,
        parameter: &'static str,
        value: f64,
    ) -> Result<(), BiophysicsError> {
        self.that(value >= 0.0, parameter, value, "a number at or above 0")
    }

    pub(crate) fn fraction(
        self,
        parameter: &'static str,
        value: f64,
    ) -> Result<(), BiophysicsError> {
        self.that((0.0..=1.0).contains(&value), parameter, value, "between 0 and 1")
    }
}
