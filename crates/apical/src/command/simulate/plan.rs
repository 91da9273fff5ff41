use apical::biophysics::preset::Preset;
use apical::biophysics::protocol::{Protocol, ProtocolStimuli};
use apical::biophysics::{InstructionSet, Integration};
use apical::core::TimeGrid;
use serde::Serialize;

use super::SimulateArgs;
use crate::command::reconstruction::MAX_COMPARTMENT_LENGTH_UM;
use crate::command::{Failure, refusal};

/// The EPSP of `bac` begins this long after the pulse, ms.
const BAC_LAG_MS: f64 = 5.0;

/// Every parameter of a run, defaults filled in.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Plan {
    pub(super) preset: Preset,
    pub(super) protocol: Protocol,
    /// Initial voltage, duration and injected currents.
    #[serde(flatten)]
    pub(super) stimuli: ProtocolStimuli,
    pub(super) dt_ms: f64,
    pub(super) integration: Integration,
    /// The same bits come out wherever this is the same.
    pub(super) instruction_set: InstructionSet,
    #[serde(skip)]
    pub(super) grid: TimeGrid,
    #[serde(skip)]
    pub(super) steps_per_ms: u64,
    /// Largest length of a compartment: the reference rule.
    pub(super) max_compartment_length_um: f64,
    /// Temperature, °C; of no effect with the preset passive.
    pub(super) celsius: f64,
    /// Null where there are no synapses.
    pub(super) synapses: Option<Synapses>,
    pub(super) currents: bool,
}

/// Synaptic input of a run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Synapses {
    pub(super) events: EventSource,
    pub(super) release_probability: f64,
    /// Seed of drawn events and of their release.
    pub(super) seed: u64,
}

/// Where the events of a run come from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventSource {
    /// The input process.
    Drawn,
    /// Two files.
    Files { excitatory: std::path::PathBuf, inhibitory: std::path::PathBuf },
}

impl Plan {
    /// Refuses options that do not belong to the protocol, and fills in what was not given.
    pub(super) fn new(args: &SimulateArgs) -> Result<Self, Failure> {
        refuse_foreign_options(args)?;
        let mut stimuli = args.protocol.published();
        if args.preset == Preset::Hh {
            stimuli.v_init_mv = -65.0;
        }
        stimuli.v_init_mv = args.v_init_mv.unwrap_or(stimuli.v_init_mv);
        stimuli.duration_ms = args.duration_ms.unwrap_or(stimuli.duration_ms);
        if let Some(pulse) = &mut stimuli.soma {
            pulse.amplitude_na = args.amplitude_na.unwrap_or(pulse.amplitude_na);
            pulse.delay_ms = args.delay_ms.unwrap_or(pulse.delay_ms);
            pulse.duration_ms = args.stim_ms.unwrap_or(pulse.duration_ms);
        }
        match (&stimuli.soma, &mut stimuli.apical) {
            (Some(pulse), Some(epsp)) => epsp.onset_ms = pulse.delay_ms + BAC_LAG_MS,
            (None, Some(epsp)) => {
                epsp.onset_ms = args.delay_ms.unwrap_or(epsp.onset_ms);
                epsp.peak_na = args.amplitude_na.unwrap_or(epsp.peak_na);
            }
            (_, None) => {}
        }
        let grid = TimeGrid::new(args.dt_ms, stimuli.duration_ms)?;
        Ok(Self {
            preset: args.preset,
            protocol: args.protocol,
            stimuli,
            dt_ms: args.dt_ms,
            integration: args.integration,
            instruction_set: args.instruction_set.unwrap_or_default(),
            grid,
            steps_per_ms: grid.steps_per_ms()?,
            max_compartment_length_um: MAX_COMPARTMENT_LENGTH_UM,
            celsius: args.celsius.unwrap_or(Preset::TEMPERATURE.in_celsius()),
            synapses: (args.protocol == Protocol::Synaptic).then(|| Synapses {
                events: match (&args.excitatory_events, &args.inhibitory_events) {
                    (Some(excitatory), Some(inhibitory)) => EventSource::Files {
                        excitatory: excitatory.clone(),
                        inhibitory: inhibitory.clone(),
                    },
                    _ => EventSource::Drawn,
                },
                release_probability: args.release_probability.unwrap_or(1.0),
                seed: args.seed.unwrap_or(DEFAULT_SEED),
            }),
            currents: args.currents,
        })
    }

    /// A stimulus that the run ends before, as (what, its time in ms).
    pub(super) fn stimulus_after_end(&self) -> Option<(&'static str, f64)> {
        let pulse = self.stimuli.soma.map(|pulse| ("somatic pulse", pulse.delay_ms));
        let epsp = self.stimuli.apical.map(|epsp| ("EPSP", epsp.onset_ms));
        pulse.into_iter().chain(epsp).find(|&(_, start_ms)| start_ms >= self.stimuli.duration_ms)
    }
}

/// Most stretches of 600 ms pass without a somatic spike: the published input fires this neuron about once a second. In
/// this one the embedded cell fires.
const DEFAULT_SEED: u64 = 4;

fn refuse_foreign_options(args: &SimulateArgs) -> Result<(), Failure> {
    let given = [
        ("--amplitude-na", args.amplitude_na.is_some()),
        ("--delay-ms", args.delay_ms.is_some()),
        ("--stim-ms", args.stim_ms.is_some()),
        ("--seed", args.seed.is_some()),
        ("--excitatory-events", args.excitatory_events.is_some()),
        ("--inhibitory-events", args.inhibitory_events.is_some()),
        ("--release-probability", args.release_probability.is_some()),
    ];
    let own: &[&str] = match args.protocol {
        Protocol::Step | Protocol::Bap | Protocol::Bac => {
            &["--amplitude-na", "--delay-ms", "--stim-ms"]
        }
        Protocol::Epsp | Protocol::CaBurst => &["--amplitude-na", "--delay-ms"],
        Protocol::Synaptic => {
            &["--seed", "--excitatory-events", "--inhibitory-events", "--release-probability"]
        }
        _ => &[],
    };
    if let Some((option, _)) = given.iter().find(|(option, given)| *given && !own.contains(option))
    {
        let takes = if own.is_empty() { "none of these".to_owned() } else { own.join(", ") };
        return Err(refusal(
            "simulate",
            format!(
                "{option} does not belong to the protocol '{}', which takes {takes}",
                args.protocol
            ),
        ));
    }
    let all_released = args.release_probability.is_none_or(|probability| probability == 1.0);
    if args.excitatory_events.is_some() && args.seed.is_some() && all_released {
        return Err(refusal(
            "simulate",
            "--seed has nothing to draw: the events are given, and all are released unless \
             --release-probability is below 1"
                .to_owned(),
        ));
    }
    if args.celsius.is_some() && args.preset == Preset::Passive {
        return Err(refusal(
            "simulate",
            format!(
                "--celsius does not belong to the preset '{}', where nothing depends on it",
                args.preset
            ),
        ));
    }
    Ok(())
}
