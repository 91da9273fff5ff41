use std::path::PathBuf;

use clap::Args;

use crate::command::electrodes::Electrodes;

/// Evaluate a trained network on trials that it was not trained with.
///
/// Predicts the test trials of its training (all trials of any other data set) one millisecond ahead from true voltages, and
/// freely from its own predictions; a network that sees no voltages, from the input alone. Beside it stand the linear step
/// that it adds to, and, one millisecond ahead, persistence: v(t + 1 ms) = v(t).
///
/// Another data set should have another seed than the one that was trained with: trials of equal seed and number are the same.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Files, tables as CSV:
  regions        error and explained variance by region, with intervals of 95 % over trials
  compartments   the same of every compartment
  gains          the share of each baseline's error that the network removes, by region, with intervals of 95 % over the same trials
  bands          error where a compartment rests, is depolarized, fires, or is in a plateau
  spikes         ROC AUC, average precision, F1; coincidence factor; rates; errors of spike times
  calcium        dendritic calcium spikes: precision, recall, errors of onset, peak, duration, area and somatic spikes
  horizon        error by how long ago the truth was last known; horizon_spikes, horizon_calcium: the same of these
  potentials     error and correlation at electrodes, if --morphology is the neuron of the network
  experts        how much every compartment trusts every expert; expert_regions: by region; expert_agreement, with --other:
                 whether another training comes to the same
  protocols      BAP, EPSP, BAC and CaBurst of Hay et al. 2011: somatic spikes and the calcium spike, in truth and predicted,
                 where the data set is of a simulated neuron with currents; protocols.svg, protocols.json: the voltages
  example.svg    voltages and potentials of a stretch of a trial, as they were and as they are predicted, and in numpy's format:
                 example_truth_mv.npy, example_predicted_mv.npy (compartments, ms), example_potential_truth_mv.npy,
                 example_potential_predicted_mv.npy (electrodes, ms)
  losses.svg     the loss of every compartment by region, with the baselines
  experts.svg    weights of experts laid over the neuron
  network.svg    what the network is made of
  manifest.json  all tables, with parameters and versions

Examples:
  apical evaluate --checkpoint network --dataset data --out evaluation
  Three trials only, with potentials along a laminar probe:
    apical evaluate --checkpoint network --dataset data --trials 3 --electrodes laminar:n=16,pitch=100 --out evaluation")]
pub(in crate::command) struct EvaluateArgs {
    /// Network: best.safetensors or last.safetensors of `apical train`, or its folder.
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: PathBuf,
    /// Data set of `apical dataset generate`.
    #[arg(long, value_name = "DIR")]
    pub(super) dataset: PathBuf,
    /// Folder to write to; created where it does not exist.
    #[arg(long, short, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Evaluation of the same kind of network, trained with another seed: how far their experts agree.
    #[arg(long, value_name = "DIR")]
    pub(super) other: Option<PathBuf>,
    /// Only so many trials, the first ones.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) trials: Option<u32>,
    /// Rules and numbers other than the default: a JSON file with any of the entries of `parameters` in a manifest.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Reconstruction of the neuron, or `default` for the embedded cell.
    #[arg(long, value_name = "FILE", default_value = "default")]
    pub(super) morphology: PathBuf,
    /// Electrodes: a description or a file; see `apical lfp --help`.
    #[arg(long, value_name = "WHAT", value_parser = Electrodes::parse, default_value = "six")]
    pub(super) electrodes: Electrodes,
    /// Where to compute: cpu, or cuda:0, cuda:1, … in a program built with the feature cuda.
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(super) device: String,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(long, short)]
    pub(super) quiet: bool,
}
