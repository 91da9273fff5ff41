use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{empty_folder, test_program};
use crate::Outcome;
use crate::command::{is_installed, run as run_command};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of trials.
    #[arg(long, default_value_t = 13)]
    trials: usize,
    /// Duration of a trial, ms.
    #[arg(long, default_value_t = 50)]
    duration_ms: usize,
}

/// What the continuous integration runs: nothing where there is no MPI.
pub(crate) fn check() -> Outcome {
    if !is_installed("mpirun", &["--version"]) || !is_installed("mpicc", &["--version"]) {
        println!("    skipped: mpirun or mpicc is not installed");
        return Ok(());
    }
    run(&Options { trials: 13, duration_ms: 50 })
}

pub(super) fn run(options: &Options) -> Outcome {
    let folder = empty_folder("dataset-mpi")?;
    let serial = test_program(&folder, "apical", &[])?;
    let generate = |program: &mut Command, name: &str, more: &[&str]| {
        let out = folder.join(name);
        program.args(["dataset", "generate", "--quiet", "--batch-size", "3", "--out"]).arg(&out);
        program.args(["--trials", &options.trials.to_string()]);
        program.args(["--duration-ms", &options.duration_ms.to_string()]).args(more);
        run_command(program).map(|()| out)
    };
    let whole = checksum(&generate(&mut Command::new(&serial), "whole", &[])?)?;
    for part in ["2/3", "1/3", "3/3"] {
        generate(&mut Command::new(&serial), "parts", &["--shard", part])?;
    }
    let parts = folder.join("parts");
    run_command(Command::new(&serial).args(["dataset", "merge"]).arg(&parts))?;
    let parts = checksum(&parts)?;

    let program = test_program(&folder, "apical-mpi", &["--features", "apical/mpi"])?;
    let mut ranks = Command::new("mpirun");
    // as root and on fewer cores than ranks, as continuous integration may be
    ranks.args(["--allow-run-as-root", "--oversubscribe", "-n", "2"]).arg(&program);
    let ranks = checksum(&generate(&mut ranks, "ranks", &[])?)?;
    println!("one process   {whole}\nthree shards  {parts}\ntwo MPI ranks {ranks}");
    if parts == whole && ranks == whole { Ok(()) } else { Err("the checksums differ".to_owned()) }
}

fn checksum(data: &Path) -> Outcome<String> {
    let path = data.join("manifest.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let manifest: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let checksum = manifest["seal"]["checksum"].as_str();
    checksum.map(str::to_owned).ok_or_else(|| format!("{}: not sealed", path.display()))
}
