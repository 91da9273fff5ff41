//! Bits and bounds of vector instructions, batches and threads, on a neuron that fires.

use std::sync::Arc;

use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::{
    BiophysicsError, CellModel, CurrentStep, InstructionSet, Integration, Simulation,
    SimulationConfig, SpikeDetector, TraceRecorder, run_trials,
};
use apical_core::{CompartmentId, EventTrain, SynapseId, SynapticEvent};
use apical_morphology::{CompartmentTree, MaxLength, default_cell};

const DURATION_MS: usize = 25;

fn model() -> Arc<CellModel> {
    let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
    Arc::new(training_synapses(Preset::Shai2015.paint(tree).unwrap(), 0.7).build().unwrap())
}

/// Events that differ from trial to trial.
fn events(model: &CellModel, trial: u64) -> EventTrain {
    let synapses = model.synapse_count();
    let events = (0..DURATION_MS * 19).map(|i| SynapticEvent {
        time_ms: (i / 19) as f64,
        synapse: SynapseId::new((i * 101 + trial as usize * 37) % synapses),
    });
    EventTrain::new(events.collect()).unwrap()
}

fn by(integration: Integration, set: InstructionSet, batch_size: usize) -> SimulationConfig {
    let mut config = config(set, batch_size);
    config.integration = integration;
    config
}

fn config(set: InstructionSet, batch_size: usize) -> SimulationConfig {
    let mut config = SimulationConfig::default();
    config.instruction_set = set;
    config.batch_size = batch_size;
    config.seed = 3;
    config
}

/// Every compartment of each of these trials, run as `config` says.
fn voltages_mv(
    model: &Arc<CellModel>,
    config: &SimulationConfig,
    trials: std::ops::Range<u64>,
) -> Vec<Vec<f64>> {
    let ids: Vec<CompartmentId> = model.tree().iter().map(|(id, _)| id).collect();
    let batches = run_trials(model, config, trials, |simulation, trials| {
        let pulse = CurrentStep { delay_ms: 2.0, duration_ms: 15.0, amplitude_na: 1.5 };
        for (place, trial) in trials.clone().enumerate() {
            simulation.schedule(place, &events(model, trial))?;
            simulation.inject(place, CompartmentId::new(0), pulse.build()?)?;
        }
        let mut recorder = TraceRecorder::every_step(&ids);
        simulation.run(DURATION_MS as f64, &mut recorder)?;
        let places = 0..trials.count();
        Ok::<_, BiophysicsError>(
            places.map(|place| recorder.trial(place).values().to_vec()).collect::<Vec<_>>(),
        )
    });
    batches.unwrap().concat()
}

#[test]
fn a_trial_has_the_same_bits_in_any_batch_at_any_place() {
    let model = model();
    let slower =
        InstructionSet::available().into_iter().filter(|set| *set != InstructionSet::best());
    let best = Integration::ALL.map(|integration| (InstructionSet::best(), integration));
    for (set, integration) in slower.map(|set| (set, Integration::ImplicitEuler)).chain(best) {
        let config = |batch_size| by(integration, set, batch_size);
        let alone = voltages_mv(&model, &config(1), 0..17);
        let soma_peak = alone[0][..DURATION_MS * 40].iter().copied().fold(f64::MIN, f64::max);
        assert!(soma_peak > 0.0, "a spike, or this would prove little");
        assert_ne!(alone[0], alone[1], "trials differ");
        // 17 trials are two whole vectors and a rest.
        for batch_size in [3, 8, 16, 17] {
            let batched = voltages_mv(&model, &config(batch_size), 0..17);
            for (trial, (batched, alone)) in batched.iter().zip(&alone).enumerate() {
                assert!(batched == alone, "{set}: trial {trial} in batches of {batch_size}");
            }
        }
        let later = voltages_mv(&model, &config(8), 5..10);
        assert!(later == alone[5..10], "{set}: other places");
    }
}

#[test]
fn threads_do_not_change_bits() {
    let model = model();
    let config = config(InstructionSet::best(), 4);
    let by_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| voltages_mv(&model, &config, 0..10))
    };
    let one = by_threads(1);
    for threads in [2, 5] {
        assert!(by_threads(threads) == one, "{threads} threads");
    }
}

/// Rounding differs from one instruction set to another, and spikes amplify it: an upstroke of 500 mV/ms makes 10⁻⁷ mV of a
/// difference of 2·10⁻¹⁰ ms in its time.
const BETWEEN_SETS_MV: f64 = 1e-7;

#[test]
fn instruction_sets_agree() {
    let model = model();
    for integration in Integration::ALL {
        let run = |set| voltages_mv(&model, &by(integration, set, 1), 0..1).concat();
        let best = run(InstructionSet::best());
        for set in InstructionSet::available() {
            let pairs = run(set).into_iter().zip(&best).map(|(a, b)| (a - b).abs());
            let largest = pairs.fold(0.0, f64::max);
            assert!(largest <= BETWEEN_SETS_MV, "{set}, {integration:?}: {largest:e} mV");
        }
    }
}

#[test]
fn settings_of_trials_are_checked_before_any_runs() {
    let run = |trials| {
        let nothing = |_: &mut Simulation, _| Ok::<_, BiophysicsError>(());
        run_trials(&model(), &config(InstructionSet::best(), 0), trials, nothing)
    };
    assert!(matches!(run(0..3), Err(BiophysicsError::Parameter { .. })));
    assert!(matches!(run(0..0), Err(BiophysicsError::Parameter { .. })));
}

/// A run that failed leaves numbers that are none in what a step works with; a snapshot is restored clean of them.
#[test]
fn a_snapshot_restores_after_a_failure() {
    let model = model();
    let soma = CompartmentId::new(0);
    for integration in Integration::ALL {
        let config = by(integration, InstructionSet::best(), 1);
        let mut simulation = Simulation::new(model.clone(), config).unwrap();
        simulation.schedule(0, &events(&model, 0)).unwrap();
        simulation.run(5.0, &mut ()).unwrap();
        let snapshot = simulation.snapshot();
        let run_on = |simulation: &mut Simulation| {
            simulation.run(5.0, &mut ()).unwrap();
            simulation.snapshot()
        };
        let expected = run_on(&mut simulation);

        let unheard_of = CurrentStep { delay_ms: 0.0, duration_ms: 100.0, amplitude_na: 1e300 };
        simulation.inject(0, soma, unheard_of.build().unwrap()).unwrap();
        simulation.inject(0, soma, unheard_of.build().unwrap()).unwrap();
        let failed = simulation.run(1.0, &mut ());
        assert!(matches!(failed, Err(BiophysicsError::Runaway { .. })), "{failed:?}");
        simulation.remove_stimuli();
        simulation.restore(&snapshot).unwrap();
        assert!(run_on(&mut simulation) == expected, "{integration}");

        let other = Integration::ALL.into_iter().find(|other| *other != integration).unwrap();
        let config = by(other, InstructionSet::best(), 1);
        let refused = Simulation::new(model.clone(), config).unwrap().restore(&snapshot);
        assert!(matches!(refused, Err(BiophysicsError::ForeignSnapshot)));
    }
}

#[test]
fn an_instruction_set_of_another_machine_is_refused() {
    let available = InstructionSet::available();
    let foreign = ["portable", "neon", "avx2", "avx512"]
        .map(|name| name.parse::<InstructionSet>().unwrap())
        .into_iter()
        .find(|set| !available.contains(set))
        .unwrap();
    assert!(matches!(
        Simulation::new(model(), config(foreign, 1)),
        Err(BiophysicsError::NoInstructionSet { set }) if set == foreign
    ));
    assert!("mmx".parse::<InstructionSet>().is_err());
}

/// Halving the step divides the error by four: somatic voltage before the first spike, with synapses and all channels. By
/// implicit Euler it is halved.
#[test]
fn crank_nicolson_is_of_second_order() {
    let model = model();
    let at_4_ms = |integration, dt_ms| {
        let mut config = by(integration, InstructionSet::best(), 1);
        config.dt_ms = dt_ms;
        let mut simulation = Simulation::new(model.clone(), config).unwrap();
        simulation.schedule(0, &events(&model, 0)).unwrap();
        let mut spikes = SpikeDetector::new(CompartmentId::new(0), -20.0);
        simulation.run(4.0, &mut spikes).unwrap();
        assert!(spikes.times_ms(0).is_empty());
        simulation.voltage_mv(0, CompartmentId::new(0))
    };
    let exact = at_4_ms(Integration::CrankNicolson, 0.000_5);
    for (integration, ratios) in
        [(Integration::ImplicitEuler, 1.8..2.2), (Integration::CrankNicolson, 3.5..4.5)]
    {
        let errors = [0.1, 0.05, 0.025].map(|dt_ms| (at_4_ms(integration, dt_ms) - exact).abs());
        for pair in errors.windows(2) {
            let ratio = pair[0] / pair[1];
            assert!(ratios.contains(&ratio), "{integration:?}: {ratio} of {errors:?}");
        }
    }
}
