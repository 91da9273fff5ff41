//! apical's side, through its public interface alone.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apical_core::{
    BinnedEvents, CompartmentId, CompartmentRecord, CompartmentTable, RandomStreams, Region,
    SectionType, SynapseId, TrialLayout,
};
use apical_surrogate::{
    Architecture, Decay, Frame, ModelConfig, ModelInput, ModelStream, Network, Precision, Residual,
    SeenInputs, SeenVoltages, TaskTable, Trainer, TrainerConfig, TrialBatch,
};
use candle_core::{DType, Device, Tensor};
use rand::RngExt;

use super::{COMPARTMENTS, CONTEXT_MS, EVENT_PROBABILITY, STRETCH_MS, STRETCHES, SYNAPSES, TASKS};
use crate::Outcome;
use crate::timing::median;
use crate::workspace::text;

/// Windows that both sides are compared by.
const CHECKED: usize = 4;

pub(super) struct Ours {
    network: Network,
    precision: Precision,
}

impl Ours {
    pub(super) fn new(config: ModelConfig, precision: Precision) -> Outcome<Self> {
        Ok(Self { network: network(config)?, precision })
    }

    /// Writes the weights, and what comes of a window of each of some samples: outputs, and the losses of two training steps
    /// without dropout.
    pub(super) fn save(&self, path: &Path) -> Outcome {
        let model = self.network.model();
        let config = model.config();
        let (window, device) = (config.window, &Device::Cpu);
        let mut tensors: HashMap<String, Tensor> = model
            .parameters()
            .iter()
            .map(|(name, var)| (name.to_owned(), var.as_detached_tensor()))
            .collect();
        let mut add = |name: &str, values: Vec<f32>, shape: &[usize]| -> Outcome {
            let tensor = Tensor::from_vec(values, shape, device).map_err(text)?;
            tensors.insert(format!("check.{name}"), tensor);
            Ok(())
        };
        let batch = batch(CHECKED, window, 1)?;
        let mut events = vec![0.0_f32; CHECKED * window * SYNAPSES];
        for (bin, events) in events.chunks_exact_mut(SYNAPSES).enumerate() {
            for synapse in batch.events.bin(bin) {
                events[synapse.index()] += 1.0;
            }
        }
        add("events", events, &[CHECKED, window, SYNAPSES])?;
        let at = |sample: usize, ms: usize| {
            let first = (sample * (window + 1) + ms) * COMPARTMENTS;
            &batch.voltage_mv[first..first + COMPARTMENTS]
        };
        let voltages: Vec<f32> = (0..CHECKED)
            .flat_map(|sample| (0..window).flat_map(move |ms| at(sample, ms).iter().copied()))
            .take(CHECKED * window * config.numbers)
            .collect();
        add("numbers", voltages, &[CHECKED, window, config.numbers])?;
        let targets = (0..CHECKED).flat_map(|sample| {
            let (dendrites, soma) = at(sample, window).split_at(COMPARTMENTS - 1);
            let spike = batch.spikes[(sample + 1) * window - 1];
            dendrites.iter().copied().chain([spike, soma[0]]).collect::<Vec<_>>()
        });
        add("targets", targets.collect(), &[CHECKED, TASKS])?;
        if let Architecture::Mixture(mixture) = &config.architecture {
            let closed = (0..TASKS).flat_map(|task| {
                let of_task = |expert: &apical_surrogate::ExpertAccess| {
                    if expert.is_open_to(task) { 0.0 } else { f32::NEG_INFINITY }
                };
                mixture.experts.iter().map(of_task).collect::<Vec<_>>()
            });
            add("closed", closed.collect(), &[TASKS, mixture.experts.len()])?;
        }
        let mut stream = self.stream(CHECKED)?;
        let mut outputs = Vec::new();
        for ms in 0..window {
            let input = self.input(&batch, ms..ms + 1)?;
            let said = stream.advance(model, &input).map_err(text)?.predictions;
            outputs = said.flatten_all().and_then(|x| x.to_vec1()).map_err(text)?;
        }
        add("outputs", outputs, &[CHECKED, TASKS])?;
        // of a copy: training changes weights
        let copy = network(config.clone())?;
        let mut trainer = Trainer::new(trainer_config(0.0, None), copy.model()).map_err(text)?;
        let mut losses = Vec::new();
        for _ in 0..2 {
            let step = trainer.step(&copy, &batch, window - 1).map_err(text)?;
            losses.push(step.total as f32);
        }
        add("losses", losses, &[2])?;
        candle_core::safetensors::save(&tensors, path).map_err(text)
    }

    fn stream(&self, samples: usize) -> Outcome<ModelStream> {
        ModelStream::with_precision(self.network.model(), samples, self.precision).map_err(text)
    }

    /// ms of a predicted millisecond of so many neurons, the median of those in so many seconds.
    pub(super) fn infer(&self, samples: usize, seconds: f64) -> Outcome<f64> {
        const TIMES: usize = 16;
        let batch = batch(samples, TIMES, 2)?;
        let inputs: Vec<ModelInput> =
            (0..TIMES).map(|ms| self.input(&batch, ms..ms + 1)).collect::<Outcome<_>>()?;
        let mut stream = self.stream(samples)?;
        let mut inputs = inputs.iter().cycle();
        median_ms(seconds, || {
            let input = inputs.next().ok_or("no input")?;
            stream.advance(self.network.model(), input).map(drop).map_err(text)
        })
    }

    /// ms of a training step with so many targets a stretch, the same.
    pub(super) fn train(&self, places: usize, seconds: f64) -> Outcome<f64> {
        let batch = batch(STRETCHES, STRETCH_MS, 3)?;
        // of a copy: times should not depend on what was trained before
        let copy = network(self.network.model().config().clone())?;
        let config = trainer_config(0.2, Some(places));
        let mut trainer = Trainer::new(config, copy.model()).map_err(text)?;
        median_ms(seconds, || trainer.step(&copy, &batch, CONTEXT_MS).map(drop).map_err(text))
    }

    /// Some times of all samples.
    fn input(&self, batch: &TrialBatch, times: std::ops::Range<usize>) -> Outcome<ModelInput> {
        let (mut offsets, mut synapses, mut voltage_mv) = (vec![0], Vec::new(), Vec::new());
        for sample in 0..batch.samples {
            for ms in times.clone() {
                synapses.extend(batch.events.bin(sample * batch.bins + ms));
                offsets.push(synapses.len() as u32);
            }
            let first = (sample * (batch.bins + 1) + times.start) * COMPARTMENTS;
            let count = (times.len() + 1) * COMPARTMENTS;
            voltage_mv.extend_from_slice(&batch.voltage_mv[first..first + count]);
        }
        let rows = batch.samples * times.len();
        let part = TrialBatch {
            samples: batch.samples,
            bins: times.len(),
            events: Arc::new(BinnedEvents::new(offsets, synapses).map_err(text)?),
            voltage_mv,
            injected_na: Vec::new(),
            spikes: vec![0.0; rows],
            weights: vec![1.0; batch.samples],
        };
        let framed = self.network.frame().of(&part).map_err(text)?;
        framed.input(DType::F32, &Device::Cpu).map_err(text)
    }
}

fn trainer_config(dropout: f64, places: Option<usize>) -> TrainerConfig {
    let mut config = TrainerConfig::default();
    config.dropout = dropout;
    config.places_per_sample = places;
    config.adam.decay = Decay::Coupled;
    config
}

/// All voltages are standardized already, those of the dendrites first.
fn network(config: ModelConfig) -> Outcome<Network> {
    let record = |compartment| {
        let is_soma = compartment + 1 == COMPARTMENTS;
        let (section_type, region) = if is_soma {
            (SectionType::Soma, Region::Soma)
        } else {
            (SectionType::Basal, Region::Basal)
        };
        CompartmentRecord::new(section_type, region, "section")
    };
    let compartments = CompartmentTable::new((0..COMPARTMENTS).map(record).collect());
    let soma = CompartmentId::new(COMPARTMENTS - 1);
    let layout = TrialLayout::new(compartments, soma, SYNAPSES, STRETCH_MS);
    let tasks = TaskTable::verhellen2024(&layout).map_err(text)?;
    let mut inputs = SeenInputs::default();
    if config.numbers > 0 {
        inputs.voltages = SeenVoltages::Past;
    }
    let (means, deviations) = (vec![0.0; COMPARTMENTS], vec![1.0; COMPARTMENTS]);
    let frame = Frame::new(&layout, tasks, inputs, Residual::Absolute, means, deviations);
    let model = config.build(1, DType::F32, &Device::Cpu).map_err(text)?;
    Network::new(model, frame.map_err(text)?, layout).map_err(text)
}

/// Sparse events, and voltages that vary by about 1.
fn batch(samples: usize, bins: usize, seed: u64) -> Outcome<TrialBatch> {
    let mut rng = RandomStreams::new(seed).stream("batch", 0);
    let (mut offsets, mut synapses) = (vec![0], Vec::new());
    for _ in 0..samples * bins {
        let active = (0..SYNAPSES).filter(|_| rng.random_bool(EVENT_PROBABILITY));
        synapses.extend(active.map(SynapseId::new));
        offsets.push(synapses.len() as u32);
    }
    let events = BinnedEvents::new(offsets, synapses).map_err(text)?;
    let count = samples * (bins + 1) * COMPARTMENTS;
    Ok(TrialBatch {
        samples,
        bins,
        events: Arc::new(events),
        voltage_mv: (0..count).map(|_| rng.random_range(-1.7..1.7)).collect(),
        injected_na: Vec::new(),
        spikes: (0..samples * bins).map(|_| f32::from(rng.random_bool(0.1))).collect(),
        weights: vec![1.0; samples],
    })
}

/// Of steps in so many seconds, at least five, after one that is not counted.
fn median_ms(seconds: f64, mut step: impl FnMut() -> Outcome) -> Outcome<f64> {
    step()?;
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut times = Vec::new();
    while times.len() < 5 || Instant::now() < end {
        let start = Instant::now();
        step()?;
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    Ok(median(times))
}
