//! Data sets of simulated trials.

mod export_lfdeep;
mod generate;
mod import_neuronio;
mod info;
mod merge;
mod verify;

use clap::{Args, Subcommand};

use super::Failure;
use super::ranks::Ranks;

/// Make, check and convert data sets of simulated trials.
///
/// A data set is a folder in the Zarr format, version 3: Python's zarr reads its arrays, and its manifest.json says what
/// they hold and how they were made.
#[derive(Args, Debug)]
pub(super) struct DatasetArgs {
    #[command(subcommand)]
    command: DatasetCommand,
}

#[derive(Debug, Subcommand)]
enum DatasetCommand {
    Generate(Box<generate::GenerateArgs>),
    Info(info::InfoArgs),
    Verify(verify::VerifyArgs),
    Merge(merge::MergeArgs),
    ImportNeuronio(import_neuronio::ImportNeuronioArgs),
    ExportLfdeep(export_lfdeep::ExportLfdeepArgs),
}

pub(super) fn run(args: &DatasetArgs, ranks: Option<&Ranks>) -> Result<(), Failure> {
    match &args.command {
        DatasetCommand::Generate(args) => generate::run(args, ranks),
        DatasetCommand::Info(args) => info::run(args),
        DatasetCommand::Verify(args) => verify::run(args),
        DatasetCommand::Merge(args) => merge::run(args),
        DatasetCommand::ImportNeuronio(args) => import_neuronio::run(args),
        DatasetCommand::ExportLfdeep(args) => export_lfdeep::run(args),
    }
}
