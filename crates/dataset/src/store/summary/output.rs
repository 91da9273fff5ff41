//! Somatic spikes and calcium events of many trials.

use apical_core::{CalciumEvent, TrialMarks};
use serde::Serialize;

use crate::store::TrialRecord;

/// A quantity over trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Spread {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation, with n − 1; none of a single trial.
    pub sd: Option<f64>,
    /// Its least value.
    pub least: f64,
    /// Its greatest value.
    pub greatest: f64,
}

/// Somatic spikes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutputSummary {
    /// Their number.
    pub spikes: usize,
    /// Spikes per second, over trials; none without trials.
    pub rate_hz: Option<Spread>,
    /// Trials without a spike.
    pub silent_trials: usize,
    /// Times between successive spikes of a trial; none where no trial has two.
    pub intervals: Option<IntervalSummary>,
}

/// Times between successive spikes, those of all trials together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IntervalSummary {
    /// Number of intervals.
    pub count: usize,
    /// Median, ms.
    pub median_ms: f64,
    /// Standard deviation over mean; none of a single interval.
    pub coefficient_of_variation: Option<f64>,
}

/// Calcium events and what they have to do with somatic spikes. A spike is within an event from its onset to before its
/// end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CalciumSummary {
    /// Number of events.
    pub events: usize,
    /// Events per second; none without trials.
    pub rate_hz: Option<f64>,
    /// Median of their durations, ms; none without events.
    pub median_duration_ms: Option<f64>,
    /// Median of their largest voltages, mV; none without events.
    pub median_peak_mv: Option<f64>,
    /// Share of events with a spike within; none without events.
    pub share_with_spike: Option<f64>,
    /// Mean number of spikes within an event; none without events.
    pub spikes_per_event: Option<f64>,
    /// Share of spikes that are within an event; none without spikes.
    pub share_of_spikes_within: Option<f64>,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Self> {
        let mean = ratio(values.iter().sum(), values.len())?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            mean,
            sd: ratio(squares, values.len() - 1).map(f64::sqrt),
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            greatest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl OutputSummary {
    pub(super) fn new(records: &[&TrialRecord], trial_s: f64) -> Self {
        let counts = || records.iter().map(|record| record.marks.spikes_ms.len());
        let rates: Vec<f64> = counts().map(|spikes| spikes as f64 / trial_s).collect();
        let intervals: Vec<f64> = records
            .iter()
            .flat_map(|record| record.marks.spikes_ms.windows(2).map(|pair| pair[1] - pair[0]))
            .collect();
        Self {
            spikes: counts().sum(),
            rate_hz: Spread::of(&rates),
            silent_trials: counts().filter(|&spikes| spikes == 0).count(),
            intervals: IntervalSummary::of(intervals),
        }
    }
}

impl IntervalSummary {
    fn of(intervals_ms: Vec<f64>) -> Option<Self> {
        let Spread { mean, sd, .. } = Spread::of(&intervals_ms)?;
        Some(Self {
            count: intervals_ms.len(),
            coefficient_of_variation: sd.map(|sd| sd / mean),
            median_ms: median(intervals_ms)?,
        })
    }
}

impl CalciumSummary {
    pub(super) fn new(records: &[&TrialRecord], trial_s: f64) -> Self {
        let events: Vec<&CalciumEvent> =
            records.iter().flat_map(|record| &record.marks.calcium_events).collect();
        let of_trials = |count: fn(&TrialMarks) -> usize| -> usize {
            records.iter().map(|record| count(&record.marks)).sum()
        };
        let per_event = |sum: usize| ratio(sum as f64, events.len());
        Self {
            events: events.len(),
            rate_hz: ratio(events.len() as f64 / trial_s, records.len()),
            median_duration_ms: median(events.iter().map(|e| e.end_ms - e.onset_ms).collect()),
            median_peak_mv: median(events.iter().map(|event| event.peak_mv).collect()),
            share_with_spike: per_event(of_trials(|marks| {
                marks.calcium_events.iter().filter(|event| spikes_in(marks, event) > 0).count()
            })),
            spikes_per_event: per_event(of_trials(|marks| {
                marks.calcium_events.iter().map(|event| spikes_in(marks, event)).sum()
            })),
            share_of_spikes_within: ratio(
                of_trials(|marks| {
                    let within = |&&ms: &&f64| marks.calcium_events.iter().any(|e| is_in(ms, e));
                    marks.spikes_ms.iter().filter(within).count()
                }) as f64,
                of_trials(|marks| marks.spikes_ms.len()),
            ),
        }
    }
}

fn is_in(ms: f64, event: &CalciumEvent) -> bool {
    (event.onset_ms..event.end_ms).contains(&ms)
}

fn spikes_in(marks: &TrialMarks, event: &CalciumEvent) -> usize {
    marks.spikes_ms.iter().filter(|&&ms| is_in(ms, event)).count()
}

/// None of none.
fn ratio(sum: f64, count: usize) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}

/// The value in the middle, or the mean of the two there.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = [values.len().checked_sub(1)? / 2, values.len() / 2];
    Some(0.5 * (values[middle[0]] + values[middle[1]]))
}
