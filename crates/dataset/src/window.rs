use std::ops::Range;

use apical_core::CalciumEvent;
use serde::{Deserialize, Serialize};

use crate::DatasetError;

/// How long a sample is, and how much of it is predicted.
///
/// A sample that starts at s ms has the bins s … s + `bins` − 1 of a trial and the voltages at s … s + `bins` ms. Its
/// target time is the end of it, after s + `bins` − `targets` and up to s + `bins` ms: what is predicted are the
/// voltages at each of these milliseconds and whether a spike came within the millisecond before. What comes earlier is
/// context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowShape {
    /// Length, ms.
    pub bins: usize,
    /// Target time, ms; from 1 to `bins`.
    pub targets: usize,
}

impl WindowShape {
    /// The windows of Verhellen et al. 2024: 100 ms, of which the last is predicted.
    pub const PUBLISHED: Self = Self { bins: 100, targets: 1 };

    /// Stretches of 600 ms, of which 500 are predicted: one convolution over the stretch serves 500 targets that each
    /// have at least 100 ms of context.
    pub const STRETCH: Self = Self { bins: 600, targets: 500 };

    /// Number of places at which a sample can start in a trial, 0, 1, …
    pub(crate) fn starts(self, duration_ms: usize) -> Result<usize, DatasetError> {
        let parameter = |holds, parameter, value: usize, expected| {
            let value = value as f64;
            if holds { Ok(()) } else { Err(DatasetError::Parameter { parameter, value, expected }) }
        };
        let (bins, targets) = (self.bins, self.targets);
        parameter(
            (1..=bins).contains(&targets),
            "targets",
            targets,
            "from 1 to the number of bins",
        )?;
        parameter(bins <= duration_ms, "bins", bins, "at most the duration of a trial, ms")?;
        Ok(duration_ms - bins + 1)
    }

    /// Starts of the samples that lie end to end in a trial as far as target times go.
    pub(crate) fn sequential(self, starts: usize) -> impl ExactSizeIterator<Item = usize> {
        (0..starts).step_by(self.targets)
    }

    /// Starts, if there are so many, of the samples with a spike in their target time.
    pub(crate) fn with_spike(self, bin: usize, starts: usize) -> Range<usize> {
        self.reaching(bin + 1, bin + 1, starts)
    }

    /// The same for a target time that overlaps with a calcium event.
    pub(crate) fn with_event(
        self,
        event: &CalciumEvent,
        duration_ms: usize,
        starts: usize,
    ) -> Range<usize> {
        let duration = duration_ms as f64;
        if event.onset_ms <= duration && event.end_ms > 0.0 {
            let [onset, end] =
                [event.onset_ms, event.end_ms].map(|ms| ms.ceil().clamp(0.0, duration) as usize);
            self.reaching(onset, end, starts)
        } else {
            0..0
        }
    }

    /// Samples that end at `first` ms or later and whose target time starts before `end` ms.
    fn reaching(self, first: usize, end: usize, starts: usize) -> Range<usize> {
        let first = first.saturating_sub(self.bins);
        let end = (end + self.targets).saturating_sub(self.bins).min(starts);
        first..end.max(first)
    }
}

/// The bin of a spike: k, where it comes after k and up to k + 1 ms. None at 0 ms or outside of the trial.
pub(crate) fn spike_bin(ms: f64, duration_ms: usize) -> Option<usize> {
    (ms > 0.0 && ms <= duration_ms as f64).then(|| ms.ceil() as usize - 1)
}
