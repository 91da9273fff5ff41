use std::path::PathBuf;

use apical::biophysics::preset::Preset;
use apical::biophysics::protocol::Protocol;
use apical::biophysics::{InstructionSet, Integration};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::command::choices::{instruction_sets, integrations};
use crate::command::number::{duration, finite, not_negative, positive, probability};
use crate::command::reconstruction::presets;

/// Simulate a neuron and write the voltage of every compartment.
///
/// Puts the channels of a published preset on a reconstruction, applies a published protocol, and steps the neuron
/// through time by NEURON's method. Every option but --out has a default; without options that change it, a protocol
/// has its published stimulus, duration and initial voltage. An option that does not belong to the protocol is refused.
///
/// The folder --out receives the arrays, a figure and a manifest that says what they hold; files of an earlier run in it
/// are replaced. The manifest is written last: a folder with a manifest is a complete run.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Files:
  voltage_mv.npy           float32 [compartments, ms + 1]: every compartment at t = 0, 1, ... ms
  soma_mv.npy              float64 [steps + 1]: the middle of the soma at every step, t = 0 included
  spikes_ms.npy            float64 [spikes]: first samples at or above -20 mV at the soma
  membrane_current_na.npy  float64 [compartments, ms + 1], with --currents; outward positive
  traces.svg               the neuron and its traces, colored by path distance
  manifest.json            parameters, versions, and what each row of the arrays is

Examples:
  Synaptic bombardment of the embedded cell, as in the training data of surrogates:
    apical simulate --seed 7 --duration-ms 1000 --out run
  A back-propagating action potential that meets an apical EPSP, in a reconstruction:
    apical simulate --morphology cell.asc --preset hay2011 --protocol bac --out bac
  A weaker somatic step, with transmembrane currents for field potentials:
    apical simulate --protocol step --amplitude-na 0.4 --currents --out step
  Synaptic events of one's own: rows (dendritic compartment, ms), integers, one file a kind:
    apical simulate --excitatory-events exc.npy --inhibitory-events inh.npy --out run")]
pub(in crate::command) struct SimulateArgs {
    /// Reconstruction, SWC or Neurolucida ASC; `default` is the embedded layer 5 pyramidal cell.
    ///
    /// For the presets shai2015 and hay2011 its axon is replaced by their stub of two cylinders.
    #[arg(long, value_name = "FILE", default_value = "default")]
    pub(super) morphology: PathBuf,
    /// Channels and passive properties.
    #[arg(long, default_value = "shai2015", value_parser = presets())]
    pub(super) preset: Preset,
    /// What happens to the neuron.
    #[arg(long, default_value = "synaptic", value_parser = protocols())]
    pub(super) protocol: Protocol,

    /// Current of the somatic pulse (step, bap, bac) or peak of the EPSP (epsp, ca-burst), nA; positive depolarizes.
    #[arg(
        long, value_name = "X", value_parser = finite,
        help_heading = "Stimulus"
    )]
    pub(super) amplitude_na: Option<f64>,
    /// Start of the somatic pulse (step, bap, bac) or onset of the EPSP (epsp, ca-burst), ms.
    ///
    /// In bac the EPSP begins 5 ms after the pulse.
    #[arg(long, value_name = "X", value_parser = not_negative, help_heading = "Stimulus")]
    pub(super) delay_ms: Option<f64>,
    /// Length of the somatic pulse (step, bap, bac), ms.
    #[arg(long, value_name = "X", value_parser = positive, help_heading = "Stimulus")]
    pub(super) stim_ms: Option<f64>,
    /// Seed of the synaptic events that are drawn, and of their release (synaptic); 4 unless given, for a
    /// stretch of input in which the embedded cell fires.
    #[arg(long, value_name = "N", help_heading = "Synapses")]
    pub(super) seed: Option<u64>,
    /// Excitatory events to use instead of drawn ones (synaptic).
    ///
    /// An npy file of integers, shape [events, 2]: the index of a dendritic compartment, from 0 in order of
    /// compartments without soma and axon, and the time in whole ms.
    #[arg(long, value_name = "F.npy", requires = "inhibitory_events", help_heading = "Synapses")]
    pub(super) excitatory_events: Option<PathBuf>,
    /// Inhibitory events to use instead of drawn ones (synaptic); see --excitatory-events.
    #[arg(long, value_name = "F.npy", requires = "excitatory_events", help_heading = "Synapses")]
    pub(super) inhibitory_events: Option<PathBuf>,
    /// Probability that an event releases transmitter (synaptic); 1 unless given, 0.632 in the published data.
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Synapses")]
    pub(super) release_probability: Option<f64>,

    /// Duration, ms, 1e6 at most; the protocol's unless given (300 rest, 600 step and synaptic, 450 others).
    #[arg(long, value_name = "X", value_parser = duration, help_heading = "Simulation")]
    pub(super) duration_ms: Option<f64>,
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
    /// Vector instructions to compute with; the fastest that the machine has unless given.
    ///
    /// Runs have the same bits where this is the same, and differ by rounding where it is not.
    #[arg(long, value_name = "SET", value_parser = instruction_sets(), help_heading = "Simulation")]
    pub(super) instruction_set: Option<InstructionSet>,
    /// Voltage everywhere at t = 0, mV; the protocol's unless given (−76 rest and synaptic, −80 others), −65 for hh.
    #[arg(
        long, value_name = "X", value_parser = finite,
        help_heading = "Simulation"
    )]
    pub(super) v_init_mv: Option<f64>,
    /// Temperature, °C; 6.3 unless given, as published.
    ///
    /// It sets the reversal potential of calcium (shai2015, hay2011), whose other kinetics are those of 34 °C whatever
    /// this temperature, and the rates of the squid channels (hh).
    #[arg(
        long, value_name = "X", value_parser = finite,
        help_heading = "Simulation"
    )]
    pub(super) celsius: Option<f64>,

    /// Also write the transmembrane current of every compartment.
    #[arg(long, help_heading = "Output")]
    pub(super) currents: bool,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(long, short, help_heading = "Output")]
    pub(super) quiet: bool,
    /// Folder to write to; created where it does not exist.
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    pub(super) out: PathBuf,
}

fn protocols() -> impl TypedValueParser<Value = Protocol> {
    let help = |protocol| match protocol {
        Protocol::Rest => "Nothing is injected",
        Protocol::Step => "0.793 nA into the soma, 100 to 500 ms",
        Protocol::Bap => "Back-propagating action potential: 1.9 nA into the soma, 295 to 300 ms",
        Protocol::Epsp => {
            "EPSP-like current of 0.5 nA at 620 µm of the apical dendrite, from 300 ms"
        }
        Protocol::Bac => "bap and epsp together: calcium spike and burst",
        Protocol::CaBurst => "EPSP-like current of 1.5 nA, which fires a calcium spike by itself",
        Protocol::Synaptic => {
            "An excitatory and an inhibitory synapse on every dendritic compartment"
        }
        _ => "",
    };
    let values =
        Protocol::ALL.map(|protocol| PossibleValue::new(protocol.to_string()).help(help(protocol)));
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}
