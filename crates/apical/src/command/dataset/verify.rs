use std::io::{self, Write};
use std::path::PathBuf;

use apical::ApicalError;
use apical::dataset::store::{DamagedFile, Verification, discard, verify};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::{Failure, counted, to_stderr};

/// Read all files of a data set and compare them with their checksums.
///
/// Fails with status 1 if a file is damaged or a trial is missing, and says which.
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
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    /// Show no progress, and only what is wrong; errors still go to standard error.
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
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &found).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_text(&mut out, &found)?;
        if found.is_whole() && !args.quiet {
            writeln!(out, "{} verified", counted(found.trials, "trial"))?;
        }
    }
    let mut damaged: Vec<usize> = found.damaged.iter().map(|file| file.trial).collect();
    damaged.dedup();
    if args.discard && !damaged.is_empty() {
        discard(&args.dataset, damaged.iter().copied()).map_err(ApicalError::from)?;
        to_stderr(&format!("discarded {}", counted(damaged.len(), "trial")));
    }
    if found.is_whole() {
        return Ok(());
    }
    let (missing, damaged) = (found.missing.len(), damaged.len());
    Err(ApicalError::NotWhole { path: args.dataset.clone(), missing, damaged }.into())
}

fn write_text(out: &mut impl Write, found: &Verification) -> io::Result<()> {
    for DamagedFile { trial, path, damage, .. } in &found.damaged {
        writeln!(out, "trial {trial}: {}: {damage}", path.display())?;
    }
    if let Some(first) = found.missing.first() {
        let missing = counted(found.missing.len(), "trial");
        writeln!(out, "missing: {missing}, trial {first} first")?;
    }
    if !found.sealed_as_found && found.missing.is_empty() && found.damaged.is_empty() {
        writeln!(out, "manifest.json: the checksum in it is not that of the trials")?;
    }
    Ok(())
}
