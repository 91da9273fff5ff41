use apical_core::RandomStreams;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// A statistic of all trials and between what it lies when trials are drawn anew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Of all trials.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Confidence intervals by drawing whole trials with replacement (the percentile bootstrap: Efron & Tibshirani 1993, An
/// Introduction to the Bootstrap, chapter 13). Times of a trial depend on each other, trials do not.
///
/// ```
/// use apical_eval::Bootstrap;
///
/// // the mean of sixteen numbers of variance 1, which all trials have in the same order
/// let numbers: Vec<f64> = (0..16).map(|k| if k % 2 == 0 { 1.0 } else { -1.0 }).collect();
/// let mean = |counts: &[f64]| numbers.iter().zip(counts).map(|(x, n)| x * n).sum::<f64>() / 16.0;
/// let interval = Bootstrap::default().interval(16, mean);
/// assert_eq!(interval.value, 0.0);
/// // ±1.96/√16, of which a thousand draws miss little
/// assert!((interval.high - 0.49).abs() < 0.08 && (interval.low + 0.49).abs() < 0.08);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Bootstrap {
    /// Seed of the draws; 1 by default.
    pub seed: u64,
    /// Number of draws; 1000 by default.
    pub draws: usize,
    /// Probability of the interval; 0.95 by default.
    pub level: f64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { seed: 1, draws: 1000, level: 0.95 }
    }
}

impl Bootstrap {
    /// The interval of a statistic that is told how often each of `trials` counts. Draws for which it is no number are left
    /// out; the ends are NaN where those are most, and with fewer than two trials.
    pub fn interval(&self, trials: usize, mut statistic: impl FnMut(&[f64]) -> f64) -> Interval {
        let none = Interval { value: f64::NAN, low: f64::NAN, high: f64::NAN };
        self.intervals(trials, |counts| vec![statistic(counts)]).first().copied().unwrap_or(none)
    }

    /// The same of several statistics, always as many, that are found together.
    pub fn intervals(
        &self,
        trials: usize,
        mut statistics: impl FnMut(&[f64]) -> Vec<f64>,
    ) -> Vec<Interval> {
        let values = statistics(&vec![1.0; trials]);
        let mut found = vec![Vec::with_capacity(self.draws); values.len()];
        let streams = RandomStreams::new(self.seed);
        let mut counts = vec![0.0; trials];
        let draws = if trials < 2 { 0 } else { self.draws };
        for draw in 0..draws {
            let mut rng = streams.stream("bootstrap", draw as u64);
            counts.fill(0.0);
            for _ in 0..trials {
                counts[rng.random_range(0..trials)] += 1.0;
            }
            for (found, value) in found.iter_mut().zip(statistics(&counts)) {
                found.extend(Some(value).filter(|value| value.is_finite()));
            }
        }
        let tail = 0.5 * (1.0 - self.level.clamp(0.0, 1.0));
        let intervals = values.into_iter().zip(found).map(|(value, mut found)| {
            if 2 * found.len() <= draws {
                return Interval { value, low: f64::NAN, high: f64::NAN };
            }
            found.sort_by(f64::total_cmp);
            Interval { value, low: quantile(&found, tail), high: quantile(&found, 1.0 - tail) }
        });
        intervals.collect()
    }
}

/// Of sorted numbers, of which there is at least one; between two of them linearly.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_trials_have_no_interval() {
        for trials in [0, 1] {
            let interval = Bootstrap::default().interval(trials, |counts| counts.iter().sum());
            assert_eq!(interval.value, trials as f64);
            assert!(interval.low.is_nan() && interval.high.is_nan());
        }
    }

    #[test]
    fn every_draw_has_as_many_trials() {
        let interval = Bootstrap::default().interval(7, |counts| counts.iter().sum());
        assert_eq!((interval.low, interval.value, interval.high), (7.0, 7.0, 7.0));
    }

    /// A trial is missing from a draw of 5 with probability 0.8⁵ = 0.33, of two with 0.8¹⁰-ish less.
    #[test]
    fn draws_without_a_value_are_left_out() {
        let of = |k: usize| move |counts: &[f64]| if counts[k] > 0.0 { 3.0 } else { f64::NAN };
        let interval = Bootstrap::default().interval(5, of(2));
        assert_eq!((interval.low, interval.high), (3.0, 3.0));
        // 1 in 5⁵/5! = 26 draws has all five
        let all = |counts: &[f64]| if counts.iter().all(|&n| n > 0.0) { 3.0 } else { f64::NAN };
        assert!(Bootstrap::default().interval(5, all).low.is_nan());
    }

    #[test]
    fn quantiles_are_between() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 1.0), 4.0);
        assert_eq!(quantile(&[5.0], 0.3), 5.0);
    }
}
