use std::ops::Range;

use apical_core::{TrialMarks, TrialSource};
use rand::{Rng, RngExt};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::trial_access::check_trials;
use crate::window::spike_bin;
use crate::{DatasetError, LoaderError, WindowShape};

/// What share of samples is drawn from windows in which something happens; the rest is drawn from all windows.
///
/// Neurons are silent most of the time: at 1.3 spikes/s one window of a millisecond's target time in 770 has a spike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Balance {
    /// p_s: drawn from the windows with a somatic spike in their target time.
    pub spike_share: f64,
    /// p_c: drawn from the windows whose target time overlaps with a calcium event.
    pub calcium_share: f64,
}

impl Balance {
    /// All windows alike.
    pub const NONE: Self = Self { spike_share: 0.0, calcium_share: 0.0 };

    fn check(self) -> Result<(), DatasetError> {
        for (parameter, value, others) in [
            ("spike_share", self.spike_share, 0.0),
            ("calcium_share", self.calcium_share, self.spike_share),
        ] {
            if !(value >= 0.0 && value + others < 1.0) {
                let expected = "at or above 0 and, with the other share, below 1";
                return Err(DatasetError::Parameter { parameter, value, expected });
            }
        }
        Ok(())
    }
}

/// A quarter each, so that no weight exceeds 2.
impl Default for Balance {
    fn default() -> Self {
        Self { spike_share: 0.25, calcium_share: 0.25 }
    }
}

/// A window of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The trial's number in its source.
    pub trial: usize,
    /// Its first bin, ms from the start of the trial.
    pub first_bin: usize,
    /// Its importance weight.
    pub weight: f32,
}

/// Draws windows such that some of them hold spikes and calcium events, and says how much each then weighs.
///
/// Of the N windows of all trials, which start at every millisecond, let S be those with a somatic spike in their
/// target time and C those whose target time overlaps with a calcium event. A window w is drawn with the probability
///
/// q(w) = p_s · \[w ∈ S\] / |S| + p_c · \[w ∈ C\] / |C| + (1 − p_s − p_c) / N.
///
/// Where S or C is empty its share goes to all windows. The weight of w is (1 / N) / q(w). Its expectation is 1, and
/// that of the weight times any loss ℓ is the mean over all windows:
///
/// Σ_w q(w) · (1 / N) / q(w) · ℓ(w) = (1 / N) · Σ_w ℓ(w).
///
/// So training sees more of what is rare, while a weighted loss remains that of the data as they are; leaving the
/// weights out is to say that rare windows matter more. Weights are at most 1 / (1 − p_s − p_c), which is why the
/// shares may not leave 0 to all windows.
///
/// No list of windows is kept, only the intervals of their starts in S and C: a few for each spike and event.
#[derive(Clone, Debug)]
pub struct WindowSampler {
    trials: Vec<usize>,
    starts: usize,
    balance: Balance,
    with_spike: WindowSet,
    with_event: WindowSet,
}

impl WindowSampler {
    /// Of the windows of these trials. Reads the marks of every trial, unless both shares are 0.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Parameter`] for a window that does not fit a trial or shares that do not leave anything to all
    /// windows; [`DatasetError::Empty`], [`DatasetError::TrialTwice`] or [`NoTrial`](apical_core::CoreError::NoTrial)
    /// for the list of trials; those of the source.
    pub fn new<S: TrialSource>(
        source: &S,
        trials: &[usize],
        shape: WindowShape,
        balance: Balance,
    ) -> Result<Self, LoaderError<S::Error>> {
        check_trials(trials, source.trial_count())?;
        balance.check()?;
        let duration_ms = source.layout().duration_ms;
        let starts = shape.starts(duration_ms)?;
        // what all windows are drawn alike with needs no marks
        let marked = if balance == Balance::NONE { &[] } else { trials };
        let marks: Vec<_> = marked.par_iter().map(|&trial| (trial, source.marks(trial))).collect();
        let [mut with_spike, mut with_event] = [WindowSet::default(), WindowSet::default()];
        for (place, (trial, marks)) in marks.into_iter().enumerate() {
            let TrialMarks { spikes_ms, calcium_events } =
                marks.map_err(|source| LoaderError::Source { trial, source })?;
            let spikes = spikes_ms.iter().filter_map(|&ms| spike_bin(ms, duration_ms));
            with_spike.push(place, spikes.map(|bin| shape.with_spike(bin, starts)).collect());
            let events = calcium_events.iter();
            let events = events.map(|event| shape.with_event(event, duration_ms, starts));
            with_event.push(place, events.collect());
        }
        let share = |share, set: &WindowSet| if set.count == 0 { 0.0 } else { share };
        let balance = Balance {
            spike_share: share(balance.spike_share, &with_spike),
            calcium_share: share(balance.calcium_share, &with_event),
        };
        Ok(Self { trials: trials.to_vec(), starts, balance, with_spike, with_event })
    }

    /// N, the number of windows.
    #[must_use]
    pub fn window_count(&self) -> usize {
        self.trials.len() * self.starts
    }

    /// |S|, the number of windows with a somatic spike in their target time; 0 if no marks were read.
    #[must_use]
    pub fn spike_window_count(&self) -> usize {
        self.with_spike.count
    }

    /// |C|, the number of windows whose target time overlaps with a calcium event; 0 if no marks were read.
    #[must_use]
    pub fn calcium_window_count(&self) -> usize {
        self.with_event.count
    }

    /// One window. Of random numbers it takes a uniform one, which says what it is drawn from, and the place in that.
    pub fn draw(&self, rng: &mut impl Rng) -> Window {
        let (place, first_bin, weight) = self.draw_place(rng);
        Window { trial: self.trials[place], first_bin, weight }
    }

    /// The same with the place of the trial in the list of trials.
    pub(crate) fn draw_place(&self, rng: &mut impl Rng) -> (usize, usize, f32) {
        let Balance { spike_share, calcium_share } = self.balance;
        let uniform: f64 = rng.random();
        let (place, first_bin) = if uniform < spike_share {
            self.with_spike.get(rng.random_range(0..self.with_spike.count))
        } else if uniform < spike_share + calcium_share {
            self.with_event.get(rng.random_range(0..self.with_event.count))
        } else {
            let window = rng.random_range(0..self.window_count());
            (window / self.starts, window % self.starts)
        };
        (place, first_bin, self.weight(place, first_bin) as f32)
    }

    /// (1 / N) / q(w)
    fn weight(&self, place: usize, first_bin: usize) -> f64 {
        let Balance { spike_share, calcium_share } = self.balance;
        let mut ratio = 1.0 - spike_share - calcium_share;
        for (share, set) in [(spike_share, &self.with_spike), (calcium_share, &self.with_event)] {
            if share > 0.0 && set.contains(place, first_bin) {
                ratio += share * self.window_count() as f64 / set.count as f64;
            }
        }
        ratio.recip()
    }
}

/// Windows as intervals of starts, by trial and then by start.
#[derive(Clone, Debug, Default)]
struct WindowSet {
    intervals: Vec<Interval>,
    /// Number of windows.
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    /// Place of the trial in the list of trials.
    place: usize,
    first: usize,
    length: usize,
    /// Number of windows in the intervals before this one.
    before: usize,
}

impl WindowSet {
    /// Adds the windows of the next trial, given as intervals that may overlap.
    fn push(&mut self, place: usize, mut starts: Vec<Range<usize>>) {
        starts.sort_unstable_by_key(|range| range.start);
        let mut next = 0;
        for Range { start, end } in starts {
            let first = start.max(next);
            if end > first {
                let length = end - first;
                self.intervals.push(Interval { place, first, length, before: self.count });
                self.count += length;
                next = end;
            }
        }
    }

    /// The trial's place and start of the window with this number.
    fn get(&self, window: usize) -> (usize, usize) {
        let after = self.intervals.partition_point(|interval| interval.before <= window);
        let Interval { place, first, before, .. } = self.intervals[after - 1];
        (place, first + window - before)
    }

    fn contains(&self, place: usize, start: usize) -> bool {
        let after = self.intervals.partition_point(|i| (i.place, i.first) <= (place, start));
        let interval = after.checked_sub(1).map(|before| self.intervals[before]);
        interval.is_some_and(|i| i.place == place && start - i.first < i.length)
    }
}
