use std::ops::Range;

use apical_core::{CompartmentId, SynapseId};
use fearless_simd::Simd;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{ShortTermPlasticityState, SynapseModel, SynapticConductance};
use crate::InstructionSet;
use crate::simd::{Aligned, Instances, Kernel, PerInstance, Real, sweep, zeros};

/// Difference by which the slope of a current that is not ohmic is taken, mV; NEURON's.
const SLOPE_STEP_MV: f64 = 0.001;

/// Equal synapses on some compartments, one each.
#[derive(Debug)]
pub struct SynapseGroup {
    model: SynapseModel,
    first: SynapseId,
    compartments: Vec<CompartmentId>,
    instances: Instances,
}

/// The state of a group of synapses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SynapseState {
    /// `[components × (A, B) × synapses × batch]`: a conductance is B − A.
    pub(crate) conductances: Aligned,
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
    ) -> Self {
        let instances = Instances::new(compartments.iter().map(|id| id.index()));
        Self { model, first, compartments, instances }
    }

    /// What kind of synapse this is.
    #[must_use]
    pub const fn model(&self) -> &SynapseModel {
        &self.model
    }

    /// Indices of the [`SynapseId`]s of this group.
    #[must_use]
    pub fn ids(&self) -> Range<usize> {
        self.first.index()..self.first.index() + self.compartments.len()
    }

    /// The compartment of each synapse, in order of ids.
    #[must_use]
    pub fn compartments(&self) -> &[CompartmentId] {
        &self.compartments
    }

    pub(crate) fn initial_state(&self, batch_size: usize) -> SynapseState {
        SynapseState {
            conductances: zeros(self.state_len() * batch_size),
            plasticity: vec![
                ShortTermPlasticityState::default();
                self.compartments.len() * batch_size
            ],
        }
    }

    /// A presynaptic spike at one synapse of one trial, at a time and a time after it, to which the states belong: released
    /// or not, scaled by the resources left.
    pub(crate) fn deliver(
        &self,
        synapse: SynapseId,
        trial: usize,
        [time_ms, since_event_ms]: [f64; 2],
        state: &mut SynapseState,
        release: &mut ChaCha8Rng,
    ) {
        let probability = self.model.release_probability;
        if probability < 1.0 && !release.random_bool(probability) {
            return;
        }
        let synapses = self.compartments.len();
        let batch_size = state.plasticity.len() / synapses;
        let at = (synapse.index() - self.first.index()) * batch_size + trial;
        let weight = match &self.model.plasticity {
            Some(plasticity) => plasticity.release(&mut state.plasticity[at], time_ms),
            None => 1.0,
        };
        let stride = synapses * batch_size;
        for (i, component) in self.model.components.iter().enumerate() {
            let [a, b] = component.waveform.increments(since_event_ms);
            state.conductances[2 * i * stride + at] += weight * a;
            state.conductances[(2 * i + 1) * stride + at] += weight * b;
        }
    }
}

impl SynapseGroup {
    /// States of all synapses together, for one trial.
    fn state_len(&self) -> usize {
        2 * self.model.components.len() * self.compartments.len()
    }

    /// Adds the currents of the present conductances, and their slopes, and lets the conductances decay for `dt_ms`: before the
    /// next step nobody asks for them again.
    ///
    /// Voltages, the currents and the conductances that are added to are `[compartments × batch]`.
    pub(crate) fn step(
        &self,
        set: InstructionSet,
        batch_size: usize,
        dt_ms: f64,
        v_mv: &[f64],
        [current_na, conductance_us]: [&mut [f64]; 2],
        state: &mut SynapseState,
    ) {
        let per_array = state.plasticity.len().max(1);
        let pairs = state.conductances.chunks_exact_mut(2 * per_array);
        for (component, pair) in self.model.components.iter().zip(pairs) {
            let (a, b) = pair.split_at_mut(per_array);
            set.run(Step {
                component,
                decay_factors: component.waveform.decay_factors(dt_ms),
                instances: &self.instances,
                batch_size,
                v_mv,
                conductance: [a, b],
                sums: [&mut *current_na, &mut *conductance_us],
            });
        }
    }
}

impl SynapseGroup {
    /// Ends conductances of less than 10⁻²⁰⁰ of their peak. Numbers too small to be normal would take a processor a hundred
    /// times as long; until the next time none gets there.
    pub(crate) fn end_silent(state: &mut SynapseState) {
        for part in state.conductances.iter_mut() {
            if *part < 1e-200 {
                *part = 0.0;
            }
        }
    }
}

struct Step<'a> {
    component: &'a SynapticConductance,
    decay_factors: [f64; 2],
    instances: &'a Instances,
    batch_size: usize,
    v_mv: &'a [f64],
    /// A and B.
    conductance: [&'a mut [f64]; 2],
    sums: [&'a mut [f64]; 2],
}

impl Kernel for Step<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { component, decay_factors, instances, batch_size, v_mv, conductance, sums } =
            self;
        let [a_factor, b_factor] = decay_factors;
        let given = PerInstance { constants: [], compartments: [v_mv], states: [] };
        let (peak_us, reversal_mv) =
            (component.peak_conductance_us, component.reversal_potential_mv);
        match component.magnesium_block {
            None => sweep(
                simd,
                instances,
                batch_size,
                given,
                conductance,
                sums,
                #[inline(always)]
                |[], [v], [], [a, b], [i, g]| {
                    let conductance = (b - a) * peak_us;
                    let sums = [i + conductance * (v - reversal_mv), g + conductance];
                    ([a * a_factor, b * b_factor], sums)
                },
            ),
            Some(block) => {
                let further = (-block.slope_per_mv * SLOPE_STEP_MV).exp();
                let ratio = block.magnesium_mm / block.half_block_mm;
                sweep(
                    simd,
                    instances,
                    batch_size,
                    given,
                    conductance,
                    sums,
                    #[inline(always)]
                    |[], [v], [], [a, b], [i, g]| {
                        let conductance = (b - a) * peak_us;
                        // Divisors of the open shares at v and a little further on.
                        let blocked = (v * -block.slope_per_mv).exp() * ratio;
                        let (here, there) = (blocked + 1.0, blocked * further + 1.0);
                        let reciprocal = v.constant(1.0) / (here * there);
                        let drive = v - reversal_mv;
                        let current = conductance * (there * reciprocal) * drive;
                        let current_there =
                            conductance * (here * reciprocal) * (drive + SLOPE_STEP_MV);
                        let slope = (current_there - current) * (1.0 / SLOPE_STEP_MV);
                        ([a * a_factor, b * b_factor], [i + current, g + slope])
                    },
                );
            }
        }
    }
}
