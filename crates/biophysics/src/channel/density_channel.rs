use std::array;

use fearless_simd::Simd;

use crate::channel::{ChannelKinetics, Ion, RateContext};
use crate::mechanism::{Mechanism, Membrane};
use crate::simd::{Inputs, Instances, Kernel, Lanes, Real, sweep};

/// Where a channel is painted, and how much of it.
#[derive(Debug)]
pub struct Painted {
    /// mV; not read where the channel carries calcium, whose reversal potential moves.
    pub(crate) reversal_mv: f64,
    pub(crate) instances: Instances,
    /// ḡ · area, µS.
    pub(crate) conductance_us: Vec<f64>,
}

impl Painted {
    /// The channel of these kinetics there.
    #[must_use]
    pub fn mechanism<K: ChannelKinetics<GATES>, const GATES: usize>(
        self,
        kinetics: K,
    ) -> Box<dyn Mechanism> {
        Box::new(DensityChannel { kinetics, painted: self })
    }
}

/// A channel painted on compartments.
#[derive(Debug)]
struct DensityChannel<K, const GATES: usize> {
    kinetics: K,
    painted: Painted,
}

impl<K: ChannelKinetics<GATES>, const GATES: usize> DensityChannel<K, GATES> {
    /// The gates after a time step, and the conductance that they leave of the maximal one.
    #[inline(always)]
    fn advanced<R: Real>(
        &self,
        context: RateContext<R>,
        mut states: [R; GATES],
        dt_ms: f64,
        maximal: R,
    ) -> ([R; GATES], R) {
        let rates = self.kinetics.rates(context);
        for gate in 0..GATES {
            states[gate] = rates[gate].relaxed(states[gate], dt_ms);
        }
        (states, self.kinetics.conductance(maximal, states))
    }
}

impl<K: ChannelKinetics<GATES>, const GATES: usize> Mechanism for DensityChannel<K, GATES> {
    fn name(&self) -> &str {
        K::NAME
    }

    fn state_len(&self) -> usize {
        GATES * self.painted.instances.len()
    }

    fn initialize(&self, membrane: &mut Membrane<'_>, state: &mut [f64]) {
        membrane.instruction_set.run(Initialize { channel: self, membrane, state });
    }

    fn step(&self, dt_ms: f64, membrane: &mut Membrane<'_>, state: &mut [f64]) {
        membrane.instruction_set.run(Step { channel: self, dt_ms, membrane, state });
    }
}

/// One slice a gate.
#[inline(always)]
fn gates<const GATES: usize>(state: &mut [f64]) -> [&mut [f64]; GATES] {
    let mut gates = state.chunks_exact_mut((state.len() / GATES.max(1)).max(1));
    array::from_fn(|_| gates.next().unwrap_or_default())
}

struct Initialize<'a, 'm, K, const GATES: usize> {
    channel: &'a DensityChannel<K, GATES>,
    membrane: &'a mut Membrane<'m>,
    state: &'a mut [f64],
}

impl<K: ChannelKinetics<GATES>, const GATES: usize> Kernel for Initialize<'_, '_, K, GATES> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { channel, membrane, state } = self;
        sweep(
            simd,
            &channel.painted.instances,
            membrane.batch_size,
            Inputs {
                constants: [],
                compartments: [membrane.v_mv, membrane.calcium_millimolar, membrane.ln_calcium],
            },
            gates(state),
            [],
            #[inline(always)]
            |[], [v_mv, calcium_millimolar, ln_calcium], mut states: [Lanes<S>; GATES], []| {
                let rates =
                    channel.kinetics.rates(RateContext { v_mv, calcium_millimolar, ln_calcium });
                for (x, gate) in states.iter_mut().zip(rates) {
                    *x = gate.x_inf();
                }
                (states, [])
            },
        );
    }
}

struct Step<'a, 'm, K, const GATES: usize> {
    channel: &'a DensityChannel<K, GATES>,
    dt_ms: f64,
    membrane: &'a mut Membrane<'m>,
    state: &'a mut [f64],
}

impl<K: ChannelKinetics<GATES>, const GATES: usize> Kernel for Step<'_, '_, K, GATES> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { channel, dt_ms, membrane, state } = self;
        let (instances, batch_size) = (&channel.painted.instances, membrane.batch_size);
        let (v_mv, calcium_millimolar) = (membrane.v_mv, &*membrane.calcium_millimolar);
        let ln_calcium = membrane.ln_calcium;
        let (current, conductance) = (&mut *membrane.current_na, &mut *membrane.conductance_us);
        if K::ION == Ion::Calcium {
            sweep(
                simd,
                instances,
                batch_size,
                Inputs {
                    constants: [&channel.painted.conductance_us],
                    compartments: [
                        v_mv,
                        calcium_millimolar,
                        ln_calcium,
                        membrane.calcium_reversal_mv,
                    ],
                },
                gates(state),
                [current, conductance, membrane.calcium_current_na],
                #[inline(always)]
                |[maximal],
                 [v_mv, calcium_millimolar, ln_calcium, reversal_mv],
                 states,
                 [i, g, calcium_i]| {
                    let context = RateContext { v_mv, calcium_millimolar, ln_calcium };
                    let (states, conductance) = channel.advanced(context, states, dt_ms, maximal);
                    let current = conductance * (v_mv - reversal_mv);
                    (states, [i + current, g + conductance, calcium_i + current])
                },
            );
        } else {
            sweep(
                simd,
                instances,
                batch_size,
                Inputs {
                    constants: [&channel.painted.conductance_us],
                    compartments: [v_mv, calcium_millimolar, ln_calcium],
                },
                gates(state),
                [current, conductance],
                #[inline(always)]
                |[maximal], [v_mv, calcium_millimolar, ln_calcium], states, [i, g]| {
                    let context = RateContext { v_mv, calcium_millimolar, ln_calcium };
                    let (states, conductance) = channel.advanced(context, states, dt_ms, maximal);
                    (
                        states,
                        [i + conductance * (v_mv - channel.painted.reversal_mv), g + conductance],
                    )
                },
            );
        }
    }
}
