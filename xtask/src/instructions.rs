//! How many instructions pieces of work take: a gate against regressions that no noise can trip.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::command::{cargo, is_installed, output, run as run_command};
use crate::workspace::{root, target, text};

/// Relative. Counts of one build differ by less than a thousandth (hash maps are seeded); a change of 2 % is one of code.
const TOLERANCE: f64 = 0.02;

const RECORD: &str = "benches/instructions.json";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Writes what is counted as what shall be.
    #[arg(long)]
    bless: bool,
}

/// Counts hold for a compiler and a processor's instruction set.
#[derive(Serialize, Deserialize)]
struct Record {
    compiler: String,
    instruction_set: String,
    /// By piece of work.
    counts: BTreeMap<String, u64>,
}

/// What the continuous integration runs: nothing where counts cannot be compared.
pub(crate) fn check() -> Outcome {
    let record = recorded()?;
    if !is_installed("valgrind", &["--version"]) {
        println!("    skipped: valgrind is not installed");
        return Ok(());
    }
    for (what, found, recorded) in [
        ("compiler", compiler()?, &record.compiler),
        ("instruction set", instruction_set(), &record.instruction_set),
    ] {
        if found != *recorded {
            println!("    skipped: counts are of the {what} {recorded}, this is {found}");
            return Ok(());
        }
    }
    run(&Options { bless: false })
}

pub(crate) fn run(options: &Options) -> Outcome {
    let record = recorded()?;
    run_command(&mut cargo(&[
        "build",
        "--locked",
        "--workspace",
        "--profile",
        "test",
        "--examples",
    ]))?;
    let found = count()?;
    let mut breaches = Vec::new();
    for (work, &count) in &found {
        let was = record.counts.get(work).copied().unwrap_or_default();
        let ratio = count as f64 / was as f64;
        println!("{work:<40} {count:>12} instructions, {ratio:.4} of what was");
        if (ratio - 1.0).abs() > TOLERANCE {
            breaches.push(format!("{work}: {count}, was {was}"));
        }
    }
    if let Some(gone) = record.counts.keys().find(|work| !found.contains_key(*work)) {
        breaches.push(format!("{gone} is not counted any more"));
    }
    if options.bless {
        let record =
            Record { compiler: compiler()?, instruction_set: instruction_set(), counts: found };
        let json = serde_json::to_string_pretty(&record).map_err(text)?;
        return fs::write(root().join(RECORD), json + "\n").map_err(text);
    }
    if breaches.is_empty() {
        return Ok(());
    }
    let list = breaches.join("\n  ");
    Err(format!(
        "counts changed by more than {TOLERANCE}; if that is meant, `cargo xtask instructions --bless`:\n  {list}"
    ))
}

fn recorded() -> Outcome<Record> {
    let json =
        fs::read_to_string(root().join(RECORD)).map_err(|error| format!("{RECORD}: {error}"))?;
    serde_json::from_str(&json).map_err(|error| format!("{RECORD}: {error}"))
}

fn compiler() -> Outcome<String> {
    Ok(output(Command::new("rustc").arg("--version"))?.trim().to_owned())
}

/// Valgrind has no AVX-512, whatever the processor has.
fn instruction_set() -> String {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        return "x86-64 AVX2".to_owned();
    }
    std::env::consts::ARCH.to_owned()
}

/// Counts, by piece of work: the program says which there are.
fn count() -> Outcome<BTreeMap<String, u64>> {
    let program = target().join("debug").join("examples").join("instructions");
    let names = output(&mut Command::new(&program))?;
    names.lines().map(|work| Ok((work.to_owned(), count_of(&program, work)?))).collect()
}

fn count_of(program: &Path, work: &str) -> Outcome<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--collect-atstart=no", "--callgrind-out-file=/dev/null"]);
    valgrind.arg("--toggle-collect=instructions::measured*").arg(program).arg(work);
    let done = valgrind.output().map_err(text)?;
    let said = String::from_utf8_lossy(&done.stderr);
    let collected = said.lines().find_map(|line| line.split("Collected : ").nth(1));
    let count = collected.and_then(|count| count.split_whitespace().next()?.parse().ok());
    count
        .filter(|&count| done.status.success() && count > 0)
        .ok_or_else(|| format!("valgrind counted nothing of {work}: {said}"))
}
