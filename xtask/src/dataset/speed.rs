use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use apical::generation::{TrialGenerator, TrialParameters, fill};
use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::protocol::soma_compartment;
use apical_biophysics::{BiophysicsError, CellModel, SimulationConfig, run_trials};
use apical_core::CompartmentId;
use apical_dataset::store::StoreWriter;
use apical_morphology::{CompartmentTree, MaxLength, default_cell};
use serde_json::json;

use super::empty_folder;
use crate::Outcome;
use crate::timing::median;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Trials of a round: a multiple of 8 times the number of threads keeps all of them busy to the end.
    #[arg(long, default_value_t = 32)]
    trials: usize,
    /// Duration of a trial, ms.
    #[arg(long, default_value_t = 6000)]
    duration_ms: u32,
    /// How often both sides run, in turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

pub(super) fn run(options: &Options) -> Outcome {
    let text = |error: &dyn std::error::Error| error.to_string();
    let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).map_err(|e| text(&e))?;
    let soma = soma_compartment(&tree).map_err(|e| text(&e))?;
    let builder = Preset::Shai2015.paint(tree).map_err(|e| text(&e))?;
    let model = Arc::new(training_synapses(builder, 1.0).build().map_err(|e| text(&e))?);
    let generator = |trials: usize| {
        let mut parameters = TrialParameters::default();
        parameters.duration_ms = options.duration_ms;
        let config = SimulationConfig::default();
        TrialGenerator::new(Arc::clone(&model), soma, config, parameters, trials)
            .map_err(|e| text(&e))
    };

    // Warm, and the memory of a data set of two batches a thread.
    let small = 16 * rayon::current_num_threads();
    timed_fill(&generator(small)?, small)?;
    let memory_small = peak_memory_mb()?;

    let generator = generator(options.trials)?;
    let seconds = options.trials as f64 * f64::from(options.duration_ms) / 1000.0;
    let (mut ratios, mut bare_rates, mut fill_rates) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..options.rounds {
        let bare = bare(&model, &generator, options)?;
        let filled = timed_fill(&generator, options.trials)?;
        println!("round {round}: bare {bare:.2} s, generation {filled:.2} s, {:.3}", bare / filled);
        ratios.push(bare / filled);
        bare_rates.push(seconds / bare);
        fill_rates.push(seconds / filled);
    }
    let [bare, filled, ratio] = [bare_rates, fill_rates, ratios].map(median);
    println!(
        "{} trials of {} ms, {} threads, medians of {} rounds:\n\
         bare simulator {bare:.2} simulated s/s, generation {filled:.2} s/s: {:.1} % of it",
        options.trials,
        options.duration_ms,
        rayon::current_num_threads(),
        options.rounds,
        100.0 * ratio
    );
    println!(
        "peak memory {memory_small:.0} MB after {small} trials, {:.0} MB after {} more",
        peak_memory_mb()?,
        options.rounds * options.trials
    );
    Ok(())
}

/// Wall-clock time of the simulator alone, on the same input, in the same batches: nothing is drawn, recorded or written.
fn bare(model: &Arc<CellModel>, generator: &TrialGenerator, options: &Options) -> Outcome<f64> {
    let numbers = 0..options.trials as u64;
    let mut inputs = Vec::new();
    for trial in numbers.clone() {
        inputs.push(generator.input(trial).map_err(|error| error.to_string())?);
    }
    let mut config = SimulationConfig::default();
    config.batch_size = 8;
    let started = Instant::now();
    run_trials(model, &config, numbers, |simulation, trials| {
        for (place, trial) in trials.enumerate() {
            let (events, stimuli) = &inputs[trial as usize];
            simulation.schedule(place, events)?;
            for (site, stimulus) in generator.currents(stimuli)? {
                simulation.inject(place, site, stimulus)?;
            }
        }
        simulation.run(f64::from(options.duration_ms), &mut ())?;
        Ok::<f64, BiophysicsError>(simulation.voltage_mv(0, CompartmentId::new(0)))
    })
    .map_err(|error| error.to_string())?;
    Ok(started.elapsed().as_secs_f64())
}

fn timed_fill(generator: &TrialGenerator, trials: usize) -> Outcome<f64> {
    let folder = empty_folder("dataset-speed")?;
    let writer = StoreWriter::open(&folder, &generator.manifest(&json!("default")))
        .map_err(|error| error.to_string())?;
    let started = Instant::now();
    fill(generator, &writer, (0..trials).collect(), 8, &()).map_err(|error| error.to_string())?;
    let seconds = started.elapsed().as_secs_f64();
    fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    Ok(seconds)
}

/// Most memory that this process has had so far.
fn peak_memory_mb() -> Outcome<f64> {
    let path = Path::new("/proc/self/status");
    let status = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kilobytes.map(|kb| kb / 1024.0).ok_or_else(|| "no VmHWM in /proc/self/status".to_owned())
}
