//! Trials of a simulated neuron, and data sets of them.
#![cfg(all(feature = "generation", feature = "cli"))]

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use apical::ApicalError;
use apical::biophysics::preset::{Preset, training_synapses};
use apical::biophysics::protocol::{Protocol, soma_compartment};
use apical::biophysics::{CellModel, Simulation, SimulationConfig, TraceRecorder};
use apical::core::{CompartmentId, TrialSource};
use apical::dataset::TrialStimuli;
use apical::dataset::store::{Store, StoreError, StoreWriter, seal};
use apical::generation::{FillProgress, GenerationError, TrialGenerator, TrialParameters, fill};
use apical::morphology::{CompartmentTree, MaxLength, default_cell};
use serde_json::json;

const DURATION_MS: u32 = 30;

fn neuron() -> (Arc<CellModel>, CompartmentId) {
    let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
    let soma = soma_compartment(&tree).unwrap();
    let model = training_synapses(Preset::Shai2015.paint(tree).unwrap(), 1.0).build().unwrap();
    (model.into(), soma)
}

/// Half of the trials receive currents, the first of them soon.
fn parameters() -> TrialParameters {
    let mut parameters = TrialParameters::default();
    parameters.duration_ms = DURATION_MS;
    parameters.seed = 3;
    parameters.stimuli.trial_share = 0.5;
    parameters.stimuli.interval_ms = [5, 10];
    parameters
}

fn generator(trials: usize) -> TrialGenerator {
    let (model, soma) = neuron();
    TrialGenerator::new(model, soma, SimulationConfig::default(), parameters(), trials).unwrap()
}

#[test]
fn a_trial_is_the_same_beside_any_others() {
    let generator = generator(6);
    let together = generator.simulate(0..6, &mut ()).unwrap();
    for (number, expected) in together.iter().enumerate() {
        let alone = generator.simulate(number as u64..number as u64 + 1, &mut ()).unwrap();
        assert_eq!(alone, std::slice::from_ref(expected));
        assert_eq!(*generator.trial(number).unwrap(), expected.trial);
    }
    assert!(matches!(generator.trial(6), Err(GenerationError::Core(_))));
    // as many as can tell that currents and none, noise and quiet are among them
    let stimuli: Vec<&TrialStimuli> = together.iter().map(|trial| &trial.stimuli).collect();
    assert!(stimuli.iter().any(|of| of.currents.is_empty()));
    assert!(stimuli.iter().any(|of| !of.currents.is_empty()));
}

/// Against a simulation that is set up by hand.
#[test]
fn what_is_recorded_is_what_is_simulated() {
    let generator = generator(6);
    let (model, soma) = neuron();
    for number in 0..6 {
        let [done] = &generator.simulate(number..number + 1, &mut ()).unwrap()[..] else {
            panic!("one trial")
        };
        let mut config = SimulationConfig::default();
        (config.seed, config.first_trial) = (3, number);
        let mut simulation = Simulation::new(Arc::clone(&model), config).unwrap();
        let (events, stimuli) = generator.input(number).unwrap();
        simulation.schedule(0, &events).unwrap();
        let currents = generator.currents(&stimuli).unwrap();
        for (site, stimulus) in &currents {
            simulation.inject(0, *site, stimulus.clone()).unwrap();
        }
        let all: Vec<CompartmentId> = model.tree().iter().map(|(id, _)| id).collect();
        let mut every_ms = TraceRecorder::new(apical::core::Unit::Millivolt, &all, 40);
        let mut every_step = TraceRecorder::every_step(&[soma]);
        simulation.run(f64::from(DURATION_MS), &mut (&mut every_ms, &mut every_step)).unwrap();
        let (every_ms, every_step) = (every_ms.trial(0), every_step.trial(0));
        for ms in 0..=DURATION_MS as usize {
            let voltages = done.trial.voltages_at(ms).iter().enumerate();
            voltages.for_each(|(row, &v)| assert_eq!(v, every_ms.row(row)[ms] as f32));
        }
        let soma_mv: Vec<f32> = every_step.row(0).iter().map(|&v| v as f32).collect();
        assert_eq!(done.soma_mv, soma_mv);
        assert_eq!(&done.trial.events.to_train(), &events);
        assert_eq!(stimuli, done.stimuli);
        // A bin's mean times its duration is the charge of its steps.
        let sites = &generator.layout().injection_sites;
        for (place, site) in sites.iter().enumerate() {
            let mut charge_pc = 0.0;
            for step in 0..u64::from(DURATION_MS) * 40 {
                let at = (step as f64 + 0.5) * 0.025;
                let here = currents.iter().filter(|(of, _)| of == site);
                charge_pc += here.map(|(_, stimulus)| stimulus.current_na(at)).sum::<f64>() * 0.025;
            }
            let of_site = done.trial.injected_na.iter().skip(place).step_by(sites.len());
            let recorded: f64 = of_site.map(|&na| f64::from(na)).sum();
            // 30 numbers in single precision
            assert!((recorded - charge_pc).abs() <= 1e-6 * charge_pc.abs().max(1.0));
        }
    }
}

/// The published BAC protocol, as a trial, has a calcium event; its parts have none. The trial is what the protocol does when
/// it is simulated by itself.
#[test]
fn protocols_are_trials() {
    let generator = generator(7);
    let site = generator.layout().calcium_site.unwrap();
    for (protocol, expected) in
        [(Protocol::Bap, 0), (Protocol::Epsp, 0), (Protocol::Bac, 1), (Protocol::CaBurst, 1)]
    {
        let published = protocol.published();
        let found = generator.protocol(protocol, 0).unwrap();
        assert_eq!(found.trial.marks.calcium_events.len(), expected, "{protocol}");
        assert_eq!(found.trial.bins(), 450);

        let (model, _) = neuron();
        let mut config = SimulationConfig::default();
        config.v_init_mv = published.v_init_mv;
        let mut simulation = Simulation::new(model, config).unwrap();
        published.inject(&mut simulation, 0).unwrap();
        let mut recorder = TraceRecorder::new(apical::core::Unit::Millivolt, &[site], 40);
        simulation.run(published.duration_ms, &mut recorder).unwrap();
        let alone = recorder.trial(0);
        for (found, &expected) in found.trial.trace_mv(site).zip(alone.row(0)) {
            assert_eq!(found, expected as f32, "{protocol}");
        }
        // all of the charge is in the bins
        let sum =
            |site: usize| -> f32 { found.trial.injected_na.iter().skip(site).step_by(2).sum() };
        let pulse_nc = published.soma.map_or(0.0, |pulse| 5.0 * pulse.amplitude_na);
        assert!((f64::from(sum(0)) - pulse_nc).abs() < 1e-5, "{protocol}");
        assert_eq!(sum(1) > 0.0, published.apical.is_some());
    }
    // after more rest the same happens later
    let [at_once, later] = [0, 100].map(|rest_ms| {
        let trial = generator.protocol(Protocol::Bac, rest_ms).unwrap().trial;
        (trial.bins(), trial.marks.calcium_events[0])
    });
    assert_eq!((at_once.0, later.0), (450, 550));
    assert!((later.1.onset_ms - at_once.1.onset_ms - 100.0).abs() <= 1.0);
    assert!((later.1.peak_mv - at_once.1.peak_mv).abs() < 1.0);

    let mut parameters = TrialParameters::default();
    parameters.stimuli.trial_share = 0.0;
    let (model, soma) = neuron();
    let generator =
        TrialGenerator::new(model, soma, SimulationConfig::default(), parameters, 1).unwrap();
    let refused = generator.protocol(Protocol::Bac, 0);
    assert!(matches!(refused, Err(GenerationError::NoSite { .. })));
}

fn filled(root: &Path, trials: Range<usize>, batch_size: usize) -> Result<(), ApicalError> {
    let generator = generator(7);
    let writer = StoreWriter::open(root, &generator.manifest(&json!("default cell")))?;
    fill(&generator, &writer, writer.missing(trials)?, batch_size, &())
}

#[test]
fn parts_and_restarts_make_the_same_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let checksum = |root: &Path| seal(root).unwrap().seal.unwrap().checksum;
    let [whole, parts, threads] =
        ["whole", "parts", "threads"].map(|name| folder.path().join(name));
    filled(&whole, 0..7, 8).unwrap();
    // parts in any order, in batches of other sizes, some trials asked for twice
    for (part, batch_size) in [(5..7, 1), (0..3, 2), (2..7, 8)] {
        filled(&parts, part, batch_size).unwrap();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(5).build().unwrap();
    pool.install(|| filled(&threads, 0..7, 2)).unwrap();
    assert_eq!(checksum(&parts), checksum(&whole));
    assert_eq!(checksum(&threads), checksum(&whole));

    // what is stored is what the source simulates
    let (store, generator) = (Store::open(&whole).unwrap(), generator(7));
    assert_eq!(TrialSource::layout(&store), TrialSource::layout(&generator));
    for number in [0, 3, 6] {
        assert_eq!(store.trial(number).unwrap(), generator.trial(number).unwrap());
    }
}

/// The largest number of trials that were simulated side by side.
#[derive(Default)]
struct Largest(AtomicU64);

impl FillProgress for Largest {
    fn simulated_ms(&self, milliseconds: u64) {
        self.0.fetch_max(milliseconds, Ordering::Relaxed);
    }
}

#[test]
fn few_trials_are_shared_by_all_threads() {
    let generator = generator(7);
    let folder = tempfile::tempdir().unwrap();
    let writer = StoreWriter::open(folder.path(), &generator.manifest(&json!(null))).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    // 1 of 3 trials, 2 of the 4 that are left to each, though 8 may be side by side
    for (trials, expected) in [(2..5, 1), (0..7, 2)] {
        let largest = Largest::default();
        let missing = writer.missing(trials).unwrap();
        pool.install(|| fill(&generator, &writer, missing, 8, &largest)).unwrap();
        assert_eq!(largest.0.into_inner(), expected);
    }
    assert!((0..7).all(|trial| writer.has(trial).unwrap()));
}

#[test]
fn errors_say_what_is_wrong() {
    let (model, soma) = neuron();
    let new = |config: SimulationConfig, parameters: TrialParameters| {
        TrialGenerator::new(Arc::clone(&model), soma, config, parameters, 1)
    };
    let mut parameters = parameters();
    parameters.input.factor_spread = 2.0;
    let error = new(SimulationConfig::default(), parameters.clone()).unwrap_err();
    assert!(error.to_string().contains("factor_spread is 2"), "{error}");
    parameters.input.factor_spread = 0.5;
    parameters.stimuli.trial_share = 1.5;
    let error = new(SimulationConfig::default(), parameters.clone()).unwrap_err();
    assert!(error.to_string().contains("trial_share is 1.5"), "{error}");
    parameters.stimuli.trial_share = 1.0;
    // no trial has synaptic input, nor is one simulated
    parameters.stimuli.quiet_share = 1.0;
    parameters.input.jitter_ms = -1.0;
    let error = new(SimulationConfig::default(), parameters.clone()).unwrap_err();
    assert!(error.to_string().contains("jitter_ms is -1"), "{error}");
    parameters.input.jitter_ms = 1.0;
    parameters.calcium_rule.shortest_ms = -3.0;
    let error = new(SimulationConfig::default(), parameters.clone()).unwrap_err();
    assert!(error.to_string().contains("shortest_ms is -3"), "{error}");
    parameters.calcium_rule.shortest_ms = 10.0;
    parameters.stimuli.trial_share = 0.0;
    let mut config = SimulationConfig::default();
    config.dt_ms = 0.03;
    assert!(matches!(new(config, parameters.clone()), Err(GenerationError::Core(_))));
    let mut config = SimulationConfig::default();
    config.dt_ms = 1e-9;
    let mut long = parameters.clone();
    long.duration_ms = 1_000_000;
    let error = new(config, long).unwrap_err();
    assert!(matches!(error, GenerationError::Memory { trials: 1, .. }), "{error}");

    // a run that fails leaves nothing behind that looks like a trial
    let mut config = SimulationConfig::default();
    config.voltage_limit_mv = 76.0;
    config.v_init_mv = -76.5;
    let generator = new(config, parameters).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let writer = StoreWriter::open(folder.path(), &generator.manifest(&json!(null))).unwrap();
    assert!(fill(&generator, &writer, vec![0], 8, &()).is_err());
    assert!(!writer.has(0).unwrap());
    assert!(matches!(seal(folder.path()), Err(StoreError::Incomplete { .. })));
}
