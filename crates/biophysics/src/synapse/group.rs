use std::ops::Range;

use apical_core::{CompartmentId, SynapseId};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{ShortTermPlasticityState, SynapseModel};
use crate::mechanism::{Currents, Mechanism, Membrane, Stage};

/// Difference by which the slope of a current that is not ohmic is taken, mV; NEURON's.
const SLOPE_STEP_MV: f64 = 0.001;

/// Equal synapses on some compartments, one each.
#[derive(Debug)]
pub struct SynapseGroup {
    model: SynapseModel,
    first: SynapseId,
    compartments: Vec<CompartmentId>,
    nodes: Vec<usize>,
}

/// The state of a group of synapses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SynapseState {
    /// `[components × (A, B) × synapses × batch]`: a conductance is B − A.
    pub(crate) conductances: Vec<f64>,
    /// `[synapses × batch]`.
    pub(crate) plasticity: Vec<ShortTermPlasticityState>,
}

impl SynapseState {
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        self.conductances.len() == other.conductances.len()
            && self.plasticity.len() == other.plasticity.len()
    }
}

impl SynapseGroup {
    pub(crate) fn new(
        model: SynapseModel,
        first: SynapseId,
        compartments: Vec<CompartmentId>,
        nodes: Vec<usize>,
    ) -> Self {
        Self { model, first, compartments, nodes }
    }

    /// What kind of synapse this is.
    #[must_use]
    pub const fn model(&self) -> &SynapseModel {
        &self.model
    }

    /// Indices of the [`SynapseId`]s of this group.
    #[must_use]
    pub fn ids(&self) -> Range<usize> {
        self.first.index()..self.first.index() + self.nodes.len()
    }

    /// The compartment of each synapse, in order of ids.
    #[must_use]
    pub fn compartments(&self) -> &[CompartmentId] {
        &self.compartments
    }

    pub(crate) fn initial_state(&self, batch_size: usize) -> SynapseState {
        SynapseState {
            conductances: vec![0.0; self.state_len() * batch_size],
            plasticity: vec![ShortTermPlasticityState::default(); self.nodes.len() * batch_size],
        }
    }

    /// A presynaptic spike at one synapse of one trial: released or not, scaled by the resources left.
    pub(crate) fn deliver(
        &self,
        synapse: SynapseId,
        trial: usize,
        time_ms: f64,
        state: &mut SynapseState,
        release: &mut ChaCha8Rng,
    ) {
        let probability = self.model.release_probability;
        if probability < 1.0 && !release.random_bool(probability) {
            return;
        }
        let synapses = self.nodes.len();
        let batch_size = state.plasticity.len() / synapses;
        let at = (synapse.index() - self.first.index()) * batch_size + trial;
        let weight = match &self.model.plasticity {
            Some(plasticity) => plasticity.release(&mut state.plasticity[at], time_ms),
            None => 1.0,
        };
        let stride = synapses * batch_size;
        for (i, component) in self.model.components.iter().enumerate() {
            let [a, b] = component.waveform.increments();
            state.conductances[2 * i * stride + at] += weight * a;
            state.conductances[(2 * i + 1) * stride + at] += weight * b;
        }
    }
}

impl Mechanism for SynapseGroup {
    fn name(&self) -> &str {
        &self.model.name
    }

    fn stage(&self) -> Stage {
        Stage::Synapse
    }

    fn state_len(&self) -> usize {
        2 * self.model.components.len() * self.nodes.len()
    }

    fn initialize(&self, _membrane: &mut Membrane<'_>, state: &mut [f64]) {
        state.fill(0.0);
    }

    fn add_currents(&self, currents: &mut Currents<'_>, state: &[f64]) {
        let batch_size = currents.batch_size;
        let stride = self.nodes.len() * batch_size;
        let chunks = state.chunks_exact((2 * stride).max(1));
        for (component, state) in self.model.components.iter().zip(chunks) {
            let (a, b) = state.split_at(stride);
            for (instance, &node) in self.nodes.iter().enumerate() {
                for trial in 0..batch_size {
                    let (i, at) = (instance * batch_size + trial, node * batch_size + trial);
                    let (open, v) = (b[i] - a[i], currents.v_mv[at]);
                    let current = component.current_na(open, v);
                    currents.current_na[at] += current;
                    currents.conductance_us[at] += match component.magnesium_block {
                        None => component.peak_conductance_us * open,
                        Some(_) => {
                            (component.current_na(open, v + SLOPE_STEP_MV) - current)
                                / SLOPE_STEP_MV
                        }
                    };
                }
            }
        }
    }

    fn advance(&self, dt_ms: f64, membrane: &mut Membrane<'_>, state: &mut [f64]) {
        let stride = self.nodes.len() * membrane.batch_size;
        let chunks = state.chunks_exact_mut((2 * stride).max(1));
        for (component, state) in self.model.components.iter().zip(chunks) {
            let (a, b) = state.split_at_mut(stride);
            let [a_factor, b_factor] = component.waveform.decay_factors(dt_ms);
            a.iter_mut().for_each(|a| *a *= a_factor);
            b.iter_mut().for_each(|b| *b *= b_factor);
        }
    }
}
