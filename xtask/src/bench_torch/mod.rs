//! The multitask networks of apical and of PyTorch, in turn.

mod ours;
mod peer;
mod table;

use std::path::PathBuf;

use apical::training::ModelName;
use apical_surrogate::{ModelConfig, Precision};

use crate::Outcome;
use crate::python::PythonOptions;
use crate::timing::median;
use crate::workspace::root;
use ours::Ours;
use peer::Peer;

const SYNAPSES: usize = 1278;
/// 639 dendrites and the soma.
const COMPARTMENTS: usize = 640;
/// Voltages and the spike.
const TASKS: usize = 641;
/// Chance of a synapse to have an event in a millisecond.
const EVENT_PROBABILITY: f64 = 0.012;
/// Windows of a training step of PyTorch, as published.
const WINDOWS: usize = 32;
/// Stretches of a training step of apical, ms of each, and of these the first ones that nothing is predicted in.
const STRETCHES: usize = 8;
const STRETCH_MS: usize = 600;
const CONTEXT_MS: usize = 226;
/// Largest difference of an output, and relative one of a loss: sums of a thousand products in float32 in another order stay
/// below a hundredth of it, 16-bit weights below it.
const TOLERANCE: f64 = 1e-3;

/// What is timed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which networks.
    #[arg(long, value_delimiter = ',', default_values_t = ModelName::ALL)]
    networks: Vec<ModelName>,
    /// Neurons side by side; none for no inference.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32, 128], num_args = 0..)]
    batches: Vec<usize>,
    /// Targets of each of apical's stretches in a training step; none for no training.
    #[arg(long, value_delimiter = ',', default_values_t = [374, 64, 16], num_args = 0..)]
    places: Vec<usize>,
    /// The networks see no voltages.
    #[arg(long)]
    without_voltages: bool,
    /// apical's towers see and weigh in 16-bit whole numbers.
    #[arg(long)]
    fixed16: bool,
    /// How often each side is timed.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long, s.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Threads of both sides.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    #[command(flatten)]
    python: PythonOptions,
}

/// Checks that both sides compute the same, times them in turn and prints medians.
pub(crate) fn run(options: &Options) -> Outcome {
    // as `apical train` does
    apical_surrogate::keep_freed_memory();
    let version = options.python.require_torch()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global();
    pool.map_err(|error| error.to_string())?;
    let folder = folder();
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut peer = Peer::start(options, &folder)?;
    println!("PyTorch {version}, {} threads each", options.threads);
    let (mut inference, mut training) = (Vec::new(), Vec::new());
    for &kind in &options.networks {
        let numbers = if options.without_voltages { 0 } else { COMPARTMENTS };
        let precision = if options.fixed16 { Precision::Fixed16 } else { Precision::Float32 };
        let config = ModelConfig::new(SYNAPSES, numbers, TASKS, kind.architecture(TASKS, 1));
        let ours = Ours::new(config, precision)?;
        ours.save(&folder.join(format!("{kind}.safetensors")))?;
        peer.check(kind)?;
        for &batch in &options.batches {
            let mut times = [const { Vec::new() }; 3];
            for round in 0..options.rounds {
                // each in every place of the order, so that none always follows the same
                for k in 0..3 {
                    let side = (round + k) % 3;
                    times[side].push(match side {
                        0 => ours.infer(batch, options.seconds)?,
                        1 => peer.infer(kind, "window", batch, options.seconds)?,
                        _ => peer.infer(kind, "streaming", batch, options.seconds)?,
                    });
                }
            }
            let row =
                table::Inference { kind, batch, ms: times.map(|ms| median(ms) / batch as f64) };
            println!("{}", row.shown());
            inference.push(row);
        }
        let mut theirs = Vec::new();
        let mut of_places = vec![Vec::new(); options.places.len()];
        for _ in 0..if options.places.is_empty() { 0 } else { options.rounds } {
            theirs.push(peer.train(kind, WINDOWS, options.seconds)? / WINDOWS as f64);
            for (&places, times) in options.places.iter().zip(&mut of_places) {
                times.push(ours.train(places, options.seconds)?);
            }
        }
        for (&places, times) in options.places.iter().zip(of_places) {
            let targets = (STRETCHES * places) as f64;
            let ms = [median(times) / targets, median(theirs.clone())];
            let row = table::Training { kind, places, ms };
            println!("{}", row.shown());
            training.push(row);
        }
    }
    table::print(&inference, &training);
    Ok(())
}

/// Where this task keeps what it makes.
fn folder() -> PathBuf {
    root().join("target").join("torch")
}
