//! apical's side, through its public interface alone.

use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::Instant;

use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::protocol::soma_compartment;
use apical_biophysics::{CellModel, Simulation, SimulationConfig, SpikeDetector, TraceRecorder};
use apical_core::{CompartmentId, EventTrain, SynapseId, SynapticEvent};
use apical_morphology::{CompartmentTree, ImportOptions, MaxLength, import};
use serde_json::Value;

use super::measurement::{Measurement, write_trace};
use super::{Inputs, Kind, Options};
use crate::Outcome;
use crate::timing::cpu_s;
use crate::workspace::{array, read, text};

/// Each further neuron of a batch gets the events of the one before it, so many dendritic compartments on.
const SHIFT: usize = 97;

/// Runs the first of the options' kinds and batches on every core, and prints the measurement of all.
pub(super) fn run(options: &Options, inputs: &Inputs, trace: &Path) -> Outcome {
    let (Some(&kind), Some(&batch_size)) = (options.kinds.first(), options.batches.first()) else {
        return Err("neither kind nor batch".to_owned());
    };
    let (model, soma) = model(kind, &inputs.reconstruction)?;
    let events = if kind == Kind::Synapses {
        Events::read(&inputs.events, model.synapse_count() / 2)?
    } else {
        Events::default()
    };
    let cores = options.apical_cores;
    let barrier = Barrier::new(cores);
    let runs: Vec<Outcome<Run>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|core| {
                let (model, events, barrier) = (Arc::clone(&model), &events, &barrier);
                let trials = core * batch_size..(core + 1) * batch_size;
                let duration_ms = f64::from(options.duration_ms);
                scope.spawn(move || simulate(model, soma, events, trials, duration_ms, barrier))
            })
            .collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().map_err(|_| "a panic".to_owned()));
        joined.map(|run| run.and_then(|run| run)).collect()
    });
    let runs: Vec<Run> = runs.into_iter().collect::<Outcome<_>>()?;
    let first = runs.first().ok_or("no core")?;
    write_trace(trace, &first.soma_mv)?;
    let measured = Measurement {
        version: version()?,
        wall_s: runs.iter().map(|run| run.wall_s).fold(0.0, f64::max),
        cpu_s: runs.iter().map(|run| run.cpu_s).sum(),
        spikes: first.spikes,
        cells: cores * batch_size,
        notes: Vec::new(),
    };
    println!("{}", measured.to_json());
    Ok(())
}

/// One thread's part: its first trial's spikes and voltage.
struct Run {
    wall_s: f64,
    cpu_s: f64,
    spikes: u64,
    soma_mv: Vec<f64>,
}

fn simulate(
    model: Arc<CellModel>,
    soma: CompartmentId,
    events: &Events,
    trials: std::ops::Range<usize>,
    duration_ms: f64,
    barrier: &Barrier,
) -> Outcome<Run> {
    let mut config = SimulationConfig::default();
    config.batch_size = trials.len();
    let prepared = Simulation::new(model, config).map_err(text).and_then(|mut simulation| {
        for (trial, number) in trials.enumerate() {
            simulation.schedule(trial, &events.of(number)?).map_err(text)?;
        }
        Ok(simulation)
    });
    barrier.wait();
    let mut simulation = prepared?;
    let mut recorder = TraceRecorder::every_step(&[soma]);
    let mut spikes = SpikeDetector::new(soma, -20.0);
    let (start, start_cpu_s) = (Instant::now(), cpu_s()?);
    simulation.run(duration_ms, &mut (&mut recorder, &mut spikes)).map_err(text)?;
    Ok(Run {
        wall_s: start.elapsed().as_secs_f64(),
        cpu_s: cpu_s()? - start_cpu_s,
        spikes: spikes.times_ms(0).len() as u64,
        soma_mv: recorder.trial(0).row(0).to_vec(),
    })
}

/// The shai2015 cell of this reconstruction and its soma.
fn model(kind: Kind, reconstruction: &Path) -> Outcome<(Arc<CellModel>, CompartmentId)> {
    let morphology = import(reconstruction, &ImportOptions::default()).map_err(text)?.morphology;
    let tree = CompartmentTree::new(morphology.with_stub_axon(), &MaxLength::default());
    let tree = tree.map_err(text)?;
    let soma = soma_compartment(&tree).map_err(text)?;
    let preset = if kind == Kind::Passive { Preset::Passive } else { Preset::Shai2015 };
    let mut painted = preset.paint(tree).map_err(text)?;
    if kind == Kind::Synapses {
        painted = training_synapses(painted, 1.0);
    }
    Ok((painted.build().map_err(text)?.into(), soma))
}

/// The events of the first neuron: pairs of dendritic compartment and ms.
#[derive(Default)]
struct Events {
    dendritic: usize,
    excitatory: Vec<(usize, f64)>,
    inhibitory: Vec<(usize, f64)>,
}

impl Events {
    fn read(path: &Path, dendritic: usize) -> Outcome<Self> {
        let file: Value = serde_json::from_str(&read(path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let group = |name: &str| -> Outcome<Vec<(usize, f64)>> {
            let pair = |pair: &Value| {
                let compartment = pair[0].as_u64().map(|index| index as usize);
                compartment
                    .zip(pair[1].as_f64())
                    .ok_or_else(|| format!("{}: {pair} is no event", path.display()))
            };
            array(&file[name]).iter().map(pair).collect()
        };
        Ok(Self { dendritic, excitatory: group("excitatory")?, inhibitory: group("inhibitory")? })
    }

    /// The events of one neuron of a batch.
    fn of(&self, neuron: usize) -> Outcome<EventTrain> {
        let event = |first: usize| {
            move |&(compartment, time_ms): &(usize, f64)| {
                let moved = (compartment + SHIFT * neuron) % self.dendritic;
                SynapticEvent { time_ms, synapse: SynapseId::new(first + moved) }
            }
        };
        let excitatory = self.excitatory.iter().map(event(0));
        let inhibitory = self.inhibitory.iter().map(event(self.dendritic));
        EventTrain::new(excitatory.chain(inhibitory).collect()).map_err(text)
    }
}

/// That of the workspace, which xtask does not have.
fn version() -> Outcome<String> {
    let manifest = read(Path::new("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \""));
    line.map(|line| line.trim_end_matches('"').to_owned()).ok_or_else(|| "no version".to_owned())
}
