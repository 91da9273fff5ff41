//! What must hold whatever the numbers are: conservation, determinism, one solution by three ways.

use std::sync::Arc;

use apical_biophysics::channel::{ChannelKinetics, Gate, Ih, Ion, Pas, RateContext};
use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::synapse::{ShortTermPlasticity, SynapseModel};
use apical_biophysics::{
    BiophysicsError, CalciumPool, CellModel, CellModelBuilder, CurrentStep, Density,
    InstructionSet, Real, Simulation, SimulationConfig, Snapshot, Stimulus, TraceRecorder,
};
use apical_core::{
    CompartmentId, EventTrain, InjectedCurrent, NeuronModel, SectionId, SectionType, StepObserver,
    StepView, SynapseId, SynapticEvent, TrialInput, Unit,
};
use apical_morphology::{
    Attachment, CompartmentTree, ExplicitCounts, MaxLength, Morphology, Point, Section,
    SectionShape,
};
use proptest::prelude::*;

/// A soma, a basal dendrite and a forking apical dendrite long enough for every protocol.
fn small_morphology() -> Morphology {
    let line = |from: [f64; 3], to: [f64; 3], diameters: [f64; 2]| {
        SectionShape::Points(vec![Point::new(from, diameters[0]), Point::new(to, diameters[1])])
    };
    let at = |parent, x| Some(Attachment { parent: SectionId::new(parent), x });
    let section = Section::new;
    Morphology::new(vec![
        section(SectionType::Soma, line([0.0, -10.0, 0.0], [0.0, 10.0, 0.0], [15.0, 15.0]), None),
        section(
            SectionType::Basal,
            line([0.0, -10.0, 0.0], [80.0, -150.0, 10.0], [1.5, 0.7]),
            at(0, 0.5),
        ),
        section(
            SectionType::Apical,
            line([0.0, 10.0, 0.0], [5.0, 700.0, 0.0], [5.0, 3.0]),
            at(0, 0.5),
        ),
        section(
            SectionType::Apical,
            line([5.0, 700.0, 0.0], [150.0, 950.0, 20.0], [1.6, 0.8]),
            at(2, 1.0),
        ),
        section(
            SectionType::Apical,
            line([5.0, 700.0, 0.0], [-90.0, 1000.0, -30.0], [1.6, 0.8]),
            at(2, 1.0),
        ),
    ])
    .unwrap()
}

fn small_model(release_probability: f64) -> Arc<CellModel> {
    let tree =
        CompartmentTree::new(small_morphology().with_stub_axon(), &MaxLength::default()).unwrap();
    let builder = Preset::Shai2015.paint(tree).unwrap();
    Arc::new(training_synapses(builder, release_probability).build().unwrap())
}

fn step(delay_ms: f64, duration_ms: f64, amplitude_na: f64) -> Stimulus {
    CurrentStep { delay_ms, duration_ms, amplitude_na }.build().unwrap()
}

fn config(batch_size: usize) -> SimulationConfig {
    let mut config = SimulationConfig::default();
    config.batch_size = batch_size;
    config.seed = 11;
    config
}

/// Deterministic, irregular events on all synapses, another train for each trial.
fn events(model: &CellModel, trial: usize, duration_ms: usize) -> EventTrain {
    let synapses = model.synapse_count();
    let mut state = 0x9e37_79b9_u32 ^ trial as u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize
    };
    let events = (0..duration_ms * 3).map(|_| SynapticEvent {
        time_ms: (next() % duration_ms) as f64,
        synapse: SynapseId::new(next() % synapses),
    });
    EventTrain::new(events.collect()).unwrap()
}

fn all(model: &CellModel) -> Vec<CompartmentId> {
    model.tree().iter().map(|(id, _)| id).collect()
}

#[test]
fn membrane_currents_sum_to_the_injected_current_and_equal_the_axial_operator() {
    let model = small_model(1.0);
    let mut simulation = Simulation::new(model.clone(), config(1)).unwrap();
    simulation.schedule(0, &events(&model, 0, 60)).unwrap();
    let soma = CompartmentId::new(0);
    simulation.inject(0, soma, step(10.0, 30.0, 0.8)).unwrap();
    let ids = all(&model);
    let mut voltages = TraceRecorder::every_step(&ids);
    let mut currents = TraceRecorder::new(Unit::Nanoampere, &ids, 1);
    simulation.run(60.0, &mut (&mut voltages, &mut currents)).unwrap();

    let operator = model.axial_tree().membrane_current_operator();
    let (voltages, currents) = (voltages.trial(0), currents.trial(0));
    let peak = voltages.row(0).iter().copied().fold(f64::MIN, f64::max);
    assert!(peak > 0.0, "the run has a spike, or the sums would prove little");
    for (step, &time_ms) in voltages.times_ms().iter().enumerate() {
        let v: Vec<f64> = (0..ids.len()).map(|i| voltages.row(i)[step]).collect();
        let i_m: Vec<f64> = (0..ids.len()).map(|i| currents.row(i)[step]).collect();
        let middle_ms = time_ms - 0.0125;
        let injected = if (10.0..40.0).contains(&middle_ms) { 0.8 } else { 0.0 };
        // Currents of some 10 nA are summed: rounding is 1e-15 of that per compartment.
        let sum: f64 = i_m.iter().sum();
        assert!((sum - injected).abs() < 1e-9, "{time_ms} ms: Σ I_m = {sum}, injected {injected}");
        for (row, entries) in operator.outer_iterator().enumerate() {
            let axial: f64 = entries.iter().map(|(column, g)| g * v[column]).sum();
            let expected = axial + if row == 0 { injected } else { 0.0 };
            assert!(
                (i_m[row] - expected).abs() < 1e-9,
                "{time_ms} ms, compartment {row}: {} by balance, {expected} by B·v",
                i_m[row]
            );
        }
    }
}

#[test]
fn a_snapshot_restores_to_the_bit() {
    let model = small_model(0.6);
    let ids = all(&model);
    let train = events(&model, 0, 40);
    let run = |simulation: &mut Simulation| {
        let mut recorder = TraceRecorder::every_step(&ids);
        simulation.run(20.0, &mut recorder).unwrap();
        recorder.trial(0).values().to_vec()
    };
    let mut simulation = Simulation::new(model.clone(), config(1)).unwrap();
    simulation.schedule(0, &train).unwrap();
    run(&mut simulation);
    let snapshot = simulation.snapshot();
    let expected = run(&mut simulation);

    let soma = CompartmentId::new(0);
    simulation.restore(&snapshot).unwrap();
    assert_eq!(NeuronModel::voltages_mv(&simulation)[0], simulation.voltage_mv(0, soma));
    assert_eq!(run(&mut simulation), expected, "the same simulation");
    simulation.step().unwrap();
    assert_eq!(NeuronModel::voltages_mv(&simulation)[0], simulation.voltage_mv(0, soma));

    let text = serde_json::to_string(&snapshot).unwrap();
    let read: Snapshot = serde_json::from_str(&text).unwrap();
    let mut other = Simulation::new(model, config(1)).unwrap();
    other.restore(&read).unwrap();
    assert_eq!(run(&mut other), expected, "another simulation, through a file");
}

#[test]
fn a_snapshot_of_another_model_is_refused() {
    let mut simulation = Simulation::new(small_model(1.0), config(1)).unwrap();
    let mut slower = config(1);
    slower.dt_ms = 0.05;
    for config in [config(2), slower] {
        let other = Simulation::new(small_model(1.0), config).unwrap();
        let refused = simulation.restore(&other.snapshot());
        assert!(matches!(refused, Err(BiophysicsError::ForeignSnapshot)));
    }
}

#[test]
fn a_trial_does_not_depend_on_its_batch() {
    let model = small_model(0.6);
    let soma = CompartmentId::new(0);
    let alone: Vec<Vec<f64>> = (0..3)
        .map(|trial| {
            let mut config = config(1);
            config.first_trial = trial as u64;
            let mut simulation = Simulation::new(model.clone(), config).unwrap();
            simulation.schedule(0, &events(&model, trial, 40)).unwrap();
            let mut recorder = TraceRecorder::every_step(&all(&model));
            simulation.run(40.0, &mut recorder).unwrap();
            recorder.trial(0).values().to_vec()
        })
        .collect();
    let mut batch = Simulation::new(model.clone(), config(3)).unwrap();
    for trial in 0..3 {
        batch.schedule(trial, &events(&model, trial, 40)).unwrap();
    }
    let mut recorder = TraceRecorder::every_step(&all(&model));
    batch.run(40.0, &mut recorder).unwrap();
    for (trial, alone) in alone.iter().enumerate() {
        assert_eq!(recorder.trial(trial).values(), alone, "trial {trial}, bitwise");
    }
    assert_ne!(recorder.trial(0).row(0), recorder.trial(1).row(0), "trials differ");
    assert!(batch.voltage_mv(0, soma).is_finite());
}

#[test]
fn milliseconds_of_the_neuron_model_are_the_run() {
    let model = small_model(1.0);
    let train = events(&model, 0, 30);
    let mut whole = Simulation::new(model.clone(), config(1)).unwrap();
    whole.schedule(0, &train).unwrap();
    let mut recorder = TraceRecorder::new(Unit::Millivolt, &all(&model), 40);
    whole.run(30.0, &mut recorder).unwrap();
    let expected = recorder.trial(0);

    let mut stepwise = Simulation::new(model, config(1)).unwrap();
    for round in 0..2 {
        for ms in 0..30 {
            for (row, v) in NeuronModel::voltages_mv(&stepwise).iter().enumerate() {
                assert_eq!(*v, expected.row(row)[ms], "round {round}, {ms} ms, compartment {row}");
            }
            let input = TrialInput { events: train.bin(ms), injected: &[] };
            stepwise.advance(&[input]).unwrap();
        }
        stepwise.reset();
    }
    let soma = CompartmentId::new(0);
    let injected = [InjectedCurrent { compartment: soma, current_na: 1.0 }];
    stepwise.inject(0, soma, step(0.0, 1.0, 1.0)).unwrap();
    stepwise.remove_stimuli();
    let before = stepwise.voltage_mv(0, soma);
    stepwise.advance(&[TrialInput { events: &[], injected: &injected }]).unwrap();
    assert!(stepwise.voltage_mv(0, soma) > before + 1.0, "an injected current depolarises");

    // A millisecond that is refused leaves nothing behind.
    stepwise.reset();
    let nowhere = [SynapticEvent { time_ms: 0.0, synapse: SynapseId::new(100_000) }];
    let refused = stepwise.advance(&[TrialInput { events: &nowhere, injected: &injected }]);
    assert!(matches!(refused, Err(BiophysicsError::NoSuchSynapse { .. })));
    stepwise.run(1.0, &mut ()).unwrap();
    let alone = stepwise.voltage_mv(0, soma);
    stepwise.reset();
    stepwise.run(1.0, &mut ()).unwrap();
    assert_eq!(stepwise.voltage_mv(0, soma), alone);
}

/// An event whose nearest step boundary lies in the next millisecond waits for it, and is in snapshots till then.
#[test]
fn events_between_boundaries_act_at_the_nearest() {
    let model = small_model(1.0);
    let event = |time_ms, synapse| SynapticEvent { time_ms, synapse: SynapseId::new(synapse) };
    let train = vec![event(0.99, 3), event(1.0, 4), event(1.3, 5), event(2.999, 3)];
    let train = EventTrain::new(train).unwrap();
    let mut whole = Simulation::new(model.clone(), config(1)).unwrap();
    whole.schedule(0, &train).unwrap();
    whole.run(5.0, &mut ()).unwrap();
    let mut stepwise = Simulation::new(model.clone(), config(1)).unwrap();
    for ms in 0..5 {
        let input = TrialInput { events: train.bin(ms), injected: &[] };
        stepwise.advance(&[input]).unwrap();
        let snapshot = stepwise.snapshot();
        stepwise = Simulation::new(model.clone(), config(1)).unwrap();
        stepwise.restore(&snapshot).unwrap();
    }
    assert_eq!(stepwise.snapshot(), whole.snapshot());
}

#[test]
fn runaway_voltages_stop_the_run_with_place_and_time() {
    let mut simulation = Simulation::new(small_model(1.0), config(1)).unwrap();
    let soma = CompartmentId::new(0);
    simulation.inject(0, soma, step(1.0, 5.0, 1e6)).unwrap();
    match simulation.run(5.0, &mut ()) {
        Err(BiophysicsError::Runaway { compartment, trial, time_ms, v_mv, previous_v_mv }) => {
            assert_eq!((compartment, trial), (soma, 0));
            assert!((1.0..1.2).contains(&time_ms), "{time_ms}");
            assert!(v_mv > 1000.0 && previous_v_mv < v_mv);
        }
        other => panic!("{other:?}"),
    }
}

/// A voltage that is not a number is told with the last one that was.
#[test]
fn a_voltage_that_is_no_number_stops_the_run_with_the_last_that_was() {
    /// A conductance that is not a number.
    #[derive(Debug)]
    struct Broken;

    impl ChannelKinetics<0> for Broken {
        const NAME: &'static str = "broken";
        const ION: Ion = Ion::Potassium;
        const GATE_NAMES: [&'static str; 0] = [];

        fn rates<R: Real>(&self, _: RateContext<R>) -> [Gate<R>; 0] {
            []
        }

        fn conductance<R: Real>(&self, maximal: R, []: [R; 0]) -> R {
            maximal * f64::NAN
        }
    }

    let tree = CompartmentTree::new(small_morphology(), &MaxLength::default()).unwrap();
    let broken = CompartmentId::new(3);
    let model = CellModel::builder(tree).channel(Broken, Density::uniform(&[broken], 1e-4));
    let mut simulation = Simulation::new(model.build().unwrap().into(), config(1)).unwrap();
    match simulation.run(5.0, &mut ()) {
        Err(BiophysicsError::Runaway { time_ms, v_mv, previous_v_mv, .. }) => {
            assert!(v_mv.is_nan());
            assert_eq!((time_ms, previous_v_mv), (0.025, -76.0));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn bad_input_is_refused_by_name() {
    let tree = || CompartmentTree::new(small_morphology(), &MaxLength::default()).unwrap();
    let soma = [CompartmentId::new(0)];
    let twice = CellModel::builder(tree())
        .channel(
            Pas { reversal_potential_mv: -70.0 },
            Density::uniform(&soma, 1e-4).and(Density::uniform(&soma, 1e-4)),
        )
        .build();
    assert!(matches!(twice, Err(BiophysicsError::PaintedTwice { what: "pas", .. })));
    let pool = CalciumPool::new(80.0, 0.05);
    let pools = CellModel::builder(tree()).calcium_pool(pool, &soma).calcium_pool(pool, &soma);
    assert!(matches!(
        pools.build(),
        Err(BiophysicsError::PaintedTwice { what: "calcium pool", .. })
    ));
    for value in [-1e-4, f64::NAN] {
        let model =
            CellModel::builder(tree()).channel(Ih::default(), Density::uniform(&soma, value));
        assert!(matches!(model.build(), Err(BiophysicsError::Density { what: "Ih", .. })));
    }
    let partial = CellModel::builder(tree()).capacitance_uf_cm2(Density::uniform(&soma, 1.0));
    assert!(matches!(partial.build(), Err(BiophysicsError::NoCapacitance { .. })));
    let resistivity = CellModel::builder(tree()).axial_resistivity_ohm_cm(0.0);
    assert!(matches!(resistivity.build(), Err(BiophysicsError::Morphology(_))));
    let leak = Pas { reversal_potential_mv: f64::NAN };
    let leak = CellModel::builder(tree()).channel(leak, Density::uniform(&soma, 1e-4));
    assert!(matches!(leak.build(), Err(BiophysicsError::Parameter { owner: "pas", .. })));
    let mut component = SynapseModel::ampa_nmda().components()[1].clone();
    component.magnesium_block.as_mut().unwrap().half_block_millimolar = 0.0;
    let unblocked = SynapseModel::new("NMDA", vec![component]);
    let synapse = CellModel::builder(tree()).synapses(unblocked, &soma);
    assert!(matches!(synapse.build(), Err(BiophysicsError::Parameter { .. })));
    let probability = SynapseModel::gaba_a().with_release_probability(1.5);
    let synapse = CellModel::builder(tree()).synapses(probability, &soma);
    assert!(matches!(synapse.build(), Err(BiophysicsError::Parameter { .. })));

    let mut simulation = Simulation::new(small_model(1.0), config(1)).unwrap();
    let at = |time_ms, synapse| {
        EventTrain::new(vec![SynapticEvent { time_ms, synapse: SynapseId::new(synapse) }]).unwrap()
    };
    assert!(matches!(
        simulation.schedule(0, &at(1.0, 100_000)),
        Err(BiophysicsError::NoSuchSynapse { .. })
    ));
    assert!(matches!(
        simulation.schedule(1, &at(1.0, 0)),
        Err(BiophysicsError::NoSuchTrial { trial: 1, batch_size: 1 })
    ));
    simulation.run(2.0, &mut ()).unwrap();
    assert!(matches!(simulation.schedule(0, &at(1.0, 0)), Err(BiophysicsError::LateEvent { .. })));
}

#[test]
fn models_can_be_built_and_run_in_any_thread() {
    const fn goes_between_threads<T: Send + Sync>() {}
    goes_between_threads::<CellModelBuilder>();
    goes_between_threads::<CellModel>();
    goes_between_threads::<Simulation>();
}

#[test]
fn settings_are_read_as_far_as_they_are_given() {
    let read = serde_json::from_str::<SimulationConfig>;
    let mut expected = SimulationConfig::default();
    expected.batch_size = 8;
    assert_eq!(read(r#"{"batch_size": 8}"#).unwrap(), expected);
    let typo = read(r#"{"batch": 8}"#).unwrap_err();
    assert!(typo.to_string().contains("unknown field `batch`"), "{typo}");
}

/// What is refused of one trial is not taken of the others either: corrected, it arrives once.
#[test]
fn refused_input_changes_nothing() {
    let simulation = || Simulation::new(small_model(1.0), config(2)).unwrap();
    let event = |synapse| [SynapticEvent { time_ms: 0.0, synapse: SynapseId::new(synapse) }];
    let current = |current_na| [InjectedCurrent { compartment: CompartmentId::new(0), current_na }];
    let (first, second, nowhere) = (event(0), event(1), event(100_000));
    let (held, endless) = (current(0.1), current(f64::INFINITY));
    let input = [
        TrialInput { events: &first, injected: &held },
        TrialInput { events: &second, injected: &[] },
    ];

    let mut corrected = simulation();
    let before = corrected.snapshot();
    for wrong in [
        TrialInput { events: &nowhere, injected: &[] },
        TrialInput { events: &second, injected: &endless },
    ] {
        assert!(corrected.advance(&[input[0], wrong]).is_err());
        assert!(corrected.snapshot() == before);
    }
    corrected.advance(&input).unwrap();
    let mut expected = simulation();
    expected.advance(&input).unwrap();
    assert!(corrected.snapshot() == expected.snapshot());
}

#[test]
fn observers_may_be_a_list_made_at_run_time() {
    let model = small_model(1.0);
    let ids = all(&model);
    let recorders =
        || [Unit::Millivolt, Unit::Nanoampere].map(|unit| TraceRecorder::new(unit, &ids, 2));
    let run = |observer: &mut dyn StepObserver| {
        let mut simulation = Simulation::new(Arc::clone(&model), config(1)).unwrap();
        simulation.run(1.0, observer).unwrap();
    };
    let [mut voltages, mut currents] = recorders();
    run(&mut (&mut voltages, &mut currents));
    let [mut first, mut second] = recorders();
    let mut list: Vec<Box<dyn StepObserver + '_>> = vec![Box::new(&mut first)];
    list.push(Box::new(&mut second));
    run(&mut list);
    drop(list);
    assert_eq!(first.trial(0), voltages.trial(0));
    assert_eq!(second.trial(0), currents.trial(0));
    assert!(second.trial(0).values().iter().any(|&na| na != 0.0));
}

#[test]
#[should_panic(expected = "a batch of another size")]
fn a_recorder_is_of_one_batch_size() {
    let mut recorder = TraceRecorder::every_step(&[CompartmentId::new(0)]);
    recorder.observe(&StepView::new(0, 0.0, 1, &[-70.0], &[]));
    recorder.observe(&StepView::new(1, 0.025, 2, &[-70.0, -71.0], &[]));
}

/// As on a neuron without dendrites: nothing to do is not an error.
#[test]
fn a_group_of_no_synapses_does_nothing() {
    let tree = CompartmentTree::new(small_morphology(), &MaxLength::default()).unwrap();
    let soma = [CompartmentId::new(0)];
    let model = CellModel::builder(tree)
        .synapses(SynapseModel::ampa_nmda(), &[])
        .synapses(SynapseModel::new("without conductances", vec![]), &soma)
        .synapses(SynapseModel::gaba_a(), &soma);
    let mut simulation = Simulation::new(model.build().unwrap().into(), config(2)).unwrap();
    let event = |synapse| SynapticEvent { time_ms: 0.0, synapse: SynapseId::new(synapse) };
    simulation.schedule(0, &EventTrain::new(vec![event(0), event(1)]).unwrap()).unwrap();
    simulation.run(1.0, &mut ()).unwrap();
    let [with, without] = [0, 1].map(|trial| simulation.voltage_mv(trial, soma[0]));
    assert!(with < without, "inhibition: {with} mV, {without} mV without");
}

#[test]
fn stochastic_release_has_its_probability_and_plasticity_its_effect() {
    let tree = || CompartmentTree::new(small_morphology(), &MaxLength::default()).unwrap();
    let dendrite: Vec<CompartmentId> = tree().compartment_table().dendritic().collect();
    let epsps = |model: SynapseModel| {
        let model = CellModel::builder(tree())
            .channel(Pas { reversal_potential_mv: -70.0 }, Density::uniform(&all_of(&tree()), 1e-4))
            .synapses(model, &dendrite[..1])
            .build()
            .unwrap();
        let mut config = SimulationConfig::default();
        config.v_init_mv = -70.0;
        let mut simulation = Simulation::new(model.into(), config).unwrap();
        let events = (0..400)
            .map(|k| SynapticEvent { time_ms: 50.0 * f64::from(k), synapse: SynapseId::new(0) });
        simulation.schedule(0, &EventTrain::new(events.collect()).unwrap()).unwrap();
        let mut recorder = TraceRecorder::every_step(&dendrite[..1]);
        simulation.run(20_000.0, &mut recorder).unwrap();
        let trace = recorder.trial(0);
        // By how much each event hyperpolarises within its 50 ms.
        trace.row(0)[..trace.row(0).len() - 1]
            .chunks(2000)
            .map(|w| w[0] - w.iter().copied().fold(f64::MAX, f64::min))
            .collect::<Vec<f64>>()
    };
    let inhibitory = SynapseModel::gaba_a;
    let released = epsps(inhibitory().with_release_probability(0.6));
    let count = released.iter().filter(|&&amplitude| amplitude > 0.05).count();
    // Binomial(400, 0.6): mean 240, standard deviation 9.8; five of them.
    assert!((191..=289).contains(&count), "{count} of 400 events released");
    let depressing =
        epsps(inhibitory().with_plasticity(ShortTermPlasticity::new(0.5, 200.0, 0.0).unwrap()));
    assert!(depressing[10] < 0.6 * depressing[0], "depression");
}

fn all_of(tree: &CompartmentTree) -> Vec<CompartmentId> {
    tree.iter().map(|(id, _)| id).collect()
}

/// A random tree of cylinders: each section's parent, place on it, length and diameter.
fn random_tree() -> impl Strategy<Value = CompartmentTree> {
    let section = (any::<prop::sample::Index>(), 0..3_u8, 5.0..300.0_f64, 0.3..8.0_f64, 1..6_usize);
    prop::collection::vec(section, 1..30).prop_map(|rows| {
        let counts = rows.iter().map(|row| row.4).collect();
        let sections =
            rows.iter().enumerate().map(|(i, (parent, x, length_um, diameter_um, _))| {
                let attachment = (i > 0).then(|| Attachment {
                    parent: SectionId::new(parent.index(i)),
                    x: f64::from(*x) / 2.0,
                });
                let shape =
                    SectionShape::Cylinder { length_um: *length_um, diameter_um: *diameter_um };
                Section::new(SectionType::Basal, shape, attachment)
            });
        let morphology = Morphology::new(sections.collect()).unwrap();
        CompartmentTree::new(morphology, &ExplicitCounts::new(counts)).unwrap()
    })
}

proptest! {
    #[test]
    fn hines_sparse_and_dense_solutions_agree(
        tree in random_tree(),
        seed in any::<u64>(),
        dt_ms in 0.001..1.0_f64,
    ) {
        let model = CellModel::builder(tree).build().unwrap();
        let cable = model.cable();
        let n = cable.node_count();
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut diagonal = cable.passive_diagonal(dt_ms);
        diagonal.iter_mut().for_each(|diagonal| *diagonal += 0.01 * next());
        let rhs: Vec<f64> = (0..n).map(|_| next() - 0.5).collect();
        let sparse = cable.to_sparse(&diagonal);

        let mut solution = rhs.clone();
        cable.solve(InstructionSet::best(), 1, &mut diagonal, &mut solution);

        let dense = nalgebra::DMatrix::from_row_slice(
            n, n, sparse.to_dense().as_slice().unwrap());
        let expected = dense.lu().solve(&nalgebra::DVector::from_column_slice(&rhs)).unwrap();
        let scale = expected.amax();
        for node in 0..n {
            prop_assert!((solution[node] - expected[node]).abs() <= 1e-10 * scale);
        }
        // The sparse matrix takes the solution back to the right-hand side.
        for (node, row) in sparse.outer_iterator().enumerate() {
            let terms: Vec<f64> = row.iter().map(|(j, a)| a * solution[j]).collect();
            let size: f64 = terms.iter().map(|term| term.abs()).sum();
            let back: f64 = terms.iter().sum();
            prop_assert!((back - rhs[node]).abs() <= 1e-10 * size.max(1.0));
        }
    }
}
