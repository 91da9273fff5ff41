use std::ops::Range;

use apical_core::{CompartmentId, SynapseId};
use fearless_simd::Simd;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{MagnesiumBlock, ShortTermPlasticityState, SynapseModel, SynapticConductance};
use crate::InstructionSet;
use crate::simd::{Aligned, Inputs, Instances, Kernel, Real, sweep, zeros};

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
    /// Ends conductances of less than 10⁻²⁰⁰ of their peak. Numbers too small to be normal would take a processor a hundred
    /// times as long; until the next time none gets there.
    pub(crate) fn end_silent(&mut self) {
        for part in self.conductances.iter_mut() {
            if *part < 1e-200 {
                *part = 0.0;
            }
        }
    }

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

    /// A presynaptic spike at one synapse of one trial: released or not, scaled by the resources left, and decayed for
    /// `since_event_ms`.
    pub(crate) fn deliver(
        &self,
        (synapse, trial): (SynapseId, usize),
        time_ms: f64,
        since_event_ms: f64,
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
        let (instances, sums) = (&self.instances, [current_na, conductance_us]);
        let common = Common { instances, batch_size, dt_ms, v_mv, sums };
        let mut parts = state.conductances.chunks_exact_mut(per_array);
        let mut part = || parts.next().unwrap_or_default();
        // Two conductances in one pass over the currents.
        match &self.model.components[..] {
            [a, b] => set.run(Step {
                components: [a, b],
                parts: [part(), part(), part(), part()],
                common,
            }),
            components => {
                let mut common = common;
                for component in components {
                    let parts = [part(), part()];
                    set.run(Step { components: [component], parts, common: common.reborrow() });
                }
            }
        }
    }
}

/// What the conductances of a group have in common.
struct Common<'a> {
    instances: &'a Instances,
    batch_size: usize,
    dt_ms: f64,
    v_mv: &'a [f64],
    /// Currents and slope conductances.
    sums: [&'a mut [f64]; 2],
}

impl Common<'_> {
    fn reborrow(&mut self) -> Common<'_> {
        let [current, conductance] = &mut self.sums;
        Common { sums: [current, conductance], ..*self }
    }
}

struct Step<'a, const N: usize, const PARTS: usize> {
    components: [&'a SynapticConductance; N],
    /// A and B of each.
    parts: [&'a mut [f64]; PARTS],
    common: Common<'a>,
}

impl<const N: usize, const PARTS: usize> Kernel for Step<'_, N, PARTS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { components, parts, common } = self;
        let decay = components.map(|component| component.waveform.decay_factors(common.dt_ms));
        let blocks = components.map(|component| component.magnesium_block.map(Block::new));
        sweep(
            simd,
            common.instances,
            common.batch_size,
            Inputs { constants: [], compartments: [common.v_mv] },
            parts,
            common.sums,
            #[inline(always)]
            |[], [v], mut parts, [mut i, mut g]| {
                for k in 0..N {
                    let (a, b) = (parts[2 * k], parts[2 * k + 1]);
                    let conductance = (b - a) * components[k].peak_conductance_us;
                    let drive = v - components[k].reversal_potential_mv;
                    let (current, slope) = match &blocks[k] {
                        None => (conductance * drive, conductance),
                        Some(block) => block.current_and_slope(conductance, v, drive),
                    };
                    (i, g) = (i + current, g + slope);
                    parts[2 * k] = a * decay[k][0];
                    parts[2 * k + 1] = b * decay[k][1];
                }
                (parts, [i, g])
            },
        );
    }
}

/// A magnesium block, and what it takes to know its slope.
struct Block {
    slope_per_mv: f64,
    /// Magnesium relative to the half-blocking concentration.
    ratio: f64,
    /// What the blocked share relative to the open one is multiplied by over [`SLOPE_STEP_MV`].
    further: f64,
}

impl Block {
    fn new(block: MagnesiumBlock) -> Self {
        Self {
            slope_per_mv: block.slope_per_mv,
            ratio: block.magnesium_millimolar / block.half_block_millimolar,
            further: (-block.slope_per_mv * SLOPE_STEP_MV).exp(),
        }
    }

    /// Current of an unblocked conductance, and its slope as a difference over [`SLOPE_STEP_MV`].
    #[inline(always)]
    fn current_and_slope<R: Real>(&self, conductance: R, v: R, drive: R) -> (R, R) {
        // Divisors of the open shares at v and a little further on.
        // No steeper than can be squared.
        let exponent = -(v * self.slope_per_mv).at_least(-300.0);
        let blocked = exponent.exp() * self.ratio;
        let (here, there) = (blocked + 1.0, blocked * self.further + 1.0);
        let reciprocal = v.constant(1.0) / (here * there);
        let current = conductance * (there * reciprocal) * drive;
        let current_there = conductance * (here * reciprocal) * (drive + SLOPE_STEP_MV);
        (current, (current_there - current) * (1.0 / SLOPE_STEP_MV))
    }
}
