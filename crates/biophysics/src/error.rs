use apical_core::{CompartmentId, CoreError, SynapseId};
use apical_morphology::MorphologyError;
use thiserror::Error;

use crate::InstructionSet;
use crate::preset::Preset;

/// Errors of building and running a neuron.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BiophysicsError {
    /// A parameter outside its range.
    #[error("{owner}: {parameter} is {value}, which is not {expected}")]
    Parameter {
        /// What has the parameter.
        owner: &'static str,
        /// Name of the parameter, with its unit.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A sampled current that is not finite.
    #[error("sample {index} of the current is {value_na} nA, which is not finite")]
    Sample {
        /// Position of the sample.
        index: usize,
        /// Its value, nA.
        value_na: f64,
    },
    /// A density that is negative or not finite.
    #[error(
        "{what}: density {value} at compartment {compartment} is not a finite number at or above 0"
    )]
    Density {
        /// What was painted.
        what: &'static str,
        /// Where.
        compartment: CompartmentId,
        /// The density.
        value: f64,
    },
    /// A compartment painted twice with the same thing.
    #[error("{what}: compartment {compartment} is painted twice")]
    PaintedTwice {
        /// What was painted.
        what: &'static str,
        /// Where.
        compartment: CompartmentId,
    },
    /// A compartment without capacitance.
    #[error("compartment {compartment} has no specific membrane capacitance")]
    NoCapacitance {
        /// The compartment.
        compartment: CompartmentId,
    },
    /// A compartment that does not exist.
    #[error("{what}: there is no compartment {compartment}")]
    NoSuchCompartment {
        /// What was to be put there.
        what: &'static str,
        /// The compartment.
        compartment: CompartmentId,
    },
    /// A synapse that does not exist.
    #[error("there is no synapse {synapse}: the neuron has {synapses}")]
    NoSuchSynapse {
        /// The synapse.
        synapse: SynapseId,
        /// Number of synapses.
        synapses: usize,
    },
    /// A trial that is not in the batch.
    #[error("there is no trial {trial} in a batch of {batch_size}")]
    NoSuchTrial {
        /// The trial.
        trial: usize,
        /// Trials in the batch.
        batch_size: usize,
    },
    /// An event that lies in the past.
    #[error("an event at {time_ms} ms comes too late: it is {now_ms} ms")]
    LateEvent {
        /// Time of the event, ms.
        time_ms: f64,
        /// Present time, ms.
        now_ms: f64,
    },
    /// A channel to be scaled that was not painted.
    #[error("there is no channel {channel} to scale")]
    NoSuchChannel {
        /// Name of the channel.
        channel: String,
    },
    /// A nonspecific channel without a reversal potential.
    #[error("channel {channel} carries no single ion and states no reversal potential")]
    NoReversalPotential {
        /// The channel.
        channel: &'static str,
    },
    /// A section of a type that a preset has no parameters for.
    #[error("section {section}: the preset {preset} knows soma, axon, basal and apical dendrite")]
    UnknownSectionType {
        /// The preset.
        preset: Preset,
        /// NEURON's name of the section.
        section: String,
    },
    /// A preset that needs an apical dendrite.
    #[error("the preset's densities follow the apical dendrite, and the neuron has none")]
    NoApicalDendrite,
    /// A protocol that needs a soma.
    #[error("the neuron has no soma to inject into")]
    NoSoma,
    /// A protocol that needs a far apical dendrite.
    #[error("the apical dendrite does not reach {distance_um} µm from the base of its trunk")]
    NoDistalSite {
        /// Path distance asked for, µm.
        distance_um: f64,
    },
    /// A method of integration of no known name.
    #[error("there is no method of integration '{name}'; there are implicit-euler, crank-nicolson")]
    UnknownIntegration {
        /// The name.
        name: String,
    },
    /// An instruction set of no known name.
    #[error("there is no instruction set '{name}'; there are portable, neon, avx2, avx512")]
    UnknownInstructionSet {
        /// The name.
        name: String,
    },
    /// An instruction set that this machine does not have.
    #[error("this machine does not have the instruction set {set}")]
    NoInstructionSet {
        /// The instruction set.
        set: InstructionSet,
    },
    /// A preset of no known name.
    #[error("there is no preset '{name}'; there are shai2015, hay2011, hh, passive")]
    UnknownPreset {
        /// The name.
        name: String,
    },
    /// A protocol of no known name.
    #[error(
        "there is no protocol '{name}'; there are rest, step, bap, epsp, bac, ca-burst, synaptic"
    )]
    UnknownProtocol {
        /// The name.
        name: String,
    },
    /// A training condition of no known name.
    #[error("there is no training condition '{name}'; there are nmda, ampa, ampa-reduced-sk")]
    UnknownTrainingCondition {
        /// The name.
        name: String,
    },
    /// A voltage that is not a number or left the limit.
    #[error(
        "trial {trial}: voltage of compartment {compartment} ran away at {time_ms} ms: {v_mv} mV, \
         a step before {previous_v_mv} mV"
    )]
    Runaway {
        /// The compartment; for a node without membrane the compartment before it.
        compartment: CompartmentId,
        /// Its trial.
        trial: usize,
        /// End of the step, ms.
        time_ms: f64,
        /// Voltage, mV.
        v_mv: f64,
        /// Voltage before the step, mV.
        previous_v_mv: f64,
    },
    /// A snapshot of another model, batch size, time step or method of integration.
    #[error(
        "the snapshot was taken from a simulation of another model, batch size, time step or method of integration"
    )]
    ForeignSnapshot,
    /// From the shared vocabulary.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// From the morphology.
    #[error(transparent)]
    Morphology(#[from] MorphologyError),
}

/// Checks the parameters of one thing.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub(crate) &'static str);

impl Check {
    /// Something of the caller's own.
    pub(crate) fn that(
        self,
        holds: bool,
        parameter: &'static str,
        value: f64,
        expected: &'static str,
    ) -> Result<(), BiophysicsError> {
        if holds {
            Ok(())
        } else {
            Err(BiophysicsError::Parameter { owner: self.0, parameter, value, expected })
        }
    }

    pub(crate) fn finite(self, parameter: &'static str, value: f64) -> Result<(), BiophysicsError> {
        self.that(value.is_finite(), parameter, value, "a finite number")
    }

    pub(crate) fn positive(
        self,
        parameter: &'static str,
        value: f64,
    ) -> Result<(), BiophysicsError> {
        let holds = value.is_finite() && value > 0.0;
        self.that(holds, parameter, value, "a finite number above 0")
    }

    /// Infinity included.
    pub(crate) fn not_negative(
        self,
        parameter: &'static str,
        value: f64,
    ) -> Result<(), BiophysicsError> {
        self.that(value >= 0.0, parameter, value, "a number at or above 0")
    }

    pub(crate) fn fraction(
        self,
        parameter: &'static str,
        value: f64,
    ) -> Result<(), BiophysicsError> {
        self.that((0.0..=1.0).contains(&value), parameter, value, "between 0 and 1")
    }
}
