//! What a step consists of, in NEURON's order.

use apical_core::CompartmentId;
use fearless_simd::Simd;

use super::{Integration, Simulation};
use crate::BiophysicsError;
use crate::mechanism::{Mechanism, Membrane, Stage};
use crate::simd::{Inputs, Instances, Kernel, Lanes, sweep};
use crate::synapse::SynapseState;

/// How often conductances that nobody would notice are ended.
const STEPS_TO_SILENCE: u64 = 64;

impl Simulation {
    pub(super) fn initialize(&mut self) {
        self.state.v_mv.fill(self.config.v_init_mv);
        self.state.calcium_millimolar.fill(self.model.calcium().initial_millimolar);
        self.of_each_mechanism(true, |mechanism, membrane, states| {
            mechanism.initialize(membrane, states);
        });
        self.find_currents();
    }

    /// The currents of mechanisms at the present state, which a step leaves for the next.
    pub(super) fn find_currents(&mut self) {
        // Of a step that was not of this state, and may have failed.
        self.workspace.solved.clear();
        self.workspace.next.clear();
        self.of_each_mechanism(true, |mechanism, membrane, states| {
            mechanism.step(0.0, membrane, states);
        });
    }

    /// Synapses receive the events that are due. Gates are those of the middle of the step with Crank–Nicolson, and so are
    /// conductances: an event has decayed for half a step.
    pub(super) fn deliver_events(&mut self) {
        let state = &mut self.state;
        let time_ms = self.grid.time_ms(state.step);
        let since_event_ms = match self.config.integration {
            Integration::ImplicitEuler => 0.0,
            Integration::CrankNicolson => 0.5 * self.config.dt_ms,
        };
        for (trial, pending) in state.pending.iter_mut().enumerate() {
            while let Some((_, synapse)) = pending.pop_front_if(|(step, _)| *step <= state.step) {
                let mut groups = self.model.synapses().iter().zip(&mut state.synapses);
                if let Some((group, states)) =
                    groups.find(|(group, _)| group.ids().contains(&synapse.index()))
                {
                    let release = &mut state.release[trial];
                    group.deliver((synapse, trial), time_ms, since_event_ms, states, release);
                }
            }
        }
    }

    /// The middle of the step, where stimuli are evaluated, ms.
    fn middle_ms(&self) -> f64 {
        self.time_ms() + 0.5 * self.config.dt_ms
    }

    /// Adds what is not of mechanisms, whose currents the step before has found. Synapses then decay.
    pub(super) fn complete_currents(&mut self) {
        let middle_ms = self.middle_ms();
        std::mem::swap(&mut self.workspace.solved, &mut self.workspace.next);
        for (group, states) in self.model.synapses().iter().zip(&mut self.state.synapses) {
            let sums = &mut self.workspace.solved;
            group.step(
                self.config.instruction_set,
                self.config.batch_size,
                self.config.dt_ms,
                &self.state.v_mv,
                [&mut sums.current_na, &mut sums.conductance_us],
                states,
            );
        }
        if self.state.step.is_multiple_of(STEPS_TO_SILENCE) {
            self.state.synapses.iter_mut().for_each(SynapseState::end_silent);
        }
        for injection in self.injections.iter().filter(|i| i.stimulus.is_membrane_current()) {
            self.workspace.solved.current_na[injection.at] -=
                injection.stimulus.current_na(middle_ms);
        }
    }

    /// (C/dt + Σg + axial)·Δv = −ΣI + axial currents + injected; v ← v + Δv. With Crank–Nicolson over half of dt, and twice
    /// the change.
    pub(super) fn solve(&mut self) -> Result<(), BiophysicsError> {
        let middle_ms = self.middle_ms();
        let (state, work) = (&mut self.state, &mut self.workspace);
        let (set, batch_size) = (self.config.instruction_set, self.config.batch_size);
        work.assemble(set, batch_size);
        for injection in self.injections.iter().filter(|i| !i.stimulus.is_membrane_current()) {
            work.delta_mv[injection.at] += injection.stimulus.current_na(middle_ms);
        }
        for &(at, current_na) in &self.held {
            work.delta_mv[at] += current_na;
        }
        for clamp in &self.clamps {
            if clamp.clamp.command_mv(middle_ms).is_some() {
                work.diagonal_us[clamp.at] += clamp.clamp.conductance_us();
                work.delta_mv[clamp.at] += clamp.clamp.current_na(middle_ms, state.v_mv[clamp.at]);
            }
        }
        let (diagonal_us, delta_mv) = (&mut work.diagonal_us, &mut work.delta_mv);
        self.model.cable().solve_change(set, batch_size, &state.v_mv, diagonal_us, delta_mv);
        if self.config.integration == Integration::CrankNicolson {
            // Concentrations follow from the current in the middle of the step.
            set.run(ToMiddle {
                instances: self.model.with_calcium(),
                batch_size,
                v_mv: &state.v_mv,
                delta_mv: &work.delta_mv,
                reversal_mv: &work.calcium_reversal_mv,
                current_na: &mut work.solved.calcium_current_na,
            });
        }
        let mut outside = None;
        set.run(Update {
            times: self.config.integration.implicit_share().recip(),
            limit_mv: self.config.voltage_limit_mv,
            delta_mv: &work.delta_mv,
            v_mv: &mut state.v_mv,
            outside: &mut outside,
        });
        outside.map_or(Ok(()), |at| Err(self.runaway(at)))
    }

    /// Concentrations, then gates and the currents of the step to come.
    pub(super) fn advance_states(&mut self) {
        let dt_ms = self.config.dt_ms;
        self.workspace.next.clear();
        self.of_each_mechanism(false, |mechanism, membrane, states| {
            mechanism.step(dt_ms, membrane, states);
        });
    }

    /// Stage by stage. Reversal potentials follow the concentrations, of all compartments or of those where they change.
    fn of_each_mechanism(
        &mut self,
        of_all: bool,
        act: impl Fn(&dyn Mechanism, &mut Membrane<'_>, &mut [f64]),
    ) {
        let (config, work) = (&self.config, &mut self.workspace);
        let (v_mv, calcium_millimolar) = (&self.state.v_mv, &mut self.state.calcium_millimolar);
        let pairs = self.model.mechanisms().iter().zip(&mut self.state.mechanisms);
        let mut pairs = pairs.peekable();
        while let Some((mechanism, states)) =
            pairs.next_if(|(mechanism, _)| mechanism.stage() == Stage::Concentration)
        {
            act(&**mechanism, &mut work.membrane(config, v_mv, calcium_millimolar), states);
        }
        work.find_reversal_potentials(&self.model, config, calcium_millimolar, of_all);
        let mut membrane = work.membrane(config, v_mv, calcium_millimolar);
        for (mechanism, states) in pairs {
            act(&**mechanism, &mut membrane, states);
        }
    }

    /// The error of a voltage that was not changed since it would leave the limit.
    fn runaway(&self, at: usize) -> BiophysicsError {
        let batch_size = self.config.batch_size;
        let compartments = self.model.tree().len();
        let mut node = at / batch_size;
        while node >= compartments {
            let parent = self.model.cable().parents()[node];
            node = if parent == node { 0 } else { parent };
        }
        let (previous_v_mv, delta_mv) = (self.state.v_mv[at], self.workspace.delta_mv[at]);
        BiophysicsError::Runaway {
            compartment: CompartmentId::new(node),
            trial: at % batch_size,
            time_ms: self.time_ms() + self.config.dt_ms,
            v_mv: previous_v_mv + delta_mv / self.config.integration.implicit_share(),
            previous_v_mv,
        }
    }
}

/// v ← v + times·Δv, until one leaves the limit, which stays as it was.
struct Update<'a> {
    times: f64,
    limit_mv: f64,
    delta_mv: &'a [f64],
    v_mv: &'a mut [f64],
    outside: &'a mut Option<usize>,
}

impl Kernel for Update<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (delta, _) = self.delta_mv.as_chunks::<8>();
        let (v, v_rest) = self.v_mv.as_chunks_mut::<8>();
        let mut done = 0;
        for (v, delta) in v.iter_mut().zip(delta) {
            let changed = Lanes::load(simd, v) + Lanes::load(simd, delta) * self.times;
            if !changed.all_within(self.limit_mv) {
                break;
            }
            changed.store(v);
            done += 8;
        }
        let one_by_one = v[done / 8..].as_flattened_mut().iter_mut().chain(v_rest);
        for (v, delta) in one_by_one.zip(self.delta_mv[done..].iter()) {
            let changed = *v + delta * self.times;
            if changed.is_nan() || changed.abs() > self.limit_mv {
                *self.outside = Some(done);
                return;
            }
            *v = changed;
            done += 1;
        }
    }
}

/// Ohmic currents, `[compartments × batch]`, from the start of a step to its middle.
struct ToMiddle<'a> {
    instances: &'a Instances,
    batch_size: usize,
    v_mv: &'a [f64],
    /// Change of the voltage until there.
    delta_mv: &'a [f64],
    reversal_mv: &'a [f64],
    current_na: &'a mut [f64],
}

impl Kernel for ToMiddle<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { instances, batch_size, v_mv, delta_mv, reversal_mv, current_na } = self;
        let compartments = [v_mv, delta_mv, reversal_mv];
        sweep(
            simd,
            instances,
            batch_size,
            Inputs { constants: [], compartments },
            [],
            [current_na],
            #[inline(always)]
            |[], [v, delta, reversal], [], [current]| {
                // Where there is no driving force there is no current.
                let drive = v - reversal + 1e-30;
                ([], [current + current * delta / drive])
            },
        );
    }
}
