use crate::{CompartmentId, CompartmentTable, SynapticEvent};

/// A constant current into a compartment during one millisecond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InjectedCurrent {
    /// The compartment.
    pub compartment: CompartmentId,
    /// Current, nA; positive depolarises.
    pub current_na: f64,
}

/// What one neuron of a batch receives during one millisecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrialInput<'a> {
    /// Synaptic events of this millisecond's bin, their times from t = 0.
    pub events: &'a [SynapticEvent],
    /// Currents held during this millisecond.
    pub injected: &'a [InjectedCurrent],
}

/// A batch of B neurons that turns a millisecond of input into the voltage of every compartment.
///
/// Implemented by the simulation, by surrogates and by baselines, so that nothing downstream asks which it is.
pub trait NeuronModel {
    /// Why a step can fail.
    type Error: std::error::Error + Send + Sync + 'static;
    /// The whole state between two milliseconds.
    type Snapshot: Clone;

    /// What the rows of [`voltages_mv`](Self::voltages_mv) are.
    fn compartment_table(&self) -> &CompartmentTable;

    /// B, the number of neurons.
    fn batch_size(&self) -> usize;

    /// Number of synapses of one neuron.
    fn synapse_count(&self) -> usize;

    /// Present time, ms.
    fn time_ms(&self) -> f64;

    /// Present voltages, mV, `[compartments × B]`, the neuron's index fastest.
    fn voltages_mv(&self) -> &[f64];

    /// Back to t = 0 and the initial state.
    ///
    /// # Errors
    ///
    /// Where the initial state cannot be set.
    fn reset(&mut self) -> Result<(), Self::Error>;

    /// One millisecond: from the state at k ms and the input of bin k to the state at k + 1 ms.
    ///
    /// `input` holds one entry per neuron of the batch. Times of events are from t = 0, not from k ms, and lie in bin k:
    /// k ≤ time < k + 1.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the neuron: the state is then what it was, for all neurons of the batch. Where the
    /// voltages run away: the state is then useless, until it is reset or restored.
    fn advance(&mut self, input: &[TrialInput<'_>]) -> Result<(), Self::Error>;

    /// The present state.
    fn snapshot(&self) -> Self::Snapshot;

    /// Back to a state taken from this model: what follows has the same bits.
    ///
    /// # Errors
    ///
    /// Where the snapshot is of another model or batch size.
    fn restore(&mut self, snapshot: &Self::Snapshot) -> Result<(), Self::Error>;
}
