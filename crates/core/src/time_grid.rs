use crate::CoreError;

/// A fixed time step and the number of steps of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeGrid {
    dt_ms: f64,
    steps: u64,
}

impl TimeGrid {
    /// The grid that covers `duration_ms` in steps of `dt_ms`: as many steps as come nearest to the duration.
    ///
    /// # Errors
    ///
    /// [`CoreError::TimeStep`] or [`CoreError::Duration`] if a value is out of range.
    pub fn new(dt_ms: f64, duration_ms: f64) -> Result<Self, CoreError> {
        if !(dt_ms.is_finite() && dt_ms > 0.0) {
            return Err(CoreError::TimeStep { dt_ms });
        }
        if !(duration_ms.is_finite() && duration_ms >= 0.0) {
            return Err(CoreError::Duration { duration_ms });
        }
        Ok(Self { dt_ms, steps: (duration_ms / dt_ms).round() as u64 })
    }

    /// Time step, ms.
    #[must_use]
    pub const fn dt_ms(&self) -> f64 {
        self.dt_ms
    }

    /// Number of steps.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Time after `step` steps, ms.
    #[must_use]
    pub fn time_ms(&self, step: u64) -> f64 {
        step as f64 * self.dt_ms
    }

    /// The step boundary nearest to a time.
    #[must_use]
    pub fn nearest_step(&self, time_ms: f64) -> u64 {
        (time_ms / self.dt_ms).round().max(0.0) as u64
    }

    /// Steps in a millisecond.
    ///
    /// # Errors
    ///
    /// [`CoreError::StepsPerMillisecond`] if that is not a whole number (to 1e-9).
    pub fn steps_per_ms(&self) -> Result<u64, CoreError> {
        let steps = (1.0 / self.dt_ms).round();
        if steps >= 1.0 && (steps * self.dt_ms - 1.0).abs() < 1e-9 {
            Ok(steps as u64)
        } else {
            Err(CoreError::StepsPerMillisecond { dt_ms: self.dt_ms })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_steps() {
        let grid = TimeGrid::new(0.025, 600.0).unwrap();
        assert_eq!((grid.steps(), grid.steps_per_ms().unwrap()), (24_000, 40));
        assert_eq!(grid.nearest_step(1.013), 41);
        assert!(TimeGrid::new(0.03, 1.0).unwrap().steps_per_ms().is_err());
        assert!(TimeGrid::new(0.0, 1.0).is_err());
        assert!(TimeGrid::new(f64::NAN, 1.0).is_err());
        assert!(TimeGrid::new(0.1, -1.0).is_err());
    }
}
