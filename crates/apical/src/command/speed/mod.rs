//! `apical speed`

mod args;
mod clock;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical::ApicalError;
use apical::biophysics::Simulation;
use apical::core::{Trial, TrialSource};
use apical::dataset::store::Store;
use apical::eval::{Columns, Rollout, Table};
use apical::output::{RunDirectory, Versions};
use apical::surrogate::{Checkpoint, Network, Precision, Predictor, keep_freed_memory};
use apical::training::device;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::ThreadPool;
use serde::Serialize;

pub(super) use args::SpeedArgs;
use clock::{Timed, median};

use super::dataset_neuron::DatasetNeuron;
use super::reconstruction::{MAX_COMPARTMENT_LENGTH_UM, PRESET, Reconstruction};
use super::{Failure, check_neuron, network_file};

/// Length of a stretch, ms: what runs freely does not run far.
const STRETCH_MS: usize = 10;

/// Neurons that a simulation steps side by side: more do not fit into the cache.
const SIDE_BY_SIDE: usize = 8;

/// Turns that all sides take.
const TURNS: usize = 3;

#[derive(Serialize)]
struct Manifest<'a> {
    versions: Versions,
    checkpoints: &'a [PathBuf],
    dataset: &'a Path,
    device: &'a str,
    threads: u32,
    tables: [&'a Table; 1],
}

/// What is timed.
enum Side {
    Simulation,
    Network { name: String, network: Arc<Network>, precision: Precision },
}

pub(super) fn run(args: &SpeedArgs) -> Result<(), Failure> {
    keep_freed_memory();
    let store = Store::open(&args.dataset).map_err(ApicalError::from)?;
    let sides = sides(args, &store)?;
    let reconstruction = Reconstruction::load(&args.morphology)?;
    let (_, tree) = reconstruction.divided(PRESET, MAX_COMPARTMENT_LENGTH_UM)?;
    let neuron = DatasetNeuron::of(store.manifest(), &tree)?;
    let threads = args.threads as usize;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(io::Error::other)?;

    let total = args.batch_sizes.len() * TURNS * (sides.len() + 1);
    let bar = if args.quiet { ProgressBar::hidden() } else { ProgressBar::new(total as u64) };
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} measurements") {
        bar.set_style(style);
    }
    let columns = ["model", "device", "threads", "batch", "ms_per_ms", "times_simulation"];
    let mut table = Table::new("speed", &columns);
    for &batch_size in &args.batch_sizes {
        let batch_size = batch_size as usize;
        let trials = stretches(&store, batch_size)?;
        let of_sides = std::iter::once(&Side::Simulation).chain(&sides);
        let mut timed = Vec::new();
        for side in of_sides.clone() {
            let mut made =
                pool.install(|| side.timed(neuron.as_ref(), &store, &trials, threads))?;
            // the first pass fills caches
            made.as_mut().map_or(Ok(()), |timed| pool.install(|| timed.pass(&trials)))?;
            timed.push(made);
        }
        let mut taken_ms: Vec<Vec<f64>> = vec![Vec::new(); timed.len()];
        for _ in 0..TURNS {
            for (timed, taken_ms) in timed.iter_mut().zip(&mut taken_ms) {
                if let Some(timed) = timed {
                    taken_ms.push(measure(&pool, timed, &trials, args.seconds)?);
                }
                bar.inc(1);
            }
        }
        let simulation_ms = median(&taken_ms[0]);
        for (side, taken_ms) in of_sides.zip(&taken_ms) {
            let per_ms = median(taken_ms).map(|ms| ms / batch_size as f64);
            let times =
                simulation_ms.zip(median(taken_ms)).map(|(simulation, own)| simulation / own);
            let device = if matches!(side, Side::Simulation) { "cpu" } else { &args.device };
            let row = vec![
                side.name().into(),
                device.into(),
                threads.into(),
                batch_size.into(),
                per_ms.into(),
                times.into(),
            ];
            if per_ms.is_some() {
                table.push(row).map_err(ApicalError::from)?;
            }
        }
    }
    bar.finish_and_clear();

    let directory = RunDirectory::create(&args.out)?;
    directory.write_text("speed.csv", &table.to_csv())?;
    directory.finish(&Manifest {
        versions: Versions::current(),
        checkpoints: &args.checkpoint,
        dataset: &args.dataset,
        device: &args.device,
        threads: args.threads,
        tables: [&table],
    })?;
    if !args.quiet {
        summarize(&table, &mut io::stdout().lock())?;
    }
    Ok(())
}

/// The networks, in the precisions that there are on their device.
fn sides(args: &SpeedArgs, store: &Store) -> Result<Vec<Side>, ApicalError> {
    let device = device(&args.device)?;
    let mut sides = Vec::new();
    for path in &args.checkpoint {
        let file = network_file(path)?;
        let network = Arc::new(Checkpoint::load(&file, &device)?.network);
        check_neuron(&file, &network, &args.dataset, store.layout())?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let precisions = [Precision::Float32, Precision::Fixed16];
        for precision in precisions.into_iter().take(if device.is_cpu() { 2 } else { 1 }) {
            let bits = if precision == Precision::Fixed16 { ", 16 bits" } else { "" };
            let (name, network) = (format!("{name}{bits}"), Arc::clone(&network));
            sides.push(Side::Network { name, network, precision });
        }
    }
    Ok(sides)
}

/// A stretch for every neuron, from as many trials as there are.
fn stretches(store: &Store, count: usize) -> Result<Vec<Trial>, ApicalError> {
    let bins = store.layout().duration_ms;
    let last = bins.saturating_sub(STRETCH_MS);
    let stretch = |k: usize| {
        let trial = store.trial(k % store.trial_count())?;
        let start = (last / 2 + 7 * (k / store.trial_count())).min(last);
        Ok(trial.stretch(start..(start + STRETCH_MS).min(bins)))
    };
    (0..count).map(stretch).collect()
}

impl Side {
    fn name(&self) -> &str {
        match self {
            Self::Simulation => "simulation",
            Self::Network { name, .. } => name,
        }
    }

    /// Models of so many neurons as there are trials, together.
    fn timed(
        &self,
        neuron: Option<&DatasetNeuron>,
        store: &Store,
        trials: &[Trial],
        threads: usize,
    ) -> Result<Option<Timed>, ApicalError> {
        let layout = store.layout();
        match self {
            Self::Simulation => {
                let Some(neuron) = neuron else { return Ok(None) };
                let columns = Columns::soma_and_dendrites(&layout.compartments)?;
                let rollout =
                    Rollout::new(&columns, &layout.compartments, &layout.injection_sites)?;
                let of_each = trials.len().div_ceil(threads).min(SIDE_BY_SIDE);
                let parts = trials.chunks(of_each).map(|trials| {
                    let mut config = neuron.config.clone();
                    config.batch_size = trials.len();
                    Ok(Simulation::new(Arc::clone(&neuron.model), config)?)
                });
                let simulations = parts.collect::<Result<_, ApicalError>>()?;
                Ok(Some(Timed::Simulations { rollout, simulations, of_each }))
            }
            Self::Network { network, precision, .. } => {
                let tasks = network.frame().tasks.compartments();
                let columns = Columns::new(layout.compartments.len(), tasks)?;
                let start_mv = columns.compartments().iter().flat_map(|id| {
                    trials.iter().map(|trial| f64::from(trial.voltages_at(0)[id.index()]))
                });
                let start_mv: Vec<f64> = start_mv.collect();
                let network = Arc::clone(network);
                let predictor =
                    Predictor::with_precision(network, trials.len(), &start_mv, *precision)?;
                let table = columns.table(&layout.compartments)?;
                let rollout = Rollout::new(&columns, &table, &layout.injection_sites)?;
                Ok(Some(Timed::Predictor { rollout, predictor: Box::new(predictor) }))
            }
        }
    }
}

/// Milliseconds of wall time for a simulated millisecond of all neurons.
fn measure(
    pool: &ThreadPool,
    timed: &mut Timed,
    trials: &[Trial],
    seconds: f64,
) -> Result<f64, ApicalError> {
    let bins = trials.first().map_or(0, Trial::bins).max(1);
    pool.install(|| clock::ms_per_pass(seconds, || timed.pass(trials))).map(|ms| ms / bins as f64)
}

fn summarize(table: &Table, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "milliseconds of wall time for a simulated millisecond of one neuron")?;
    writeln!(
        to,
        "{:<24} {:>8} {:>7} {:>12} {:>18}",
        "", "device", "batch", "ms/ms", "× simulation"
    )?;
    for row in &table.rows {
        let number = |place: usize| row[place].number().unwrap_or(f64::NAN);
        let (per_ms, times) = (number(4), number(5));
        writeln!(to, "{:<24} {:>8} {:>7} {per_ms:>12.4} {times:>18.2}", row[0], row[1], row[3])?;
    }
    Ok(())
}
