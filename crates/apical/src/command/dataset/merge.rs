use std::io::{self, Write};
use std::path::PathBuf;

use apical::ApicalError;
use apical::dataset::store::seal;
use clap::Args;

use crate::command::Failure;

/// Complete a data set whose parts were made by several processes.
///
/// Looks whether all trials are there and are of this data set, and writes their checksum and totals into manifest.json. No
/// array is read, moved or written.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Parts that were made in several folders, on machines without a common file system, belong into one folder first: no two have
a file of the same name with another content.
    rsync -a part1/ part2/ part3/ data/
    apical dataset merge data")]
pub(super) struct MergeArgs {
    /// The data set.
    #[arg(value_name = "DIR")]
    dataset: PathBuf,
}

pub(super) fn run(args: &MergeArgs) -> Result<(), Failure> {
    let manifest = seal(&args.dataset).map_err(ApicalError::from)?;
    if let Some(seal) = manifest.seal {
        writeln!(io::stdout(), "{} trials, checksum {}", manifest.trials, seal.checksum)?;
    }
    Ok(())
}
