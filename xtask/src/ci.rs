//! Everything that has to pass before a change is merged, cheapest first.

use std::time::{Duration, Instant};

use crate::command::{cargo, is_installed, run as run_command};
use crate::workspace::{Package, packages};
use crate::{Outcome, cuda, golden, instructions, mpi, release, tidy};

/// Which stages run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only these stages.
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Stage>,
    /// Leave these stages out.
    #[arg(long, value_delimiter = ',', value_enum)]
    skip: Vec<Stage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// Rules about the sources.
    Tidy,
    /// Golden data is whole and says where it comes from.
    Golden,
    /// Formatting.
    Fmt,
    /// Lints, of tests, examples and benchmarks as well.
    Clippy,
    /// Every published crate alone: without features, and with each feature alone.
    Features,
    /// Lints of what is compiled for graphics processors; needs none.
    Cuda,
    /// The documentation, links included.
    Doc,
    /// All tests, documentation examples included.
    Test,
    /// Shards and MPI ranks make the same data set as one process, ranks train the same network (if MPI is installed).
    Mpi,
    /// Every benchmark runs once.
    Bench,
    /// Pieces of work take as many instructions as they did (valgrind, if installed).
    Instructions,
    /// Every published crate can be packaged.
    Package,
    /// Licenses, advisories, sources (cargo-deny, if installed).
    Deny,
    /// Spelling (typos, if installed).
    Typos,
}

const STAGES: [Stage; 14] = [
    Stage::Tidy,
    Stage::Golden,
    Stage::Fmt,
    Stage::Clippy,
    Stage::Features,
    Stage::Cuda,
    Stage::Doc,
    Stage::Test,
    Stage::Mpi,
    Stage::Bench,
    Stage::Instructions,
    Stage::Package,
    Stage::Deny,
    Stage::Typos,
];

/// Runs the stages in order and stops at the first that fails.
pub(crate) fn run(options: &Options) -> Outcome {
    let packages = packages()?;
    let mut times: Vec<(Stage, Duration)> = Vec::new();
    for stage in STAGES {
        if options.skip.contains(&stage)
            || !(options.only.is_empty() || options.only.contains(&stage))
        {
            continue;
        }
        println!("==> {stage:?}");
        let start = Instant::now();
        run_stage(stage, &packages).map_err(|message| format!("{stage:?}: {message}"))?;
        times.push((stage, start.elapsed()));
    }
    println!("==> all passed");
    for (stage, time) in times {
        println!("{:>8.1} s  {stage:?}", time.as_secs_f64());
    }
    Ok(())
}

fn run_stage(stage: Stage, packages: &[Package]) -> Outcome {
    match stage {
        Stage::Tidy => tidy::run(),
        Stage::Golden => golden::check(),
        Stage::Fmt => run_command(&mut cargo(&["fmt", "--all", "--check"])),
        Stage::Clippy => run_command(&mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])),
        Stage::Features => {
            packages.iter().filter(|package| package.is_published).try_for_each(check_features)
        }
        Stage::Cuda => cuda::check(),
        Stage::Doc => run_command(
            cargo(&["doc", "--workspace", "--no-deps", "--locked"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        ),
        Stage::Test => run_command(&mut cargo(&["test", "--workspace", "--locked"])),
        Stage::Mpi => mpi::check(),
        // without `--bench`, which `cargo bench` gives them, benchmarks run once
        Stage::Bench => {
            run_command(&mut cargo(&["test", "--workspace", "--locked", "--bench", "*"]))
        }
        Stage::Instructions => instructions::check(),
        Stage::Package => release::package(packages),
        Stage::Deny => deny(),
        Stage::Typos => typos(),
    }
}

/// `--all-features` would hide a feature that builds only together with another.
fn check_features(package: &Package) -> Outcome {
    check(package, &[])?;
    for feature in &package.features {
        if package.skip_features.contains(feature) {
            println!("    skipped: feature {feature} of {} needs more than Rust", package.name);
            continue;
        }
        check(package, &["--features", feature])?;
    }
    Ok(())
}

fn check(package: &Package, more: &[&str]) -> Outcome {
    let mut command = cargo(&["check", "--locked", "-p", &package.name, "--no-default-features"]);
    run_command(command.args(more))
}

fn deny() -> Outcome {
    if !is_installed("cargo", &["deny", "--version"]) {
        println!("    skipped: cargo-deny is not installed");
        return Ok(());
    }
    run_command(&mut cargo(&["deny", "check"]))
}

fn typos() -> Outcome {
    if !is_installed("typos", &["--version"]) {
        println!("    skipped: typos is not installed");
        return Ok(());
    }
    run_command(std::process::Command::new("typos").current_dir(crate::workspace::root()))
}
