use crate::channel::{ChannelKinetics, RateContext};
use crate::mechanism::{Currents, Mechanism, Membrane};

/// Where the driving force of a channel comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reversal {
    /// A fixed reversal potential, mV.
    Fixed(f64),
    /// Calcium's, by Nernst; the current enters the calcium pool.
    Calcium,
}

/// A channel painted on nodes: its kinetics, and for each node its maximal conductance.
#[derive(Debug)]
pub(crate) struct DensityChannel<K, const GATES: usize> {
    pub(crate) kinetics: K,
    pub(crate) reversal: Reversal,
    pub(crate) nodes: Vec<usize>,
    /// ḡ · area, µS.
    pub(crate) conductance_us: Vec<f64>,
}

impl<K: ChannelKinetics<GATES>, const GATES: usize> DensityChannel<K, GATES> {
    /// Calls `visit(node × batch index, state indices)` for every instance and trial.
    fn for_each(&self, batch_size: usize, mut visit: impl FnMut(usize, usize, [usize; GATES])) {
        let stride = self.nodes.len() * batch_size;
        for (instance, &node) in self.nodes.iter().enumerate() {
            for trial in 0..batch_size {
                let first = instance * batch_size + trial;
                visit(
                    instance,
                    node * batch_size + trial,
                    std::array::from_fn(|gate| gate * stride + first),
                );
            }
        }
    }
}

impl<K: ChannelKinetics<GATES>, const GATES: usize> Mechanism for DensityChannel<K, GATES> {
    fn name(&self) -> &str {
        K::NAME
    }

    fn state_len(&self) -> usize {
        GATES * self.nodes.len()
    }

    fn initialize(&self, membrane: &mut Membrane<'_>, state: &mut [f64]) {
        self.for_each(membrane.batch_size, |_, at, slots| {
            let context =
                RateContext { v_mv: membrane.v_mv[at], calcium_mm: membrane.calcium_mm[at] };
            for (slot, gate) in slots.into_iter().zip(self.kinetics.rates(context)) {
                state[slot] = gate.x_inf;
            }
        });
    }

    fn add_currents(&self, currents: &mut Currents<'_>, state: &[f64]) {
        self.for_each(currents.batch_size, |instance, at, slots| {
            let open = self.kinetics.open_fraction(slots.map(|slot| state[slot]));
            let conductance = self.conductance_us[instance] * open;
            let current = match self.reversal {
                Reversal::Fixed(reversal_mv) => conductance * (currents.v_mv[at] - reversal_mv),
                Reversal::Calcium => {
                    let current =
                        conductance * (currents.v_mv[at] - currents.calcium_reversal_mv[at]);
                    currents.calcium_current_na[at] += current;
                    current
                }
            };
            currents.current_na[at] += current;
            currents.conductance_us[at] += conductance;
        });
    }

    fn advance(&self, dt_ms: f64, membrane: &mut Membrane<'_>, state: &mut [f64]) {
        if GATES == 0 {
            return;
        }
        self.for_each(membrane.batch_size, |_, at, slots| {
            let context =
                RateContext { v_mv: membrane.v_mv[at], calcium_mm: membrane.calcium_mm[at] };
            for (slot, gate) in slots.into_iter().zip(self.kinetics.rates(context)) {
                let x = state[slot];
                state[slot] = x + (1.0 - (-dt_ms / gate.tau_ms).exp()) * (gate.x_inf - x);
            }
        });
    }
}
