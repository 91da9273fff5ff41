//! What each subcommand does.

mod choices;
mod completions;
mod dataset;
mod dataset_neuron;
mod electrodes;
mod evaluate;
mod inspect;
mod interrupt;
mod lfp;
mod number;
mod predict;
mod ranks;
mod reconstruction;
mod reproduce;
mod simulate;
mod speed;
mod train;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use apical::ApicalError;
use apical::core::{CompartmentRecord, CoreError, TrialLayout};
use apical::surrogate::Network;
use apical::training::{BEST, LAST};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use ranks::Ranks;

/// Detailed single neurons: reconstructions, channels, synapses, voltages.
///
/// Quantities carry their unit in the name of the option: mV, ms, nA, µm, °C. Failures exit with status 1 and a message
/// that names the file, wrong usage with status 2, what Ctrl-C has stopped with 130. Repairs of a reconstruction are
/// reported on standard error.
#[derive(Debug, Parser)]
#[command(name = "apical", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Threads that compute; unless given, as many as RAYON_NUM_THREADS of the environment says, or as there are cores.
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Reproduce(reproduce::ReproduceArgs),
    Inspect(inspect::InspectArgs),
    Simulate(Box<simulate::SimulateArgs>),
    Lfp(Box<lfp::LfpArgs>),
    Dataset(Box<dataset::DatasetArgs>),
    Train(Box<train::TrainArgs>),
    Predict(Box<predict::PredictArgs>),
    Evaluate(evaluate::EvaluateArgs),
    Speed(speed::SpeedArgs),
    Completions(completions::CompletionsArgs),
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
    #[error("stopped after step {step}: --resume goes on with it")]
    Stopped { step: u64 },
}

pub(crate) fn run() -> ExitCode {
    let line = parse(std::env::args_os()).unwrap_or_else(|error| error.exit());
    if let Some(threads) = line.threads {
        // fails only where there are threads already, which there are not
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build_global();
    }
    match execute(&line.command, None) {
        Ok(()) => ExitCode::SUCCESS,
        // A reader such as `head` has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Usage(error)) => error.exit(),
        Err(stopped @ Failure::Stopped { .. }) => {
            to_stderr(&stopped.to_string());
            ExitCode::from(interrupt::STATUS)
        }
        Err(failure) => {
            to_stderr(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// What a line of the shell says. A negative number is a value everywhere, so that an option can say what it should be.
fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = taking_negative_numbers(Cli::command()).try_get_matches_from(line)?;
    Cli::from_arg_matches(&matches)
}

fn taking_negative_numbers(command: clap::Command) -> clap::Command {
    let takes_them = |arg: clap::Arg| {
        let takes_values = arg.get_action().takes_values();
        arg.allow_negative_numbers(takes_values)
    };
    command.mut_args(takes_them).mut_subcommands(taking_negative_numbers)
}

/// With the processes that are there already, or those that there are.
fn execute(command: &Command, ranks: Option<&Ranks>) -> Result<(), Failure> {
    match command {
        Command::Reproduce(args) => reproduce::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Simulate(args) => simulate::run(args),
        Command::Lfp(args) => lfp::run(args),
        Command::Dataset(args) => dataset::run(args, ranks),
        Command::Train(args) => train::run(args, ranks),
        Command::Predict(args) => predict::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Speed(args) => speed::run(args),
        Command::Completions(args) => completions::run(args),
    }
}

/// Does what a line of the shell would, without the name of the program.
fn execute_line(words: &[OsString], ranks: &Ranks) -> Result<(), Failure> {
    let name = OsString::from("apical");
    let line = std::iter::once(&name).chain(words);
    execute(&parse(line.cloned())?.command, Some(ranks))
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        Self::Run(error.into())
    }
}

/// Options of a subcommand that do not go together.
fn refusal(subcommand: &str, message: String) -> Failure {
    let mut command = Cli::command();
    // Gives subcommands the whole line as their usage.
    command.build();
    let error = match command.find_subcommand_mut(subcommand) {
        Some(command) => command.error(ErrorKind::ArgumentConflict, message),
        None => clap::Error::raw(ErrorKind::ArgumentConflict, message),
    };
    error.into()
}

/// A number of things.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What a compartment is called: `dend[3](0.5)`.
fn compartment_name(record: &CompartmentRecord) -> String {
    format!("{}({})", record.section, (1e4 * record.x).round() / 1e4)
}

/// The file of a network: the best one, of the folder of a training.
fn network_file(given: &Path) -> Result<PathBuf, ApicalError> {
    if !given.is_dir() {
        return Ok(given.to_owned());
    }
    let best = given.join(BEST);
    if !best.exists() && given.join(LAST).exists() {
        return Err(ApicalError::NotValidated { path: given.to_owned() });
    }
    Ok(best)
}

/// Refuses a network that is not of the neuron of a data set.
fn check_neuron(
    path: &Path,
    network: &Network,
    dataset: &Path,
    layout: &TrialLayout,
) -> Result<(), ApicalError> {
    let compartments = [network.layout(), layout].map(|layout| &layout.compartments);
    if compartments[0] == compartments[1] {
        return Ok(());
    }
    let [path, dataset] = [path, dataset].map(Path::to_owned);
    let compartments = compartments.map(|compartments| compartments.len());
    Err(ApicalError::OtherNeuron { path, dataset, compartments })
}

/// A line on standard error. If even that is closed, there is nobody left to tell.
fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
