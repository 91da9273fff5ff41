//! Metrics find what was planted, and keep what they should not depend on.

use crate::common::{COMPARTMENTS, Draw, layout};
use apical_core::{
    BinnedEvents, CalciumEvent, CalciumRule, CompartmentId, CompartmentTable, NeuronModel,
    Persistence, Trial, TrialMarks,
};
use apical_eval::{
    BandMetric, Bootstrap, CalciumMetric, Cell, Columns, EvalError, Horizons, Metric,
    PotentialMetric, Prediction, RegionMetric, Rollout, RolloutError, Spectra, SpikeMetric,
    SpikeRule, Table, VoltageBands, average_precision, calcium_spikes, coincidence_factor,
    coincidences, overlapping, roc_auc,
};
use proptest::prelude::*;

const COLUMNS: usize = COMPARTMENTS - 1;
const SOMA: CompartmentId = CompartmentId::new(0);
const TUFT: CompartmentId = CompartmentId::new(4);

/// A trial without input whose voltage at `ms` is that of the function.
fn trial(bins: usize, spikes_ms: &[f64], mv: impl Fn(usize, usize) -> f32) -> Trial {
    let layout = layout(bins);
    let times = (0..=bins).flat_map(|ms| (0..COMPARTMENTS).map(move |k| (ms, k)));
    let voltages = times.map(|(ms, k)| mv(ms, k)).collect();
    let marks = TrialMarks { spikes_ms: spikes_ms.to_vec(), ..TrialMarks::default() };
    let injected = vec![0.0; bins * layout.injection_sites.len()];
    Trial::new(&layout, BinnedEvents::none(bins), injected, voltages, marks).unwrap()
}

fn columns() -> Columns {
    Columns::soma_and_dendrites(&layout(1).compartments).unwrap()
}

fn table() -> CompartmentTable {
    columns().table(&layout(1).compartments).unwrap()
}

/// What is predicted from a bin on, as a function of ms and compartment.
fn add(
    metric: &mut dyn Metric,
    trial: (usize, &Trial),
    first: usize,
    mv: impl Fn(usize, usize) -> f32,
) {
    let columns = columns();
    let times = first + 1..=trial.1.bins();
    let voltage_mv: Vec<f32> =
        times.flat_map(|ms| (0..COLUMNS).map(|k| mv(ms, k)).collect::<Vec<_>>()).collect();
    let prediction = Prediction {
        trial: trial.0,
        truth: trial.1,
        columns: &columns,
        first_bin: first,
        voltage_mv: &voltage_mv,
        spike_logits: None,
    };
    metric.add(&prediction).unwrap();
}

/// The number in a row and a column of a name.
fn number(table: &Table, row: usize, column: &str) -> f64 {
    let place = table.columns.iter().position(|name| name == column).unwrap();
    match table.rows[row][place] {
        Cell::Number(number) => number,
        Cell::Count(count) => count as f64,
        _ => f64::NAN,
    }
}

#[track_caller]
fn close(found: f64, expected: f64) {
    // voltages are float32
    assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0), "{found} {expected}");
}

/// Trial t is wrong by t mV everywhere; its voltages go ±2 mV around the mean.
#[test]
fn regions_have_intervals_over_trials() {
    let truth = trial(40, &[], |ms, _| if ms % 2 == 0 { -68.0 } else { -72.0 });
    let mut metric =
        RegionMetric::new(table(), vec![-70.0; COLUMNS], Bootstrap::default()).unwrap();
    for index in 1..=6 {
        let wrong = index as f32;
        add(&mut metric, (index, &truth), 3, |ms, k| truth.voltages_at(ms)[k] + wrong);
    }
    let found = metric.table().unwrap();
    let names: Vec<String> = found.rows.iter().map(|row| row[0].to_string()).collect();
    assert_eq!(names, ["soma", "basal", "oblique", "apical", "trunk", "tuft"]);
    let mean = (1..=6).map(|wrong| f64::from(wrong * wrong)).sum::<f64>() / 6.0;
    for row in 0..6 {
        close(number(&found, row, "rmse_mv"), mean.sqrt());
        close(number(&found, row, "standardized_mse"), mean / 4.0);
        close(number(&found, row, "explained_variance"), 1.0 - mean / 4.0);
        // the mean of six of 1, 4, …, 36: standard deviation 12.4, of the mean 5.06
        let [low, high] = ["low", "high"]
            .map(|end| 4.0 * number(&found, row, &format!("standardized_mse_{end}")));
        assert!((mean - low - 1.96 * 5.06).abs() < 2.0, "{low}");
        assert!((high - mean - 1.96 * 5.06).abs() < 2.0, "{high}");
    }
    let compartments = metric.compartment_table().unwrap();
    assert_eq!(compartments.rows.len(), COLUMNS);
    close(number(&compartments, 4, "rmse_mv"), mean.sqrt());
}

/// Predictions that drift by 0.1 mV a millisecond.
#[test]
fn errors_grow_with_the_horizon() {
    let truth = trial(60, &[], |ms, k| -70.0 + (ms % 3) as f32 + k as f32);
    let first = 10;
    let starts = [1, 5, 20, 45, 100];
    let regions = RegionMetric::new(table(), vec![-70.0; COLUMNS], Bootstrap::default()).unwrap();
    let mut metric = Horizons::new("horizon", &starts, regions.clone()).unwrap();
    assert!(metric.table().is_err(), "there is nothing yet");
    add(&mut metric, (0, &truth), first, |ms, k| {
        truth.voltages_at(ms)[k] + 0.1 * (ms - first) as f32
    });
    let found = metric.table().unwrap();
    // fifty milliseconds are predicted: there is nothing of 100 ms
    assert_eq!(found.rows.len(), 4 * 6);
    for (place, range) in [1..5, 5..20, 20..45, 45..51].into_iter().enumerate() {
        let n = range.len() as f64;
        let squares = range.map(|ms| (0.1 * f64::from(ms)).powi(2)).sum::<f64>();
        for region in 0..6 {
            close(number(&found, 6 * place + region, "rmse_mv"), (squares / n).sqrt());
        }
    }
    for wrong in [&[][..], &[0], &[3, 3], &[5, 4]] {
        assert!(Horizons::new("horizon", wrong, regions.clone()).is_err(), "{wrong:?}");
    }
}

/// A true spike in each range; those that are predicted come at the same time at first, and later not at all.
#[test]
fn spikes_are_lost_with_the_horizon() {
    let at = [15, 40, 70];
    let up = |ms: usize, at: &[usize]| if at.contains(&ms) { 20.0 } else { -70.0 };
    let spikes_ms = at.map(|ms| ms as f64);
    let truth = trial(90, &spikes_ms, |ms, _| up(ms, &at));
    let spikes = SpikeMetric::new(SOMA, SpikeRule::default());
    let mut metric = Horizons::new("horizon_spikes", &[1, 20, 50], spikes).unwrap();
    add(&mut metric, (0, &truth), 9, |ms, _| up(ms, &at[..2]));
    let found = metric.table().unwrap();
    assert_eq!((found.name.as_str(), found.rows.len()), ("horizon_spikes", 3));
    for (row, (from, predicted)) in [(1.0, 1.0), (20.0, 1.0), (50.0, 0.0)].into_iter().enumerate() {
        assert_eq!(number(&found, row, "from_ms"), from);
        assert_eq!(number(&found, row, "true_spikes"), 1.0);
        assert_eq!(number(&found, row, "predicted_spikes"), predicted);
    }
    close(number(&found, 0, "gamma_2ms"), 1.0);
}

/// The tuft has a plateau of 15 ms, the soma a spike of 2 ms; what is predicted is 1 mV too low in plateaus, 2 mV too high in
/// spikes and right elsewhere.
#[test]
fn bands_are_told_apart() {
    let is_plateau = |ms: usize, k: usize| k == 4 && (10..25).contains(&ms);
    let is_spike = |ms: usize, k: usize| k == 0 && (10..12).contains(&ms);
    let truth = trial(40, &[10.5], |ms, k| match (ms, k) {
        _ if is_plateau(ms, k) => -20.0,
        _ if is_spike(ms, k) => 20.0,
        _ if ms < 5 => -80.0,
        _ => -60.0,
    });
    let mut metric = BandMetric::new(&table(), VoltageBands::default());
    add(&mut metric, (0, &truth), 0, |ms, k| {
        let wrong = if is_plateau(ms, k) {
            -1.0
        } else if is_spike(ms, k) {
            2.0
        } else {
            0.0
        };
        truth.voltages_at(ms)[k] + wrong
    });
    let found = metric.table().unwrap();
    let rows: Vec<_> = found.rows.iter().map(|row| format!("{} {}", row[0], row[1])).collect();
    let place = |name: &str| rows.iter().position(|row| row == name).unwrap();
    for (name, share, rmse_mv, bias_mv) in [
        ("soma rest", 4.0 / 40.0, 0.0, 0.0),
        ("soma spike", 2.0 / 40.0, 2.0, 2.0),
        ("tuft plateau", 15.0 / 40.0, 1.0, -1.0),
        ("tuft subthreshold", 21.0 / 40.0, 0.0, 0.0),
        // with the trunk
        ("apical plateau", 15.0 / 80.0, 1.0, -1.0),
    ] {
        let row = place(name);
        close(number(&found, row, "share"), share);
        close(number(&found, row, "rmse_mv"), rmse_mv);
        close(number(&found, row, "bias_mv"), bias_mv);
    }
    assert!(!rows.iter().any(|row| row == "soma plateau" || row == "basal spike"));
}

/// Three true spikes; one is predicted a millisecond late, one on time, one not at all, and one where there is none.
#[test]
fn spikes_are_counted() {
    let at = |times: &'static [usize]| {
        move |ms: usize, k: usize| if k == 0 && times.contains(&ms) { 10.0 } else { -60.0 }
    };
    let truth = trial(1000, &[99.6, 199.5, 500.0], at(&[100, 200, 500]));
    let mut metric = SpikeMetric::new(SOMA, SpikeRule::default());
    add(&mut metric, (0, &truth), 0, at(&[101, 200, 800]));
    let found = metric.table().unwrap();
    for (column, expected) in [
        ("milliseconds", 1000.0),
        ("milliseconds_with_spike", 3.0),
        // one millisecond of three is found, with two false ones
        ("f1", 1.0 / 3.0),
        ("precision", 1.0 / 3.0),
        ("recall", 1.0 / 3.0),
        ("true_rate_hz", 3.0),
        ("predicted_rate_hz", 3.0),
        // the others tie: found are 1/3 surely, and of the rest 2 of 997
        ("roc_auc", (995.0 * (1.0 + 2.0 * 0.5) + 2.0 * (0.5 + 0.0 + 0.0)) / (3.0 * 997.0)),
        ("average_precision", (1.0 / 3.0 + 2.0 * 3.0 / 1000.0) / 3.0),
        ("gamma_1ms", (2.0 - 0.006 * 3.0) / 3.0 / (1.0 - 0.006)),
        ("gamma_2ms", (2.0 - 0.012 * 3.0) / 3.0 / (1.0 - 0.012)),
        ("time_error_ms", 0.5),
    ] {
        let value = number(&found, 0, column);
        assert!((value - expected).abs() < 1e-12, "{column}: {value} {expected}");
    }
}

/// With logits, these are the scores; a spike at the end of a millisecond is one of its bin.
#[test]
fn logits_are_scores() {
    let truth = trial(6, &[3.0, 4.5], |_, _| -60.0);
    let columns = columns();
    let voltage_mv = vec![-60.0; 5 * COLUMNS];
    let mut metric = SpikeMetric::new(SOMA, SpikeRule::default());
    // bins 1 … 5, of which 2 and 4 have a spike
    let logits = [-3.0, 2.0, 1.0, -1.0, -2.0];
    let prediction = Prediction {
        trial: 0,
        truth: &truth,
        columns: &columns,
        first_bin: 1,
        voltage_mv: &voltage_mv,
        spike_logits: Some(&logits),
    };
    metric.add(&prediction).unwrap();
    let found = metric.table().unwrap();
    assert_eq!(number(&found, 0, "roc_auc"), 5.0 / 6.0);
    assert_eq!(number(&found, 0, "precision"), 0.5);
    assert_eq!(number(&found, 0, "milliseconds_with_spike"), 2.0);

    let short = Prediction { spike_logits: Some(&logits[1..]), ..prediction };
    assert!(matches!(metric.add(&short), Err(EvalError::Core(_))));
    let late = Prediction { first_bin: 2, ..prediction };
    assert!(matches!(metric.add(&late), Err(EvalError::Core(_))));
    assert!(SpikeMetric::new(SOMA, SpikeRule::default()).table().is_err());
}

/// Two true plateaus; the first is predicted 3 ms late, 2 ms longer and 5 mV lower, with one spike of two; the second is not,
/// and one is where there is none.
#[test]
fn calcium_spikes_are_matched() {
    let plateau = |ms: usize, from: usize, length: usize, mv: f32| {
        (from..from + length).contains(&ms).then_some(mv)
    };
    let spike = |ms: usize, times: &[usize]| if times.contains(&ms) { 0.0 } else { -65.0 };
    let truth = trial(400, &[], |ms, k| match k {
        0 => spike(ms, &[105, 115, 300]),
        4 => plateau(ms, 100, 20, -20.0).or(plateau(ms, 200, 30, -30.0)).unwrap_or(-70.0),
        _ => -70.0,
    });
    let rule = CalciumRule::default();
    let mut metric = CalciumMetric::new(TUFT, rule, SOMA, SpikeRule::default());
    add(&mut metric, (0, &truth), 0, |ms, k| match k {
        0 => spike(ms, &[110]),
        4 => plateau(ms, 103, 22, -25.0).or(plateau(ms, 300, 15, -30.0)).unwrap_or(-70.0),
        _ => -70.0,
    });
    let found = metric.table().unwrap();
    for (column, expected) in [
        ("true_events", 2.0),
        ("predicted_events", 2.0),
        ("overlapping", 1.0),
        ("precision", 0.5),
        ("recall", 0.5),
        ("onset_error_ms", 3.0),
        ("peak_time_error_ms", 3.0),
        ("peak_error_mv", 5.0),
        ("duration_error_ms", 2.0),
        ("area_error_mv_ms", 20.0 * 20.0 - 22.0 * 15.0),
        ("somatic_spikes_error", 1.0),
    ] {
        assert_eq!(number(&found, 0, column), expected, "{column}");
    }
}

/// An electrode sees twice the difference of two compartments; the prediction has the difference right but for a constant
/// and a factor. The other electrode sees what is predicted perfectly.
#[test]
fn potentials_are_compared_by_site() {
    let truth = trial(512, &[], |ms, k| match k {
        1 => (ms % 4) as f32 * 0.5,
        _ => 0.0,
    });
    let mut operator = vec![0.0; 2 * COLUMNS];
    (operator[0], operator[1], operator[COLUMNS + 3]) = (-2e-3, 2e-3, 1e-3);
    let names = ["near".to_owned(), "far".to_owned()];
    let mut metric = PotentialMetric::new(&names, operator).unwrap();
    add(&mut metric, (0, &truth), 0, |ms, k| match k {
        1 => 0.25 + 0.75 * (ms % 4) as f32,
        3 => 0.0,
        _ => truth.voltages_at(ms)[k],
    });
    let found = metric.table().unwrap();
    assert_eq!(found.rows[0][0], Cell::from("near"));
    // potentials of 0, 1, 2, 3 µV become 0.5, 2, 3.5, 5
    let expected = [0.5_f64, 1.0, 1.5, 2.0].map(|wrong| wrong * wrong).iter().sum::<f64>() / 4.0;
    close(number(&found, 0, "rmse_uv"), expected.sqrt());
    close(number(&found, 0, "true_deviation_uv"), 1.25_f64.sqrt());
    close(number(&found, 0, "correlation"), 1.0);
    close(number(&found, 0, "noise_gain_uv_per_mv"), 8.0_f64.sqrt());
    // all of it is at 250 Hz, one and a half times as large
    close(number(&found, 0, "power_db_80_500hz"), 20.0 * 1.5_f64.log10());
    close(number(&found, 0, "coherence_80_500hz"), 1.0);
    assert!(number(&found, 1, "coherence_80_500hz").is_nan(), "there is no power");
    assert_eq!(number(&found, 1, "rmse_uv"), 0.0);
    assert!(number(&found, 1, "correlation").is_nan());
    assert!(PotentialMetric::new(&names, vec![0.0; 3]).is_err());
}

/// A model that is told the truth before each step and stays there is persistence.
#[test]
fn a_rollout_may_be_told_the_truth() {
    let trials = [1, 2].map(|seed| {
        let draw = std::cell::RefCell::new(Draw(seed));
        trial(7, &[], |_, _| draw.borrow_mut().next() as f32)
    });
    let columns = columns();
    let layout = layout(7);
    let zeros = vec![0.0; 2 * COLUMNS];
    let mut model = Persistence::new(table(), 2, zeros).unwrap();
    let sites = &layout.injection_sites;
    let rollout = Rollout::new(&columns, model.compartment_table(), sites).unwrap();
    let told = std::cell::RefCell::new(Vec::new());
    let predicted = rollout
        .run(&mut model, &[&trials[0], &trials[1]], |_, ms| {
            told.borrow_mut().push(ms);
            Ok(())
        })
        .unwrap();
    assert_eq!(told.into_inner(), (0..=7).collect::<Vec<_>>());
    assert_eq!(predicted, [vec![0.0; 7 * COLUMNS], vec![0.0; 7 * COLUMNS]]);

    let one = rollout.run(&mut model, &[&trials[0]], |_, _| Ok(()));
    assert!(matches!(one, Err(RolloutError::Eval(EvalError::Core(_)))));
    let axon = Rollout::new(&columns, model.compartment_table(), &[CompartmentId::new(5)]);
    assert!(matches!(axon, Err(EvalError::NoInjectionSite { .. })));
    assert!(Rollout::new(&columns, &CompartmentTable::new(vec![]), sites).is_err());
    let records = table().records()[..COLUMNS - 1].to_vec();
    let zeros = vec![0.0; 2 * (COLUMNS - 1)];
    let mut smaller = Persistence::new(CompartmentTable::new(records), 2, zeros).unwrap();
    let refused = rollout.run(&mut smaller, &[&trials[0], &trials[1]], |_, _| Ok(()));
    let message = refused.unwrap_err().to_string();
    assert!(message.ends_with("which does not exist: there are 4"), "{message}");
}

#[test]
#[should_panic(expected = "a label a score")]
fn scores_without_labels_are_not_left_out() {
    let _ = roc_auc(&[0.9, 0.8, 0.3], &[true, false]);
}

fn times() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0_u32..200, 0..12).prop_map(|mut times| {
        times.sort_unstable();
        times.dedup();
        times.into_iter().map(f64::from).collect()
    })
}

/// The most pairs there can be, by trying all: the first spike has a partner or has none.
fn most(predicted: &[f64], truth: &[f64], window_ms: f64) -> usize {
    let Some((first, rest)) = predicted.split_first() else { return 0 };
    let mut best = most(rest, truth, window_ms);
    for (place, time) in truth.iter().enumerate() {
        if (first - time).abs() <= window_ms {
            let left: Vec<f64> = [&truth[..place], &truth[place + 1..]].concat();
            best = best.max(1 + most(rest, &left, window_ms));
        }
    }
    best
}

proptest! {
    /// Only the order of scores counts, not that of cases.
    #[test]
    fn scores_are_ranked(
        mut cases in prop::collection::vec((-20_i32..20, any::<bool>()), 2..60),
        shift in 1_usize..50,
    ) {
        let of = |cases: &[(i32, bool)], score: fn(f64) -> f64| {
            let scores: Vec<f64> = cases.iter().map(|case| score(f64::from(case.0))).collect();
            let labels: Vec<bool> = cases.iter().map(|case| case.1).collect();
            let other: Vec<bool> = labels.iter().map(|label| !label).collect();
            (roc_auc(&scores, &labels), average_precision(&scores, &labels), roc_auc(&scores, &other))
        };
        let (auc, precision, other) = of(&cases, |score| score);
        prop_assume!(auc.is_finite());
        prop_assert!((0.0..=1.0).contains(&auc) && precision > 0.0 && precision <= 1.0);
        prop_assert!((auc + other - 1.0).abs() < 1e-12);
        let places = shift % cases.len();
        cases.rotate_left(places);
        prop_assert_eq!(of(&cases, |score| score), (auc, precision, other));
        prop_assert_eq!(of(&cases, |score| (0.1 * score).exp()), (auc, precision, other));
    }

    #[test]
    fn as_many_coincidences_as_there_can_be(a in times(), b in times(), window in 0_u32..30) {
        let window_ms = f64::from(window);
        let pairs = coincidences(&a, &b, window_ms);
        prop_assert_eq!(pairs.len(), most(&a, &b, window_ms));
        prop_assert!(pairs.iter().all(|&(p, t)| (a[p] - b[t]).abs() <= window_ms));
        prop_assert!(pairs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
    }

    /// Γ is at most 1, which only trains with all partners reach, and does not depend on when the recording starts.
    #[test]
    fn gamma_is_at_most_one(a in times(), b in times(), shift in 0_u32..1000) {
        let gamma = coincidence_factor(&a, &b, 2.0, 2000.0);
        prop_assume!(gamma.is_finite());
        let all = coincidences(&a, &b, 2.0).len() == a.len() && a.len() == b.len();
        let is_right = if all { (gamma - 1.0).abs() < 1e-12 } else { gamma < 1.0 };
        prop_assert!(is_right, "{}", gamma);
        let later = |times: &[f64]| -> Vec<f64> { times.iter().map(|t| t + f64::from(shift)).collect() };
        prop_assert_eq!(coincidence_factor(&later(&a), &later(&b), 2.0, 2000.0), gamma);
    }

    /// Events that overlap are those whose times have a moment in common, and a trace overlaps itself.
    #[test]
    fn events_overlap_themselves(trace in prop::collection::vec(-80.0..20.0, 1..120)) {
        let rule = CalciumRule::new(-50.0, 2.0);
        let found = calcium_spikes(rule, &trace, &[]);
        let pairs = overlapping(&found, &found);
        prop_assert_eq!(pairs, (0..found.len()).map(|k| (k, k)).collect::<Vec<_>>());
        for spike in &found {
            let CalciumEvent { onset_ms, end_ms, peak_mv } = spike.event;
            prop_assert!((onset_ms..end_ms).contains(&spike.peak_ms));
            prop_assert_eq!(trace[spike.peak_ms as usize], peak_mv);
            let highest = (peak_mv + 50.0) * spike.duration_ms();
            prop_assert!(spike.area_mv_ms > 0.0 && spike.area_mv_ms <= highest + 1e-9);
        }
    }

    /// Coherence is a share; a prediction that is larger everywhere has more power and the same coherence.
    #[test]
    fn spectra_are_relative(seed: u64, factor in 0.1..10.0_f64) {
        let mut draw = Draw(seed);
        let [a, b]: [Vec<f64>; 2] = [(); 2].map(|()| (0..700).map(|_| draw.next()).collect());
        let band = |predicted: &[f64]| {
            let mut spectra = Spectra::new(128);
            spectra.add(predicted, &a).unwrap();
            spectra.band(20.0..300.0).unwrap()
        };
        let found = band(&b);
        prop_assert!((0.0..=1.0).contains(&found.coherence));
        let larger = band(&b.iter().map(|x| factor * x + 3.0).collect::<Vec<_>>());
        prop_assert!((larger.coherence - found.coherence).abs() < 1e-9);
        prop_assert!((larger.power_db - found.power_db - 20.0 * factor.log10()).abs() < 1e-6);
    }

    /// Every millisecond of every compartment is in one band; and errors do not depend on when they are made.
    #[test]
    fn bands_share_all_times(seed: u64, first in 0_usize..20) {
        let draw = std::cell::RefCell::new(Draw(seed));
        let truth = trial(120, &[], |_, _| -80.0 + 90.0 * draw.borrow_mut().next() as f32);
        let mut metric = BandMetric::new(&table(), VoltageBands::default());
        add(&mut metric, (0, &truth), first, |ms, k| truth.voltages_at(ms)[k] + 1.5);
        let found = metric.table().unwrap();
        for region in ["soma", "basal", "oblique", "apical", "trunk", "tuft"] {
            let rows: Vec<_> = found.rows_with(&[("region", region)]).collect();
            let shares = rows.iter().filter_map(|row| found.number(row, "share"));
            prop_assert!((shares.sum::<f64>() - 1.0).abs() < 1e-9);
            for row in rows {
                let rmse = found.number(row, "rmse_mv").unwrap_or(1.5);
                prop_assert!((rmse - 1.5).abs() < 1e-5, "{}", rmse);
            }
        }
    }

    /// What removes nothing gains nothing, what is right gains all, and neither depends on the order of trials.
    #[test]
    fn gains_are_shares(
        seed: u64,
        share in 0.0..2.0_f64,
        order in Just((0..5_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let draw = std::cell::RefCell::new(Draw(seed));
        let trials = [(); 5].map(|()| {
            trial(30, &[], |_, _| -70.0 + 8.0 * draw.borrow_mut().next() as f32)
        });
        let metric = |order: &[usize], wrong: f32| {
            let new = RegionMetric::new(table(), vec![-66.0; COLUMNS], Bootstrap::default());
            let mut metric = new.unwrap();
            for &index in order {
                let truth = &trials[index];
                let wrong = wrong * (1.0 + index as f32);
                add(&mut metric, (index, truth), 0, |ms, k| truth.voltages_at(ms)[k] + wrong);
            }
            metric
        };
        let baseline = metric(&[0, 1, 2, 3, 4], 0.5);
        let own = metric(&order, 0.5 * share as f32);
        let found = own.gain_table("baseline", &baseline).unwrap();
        for row in &found.rows {
            let gain = found.number(row, "error_removed").unwrap();
            // of float32 voltages
            prop_assert!((gain - (1.0 - share * share)).abs() < 1e-4, "{}", gain);
            let [low, high] = ["error_removed_low", "error_removed_high"]
                .map(|column| found.number(row, column).unwrap());
            prop_assert!((low - gain).abs() < 1e-3 && (high - gain).abs() < 1e-3);
        }
        let fewer = metric(&order[1..], 0.5);
        prop_assert!(fewer.gain_table("baseline", &baseline).is_err());
    }

    /// A plateau that comes later is the same plateau, later.
    #[test]
    fn calcium_spikes_move_with_time(
        trace in prop::collection::vec(-80.0..20.0, 1..120),
        later in 1_usize..40,
    ) {
        let rule = CalciumRule::new(-50.0, 2.0);
        let moved: Vec<f64> = std::iter::repeat_n(-80.0, later).chain(trace.iter().copied()).collect();
        let (first, second) = (calcium_spikes(rule, &trace, &[]), calcium_spikes(rule, &moved, &[]));
        prop_assert_eq!(first.len(), second.len());
        for (a, b) in first.iter().zip(&second) {
            prop_assert_eq!(a.event.onset_ms + later as f64, b.event.onset_ms);
            prop_assert_eq!((a.duration_ms(), a.area_mv_ms), (b.duration_ms(), b.area_mv_ms));
        }
    }
}
