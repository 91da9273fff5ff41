//! Processes of MPI: the data set and the network that they make together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Outcome;
use crate::command::{is_installed, run as run_command};
use crate::dataset::{empty_folder, program_with, test_program};
use crate::losses::column;
use crate::timing::median;
use crate::workspace::text;

/// Relative difference of losses between one process and two: they add the same numbers of float32 in another order, and
/// twelve steps of Adam make more of it.
const TOLERANCE: f64 = 1e-4;

/// A network that is trained in a second.
const SMALL: &str = r#"{"architecture": {"hard-sharing": {"units": 2}}, "temporal": {"channels": [4], "taps": 3}, "window": 20,
"stretch_ms": 50, "settling_ms": 10, "batch_size": 4, "steps": 12, "validate_every": 6, "stride_ms": 11}"#;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of trials.
    #[arg(long, default_value_t = 13)]
    trials: usize,
    /// Duration of a trial, ms.
    #[arg(long, default_value_t = 100)]
    duration_ms: usize,
    /// Instead, times training with this data set of `apical dataset generate`.
    #[arg(long)]
    time: Option<PathBuf>,
}

/// What the continuous integration runs: nothing where there is no MPI.
pub(crate) fn check() -> Outcome {
    if !is_installed("mpirun", &["--version"]) || !is_installed("mpicc", &["--version"]) {
        println!("    skipped: mpirun or mpicc is not installed");
        return Ok(());
    }
    run(&Options { trials: 13, duration_ms: 100, time: None })
}

pub(crate) fn run(options: &Options) -> Outcome {
    if let Some(dataset) = &options.time {
        return time(dataset);
    }
    let folder = empty_folder("mpi")?;
    let alone = test_program(&folder, "apical", &[])?;
    let together = test_program(&folder, "apical-mpi", &["--features", "apical/mpi"])?;
    let data = generate(options, &folder, &alone, &together)?;
    train(&folder, &data, &alone, &together)
}

/// A program in two processes.
fn two_ranks(program: &Path) -> Command {
    let mut command = Command::new("mpirun");
    // as root and on fewer cores than ranks, as continuous integration may be
    command.args(["--allow-run-as-root", "--oversubscribe", "-n", "2"]).arg(program);
    command
}

/// One process, several shards, and two MPI ranks make the same data set, which is returned.
fn generate(options: &Options, folder: &Path, alone: &Path, together: &Path) -> Outcome<PathBuf> {
    let generate = |program: &mut Command, name: &str, more: &[&str]| {
        let out = folder.join(name);
        program.args(["dataset", "generate", "--quiet", "--batch-size", "3", "--out"]).arg(&out);
        program.args(["--trials", &options.trials.to_string()]);
        program.args(["--duration-ms", &options.duration_ms.to_string()]).args(more);
        run_command(program).map(|()| out)
    };
    let data = generate(&mut Command::new(alone), "whole", &[])?;
    let whole = checksum(&data)?;
    for part in ["2/3", "1/3", "3/3"] {
        generate(&mut Command::new(alone), "parts", &["--shard", part])?;
    }
    let parts = folder.join("parts");
    run_command(Command::new(alone).args(["dataset", "merge"]).arg(&parts))?;
    let parts = checksum(&parts)?;
    let ranks = checksum(&generate(&mut two_ranks(together), "ranks", &[])?)?;
    println!("one process   {whole}\nthree shards  {parts}\ntwo MPI ranks {ranks}");
    if parts == whole && ranks == whole { Ok(data) } else { Err("the checksums differ".to_owned()) }
}

/// Two ranks have the losses of one process.
fn train(folder: &Path, data: &Path, alone: &Path, together: &Path) -> Outcome {
    let config = folder.join("config.json");
    fs::write(&config, SMALL).map_err(text)?;
    let train = |program: &mut Command, name: &str| {
        let out = folder.join(name);
        program.args(["train", "--quiet", "--config"]).arg(&config);
        program.arg("--dataset").arg(data).arg("--out").arg(&out);
        run_command(program).map(|()| out)
    };
    let one = train(&mut Command::new(alone), "one")?;
    let two = train(&mut two_ranks(together), "two")?;
    let mut most = 0.0_f64;
    for (file, columns) in [
        ("losses.csv", &["total", "voltage", "spike", "gradient_norm"][..]),
        ("validation.csv", &["total", "voltage", "spike", "explained_basal"]),
    ] {
        for name in columns {
            let [one, two] = [&one, &two].map(|folder| column(&folder.join(file), name));
            let (one, two) = (one?, two?);
            if one.len() != two.len() || one.is_empty() {
                return Err(format!("{file} has {} and {} rows", one.len(), two.len()));
            }
            for (&(step, one), &(_, two)) in one.iter().zip(&two) {
                let difference = (one - two).abs() / one.abs();
                if difference.is_nan() || difference > TOLERANCE {
                    return Err(format!("{file}: {name} of step {step}: {one} and {two}"));
                }
                most = most.max(difference);
            }
        }
    }
    println!("losses of two ranks are those of one process to {most:.1e}");
    Ok(())
}

/// Time of a step of one process and of two, a core each.
fn time(dataset: &Path) -> Outcome {
    const STEPS: &str = "12";
    let folder = empty_folder("mpi-time")?;
    let program = program_with(&["--features", "apical/mpi"])?;
    let mut rows = Vec::new();
    for network in ["mh", "mmoe"] {
        let seconds = |name: &str, command: &mut Command, samples: usize| {
            let config = folder.join("config.json");
            let json = format!(r#"{{"batch_size": {samples}, "residual": "persistence"}}"#);
            fs::write(&config, json).map_err(text)?;
            let out = folder.join(format!("{network}-{name}"));
            command.args(["train", "--quiet", "--steps", STEPS, "--model", network, "--config"]);
            command.arg(&config).arg("--dataset").arg(dataset).arg("--out").arg(&out);
            command.env("RAYON_NUM_THREADS", "1").stdout(std::process::Stdio::null());
            run_command(command)?;
            let times = column(&out.join("losses.csv"), "seconds")?;
            // the first steps find their memory
            Ok::<_, String>(median(times.iter().skip(2).map(|&(_, seconds)| seconds)))
        };
        let one = seconds("one", &mut Command::new(&program), 8)?;
        let shared = seconds("shared", &mut two_ranks(&program), 8)?;
        let doubled = seconds("doubled", &mut two_ranks(&program), 16)?;
        rows.push(format!(
            "| {network} | {one:.3} | {shared:.3} ({:.2} ×) | {doubled:.3} ({:.2} ×) |",
            one / shared,
            2.0 * one / doubled
        ));
    }
    println!("\nSeconds a step, and samples a second against one process\n");
    println!("| | one process, 8 samples | two, 4 samples each | two, 8 samples each |");
    println!("|---|---|---|---|");
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

fn checksum(data: &Path) -> Outcome<String> {
    let path = data.join("manifest.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let manifest: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let checksum = manifest["seal"]["checksum"].as_str();
    checksum.map(str::to_owned).ok_or_else(|| format!("{}: not sealed", path.display()))
}
