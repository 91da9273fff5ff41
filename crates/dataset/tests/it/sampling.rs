//! Which windows are drawn, how often, and with what weight.
//!
//! Seeds are fixed; bounds are five standard errors, computed from the probabilities that are tested.

use std::collections::HashMap;
use std::sync::Arc;

use crate::common::{in_memory, layout, trial};
use apical_core::{
    CalciumEvent, CoreError, RandomStreams, Trial, TrialLayout, TrialMarks, TrialSource,
    TrialsInMemory,
};
use apical_dataset::{Balance, DatasetError, LoaderError, WindowSampler, WindowShape};
use proptest::prelude::*;

/// Whether the target time of a window has a spike, and a calcium event, as the stretch of it in the trial says.
fn holds(trial: &Trial, first_bin: usize, shape: WindowShape) -> [bool; 2] {
    let end = first_bin + shape.bins;
    let marks = trial.stretch(end - shape.targets..end).marks;
    [!marks.spikes_ms.is_empty(), !marks.calcium_events.is_empty()]
}

/// Every window with what it holds.
fn windows(
    source: &TrialsInMemory,
    trials: &[usize],
    shape: WindowShape,
) -> HashMap<(usize, usize), [bool; 2]> {
    let starts = source.layout().duration_ms + 1 - shape.bins;
    let of_trial = |&k: &usize| {
        let trial = source.trial(k).unwrap();
        (0..starts).map(move |s| ((k, s), holds(&trial, s, shape)))
    };
    trials.iter().flat_map(of_trial).collect()
}

/// Times of a trial of 40 ms: some beyond it, some whole milliseconds.
fn time() -> impl Strategy<Value = f64> {
    prop_oneof![(-5_i32..46).prop_map(f64::from), -5.0..46.0]
}

fn random_marks() -> impl Strategy<Value = TrialMarks> {
    let event = (time(), 0.0..15.0).prop_map(|(onset_ms, length)| CalciumEvent {
        onset_ms,
        end_ms: onset_ms + length,
        peak_mv: 0.0,
    });
    let (spikes, events) =
        (prop::collection::vec(time(), 0..4), prop::collection::vec(event, 0..3));
    (spikes, events)
        .prop_map(|(spikes_ms, calcium_events)| TrialMarks { spikes_ms, calcium_events })
}

proptest! {
    /// Classes are counted, and weights found, as by going through all windows.
    #[test]
    fn intervals_are_those_of_all_windows(
        marks in prop::collection::vec(random_marks(), 1..4),
        bins in 1_usize..=40,
        targets in 1_usize..=40,
        spike_share in 0.0..0.5,
        calcium_share in 0.0..0.5,
    ) {
        let shape = WindowShape { bins, targets: targets.min(bins) };
        let layout = layout(1, 40);
        let trials = marks.into_iter().enumerate().map(|(k, marks)| trial(&layout, k, marks)).collect();
        let source = TrialsInMemory::new(layout, trials).unwrap();
        let all: Vec<usize> = (0..source.trial_count()).rev().collect();
        let windows = windows(&source, &all, shape);

        let sampler = WindowSampler::new(&source, &all, shape, Balance { spike_share, calcium_share }).unwrap();
        let count = |class: usize| windows.values().filter(|holds| holds[class]).count();
        let counts = [count(0), count(1)];
        prop_assert_eq!(sampler.window_count(), windows.len());
        prop_assert_eq!([sampler.spike_window_count(), sampler.calcium_window_count()], counts);

        let [spike_share, calcium_share] =
            [spike_share, calcium_share].iter().zip(counts).map(|(s, n)| if n > 0 { *s } else { 0.0 })
                .collect::<Vec<_>>().try_into().unwrap();
        let q = |[spike, event]: [bool; 2]| {
            let n = windows.len() as f64;
            let mut q = (1.0 - spike_share - calcium_share) / n;
            if spike { q += spike_share / counts[0] as f64; }
            if event { q += calcium_share / counts[1] as f64; }
            q
        };
        let mut rng = RandomStreams::new(1).stream("test", 0);
        for _ in 0..100 {
            let window = sampler.draw(&mut rng);
            let holds = windows[&(window.trial, window.first_bin)];
            let weight = 1.0 / (windows.len() as f64 * q(holds));
            prop_assert!((f64::from(window.weight) / weight - 1.0).abs() < 1e-6);
        }
    }
}

/// Of four trials 4 · 281 windows, each drawn about 350 times.
#[test]
fn windows_are_drawn_as_often_as_stated() {
    let source = in_memory(5, 1, 300);
    let trials = [4, 0, 3, 1];
    let shape = WindowShape { bins: 20, targets: 5 };
    let balance = Balance { spike_share: 0.3, calcium_share: 0.2 };
    let sampler = WindowSampler::new(&source, &trials, shape, balance).unwrap();
    let windows = windows(&source, &trials, shape);

    let draws = 400_000;
    let mut counts: HashMap<(usize, usize), f64> = HashMap::new();
    let mut weighted: [f64; 4] = [0.0; 4];
    let features = |(trial, first): (usize, usize), [spike, event]: [bool; 2]| {
        [1.0, f64::from(u8::from(spike)), f64::from(u8::from(event)), (trial * first) as f64]
    };
    let mut rng = RandomStreams::new(7).stream("test", 0);
    for _ in 0..draws {
        let window = sampler.draw(&mut rng);
        let place = (window.trial, window.first_bin);
        *counts.entry(place).or_default() += 1.0;
        assert!(window.weight <= 2.0);
        for (sum, feature) in weighted.iter_mut().zip(features(place, windows[&place])) {
            *sum += f64::from(window.weight) * feature;
        }
    }

    let n = windows.len() as f64;
    let [with_spike, with_event] =
        [0, 1].map(|class| windows.values().filter(|holds| holds[class]).count() as f64);
    let q = |[spike, event]: [bool; 2]| {
        0.5 / n
            + if spike { 0.3 / with_spike } else { 0.0 }
            + if event { 0.2 / with_event } else { 0.0 }
    };
    let draws = f64::from(draws);
    for (place, &holds) in &windows {
        let q = q(holds);
        let error = 5.0 * (draws * q * (1.0 - q)).sqrt();
        let count = counts.get(place).copied().unwrap_or(0.0);
        assert!((count - draws * q).abs() < error, "{place:?}: {count}, not {}", draws * q);
    }
    // weights average 1, and weighted means are those of all windows
    for (k, sum) in weighted.into_iter().enumerate() {
        let values: Vec<_> = windows.iter().map(|(&p, &h)| (features(p, h)[k], q(h))).collect();
        let mean = values.iter().map(|(f, _)| f).sum::<f64>() / n;
        let second = values.iter().map(|(f, q)| (f / n).powi(2) / q).sum::<f64>();
        let error = 5.0 * ((second - mean * mean) / draws).sqrt();
        assert!((sum / draws - mean).abs() < error, "{k}: {}, not {mean}", sum / draws);
    }
}

#[test]
fn shares_of_empty_classes_go_to_all_windows() {
    let layout = layout(1, 50);
    let trials = (0..2).map(|k| trial(&layout, k, TrialMarks::default())).collect();
    let source = TrialsInMemory::new(layout, trials).unwrap();
    let balance = Balance { spike_share: 0.6, calcium_share: 0.3 };
    let shape = WindowShape { bins: 10, targets: 1 };
    let sampler = WindowSampler::new(&source, &[0, 1], shape, balance).unwrap();
    let mut rng = RandomStreams::new(3).stream("test", 0);
    let mut seen = [[0; 41]; 2];
    for _ in 0..8200 {
        let window = sampler.draw(&mut rng);
        assert_eq!(window.weight, 1.0);
        seen[window.trial][window.first_bin] += 1;
    }
    // 100 each, 5 standard errors
    assert!(seen.concat().iter().all(|&n| (51..150).contains(&n)), "{seen:?}");
}

/// Trials that nobody may ask for.
struct Unread(TrialsInMemory);

impl TrialSource for Unread {
    type Error = CoreError;

    fn layout(&self) -> &TrialLayout {
        self.0.layout()
    }

    fn trial_count(&self) -> usize {
        self.0.trial_count()
    }

    fn trial(&self, index: usize) -> Result<Arc<Trial>, CoreError> {
        Err(CoreError::NoTrial { trial: index, trials: 0 })
    }
}

#[test]
fn no_marks_are_read_to_draw_all_windows_alike() {
    let shape = WindowShape { bins: 20, targets: 5 };
    let [read, unread] = [(); 2].map(|()| in_memory(5, 1, 300));
    let unread = Unread(unread);
    let sampler = WindowSampler::new(&unread, &[4, 1], shape, Balance::NONE).unwrap();
    assert_eq!((sampler.window_count(), sampler.spike_window_count()), (2 * 281, 0));
    // the same windows as where a share is next to nothing
    let balance = Balance { calcium_share: f64::MIN_POSITIVE, ..Balance::NONE };
    let reading = WindowSampler::new(&read, &[4, 1], shape, balance).unwrap();
    assert!(reading.spike_window_count() > 0);
    let [mut a, mut b] = [(); 2].map(|()| RandomStreams::new(1).stream("test", 0));
    for _ in 0..1000 {
        assert_eq!(sampler.draw(&mut a), reading.draw(&mut b));
    }
    assert!(matches!(
        WindowSampler::new(&unread, &[4, 1], shape, balance),
        Err(LoaderError::Source { trial: 4, .. })
    ));
}

#[test]
fn what_is_wrong_is_named() {
    let source = in_memory(2, 1, 50);
    let wrong = |bins, targets, spike_share, calcium_share| {
        let balance = Balance { spike_share, calcium_share };
        match WindowSampler::new(&source, &[0, 1], WindowShape { bins, targets }, balance) {
            Err(LoaderError::Dataset(DatasetError::Parameter { parameter, .. })) => parameter,
            found => panic!("{found:?}"),
        }
    };
    assert_eq!(wrong(51, 1, 0.0, 0.0), "bins");
    assert_eq!(wrong(10, 11, 0.0, 0.0), "targets");
    assert_eq!(wrong(10, 0, 0.0, 0.0), "targets");
    assert_eq!(wrong(0, 0, 0.0, 0.0), "targets");
    assert_eq!(wrong(10, 1, 1.0, 0.0), "spike_share");
    assert_eq!(wrong(10, 1, 0.5, 0.5), "calcium_share");
    assert_eq!(wrong(10, 1, 0.5, -0.1), "calcium_share");
    assert_eq!(wrong(10, 1, f64::NAN, 0.1), "spike_share");
}
