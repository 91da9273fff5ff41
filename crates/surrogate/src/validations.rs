use serde::{Deserialize, Serialize};

use crate::SurrogateError;
use crate::error::check_parameter;

/// What follows from validations that show no improvement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Patience {
    /// Training stops after so many in a row; never by default.
    pub stop_after: Option<u32>,
    /// The learning rate is multiplied by [`factor`](Self::factor) after so many in a row, and again after as many more;
    /// never by default.
    pub plateau_after: Option<u32>,
    /// 0.5 by default.
    pub factor: f64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { stop_after: None, plateau_after: None, factor: 0.5 }
    }
}

impl Patience {
    pub(crate) fn check(&self) -> Result<(), SurrogateError> {
        let holds = self.factor > 0.0 && self.factor < 1.0;
        check_parameter(holds, "patience.factor", self.factor, "between 0 and 1")?;
        for (parameter, after) in [
            ("patience.stop_after", self.stop_after),
            ("patience.plateau_after", self.plateau_after),
        ] {
            check_parameter(after != Some(0), parameter, 0.0, "at least 1")?;
        }
        Ok(())
    }
}

/// What the validations of a training have shown so far.
///
/// ```
/// use apical_surrogate::{Patience, Validations};
///
/// let mut patience = Patience::default();
/// (patience.plateau_after, patience.stop_after) = (Some(2), Some(3));
/// let mut validations = Validations::default();
/// for (loss, is_best, rate_factor) in
///     [(2.0, true, 1.0), (1.0, true, 1.0), (1.5, false, 1.0), (1.0, false, 0.5), (1.1, false, 0.5)]
/// {
///     assert!(!validations.is_over(patience));
///     assert_eq!(validations.add(loss, patience), is_best);
///     assert_eq!(validations.rate_factor(), rate_factor);
/// }
/// assert!(validations.is_over(patience));
/// assert_eq!(validations.best(), Some(1.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validations {
    best: Option<f64>,
    since_best: u32,
    rate_factor: f64,
}

impl Default for Validations {
    fn default() -> Self {
        Self { best: None, since_best: 0, rate_factor: 1.0 }
    }
}

impl Validations {
    /// The least loss.
    #[must_use]
    pub const fn best(&self) -> Option<f64> {
        self.best
    }

    /// What the learning rate of the schedule is multiplied by.
    #[must_use]
    pub const fn rate_factor(&self) -> f64 {
        self.rate_factor
    }

    /// One more: whether it is the best.
    pub fn add(&mut self, loss: f64, patience: Patience) -> bool {
        if self.best.is_none_or(|best| loss < best) {
            (self.best, self.since_best) = (Some(loss), 0);
            return true;
        }
        self.since_best += 1;
        if patience.plateau_after.is_some_and(|after| self.since_best.is_multiple_of(after)) {
            self.rate_factor *= patience.factor;
        }
        false
    }

    /// Whether training should stop.
    #[must_use]
    pub fn is_over(&self, patience: Patience) -> bool {
        patience.stop_after.is_some_and(|after| self.since_best >= after)
    }
}
