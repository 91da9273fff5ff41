//! Networks learn what follows from their input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::ops::Range;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use apical_core::{
    BinnedEvents, CompartmentId, InjectedCurrent, NeuronModel, SynapseId, SynapticEvent, Trial,
    TrialInput, TrialLayout, TrialMarks, TrialsInMemory,
};
use apical_eval::{Columns, LinearStep, LinearStepConfig, StepPredictor};
use apical_surrogate::{
    Alone, Architecture, Checkpoint, ExpertAccess, Frame, Losses, MixtureConfig, ModelConfig,
    Network, Padding, Predictor, PredictorState, Residual, SeenInputs, SeenVoltages, SpikePath,
    SurrogateError, Task, TaskTable, Team, Trainer, TrainerConfig, TrialBatch, VoltageNoise,
};
use candle_core::{DType, Device};

const BINS: usize = 60;
const CONTEXT: usize = 20;

/// One excitatory synapse and an inhibitory one.
fn layout() -> TrialLayout {
    common::layout(2, BINS)
}

/// Stretches of a linear neuron: events move the dendrite, which the soma follows; a spike is where the soma is high.
fn batch(samples: usize, seed: usize) -> TrialBatch {
    let (mut offsets, mut synapses) = (vec![0], Vec::new());
    let (mut voltage_mv, mut spikes, mut injected_na) = (Vec::new(), Vec::new(), Vec::new());
    for sample in 0..samples {
        let [mut soma, mut dendrite] = [-70.0_f32, -70.0];
        voltage_mv.extend([soma, dendrite]);
        for bin in 0..BINS {
            let random = (bin * bin * 31 + (sample + 13 * seed) * 977 + bin * 7) % 101;
            let current = if random % 17 == 3 { 1.0 } else { 0.0 };
            if random < 25 {
                synapses.push(SynapseId::new(0));
                dendrite += 4.0;
            }
            if random > 85 {
                synapses.push(SynapseId::new(1));
                dendrite -= 6.0;
            }
            offsets.push(synapses.len() as u32);
            soma += 0.3 * (dendrite - soma) - 0.1 * (soma + 70.0) + 2.0 * current;
            dendrite -= 0.15 * (dendrite + 70.0);
            voltage_mv.extend([soma, dendrite]);
            injected_na.push(current);
            spikes.push(if soma > -64.0 { 1.0 } else { 0.0 });
        }
    }
    TrialBatch {
        samples,
        bins: BINS,
        events: Arc::new(BinnedEvents::new(offsets, synapses).unwrap()),
        voltage_mv,
        injected_na,
        spikes,
        weights: vec![1.0; samples],
    }
}

fn frame(voltages: bool) -> Frame {
    let compartments = [0, 1].map(|k| Task::Voltage(CompartmentId::new(k)));
    let tasks = TaskTable::new(vec![compartments[1], Task::Spike, compartments[0]]).unwrap();
    let residual = if voltages { Residual::Persistence } else { Residual::Absolute };
    let mut inputs = SeenInputs::default();
    inputs.voltages = if voltages { SeenVoltages::Past } else { SeenVoltages::None };
    inputs.currents = true;
    let (mean, deviation) = (vec![-68.0, -67.0], vec![4.0, 5.0]);
    Frame::new(&layout(), tasks, inputs, residual, mean, deviation).unwrap()
}

fn places() -> Vec<(usize, usize)> {
    (0..8).flat_map(|sample| (CONTEXT..BINS).map(move |bin| (sample, bin))).collect()
}

fn network(frame: &Frame, architecture: Architecture) -> Network {
    padded_network(frame, architecture, Padding::Past)
}

fn padded_network(frame: &Frame, architecture: Architecture, padding: Padding) -> Network {
    let mut config = ModelConfig::new(2, frame.numbers(), 3, architecture);
    config.temporal.channels = vec![8, 6];
    config.temporal.taps = 3;
    config.window = 10;
    config.padding = padding;
    let model = config.build(5, DType::F32, &Device::Cpu).unwrap();
    Network::new(model, frame.clone(), layout()).unwrap()
}

/// Losses at all places of a batch.
fn validate(trainer: &Trainer, network: &Network, batch: &TrialBatch) -> Losses {
    let framed = network.frame().of(batch).unwrap();
    let outputs = network.outputs(&framed, &places()).unwrap();
    trainer.losses(network, &framed, &places(), &outputs).unwrap()
}

fn architectures() -> [Architecture; 2] {
    let experts = vec![ExpertAccess::ExclusiveTo(2), ExpertAccess::Shared];
    [Architecture::HardSharing { units: 8 }, Architecture::Mixture(MixtureConfig::new(8, experts))]
}

fn trainer_config() -> TrainerConfig {
    let mut config = TrainerConfig::default();
    config.dropout = 0.0;
    config.schedule.rate = 5e-3;
    config.places_per_sample = Some(10);
    config.clip_norm = Some(1.0);
    config
}

/// What is left of voltages after 400 steps, of batches that were not trained with: a loss of 1 is that of the mean change.
/// Between 0.01 and 0.06 is left on the way where this was written.
#[test]
fn networks_learn() {
    for voltages in [true, false] {
        let mut frame = frame(voltages);
        frame.fit_scale(&batch(8, 0), &places()).unwrap();
        for architecture in architectures() {
            let network = network(&frame, architecture);
            let mut trainer = Trainer::new(trainer_config(), network.model()).unwrap();
            let before = validate(&trainer, &network, &batch(8, 1000));
            for step in 0..400 {
                trainer.step(&network, &batch(8, 1 + step), CONTEXT).unwrap();
            }
            let after = validate(&trainer, &network, &batch(8, 1000));
            assert!(before.voltage.unwrap() > 0.7, "{before:?}");
            assert!(after.voltage.unwrap() < 0.15, "{after:?}");
            assert!(after.spike.unwrap() < 0.2 * before.spike.unwrap(), "{before:?} {after:?}");
        }
    }
}

/// Spikes are where the soma is high, which persistence knows nearly: a network that has learnt nothing has a fifth of the loss
/// that it has without a path of spikes. Where voltages themselves are predicted there is none.
#[test]
fn spikes_start_from_the_residual_path() {
    let loss = |frame: &Frame| {
        let network = network(frame, architectures()[0].clone());
        let trainer = Trainer::new(trainer_config(), network.model()).unwrap();
        validate(&trainer, &network, &batch(8, 1000)).spike.unwrap()
    };
    let soma = CompartmentId::new(0);
    let (mut persistence, mut absolute) = (frame(true), frame(false));
    let before = loss(&persistence);
    for frame in [&mut persistence, &mut absolute] {
        frame.fit_spike_path(soma, &batch(8, 0), &places()).unwrap();
    }
    assert!(loss(&persistence) < 0.2 * before, "{before} {}", loss(&persistence));
    assert_eq!(absolute.spike_path, None);
    let path = persistence.spike_path.unwrap();
    // the threshold is at -64 mV, one standard deviation above the mean
    assert!(path.slope > 1.0 && (-path.offset / path.slope - 1.0).abs() < 0.3, "{path:?}");
}

/// Noise has the deviation and the memory that it says, follows from seed and step, and what a network should say from noisy
/// voltages leads to the true ones.
#[test]
fn noise_is_seen_and_the_truth_is_learnt() {
    let mut noise = VoltageNoise::default();
    (noise.deviation, noise.time_constant_ms) = (0.1, 5.0);
    let (frame, batch) = (frame(true), batch(200, 0));
    let seen_mv = noise.seen(&frame, &batch, 1, 0).unwrap();
    assert_eq!(noise.seen(&frame, &batch, 1, 0).unwrap(), seen_mv);
    assert_ne!(noise.seen(&frame, &batch, 1, 1).unwrap(), seen_mv);
    let of = |k: usize| -> Vec<f64> {
        let both = seen_mv.iter().zip(&batch.voltage_mv).skip(k).step_by(2);
        both.map(|(seen, truth)| f64::from(seen - truth)).collect()
    };
    for (k, deviation_mv) in [0.4, 0.5].into_iter().enumerate() {
        let noise_mv = of(k);
        let variance = noise_mv.iter().map(|x| x * x).sum::<f64>() / noise_mv.len() as f64;
        // 12,200 numbers of which ten in a row are about one: 1/sqrt(2 · 1200)
        assert!((variance.sqrt() / deviation_mv - 1.0).abs() < 0.06, "{variance}");
        let samples = noise_mv.chunks_exact(BINS + 1);
        let products = samples.flat_map(|sample| sample.windows(2)).map(|pair| pair[0] * pair[1]);
        let lagged = products.sum::<f64>() / (200 * BINS) as f64 / variance;
        assert!((lagged - (-0.2_f64).exp()).abs() < 0.02, "{lagged}");
    }

    let places: Vec<_> = (0..200).map(|sample| (sample, 40)).collect();
    let framed = frame.of_seen(&batch, seen_mv).unwrap();
    let targets = framed.targets(&places);
    assert_ne!(targets, frame.of(&batch).unwrap().targets(&places));
    let found = framed.voltages_mv(&targets, &places);
    for (found, &(sample, bin)) in found.chunks_exact(2).zip(&places) {
        let expected = &batch.voltage_mv[(sample * (BINS + 1) + bin + 1) * 2..][..2];
        assert!((found[0] - expected[1]).abs() < 3e-5 && (found[1] - expected[0]).abs() < 3e-5);
    }
    assert!(frame.of_seen(&batch, vec![0.0; 3]).is_err());
    // what is not seen has no noise
    assert_eq!(noise.seen(&self::frame(false), &batch, 1, 0), None);
    assert_eq!(VoltageNoise::default().seen(&frame, &batch, 1, 0), None);
}

/// A gate that is closed before training is closed after it.
#[test]
fn training_opens_no_gate() {
    let frame = frame(true);
    let network = network(&frame, architectures()[1].clone());
    let model = network.model();
    let mut config = trainer_config();
    config.adam.weight_decay = 0.1;
    let mut trainer = Trainer::new(config, model).unwrap();
    for step in 0..20 {
        trainer.step(&network, &batch(4, step), CONTEXT).unwrap();
    }
    let input = frame.of(&batch(2, 77)).unwrap().input(DType::F32, &Device::Cpu).unwrap();
    let encoded = model.encode(&input, None).unwrap();
    let windows = apical_surrogate::windows(&encoded, &[(0, 30), (1, 59)], 10).unwrap();
    for gates in model.decode(&windows).unwrap().gates.unwrap().to_vec3::<f32>().unwrap() {
        assert_eq!((gates[0][0], gates[1][0]), (0.0, 0.0));
        assert!(gates[2][0] > 0.0);
    }
}

/// Training in two parts, with a file in between, is training in one, to the last bit: dropout, places and what validations
/// have done to the rate included.
#[test]
fn a_training_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    for architecture in architectures() {
        for frame in [frame(true), linear_frame(SeenVoltages::Estimated)] {
            let mut config = trainer_config();
            config.dropout = 0.2;
            config.patience.plateau_after = Some(1);
            let run = |trainer: &mut Trainer, network: &Network, steps: Range<usize>| {
                for step in steps {
                    trainer.step(network, &batch(3, step), CONTEXT).unwrap();
                    if step == 3 {
                        let losses = validate(trainer, network, &batch(8, 50));
                        assert!(trainer.validated(&losses));
                        assert!(!trainer.validated(&losses));
                    }
                }
            };
            let whole = network(&frame, architecture.clone());
            let mut trainer = Trainer::new(config.clone(), whole.model()).unwrap();
            run(&mut trainer, &whole, 0..12);
            assert_eq!(trainer.validations().rate_factor(), 0.5);

            let first = network(&frame, architecture.clone());
            let mut trainer = Trainer::new(config.clone(), first.model()).unwrap();
            run(&mut trainer, &first, 0..5);
            Checkpoint::save(&path, &first, Some(&trainer), "note".into()).unwrap();
            let Checkpoint { network: second, trainer, notes, .. } =
                Checkpoint::load(&path, &Device::Cpu).unwrap();
            assert_eq!((notes, second.frame()), ("note".into(), &frame));
            let mut trainer = trainer.unwrap();
            run(&mut trainer, &second, 5..12);
            assert_eq!(weights(&second), weights(&whole));
        }
    }
}

/// Two threads in the place of two processes.
#[derive(Debug)]
struct Pair {
    index: usize,
    /// What each has brought to a sum.
    brought: Arc<[Mutex<Vec<f64>>; 2]>,
    barrier: Arc<Barrier>,
}

impl Team for Pair {
    fn index(&self) -> usize {
        self.index
    }

    fn count(&self) -> usize {
        2
    }

    fn sum(&self, values: &mut [f32]) {
        let mut sums: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
        self.sum_f64(&mut sums);
        for (value, sum) in values.iter_mut().zip(sums) {
            *value = sum as f32;
        }
    }

    fn sum_f64(&self, values: &mut [f64]) {
        *self.brought[self.index].lock().unwrap() = values.to_vec();
        self.barrier.wait();
        for (k, value) in values.iter_mut().enumerate() {
            *value = self.brought.iter().map(|brought| brought.lock().unwrap()[k]).sum();
        }
        self.barrier.wait();
    }
}

/// Losses of ten steps with batches of seven samples that count differently, for which norms of gradients are clipped.
fn ten_steps(team: &dyn Team, architecture: &Architecture) -> (Vec<Losses>, Vec<Vec<f32>>) {
    let network = network(&frame(true), architecture.clone());
    let mut trainer = Trainer::new(trainer_config(), network.model()).unwrap();
    let losses: Vec<Losses> = (0..10)
        .map(|step| {
            let mut batch = batch(7, step);
            batch.weights = (0..7).map(|sample| 0.5 + sample as f32).collect();
            trainer.step_in(team, &network, &batch, CONTEXT).unwrap()
        })
        .collect();
    // what only the first knows, all know then
    let mut validation = Losses::default();
    if team.index() == 0 {
        (validation.voltage, validation.total) = (Some(0.1), 0.7);
    }
    let validation = validation.shared(team);
    assert_eq!((validation.voltage, validation.spike, validation.total), (Some(0.1), None, 0.7));
    (losses, weights(&network))
}

/// Two processes, one with three samples, the other with four, have the losses of one with all seven, and the same weights
/// as each other. Sums of float32 in another order differ by 1e-7; ten steps make 3e-7 of it where this was written.
#[test]
fn two_train_as_one() {
    for architecture in architectures() {
        let (alone, _) = ten_steps(&Alone, &architecture);
        let brought = Arc::new([const { Mutex::new(Vec::new()) }; 2]);
        let barrier = Arc::new(Barrier::new(2));
        let [first, second] = thread::scope(|scope| {
            let ranks = [0, 1].map(|index| {
                let (brought, barrier) = (Arc::clone(&brought), Arc::clone(&barrier));
                let architecture = &architecture;
                scope.spawn(move || ten_steps(&Pair { index, brought, barrier }, architecture))
            });
            ranks.map(|rank| rank.join().unwrap())
        });
        assert_eq!(first, second);
        for (losses, expected) in first.0.iter().zip(&alone) {
            for (found, expected) in [
                (losses.total, expected.total),
                (losses.voltage.unwrap(), expected.voltage.unwrap()),
                (losses.spike.unwrap(), expected.spike.unwrap()),
                (losses.gradient_norm, expected.gradient_norm),
            ] {
                assert!((found - expected).abs() < 3e-6 * expected, "{found} {expected}");
            }
        }
        // and it is not only because nothing was learned
        assert!(alone[9].total < 0.9 * alone[0].total);
    }
    let network = network(&frame(true), architectures()[0].clone());
    let mut trainer = Trainer::new(trainer_config(), network.model()).unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let brought = Arc::new([const { Mutex::new(Vec::new()) }; 2]);
    let pair = Pair { index: 0, brought, barrier };
    let refused = trainer.step_in(&pair, &network, &batch(1, 0), CONTEXT).unwrap_err();
    assert!(matches!(refused, SurrogateError::Parameter { parameter: "batch_size", .. }));
}

fn weights(network: &Network) -> Vec<Vec<f32>> {
    let values = network.model().parameters().iter();
    values.map(|(_, var)| var.flatten_all().unwrap().to_vec1().unwrap()).collect()
}

/// Files that were cut, changed, or are something else are refused with their name.
#[test]
fn broken_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    let network = network(&linear_frame(SeenVoltages::Past), architectures()[0].clone());
    Checkpoint::save(&path, &network, None, ().into()).unwrap();
    assert!(Checkpoint::load(&path, &Device::Cpu).unwrap().trainer.is_none());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    let whole = std::fs::read(&path).unwrap();
    let error = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let error = Checkpoint::load(&path, &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains("network.safetensors"), "{error}");
        error
    };
    for length in [0, 7, 100, whole.len() - 1] {
        error(&whole[..length]);
    }
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(error(&changed).contains("its checksum is"));
    let text = b"\\\"format\\\":1";
    let place = whole.windows(text.len()).position(|part| part == text).unwrap();
    let mut other = whole;
    other[place + text.len() - 1] = b'7';
    assert!(error(&other).contains("is of format 7: this version reads 1"));
    let tensors = [("x", candle_core::Tensor::new(1.0_f32, &Device::Cpu).unwrap())];
    let foreign = safetensors::serialize(tensors, None).unwrap();
    assert!(error(&foreign).contains("is not a checkpoint of apical"));
    std::fs::remove_file(&path).unwrap();
    let error = Checkpoint::load(&path, &Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("No such file"), "{error}");
}

#[test]
fn what_is_no_number_stops_the_training() {
    let frame = frame(false);
    let network = network(&frame, Architecture::HardSharing { units: 4 });
    let mut trainer = Trainer::new(trainer_config(), network.model()).unwrap();
    trainer.step(&network, &batch(3, 1), CONTEXT).unwrap();
    let mut broken = batch(3, 2);
    broken.voltage_mv.fill(f32::NAN);
    let error = trainer.step(&network, &broken, CONTEXT).unwrap_err();
    assert!(matches!(&error, SurrogateError::NotFinite { step: 1, .. }), "{error}");
    // the weights are as before
    assert!(trainer.step(&network, &batch(3, 2), CONTEXT).unwrap().total.is_finite());
}

/// A linear step of this neuron, with a ridge so that something is left.
fn linear_step(frame: &Frame) -> LinearStep {
    let trials = (0..6).map(|seed| trial(&batch(1, seed))).collect();
    let source = TrialsInMemory::new(layout(), trials).unwrap();
    let columns = Columns::new(2, frame.tasks.compartments()).unwrap();
    let mut config = LinearStepConfig::default();
    config.ridge_per_row = 0.01;
    let (mean, deviation) = (&frame.mean_mv, &frame.deviation_mv);
    LinearStep::fit(&source, &[0, 1, 2, 3, 4, 5], columns, mean, deviation, config).unwrap()
}

fn trial(batch: &TrialBatch) -> Trial {
    let events = BinnedEvents::clone(&batch.events);
    let (injected, voltages) = (batch.injected_na.clone(), batch.voltage_mv.clone());
    Trial::new(&layout(), events, injected, voltages, TrialMarks::default()).unwrap()
}

/// With a linear step as residual path.
fn linear_frame(seen: SeenVoltages) -> Frame {
    let Frame { tasks, mean_mv, deviation_mv, mut inputs, .. } = frame(true);
    inputs.voltages = seen;
    let residual = Residual::Linear(Box::new(linear_step(&frame(true))));
    let mut frame = Frame::new(&layout(), tasks, inputs, residual, mean_mv, deviation_mv).unwrap();
    let compartment = CompartmentId::new(0);
    frame.spike_path = Some(SpikePath { compartment, offset: -3.0, slope: 2.0 });
    frame
}

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
