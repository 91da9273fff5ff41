use apical_core::{CompartmentId, Trial};
use apical_eval::Columns;
use serde::{Deserialize, Serialize};

use super::Mode;
use super::predictor::Said;

/// Times before an event from which it is shown, ms.
const LEAD_MS: usize = 150;

/// Examples begin no earlier, ms, so that networks that remember more or less show the same.
const FROM_MS: usize = 400;

/// A stretch of a trial, as it was and as the network predicts it: the one with most calcium spikes, and of these the one with most
/// somatic spikes, of all trials that were evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Example {
    /// The trial.
    pub trial: usize,
    /// Time of the first voltage in the trial, ms; others follow every ms.
    pub first_ms: usize,
    /// How it is predicted.
    pub mode: Mode,
    /// The compartments that are predicted, in the order of voltages.
    pub compartments: Vec<CompartmentId>,
    /// True voltages, mV, `[ms × compartments]`.
    #[serde(skip)]
    pub truth_mv: Vec<f32>,
    /// Predicted voltages, mV, `[ms × compartments]`.
    #[serde(skip)]
    pub predicted_mv: Vec<f32>,
}

impl Example {
    /// Number of voltages of a compartment.
    #[must_use]
    pub fn times(&self) -> usize {
        self.truth_mv.len() / self.compartments.len().max(1)
    }
}

/// Keeps the best example.
pub(super) struct Examples {
    length_ms: usize,
    best: Option<([usize; 2], Example)>,
}

impl Examples {
    pub(super) const fn new(length_ms: usize) -> Self {
        Self { length_ms, best: None }
    }

    /// What is said of a trial from a bin on.
    pub(super) fn offer(
        &mut self,
        (index, trial): (usize, &Trial),
        columns: &Columns,
        (first_bin, mode, said): (usize, Mode, &Said),
    ) {
        let Some((score, start)) = self.stretch(trial, first_bin + 1) else { return };
        if self.best.as_ref().is_some_and(|(best, _)| *best >= score) {
            return;
        }
        let end = (start + self.length_ms).min(trial.bins() + 1);
        let truth_mv = (start..end).flat_map(|ms| columns.of(trial.voltages_at(ms))).collect();
        let place = |ms: usize| (ms - first_bin - 1) * columns.len();
        let predicted_mv = said.voltage_mv[place(start)..place(end)].to_vec();
        let compartments = columns.compartments().to_vec();
        let example =
            Example { trial: index, first_ms: start, mode, compartments, truth_mv, predicted_mv };
        self.best = Some((score, example));
    }

    pub(super) fn best(self) -> Option<Example> {
        self.best.map(|(_, example)| example)
    }

    /// The best stretch of a trial: how many calcium spikes and somatic spikes begin within it, and its first millisecond.
    fn stretch(&self, trial: &Trial, first_ms: usize) -> Option<([usize; 2], usize)> {
        let end = trial.bins() + 1;
        if self.length_ms == 0 || first_ms >= end {
            return None;
        }
        let latest = end.saturating_sub(self.length_ms).max(first_ms);
        let earliest = FROM_MS.clamp(first_ms, latest);
        let marks = &trial.marks;
        let onsets_ms = || marks.calcium_events.iter().map(|event| event.onset_ms);
        let starts = onsets_ms()
            .chain(marks.spikes_ms.iter().copied())
            .map(|ms| (ms as usize).saturating_sub(LEAD_MS).clamp(earliest, latest));
        let score = |start: usize| {
            let within = |ms: &f64| (start as f64..(start + self.length_ms) as f64).contains(ms);
            let spikes = marks.spikes_ms.iter().copied().filter(within).count();
            [onsets_ms().filter(within).count(), spikes]
        };
        let stretches = std::iter::once(earliest).chain(starts).map(|start| (score(start), start));
        // of equal ones the first
        stretches.reduce(|best, other| if other.0 > best.0 { other } else { best })
    }
}

#[cfg(test)]
mod tests {
    use apical_core::{BinnedEvents, CalciumEvent, CompartmentTable, TrialLayout, TrialMarks};

    use super::*;
    use crate::evaluation::basal_record;

    fn trial(spikes_ms: &[f64], onsets_ms: &[f64]) -> (Trial, Columns) {
        let records = ["dend[0]", "dend[1]"].map(basal_record).to_vec();
        let layout =
            TrialLayout::new(CompartmentTable::new(records), CompartmentId::new(0), 1, 1000);
        let event = |&onset_ms: &f64| CalciumEvent {
            onset_ms,
            end_ms: (onset_ms + 20.0).min(1001.0),
            peak_mv: 0.0,
        };
        let marks = TrialMarks {
            spikes_ms: spikes_ms.to_vec(),
            calcium_events: onsets_ms.iter().map(event).collect(),
        };
        let events = BinnedEvents::new(vec![0; 1001], Vec::new()).unwrap();
        // the first compartment has the time as its voltage
        let voltage_mv = (0..=1000).flat_map(|ms| [ms as f32, -1.0]).collect();
        let trial = Trial::new(&layout, events, Vec::new(), voltage_mv, marks).unwrap();
        (trial, Columns::new(2, [0, 1].map(CompartmentId::new).to_vec()).unwrap())
    }

    #[test]
    fn what_happens_is_shown_and_is_where_it_says() {
        let mut examples = Examples::new(300);
        let first_bin = 99;
        let mut offer = |index, spikes_ms: &[f64], onsets_ms: &[f64]| {
            let (trial, columns) = trial(spikes_ms, onsets_ms);
            let voltage_mv = (100..=1000).flat_map(|ms| [ms as f32 + 0.5, 0.0]).collect();
            let said = Said::voltages(voltage_mv);
            examples.offer((index, &trial), &columns, (first_bin, Mode::Free, &said));
            examples.best.as_ref().map(|(score, example)| (*score, example.trial, example.first_ms))
        };
        assert_eq!(offer(0, &[], &[]), Some(([0, 0], 0, 400)));
        // one spike is too early to be shown
        assert_eq!(offer(1, &[120.0, 600.0, 640.0], &[]), Some(([0, 2], 1, 400)));
        assert_eq!(offer(2, &[600.0, 980.0], &[990.0]), Some(([1, 1], 2, 701)));
        // not better
        assert_eq!(offer(3, &[600.0, 980.0], &[990.0]), Some(([1, 1], 2, 701)));
        let example = examples.best().unwrap();
        assert_eq!(
            (example.times(), example.truth_mv[0], example.predicted_mv[0]),
            (300, 701.0, 701.5)
        );
        assert_eq!(example.truth_mv[299 * 2], 1000.0);
    }
}
