//! Residual paths, and predictors that go on one millisecond at a time.

use std::ops::Range;
use std::sync::Arc;

use crate::common::linear_neuron::*;
use apical_core::{
    CompartmentId, InjectedCurrent, NeuronModel, SynapseId, SynapticEvent, TrialInput,
};
use apical_eval::StepPredictor;
use apical_surrogate::{
    Frame, Network, Padding, Predictor, PredictorState, Residual, SeenInputs, SeenVoltages,
    SurrogateError, Task, TaskTable, TrialBatch,
};

/// Targets of the truth give the truth, in mV, whatever the residual path: a few roundings of 70 mV.
#[test]
fn targets_and_voltages_are_each_others_reverse() {
    let linear =
        [SeenVoltages::None, SeenVoltages::Past, SeenVoltages::Estimated].map(linear_frame);
    for mut frame in linear.into_iter().chain([true, false].map(frame)) {
        let (batch, places) = (batch(8, 3), places());
        frame.fit_scale(&batch, &places).unwrap();
        let framed = frame.of(&batch).unwrap();
        let targets = framed.targets(&places);
        let numbers = || targets.iter().skip(1).step_by(2);
        let mean = numbers().sum::<f32>() / places.len() as f32;
        let variance = numbers().map(|x| (x - mean).powi(2)).sum::<f32>() / places.len() as f32;
        assert!((variance - 1.0).abs() < 1e-3, "{variance}");
        let found = framed.voltages_mv(&targets, &places);
        for (found, &(sample, bin)) in found.chunks_exact(2).zip(&places) {
            // the dendrite is the first task, the soma the last
            let expected = &batch.voltage_mv[(sample * (BINS + 1) + bin + 1) * 2..][..2];
            assert!((found[0] - expected[1]).abs() < 3e-5 && (found[1] - expected[0]).abs() < 3e-5);
        }
    }
}

/// A residual path is what the linear step of apical-eval predicts: from true voltages where they are seen, running freely
/// from the mean voltage where not. To roundings of 70 mV.
#[test]
fn linear_residuals_are_those_of_the_linear_step() {
    let step = linear_step(&frame(true));
    let batch = batch(1, 9);
    let places: Vec<_> = (0..BINS).map(|bin| (0, bin)).collect();
    let mut from_mean = trial(&batch);
    from_mean.voltage_mv[..2].copy_from_slice(&[-68.0, -67.0]);
    let expected = [step.predict(&trial(&batch)).unwrap(), step.free_run(&from_mean).unwrap()];
    for (seen, expected) in [
        (SeenVoltages::Past, &expected[0]),
        (SeenVoltages::None, &expected[1]),
        (SeenVoltages::Estimated, &expected[1]),
    ] {
        let frame = linear_frame(seen);
        let found = frame.of(&batch).unwrap().voltages_mv(&vec![0.0; 2 * BINS], &places);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 3e-5, "{seen:?}: {found} {expected}");
        }
        assert_eq!(found.len(), expected.len());
    }
    // the estimates of other samples do not matter
    let (three, frame) = (self::batch(3, 9), linear_frame(SeenVoltages::Estimated));
    let [one, of_three] = [&batch, &three]
        .map(|batch| frame.of(batch).unwrap().voltages_mv(&vec![0.0; 2 * BINS], &places));
    assert_eq!(one, of_three);
}

#[test]
fn what_does_not_fit_is_refused() {
    let tasks = |tasks: Vec<Task>| TaskTable::new(tasks).unwrap();
    let soma = Task::Voltage(CompartmentId::new(0));
    let new = |tasks, residual, deviation: f64| {
        let (mean, deviation) = (vec![-70.0; 2], vec![1.0, deviation]);
        Frame::new(&layout(), tasks, SeenInputs::default(), residual, mean, deviation)
    };
    let beyond = tasks(vec![soma, Task::Voltage(CompartmentId::new(2))]);
    let error = new(beyond, Residual::Absolute, 1.0).unwrap_err();
    assert!(matches!(error, SurrogateError::Task { index: 1, .. }), "{error}");
    let error = new(tasks(vec![soma]), Residual::Persistence, 1.0).unwrap_err();
    assert!(error.to_string().contains("inputs.voltages"), "{error}");
    let error = new(tasks(vec![soma]), Residual::Absolute, 0.0).unwrap_err();
    assert!(error.to_string().contains("deviation_mv is 0"), "{error}");
    assert!(TaskTable::new(vec![soma, Task::Spike, soma]).is_err());
    assert!(TaskTable::new(vec![]).is_err());
    let published = TaskTable::verhellen2024(&layout()).unwrap();
    assert_eq!(published.tasks(), [Task::Voltage(CompartmentId::new(1)), Task::Spike, soma]);

    let frame = frame(true);
    let mut short = batch(3, 1);
    short.spikes.pop();
    let error = frame.of(&short).unwrap_err();
    assert!(error.to_string().contains("spikes [samples × bins]"), "{error}");

    let Frame { mut inputs, mean_mv, deviation_mv, .. } = linear_frame(SeenVoltages::Past);
    let linear = Residual::Linear(Box::new(linear_step(&frame)));
    let new = |tasks, inputs, residual| {
        Frame::new(&layout(), tasks, inputs, residual, mean_mv.clone(), deviation_mv.clone())
    };
    let error = new(published, inputs, linear.clone()).map(|_| ());
    assert!(error.is_ok(), "the same compartments in the same order");
    let error = new(tasks(vec![soma]), inputs, linear).unwrap_err();
    assert!(error.to_string().contains("compartments of the linear step"), "{error}");
    inputs.voltages = SeenVoltages::Estimated;
    let error = new(tasks(vec![soma]), inputs, Residual::Absolute).unwrap_err();
    assert!(error.to_string().contains("residual"), "{error}");
}

/// One millisecond at a time, from true voltages or from its own, a network says what it says of the whole stretch: mV, to
/// roundings of 70 mV.
#[test]
fn a_predictor_says_what_its_network_says() {
    let frames =
        [SeenVoltages::None, SeenVoltages::Past, SeenVoltages::Estimated].map(linear_frame);
    let places: Vec<_> = (0..3).flat_map(|k| (0..BINS).map(move |bin| (k, bin))).collect();
    for frame in frames.into_iter().chain([true, false].map(frame)) {
        for architecture in architectures() {
            for padding in [Padding::Past, Padding::Zero] {
                let sees_truth = frame.inputs.voltages == SeenVoltages::Past;
                let network = Arc::new(padded_network(&frame, architecture.clone(), padding));
                let mut truth = batch(3, 4);
                for is_forced in if sees_truth { vec![true, false] } else { vec![false] } {
                    let mut predictor = predictor(&network, &truth);
                    let mut found = vec![0.0; truth.samples * BINS * 2];
                    let mut logits = vec![0.0; truth.samples * BINS];
                    for bin in 0..BINS {
                        if is_forced {
                            predictor.set_voltages_mv(&voltages_mv(&truth, bin)).unwrap();
                        }
                        step(&mut predictor, &truth, bin);
                        for sample in 0..3 {
                            let row = sample * BINS + bin;
                            // [compartments × batch], the dendrite first
                            for k in 0..2 {
                                found[row * 2 + k] = predictor.voltages_mv()[k * 3 + sample] as f32;
                            }
                            logits[row] = predictor.spike_logits().unwrap()[sample];
                        }
                    }
                    if sees_truth && !is_forced {
                        // what it has seen were its own predictions
                        for (row, found) in found.chunks_exact(2).enumerate() {
                            let after = (row / BINS) * (BINS + 1) + row % BINS + 1;
                            truth.voltage_mv[after * 2..][..2]
                                .copy_from_slice(&[found[1], found[0]]);
                        }
                    }
                    let framed = frame.of(&truth).unwrap();
                    let (outputs, of_spikes) =
                        network.split(&network.outputs(&framed, &places).unwrap());
                    let expected_logits = framed.spike_logits(&of_spikes.unwrap(), &places);
                    let expected = framed.voltages_mv(&outputs, &places);
                    let close = |found: &[f32], expected: &[f32]| {
                        assert_eq!(found.len(), expected.len());
                        for (found, expected) in found.iter().zip(expected) {
                            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
                        }
                    };
                    close(&found, &expected);
                    close(&logits, &expected_logits);
                }
            }
        }
    }
}

/// A snapshot leads to the same bits, and so does a reset.
#[test]
fn a_predictor_goes_back() {
    let network = Arc::new(network(&linear_frame(SeenVoltages::Past), architectures()[1].clone()));
    let truth = batch(3, 4);
    let mut predictor = predictor(&network, &truth);
    let mut run = |bins: Range<usize>, snapshot: Option<&PredictorState>| {
        match snapshot {
            Some(snapshot) => predictor.restore(snapshot).unwrap(),
            None => predictor.reset().unwrap(),
        }
        bins.for_each(|bin| step(&mut predictor, &truth, bin));
        (predictor.snapshot(), predictor.voltages_mv().to_vec(), predictor.time_ms())
    };
    let (middle, ..) = run(0..20, None);
    let (_, end, time_ms) = run(20..40, Some(&middle));
    assert_eq!(time_ms, 40.0);
    assert_eq!(run(20..40, Some(&middle)).1, end);
    assert_eq!(run(0..40, None).1, end);
    let error = predictor.advance(&[TrialInput::default()]).unwrap_err();
    assert!(error.to_string().contains("trial inputs"), "{error}");
    let events = [SynapticEvent { time_ms: 0.0, synapse: SynapseId::new(2) }];
    let wrong = TrialInput { events: &events, injected: &[] };
    assert!(predictor.advance(&[wrong; 3]).is_err());
    let injected = [InjectedCurrent { compartment: CompartmentId::new(0), current_na: 1.0 }];
    let wrong = TrialInput { events: &[], injected: &injected };
    let error = predictor.advance(&[wrong; 3]).unwrap_err();
    assert!(error.to_string().contains("compartment of a current is 0"), "{error}");
}

fn predictor(network: &Arc<Network>, truth: &TrialBatch) -> Predictor {
    Predictor::new(Arc::clone(network), truth.samples, &voltages_mv(truth, 0)).unwrap()
}

/// `[tasks × batch]`: the dendrite, then the soma.
fn voltages_mv(truth: &TrialBatch, ms: usize) -> Vec<f64> {
    let at = |compartment: usize, sample: usize| {
        f64::from(truth.voltage_mv[(sample * (BINS + 1) + ms) * 2 + compartment])
    };
    [1, 0].iter().flat_map(|&k| (0..truth.samples).map(move |sample| at(k, sample))).collect()
}

fn step(predictor: &mut Predictor, truth: &TrialBatch, bin: usize) {
    let rows = (0..truth.samples).map(|sample| sample * BINS + bin);
    let event = |&synapse: &SynapseId| SynapticEvent { time_ms: bin as f64, synapse };
    let events: Vec<Vec<_>> =
        rows.clone().map(|row| truth.events.bin(row).iter().map(event).collect()).collect();
    // the soma is the second task
    let current = |row: usize| InjectedCurrent {
        compartment: CompartmentId::new(1),
        current_na: f64::from(truth.injected_na[row]),
    };
    let injected: Vec<[InjectedCurrent; 1]> = rows.map(|row| [current(row)]).collect();
    let inputs = events.iter().zip(&injected);
    let inputs: Vec<_> = inputs.map(|(events, injected)| TrialInput { events, injected }).collect();
    predictor.advance(&inputs).unwrap();
}
