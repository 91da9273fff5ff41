//! The generated cell under the published densities does what layer 5 pyramidal cells do: it rests, fires on a step,
//! and fires a burst with a dendritic calcium plateau when a back-propagating spike meets a distal EPSP.

use std::sync::Arc;

use apical_biophysics::preset::Preset;
use apical_biophysics::protocol::{
    Protocol, ProtocolStimuli, distal_compartment, soma_compartment,
};
use apical_biophysics::{CellModel, Simulation, SimulationConfig, SpikeDetector, TraceRecorder};
use apical_core::Traces;
use apical_morphology::{CompartmentTree, MaxLength, default_cell};

/// A dendrite above this is in a calcium plateau: back-propagating spikes alone pass it for 2 ms at most.
const PLATEAU_MV: f64 = -40.0;

fn model(preset: Preset) -> Arc<CellModel> {
    let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
    Arc::new(preset.paint(tree).unwrap().build().unwrap())
}

/// What an experimenter sees of one trial.
struct Outcome {
    spikes_ms: Vec<f64>,
    /// Time of the distal apical site above [`PLATEAU_MV`].
    plateau_ms: f64,
    /// Rows: soma, distal apical site.
    voltages: Traces,
}

/// The protocols, which start from one voltage, side by side.
fn run<const N: usize>(model: &Arc<CellModel>, protocols: &[ProtocolStimuli; N]) -> [Outcome; N] {
    let mut config = SimulationConfig::default();
    config.batch_size = N;
    config.v_init_mv = protocols[0].v_init_mv;
    let dt_ms = config.dt_ms;
    let mut simulation = Simulation::new(model.clone(), config).unwrap();
    for (trial, protocol) in protocols.iter().enumerate() {
        protocol.inject(&mut simulation, trial).unwrap();
    }
    let soma = soma_compartment(model.tree()).unwrap();
    let mut spikes = SpikeDetector::new(soma, -20.0);
    let mut voltages =
        TraceRecorder::every_step(&[soma, distal_compartment(model.tree()).unwrap()]);
    simulation.run(protocols[0].duration_ms, &mut (&mut spikes, &mut voltages)).unwrap();
    std::array::from_fn(|trial| {
        let traces = voltages.trial(trial);
        let above = traces.row(1).iter().filter(|&&v| v > PLATEAU_MV).count();
        Outcome {
            spikes_ms: spikes.times_ms(trial).to_vec(),
            plateau_ms: above as f64 * dt_ms,
            voltages: traces,
        }
    })
}

fn step(amplitude_na: f64) -> ProtocolStimuli {
    let mut protocol = Protocol::Step.published();
    protocol.soma.as_mut().unwrap().amplitude_na = amplitude_na;
    protocol
}

/// The ranges hold the resting potentials of both sets of densities on a reconstructed cell as well: I_h makes the
/// distal dendrite rest above the soma.
fn assert_rests(model: &Arc<CellModel>) {
    let [rest] = run(model, &[Protocol::Rest.published()]);
    assert!(rest.spikes_ms.is_empty());
    for (row, range) in [(0, -83.0..-74.0), (1, -79.0..-68.0)] {
        let v = rest.voltages.row(row);
        let (last, before) = (v[v.len() - 1], v[v.len() - 1 - 2000]);
        assert!(range.contains(&last), "row {row} rests at {last} mV");
        // 50 ms earlier: I_m and I_h settle within some 100 ms.
        assert!((last - before).abs() < 0.3, "row {row} still drifts: {before} to {last} mV");
    }
}

fn bac_firing(model: &Arc<CellModel>) -> [Outcome; 4] {
    run(
        model,
        &[Protocol::Bap, Protocol::Epsp, Protocol::Bac, Protocol::CaBurst].map(Protocol::published),
    )
}

#[test]
fn rests_with_the_densities_of_shai_2015() {
    assert_rests(&model(Preset::Shai2015));
}

#[test]
fn rests_with_the_densities_of_hay_2011() {
    assert_rests(&model(Preset::Hay2011));
}

#[test]
fn fires_on_a_step_with_the_densities_of_shai_2015() {
    let [weak, strong] = run(&model(Preset::Shai2015), &[step(0.4), step(0.793)]);
    assert!(weak.spikes_ms.is_empty(), "{:?}", weak.spikes_ms);
    assert!(strong.spikes_ms.len() >= 4, "{:?}", strong.spikes_ms);
    assert!(strong.spikes_ms.iter().all(|t| (100.0..501.0).contains(t)), "{:?}", strong.spikes_ms);
}

#[test]
fn fires_on_a_step_with_the_densities_of_hay_2011() {
    let [weak, strong] = run(&model(Preset::Hay2011), &[step(0.4), step(0.793)]);
    assert!(strong.spikes_ms.len() > weak.spikes_ms.len(), "{:?}", weak.spikes_ms);
    assert!(strong.spikes_ms.len() >= 5, "{:?}", strong.spikes_ms);
    assert!(strong.spikes_ms.iter().all(|t| (100.0..501.0).contains(t)), "{:?}", strong.spikes_ms);
}

/// Pulse or EPSP alone: one spike at most, and no plateau. Both, 5 ms apart: a burst on a long plateau.
fn assert_detects_coincidence(preset: Preset) {
    let [bap, epsp, bac, burst] = bac_firing(&model(preset));
    assert_eq!(bap.spikes_ms.len(), 1, "{:?}", bap.spikes_ms);
    assert!(bap.plateau_ms < 2.5, "{} ms", bap.plateau_ms);
    assert!(epsp.spikes_ms.is_empty() && epsp.plateau_ms == 0.0);
    assert!(bac.spikes_ms.len() >= 2, "{:?}", bac.spikes_ms);
    assert!(bac.plateau_ms > 20.0, "{} ms", bac.plateau_ms);
    assert!(!burst.spikes_ms.is_empty() && burst.plateau_ms > 20.0, "{:?}", burst.spikes_ms);
}

#[test]
fn bac_firing_with_the_densities_of_shai_2015() {
    assert_detects_coincidence(Preset::Shai2015);
}

#[test]
fn bac_firing_with_the_densities_of_hay_2011() {
    assert_detects_coincidence(Preset::Hay2011);
}
