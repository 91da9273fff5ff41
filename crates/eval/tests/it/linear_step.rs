//! A linear step finds a linear neuron, and runs as it.

use std::sync::Arc;

use crate::common::{
    DEVIATION_MV, MEAN_MV, SYNAPSES, layout, linear_trial, linear_trials, true_weight,
};
use apical_core::{
    CompartmentId, CoreError, InjectedCurrent, NeuronModel, SynapseId, SynapticEvent, Trial,
    TrialInput, TrialSource, TrialsInMemory,
};
use apical_eval::{
    Columns, EvalError, LinearStep, LinearStepConfig, LinearStepModel, StepPersistence,
    StepPredictor, TrainingMean, TrialsError, step_errors,
};

const FEATURES: usize = 5 + 2 * SYNAPSES + 2 + 1;

/// Voltages are stored in f32, near −70 mV with steps of 8e-6 mV, so that changes are wrong by 3e-6 standard deviations.
/// Weights are found from 1,200 of them.
const WEIGHT_TOLERANCE: f64 = 1e-5;
/// A change from such a weight for each of 16 features, and two roundings, mV.
const STEP_TOLERANCE_MV: f32 = 2e-4;

fn columns(source: &impl TrialSource) -> Columns {
    Columns::soma_and_dendrites(&source.layout().compartments).unwrap()
}

fn fit_with(
    source: &TrialsInMemory,
    trials: &[usize],
    ridge_per_row: f64,
) -> Result<LinearStep, TrialsError<CoreError>> {
    let mut config = LinearStepConfig::default();
    config.ridge_per_row = ridge_per_row;
    LinearStep::fit(source, trials, columns(source), &MEAN_MV, &DEVIATION_MV, config)
}

/// Two trials of 600 ms: not a multiple of the rows that are multiplied at once.
fn fitted() -> (TrialsInMemory, LinearStep) {
    let source = linear_trials(3, 600);
    let step = fit_with(&source, &[0, 1], 1e-12).unwrap();
    (source, step)
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

#[test]
fn weights_are_those_of_the_neuron() {
    let (_, step) = fitted();
    assert_eq!(step.weights().len(), FEATURES * 5);
    for (place, &weight) in step.weights().iter().enumerate() {
        let expected = true_weight(place / 5, place % 5);
        let difference = (f64::from(weight) - expected).abs();
        assert!(difference < WEIGHT_TOLERANCE, "{place}: {weight} for {expected}");
    }
}

/// On a trial that was not fitted.
#[test]
fn predictions_and_free_runs_are_what_the_neuron_does() {
    let (source, step) = fitted();
    let trial = source.trial(2).unwrap();
    let targets = step.columns().targets(&trial).unwrap();
    let predicted = step.predict(&trial).unwrap();
    assert!(largest_difference(&predicted, &targets) < STEP_TOLERANCE_MV);
    // the leak of a fifth forgets, so that errors add up to five of those of a step
    let free = step.free_run(&trial).unwrap();
    assert!(largest_difference(&free, &targets) < 5.0 * STEP_TOLERANCE_MV);
    assert_eq!(free[..5], predicted[..5]);
}

#[test]
fn the_order_of_trials_and_columns_changes_no_more_than_rounding() {
    let source = linear_trials(2, 300);
    let ridge = LinearStepConfig::default().ridge_per_row;
    let [forth, back] = [[0, 1], [1, 0]].map(|trials| fit_with(&source, &trials, ridge).unwrap());
    // sums of 600 numbers of size 1 in another order, of condition 100 at most, rounded to f32
    assert!(largest_difference(forth.weights(), back.weights()) < 1e-6);

    let reversed: Vec<_> = (0..5).rev().map(CompartmentId::new).collect();
    let reversed = Columns::new(6, reversed).unwrap();
    let config = LinearStepConfig::default();
    let step =
        LinearStep::fit(&source, &[0, 1], reversed, &MEAN_MV, &DEVIATION_MV, config).unwrap();
    let trial = source.trial(0).unwrap();
    let mut mirrored = step.predict(&trial).unwrap();
    mirrored.chunks_exact_mut(5).for_each(<[f32]>::reverse);
    assert!(largest_difference(&mirrored, &forth.predict(&trial).unwrap()) < 1e-4);
}

/// A constant alone is not penalized, so that a neuron that ever rises by the same is predicted however great the ridge.
#[test]
fn the_constant_has_no_ridge() {
    let mut layout = layout(50);
    layout.injection_sites.clear();
    let voltages = (0..=50).flat_map(|ms| MEAN_MV.map(|mean| mean as f32 + 0.25 * ms as f32));
    let events = apical_core::BinnedEvents::none(50);
    let trial = Trial::new(&layout, events, vec![], voltages.collect(), Default::default());
    let source = TrialsInMemory::new(layout, vec![trial.unwrap()]).unwrap();
    let step = fit_with(&source, &[0], 1e9).unwrap();
    let features = 5 + 2 * SYNAPSES + 1;
    let constant = &step.weights()[5 * (features - 1)..];
    for (weight, deviation) in constant.iter().zip(DEVIATION_MV) {
        assert!((f64::from(*weight) - 0.25 / deviation).abs() < 1e-6, "{constant:?}");
    }
    assert!(step.weights()[..5 * (features - 1)].iter().all(|weight| weight.abs() < 1e-6));
}

#[test]
fn free_runs_stay_within_the_range_of_what_was_fitted() {
    let (source, step) = fitted();
    // every feature adds ten standard deviations
    let mut value = serde_json::to_value(&step).unwrap();
    for weight in value["weights"].as_array_mut().unwrap() {
        *weight = 10.0.into();
    }
    let runaway: LinearStep = serde_json::from_value(value.clone()).unwrap();
    let free = runaway.free_run(&source.trial(2).unwrap()).unwrap();
    let bound = |name: &str, k: usize| value[name][k].as_f64().unwrap();
    for (place, &v_mv) in free.iter().enumerate() {
        let [lowest, highest] = ["lowest_mv", "highest_mv"].map(|name| bound(name, place % 5));
        let margin = 0.1 * (highest - lowest);
        let v_mv = f64::from(v_mv);
        // rounding of −70 mV to f32, here and in the bounds
        assert!(v_mv > lowest - margin - 1e-4 && v_mv < highest + margin + 1e-4, "{v_mv}");
    }
}

#[test]
fn what_is_saved_is_read_back_and_checked() {
    let (_, step) = fitted();
    let value = serde_json::to_value(&step).unwrap();
    assert_eq!(serde_json::from_value::<LinearStep>(value.clone()).unwrap(), step);
    for (name, wrong) in [
        ("weights", serde_json::json!([0.0])),
        ("standard_deviation_mv", serde_json::json!([1.0, 1.0, 0.0, 1.0, 1.0])),
        ("lowest_mv", serde_json::json!([0.0, 0.0, 0.0, 0.0, 1e6])),
        ("synapse_count", serde_json::json!(5)),
    ] {
        let mut value = value.clone();
        value[name] = wrong;
        assert!(serde_json::from_value::<LinearStep>(value).is_err(), "{name}");
    }
}

#[test]
fn a_ridge_of_0_needs_features_that_differ() {
    // one millisecond for sixteen features
    let source = linear_trials(1, 1);
    let error = fit_with(&source, &[0], 0.0).unwrap_err();
    let TrialsError::Eval(EvalError::NotPositiveDefinite { rows: 1, .. }) = error else {
        panic!("{error}")
    };
    assert!(fit_with(&source, &[0], 1e-4).is_ok());
}

#[test]
fn refuses_what_cannot_be_fitted() {
    let source = linear_trials(2, 20);
    let refused = |trials: &[usize], ridge| match fit_with(&source, trials, ridge).unwrap_err() {
        TrialsError::Eval(error) => error,
        other => panic!("{other}"),
    };
    assert!(matches!(refused(&[], 1.0), EvalError::Empty { .. }));
    assert_eq!(refused(&[1, 1], 1.0), EvalError::TrialTwice { trial: 1 });
    assert_eq!(refused(&[2], 1.0), CoreError::NoTrial { trial: 2, trials: 2 }.into());
    for ridge in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(refused(&[0], ridge), EvalError::Parameter { .. }));
    }
    let scaled = |mean: &[f64], deviation: &[f64]| {
        let config = LinearStepConfig::default();
        match LinearStep::fit(&source, &[0], columns(&source), mean, deviation, config) {
            Err(TrialsError::Eval(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(scaled(&MEAN_MV[..5], &DEVIATION_MV), EvalError::Core(_)));
    assert!(matches!(scaled(&MEAN_MV, &[0.0; 6]), EvalError::Value { index: 0, .. }));
    assert!(matches!(scaled(&[f64::NAN; 6], &DEVIATION_MV), EvalError::Value { index: 0, .. }));

    // a trial of a source that does not check
    let mut trial = linear_trial(&layout(20), 1);
    trial.voltage_mv[7] = f32::NAN;
    let source = TrialsInMemory::new(layout(20), vec![trial]).unwrap();
    let error = fit_with(&source, &[0], 1.0).unwrap_err();
    let TrialsError::Trial { trial: 0, source: EvalError::Core(CoreError::NotFinite { .. }) } =
        error
    else {
        panic!("{error}")
    };
}

#[test]
fn other_baselines_are_what_they_say() {
    let source = linear_trials(2, 100);
    let trial = source.trial(1).unwrap();
    let mean = TrainingMean::new(columns(&source), &MEAN_MV).unwrap();
    let means_mv: Vec<f32> = MEAN_MV[..5].iter().map(|&mv| mv as f32).collect();
    assert!(mean.predict(&trial).unwrap().chunks_exact(5).all(|row| row == means_mv));
    let errors = step_errors(&mean, &source, &[0, 1]).unwrap();
    for error in errors.by_compartment(&MEAN_MV[..5]).unwrap() {
        // the mean is a number in f32 as well
        assert!((error.standardized_mse - 1.0).abs() < 1e-9, "{error:?}");
    }
    let persistence = StepPersistence::new(columns(&source));
    let predicted = persistence.predict(&trial).unwrap();
    assert_eq!(predicted[..5], trial.voltages_at(0)[..5]);
    let targets = persistence.columns().targets(&trial).unwrap();
    assert_eq!(predicted[5..], targets[..99 * 5]);
    assert_eq!(targets[99 * 5..], trial.voltages_at(100)[..5]);
}

/// Both trials of the batch, with their events and currents.
fn advance(model: &mut LinearStepModel, trials: &[Arc<Trial>], bin: usize) {
    let events: Vec<Vec<_>> = trials
        .iter()
        .map(|trial| {
            let event = |&synapse: &SynapseId| SynapticEvent { time_ms: bin as f64, synapse };
            trial.events.bin(bin).iter().map(event).collect()
        })
        .collect();
    let injected: Vec<Vec<_>> = trials
        .iter()
        .map(|trial| {
            let currents = trial.injected_na[2 * bin..][..2].iter().zip([0, 4]);
            let current = |(&na, site)| InjectedCurrent {
                compartment: CompartmentId::new(site),
                current_na: f64::from(na),
            };
            currents.map(current).collect()
        })
        .collect();
    let input = events.iter().zip(&injected);
    let input: Vec<_> = input.map(|(events, injected)| TrialInput { events, injected }).collect();
    model.advance(&input).unwrap();
}

fn model(step: &LinearStep, trials: &[Arc<Trial>]) -> LinearStepModel {
    let initial = (0..5).flat_map(|k| trials.iter().map(move |t| f64::from(t.voltages_at(0)[k])));
    let step = Arc::new(step.clone());
    LinearStepModel::new(step, &layout(600), trials.len(), initial.collect()).unwrap()
}

#[test]
fn a_model_runs_as_freely_in_any_batch() {
    let (source, step) = fitted();
    let trials = [2, 0].map(|index| source.trial(index).unwrap());
    let free = [0, 1].map(|k| step.free_run(&trials[k]).unwrap());
    let mut model = model(&step, &trials);
    assert_eq!((model.compartment_table().len(), model.synapse_count()), (5, SYNAPSES));
    let mut saved = None;
    for _ in 0..2 {
        for bin in 0..600 {
            if bin == 300 {
                saved = Some(model.snapshot());
            }
            advance(&mut model, &trials, bin);
            for (place, &v_mv) in model.voltages_mv().iter().enumerate() {
                assert_eq!(v_mv as f32, free[place % 2][bin * 5 + place / 2]);
            }
        }
        assert_eq!(model.time_ms(), 600.0);
        model.reset().unwrap();
    }
    let end: Vec<f32> = free[0][599 * 5..].to_vec();
    model.restore(&saved.unwrap()).unwrap();
    assert_eq!(model.time_ms(), 300.0);
    (300..600).for_each(|bin| advance(&mut model, &trials, bin));
    let first: Vec<f32> = model.voltages_mv().iter().step_by(2).map(|&mv| mv as f32).collect();
    assert_eq!(first, end);
}

#[test]
fn a_model_refuses_input_that_does_not_fit_and_stays_where_it_is() {
    let (source, step) = fitted();
    let mut model = model(&step, &[source.trial(0).unwrap()]);
    let before = model.snapshot();
    let events = [SynapticEvent { time_ms: 0.0, synapse: SynapseId::new(SYNAPSES) }];
    let error = model.advance(&[TrialInput { events: &events, injected: &[] }]).unwrap_err();
    assert!(matches!(error, EvalError::Core(CoreError::Synapse { .. })));
    for (compartment, current_na) in [(1, 1.0), (5, 1.0), (0, f64::NAN)] {
        let compartment = CompartmentId::new(compartment);
        let injected = [InjectedCurrent { compartment, current_na }];
        let error = model.advance(&[TrialInput { events: &[], injected: &injected }]).unwrap_err();
        match error {
            EvalError::NoInjectionSite { compartment: named } => assert_eq!(named, compartment),
            other => assert!(matches!(other, EvalError::Value { .. }) && current_na.is_nan()),
        }
    }
    assert!(model.advance(&[]).is_err());
    assert_eq!(model.snapshot(), before);
}
