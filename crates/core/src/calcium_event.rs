use serde::{Deserialize, Serialize};

use crate::CoreError;

/// A dendritic calcium spike: a stretch of time during which the apical hot zone stays depolarized.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalciumEvent {
    /// Time of the first sample above the threshold, ms.
    pub onset_ms: f64,
    /// Time of the first sample that is no longer above it, ms; the end of the trace where there is none.
    pub end_ms: f64,
    /// Largest voltage in between, mV.
    pub peak_mv: f64,
}

/// What counts as a calcium spike: a voltage above a threshold for some time, at one place of the apical dendrite.
///
/// Action potentials that back-propagate into the apical dendrite are over in a few milliseconds; the plateau of a calcium
/// spike lasts tens of them (Larkum et al. 1999, doi:10.1038/18686). In the protocols of Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107), 620 µm from the base of the trunk, BAC firing stays above −40 mV for 28 ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CalciumRule {
    /// Threshold, mV.
    pub threshold_mv: f64,
    /// Shortest time above it, ms.
    pub shortest_ms: f64,
}

/// Above −40 mV for 10 ms.
impl Default for CalciumRule {
    fn default() -> Self {
        Self { threshold_mv: -40.0, shortest_ms: 10.0 }
    }
}

impl CalciumRule {
    /// Above a threshold, mV, for at least some time, ms. [`check`](Self::check) says whether that makes sense.
    #[must_use]
    pub const fn new(threshold_mv: f64, shortest_ms: f64) -> Self {
        Self { threshold_mv, shortest_ms }
    }

    /// Whether it makes sense: a finite threshold, and a finite time at or above 0.
    ///
    /// # Errors
    ///
    /// [`CoreError::Parameter`] if it does not.
    pub fn check(&self) -> Result<(), CoreError> {
        let Self { threshold_mv, shortest_ms } = *self;
        let (parameter, value, expected) = if !threshold_mv.is_finite() {
            ("threshold_mv", threshold_mv, "a finite number")
        } else if !(shortest_ms.is_finite() && shortest_ms >= 0.0) {
            ("shortest_ms", shortest_ms, "a finite number at or above 0")
        } else {
            return Ok(());
        };
        Err(CoreError::Parameter { parameter, value, expected })
    }

    /// The events of a trace whose samples are `dt_ms` apart, the first at t = 0.
    ///
    /// ```
    /// use apical_core::CalciumRule;
    ///
    /// // 3 ms of an action potential, 12 ms of a plateau
    /// let trace_mv = [[-70.0; 5].as_slice(), &[-10.0; 3], &[-60.0; 10], &[-20.0; 12], &[-75.0; 5]].concat();
    /// let events = CalciumRule::default().events(trace_mv, 1.0);
    /// assert_eq!(events.len(), 1);
    /// assert_eq!((events[0].onset_ms, events[0].end_ms, events[0].peak_mv), (18.0, 30.0, -20.0));
    /// ```
    #[must_use]
    pub fn events(&self, trace_mv: impl IntoIterator<Item = f64>, dt_ms: f64) -> Vec<CalciumEvent> {
        let mut events = Vec::new();
        let mut open: Option<(usize, f64)> = None;
        let mut close = |(first, peak_mv): (usize, f64), end: usize| {
            // half a sample, for times that are no exact numbers
            if (end - first) as f64 + 0.5 > self.shortest_ms / dt_ms {
                let [onset_ms, end_ms] = [first, end].map(|sample| sample as f64 * dt_ms);
                events.push(CalciumEvent { onset_ms, end_ms, peak_mv });
            }
        };
        let mut samples = 0;
        for (sample, v) in trace_mv.into_iter().enumerate() {
            samples = sample + 1;
            open = match open {
                _ if v > self.threshold_mv => {
                    let (first, peak) = open.unwrap_or((sample, v));
                    Some((first, v.max(peak)))
                }
                Some(event) => {
                    close(event, sample);
                    None
                }
                None => None,
            };
        }
        if let Some(event) = open {
            close(event, samples);
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_may_begin_and_end_with_the_trace() {
        let rule = CalciumRule::new(0.0, 0.3);
        let events = rule.events([1.0, 2.0, 1.5, -1.0, 1.0, 1.0, -1.0, 0.5, 0.5, 3.0], 0.1);
        let found: Vec<_> = events.iter().map(|e| (e.onset_ms, e.end_ms, e.peak_mv)).collect();
        assert_eq!(found, [(0.0, 3.0 * 0.1, 2.0), (7.0 * 0.1, 1.0, 3.0)]);
        assert!(rule.events([], 0.1).is_empty());
        assert!(rule.events([f64::NAN; 9], 0.1).is_empty());
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_named() {
        let wrong =
            |threshold_mv, shortest_ms| match CalciumRule::new(threshold_mv, shortest_ms).check() {
                Err(CoreError::Parameter { parameter, .. }) => parameter,
                other => panic!("{other:?}"),
            };
        assert_eq!(wrong(-40.0, -3.0), "shortest_ms");
        assert_eq!(wrong(-40.0, f64::INFINITY), "shortest_ms");
        assert_eq!(wrong(f64::NAN, 10.0), "threshold_mv");
        assert_eq!(CalciumRule::new(-40.0, 0.0).check(), Ok(()));
    }
}
