//! Parity with NEURON 9.0.2 on small made-up neurons, from `tests/data/ball_and_stick`.
//!
//! Each case is a file that holds all that defines the run, and NEURON's traces of it; `xtask/neuron/ball_and_stick.py`
//! wrote both. The neurons are built here from these definitions alone.

#![expect(clippy::print_stdout, reason = "differences measured, to see how far from the tolerance")]

use std::path::PathBuf;
use std::sync::Arc;

use apical_biophysics::channel::{
    CaHva, CaLvast, Ih, Im, KPst, KTst, NaTaT, NaTs2T, NapEt2, Pas, SkE2, Skv31, SquidPotassium,
    SquidSodium,
};
use apical_biophysics::synapse::{
    DoubleExponential, Exponential, SynapseModel, SynapticConductance, Waveform,
};
use apical_biophysics::{
    CalciumPool, CellModel, CellModelBuilder, ClampLevel, CurrentStep, Density, Integration,
    Simulation, SimulationConfig, SpikeDetector, Temperature, TraceRecorder, VoltageClamp,
};
use apical_core::{
    CompartmentId, EventTrain, SectionId, SectionType, SynapseId, SynapticEvent, Traces, Unit,
};
use apical_morphology::{
    Attachment, CompartmentTree, ExplicitCounts, Morphology, Section, SectionShape, Site,
};
use serde_json::Value;

/// Voltages agree to this over whole runs with spikes, mV. Both programs do the same operations, but NEURON takes every
/// slope conductance by a difference over 0.001 mV, whose rounding is some 1e-11 of it; spikes amplify that, to 1e-7 mV
/// in the run with the steepest ones.
const VOLTAGE_TOLERANCE_MV: f64 = 1e-6;

/// Without spikes nothing amplifies it; a clamp turns 1e-11 of its conductance into as much of a step of 70 mV.
const SUBTHRESHOLD_TOLERANCE_MV: f64 = 1e-9;

/// Relative; calcium integrates currents, so that differences of short duration count little.
const CALCIUM_TOLERANCE: f64 = 1e-10;

/// Of membrane and clamp currents, nA: conductances of at most 2 µS on the subthreshold tolerance.
const CURRENT_TOLERANCE_NA: f64 = 2e-9;

/// What counts as a spike, mV; the threshold that NEURON's traces are put to as well.
const SPIKE_THRESHOLD_MV: f64 = -20.0;

fn data(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/ball_and_stick");
    let path = folder.join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// A case: its definition, and which section is which.
struct Case {
    name: &'static str,
    definition: Value,
    sections: Vec<String>,
}

impl Case {
    fn read(name: &'static str) -> Self {
        let definition: Value = serde_json::from_slice(&data(&format!("{name}.json"))).unwrap();
        assert_eq!((text(&definition, "tool"), text(&definition, "version")), ("NEURON", "9.0.2"));
        let sections = list(&definition, "sections");
        let sections = sections.iter().map(|section| text(section, "name").to_owned()).collect();
        Self { name, definition, sections }
    }

    fn section(&self, name: &str) -> SectionId {
        SectionId::new(self.sections.iter().position(|section| section == name).unwrap())
    }

    /// The first section is the soma and the second, where there is one, a dendrite, so that they stay in this order.
    fn tree(&self) -> CompartmentTree {
        let definitions = list(&self.definition, "sections");
        let types = [SectionType::Soma, SectionType::Apical];
        let sections = definitions.iter().zip(types).map(|(section, section_type)| {
            let shape = SectionShape::Cylinder {
                length_um: number(section, "length_um"),
                diameter_um: number(section, "diameter_um"),
            };
            let attachment = section["parent"].as_str().map(|parent| Attachment {
                parent: self.section(parent),
                x: number(section, "parent_x"),
            });
            Section::new(section_type, shape, attachment)
        });
        let counts = definitions.iter().map(|s| number(s, "compartments") as usize).collect();
        let morphology = Morphology::new(sections.collect()).unwrap();
        CompartmentTree::new(morphology, &ExplicitCounts::new(counts)).unwrap()
    }

    fn compartment(&self, tree: &CompartmentTree, place: &Value) -> CompartmentId {
        let section = self.section(text(place, "section"));
        tree.compartment_at(Site::new(section, number(place, "x")).unwrap())
    }

    fn model(&self) -> CellModel {
        let tree = self.tree();
        let sections = list(&self.definition, "sections");
        let temperature = Temperature::celsius(number(&self.definition, "celsius"));
        let resistivity = number(&sections[0], "axial_resistivity_ohm_cm");
        for section in sections {
            assert_eq!(number(section, "axial_resistivity_ohm_cm"), resistivity);
        }
        // A value of each section, on those sections that have it.
        let painted = |value: &dyn Fn(&Value) -> Option<f64>| {
            self.sections.iter().zip(sections).fold(Density::default(), |density, (name, s)| {
                let ids: Vec<_> = tree.compartments_of(self.section(name)).collect();
                match value(s) {
                    Some(value) => density.and(Density::uniform(&ids, value)),
                    None => density,
                }
            })
        };
        let mut builder = CellModel::builder(tree.clone())
            .axial_resistivity_ohm_cm(resistivity)
            .temperature(temperature)
            .capacitance_uf_cm2(painted(&|section| Some(number(section, "cm_uf_cm2"))));
        if let Some(reversal) = self.definition.get("reversal_mv") {
            builder = builder.reversal_potentials_mv(number(reversal, "na"), number(reversal, "k"));
        }
        let mut keys: Vec<&str> = sections
            .iter()
            .flat_map(|section| section["densities"].as_object().unwrap().keys())
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let density = painted(&|section| section["densities"][key].as_f64());
            builder = match key {
                "g_pas" => builder.channel(leak(sections, "e_pas"), density),
                "gl_hh" => builder.channel(leak(sections, "el_hh"), density),
                "gnabar_hh" => builder.channel(SquidSodium::new(temperature), density),
                "gkbar_hh" => builder.channel(SquidPotassium::new(temperature), density),
                "e_pas" | "el_hh" | "decay_CaDynamics_E2" | "gamma_CaDynamics_E2" => builder,
                _ => paint(builder, key, density),
            };
        }
        for (name, section) in self.sections.iter().zip(sections) {
            let densities = &section["densities"];
            if let Some(gamma) = densities["gamma_CaDynamics_E2"].as_f64() {
                let pool = CalciumPool::new(number(densities, "decay_CaDynamics_E2"), gamma);
                let ids: Vec<_> = tree.compartments_of(self.section(name)).collect();
                builder = builder.calcium_pool(pool, &ids);
            }
        }
        for synapse in list(&self.definition, "synapses") {
            let compartment = self.compartment(&tree, synapse);
            builder = builder.synapses(synapse_model(synapse), &[compartment]);
        }
        builder.build().unwrap()
    }

    fn clamp(&self) -> Option<VoltageClamp> {
        let clamp = self.definition.get("clamp")?;
        let levels = list(clamp, "levels").iter().map(|level| ClampLevel {
            v_mv: level[0].as_f64().unwrap(),
            duration_ms: level[1].as_f64().unwrap(),
        });
        Some(VoltageClamp::new(levels.collect(), number(clamp, "resistance_mohm")).unwrap())
    }

    fn simulation(&self) -> Simulation {
        let model = self.model();
        let mut config = SimulationConfig::default();
        config.dt_ms = number(&self.definition, "dt_ms");
        config.v_init_mv = number(&self.definition, "v_init_mv");
        if self.definition["secondorder"] == 2 {
            config.integration = Integration::CrankNicolson;
        }
        let mut simulation = Simulation::new(Arc::new(model), config).unwrap();
        let tree = simulation.model().tree().clone();
        for step in list(&self.definition, "steps") {
            let stimulus = CurrentStep {
                delay_ms: number(step, "delay_ms"),
                duration_ms: number(step, "duration_ms"),
                amplitude_na: number(step, "amplitude_na"),
            };
            let compartment = self.compartment(&tree, step);
            simulation.inject(0, compartment, stimulus.build().unwrap()).unwrap();
        }
        if let Some(clamp) = self.clamp() {
            let compartment = self.compartment(&tree, &self.definition["clamp"]);
            simulation.clamp(0, compartment, clamp).unwrap();
        }
        let synapses = list(&self.definition, "synapses").iter().enumerate();
        let events = synapses.flat_map(|(i, synapse)| {
            list(synapse, "events_ms").iter().map(move |time| SynapticEvent {
                time_ms: time.as_f64().unwrap(),
                synapse: SynapseId::new(i),
            })
        });
        simulation.schedule(0, &EventTrain::new(events.collect()).unwrap()).unwrap();
        simulation
    }

    /// NEURON's trace of this name.
    fn expected(&self, array: &str) -> Vec<f64> {
        let bytes = data(text(&self.definition["arrays"][array], "file"));
        npyz::NpyFile::new(&bytes[..]).unwrap().into_vec().unwrap()
    }

    /// The names of NEURON's traces that begin so.
    fn arrays(&self, prefix: &str) -> Vec<String> {
        let arrays = self.definition["arrays"].as_object().unwrap();
        arrays.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    /// Runs the case with a recorder of all compartments; returns its traces.
    fn record(&self, unit: Unit) -> Traces {
        let mut simulation = self.simulation();
        let ids: Vec<_> = simulation.model().tree().iter().map(|(id, _)| id).collect();
        let mut recorder = TraceRecorder::new(unit, &ids, 1);
        simulation.run(number(&self.definition, "duration_ms"), &mut recorder).unwrap();
        recorder.trial(0)
    }

    /// Compares the voltage at every recorded place.
    fn check_voltages(&self, tolerance_mv: f64) {
        let (traces, tree) = (self.record(Unit::Millivolt), self.tree());
        for array in self.arrays("v_") {
            let row = self.compartment(&tree, &self.definition["arrays"][&array]).index();
            let found = max_difference(traces.row(row), &self.expected(&array));
            println!("{} {array}: max |Δv| = {found:.1e} mV", self.name);
            assert!(found <= tolerance_mv, "{} {array}: {found:e} mV", self.name);
        }
    }

    /// Compares spike times, of which there are `count`, to the step.
    fn check_spikes(&self, array: &str, count: usize) {
        let mut simulation = self.simulation();
        let place = &self.definition["arrays"][array];
        let compartment = self.compartment(simulation.model().tree(), place);
        let mut spikes = SpikeDetector::new(compartment, SPIKE_THRESHOLD_MV);
        simulation.run(number(&self.definition, "duration_ms"), &mut spikes).unwrap();
        let expected: Vec<f64> = self
            .expected(array)
            .windows(2)
            .enumerate()
            .filter(|(_, v)| v[0] < SPIKE_THRESHOLD_MV && v[1] >= SPIKE_THRESHOLD_MV)
            .map(|(step, _)| (step + 1) as f64 * simulation.config().dt_ms)
            .collect();
        assert_eq!(spikes.times_ms(0), expected, "{} {array}", self.name);
        assert_eq!(expected.len(), count, "{} {array}", self.name);
    }

    /// Compares the calcium concentration at every recorded place.
    fn check_calcium(&self) {
        for array in self.arrays("cai_") {
            let mut simulation = self.simulation();
            let place = &self.definition["arrays"][&array];
            let compartment = self.compartment(simulation.model().tree(), place);
            let mut largest = 0.0_f64;
            for (step, expected) in self.expected(&array).into_iter().enumerate() {
                if step > 0 {
                    simulation.step().unwrap();
                }
                let found = simulation.calcium_millimolar(0, compartment);
                largest = largest.max((found - expected).abs() / expected);
            }
            println!("{} {array}: max relative Δ[Ca] = {largest:.1e}", self.name);
            assert!(largest <= CALCIUM_TOLERANCE, "{} {array}: {largest:e}", self.name);
        }
    }
}

/// The leak, whose reversal potential is the same in all sections.
fn leak(sections: &[Value], key: &str) -> Pas {
    let reversal_potential_mv = number(&sections[0]["densities"], key);
    for section in sections {
        assert_eq!(number(&section["densities"], key), reversal_potential_mv);
    }
    Pas { reversal_potential_mv }
}

/// Paints a channel of the layer 5 presets by NEURON's name of its density.
fn paint(builder: CellModelBuilder, key: &str, density: Density) -> CellModelBuilder {
    match key {
        "gNaTa_tbar_NaTa_t" => builder.channel(NaTaT, density),
        "gNaTs2_tbar_NaTs2_t" => builder.channel(NaTs2T, density),
        "gNap_Et2bar_Nap_Et2" => builder.channel(NapEt2, density),
        "gK_Tstbar_K_Tst" => builder.channel(KTst, density),
        "gK_Pstbar_K_Pst" => builder.channel(KPst, density),
        "gSKv3_1bar_SKv3_1" => builder.channel(Skv31, density),
        "gSK_E2bar_SK_E2" => builder.channel(SkE2, density),
        "gImbar_Im" => builder.channel(Im, density),
        "gCa_HVAbar_Ca_HVA" => builder.channel(CaHva, density),
        "gCa_LVAstbar_Ca_LVAst" => builder.channel(CaLvast, density),
        "gIhbar_Ih" => builder.channel(Ih::default(), density),
        _ => panic!("no such density: {key}"),
    }
}

/// A synapse whose events have weight 1: their weight in NEURON goes into the peak conductance.
fn synapse_model(definition: &Value) -> SynapseModel {
    let weight = number(definition, "weight");
    let parameter = |key| number(&definition["parameters"], key);
    let scaled = |model: SynapseModel| {
        let components = model.components().iter().cloned().map(|mut component| {
            component.peak_conductance_us *= weight;
            component
        });
        SynapseModel::new(model.name(), components.collect())
    };
    let single = |name: &str, waveform| {
        let component = SynapticConductance::new(waveform, weight, parameter("e"));
        SynapseModel::new(name, vec![component])
    };
    match text(definition, "mechanism") {
        "AmpaNmda" => scaled(SynapseModel::ampa_nmda()),
        "GabaA" => scaled(SynapseModel::gaba_a()),
        "ExpSyn" => {
            let kinetics = Exponential::new(parameter("tau")).unwrap();
            single("ExpSyn", Waveform::Exponential(kinetics))
        }
        "Exp2Syn" => {
            let kinetics = DoubleExponential::new(parameter("tau1"), parameter("tau2")).unwrap();
            single("Exp2Syn", Waveform::DoubleExponential(kinetics))
        }
        other => panic!("no such mechanism: {other}"),
    }
}

/// The largest difference of two traces; they must be equally long.
fn max_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn shai2015() {
    let case = Case::read("shai2015");
    case.check_voltages(VOLTAGE_TOLERANCE_MV);
    case.check_spikes("v_soma", 7);
    case.check_calcium();
}

#[test]
fn hay2011() {
    let case = Case::read("hay2011");
    case.check_voltages(VOLTAGE_TOLERANCE_MV);
    case.check_spikes("v_soma", 4);
    case.check_calcium();
}

/// NEURON's `secondorder = 2`.
#[test]
fn crank_nicolson() {
    let case = Case::read("crank_nicolson");
    assert_eq!(case.definition["secondorder"], 2);
    case.check_voltages(VOLTAGE_TOLERANCE_MV);
    case.check_spikes("v_soma", 7);
    case.check_calcium();
}

#[test]
fn axon_channels() {
    let case = Case::read("axon_channels");
    case.check_voltages(VOLTAGE_TOLERANCE_MV);
    case.check_spikes("v_soma", 7);
    case.check_calcium();
}

#[test]
fn hodgkin_huxley() {
    let case = Case::read("hodgkin_huxley");
    case.check_voltages(VOLTAGE_TOLERANCE_MV);
    case.check_spikes("v_start", 1);
    case.check_spikes("v_end", 1);
}

#[test]
fn built_in_synapses() {
    Case::read("built_in_synapses").check_voltages(SUBTHRESHOLD_TOLERANCE_MV);
}

#[test]
fn synapses() {
    let case = Case::read("synapses");
    case.check_voltages(SUBTHRESHOLD_TOLERANCE_MV);
    let (traces, tree) = (case.record(Unit::Nanoampere), case.tree());
    for array in case.arrays("i_membrane_") {
        let row = case.compartment(&tree, &case.definition["arrays"][&array]).index();
        // At t = 0 NEURON has not computed currents yet.
        let found = max_difference(&traces.row(row)[1..], &case.expected(&array)[1..]);
        println!("synapses {array}: max |ΔI_m| = {found:.1e} nA");
        assert!(found <= CURRENT_TOLERANCE_NA, "{array}: {found:e} nA");
    }
}

#[test]
fn voltage_clamp() {
    let case = Case::read("voltage_clamp");
    case.check_voltages(SUBTHRESHOLD_TOLERANCE_MV);
    let (clamp, traces) = (case.clamp().unwrap(), case.record(Unit::Millivolt));
    let half_step_ms = 0.5 * number(&case.definition, "dt_ms");
    let soma = case.compartment(&case.tree(), &case.definition["clamp"]).index();
    // The current of a step flows at the voltage after it, towards the command in the middle of it.
    let currents: Vec<f64> = traces.times_ms()[1..]
        .iter()
        .zip(&traces.row(soma)[1..])
        .map(|(time_ms, v_mv)| clamp.current_na(time_ms - half_step_ms, *v_mv))
        .collect();
    let found = max_difference(&currents, &case.expected("i_clamp")[1..]);
    println!("voltage_clamp: max |ΔI| = {found:.1e} nA");
    assert!(found <= CURRENT_TOLERANCE_NA, "clamp current: {found:e} nA");
}
