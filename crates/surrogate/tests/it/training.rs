//! Networks learn what follows from their input.

use std::ops::Range;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use crate::common::linear_neuron::*;
use apical_core::CompartmentId;
use apical_surrogate::{
    Alone, Architecture, Checkpoint, Frame, Losses, Network, SeenVoltages, SurrogateError, Team,
    Trainer, TrainerConfig, TrialBatch, VoltageNoise,
};
use candle_core::{DType, Device};

/// Losses at all places of a batch.
fn validate(trainer: &Trainer, network: &Network, batch: &TrialBatch) -> Losses {
    let framed = network.frame().of(batch).unwrap();
    let outputs = network.outputs(&framed, &places()).unwrap();
    trainer.losses(network, &framed, &places(), &outputs).unwrap()
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
