use std::path::PathBuf;

use apical::surrogate::SeenVoltages;
use apical::training::ModelName;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// Train a network on a data set.
///
/// A network predicts the voltage of every dendritic compartment and of the soma, and whether there is a somatic spike, one
/// millisecond ahead. The trials of the data set are split into those that are trained with, those of validations and
/// those of the test at the end.
///
/// Ctrl-C stops after the step that is being made; --resume goes on from there, as it does from the last validation of a
/// training that was killed, to the same weights, bit for bit on the processor.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Files in --out: best.safetensors, the network with the least validation loss, for `apical predict`; last.safetensors, to go
on from; config.json; losses.csv and validation.csv; an event file for `tensorboard --logdir DIR`; test.json, the errors by
region on test trials. Weights with Python:
    from safetensors import safe_open
    with safe_open('network/best.safetensors', 'numpy') as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}

Examples:
  MH that sees past voltages, on the data set of `apical dataset generate --out data`:
    apical train --dataset data --out network
  Without voltages: from events, currents and what a linear step estimates of voltages:
    apical train --dataset data --out network --voltages estimated
  A configuration with any of the entries that config.json of a training has:
    apical train --dataset data --out network --config config.json
  On four machines, in a program built with the feature mpi:
    mpirun -n 4 apical train --dataset data --out network
  As published, with windows of 100 ms and absolute voltages:
    apical train --model mmoe --published --steps 50000 --dataset data --out network")]
pub(in crate::command) struct TrainArgs {
    /// Data set of `apical dataset generate`.
    #[arg(long, value_name = "DIR")]
    pub(super) dataset: PathBuf,
    /// Folder of the training; created where it does not exist.
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Network; mh unless given here or in --config.
    #[arg(long, value_parser = models())]
    pub(super) model: Option<ModelName>,
    /// Voltages that the network sees; past unless given here or in --config.
    #[arg(long, value_parser = voltages(), conflicts_with = "published")]
    pub(super) voltages: Option<SeenVoltages>,
    /// As published: slower and less accurate, to compare with.
    #[arg(long, conflicts_with = "config")]
    pub(super) published: bool,
    /// A JSON file with any of the entries that config.json of a training has.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Steps of the training; 2000 unless given here or in --config.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) steps: Option<u64>,
    /// Seed of split, weights and order; 1 unless given here or in --config.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Where to compute: cpu, or cuda:0, cuda:1, … in a program built with the feature cuda.
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(super) device: String,
    /// Go on with the training in --out.
    #[arg(long, conflicts_with_all = ["model", "voltages", "published", "config", "steps", "seed"])]
    pub(super) resume: bool,
    /// Replace the training in --out, if there is one.
    #[arg(long, conflicts_with = "resume")]
    pub(super) overwrite: bool,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(short, long)]
    pub(super) quiet: bool,
}

fn models() -> impl TypedValueParser<Value = ModelName> {
    let help = |name| match name {
        ModelName::Mmoe => "Multi-gate mixture of experts",
        ModelName::Mmoeex => "The same, with experts that belong to one task",
        _ => "Hard parameter sharing: one temporal network for all compartments",
    };
    let values = ModelName::ALL.map(|name| PossibleValue::new(name.to_string()).help(help(name)));
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}

fn voltages() -> impl TypedValueParser<Value = SeenVoltages> {
    PossibleValuesParser::new([
        PossibleValue::new("past").help("The true ones, a millisecond before (teacher forcing)"),
        PossibleValue::new("estimated").help("Those that a linear step estimates from the input"),
        PossibleValue::new("none").help("None"),
    ])
    .map(|name| match name.as_str() {
        "past" => SeenVoltages::Past,
        "estimated" => SeenVoltages::Estimated,
        _ => SeenVoltages::None,
    })
}
