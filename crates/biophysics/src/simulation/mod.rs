//! Stepping a model through time.

mod neuron_model;
mod state;
mod workspace;

use std::sync::Arc;

use apical_core::{
    CompartmentId, EventTrain, InjectedCurrent, StepObserver, StepView, SynapticEvent, TimeGrid,
    TrialInput,
};
use serde::{Deserialize, Serialize};

pub use state::Snapshot;
use workspace::Workspace;

use crate::error::Check;
use crate::mechanism::{Currents, Membrane};
use crate::{BiophysicsError, CellModel, Mechanism, Stimulus, VoltageClamp};

/// How a simulation runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SimulationConfig {
    /// Time step, ms.
    pub dt_ms: f64,
    /// Voltage of every compartment at t = 0, mV.
    pub v_init_mv: f64,
    /// Trials of the same neuron that run side by side.
    pub batch_size: usize,
    /// Seed of the stochastic release of synapses. Trial b of a batch draws the stream `first_trial + b`.
    pub seed: u64,
    /// Number of the batch's first trial among all trials of this seed.
    pub first_trial: u64,
    /// A run stops when a voltage leaves ± this, mV.
    pub voltage_limit_mv: f64,
}

impl Default for SimulationConfig {
    fn default() -> Self {
        Self {
            dt_ms: 0.025,
            v_init_mv: -76.0,
            batch_size: 1,
            seed: 0,
            first_trial: 0,
            voltage_limit_mv: 1000.0,
        }
    }
}

/// A current that is injected into one compartment of one trial.
#[derive(Clone, Debug)]
struct Injection {
    /// Into `[nodes × batch]`.
    at: usize,
    stimulus: Stimulus,
}

/// A voltage clamp on one compartment of one trial.
#[derive(Clone, Debug)]
struct Clamp {
    /// Into `[nodes × batch]`.
    at: usize,
    clamp: VoltageClamp,
}

/// A batch of trials of one neuron, advanced by implicit Euler with staggered gates.
///
/// Stimuli and clamps belong to the simulation: they stay when it is reset or a snapshot restored. Scheduled events
/// belong to the state: a reset drops them, a snapshot holds those still to come.
///
/// The order of operations of a step is NEURON's: events; currents and slope conductances at the present voltage and
/// gates, stimuli at the middle of the step; the voltages; then calcium, gates and synapses at the new voltage.
///
/// ```
/// use apical_biophysics::{preset, Simulation, SimulationConfig, CurrentStep, TraceRecorder};
/// use apical_core::CompartmentId;
///
/// let model = preset::hh_cylinder()?;
/// let soma = CompartmentId::new(0);
/// let mut config = SimulationConfig::default();
/// config.v_init_mv = -65.0;
/// let mut simulation = Simulation::new(model.into(), config)?;
/// let step = CurrentStep { delay_ms: 5.0, duration_ms: 1.0, amplitude_na: 0.5 }.build()?;
/// simulation.inject(0, soma, step)?;
/// let mut recorder = TraceRecorder::every_step(&[soma]);
/// simulation.run(15.0, &mut recorder)?;
/// let peak = recorder.trial(0).row(0).iter().copied().fold(f64::MIN, f64::max);
/// assert!(peak > 20.0, "a spike");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Simulation {
    model: Arc<CellModel>,
    config: SimulationConfig,
    grid: TimeGrid,
    injections: Vec<Injection>,
    clamps: Vec<Clamp>,
    /// Currents held during the present millisecond, into `[nodes × batch]`, nA.
    held: Vec<(usize, f64)>,
    state: Snapshot,
    workspace: Workspace,
}

impl Simulation {
    /// A simulation at t = 0.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError`] if a setting is out of range.
    pub fn new(model: Arc<CellModel>, config: SimulationConfig) -> Result<Self, BiophysicsError> {
        let grid = TimeGrid::new(config.dt_ms, 0.0)?;
        let check = Check("simulation");
        check.positive("voltage limit (mV)", config.voltage_limit_mv)?;
        let within = config.v_init_mv.abs() <= config.voltage_limit_mv;
        check.that(within, "initial voltage (mV)", config.v_init_mv, "within the voltage limit")?;
        check.positive("batch size", config.batch_size as f64)?;
        let state = Snapshot::initial(&model, &config);
        let workspace = Workspace::new(&model, config.batch_size);
        let mut simulation = Self {
            model,
            config,
            grid,
            injections: Vec::new(),
            clamps: Vec::new(),
            held: Vec::new(),
            state,
            workspace,
        };
        simulation.initialize();
        Ok(simulation)
    }

    /// The neuron.
    #[must_use]
    pub const fn model(&self) -> &Arc<CellModel> {
        &self.model
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &SimulationConfig {
        &self.config
    }

    /// Steps done since t = 0.
    #[must_use]
    pub const fn step_index(&self) -> u64 {
        self.state.step
    }

    /// Present time, ms.
    #[must_use]
    pub fn time_ms(&self) -> f64 {
        self.grid.time_ms(self.state.step)
    }

    /// Present voltage of a compartment, mV.
    ///
    /// # Panics
    ///
    /// If there is no such compartment or trial.
    #[must_use]
    pub fn voltage_mv(&self, trial: usize, compartment: CompartmentId) -> f64 {
        assert!(trial < self.config.batch_size, "trial {trial} is not in the batch");
        let node = self.model.axial_tree().nodes()[compartment.index()];
        self.state.v_mv[node * self.config.batch_size + trial]
    }

    /// Present calcium concentration of a compartment, mM.
    ///
    /// # Panics
    ///
    /// If there is no such compartment or trial.
    #[must_use]
    pub fn calcium_mm(&self, trial: usize, compartment: CompartmentId) -> f64 {
        assert!(trial < self.config.batch_size, "trial {trial} is not in the batch");
        let node = self.model.axial_tree().nodes()[compartment.index()];
        self.state.calcium_mm[node * self.config.batch_size + trial]
    }

    /// Injects a current into a compartment of one trial, from now on. Several add up.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError`] if there is no such trial or compartment.
    pub fn inject(
        &mut self,
        trial: usize,
        compartment: CompartmentId,
        stimulus: Stimulus,
    ) -> Result<(), BiophysicsError> {
        let at = self.at("stimulus", trial, compartment)?;
        self.injections.push(Injection { at, stimulus });
        Ok(())
    }

    /// Removes all injected currents and voltage clamps; a reset keeps them.
    pub fn remove_stimuli(&mut self) {
        self.injections.clear();
        self.clamps.clear();
    }

    /// Puts a voltage clamp on a compartment of one trial, from now on.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError`] if there is no such trial or compartment.
    pub fn clamp(
        &mut self,
        trial: usize,
        compartment: CompartmentId,
        clamp: VoltageClamp,
    ) -> Result<(), BiophysicsError> {
        let at = self.at("voltage clamp", trial, compartment)?;
        self.clamps.push(Clamp { at, clamp });
        Ok(())
    }

    /// Schedules the events of one trial. Each is delivered at the step boundary nearest to its time.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError`] if there is no such trial or synapse, or an event lies in the past.
    pub fn schedule(&mut self, trial: usize, events: &EventTrain) -> Result<(), BiophysicsError> {
        self.check_trial(trial)?;
        self.enqueue(trial, events.events())
    }

    /// Runs for `duration_ms` from the present time. The observer sees every step, and t = 0 where the run starts there.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Runaway`] if a voltage is not a number or leaves the limit; the state is then useless.
    pub fn run(
        &mut self,
        duration_ms: f64,
        observer: &mut impl StepObserver,
    ) -> Result<(), BiophysicsError> {
        let steps = TimeGrid::new(self.config.dt_ms, duration_ms)?.steps();
        if self.state.step == 0 {
            self.show(observer);
        }
        for _ in 0..steps {
            self.step()?;
            self.show(observer);
        }
        Ok(())
    }

    /// One step. Allocates nothing.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Runaway`] if a voltage is not a number or leaves the limit; the state is then useless.
    pub fn step(&mut self) -> Result<(), BiophysicsError> {
        self.deliver_events();
        self.sum_currents();
        self.solve()?;
        self.advance_states();
        self.state.step += 1;
        self.workspace.gather_voltages(&self.model, &self.state);
        Ok(())
    }

    /// The present state, to go on from later with the same bits.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.state.clone()
    }

    /// Back to a state taken from a simulation of the same model, batch size and time step.
    ///
    /// Stimuli and clamps belong to the simulation and stay as they are.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::ForeignSnapshot`] if the snapshot does not fit.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), BiophysicsError> {
        if !self.state.same_shape(snapshot) {
            return Err(BiophysicsError::ForeignSnapshot);
        }
        self.state.clone_from(snapshot);
        self.held.clear();
        self.workspace.gather_voltages(&self.model, &self.state);
        Ok(())
    }

    fn check_trial(&self, trial: usize) -> Result<(), BiophysicsError> {
        let batch_size = self.config.batch_size;
        if trial < batch_size {
            Ok(())
        } else {
            Err(BiophysicsError::NoSuchTrial { trial, batch_size })
        }
    }

    /// Index into `[nodes × batch]`.
    fn at(
        &self,
        what: &'static str,
        trial: usize,
        compartment: CompartmentId,
    ) -> Result<usize, BiophysicsError> {
        self.check_trial(trial)?;
        match self.model.axial_tree().nodes().get(compartment.index()) {
            Some(node) => Ok(node * self.config.batch_size + trial),
            None => Err(BiophysicsError::NoSuchCompartment { what, compartment }),
        }
    }

    fn enqueue(&mut self, trial: usize, events: &[SynapticEvent]) -> Result<(), BiophysicsError> {
        let synapses = self.model.synapse_count();
        for event in events {
            let step = self.grid.nearest_step(event.time_ms);
            if event.synapse.index() >= synapses {
                return Err(BiophysicsError::NoSuchSynapse { synapse: event.synapse, synapses });
            }
            if step < self.state.step {
                return Err(BiophysicsError::LateEvent {
                    time_ms: event.time_ms,
                    now_ms: self.time_ms(),
                });
            }
        }
        self.state.pending[trial]
            .extend(events.iter().map(|e| (self.grid.nearest_step(e.time_ms), e.synapse)));
        self.state.pending[trial].make_contiguous().sort_unstable();
        Ok(())
    }

    /// Takes what the trials receive during the next millisecond.
    fn take(&mut self, input: &[TrialInput<'_>]) -> Result<(), BiophysicsError> {
        for (trial, input) in input.iter().enumerate() {
            self.hold(trial, input.injected)?;
            self.enqueue(trial, input.events)?;
        }
        Ok(())
    }

    fn hold(&mut self, trial: usize, injected: &[InjectedCurrent]) -> Result<(), BiophysicsError> {
        for current in injected {
            Check("injected current").finite("current (nA)", current.current_na)?;
            let at = self.at("injected current", trial, current.compartment)?;
            self.held.push((at, current.current_na));
        }
        Ok(())
    }

    fn initialize(&mut self) {
        let state = &mut self.state;
        state.v_mv.fill(self.config.v_init_mv);
        state.calcium_mm.fill(self.model.calcium().initial_mm);
        self.workspace.calcium_current_na.fill(0.0);
        let mut membrane = Membrane {
            batch_size: self.config.batch_size,
            v_mv: &state.v_mv,
            calcium_mm: &mut state.calcium_mm,
            calcium_current_na: &self.workspace.calcium_current_na,
        };
        for (mechanism, states) in self.model.mechanisms().iter().zip(&mut state.mechanisms) {
            mechanism.initialize(&mut membrane, states);
        }
        for (group, states) in self.model.synapses().iter().zip(&mut state.synapses) {
            group.initialize(&mut membrane, &mut states.conductances);
        }
        self.workspace.gather_voltages(&self.model, &self.state);
    }

    fn deliver_events(&mut self) {
        let state = &mut self.state;
        let time_ms = self.grid.time_ms(state.step);
        for (trial, pending) in state.pending.iter_mut().enumerate() {
            while let Some((_, synapse)) = pending.pop_front_if(|(step, _)| *step <= state.step) {
                let groups = self.model.synapses().iter().zip(&mut state.synapses);
                for (group, states) in groups {
                    if group.ids().contains(&synapse.index()) {
                        group.deliver(synapse, trial, time_ms, states, &mut state.release[trial]);
                    }
                }
            }
        }
    }

    /// The middle of the step, where stimuli are evaluated, ms.
    fn middle_ms(&self) -> f64 {
        self.time_ms() + 0.5 * self.config.dt_ms
    }

    /// Membrane currents and slope conductances at the present voltage.
    fn sum_currents(&mut self) {
        let middle_ms = self.middle_ms();
        let (state, work) = (&self.state, &mut self.workspace);
        let batch_size = self.config.batch_size;
        let calcium = self.model.calcium();
        for &node in self.model.calcium_nodes() {
            for at in node * batch_size..(node + 1) * batch_size {
                work.calcium_reversal_mv[at] =
                    calcium.nernst.reversal_potential_mv(state.calcium_mm[at], calcium.outside_mm);
            }
        }
        work.current_na.fill(0.0);
        work.conductance_us.fill(0.0);
        work.calcium_current_na.fill(0.0);
        let mut currents = Currents {
            batch_size,
            v_mv: &state.v_mv,
            calcium_reversal_mv: &work.calcium_reversal_mv,
            current_na: &mut work.current_na,
            conductance_us: &mut work.conductance_us,
            calcium_current_na: &mut work.calcium_current_na,
        };
        for (mechanism, states) in self.model.mechanisms().iter().zip(&state.mechanisms) {
            mechanism.add_currents(&mut currents, states);
        }
        for (group, states) in self.model.synapses().iter().zip(&state.synapses) {
            group.add_currents(&mut currents, &states.conductances);
        }
        for injection in self.injections.iter().filter(|i| i.stimulus.is_membrane_current()) {
            work.current_na[injection.at] -= injection.stimulus.current_na(middle_ms);
        }
    }

    /// (C/dt + Σg + axial)·Δv = −ΣI + axial currents + injected; v ← v + Δv.
    fn solve(&mut self) -> Result<(), BiophysicsError> {
        let middle_ms = self.middle_ms();
        let (state, work) = (&mut self.state, &mut self.workspace);
        let (batch_size, dt_ms) = (self.config.batch_size, self.config.dt_ms);
        let cable = self.model.cable();
        for (delta, current) in work.delta_mv.iter_mut().zip(&work.current_na) {
            *delta = -current;
        }
        for injection in self.injections.iter().filter(|i| !i.stimulus.is_membrane_current()) {
            work.delta_mv[injection.at] += injection.stimulus.current_na(middle_ms);
        }
        for &(at, current_na) in &self.held {
            work.delta_mv[at] += current_na;
        }
        cable.add_axial_currents(batch_size, &state.v_mv, &mut work.delta_mv);
        cable.write_diagonal(batch_size, dt_ms, &work.conductance_us, &mut work.diagonal_us);
        for clamp in &self.clamps {
            if clamp.clamp.command_mv(middle_ms).is_some() {
                work.diagonal_us[clamp.at] += clamp.clamp.conductance_us();
                work.delta_mv[clamp.at] += clamp.clamp.current_na(middle_ms, state.v_mv[clamp.at]);
            }
        }
        cable.solve(batch_size, &mut work.diagonal_us, &mut work.delta_mv);

        let limit = self.config.voltage_limit_mv;
        let pairs = state.v_mv.iter().zip(&work.delta_mv);
        // NaN is not within; a fold without exit is faster than `all`.
        if !pairs.fold(true, |within, (v, delta)| within & ((v + delta).abs() <= limit)) {
            return Err(self.runaway());
        }
        for (v, delta) in state.v_mv.iter_mut().zip(&work.delta_mv) {
            *v += delta;
        }
        Ok(())
    }

    fn advance_states(&mut self) {
        let state = &mut self.state;
        let mut membrane = Membrane {
            batch_size: self.config.batch_size,
            v_mv: &state.v_mv,
            calcium_mm: &mut state.calcium_mm,
            calcium_current_na: &self.workspace.calcium_current_na,
        };
        let dt_ms = self.config.dt_ms;
        for (mechanism, states) in self.model.mechanisms().iter().zip(&mut state.mechanisms) {
            mechanism.advance(dt_ms, &mut membrane, states);
        }
        for (group, states) in self.model.synapses().iter().zip(&mut state.synapses) {
            group.advance(dt_ms, &mut membrane, &mut states.conductances);
        }
    }

    /// What the voltages before a step and their change come to where they leave the limit first.
    fn runaway(&self) -> BiophysicsError {
        let batch_size = self.config.batch_size;
        let limit = self.config.voltage_limit_mv;
        let mut pairs = self.state.v_mv.iter().zip(&self.workspace.delta_mv);
        let outside = |(v, delta): (&f64, &f64)| {
            let v = v + delta;
            v.is_nan() || v.abs() > limit
        };
        let at = pairs.position(outside).unwrap_or_default();
        let mut node = at / batch_size;
        let compartments = self.model.axial_tree().compartments();
        while compartments[node].is_none() && node > 0 {
            node = self.model.cable().parents()[node];
        }
        let previous_v_mv = self.state.v_mv[at];
        BiophysicsError::Runaway {
            compartment: compartments[node].unwrap_or(CompartmentId::new(0)),
            trial: at % batch_size,
            time_ms: self.time_ms() + self.config.dt_ms,
            v_mv: previous_v_mv + self.workspace.delta_mv[at],
            previous_v_mv,
        }
    }

    fn show(&mut self, observer: &mut impl StepObserver) {
        if observer.needs_membrane_currents() {
            self.workspace.membrane_currents(&self.model, &self.state, self.config.dt_ms);
        }
        let currents: &[f64] = if observer.needs_membrane_currents() {
            &self.workspace.membrane_currents_na
        } else {
            &[]
        };
        observer.observe(&StepView::new(
            self.state.step,
            self.grid.time_ms(self.state.step),
            self.config.batch_size,
            &self.workspace.voltages_mv,
            currents,
        ));
    }
}
