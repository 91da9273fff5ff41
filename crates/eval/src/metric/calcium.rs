use std::collections::BTreeMap;

use apical_core::{CalciumEvent, CalciumRule, CompartmentId};
use serde::Serialize;

use super::{Metric, Prediction};
use crate::{EvalError, Table};

/// A dendritic calcium spike and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CalciumSpike {
    /// When it begins and ends, and its peak.
    pub event: CalciumEvent,
    /// Time of the peak, ms.
    pub peak_ms: f64,
    /// Area between the trace and the threshold of the rule, mV·ms.
    pub area_mv_ms: f64,
    /// Somatic spikes from its onset to its end.
    pub somatic_spikes: usize,
}

impl CalciumSpike {
    /// How long it lasts, ms.
    #[must_use]
    pub fn duration_ms(&self) -> f64 {
        self.event.end_ms - self.event.onset_ms
    }
}

/// The calcium spikes of a trace whose samples are a millisecond apart, the first at t = 0, with the somatic spikes at these
/// times in ms.
///
/// ```
/// use apical_core::CalciumRule;
/// use apical_eval::calcium_spikes;
///
/// // a plateau of 12 ms, 20 mV above the threshold, with a peak of 30 mV
/// let trace_mv = [[-70.0; 5].as_slice(), &[-20.0; 4], &[-10.0], &[-20.0; 7], &[-75.0; 5]].concat();
/// let found = calcium_spikes(CalciumRule::default(), &trace_mv, &[3.0, 8.0, 12.5, 30.0]);
/// assert_eq!(found.len(), 1);
/// let spike = &found[0];
/// assert_eq!((spike.event.onset_ms, spike.duration_ms(), spike.peak_ms), (5.0, 12.0, 9.0));
/// assert_eq!((spike.area_mv_ms, spike.somatic_spikes), (11.0 * 20.0 + 30.0, 2));
/// ```
#[must_use]
pub fn calcium_spikes(rule: CalciumRule, trace_mv: &[f64], spikes_ms: &[f64]) -> Vec<CalciumSpike> {
    let events = rule.events(trace_mv.iter().copied(), 1.0);
    let spikes = events.into_iter().map(|event| {
        let [first, end] = [event.onset_ms, event.end_ms].map(|ms| ms as usize);
        let during = &trace_mv[first..end];
        let peak = during.iter().position(|&v| v >= event.peak_mv).unwrap_or(0);
        let within = |ms: &&f64| (event.onset_ms..event.end_ms).contains(*ms);
        CalciumSpike {
            event,
            peak_ms: event.onset_ms + peak as f64,
            area_mv_ms: during.iter().map(|v| v - rule.threshold_mv).sum(),
            somatic_spikes: spikes_ms.iter().filter(within).count(),
        }
    });
    spikes.collect()
}

/// Pairs of events (place in `predicted`, place in `truth`) that overlap, in order of time, each event in at most one. Those of
/// either list do not overlap each other.
#[must_use]
pub fn overlapping(predicted: &[CalciumSpike], truth: &[CalciumSpike]) -> Vec<(usize, usize)> {
    let (mut p, mut t) = (0, 0);
    let mut pairs = Vec::new();
    while p < predicted.len() && t < truth.len() {
        let (a, b) = (&predicted[p].event, &truth[t].event);
        if a.end_ms <= b.onset_ms {
            p += 1;
        } else if b.end_ms <= a.onset_ms {
            t += 1;
        } else {
            pairs.push((p, t));
            (p, t) = (p + 1, t + 1);
        }
    }
    pairs
}

/// Calcium spikes that are predicted, against true ones, and the errors of those that overlap.
#[derive(Clone, Debug)]
pub struct CalciumMetric {
    site: CompartmentId,
    rule: CalciumRule,
    soma: CompartmentId,
    spike_rule: crate::SpikeRule,
    trials: BTreeMap<usize, Found>,
}

#[derive(Clone, Debug, Default)]
struct Found {
    predicted: usize,
    truth: usize,
    pairs: Vec<[CalciumSpike; 2]>,
}

impl CalciumMetric {
    /// Nothing yet, of calcium spikes at a site and action potentials at the soma of a layout.
    #[must_use]
    pub const fn new(
        site: CompartmentId,
        rule: CalciumRule,
        soma: CompartmentId,
        spike_rule: crate::SpikeRule,
    ) -> Self {
        Self { site, rule, soma, spike_rule, trials: BTreeMap::new() }
    }
}

impl Metric for CalciumMetric {
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
        prediction.check()?;
        let traces = [self.site, self.soma].map(|id| prediction.traces_mv(id));
        let [Some(site), Some(soma)] = traces else { return Ok(()) };
        let [predicted, truth] = [0, 1].map(|which| {
            let spikes_ms = self.spike_rule.spikes_ms(&soma[which]);
            calcium_spikes(self.rule, &site[which], &spikes_ms)
        });
        let found = self.trials.entry(prediction.trial).or_default();
        found.predicted += predicted.len();
        found.truth += truth.len();
        let pairs = overlapping(&predicted, &truth);
        found.pairs.extend(pairs.iter().map(|&(p, t)| [predicted[p], truth[t]]));
        Ok(())
    }

    /// One row: numbers of events, precision, recall, and mean absolute errors of onset, time of the peak, peak, duration,
    /// area and number of somatic spikes of those that overlap.
    fn table(&self) -> Result<Table, EvalError> {
        if self.trials.is_empty() {
            return Err(EvalError::Empty {
                what: "the list of calcium spikes that were predicted",
            });
        }
        let sum = |count: fn(&Found) -> usize| self.trials.values().map(count).sum::<usize>();
        let [predicted, truth, pairs] = [
            sum(|found| found.predicted),
            sum(|found| found.truth),
            sum(|found| found.pairs.len()),
        ];
        let error = |quantity: fn(&CalciumSpike) -> f64| {
            let all = self.trials.values().flat_map(|found| &found.pairs);
            let errors =
                all.map(|[predicted, truth]| (quantity(predicted) - quantity(truth)).abs());
            errors.sum::<f64>() / pairs as f64
        };
        let mut table = Table::new(
            "calcium",
            &[
                "true_events",
                "predicted_events",
                "overlapping",
                "precision",
                "recall",
                "onset_error_ms",
                "peak_time_error_ms",
                "peak_error_mv",
                "duration_error_ms",
                "area_error_mv_ms",
                "somatic_spikes_error",
            ],
        );
        table.push(vec![
            truth.into(),
            predicted.into(),
            pairs.into(),
            (pairs as f64 / predicted as f64).into(),
            (pairs as f64 / truth as f64).into(),
            error(|spike| spike.event.onset_ms).into(),
            error(|spike| spike.peak_ms).into(),
            error(|spike| spike.event.peak_mv).into(),
            error(CalciumSpike::duration_ms).into(),
            error(|spike| spike.area_mv_ms).into(),
            error(|spike| spike.somatic_spikes as f64).into(),
        ])?;
        Ok(table)
    }
}
