//! Standardized voltages.

use crate::common::layout;
use apical_core::{
    BinnedEvents, CompartmentId, CoreError, Trial, TrialMarks, TrialSource, TrialsInMemory,
};
use apical_dataset::{DatasetError, LoaderError, Scaling, ScalingMethod};
use proptest::prelude::*;

/// Trials with these voltages of two compartments.
fn source(trials: &[Vec<[f32; 2]>]) -> TrialsInMemory {
    let bins = trials[0].len() - 1;
    let layout = layout(2, bins);
    let trial = |voltages: &Vec<[f32; 2]>| {
        let injected = vec![0.0; bins * crate::common::SITES];
        let events = BinnedEvents::none(bins);
        let zeros = vec![0.0; 2 * voltages.len()];
        let mut trial =
            Trial::new(&layout, events, injected, zeros, TrialMarks::default()).unwrap();
        // those of other sources may be no numbers
        trial.voltage_mv = voltages.concat();
        trial
    };
    let trials = trials.iter().map(trial).collect();
    TrialsInMemory::new(layout.clone(), trials).unwrap()
}

/// Mean and standard deviation by their definition.
fn expected(values: &[f64]) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    [mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()]
}

fn voltages() -> impl Strategy<Value = Vec<Vec<[f32; 2]>>> {
    let trial = prop::collection::vec([-90.0_f32..40.0, -75.0_f32..-74.0], 8);
    prop::collection::vec(trial, 1..6)
}

proptest! {
    /// Sums of 48 numbers of up to 90, where the standard deviation is about 0.3: 48 · 90 / 0.3 · 1e-16.
    #[test]
    fn moments_are_those_of_all_samples(trials in voltages()) {
        let source = source(&trials);
        let all: Vec<usize> = (0..trials.len()).collect();
        let samples = trials.concat();
        let columns = [0, 1].map(|c| samples.iter().map(|row| f64::from(row[c])).collect::<Vec<_>>());

        let scaling = Scaling::fit(&source, &all, ScalingMethod::PerCompartment).unwrap();
        for (c, column) in columns.iter().enumerate() {
            let [mean, deviation] = expected(column);
            prop_assert!((scaling.mean_mv()[c] - mean).abs() < 1e-11);
            prop_assert!((scaling.standard_deviation_mv()[c] / deviation - 1.0).abs() < 1e-11);
        }
        let scaling = Scaling::fit(&source, &all, ScalingMethod::Pooled).unwrap();
        let [mean, deviation] = expected(&columns.concat());
        for c in 0..2 {
            prop_assert!((scaling.mean_mv()[c] - mean).abs() < 1e-11);
            prop_assert!((scaling.standard_deviation_mv()[c] / deviation - 1.0).abs() < 1e-11);
        }
    }

    /// Standardized samples have mean 0 and standard deviation 1, and are restored: within a few roundings of f32, of
    /// voltages of up to 90 mV, in units of a standard deviation of 0.3 mV.
    #[test]
    fn standardized_and_restored(trials in voltages()) {
        let source = source(&trials);
        let all: Vec<usize> = (0..trials.len()).collect();
        let scaling = Scaling::fit(&source, &all, ScalingMethod::PerCompartment).unwrap();
        let original = trials.concat().concat();
        let mut voltages = original.clone();
        scaling.standardize(&mut voltages);
        for c in 0..2 {
            let column: Vec<f64> = voltages.iter().skip(c).step_by(2).map(|&v| f64::from(v)).collect();
            let [mean, deviation] = expected(&column);
            prop_assert!(mean.abs() < 1e-4 && (deviation - 1.0).abs() < 1e-5, "{mean} {deviation}");
        }
        scaling.restore(&mut voltages);
        for (found, v) in voltages.iter().zip(&original) {
            prop_assert!((found - v).abs() < 3e-5, "{found}, not {v}");
        }
    }
}

/// 200 trials are more than are read side by side.
#[test]
fn equal_bits_on_any_number_of_threads() {
    let source = crate::common::in_memory(200, 5, 60);
    let trials: Vec<usize> = (0..200).rev().collect();
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Scaling::fit(&source, &trials, ScalingMethod::Pooled).unwrap())
    };
    let one = fit(1);
    assert_eq!(one, fit(2));
    assert_eq!(one, fit(7));
    // the voltages are 0, 1, …, n − 1, of which the variance is (n² − 1) / 12
    let n: f64 = 200.0 * 61.0 * 5.0;
    assert!((one.mean_mv()[0] / ((n - 1.0) / 2.0) - 1.0).abs() < 1e-13);
    let deviation = ((n * n - 1.0) / 12.0).sqrt();
    assert!((one.standard_deviation_mv()[4] / deviation - 1.0).abs() < 1e-13);
}

#[test]
fn what_cannot_be_scaled_is_named() {
    let good = vec![[-70.1, 0.0], [-71.0, 1.0], [-70.0, 2.0]];
    let constant = vec![[-70.1, 0.3], [-71.0, 0.3], [-70.0, 0.3]];
    let broken = vec![[f32::NAN, 0.0], [-70.0, 1.0], [-70.0, 2.0]];
    let fit = |trials: &[Vec<[f32; 2]>], used: &[usize]| {
        Scaling::fit(&source(trials), used, ScalingMethod::PerCompartment)
    };
    let wrong = |found: Result<Scaling, _>| match found.unwrap_err() {
        LoaderError::Dataset(error) => error,
        error => panic!("{error}"),
    };

    // 0.3 is no binary fraction: sums of it are rounded, yet the deviation is exactly 0
    let constants = [constant.clone(), constant.clone(), constant];
    let DatasetError::Scaling { compartment, mean_mv, standard_deviation_mv } =
        wrong(fit(&constants, &[0, 1, 2]))
    else {
        panic!()
    };
    assert_eq!(
        (compartment, mean_mv, standard_deviation_mv),
        (CompartmentId::new(1), f64::from(0.3_f32), 0.0)
    );
    let with_broken = [good, broken];
    let error = wrong(fit(&with_broken, &[0, 1]));
    assert!(matches!(error, DatasetError::Scaling { compartment, .. } if compartment.index() == 0));
    // trials that are not there to train with have no influence
    assert!(fit(&with_broken, &[0]).is_ok());

    assert_eq!(wrong(fit(&with_broken, &[])), DatasetError::Empty { parameter: "trials" });
    assert_eq!(wrong(fit(&with_broken, &[0, 0])), DatasetError::TrialTwice { trial: 0 });
    let no_trial = CoreError::NoTrial { trial: 2, trials: 2 };
    assert_eq!(wrong(fit(&with_broken, &[2])), DatasetError::Core(no_trial));
    assert_eq!(source(&with_broken).trial_count(), 2);
}

#[test]
fn parameters_are_checked_wherever_they_come_from() {
    let shape = Scaling::new(vec![1.0], vec![1.0, 2.0]);
    assert!(matches!(
        shape,
        Err(DatasetError::Core(CoreError::Shape { expected: 1, found: 2, .. }))
    ));
    for (mean, deviation) in [
        (f64::INFINITY, 1.0),
        (1e39, 1.0),
        (-70.0, 0.0),
        (-70.0, -1.0),
        (-70.0, 1e-46),
        (-70.0, f64::INFINITY),
        (-70.0, f64::NAN),
    ] {
        let found = Scaling::new(vec![-70.0, mean], vec![1.0, deviation]);
        assert!(
            matches!(found, Err(DatasetError::Scaling { compartment, .. }) if compartment.index() == 1)
        );
    }
    let scaling = Scaling::new(vec![-70.1, 0.1], vec![0.3, 7.0]).unwrap();
    let json = serde_json::to_string(&scaling).unwrap();
    assert_eq!(serde_json::from_str::<Scaling>(&json).unwrap(), scaling);
    let json = json.replace("7.0", "0.0");
    let error = serde_json::from_str::<Scaling>(&json).unwrap_err().to_string();
    assert!(error.starts_with("voltages of compartment 1 cannot be standardized"), "{error}");
}
