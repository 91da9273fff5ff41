//! Searches for bytes that a reader of files does not survive.

use std::fs;

use apical_fuzz::READERS;

use crate::Outcome;
use crate::command::{cargo_of, is_installed, run as run_command};
use crate::workspace::{root, target, text};

/// Longest time for one file, s, and most memory, MB; sanitizers make a program several times slower and larger.
const LIMITS: [&str; 4] =
    ["-timeout=20", "-rss_limit_mb=3000", "-malloc_limit_mb=1000", "-max_len=65536"];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Time for each reader, s.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Only these readers.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The toolchain with sanitizers.
    #[arg(long, default_value = "nightly")]
    toolchain: String,
}

/// Begins with the seeds, and with what earlier searches have kept in `target/fuzz/corpus`.
pub(crate) fn run(options: &Options) -> Outcome {
    let names: Vec<&str> = READERS.iter().map(|reader| reader.name).collect();
    if let Some(unknown) = options.only.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("there is no reader {unknown}; there are {}", names.join(", ")));
    }
    let toolchain = format!("+{}", options.toolchain);
    if !is_installed("cargo", &[&toolchain, "fuzz", "--version"]) {
        return Err(format!(
            "needs a {} toolchain and cargo-fuzz (cargo install cargo-fuzz)",
            options.toolchain
        ));
    }
    let mut failed = Vec::new();
    for reader in &READERS {
        let name = reader.name;
        if !options.only.is_empty() && !options.only.iter().any(|only| only == name) {
            continue;
        }
        let folder = target().join("fuzz");
        let (corpus, artifacts) =
            (folder.join("corpus").join(name), folder.join("artifacts").join(name));
        for folder in [&corpus, &artifacts] {
            fs::create_dir_all(folder).map_err(text)?;
        }
        for (index, seed) in (reader.seeds)().iter().enumerate() {
            fs::write(corpus.join(format!("seed-{index}")), seed).map_err(text)?;
        }
        let mut command = cargo_of(&options.toolchain, &root().join("fuzz"));
        command.args(["fuzz", "run", "--features", "libfuzzer", "--target-dir"]);
        command.arg(folder.join("build")).arg(name).arg(&corpus).arg("--").args(LIMITS);
        command.arg(format!("-max_total_time={}", options.seconds));
        command.arg(format!("-artifact_prefix={}/", artifacts.display()));
        if let Err(message) = run_command(&mut command) {
            println!("{message}");
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("not survived by {}: the files are in target/fuzz/artifacts", failed.join(", ")))
}
