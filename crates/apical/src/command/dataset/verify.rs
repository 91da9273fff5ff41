use std::io::{self, Write};
use std::path::PathBuf;

use apical::ApicalError;
use apical::dataset::store::{Verification, discard, verify};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::{Failure, counted, to_stderr};

/// Read all files of a data set and compare them with their checksums.
///
/// Fails if a file is damaged or a trial is missing, and says which.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Damaged trials are made again, the same to the bit, after they are discarded:
    apical dataset verify --discard data
    apical dataset generate --out data ...   (with the options that it was made with)")]
pub(super) struct VerifyArgs {
    /// The data set.
    #[arg(value_name = "DIR")]
    dataset: PathBuf,
    /// Remove damaged trials, so that `apical dataset generate` makes them again.
    #[arg(long)]
    discard: bool,
    /// Show no progress.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let bar = if args.quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} trials, {per_sec}") {
        bar.set_style(style);
    }
    let found = verify(&args.dataset, |_| bar.inc(1)).map_err(ApicalError::from)?;
    bar.finish_and_clear();
    let is_whole = found.is_whole();
    let Verification { trials, missing, damaged, sealed_as_found, .. } = found;
    for (trial, path, damage) in &damaged {
        writeln!(io::stdout(), "trial {trial}: {}: {damage}", path.display())?;
    }
    let mut damaged: Vec<usize> = damaged.into_iter().map(|(trial, ..)| trial).collect();
    damaged.dedup();
    if let Some(first) = missing.first() {
        writeln!(
            io::stdout(),
            "missing: {}, trial {first} first",
            counted(missing.len(), "trial")
        )?;
    }
    if !sealed_as_found && missing.is_empty() && damaged.is_empty() {
        writeln!(io::stdout(), "manifest.json: the checksum in it is not that of the trials")?;
    }
    if args.discard && !damaged.is_empty() {
        discard(&args.dataset, damaged.iter().copied()).map_err(ApicalError::from)?;
        to_stderr(&format!("discarded {}", counted(damaged.len(), "trial")));
    }
    if is_whole {
        writeln!(io::stdout(), "{} verified", counted(trials, "trial"))?;
        return Ok(());
    }
    let (missing, damaged) = (missing.len(), damaged.len());
    Err(ApicalError::NotWhole { path: args.dataset.clone(), missing, damaged }.into())
}
