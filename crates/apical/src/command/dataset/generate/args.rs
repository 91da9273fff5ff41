use std::path::PathBuf;
use std::str::FromStr;

use apical::biophysics::preset::{Preset, TrainingCondition};
use apical::biophysics::{InstructionSet, Integration};
use apical::dataset::store::VoltagePrecision;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::command::choices::{instruction_sets, integrations};
use crate::command::number::{finite, positive, probability};
use crate::command::reconstruction::presets;

/// Simulate trials of a neuron under random input and store them.
///
/// Every trial follows from the seed and its number alone. Synaptic events of an excitatory and an inhibitory synapse on every
/// dendritic compartment are drawn as by Beniaguev et al. 2021; a share of the trials also receives currents, somatic
/// pulses and steps and apical EPSPs, so that the protocols of Hay et al. 2011 (BAP, EPSP, BAC, Ca burst) are
/// among what is seen.
///
/// All cores are used, or --threads. A run that was stopped, or killed, goes on when it is started again with the same options; trials
/// that were being simulated are lost.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Files: see `apical dataset info`, and the page on data sets of the book. With Python:
    import zarr
    data = zarr.open_group('data', mode='r')
    v_mv = data['voltage_mv'][3]                       # float32 [ms + 1, compartment] of trial 3
    start, end = data['event_offset'][3, 17:19]        # synapses that receive an event in the bin of 17 ms
    synapses = data['event_synapse'][3, start:end]

Examples:
  128 trials of 6 s of the embedded cell, as many as in a file of the published data:
    apical dataset generate --out data
  A reconstruction, without currents, release as published:
    apical dataset generate --morphology cell.asc --stimulus-share 0 --release-probability 0.632 --out data
  Four parts, such as the array job of a cluster; then, once:
    apical dataset generate --trials 10000 --shard $SLURM_ARRAY_TASK_ID/4 --out data
    apical dataset merge data
  The same with MPI, in a program built with the feature mpi:
    mpirun -n 4 apical dataset generate --trials 10000 --out data")]
pub(in crate::command) struct GenerateArgs {
    /// Folder of the data set; created, or gone on with.
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Number of trials.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = trials)]
    pub(super) trials: usize,
    /// Make only the i-th of n parts, i from 1: trials that follow each other.
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,
    /// Trials that one thread simulates side by side; of no effect on the result. Fastest are multiples of 8; fewer where
    /// some threads would have none.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = batch_size)]
    pub(super) batch_size: usize,
    /// How voltages are stored.
    #[arg(long, value_name = "TYPE", default_value = "float32", value_parser = precisions())]
    pub(super) precision: VoltagePrecision,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Seed of everything that is drawn.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Input")]
    pub(super) seed: u64,
    /// Duration of a trial, ms.
    #[arg(long, value_name = "N", default_value_t = 6000, value_parser = duration, help_heading = "Input")]
    pub(super) duration_ms: u32,
    /// Receptors of the excitatory synapses, SK conductance, and the rates that were published for them.
    #[arg(long, default_value = "nmda", value_parser = conditions(), help_heading = "Input")]
    pub(super) condition: TrainingCondition,
    /// Probability that an event releases transmitter; 0.632 in the published data.
    #[arg(
        long, value_name = "P", value_parser = probability, default_value_t = 1.0,
        help_heading = "Input"
    )]
    pub(super) release_probability: f64,
    /// Share of trials that receive currents; 0.25 unless given, or what --input says.
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Input")]
    pub(super) stimulus_share: Option<f64>,
    /// Share of these that have no synaptic input; 0.5 unless given, or what --input says.
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Input")]
    pub(super) quiet_share: Option<f64>,
    /// Parameters of the input, instead of the published ones.
    ///
    /// A JSON file of an object with any of "input" (rates), "stimuli" (currents) and "calcium_rule", in the form that
    /// manifest.json of a data set has under generator, trials.
    #[arg(long, value_name = "F.json", help_heading = "Input")]
    pub(super) input: Option<PathBuf>,

    /// Reconstruction, SWC or Neurolucida ASC; `default` is the embedded layer 5 pyramidal cell.
    ///
    /// For the presets shai2015 and hay2011 its axon is replaced by their stub of two cylinders.
    #[arg(long, value_name = "FILE", default_value = "default", help_heading = "Neuron")]
    pub(super) morphology: PathBuf,
    /// Channels and passive properties.
    #[arg(long, default_value = "shai2015", value_parser = presets(), help_heading = "Neuron")]
    pub(super) preset: Preset,
    /// Temperature, °C; 6.3 unless given, as published.
    #[arg(
        long, value_name = "X", value_parser = finite,
        help_heading = "Neuron"
    )]
    pub(super) celsius: Option<f64>,

    /// Time step, ms; a millisecond must be a whole number of steps.
    #[arg(
        long, value_name = "X", value_parser = positive, default_value_t = 0.025,
        help_heading = "Simulation"
    )]
    pub(super) dt_ms: f64,
    /// How voltages are taken over a time step.
    #[arg(
        long, value_name = "METHOD", default_value = "implicit-euler",
        value_parser = integrations(), help_heading = "Simulation"
    )]
    pub(super) integration: Integration,
    /// Voltage everywhere at t = 0, mV.
    #[arg(
        long, value_name = "X", value_parser = finite,
        default_value_t = -76.0, help_heading = "Simulation"
    )]
    pub(super) v_init_mv: f64,
    /// Vector instructions to compute with; unless given, those that the data set was begun with, or the fastest that the
    /// machine has.
    ///
    /// Trials have the same bits where this is the same. For a data set that is made on different machines, choose what all
    /// of them have.
    #[arg(long, value_name = "SET", value_parser = instruction_sets(), help_heading = "Simulation")]
    pub(super) instruction_set: Option<InstructionSet>,
}

/// One of several parts of the trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 0.
    pub(super) index: usize,
    pub(super) count: usize,
}

impl Shard {
    /// Its trials.
    pub(super) fn trials(self, trials: usize) -> std::ops::Range<usize> {
        // as even as can be, without a product that may not fit
        let start = |index| (index as u128 * trials as u128 / self.count as u128) as usize;
        start(self.index)..start(self.index + 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            Some((index.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
        });
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => {
                Ok(Self { index: index - 1, count })
            }
            Some((index, count)) => {
                Err(format!("there is no part {index} of {count}; the first is 1"))
            }
            None => Err("not of the form 2/4".to_owned()),
        }
    }
}

/// Names of trials have six digits.
fn trials(text: &str) -> Result<usize, String> {
    within(text, 1, 999_999)
}

fn batch_size(text: &str) -> Result<usize, String> {
    within(text, 1, 4096)
}

/// A trial of 642 compartments takes 154 MB a minute in memory, besides the soma's voltage at every step, and each thread has a
/// batch of them; what is too much together is refused by `TrialGenerator::check_memory`.
fn duration(text: &str) -> Result<u32, String> {
    within(text, 1, 1_000_000).map(|duration| duration as u32)
}

fn within(text: &str, low: usize, high: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(format!("not a whole number from {low} to {high}")),
    }
}

fn precisions() -> impl TypedValueParser<Value = VoltagePrecision> {
    PossibleValuesParser::new([
        PossibleValue::new("float32").help("As simulated, to 7 digits"),
        PossibleValue::new("float16").help("To 0.03 mV, in less than half of the space"),
    ])
    .map(|name| match name.as_str() {
        "float16" => VoltagePrecision::Float16,
        _ => VoltagePrecision::Float32,
    })
}

fn conditions() -> impl TypedValueParser<Value = TrainingCondition> {
    let help = |condition| match condition {
        TrainingCondition::Nmda => "AMPA and NMDA receptors",
        TrainingCondition::Ampa => "AMPA receptors alone",
        TrainingCondition::AmpaReducedSk => "AMPA receptors alone, a tenth of the SK conductance",
        _ => "",
    };
    let values = TrainingCondition::ALL
        .map(|condition| PossibleValue::new(condition.to_string()).help(help(condition)));
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_trials_once() {
        for (trials, count) in [(10, 3), (2, 5), (7, 7), (999_999, 13)] {
            let mut next = 0;
            for index in 1..=count {
                let part = format!("{index}/{count}").parse::<Shard>().unwrap().trials(trials);
                assert_eq!(part.start, next);
                assert!(part.len().abs_diff(trials / count) <= 1);
                next = part.end;
            }
            assert_eq!(next, trials);
        }
        for text in ["0/4", "5/4", "1", "1/0", "a/b", "-1/4", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
