//! Developer tasks: `cargo xtask <task>`, one file or folder a task.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to the terminal")]

mod bench;
mod bench_peers;
mod bench_torch;
mod chart;
mod ci;
mod command;
mod convergence;
mod crate_graph;
mod cuda;
mod dataset;
mod fuzz;
mod golden;
mod growth;
mod input_recipe;
mod instructions;
mod learning;
mod lfpykit;
mod links;
mod losses;
mod mpi;
mod neuron_import;
mod neuron_speed;
mod neuronio;
mod python;
mod release;
mod sanitize;
mod shared_builds;
mod tidy;
mod timing;
mod workspace;
mod worktree;

use std::process::ExitCode;

use clap::Parser;

/// A task's outcome; the message is for a person.
type Outcome<T = ()> = Result<T, String>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer tasks")]
enum Task {
    /// Everything that has to pass before a change is merged.
    Ci(ci::Options),
    /// Rules about the sources that no compiler checks.
    Tidy,
    /// Checks golden data, or makes it again with NEURON.
    Golden(golden::Options),
    /// Builds apical-surrogate's feature `cuda` with NVIDIA's compiler from PyPI; needs no graphics processor.
    CudaBuild(cuda::Options),
    /// Compares imported reconstructions with NEURON's.
    NeuronImport(neuron_import::Options),
    /// Times NEURON on a trial of a reproduction, for the table of its report.
    NeuronSpeed(neuron_speed::Options),
    /// Trains the three networks on a data set, with the figure and the table of the book.
    Learning(learning::Options),
    /// Compares the synaptic input process with its published recipe in NumPy.
    InputRecipe(input_recipe::Options),
    /// Checks that processes make a data set and train a network together as one would.
    Mpi(mpi::Options),
    /// Checks data sets: with Python, and how fast they are made.
    #[command(subcommand)]
    Dataset(dataset::Options),
    /// Imports simulations pickled as published, exports them, and compares every number with zarr and numpy.
    Neuronio(neuronio::Options),
    /// Searches for files that readers do not survive; needs a nightly toolchain and cargo-fuzz.
    Fuzz(fuzz::Options),
    /// Runs the tests of crates that have `unsafe` under the address sanitizer; needs a nightly toolchain.
    Sanitize(sanitize::Options),
    /// Times the benchmarks of this tree and of another revision in turn.
    Bench(bench::Options),
    /// Counts instructions of pieces of work with valgrind, and compares them with those that were.
    Instructions(instructions::Options),
    /// Checks everything with the oldest dependencies that manifests name; needs a nightly toolchain.
    MinimalVersions(release::Options),
    /// Times apical and other simulators on the same neuron.
    BenchPeers(bench_peers::Options),
    /// Times the multitask networks and the same in PyTorch.
    BenchTorch(bench_torch::Options),
    /// Error and cost of time steps and methods of integration.
    Convergence(convergence::Options),
    /// Time and memory of a step by compartments and by trials.
    Growth(growth::Options),
    /// Compares field potentials with LFPykit's on random inputs, and times both.
    Lfpykit(lfpykit::Options),
}

fn main() -> ExitCode {
    let outcome = match Task::parse() {
        Task::Ci(options) => ci::run(&options),
        Task::Tidy => tidy::run(),
        Task::Golden(options) => golden::run(&options),
        Task::CudaBuild(options) => cuda::build(&options),
        Task::NeuronImport(options) => neuron_import::run(&options),
        Task::NeuronSpeed(options) => neuron_speed::run(&options),
        Task::Learning(options) => learning::run(&options),
        Task::InputRecipe(options) => input_recipe::run(&options),
        Task::Mpi(options) => mpi::run(&options),
        Task::Dataset(options) => dataset::run(&options),
        Task::Neuronio(options) => neuronio::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Sanitize(options) => sanitize::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Instructions(options) => instructions::run(&options),
        Task::MinimalVersions(options) => release::minimal_versions(&options),
        Task::BenchPeers(options) => bench_peers::run(&options),
        Task::BenchTorch(options) => bench_torch::run(&options),
        Task::Convergence(options) => convergence::run(&options),
        Task::Growth(options) => growth::run(&options),
        Task::Lfpykit(options) => lfpykit::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
