//! One piece of work, whose instructions `cargo xtask instructions` counts under valgrind. On a small neuron, since valgrind
//! takes fifty times as long, for what is prepared too.

#![expect(clippy::unwrap_used, reason = "a count fails by panicking")]
#![expect(clippy::print_stdout, reason = "the names of what can be counted")]

use std::hint::black_box;

use apical_benches::{bombarded, column, model_of};
use apical_biophysics::preset::Preset;
use apical_core::{BinnedEvents, SynapseId};
use apical_dataset::{DendriticTrees, InputProcess};
use apical_extracellular::{LineSource, TransferMatrix};
use apical_morphology::{AxialTree, CompartmentTree, ImportOptions, MaxLength, read_swc};
use apical_surrogate::{Architecture, ModelConfig, ModelInput, ModelStream};
use candle_core::{DType, Device};

/// All of them.
const WORK: [(&str, fn()); 10] = [
    ("morphology/read_swc/2001", read),
    ("morphology/compartments/199", divide),
    ("dataset/input_process/396x1000", draw_input),
    ("extracellular/transfer_matrix/199x64", fill_matrix),
    ("extracellular/apply/199x6x1000", apply_matrix),
    ("biophysics/millisecond/199x1", || millisecond(1)),
    ("biophysics/millisecond/199x8", || millisecond(8)),
    ("surrogate/stream/mh/1", || stream(Architecture::mh(), 1)),
    ("surrogate/stream/mh/8", || stream(Architecture::mh(), 8)),
    ("surrogate/stream/mmoe/1", || stream(Architecture::mmoe(), 1)),
];

fn main() {
    // on this thread, the only one that is counted
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().unwrap();
    match std::env::args().nth(1) {
        Some(name) => WORK.iter().find(|(found, _)| *found == name).unwrap().1(),
        None => WORK.iter().for_each(|(name, _)| println!("{name}")),
    }
}

/// What is counted: all that is called from here.
#[inline(never)]
fn measured<T>(work: impl FnOnce() -> T) {
    black_box(work());
}

/// A soma, a basal and an apical dendrite of 2 mm each, a point every 2 µm.
fn file() -> String {
    let mut file = "1 1 0 0 0 8 -1\n".to_owned();
    for (section_type, sign, first) in [(3, '-', 2), (4, ' ', 1002)] {
        for k in 0..1000 {
            let (id, y) = (first + k, 8 + 2 * k);
            let parent = if k == 0 { 1 } else { id - 1 };
            file += &format!("{id} {section_type} 0 {sign}{y}.25 0 1 {parent}\n");
        }
    }
    file.replace("  ", " ")
}

fn tree() -> CompartmentTree {
    let morphology = read_swc(file().as_bytes(), &ImportOptions::default()).unwrap().morphology;
    let tree = CompartmentTree::new(morphology, &MaxLength::default()).unwrap();
    assert_eq!(tree.len(), 199);
    tree
}

fn read() {
    let file = file();
    measured(|| read_swc(file.as_bytes(), &ImportOptions::default()).unwrap());
}

fn divide() {
    let morphology = tree().morphology().clone();
    measured(|| {
        let tree = CompartmentTree::new(morphology, &MaxLength::default()).unwrap();
        AxialTree::new(&tree, 100.0).unwrap()
    });
}

fn draw_input() {
    let trees = DendriticTrees::basal_and_apical(&tree().compartment_table()).unwrap();
    measured(|| InputProcess::default().generate(1, 0, 1000, &trees).unwrap());
}

fn fill_matrix() {
    let (geometry, electrodes) = (tree().geometry(), column(64));
    measured(|| TransferMatrix::new(&LineSource::default(), &geometry, &electrodes).unwrap());
}

fn apply_matrix() {
    let geometry = tree().geometry();
    let matrix = TransferMatrix::new(&LineSource::default(), &geometry, &column(6)).unwrap();
    let currents_na = vec![0.1; geometry.len() * 1000];
    measured(|| matrix.apply(&currents_na).unwrap());
}

/// Of neurons under synaptic input, after five.
fn millisecond(batch_size: usize) {
    let morphology = tree().morphology().clone().with_stub_axon();
    let tree = CompartmentTree::new(morphology, &MaxLength::default()).unwrap();
    let model = model_of(tree, Preset::Shai2015, true).unwrap();
    let mut simulation = bombarded(&model, batch_size, 10).unwrap();
    simulation.run(5.0, &mut ()).unwrap();
    measured(|| simulation.run(1.0, &mut ()).unwrap());
}

/// A predicted millisecond, events alone seen.
fn stream(architecture: Architecture, samples: usize) {
    let config = ModelConfig::new(200, 0, 101, architecture);
    let model = config.build(1, DType::F32, &Device::Cpu).unwrap();
    let offsets = (0..=samples).map(|sample| 15 * sample as u32).collect();
    let synapses = (0..15 * samples).map(|k| SynapseId::new(13 * k % 200)).collect();
    let events = BinnedEvents::new(offsets, synapses).unwrap();
    let input = ModelInput::new(samples, events.into(), None).unwrap();
    let mut stream = ModelStream::new(&*model, samples).unwrap();
    stream.advance(&*model, &input).unwrap();
    measured(|| stream.advance(&*model, &input).unwrap());
}
