use std::path::PathBuf;

use clap::Args;

use crate::command::number::{finite, probability};

/// Predict the voltage of every compartment with a trained network.
///
/// Writes what `apical simulate` writes, at every millisecond. The input is drawn as there, or given as files, or that of a
/// trial of a data set. A network that sees past voltages sees its own predictions, or, with --teacher-forced, those of the
/// trial.
///
/// Rows of voltages are the compartments that are predicted, in the order of the neuron: all but the axon. `apical lfp
/// --voltages DIR` goes on from them.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Files:
  voltage_mv.npy         float32 [compartments, ms + 1]: every predicted compartment at t = 0, 1, ... ms
  soma_mv.npy            float64 [ms + 1]: the soma
  spike_probability.npy  float64 [ms]: that there is a somatic spike in each millisecond
  spikes_ms.npy          float64 [spikes]: ends of milliseconds in which it comes to --threshold or above
  traces.svg             the neuron and its traces, if --morphology is that of the network
  manifest.json          parameters, versions, errors where the truth is known, and what each row of the arrays is

Examples:
  A second of random input:
    apical predict --checkpoint network/best.safetensors --seed 7 --duration-ms 1000 --out predicted
  Trial 3 of a data set, from its true voltages a millisecond before:
    apical predict --checkpoint network/best.safetensors --dataset data --trial 3 --teacher-forced --out predicted")]
pub(in crate::command) struct PredictArgs {
    /// Network: best.safetensors or last.safetensors of `apical train`, or its folder.
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: PathBuf,
    /// Folder to write to; created where it does not exist.
    #[arg(long, short, value_name = "DIR")]
    pub(super) out: PathBuf,

    /// Data set of the trial to predict.
    #[arg(long, value_name = "DIR", requires = "trial", help_heading = "Input")]
    pub(super) dataset: Option<PathBuf>,
    /// Its trial, from 0.
    #[arg(long, value_name = "N", requires = "dataset", help_heading = "Input")]
    pub(super) trial: Option<usize>,
    /// Tell the network the true voltages before every step.
    #[arg(long, requires = "dataset", help_heading = "Input")]
    pub(super) teacher_forced: bool,
    /// Seed of the events that are drawn; 4 unless given.
    #[arg(
        long, value_name = "N", conflicts_with_all = ["dataset", "excitatory_events"],
        help_heading = "Input"
    )]
    pub(super) seed: Option<u64>,
    /// Excitatory events to use instead of drawn ones; see `apical simulate --help`.
    #[arg(
        long,
        value_name = "F.npy",
        requires = "inhibitory_events",
        conflicts_with = "dataset",
        help_heading = "Input"
    )]
    pub(super) excitatory_events: Option<PathBuf>,
    /// Inhibitory events to use instead of drawn ones.
    #[arg(
        long,
        value_name = "F.npy",
        requires = "excitatory_events",
        conflicts_with = "dataset",
        help_heading = "Input"
    )]
    pub(super) inhibitory_events: Option<PathBuf>,
    /// Duration, ms; 600 unless given.
    #[arg(
        long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        conflicts_with = "dataset", help_heading = "Input"
    )]
    pub(super) duration_ms: Option<u32>,
    /// Voltage everywhere at t = 0, mV; -76 unless given.
    #[arg(
        long, value_name = "X", value_parser = finite,
        conflicts_with = "dataset", help_heading = "Input"
    )]
    pub(super) v_init_mv: Option<f64>,

    /// Least probability that is a spike.
    #[arg(long, value_name = "P", value_parser = probability, default_value_t = 0.5, help_heading = "Output")]
    pub(super) threshold: f64,
    /// Reconstruction that the figure is drawn of; `default` is the embedded layer 5 pyramidal cell.
    #[arg(long, value_name = "FILE", default_value = "default", help_heading = "Output")]
    pub(super) morphology: PathBuf,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,
    /// Where to compute: cpu, or cuda:0, cuda:1, … in a program built with the feature cuda.
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(super) device: String,
}
