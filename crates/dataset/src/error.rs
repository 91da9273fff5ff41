use apical_core::{CompartmentId, CoreError, SynapseId};
use thiserror::Error;

/// Errors of making data sets.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum DatasetError {
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
    /// A list of choices with nothing to choose from.
    #[error("{parameter} is empty")]
    Empty {
        /// Name of the parameter.
        parameter: &'static str,
    },
    /// Rates for another number of trees than the neuron has.
    #[error("rates are given for {rates} trees, the neuron has {trees}")]
    Trees {
        /// Trees that rates are given for.
        rates: usize,
        /// Trees of the neuron.
        trees: usize,
    },
    /// Excitatory synapses of N dendritic compartments that are not 0 … N − 1, each once.
    #[error("excitatory synapse {synapse} occurs twice or exceeds the {compartments} compartments")]
    Synapse {
        /// The offending synapse.
        synapse: SynapseId,
        /// Number of dendritic compartments.
        compartments: usize,
    },
    /// A compartment without a length.
    #[error("compartment of excitatory synapse {synapse}: length {length_um} µm is not positive")]
    Length {
        /// The compartment's excitatory synapse.
        synapse: SynapseId,
        /// Its length, µm.
        length_um: f64,
    },
    /// Too few trials to split: none is left to train with.
    #[error(
        "{trials} trials less {validation} to validate and {test} to test with leave none to train with"
    )]
    Split {
        /// Number of trials.
        trials: usize,
        /// Trials to validate with.
        validation: usize,
        /// Trials to test with.
        test: usize,
    },
    /// A trial that is listed twice, or in two parts of a split.
    #[error("trial {trial} is listed twice")]
    TrialTwice {
        /// The trial.
        trial: usize,
    },
    /// A compartment whose voltages cannot be standardized: they are constant, or not finite.
    #[error(
        "voltages of compartment {compartment} cannot be standardized: mean {mean_mv} mV, standard deviation \
         {standard_deviation_mv} mV"
    )]
    Scaling {
        /// The compartment.
        compartment: CompartmentId,
        /// Its mean, mV.
        mean_mv: f64,
        /// Its standard deviation, mV.
        standard_deviation_mv: f64,
    },
    /// An error of the shared vocabulary.
    #[error(transparent)]
    Core(#[from] CoreError),
}

/// An error unless the parameter is as it should be.
pub(crate) fn parameter(
    holds: bool,
    parameter: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), DatasetError> {
    if holds { Ok(()) } else { Err(DatasetError::Parameter { parameter, value, expected }) }
}
