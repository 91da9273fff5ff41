//! Every reader of files, given any bytes. It reads or refuses; it never panics, and takes no more time and memory than what
//! it was given is worth.
//!
//! `cargo xtask fuzz` searches for bytes that break this, with cargo-fuzz; what it has found is in the tests of the reader.
//! `tests/` gives each reader damaged files in every run of the tests.
#![expect(
    clippy::missing_panics_doc,
    clippy::expect_used,
    reason = "a reader that breaks its promises, or a seed that cannot be made, is a finding"
)]

mod files;
mod seeds;

use apical::core::{NeuronModel, TrialInput, TrialSource};
use apical::dataset::store::{Manifest, Store, verify};
use apical::extracellular::Probe;
use apical::input::{NeuronioFiles, read_electrodes, read_events, read_matrix};
use apical::morphology::{
    CompartmentTree, Import, ImportOptions, MaxLength, MorphologyError, read_neurolucida, read_swc,
    write_swc,
};
use apical::surrogate::{Checkpoint, Predictor};
use candle_core::Device;

use crate::files::{replaced_in_dataset, with_file};

/// A reader, and files that it reads, to be damaged.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Of the program of cargo-fuzz.
    pub name: &'static str,
    /// Panics where the reader breaks its promise.
    pub read: fn(&[u8]),
    /// Whole files.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const READERS: [Reader; 10] = [
    Reader { name: "swc", read: swc, seeds: seeds::swc },
    Reader { name: "neurolucida", read: neurolucida, seeds: seeds::neurolucida },
    Reader { name: "matrix", read: matrix, seeds: seeds::matrix },
    Reader { name: "events", read: events, seeds: seeds::events },
    Reader { name: "probe", read: probe, seeds: seeds::probe },
    Reader { name: "places", read: places, seeds: seeds::places },
    Reader { name: "checkpoint", read: checkpoint, seeds: seeds::checkpoint },
    Reader { name: "manifest", read: manifest, seeds: seeds::manifest },
    Reader { name: "dataset", read: dataset, seeds: seeds::dataset },
    Reader { name: "neuronio", read: neuronio, seeds: seeds::neuronio },
];

/// A reconstruction in SWC. What is read can be divided or is refused as too long, and what is written of it is read.
pub fn swc(bytes: &[u8]) {
    reconstruction(read_swc(bytes, &ImportOptions::default()));
}

/// A reconstruction of Neurolucida.
pub fn neurolucida(bytes: &[u8]) {
    reconstruction(read_neurolucida(bytes, &ImportOptions::default()));
}

fn reconstruction(read: Result<Import, MorphologyError>) {
    let Ok(import) = read else { return };
    let mut written = Vec::new();
    if write_swc(&import.morphology, &mut written).is_ok() {
        read_swc(&written, &ImportOptions::default()).expect("what is written is read");
    }
    if let Ok(tree) = CompartmentTree::new(import.morphology, &MaxLength::default()) {
        for record in tree.compartment_table().records() {
            assert!(record.area_um2.is_finite() && record.area_um2 >= 0.0, "{record:?}");
        }
    }
}

/// An npy file of voltages.
pub fn matrix(bytes: &[u8]) {
    with_file("v.npy", bytes, |path| {
        if let Ok(matrix) = read_matrix(path) {
            assert_eq!(matrix.values.len(), matrix.rows * matrix.columns);
            assert!(matrix.values.iter().all(|value| value.is_finite()));
        }
    });
}

/// An npy file of synaptic events.
pub fn events(bytes: &[u8]) {
    with_file("events.npy", bytes, |path| {
        if let Ok(train) = read_events(path, path, 5) {
            assert!(train.events().iter().all(|event| event.synapse.index() < 10));
        }
    });
}

/// A probe in the format of probeinterface. One that is read is written and read as the same.
pub fn probe(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(probes) = Probe::from_probeinterface(text) {
        let again = Probe::from_probeinterface(&Probe::to_probeinterface(&probes));
        again.expect("what is written is read");
    }
}

/// Electrodes as lines of text.
pub fn places(bytes: &[u8]) {
    with_file("places.csv", bytes, |path| {
        if let Ok(probe) = read_electrodes(path) {
            assert!(!probe.electrodes().is_empty());
        }
    });
}

/// A network. One that is read can say what comes next.
pub fn checkpoint(bytes: &[u8]) {
    with_file("network.safetensors", bytes, |path| {
        let Ok(Checkpoint { network, .. }) = Checkpoint::load(path, &Device::Cpu) else { return };
        let voltages = vec![-70.0; network.frame().tasks.compartments().len()];
        if let Ok(mut neuron) = Predictor::new(network.into(), 1, &voltages) {
            let _ = neuron.advance(&[TrialInput::default()]);
        }
    });
}

/// The manifest of a data set without trials.
pub fn manifest(bytes: &[u8]) {
    with_file("manifest.json", bytes, |path| {
        let folder = path.parent().expect("it is in a folder");
        let _ = Manifest::read(folder);
    });
}

/// The first byte says which file of a small data set is made of the others.
pub fn dataset(bytes: &[u8]) {
    let Some((&which, content)) = bytes.split_first() else { return };
    replaced_in_dataset(which, content, |folder| {
        let _ = verify(folder, |_| {});
        let Ok(store) = Store::open(folder) else { return };
        for trial in 0..store.trial_count().min(2) {
            let _ = store.trial(trial);
            let _ = store.soma_mv(trial);
        }
    });
}

/// Published simulations, as their converter leaves them.
pub fn neuronio(bytes: &[u8]) {
    with_file("simulations.npz", bytes, |path| {
        let folder = path.parent().expect("it is in a folder");
        let Ok(files) = NeuronioFiles::open(folder) else { return };
        for simulation in 0..files.simulations().min(2) {
            let _ = files.read(simulation);
        }
    });
}
