//! What each subcommand does.

mod inspect;
mod number;
mod reconstruction;
mod simulate;

use std::io::{self, Write};
use std::process::ExitCode;

use apical::ApicalError;
use clap::{Parser, Subcommand};

/// Detailed single neurons: reconstructions, channels, synapses, voltages.
///
/// Quantities carry their unit in the name of the option: mV, ms, nA, µm, °C. Failures exit with status 1 and a message
/// that names the file, wrong usage with status 2. Repairs of a reconstruction are reported on standard error.
#[derive(Debug, Parser)]
#[command(name = "apical", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(inspect::InspectArgs),
    Simulate(Box<simulate::SimulateArgs>),
}

/// Why a command stops.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Usage(#[from] clap::Error),
    #[error(transparent)]
    Run(#[from] ApicalError),
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
}

pub(crate) fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Inspect(args) => inspect::run(&args),
        Command::Simulate(args) => simulate::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // A reader such as `head` has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Usage(error)) => error.exit(),
        Err(failure) => {
            to_stderr(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// A line on standard error. If even that is closed, there is nobody left to tell.
fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
