//! The three cells that published training data come from.

use std::sync::Arc;

use apical_biophysics::channel::SkE2;
use apical_biophysics::preset::{Preset, TrainingCondition, training_synapses};
use apical_biophysics::protocol::soma_compartment;
use apical_biophysics::synapse::SynapseModel;
use apical_biophysics::{
    BiophysicsError, CellModel, CellModelBuilder, Density, Simulation, SimulationConfig,
    TraceRecorder,
};
use apical_core::{EventTrain, SynapseId, SynapticEvent};
use apical_morphology::{CompartmentTree, MaxLength, default_cell};

fn builder() -> CellModelBuilder {
    let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
    Preset::Shai2015.paint(tree).unwrap()
}

fn model(condition: TrainingCondition) -> CellModel {
    condition.apply(builder(), 1.0).build().unwrap()
}

fn sk(model: &CellModel) -> &Density {
    &model.densities().iter().find(|(name, _)| *name == "SK_E2").unwrap().1
}

/// Excitatory synapses are the published ones; the inhibitory ones are the same.
#[test]
fn synapses_of_every_condition() {
    let both = SynapseModel::ampa_nmda();
    for condition in TrainingCondition::ALL {
        let model = model(condition);
        let [excitatory, inhibitory] = model.synapses() else { panic!("two groups") };
        assert_eq!((excitatory.ids(), inhibitory.ids()), (0..639, 639..1278));
        assert_eq!(inhibitory.model(), &SynapseModel::gaba_a());
        let components = excitatory.model().components();
        if condition == TrainingCondition::Nmda {
            assert_eq!(components, both.components());
        } else {
            assert_eq!(components, &both.components()[..1]);
            assert!(components[0].magnesium_block.is_none());
        }
    }
}

/// The published script multiplies the conductance of each section; soma, axon and apical dendrite have it.
#[test]
fn a_tenth_of_the_sk_conductance() {
    let [nmda, ampa, reduced] = TrainingCondition::ALL.map(model);
    assert_eq!(sk(&nmda), sk(&ampa));
    for (&(id, full), &(same, tenth)) in sk(&ampa).values().iter().zip(sk(&reduced).values()) {
        assert_eq!((same, tenth), (id, full * 0.1));
    }
    assert_eq!(sk(&ampa).values().len(), sk(&reduced).values().len());
    let soma = soma_compartment(reduced.tree()).unwrap();
    assert_eq!(sk(&reduced).get(soma), Some(0.09965 * 0.1));
    // nothing else changes
    let others = |model: &CellModel| {
        model.densities().iter().filter(|(name, _)| *name != "SK_E2").cloned().collect::<Vec<_>>()
    };
    assert_eq!(others(&ampa), others(&reduced));
}

/// Somatic voltage, every time step, under a volley of 320 excitatory events from 10 to 20 ms.
fn after_a_burst(condition: TrainingCondition) -> Vec<f64> {
    let model = Arc::new(model(condition));
    let soma = soma_compartment(model.tree()).unwrap();
    let event = |k: usize| SynapticEvent {
        time_ms: 10.0 + (k % 10) as f64,
        synapse: SynapseId::new(k * 2),
    };
    let mut simulation = Simulation::new(model, SimulationConfig::default()).unwrap();
    simulation.schedule(0, &EventTrain::new((0..320).map(event).collect()).unwrap()).unwrap();
    let mut recorder = TraceRecorder::every_step(&[soma]);
    simulation.run(100.0, &mut recorder).unwrap();
    recorder.trial(0).row(0).to_vec()
}

/// NMDA receptors change when the soma fires, so that voltages differ by more than 10 mV then; with less SK the
/// afterhyperpolarization of the same burst is weaker.
#[test]
fn the_voltage_shows_it() {
    let [nmda, ampa, reduced] = TrainingCondition::ALL.map(after_a_burst);
    let difference = nmda.iter().zip(&ampa).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(difference > 10.0, "{difference} mV");
    for ms in 55..75 {
        let step = 40 * ms;
        assert!(reduced[step] > ampa[step] + 0.5, "{} and {} mV", reduced[step], ampa[step]);
    }
}

/// Factors multiply, whether they come before or after the channel.
#[test]
fn scaling_a_channel() {
    let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
    let soma = soma_compartment(&tree).unwrap();
    let model = CellModel::builder(tree)
        .scale_channel("SK_E2", 0.5)
        .channel(SkE2, Density::uniform(&[soma], 0.2))
        .scale_channel("SK_E2", 0.25)
        .build()
        .unwrap();
    assert_eq!(sk(&model), &Density::uniform(&[soma], 0.025));
}

#[test]
fn what_is_wrong_is_named() {
    let error = |builder: CellModelBuilder| builder.build().unwrap_err();
    let missing = error(builder().scale_channel("SK", 0.1));
    assert!(matches!(missing, BiophysicsError::NoSuchChannel { channel } if channel == "SK"));
    for factor in [-0.1, f64::NAN, f64::INFINITY] {
        let error = error(builder().scale_channel("SK_E2", factor));
        assert!(matches!(error, BiophysicsError::Parameter { .. }), "{error}");
    }
    let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
    let passive = Preset::Passive.paint(tree).unwrap();
    let error = error(TrainingCondition::AmpaReducedSk.apply(passive, 1.0));
    assert_eq!(error.to_string(), "there is no channel SK_E2 to scale");
}

#[test]
fn names() {
    for condition in TrainingCondition::ALL {
        assert_eq!(condition.to_string().parse::<TrainingCondition>().unwrap(), condition);
        let json = serde_json::to_string(&condition).unwrap();
        assert_eq!(json, format!("\"{condition}\""));
    }
    let error = "gaba".parse::<TrainingCondition>().unwrap_err().to_string();
    for condition in TrainingCondition::ALL {
        assert!(error.contains(&condition.to_string()));
    }
    assert_eq!(TrainingCondition::default(), TrainingCondition::Nmda);
    assert_eq!(
        training_synapses(builder(), 0.5).build().unwrap().synapses()[0].model(),
        &SynapseModel::ampa_nmda().with_release_probability(0.5)
    );
}
