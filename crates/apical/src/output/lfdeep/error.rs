use std::ops::Range;

use thiserror::Error;

/// Why trials cannot be made into arrays for LFDeep.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LfdeepError {
    /// Trials that do not exist.
    #[error("there are no trials {}..{}: there are {trials}", range.start, range.end)]
    Trials {
        /// Those asked for.
        range: Range<usize>,
        /// Number of trials.
        trials: usize,
    },
    /// A window or step of no length.
    #[error("windows of {window_ms} ms every {stride_ms} ms: both have to be 1 or more")]
    Zero {
        /// Length of a window, ms.
        window_ms: usize,
        /// From one to the next, ms.
        stride_ms: usize,
    },
    /// A window that is not shorter than a trial.
    #[error(
        "a window of {window_ms} ms and the column after it do not fit into the {columns} ms of a trial"
    )]
    WindowTooLong {
        /// Length of a window, ms.
        window_ms: usize,
        /// Number of columns of a trial, one a ms.
        columns: usize,
    },
    /// Trials with nothing to predict.
    #[error(
        "trials of {duration_ms} ms have no column of which all is known: they need 2 ms or more"
    )]
    TooShort {
        /// Duration of a trial, ms.
        duration_ms: usize,
    },
    /// A neuron whose synapses are not those of LFDeep.
    #[error(
        "there are {synapses} synapses on {dendrites} dendritic compartments, but LFDeep's arrays have an excitatory and \
         an inhibitory one on each"
    )]
    Synapses {
        /// Number of synapses.
        synapses: usize,
        /// Number of dendritic compartments.
        dendrites: usize,
    },
    /// A trial with currents, for which there are no channels.
    #[error(
        "trial {trial}: a current of {current_na} nA is injected in bin {bin}, but LFDeep's arrays have no currents"
    )]
    InjectedCurrent {
        /// The trial.
        trial: usize,
        /// The first such bin.
        bin: usize,
        /// The current, nA, as text.
        current_na: String,
    },
}
