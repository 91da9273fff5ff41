//! Whole files of every format, small.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use apical::core::{
    BinnedEvents, CalciumEvent, CalciumRule, CompartmentId, CompartmentRecord, CompartmentTable,
    Region, SectionType, SynapseId, Trial, TrialLayout, TrialMarks,
};
use apical::dataset::store::{Manifest, StoreWriter, seal};
use apical::extracellular::Probe;
use apical::surrogate::{
    Architecture, Checkpoint, ExpertAccess, Frame, MixtureConfig, ModelConfig, Network, Residual,
    SeenInputs, Task, TaskTable, Trainer, TrainerConfig,
};
use candle_core::{DType, Device};
use npyz::{AutoSerialize, Order, WriteOptions, WriterBuilder};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::files::files_of_dataset;

const DURATION_MS: usize = 6;

pub(crate) fn swc() -> Vec<Vec<u8>> {
    reconstructions("swc")
}

pub(crate) fn neurolucida() -> Vec<Vec<u8>> {
    reconstructions("asc")
}

/// Those that are compared with NEURON.
fn reconstructions(extension: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/morphology/tests/data");
    let mut paths: Vec<_> = fs::read_dir(folder.join(extension))
        .expect("the reconstructions of tests are there")
        .map(|entry| entry.expect("their folder can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("they can be read")).collect()
}

fn npy<T: AutoSerialize>(order: Order, shape: &[u64], values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = WriteOptions::new().default_dtype().shape(shape).order(order);
    let mut writer = options.writer(&mut bytes).begin_nd().expect("the shape is one");
    writer.extend(values).expect("memory can be written");
    writer.finish().expect("values are as many as the shape says");
    bytes
}

pub(crate) fn matrix() -> Vec<Vec<u8>> {
    let values = [-70.0, -71.5, 20.0, -69.0, 0.0, 1e-3];
    vec![
        npy(Order::C, &[2, 3], &values),
        npy(Order::Fortran, &[3, 2], &values),
        npy(Order::C, &[6, 1], &values.map(|value| value as f32)),
    ]
}

pub(crate) fn events() -> Vec<Vec<u8>> {
    let events = [0, 3, 4, 17, 2, 2000];
    vec![
        npy::<i32>(Order::C, &[3, 2], &events),
        npy(Order::Fortran, &[3, 2], &events.map(i64::from)),
        npy(Order::C, &[1, 2], &[4_u8, 200]),
    ]
}

pub(crate) fn probe() -> Vec<Vec<u8>> {
    let probes = ["tetrode", "six", "laminar:n=4,pitch=50"].map(|text| {
        Probe::from_description(text, [0.0; 3]).expect("descriptions of the book are understood")
    });
    let one = Probe::to_probeinterface(&probes[..1]);
    vec![one.into_bytes(), Probe::to_probeinterface(&probes).into_bytes()]
}

pub(crate) fn places() -> Vec<Vec<u8>> {
    let texts =
        ["x,y,z\n30,0,-1.5\n1e2, 2, 3\n", "# a comment\n\n30 0\t-1.5  # the soma\r\n100 2 3"];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

fn layout() -> TrialLayout {
    let record = |section_type, region| CompartmentRecord::new(section_type, region, "section");
    let compartments = CompartmentTable::new(vec![
        record(SectionType::Soma, Region::Soma),
        record(SectionType::Apical, Region::Tuft),
    ]);
    let mut layout = TrialLayout::new(compartments, CompartmentId::new(0), 2, DURATION_MS);
    layout.calcium_site = Some(CompartmentId::new(1));
    layout.injection_sites = vec![CompartmentId::new(0)];
    layout
}

pub(crate) fn checkpoint() -> Vec<Vec<u8>> {
    let voltage = |k| Task::Voltage(CompartmentId::new(k));
    let tasks = [voltage(0), voltage(1), Task::Spike];
    let tasks = TaskTable::new(tasks.to_vec()).expect("tasks differ");
    let (mean, deviation) = (vec![-70.0; 2], vec![5.0; 2]);
    let (inputs, residual) = (SeenInputs::default(), Residual::Absolute);
    let frame = Frame::new(&layout(), tasks, inputs, residual, mean, deviation)
        .expect("the frame is that of the layout");
    let experts = vec![ExpertAccess::ExclusiveTo(0), ExpertAccess::Shared];
    let architectures = [
        Architecture::HardSharing { units: 2 },
        Architecture::Mixture(MixtureConfig::new(2, experts)),
    ];
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let path = folder.path().join("network.safetensors");
    let saved = architectures.into_iter().map(|architecture| {
        let mut config = ModelConfig::new(2, frame.numbers(), 3, architecture);
        config.temporal.channels = vec![2];
        config.temporal.taps = 2;
        config.window = 3;
        let model = config.build(1, DType::F32, &Device::Cpu).expect("sizes are possible");
        let trainer =
            Trainer::new(TrainerConfig::default(), &*model).expect("settings are possible");
        let network = Network::new(model, frame.clone(), layout()).expect("sizes agree");
        Checkpoint::save(&path, &network, Some(&trainer), json!({"seed": 1}))
            .expect("temporary files can be written");
        fs::read(&path).expect("it has been written")
    });
    saved.collect()
}

fn dataset_manifest() -> Manifest {
    let rule = "upward crossing of -20 mV".to_owned();
    Manifest::new(2, layout(), 4, rule, CalciumRule::default(), json!({"seed": 1}))
}

/// Of two trials.
pub(crate) fn write_dataset(folder: &Path) {
    let writer = StoreWriter::open(folder, &dataset_manifest()).expect("the folder is empty");
    for trial in 0..2 {
        let offsets = (0..=DURATION_MS as u32).collect();
        let synapses = (0..DURATION_MS).map(|bin| SynapseId::new(bin % 2)).collect();
        let events = BinnedEvents::new(offsets, synapses).expect("one event a bin");
        let voltage = |k: usize| -70.0 + ((k + trial) as f32).sin();
        let marks = TrialMarks {
            spikes_ms: vec![1.25],
            calcium_events: vec![CalciumEvent { onset_ms: 1.0, end_ms: 3.0, peak_mv: -10.0 }],
        };
        let injected = vec![0.1; DURATION_MS];
        let voltages = (0..2 * (DURATION_MS + 1)).map(voltage).collect();
        let made = Trial::new(&layout(), events, injected, voltages, marks)
            .expect("sizes are those of the layout");
        let soma = (0..=4 * DURATION_MS).map(voltage).collect();
        writer.write(trial, made, soma, json!({})).expect("temporary files can be written");
    }
    seal(folder).expect("all trials are there");
}

pub(crate) fn manifest() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    write_dataset(folder.path());
    let sealed = fs::read(folder.path().join("manifest.json")).expect("it has been written");
    vec![serde_json::to_vec(&dataset_manifest()).expect("it is JSON"), sealed]
}

pub(crate) fn dataset() -> Vec<Vec<u8>> {
    files_of_dataset()
}

pub(crate) fn neuronio() -> Vec<Vec<u8>> {
    const SEGMENTS: usize = 2;
    let header = json!({
        "format": "neuronio npz",
        "version": 1,
        "simulations": 1,
        "soma_samples_per_ms": 8,
        "params": {
            "totalSimDurationInSec": DURATION_MS as f64 / 1000.0,
            "randomSeed": 7,
            "listOfISIs": [1.0, 2.0],
            "allSegmentsType": ["basal", "apical"],
            "allSegmentsLength": [10.0, 40.0],
            "allSegments_DistFromSoma": [5.0, 20.0],
            "allSegments_SectionInd": [0, 1],
        },
    });
    let text = header.to_string().into_bytes();
    let bins = DURATION_MS as u64;
    let halves = |shape: &[u64], value: f32| {
        let values = vec![half::f16::from_f32(value); shape.iter().product::<u64>() as usize];
        npy(Order::C, shape, &values)
    };
    let members = [
        ("header", npy(Order::C, &[text.len() as u64], &text)),
        ("dendritic_mv_000", halves(&[SEGMENTS as u64, bins], -70.0)),
        ("soma_mv_000", halves(&[8 * bins], -70.0)),
        ("nexus_mv_000", halves(&[bins], -60.0)),
        ("excitatory_000", npy(Order::C, &[2, 2], &[1, 2, 0, 3])),
        ("inhibitory_000", npy(Order::C, &[1, 2], &[0, 2])),
        ("spikes_ms_000", halves(&[0], 0.0)),
    ];
    let pack = |options: SimpleFileOptions| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &members {
            zip.start_file(format!("{name}.npy"), options).expect("names differ");
            zip.write_all(bytes).expect("memory can be written");
        }
        zip.finish().expect("memory can be written").into_inner()
    };
    let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    vec![pack(SimpleFileOptions::default()), pack(plain)]
}
