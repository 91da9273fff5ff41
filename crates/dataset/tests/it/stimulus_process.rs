//! The current stimuli against their ranges and shares.

use apical_dataset::{DatasetError, DrawnCurrent, StimulusProcess, TrialStimuli};
use proptest::prelude::*;

const DURATION_MS: u32 = 6000;

fn draw(process: &StimulusProcess, trials: u64) -> Vec<TrialStimuli> {
    (0..trials).map(|trial| process.generate(1, trial, DURATION_MS).unwrap()).collect()
}

/// Bound of five standard errors of a share of `n`: seeds are fixed, and a right process misses it once in two million.
#[track_caller]
fn assert_share(found: usize, n: usize, share: f64) {
    let error = 5.0 * (share * (1.0 - share) / n as f64).sqrt();
    let found = found as f64 / n as f64;
    assert!((found - share).abs() < error, "{found}, not {share} ± {error}");
}

fn contains(range: [f64; 2], value: f64) -> bool {
    (range[0]..=range[1]).contains(&value)
}

#[test]
fn shares_of_trials() {
    let trials = draw(&StimulusProcess::default(), 20_000);
    let with_currents = trials.iter().filter(|trial| !trial.currents.is_empty()).count();
    assert_share(with_currents, trials.len(), 0.25);
    let quiet = trials.iter().filter(|trial| trial.quiet).count();
    assert_share(quiet, with_currents, 0.5);
    assert!(trials.iter().all(|trial| !trial.quiet || !trial.currents.is_empty()));
}

/// The four stimuli, told apart by the currents that lie together: lags are below the shortest interval. The first onsets
/// are uniform in 150 … 450 ms, mean 300, variance (301² − 1)/12.
#[test]
fn kinds_and_intervals() {
    let mut process = StimulusProcess::default();
    process.trial_share = 1.0;
    let trials = draw(&process, 2000);
    let mut counts = [0; 4];
    for trial in &trials {
        for stimulus in trial.currents.chunk_by(|a, b| b.onset_ms() - a.onset_ms() < 21) {
            let kind = match stimulus {
                [DrawnCurrent::SomaticStep { duration_ms: ..=10, .. }] => 0,
                [DrawnCurrent::ApicalEpsp { .. }] => 1,
                [_, _] => 2,
                _ => 3,
            };
            counts[kind] += 1;
        }
    }
    let n = counts.iter().sum();
    for count in counts {
        assert_share(count, n, 0.25);
    }
    let first = trials.iter().map(|trial| f64::from(trial.currents[0].onset_ms()));
    let mean = first.sum::<f64>() / trials.len() as f64;
    let error = 5.0 * ((301.0_f64.powi(2) - 1.0) / 12.0 / trials.len() as f64).sqrt();
    assert!((mean - 300.0).abs() < error, "{mean}");
    // stimuli in 6000 ms at intervals of 300 ms on average: a renewal process of mean (T − μ)/μ + (σ² + μ²)/2μ² and of
    // variance σ²·T/μ³ up to a number of order 1
    let expected = 5700.0 / 300.0 + (7550.0 + 90_000.0) / 180_000.0;
    let variance: f64 = 7550.0 * 6000.0 / 300.0_f64.powi(3) + 1.0;
    let mean = n as f64 / trials.len() as f64;
    let error = 5.0 * (variance / trials.len() as f64).sqrt();
    assert!((mean - expected).abs() < error, "{mean}, not {expected} ± {error}");
}

/// A pair's lag is uniform in −10 … 20 ms: each of the 31 within five standard errors.
#[test]
fn lags_of_pairs() {
    let mut process = StimulusProcess::default();
    process.trial_share = 1.0;
    let mut counts = [0; 31];
    for trial in draw(&process, 4000) {
        for stimulus in trial.currents.chunk_by(|a, b| b.onset_ms() - a.onset_ms() < 21) {
            let onset = |i: usize| i64::from(stimulus[i].onset_ms());
            let lag = match stimulus {
                [DrawnCurrent::SomaticStep { .. }, _] => onset(1) - onset(0),
                [DrawnCurrent::ApicalEpsp { .. }, _] => onset(0) - onset(1),
                _ => continue,
            };
            counts[usize::try_from(lag + 10).unwrap()] += 1;
        }
    }
    let pairs = counts.iter().sum();
    for count in counts {
        assert_share(count, pairs, 1.0 / 31.0);
    }
}

/// BAP, EPSP, BAC firing and the calcium burst of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107), Fig. 4, and the
/// current step of 400 ms and 0.793 nA: what a data set should hold.
#[test]
fn published_protocols_are_in_range() {
    let process = StimulusProcess::default();
    assert!(contains(process.pulse_amplitude_na, 1.9));
    assert!((process.pulse_duration_ms[0]..=process.pulse_duration_ms[1]).contains(&5));
    for peak_na in [0.5, 1.5] {
        assert!(contains(process.epsp_peak_na, peak_na));
    }
    assert_eq!((process.epsp_rise_ms, process.epsp_decay_ms), (0.5, 5.0));
    assert!((process.epsp_lag_ms[0]..=process.epsp_lag_ms[1]).contains(&5));
    assert!(contains(process.step_amplitude_na, 0.793));
    assert!((process.step_duration_ms[0]..=process.step_duration_ms[1]).contains(&400));
    assert!(process.trial_share > 0.0 && process.quiet_share > 0.0);
}

#[test]
fn a_trial_is_the_same_whatever_else_is_drawn() {
    let mut process = StimulusProcess::default();
    process.trial_share = 1.0;
    let all = draw(&process, 9);
    assert_eq!(process.generate(1, 7, DURATION_MS).unwrap(), all[7]);
    for pair in all.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
    assert_ne!(process.generate(2, 7, DURATION_MS).unwrap(), all[7]);
    // a longer trial begins like a shorter one
    let longer = process.generate(1, 7, 2 * DURATION_MS).unwrap();
    let begin: Vec<_> =
        longer.currents.into_iter().filter(|current| current.onset_ms() < DURATION_MS).collect();
    assert_eq!(begin, all[7].currents);
}

/// Pins the draws: a change of their order changes what a seed means, and has to raise the version of the numerics.
#[test]
fn bits_of_a_trial() {
    let mut process = StimulusProcess::default();
    process.trial_share = 1.0;
    let trial = process.generate(0, 0, 400).unwrap();
    let epsp = DrawnCurrent::ApicalEpsp {
        onset_ms: 176,
        peak_na: 1.5761877836276434,
        rise_ms: 0.5,
        decay_ms: 5.0,
    };
    let step = |onset_ms, duration_ms, amplitude_na| DrawnCurrent::SomaticStep {
        onset_ms,
        duration_ms,
        amplitude_na,
    };
    let currents =
        vec![epsp, step(180, 6, 1.1666609716046041), step(347, 184, 0.21521215217612838)];
    assert_eq!(trial, TrialStimuli { quiet: false, currents });
}

#[test]
fn shares_of_nothing_and_of_all() {
    let mut process = StimulusProcess::default();
    process.trial_share = 0.0;
    assert!(draw(&process, 1000).iter().all(|trial| *trial == TrialStimuli::default()));
    (process.trial_share, process.quiet_share) = (1.0, 1.0);
    assert!(draw(&process, 1000).iter().all(|trial| trial.quiet && !trial.currents.is_empty()));
    process.quiet_share = 0.0;
    assert!(draw(&process, 1000).iter().all(|trial| !trial.quiet));
    assert!(process.generate(1, 0, 0).unwrap().currents.is_empty());
}

/// First onsets are uniform in 150 … 450 ms: half of the trials of 300 ms end before. What is drawn is the same.
#[test]
fn no_trial_is_empty() {
    let mut process = StimulusProcess::default();
    (process.trial_share, process.quiet_share) = (1.0, 1.0);
    let short: Vec<_> = (0..1000).map(|k| process.generate(1, k, 300).unwrap()).collect();
    let none = short.iter().filter(|trial| trial.currents.is_empty()).count();
    assert_share(none, short.len(), 151.0 / 301.0);
    assert!(short.iter().all(|trial| trial.quiet != trial.currents.is_empty()));
    for (long, short) in draw(&process, 1000).into_iter().zip(short) {
        assert!(long.quiet && long.currents.starts_with(&short.currents));
    }
}

#[test]
fn is_read_as_written() {
    let process: StimulusProcess = serde_json::from_str(r#"{"quiet_share": 1.0}"#).unwrap();
    assert_eq!((process.quiet_share, process.trial_share), (1.0, 0.25));
    assert!(serde_json::from_str::<StimulusProcess>(r#"{"share": 1.0}"#).is_err());
    let trial = process.generate(1, 0, DURATION_MS).unwrap();
    let text = serde_json::to_string(&trial).unwrap();
    assert_eq!(serde_json::from_str::<TrialStimuli>(&text).unwrap(), trial);
}

#[test]
fn what_is_wrong_is_named() {
    let error = |change: fn(&mut StimulusProcess)| {
        let mut process = StimulusProcess::default();
        change(&mut process);
        match process.generate(1, 0, 1000).unwrap_err() {
            DatasetError::Parameter { parameter, value, expected } => (parameter, value, expected),
            other => panic!("{other}"),
        }
    };
    let low_end = "at or above its low end";
    assert_eq!(error(|p| p.trial_share = -0.1), ("trial_share", -0.1, "between 0 and 1"));
    assert_eq!(error(|p| p.quiet_share = 1.5), ("quiet_share", 1.5, "between 0 and 1"));
    assert_eq!(error(|p| p.interval_ms = [0, 5]), ("interval_ms", 0.0, "at or above 1"));
    assert_eq!(error(|p| p.interval_ms = [5, 4]), ("interval_ms", 4.0, low_end));
    assert_eq!(error(|p| p.pulse_duration_ms[0] = 0), ("pulse_duration_ms", 0.0, "at or above 1"));
    assert_eq!(error(|p| p.step_duration_ms[1] = 1), ("step_duration_ms", 1.0, low_end));
    assert_eq!(error(|p| p.pulse_amplitude_na[0] = 3.0), ("pulse_amplitude_na", 2.5, low_end));
    assert_eq!(
        error(|p| p.epsp_peak_na[1] = f64::INFINITY),
        ("epsp_peak_na", f64::INFINITY, "a finite number")
    );
    assert!(error(|p| p.step_amplitude_na[0] = f64::NAN).1.is_nan());
    assert_eq!(error(|p| p.epsp_lag_ms = [3, 2]), ("epsp_lag_ms", 2.0, low_end));
    assert_eq!(error(|p| p.epsp_rise_ms = 0.0), ("epsp_rise_ms", 0.0, "a finite number above 0"));
    assert_eq!(
        error(|p| p.epsp_decay_ms = 0.5),
        ("epsp_decay_ms", 0.5, "a finite number above epsp_rise_ms")
    );
}

fn whole_ms(most: u32) -> impl Strategy<Value = [u32; 2]> {
    (1..most, 0..most).prop_map(|(low, more)| [low, low + more])
}

fn currents_na() -> impl Strategy<Value = [f64; 2]> {
    (-3.0..3.0, 0.0..3.0).prop_map(|(low, more): (f64, f64)| [low, low + more])
}

prop_compose! {
    fn processes()(
        interval_ms in whole_ms(300),
        pulse_amplitude_na in currents_na(),
        pulse_duration_ms in whole_ms(20),
        epsp_peak_na in currents_na(),
        lag in (-400..400_i32, 0..400_i32),
        step_amplitude_na in currents_na(),
        step_duration_ms in whole_ms(500),
    ) -> StimulusProcess {
        let mut process = StimulusProcess::default();
        process.trial_share = 1.0;
        process.interval_ms = interval_ms;
        process.pulse_amplitude_na = pulse_amplitude_na;
        process.pulse_duration_ms = pulse_duration_ms;
        process.epsp_peak_na = epsp_peak_na;
        process.epsp_lag_ms = [lag.0, lag.0 + lag.1];
        process.step_amplitude_na = step_amplitude_na;
        process.step_duration_ms = step_duration_ms;
        process
    }
}

proptest! {
    #[test]
    fn all_is_in_range(process in processes(), seed: u64, trial: u64, duration_ms in 0..3000_u32) {
        let stimuli = process.generate(seed, trial, duration_ms).unwrap();
        prop_assert!(stimuli.currents.is_sorted_by_key(DrawnCurrent::onset_ms));
        for current in stimuli.currents {
            prop_assert!((process.interval_ms[0]..duration_ms).contains(&current.onset_ms()));
            match current {
                DrawnCurrent::SomaticStep { duration_ms, amplitude_na, .. } => {
                    let is_in = |na: [f64; 2], ms: [u32; 2]| {
                        contains(na, amplitude_na) && (ms[0]..=ms[1]).contains(&duration_ms)
                    };
                    prop_assert!(
                        is_in(process.pulse_amplitude_na, process.pulse_duration_ms)
                            || is_in(process.step_amplitude_na, process.step_duration_ms)
                    );
                }
                DrawnCurrent::ApicalEpsp { peak_na, rise_ms, decay_ms, .. } => {
                    prop_assert!(contains(process.epsp_peak_na, peak_na));
                    prop_assert_eq!((rise_ms, decay_ms), (0.5, 5.0));
                }
            }
        }
    }
}
