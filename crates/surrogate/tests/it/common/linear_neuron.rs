//! Stretches of a linear neuron of a soma and a dendrite, and small networks that learn it.

use std::sync::Arc;

use apical_core::{
    BinnedEvents, CompartmentId, SynapseId, Trial, TrialLayout, TrialMarks, TrialsInMemory,
};
use apical_eval::{Columns, LinearStep, LinearStepConfig};
use apical_surrogate::{
    Architecture, ExpertAccess, Frame, MixtureConfig, ModelConfig, Network, Padding, Residual,
    SeenInputs, SeenVoltages, SpikePath, Task, TaskTable, TrialBatch,
};
use candle_core::{DType, Device};

pub(crate) const BINS: usize = 60;
pub(crate) const CONTEXT: usize = 20;

/// One excitatory synapse and an inhibitory one.
pub(crate) fn layout() -> TrialLayout {
    super::layout(2, BINS)
}

/// Stretches of a linear neuron: events move the dendrite, which the soma follows; a spike is where the soma is high.
pub(crate) fn batch(samples: usize, seed: usize) -> TrialBatch {
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

pub(crate) fn frame(voltages: bool) -> Frame {
    let compartments = [0, 1].map(|k| Task::Voltage(CompartmentId::new(k)));
    let tasks = TaskTable::new(vec![compartments[1], Task::Spike, compartments[0]]).unwrap();
    let residual = if voltages { Residual::Persistence } else { Residual::Absolute };
    let mut inputs = SeenInputs::default();
    inputs.voltages = if voltages { SeenVoltages::Past } else { SeenVoltages::None };
    inputs.currents = true;
    let (mean, deviation) = (vec![-68.0, -67.0], vec![4.0, 5.0]);
    Frame::new(&layout(), tasks, inputs, residual, mean, deviation).unwrap()
}

pub(crate) fn places() -> Vec<(usize, usize)> {
    (0..8).flat_map(|sample| (CONTEXT..BINS).map(move |bin| (sample, bin))).collect()
}

pub(crate) fn network(frame: &Frame, architecture: Architecture) -> Network {
    padded_network(frame, architecture, Padding::Past)
}

pub(crate) fn padded_network(
    frame: &Frame,
    architecture: Architecture,
    padding: Padding,
) -> Network {
    let mut config = ModelConfig::new(2, frame.numbers(), 3, architecture);
    config.temporal.channels = vec![8, 6];
    config.temporal.taps = 3;
    config.window = 10;
    config.padding = padding;
    let model = config.build(5, DType::F32, &Device::Cpu).unwrap();
    Network::new(model, frame.clone(), layout()).unwrap()
}

pub(crate) fn architectures() -> [Architecture; 2] {
    let experts = vec![ExpertAccess::ExclusiveTo(2), ExpertAccess::Shared];
    [Architecture::HardSharing { units: 8 }, Architecture::Mixture(MixtureConfig::new(8, experts))]
}

/// A linear step of this neuron, with a ridge so that something is left.
pub(crate) fn linear_step(frame: &Frame) -> LinearStep {
    let trials = (0..6).map(|seed| trial(&batch(1, seed))).collect();
    let source = TrialsInMemory::new(layout(), trials).unwrap();
    let columns = Columns::new(2, frame.tasks.compartments()).unwrap();
    let mut config = LinearStepConfig::default();
    config.ridge_per_row = 0.01;
    let (mean, deviation) = (&frame.mean_mv, &frame.deviation_mv);
    LinearStep::fit(&source, &[0, 1, 2, 3, 4, 5], columns, mean, deviation, config).unwrap()
}

pub(crate) fn trial(batch: &TrialBatch) -> Trial {
    let events = BinnedEvents::clone(&batch.events);
    let (injected, voltages) = (batch.injected_na.clone(), batch.voltage_mv.clone());
    Trial::new(&layout(), events, injected, voltages, TrialMarks::default()).unwrap()
}

/// With a linear step as residual path.
pub(crate) fn linear_frame(seen: SeenVoltages) -> Frame {
    let Frame { tasks, mean_mv, deviation_mv, mut inputs, .. } = frame(true);
    inputs.voltages = seen;
    let residual = Residual::Linear(Box::new(linear_step(&frame(true))));
    let mut frame = Frame::new(&layout(), tasks, inputs, residual, mean_mv, deviation_mv).unwrap();
    let compartment = CompartmentId::new(0);
    frame.spike_path = Some(SpikePath { compartment, offset: -3.0, slope: 2.0 });
    frame
}
