//! Parity with NEURON 9.0.2 on the reference neuron.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::protocol::{Protocol, ProtocolStimuli};
use apical_biophysics::{
    CellModel, InstructionSet, Simulation, SimulationConfig, SpikeDetector, TraceRecorder,
};
use apical_core::{CompartmentId, EventTrain, SynapseId, SynapticEvent, Unit};
use apical_morphology::{CompartmentTree, ImportOptions, MaxLength, Site, import};
use serde_json::Value;

/// Voltages agree to this over whole runs with spikes, mV. Both programs do the same operations in another order, so
/// they differ by rounding, which spikes amplify; ten thousand times less than what one float32 bit of a diameter does.
const VOLTAGE_TOLERANCE_MV: f64 = 1e-5;

/// Voltages of all compartments are stored as float32: half a unit in the last place at 128 mV.
const FLOAT32_ROUNDING_MV: f64 = 3.9e-6;

/// The folder with the real reconstruction and NEURON's results, if this machine has it.
fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("APICAL_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: APICAL_REFERENCE is not set");
    }
    folder
}

/// The reference neuron: the reconstruction with the stub axon under the reference policy.
fn cell1(reference: &Path) -> CompartmentTree {
    let path = reference.join("cell1.asc");
    let morphology = import(&path, &ImportOptions::default()).unwrap().morphology;
    CompartmentTree::new(morphology.with_stub_axon(), &MaxLength::default()).unwrap()
}

/// The reference neuron with the channels of a preset and the synapses of the training data, every event released.
fn cell1_model(reference: &Path, preset: Preset) -> Arc<CellModel> {
    let builder = preset.paint(cell1(reference)).unwrap();
    Arc::new(training_synapses(builder, 1.0).build().unwrap())
}

fn read_json(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// All values of an npy file of this type, in C order.
fn read_npy<T: npyz::Deserialize>(path: &Path) -> Vec<T> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    npyz::NpyFile::new(&bytes[..]).unwrap().into_vec().unwrap()
}

/// The largest difference of two traces; they must be equally long.
fn max_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn folder(reference: &Path, preset: Preset) -> PathBuf {
    reference.join(format!("{preset}_cell1"))
}

#[test]
fn densities_equal_the_published_distribution() {
    let Some(reference) = reference() else { return };
    let channel_keys = [
        ("pas", "g_pas"),
        ("Ih", "gIhbar_Ih"),
        ("Im", "gImbar_Im"),
        ("Ca_LVAst", "gCa_LVAstbar_Ca_LVAst"),
        ("Ca_HVA", "gCa_HVAbar_Ca_HVA"),
        ("SKv3_1", "gSKv3_1bar_SKv3_1"),
        ("SK_E2", "gSK_E2bar_SK_E2"),
        ("K_Tst", "gK_Tstbar_K_Tst"),
        ("K_Pst", "gK_Pstbar_K_Pst"),
        ("Nap_Et2", "gNap_Et2bar_Nap_Et2"),
        ("NaTa_t", "gNaTa_tbar_NaTa_t"),
        ("NaTs2_t", "gNaTs2_tbar_NaTs2_t"),
    ];
    for preset in [Preset::Shai2015, Preset::Hay2011] {
        let expected = read_json(&folder(&reference, preset).join("densities.json"));
        let model = cell1_model(&reference, preset);
        for (channel, key) in channel_keys {
            let density = model.densities().iter().find(|(name, _)| *name == channel);
            let values = expected[key].as_array().unwrap();
            assert_eq!(values.len(), 642);
            for (i, value) in values.iter().enumerate() {
                let ours = density.and_then(|(_, density)| density.get(CompartmentId::new(i)));
                match (ours, value.as_f64()) {
                    (None, None) => {}
                    (Some(ours), Some(theirs)) => assert!(
                        (ours - theirs).abs() <= 1e-9 * theirs.abs(),
                        "{preset} {key} {i}: {ours} {theirs}"
                    ),
                    (ours, theirs) => panic!("{preset} {key} {i}: {ours:?} {theirs:?}"),
                }
            }
        }
    }
}

/// The compartment of a recording site of the reference runs.
fn site(tree: &CompartmentTree, meta: &Value, name: &str) -> CompartmentId {
    let at = |section: &str, x: f64| {
        let section = tree.morphology().section_named(section).unwrap();
        tree.compartment_at(Site::new(section, x).unwrap())
    };
    let stored =
        |key: &str| at(meta[key]["section"].as_str().unwrap(), meta[key]["x"].as_f64().unwrap());
    match name {
        "soma" => at("soma[0]", 0.5),
        "apic_distal" => stored("distal_site"),
        "apic_proximal" => stored("proximal_site"),
        "basal0" => at("dend[0]", 0.5),
        "axon1" => at("axon[1]", 0.5),
        _ => panic!("no such site: {name}"),
    }
}

/// Runs a protocol by every instruction set, alone and beside trials of rest in batches that are and are not whole vectors,
/// and compares all that the reference has of it.
fn compare(
    reference: &Path,
    preset: Preset,
    run: &str,
    stimuli: &ProtocolStimuli,
    events: Option<&EventTrain>,
    sites: &[&str],
) {
    let alone = InstructionSet::available().into_iter().map(|set| (set, 1));
    let best = InstructionSet::best();
    for (set, batch_size) in alone.chain([(best, 3), (best, 8)]) {
        println!("{set}, trial {} of {batch_size}:", batch_size - 1);
        let mut config = SimulationConfig::default();
        (config.instruction_set, config.batch_size) = (set, batch_size);
        compare_run(reference, preset, run, (stimuli, events), sites, config);
    }
}

/// The last trial of a batch, of which it is the only one with input.
fn compare_run(
    reference: &Path,
    preset: Preset,
    run: &str,
    (stimuli, events): (&ProtocolStimuli, Option<&EventTrain>),
    sites: &[&str],
    mut config: SimulationConfig,
) {
    let folder = folder(reference, preset);
    let meta_name = match (preset, run) {
        (_, "syn") => "meta_syn.json",
        (Preset::Shai2015, _) => "meta_geom_rest_steps_bac.json",
        _ => "meta_geom_steps_bac.json",
    };
    let meta = read_json(&folder.join(meta_name));
    let model = cell1_model(reference, preset);
    let ids: Vec<CompartmentId> =
        sites.iter().map(|name| site(model.tree(), &meta, name)).collect();
    let all: Vec<CompartmentId> = model.tree().iter().map(|(id, _)| id).collect();

    config.v_init_mv = stimuli.v_init_mv;
    let trial = config.batch_size - 1;
    let mut simulation = Simulation::new(model, config).unwrap();
    stimuli.inject(&mut simulation, trial).unwrap();
    if let Some(events) = events {
        simulation.schedule(trial, events).unwrap();
    }
    let mut traces = TraceRecorder::every_step(&ids);
    let mut every_ms = TraceRecorder::new(Unit::Millivolt, &all, 40);
    let mut currents = TraceRecorder::new(Unit::Nanoampere, &all, 40);
    let mut spikes = SpikeDetector::new(ids[0], -20.0);
    let mut observers = ((&mut traces, &mut spikes), (&mut every_ms, &mut currents));
    simulation.run(stimuli.duration_ms, &mut observers).unwrap();

    for (row, name) in sites.iter().enumerate() {
        let expected: Vec<f64> = read_npy(&folder.join(format!("{run}_v_{name}.npy")));
        let difference = max_difference(traces.trial(trial).row(row), &expected);
        println!("{preset} {run} {name}: max |Δv| = {difference:.2e} mV");
        assert!(difference <= VOLTAGE_TOLERANCE_MV, "{preset} {run} {name}: {difference:e} mV");
    }
    if let Some(expected) = meta[run]["spike_times_ms"].as_array() {
        let expected: Vec<i64> =
            expected.iter().map(|t| (t.as_f64().unwrap() / 0.025).round() as i64).collect();
        let found: Vec<i64> =
            spikes.times_ms(trial).iter().map(|t| (t / 0.025).round() as i64).collect();
        assert_eq!(found, expected, "{preset} {run}: spike times on the same step");
    }
    let columns = stimuli.duration_ms as usize;
    let stored = folder.join(format!("{run}_v_all_1ms.npy"));
    if stored.exists() {
        let expected: Vec<f32> = read_npy(&stored);
        let ours = every_ms.trial(trial);
        let mut largest = 0.0_f64;
        for (row, expected) in expected.chunks_exact(columns).enumerate() {
            let expected: Vec<f64> = expected.iter().map(|&v| f64::from(v)).collect();
            largest = largest.max(max_difference(&ours.row(row)[..columns], &expected));
        }
        println!("{preset} {run} all compartments: max |Δv| = {largest:.2e} mV");
        assert!(
            largest <= VOLTAGE_TOLERANCE_MV + FLOAT32_ROUNDING_MV,
            "{preset} {run}, all compartments: {largest:e} mV"
        );
    }
    let stored = folder.join(format!("{run}_imem_all_1ms.npy"));
    if stored.exists() {
        let expected: Vec<f64> = read_npy(&stored);
        let ours = currents.trial(trial);
        // At t = 0 NEURON has not computed currents yet.
        let mut largest = 0.0_f64;
        for (row, expected) in expected.chunks_exact(columns).enumerate() {
            largest = largest.max(max_difference(&ours.row(row)[1..columns], &expected[1..]));
        }
        println!("{preset} {run}: max |ΔI_m| = {largest:.2e} nA");
        // Voltages differ by less than 1e-5 mV; a compartment's axial conductance is below 10 µS.
        assert!(largest <= 1e-6, "{preset} {run}: membrane currents differ by {largest:e} nA");
    }
}

fn step(amplitude_na: f64) -> ProtocolStimuli {
    let mut stimuli = Protocol::Step.published();
    if let Some(pulse) = &mut stimuli.soma {
        pulse.amplitude_na = amplitude_na;
    }
    stimuli
}

const TWO_SITES: [&str; 2] = ["soma", "apic_distal"];

#[test]
fn shai2015_rest() {
    let Some(reference) = reference() else { return };
    compare(&reference, Preset::Shai2015, "rest", &Protocol::Rest.published(), None, &TWO_SITES);
}

#[test]
fn shai2015_subthreshold_step() {
    let Some(reference) = reference() else { return };
    compare(&reference, Preset::Shai2015, "step_0.4", &step(0.4), None, &TWO_SITES);
}

#[test]
fn shai2015_step() {
    let Some(reference) = reference() else { return };
    compare(&reference, Preset::Shai2015, "step_0.793", &step(0.793), None, &TWO_SITES);
}

#[test]
fn hay2011_weak_step() {
    let Some(reference) = reference() else { return };
    compare(&reference, Preset::Hay2011, "step_0.4", &step(0.4), None, &TWO_SITES);
}

#[test]
fn hay2011_step() {
    let Some(reference) = reference() else { return };
    compare(&reference, Preset::Hay2011, "step_0.793", &step(0.793), None, &TWO_SITES);
}

fn apical_protocols(preset: Preset) {
    let Some(reference) = reference() else { return };
    for (protocol, run) in [
        (Protocol::Bap, "bac_BAP"),
        (Protocol::Epsp, "bac_EPSP"),
        (Protocol::Bac, "bac_BAC"),
        (Protocol::CaBurst, "bac_CaBurst"),
    ] {
        compare(&reference, preset, run, &protocol.published(), None, &TWO_SITES);
    }
}

#[test]
fn shai2015_apical_protocols() {
    apical_protocols(Preset::Shai2015);
}

#[test]
fn hay2011_apical_protocols() {
    apical_protocols(Preset::Hay2011);
}

#[test]
fn shai2015_synaptic_bombardment() {
    let Some(reference) = reference() else { return };
    let dendritic = cell1(&reference).compartment_table().dendritic().count();
    assert_eq!(dendritic, 639);
    let mut events = Vec::new();
    for (file, offset) in [("excitatory", 0), ("inhibitory", dendritic)] {
        let path = reference.join("shai2015_cell1").join(format!("syn_{file}_events.npy"));
        // Rows of compartment and time, stored column by column.
        let columns: Vec<i32> = read_npy(&path);
        let (compartments, times_ms) = columns.split_at(columns.len() / 2);
        events.extend(compartments.iter().zip(times_ms).map(|(&compartment, &time_ms)| {
            SynapticEvent {
                synapse: SynapseId::new(compartment as usize + offset),
                time_ms: f64::from(time_ms),
            }
        }));
    }
    let events = EventTrain::new(events).unwrap();
    assert_eq!(events.len(), 8435 + 2952);
    compare(
        &reference,
        Preset::Shai2015,
        "syn",
        &Protocol::Synaptic.published(),
        Some(&events),
        &["soma", "apic_distal", "apic_proximal", "basal0", "axon1"],
    );
}
