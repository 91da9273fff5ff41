use std::collections::BTreeMap;

use apical_core::CompartmentId;
use serde::{Deserialize, Serialize};

use super::{Metric, Prediction};
use crate::{EvalError, Table};

/// The area under the receiver operating characteristic: the probability that a true case scores higher than a false one, half
/// where they score the same. NaN without cases of either kind.
///
/// # Panics
///
/// Unless there are as many labels as scores.
///
/// ```
/// use apical_eval::roc_auc;
///
/// assert_eq!(roc_auc(&[0.9, 0.8, 0.3, 0.1], &[true, false, true, false]), 0.75);
/// assert_eq!(roc_auc(&[0.5, 0.5, 0.5], &[true, false, false]), 0.5);
/// ```
#[must_use]
pub fn roc_auc(scores: &[f64], labels: &[bool]) -> f64 {
    let [mut pairs, mut won, mut negatives] = [0.0; 3];
    // from the lowest score: those that tie are half below
    for [positive, negative] in tied(scores, labels).iter().rev() {
        won += positive * (negatives + 0.5 * negative);
        negatives += negative;
        pairs += positive;
    }
    won / (pairs * negatives)
}

/// The mean precision over thresholds, each weighted by how much recall it adds: Σ (Rₙ − Rₙ₋₁) Pₙ. NaN without true cases.
///
/// # Panics
///
/// Unless there are as many labels as scores.
///
/// ```
/// use apical_eval::average_precision;
///
/// // found at the first and the third
/// let found = average_precision(&[0.9, 0.8, 0.3, 0.1], &[true, false, true, false]);
/// assert_eq!(found, 0.5 * 1.0 + 0.5 * (2.0 / 3.0));
/// ```
#[must_use]
pub fn average_precision(scores: &[f64], labels: &[bool]) -> f64 {
    let [mut positives, mut all, mut sum] = [0.0; 3];
    for [positive, negative] in tied(scores, labels) {
        positives += positive;
        all += positive + negative;
        sum += positive * positives / all;
    }
    sum / positives
}

/// How many true and false cases there are of each score, from the highest.
fn tied(scores: &[f64], labels: &[bool]) -> Vec<[f64; 2]> {
    assert_eq!(scores.len(), labels.len(), "a label a score");
    let mut cases: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    cases.sort_by(|a, b| b.0.total_cmp(&a.0));
    let same = cases.chunk_by(|a, b| a.0 == b.0);
    same.map(|cases| {
        let positive = cases.iter().filter(|case| case.1).count();
        [positive as f64, (cases.len() - positive) as f64]
    })
    .collect()
}

/// What a threshold finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Detection {
    /// True cases that are found.
    pub hits: usize,
    /// False cases that are taken for true.
    pub false_alarms: usize,
    /// True cases that are not found.
    pub misses: usize,
}

impl Detection {
    /// Of scores at or above a threshold.
    ///
    /// # Panics
    ///
    /// Unless there are as many labels as scores.
    #[must_use]
    pub fn at(threshold: f64, scores: &[f64], labels: &[bool]) -> Self {
        assert_eq!(scores.len(), labels.len(), "a label a score");
        let mut found = Self::default();
        for (&score, &label) in scores.iter().zip(labels) {
            match (score >= threshold, label) {
                (true, true) => found.hits += 1,
                (true, false) => found.false_alarms += 1,
                (false, true) => found.misses += 1,
                (false, false) => {}
            }
        }
        found
    }

    /// Share of what is found that is true; NaN if nothing is found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        self.hits as f64 / (self.hits + self.false_alarms) as f64
    }

    /// Share of what is true that is found; NaN if nothing is true.
    #[must_use]
    pub fn recall(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses) as f64
    }

    /// The harmonic mean of both, F₁; NaN if there is nothing and nothing is found.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let twice = 2.0 * self.hits as f64;
        twice / (twice + (self.false_alarms + self.misses) as f64)
    }
}

/// Pairs of spikes (place in `predicted`, place in `truth`) that are at most `window_ms` apart, as many as there can be, each
/// spike in at most one. Both are in order of time.
#[must_use]
pub fn coincidences(predicted: &[f64], truth: &[f64], window_ms: f64) -> Vec<(usize, usize)> {
    let (mut p, mut t) = (0, 0);
    let mut pairs = Vec::new();
    while p < predicted.len() && t < truth.len() {
        let difference = predicted[p] - truth[t];
        if difference.abs() <= window_ms {
            pairs.push((p, t));
        }
        // the earlier one has no later partner
        let (next_p, next_t) = (p + 1, t + 1);
        if difference <= window_ms {
            p = next_p;
        }
        if difference >= -window_ms {
            t = next_t;
        }
    }
    pairs
}

/// The coincidence factor Γ of Kistler et al. 1997 (doi:10.1162/neco.1997.9.5.1015): 1 if every spike has its partner within
/// `window_ms`, 0 if no more of them have than of a Poisson process of the predicted rate. NaN without spikes, and where the
/// rate is so high that chance explains everything.
///
/// ```
/// use apical_eval::coincidence_factor;
///
/// let truth = [10.0, 250.0, 700.0];
/// assert_eq!(coincidence_factor(&truth, &truth, 2.0, 1000.0), 1.0);
/// assert_eq!(coincidence_factor(&[11.0, 252.0, 698.0], &truth, 2.0, 1000.0), 1.0);
/// assert!(coincidence_factor(&[11.0, 253.0, 690.0], &truth, 2.0, 1000.0) < 0.34);
/// ```
#[must_use]
pub fn coincidence_factor(
    predicted: &[f64],
    truth: &[f64],
    window_ms: f64,
    duration_ms: f64,
) -> f64 {
    let found = coincidences(predicted, truth, window_ms).len();
    gamma([predicted.len(), truth.len(), found], window_ms, duration_ms)
}

/// Of numbers of predicted spikes, true spikes and coincidences.
fn gamma(counts: [usize; 3], window_ms: f64, duration_ms: f64) -> f64 {
    let [predicted, truth, found] = counts.map(|count| count as f64);
    let by_chance = 2.0 * window_ms * predicted / duration_ms;
    let norm = 1.0 - by_chance;
    if norm <= 0.0 {
        return f64::NAN;
    }
    (found - by_chance * truth) / (0.5 * (predicted + truth)) / norm
}

/// What is taken for a spike in voltages that are a millisecond apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpikeRule {
    /// A spike is a local maximum of the soma's voltage at or above this, mV. By default −35: a spike that is over within a
    /// millisecond may have its peak between two samples, and nothing else comes near.
    pub peak_mv: f64,
    /// Logit at or above which a spike is said to be in a millisecond, where logits are predicted, else the voltage has to be
    /// at `peak_mv`. By default 0, a probability of one half.
    pub logit: f64,
}

impl Default for SpikeRule {
    fn default() -> Self {
        Self { peak_mv: -35.0, logit: 0.0 }
    }
}

impl SpikeRule {
    /// The spikes of a trace, ms after its first sample.
    ///
    /// ```
    /// use apical_eval::SpikeRule;
    ///
    /// let trace_mv = [-70.0, -50.0, 10.0, -20.0, -60.0, -40.0, -60.0, -30.0];
    /// assert_eq!(SpikeRule::default().spikes_ms(&trace_mv), [2.0, 7.0]);
    /// ```
    #[must_use]
    pub fn spikes_ms(&self, trace_mv: &[f64]) -> Vec<f64> {
        let before = |k: usize| k.checked_sub(1).map_or(f64::NEG_INFINITY, |k| trace_mv[k]);
        let after = |k: usize| trace_mv.get(k + 1).copied().unwrap_or(f64::NEG_INFINITY);
        let is_peak = |&k: &usize| {
            let v = trace_mv[k];
            v >= self.peak_mv && v > before(k) && v >= after(k)
        };
        (0..trace_mv.len()).filter(is_peak).map(|k| k as f64).collect()
    }
}

/// Somatic spikes: by millisecond, and as trains.
///
/// By millisecond, a prediction's logits (or, where it has none, its somatic voltages) are scores of whether there is a spike in
/// each bin. As trains, spikes are what [`SpikeRule`] finds in the predicted and the true somatic voltage alike: both
/// have one sample a millisecond.
#[derive(Clone, Debug)]
pub struct SpikeMetric {
    soma: CompartmentId,
    rule: SpikeRule,
    trials: BTreeMap<usize, Found>,
}

#[derive(Clone, Debug, Default)]
struct Found {
    milliseconds: usize,
    /// Whether scores are logits.
    has_logits: bool,
    scores: Vec<f64>,
    labels: Vec<bool>,
    predicted: usize,
    truth: usize,
    /// Within each of [`WINDOWS_MS`].
    pairs: [usize; 2],
    /// Of the pairs within the widest window, ms.
    sum_of_time_errors_ms: f64,
}

/// Windows within which spikes coincide, ms.
const WINDOWS_MS: [f64; 2] = [1.0, 2.0];

impl SpikeMetric {
    /// Nothing yet, of the soma of a layout.
    #[must_use]
    pub const fn new(soma: CompartmentId, rule: SpikeRule) -> Self {
        Self { soma, rule, trials: BTreeMap::new() }
    }
}

impl Metric for SpikeMetric {
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
        prediction.check()?;
        let Some([predicted_mv, true_mv]) = prediction.traces_mv(self.soma) else { return Ok(()) };
        let found = self.trials.entry(prediction.trial).or_default();
        let n = prediction.milliseconds();
        found.milliseconds += n;
        let mut labels = vec![false; n];
        let first = prediction.first_bin as f64;
        for ms in &prediction.truth.marks.spikes_ms {
            // a spike after k and up to k + 1 ms is one of bin k
            let bin = (ms - first).ceil() - 1.0;
            if (0.0..n as f64).contains(&bin) {
                labels[bin as usize] = true;
            }
        }
        found.labels.extend(labels);
        found.has_logits = prediction.spike_logits.is_some();
        match prediction.spike_logits {
            Some(logits) => found.scores.extend(logits.iter().copied().map(f64::from)),
            None => found.scores.extend_from_slice(&predicted_mv),
        }
        let [predicted, truth] =
            [&predicted_mv, &true_mv].map(|trace_mv| self.rule.spikes_ms(trace_mv));
        found.predicted += predicted.len();
        found.truth += truth.len();
        for (count, window_ms) in found.pairs.iter_mut().zip(WINDOWS_MS) {
            let pairs = coincidences(&predicted, &truth, window_ms);
            *count += pairs.len();
            if window_ms == WINDOWS_MS[1] {
                let errors = pairs.iter().map(|&(p, t)| (predicted[p] - truth[t]).abs());
                found.sum_of_time_errors_ms += errors.sum::<f64>();
            }
        }
        Ok(())
    }

    /// One row: `roc_auc`, `average_precision`, and `f1`, `precision` and `recall` at the rule's threshold, by millisecond;
    /// numbers and rates of true and predicted spikes, Γ within 1 and 2 ms, and the mean absolute error of spike times
    /// within 2 ms, as trains.
    fn table(&self) -> Result<Table, EvalError> {
        let mut all = Found::default();
        for found in self.trials.values() {
            all.milliseconds += found.milliseconds;
            all.has_logits |= found.has_logits;
            all.scores.extend_from_slice(&found.scores);
            all.labels.extend_from_slice(&found.labels);
            all.predicted += found.predicted;
            all.truth += found.truth;
            all.sum_of_time_errors_ms += found.sum_of_time_errors_ms;
            for (sum, pairs) in all.pairs.iter_mut().zip(found.pairs) {
                *sum += pairs;
            }
        }
        if all.milliseconds == 0 {
            return Err(EvalError::Empty { what: "the list of spikes that were predicted" });
        }
        let threshold = if all.has_logits { self.rule.logit } else { self.rule.peak_mv };
        let detection = Detection::at(threshold, &all.scores, &all.labels);
        let duration_ms = all.milliseconds as f64;
        let rate = |count: usize| 1000.0 * count as f64 / duration_ms;
        let gamma = |place: usize| {
            gamma([all.predicted, all.truth, all.pairs[place]], WINDOWS_MS[place], duration_ms)
        };
        let mut table = Table::new(
            "spikes",
            &[
                "milliseconds",
                "milliseconds_with_spike",
                "roc_auc",
                "average_precision",
                "threshold",
                "f1",
                "precision",
                "recall",
                "true_spikes",
                "predicted_spikes",
                "true_rate_hz",
                "predicted_rate_hz",
                "gamma_1ms",
                "gamma_2ms",
                "time_error_ms",
            ],
        );
        table.push(vec![
            all.milliseconds.into(),
            all.labels.iter().filter(|&&label| label).count().into(),
            roc_auc(&all.scores, &all.labels).into(),
            average_precision(&all.scores, &all.labels).into(),
            threshold.into(),
            detection.f1().into(),
            detection.precision().into(),
            detection.recall().into(),
            all.truth.into(),
            all.predicted.into(),
            rate(all.truth).into(),
            rate(all.predicted).into(),
            gamma(0).into(),
            gamma(1).into(),
            (all.sum_of_time_errors_ms / all.pairs[1] as f64).into(),
        ])?;
        Ok(table)
    }
}
