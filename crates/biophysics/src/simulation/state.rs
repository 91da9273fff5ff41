use std::collections::VecDeque;

use apical_core::{RandomStreams, SynapseId};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Integration;
use crate::simd::{Aligned, zeros};
use crate::synapse::SynapseState;
use crate::{CellModel, SimulationConfig};

/// The whole state of a simulation between two steps: going on from it gives the same bits at the same
/// instruction set.
///
/// Arrays are trial fastest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// A step counts in this, and so do the events not yet delivered.
    pub(super) dt_ms: f64,
    /// Gates belong to other moments by another method.
    pub(super) integration: Integration,
    pub(super) step: u64,
    /// `[nodes × batch]`, compartments first.
    pub(super) v_mv: Aligned,
    /// `[compartments × batch]`.
    pub(super) calcium_millimolar: Aligned,
    /// `[variables × instances × batch]` each.
    pub(super) mechanisms: Vec<Aligned>,
    pub(super) synapses: Vec<SynapseState>,
    /// Events not yet delivered, by trial, in order of step and synapse.
    pub(super) pending: Vec<VecDeque<(u64, SynapseId)>>,
    /// Random streams of the release of vesicles, by trial.
    pub(super) release: Vec<ChaCha8Rng>,
}

impl Snapshot {
    /// Arrays of the right size; the values are set by the mechanisms.
    pub(super) fn initial(model: &CellModel, config: &SimulationConfig) -> Self {
        let batch_size = config.batch_size;
        let nodes = model.cable().node_count() * batch_size;
        let streams = RandomStreams::new(config.seed);
        Self {
            dt_ms: config.dt_ms,
            integration: config.integration,
            step: 0,
            v_mv: zeros(nodes),
            calcium_millimolar: zeros(model.tree().len() * batch_size),
            mechanisms: model
                .mechanisms()
                .iter()
                .map(|mechanism| zeros(mechanism.state_len() * batch_size))
                .collect(),
            synapses: model
                .synapses()
                .iter()
                .map(|group| group.initial_state(batch_size))
                .collect(),
            pending: vec![VecDeque::new(); batch_size],
            release: (0..batch_size)
                .map(|trial| streams.stream("release", config.first_trial + trial as u64))
                .collect(),
        }
    }

    pub(super) fn same_shape(&self, other: &Self) -> bool {
        self.dt_ms == other.dt_ms
            && self.integration == other.integration
            && self.v_mv.len() == other.v_mv.len()
            && self.calcium_millimolar.len() == other.calcium_millimolar.len()
            && self.pending.len() == other.pending.len()
            && self.release.len() == other.release.len()
            && lengths(&self.mechanisms).eq(lengths(&other.mechanisms))
            && self.synapses.len() == other.synapses.len()
            && self.synapses.iter().zip(&other.synapses).all(|(a, b)| a.same_shape(b))
    }
}

fn lengths(states: &[Aligned]) -> impl Iterator<Item = usize> {
    states.iter().map(|states| states.len())
}
