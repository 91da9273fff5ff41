use std::path::PathBuf;

use clap::Args;

use crate::command::number::positive;

/// Time networks and the simulation that they stand for, side by side.
///
/// Goes through stretches of the data set's trials, so many neurons at a time, a millisecond after another, as in a closed loop:
/// what is timed is the whole step from input to voltages. The simulation steps eight neurons side by side, and the others after
/// them. All sides take turns, three times; medians are reported, per
/// simulated millisecond of one neuron.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Files: speed.csv, manifest.json.

Examples:
  apical speed --checkpoint mh mmoe --dataset data --out speed
  One neuron and a hundred, on two threads:
    apical speed --checkpoint mh --dataset data --batch-sizes 1,100 --threads 2 --out speed")]
pub(in crate::command) struct SpeedArgs {
    /// Networks: folders of `apical train`, or files in them.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub(super) checkpoint: Vec<PathBuf>,
    /// Data set of their neuron.
    #[arg(long, value_name = "DIR")]
    pub(super) dataset: PathBuf,
    /// Folder to write to; created where it does not exist.
    #[arg(long, short, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Neurons at a time.
    #[arg(
        long, value_name = "N,N", value_delimiter = ',', default_values_t = [1, 8, 32, 128],
        value_parser = clap::value_parser!(u32).range(1..=4096)
    )]
    pub(super) batch_sizes: Vec<u32>,
    /// Threads of the processor.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(super) threads: u32,
    /// Least time of a measurement, s.
    #[arg(long, value_name = "X", default_value_t = 0.5, value_parser = positive)]
    pub(super) seconds: f64,
    /// Reconstruction of the neuron, or `default` for the embedded cell.
    #[arg(long, value_name = "FILE", default_value = "default")]
    pub(super) morphology: PathBuf,
    /// Where networks compute: cpu, or cuda:0, cuda:1, … in a program built with the feature cuda.
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(super) device: String,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(long, short)]
    pub(super) quiet: bool,
}
