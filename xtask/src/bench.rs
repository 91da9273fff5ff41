//! Benchmarks of this tree beside those of another revision.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::command::{cargo, output, run as run_command};
use crate::timing::median;
use crate::workspace::{array, root, string, target, text};
use crate::{Outcome, worktree};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A commit, branch or tag.
    #[arg(long, value_name = "REV")]
    compare: String,
    /// Only these programs, such as biophysics.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only ids with this in them.
    #[arg(long, default_value = "")]
    filter: String,
    /// How often each is timed, in turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Time for a benchmark and round, s.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
}

/// Programs by name.
type Programs = BTreeMap<String, PathBuf>;

/// Nanoseconds by id.
type Times = BTreeMap<String, f64>;

/// Both are built first, then timed in turn: what else the machine does touches both alike.
pub(crate) fn run(options: &Options) -> Outcome {
    worktree::with("bench", &options.compare, |folder| compare(options, folder))
}

fn compare(options: &Options, worktree: &Path) -> Outcome {
    let before = programs(options, worktree)?;
    let now = programs(options, &root())?;
    let mut rounds: BTreeMap<String, Vec<[f64; 2]>> = BTreeMap::new();
    for (name, program) in &now {
        let Some(program_before) = before.get(name) else {
            println!("{name} is new");
            continue;
        };
        for _ in 0..options.rounds {
            let before = time(options, program_before)?;
            for (id, ns) in time(options, program)? {
                match before.get(&id) {
                    Some(&ns_before) => rounds.entry(id).or_default().push([ns_before, ns]),
                    None => println!("{id} is new"),
                }
            }
        }
    }
    println!("\n{:<52} {:>12} {:>12} {:>8}  rounds", "", "before", "now", "ratio");
    for (id, times) in &rounds {
        let ratios: Vec<f64> = times.iter().map(|[before, now]| now / before).collect();
        let [before, now] = [0, 1].map(|side| median(times.iter().map(|times| times[side])));
        let all: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
        let ratio = median(ratios);
        println!(
            "{id:<52} {:>12} {:>12} {ratio:>8.3}  {}",
            shown(before),
            shown(now),
            all.join(" ")
        );
    }
    Ok(())
}

fn shown(ns: f64) -> String {
    match ns {
        ..1e3 => format!("{ns:.1} ns"),
        ..1e6 => format!("{:.2} µs", ns * 1e-3),
        ..1e9 => format!("{:.2} ms", ns * 1e-6),
        _ => format!("{:.2} s", ns * 1e-9),
    }
}

/// Builds the benchmarks of a tree. Dependencies are those of the other tree, if their versions are.
fn programs(options: &Options, tree: &Path) -> Outcome<Programs> {
    let mut build = cargo(&["bench", "--no-run", "--package", "apical-benches"]);
    build.args(["--message-format=json-render-diagnostics"]).current_dir(tree);
    if options.only.is_empty() {
        build.arg("--benches");
    }
    build.args(options.only.iter().flat_map(|name| ["--bench", name]));
    let printed = output(build.env("CARGO_TARGET_DIR", target()))?;
    let mut programs = Programs::new();
    for line in printed.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let kinds = array(&message["target"]["kind"]);
        let name = string(&message["target"]["name"]);
        if kinds.iter().any(|kind| kind == "bench")
            && let Some(program) = message["executable"].as_str()
        {
            programs.insert(name, PathBuf::from(program));
        }
    }
    if programs.is_empty() { Err("there is no such benchmark".to_owned()) } else { Ok(programs) }
}

fn time(options: &Options, program: &Path) -> Outcome<Times> {
    let results = target().join("bench").join("criterion");
    if results.exists() {
        fs::remove_dir_all(&results).map_err(text)?;
    }
    let mut command = Command::new(program);
    command.args(["--bench", "--noplot", "--quiet", "--warm-up-time", "0.5"]);
    command.args(["--measurement-time", &options.seconds.to_string()]).arg(&options.filter);
    run_command(command.env("CRITERION_HOME", &results))?;
    let mut times = Times::new();
    collect(&results, &mut times)?;
    Ok(times)
}

/// What criterion has written: a folder an id.
fn collect(folder: &Path, times: &mut Times) -> Outcome {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let json = |path: PathBuf| -> Outcome<Value> {
        serde_json::from_str(&fs::read_to_string(path).map_err(text)?).map_err(text)
    };
    for entry in entries {
        let path = entry.map_err(text)?.path();
        if path.ends_with("new") {
            let id = string(&json(path.join("benchmark.json"))?["full_id"]);
            let estimates = json(path.join("estimates.json"))?;
            let ns = estimates["median"]["point_estimate"].as_f64();
            times.insert(id, ns.ok_or("criterion has written no median")?);
        } else if path.is_dir() {
            collect(&path, times)?;
        }
    }
    Ok(())
}
