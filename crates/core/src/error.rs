use thiserror::Error;

use crate::{CompartmentId, SynapseId};

/// Errors of the shared vocabulary.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum CoreError {
    /// An event time that is negative or not finite.
    #[error("event {index}: time {time_ms} ms is not a finite time at or after 0")]
    EventTime {
        /// Position of the event in the list.
        index: usize,
        /// The offending time, ms.
        time_ms: f64,
    },
    /// A time step that is not positive and finite.
    #[error("time step {dt_ms} ms is not a positive finite number")]
    TimeStep {
        /// The offending step, ms.
        dt_ms: f64,
    },
    /// A duration that is negative or not finite.
    #[error("duration {duration_ms} ms is not a finite number at or above 0")]
    Duration {
        /// The offending duration, ms.
        duration_ms: f64,
    },
    /// A millisecond is not a whole number of time steps.
    #[error("time step {dt_ms} ms does not divide one millisecond into whole steps")]
    StepsPerMillisecond {
        /// The offending step, ms.
        dt_ms: f64,
    },
    /// A parameter outside its range.
    #[error("{parameter} is {value}, which is not {expected}")]
    Parameter {
        /// Name of the parameter, with its unit.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// An array whose length does not match its stated shape.
    #[error("{what}: expected {expected} values, found {found}")]
    Shape {
        /// What the array is.
        what: &'static str,
        /// Values needed for the stated shape.
        expected: usize,
        /// Values present.
        found: usize,
    },
    /// Places of bins in a list of events that are not in order or do not span the list.
    #[error(
        "the places at which {bins} bins of events start are not in order from 0 to the number of events"
    )]
    EventOffsets {
        /// Number of bins.
        bins: usize,
    },
    /// A synapse that the neuron does not have.
    #[error("synapse {synapse} does not exist: there are {synapses}")]
    Synapse {
        /// The offending synapse.
        synapse: SynapseId,
        /// Number of synapses.
        synapses: usize,
    },
    /// What is wrong with one of several trials.
    #[error("trial {trial}: {source}")]
    Trial {
        /// Its number.
        trial: usize,
        /// What is wrong with it.
        source: Box<CoreError>,
    },
    /// A trial that does not exist.
    #[error("trial {trial} does not exist: there are {trials}")]
    NoTrial {
        /// The number asked for.
        trial: usize,
        /// Number of trials.
        trials: usize,
    },
    /// A place that the neuron does not have.
    #[error("{what} is compartment {compartment}, which does not exist: there are {compartments}")]
    Compartment {
        /// What is there.
        what: &'static str,
        /// The offending compartment.
        compartment: CompartmentId,
        /// Number of compartments.
        compartments: usize,
    },
    /// Trials of no length, or of more values than can be in memory.
    #[error("trials of {duration_ms} ms and {compartments} compartments cannot be held")]
    Layout {
        /// Length of a trial, ms.
        duration_ms: usize,
        /// Number of compartments.
        compartments: usize,
    },
    /// A value that is no number.
    #[error("{what}: value {index} is {value}")]
    NotFinite {
        /// What the array is.
        what: &'static str,
        /// Place in the array.
        index: usize,
        /// The offending value.
        value: f32,
    },
    /// A spike or calcium event that is not within its trial, or not after the one before.
    #[error("{what} {index} is at {time_ms} ms: not in order within {duration_ms} ms")]
    Mark {
        /// Spike or calcium event.
        what: &'static str,
        /// Which of them.
        index: usize,
        /// The offending time, ms.
        time_ms: f64,
        /// Length of the trial, ms.
        duration_ms: usize,
    },
}
