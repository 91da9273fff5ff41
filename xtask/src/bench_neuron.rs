//! NEURON and apical on the same simulation, on one core, in turn.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::protocol::soma_site;
use apical_biophysics::{Simulation, SimulationConfig, SpikeDetector, TraceRecorder};
use apical_core::{EventTrain, SynapseId, SynapticEvent};
use apical_morphology::{CompartmentTree, ImportOptions, MaxLength, import};
use serde_json::{Value, json};

use crate::Outcome;
use crate::command::{self, is_installed};
use crate::python::PythonOptions;
use crate::workspace::{array, read, root};

const SCRIPT: &str = "xtask/neuron/bench.py";

/// What is timed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Reconstruction (.asc or .swc); `cell1.asc` in the folder `APICAL_REFERENCE` by default.
    #[arg(long)]
    reconstruction: Option<PathBuf>,
    /// Simulated time, ms.
    #[arg(long, default_value_t = 1000)]
    duration_ms: u32,
    /// How often each side runs.
    #[arg(long, default_value_t = 5)]
    alternations: usize,
    /// Core that both are bound to, if `taskset` is there.
    #[arg(long, default_value_t = 0)]
    core: usize,
    /// Runs one side alone and prints its measurement: used by the task itself.
    #[arg(long, hide = true)]
    apical_events: Option<PathBuf>,
    #[command(flatten)]
    python: PythonOptions,
}

/// One run: the integration alone, without building the cell.
#[derive(Clone, Copy, Debug)]
struct Measurement {
    wall_s: f64,
    cpu_s: f64,
    spikes: u64,
}

/// Times both sides in turn and prints medians per simulated second.
pub(crate) fn run(options: &Options) -> Outcome {
    let reconstruction = reconstruction(options)?;
    if let Some(events) = &options.apical_events {
        let measured = simulate_with_apical(&reconstruction, events, options.duration_ms)?;
        println!("{}", to_json(measured));
        return Ok(());
    }
    let version = options.python.require_neuron()?;
    options.python.require_mechanisms()?;
    let events = root().join("target").join("neuron").join("bench-events.json");
    command::run(
        options
            .python
            .command()
            .args([SCRIPT, "events"])
            .arg(&reconstruction)
            .arg(&events)
            .arg(options.duration_ms.to_string()),
    )?;
    command::run(&mut command::cargo(&[
        "build",
        "--release",
        "--locked",
        "-p",
        "xtask",
        "--target-dir",
        "target",
    ]))?;
    let (mut neuron, mut apical) = (Vec::new(), Vec::new());
    let mut apical_error = None;
    for round in 1..=options.alternations {
        let measured = measure(&mut neuron_side(options, &reconstruction, &events))?;
        println!("{round}: NEURON {version} {}", to_json(measured));
        neuron.push(measured);
        if apical_error.is_none() {
            match measure(&mut apical_side(options, &reconstruction, &events)) {
                Ok(measured) => {
                    println!("{round}: apical {}", to_json(measured));
                    apical.push(measured);
                }
                Err(message) => apical_error = Some(message),
            }
        }
    }
    report(&format!("NEURON {version}"), &neuron, options);
    match apical_error {
        Some(message) => Err(format!("apical did not run: {message}")),
        None => {
            report("apical", &apical, options);
            // Processor time: others may use the core as well.
            let ratio = median(neuron.iter().map(|run| run.cpu_s))
                / median(apical.iter().map(|run| run.cpu_s));
            println!("NEURON takes {ratio:.1} times apical's processor time");
            same_spikes(&neuron, &apical)
        }
    }
}

fn reconstruction(options: &Options) -> Outcome<PathBuf> {
    let path = match &options.reconstruction {
        Some(path) => path.clone(),
        None => std::env::var_os("APICAL_REFERENCE")
            .map(|folder| Path::new(&folder).join("cell1.asc"))
            .ok_or("name a file with --reconstruction, or set APICAL_REFERENCE")?,
    };
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}

fn neuron_side(options: &Options, reconstruction: &Path, events: &Path) -> Command {
    let mut command = pinned(options, options.python.program());
    command.args([SCRIPT, "run"]).arg(reconstruction).arg(events);
    command.arg(options.duration_ms.to_string()).env("NEURON_MODULE_OPTIONS", "-nogui");
    command
}

/// This program again, as built for release.
fn apical_side(options: &Options, reconstruction: &Path, events: &Path) -> Command {
    let program = root().join("target").join("release").join("xtask");
    let mut command = pinned(options, &program.to_string_lossy());
    command.args(["bench-neuron", "--duration-ms"]).arg(options.duration_ms.to_string());
    command.arg("--reconstruction").arg(reconstruction).arg("--apical-events").arg(events);
    command
}

fn pinned(options: &Options, program: &str) -> Command {
    let mut command = if is_installed("taskset", &["--version"]) {
        let mut command = Command::new("taskset");
        command.arg("-c").arg(options.core.to_string()).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(root()).env("OMP_NUM_THREADS", "1").env("RAYON_NUM_THREADS", "1");
    command
}

fn measure(command: &mut Command) -> Outcome<Measurement> {
    let printed = command::output(command)?;
    let line = printed.lines().last().unwrap_or_default();
    let json: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
    let number = |key: &str| json[key].as_f64().ok_or(format!("no `{key}` in {line}"));
    Ok(Measurement {
        wall_s: number("wall_s")?,
        cpu_s: number("cpu_s")?,
        spikes: json["spikes"].as_u64().ok_or(format!("no `spikes` in {line}"))?,
    })
}

fn to_json(measured: Measurement) -> Value {
    json!({ "wall_s": measured.wall_s, "cpu_s": measured.cpu_s, "spikes": measured.spikes })
}

fn report(name: &str, runs: &[Measurement], options: &Options) {
    let simulated_s = f64::from(options.duration_ms) / 1000.0;
    println!(
        "{name}: {:.3} s of wall clock and {:.3} s of processor a simulated second (median of {})",
        median(runs.iter().map(|run| run.wall_s)) / simulated_s,
        median(runs.iter().map(|run| run.cpu_s)) / simulated_s,
        runs.len(),
    );
}

/// A faster run that does something else is worth nothing.
fn same_spikes(neuron: &[Measurement], apical: &[Measurement]) -> Outcome {
    let counts: Vec<u64> = neuron.iter().chain(apical).map(|run| run.spikes).collect();
    if counts.windows(2).all(|pair| pair[0] == pair[1]) {
        return Ok(());
    }
    Err(format!("the runs differ in their spikes: {counts:?}"))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// apical's side: the shai2015 cell of this reconstruction, one excitatory and one inhibitory synapse on each dendritic
/// compartment, the events of the file (`excitatory`, `inhibitory`: pairs of dendritic compartment and ms), 0.025 ms.
fn simulate_with_apical(
    reconstruction: &Path,
    events: &Path,
    duration_ms: u32,
) -> Outcome<Measurement> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let morphology =
        import(reconstruction, &ImportOptions::default()).map_err(|e| text(&e))?.morphology;
    let tree = CompartmentTree::new(morphology.with_stub_axon(), &MaxLength::default())
        .map_err(|e| text(&e))?;
    let soma = soma_site(&tree).map_err(|e| text(&e))?;
    let painted = Preset::Shai2015.paint(tree).map_err(|e| text(&e))?;
    let model = training_synapses(painted, 1.0).build().map_err(|e| text(&e))?;
    let events = read_events(events, model.synapse_count() / 2)?;
    let mut simulation =
        Simulation::new(model.into(), SimulationConfig::default()).map_err(|e| text(&e))?;
    simulation.schedule(0, &events).map_err(|e| text(&e))?;
    let mut recorder = TraceRecorder::every_step(&[soma]);
    let mut spikes = SpikeDetector::new(soma, -20.0);
    let (start, start_cpu_s) = (Instant::now(), cpu_s()?);
    simulation
        .run(f64::from(duration_ms), &mut (&mut recorder, &mut spikes))
        .map_err(|e| text(&e))?;
    Ok(Measurement {
        wall_s: start.elapsed().as_secs_f64(),
        cpu_s: cpu_s()? - start_cpu_s,
        spikes: spikes.times_ms(0).len() as u64,
    })
}

fn read_events(path: &Path, dendritic: usize) -> Outcome<EventTrain> {
    let text = read(path)?;
    let file: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut events = Vec::new();
    for (name, first) in [("excitatory", 0), ("inhibitory", dendritic)] {
        for pair in array(&file[name]) {
            let (Some(compartment), Some(time_ms)) = (pair[0].as_u64(), pair[1].as_f64()) else {
                return Err(format!("{}: {pair} is no event", path.display()));
            };
            let synapse = SynapseId::new(first + compartment as usize);
            events.push(SynapticEvent { time_ms, synapse });
        }
    }
    EventTrain::new(events).map_err(|error| error.to_string())
}

/// Processor time of this thread; Linux tells it in nanoseconds.
fn cpu_s() -> Outcome<f64> {
    let path = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let nanoseconds = text.split_whitespace().next().and_then(|field| field.parse::<f64>().ok());
    nanoseconds.map(|ns| ns * 1e-9).ok_or_else(|| format!("{path}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_counts() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
