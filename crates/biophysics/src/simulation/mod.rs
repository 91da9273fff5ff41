//! Stepping a model through time.

mod config;
mod neuron_model;
mod state;
mod step;
mod workspace;

use std::sync::Arc;

use apical_core::{
    CompartmentId, EventTrain, InjectedCurrent, StepObserver, StepView, SynapticEvent, TimeGrid,
    TrialInput,
};

pub use config::{Integration, SimulationConfig};
pub use state::Snapshot;
use workspace::Workspace;

use crate::error::Check;
use crate::{BiophysicsError, CellModel, Stimulus, VoltageClamp};

/// A current that is injected into one compartment of one trial.
#[derive(Clone, Debug)]
struct Injection {
    /// Into `[compartments × batch]`.
    at: usize,
    stimulus: Stimulus,
}

/// A voltage clamp on one compartment of one trial.
#[derive(Clone, Debug)]
struct Clamp {
    /// Into `[compartments × batch]`.
    at: usize,
    clamp: VoltageClamp,
}

/// A batch of trials of one neuron, advanced by implicit Euler or Crank–Nicolson ([`Integration`]) with staggered gates.
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
    /// Currents held during the present millisecond, into `[compartments × batch]`, nA.
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
        if !config.instruction_set.is_available() {
            return Err(BiophysicsError::NoInstructionSet { set: config.instruction_set });
        }
        let state = Snapshot::initial(&model, &config);
        let workspace = Workspace::new(&model, &config);
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

    /// Number of trials in the batch.
    #[must_use]
    pub const fn batch_size(&self) -> usize {
        self.config.batch_size
    }

    /// Number of synapses of the neuron.
    #[must_use]
    pub fn synapse_count(&self) -> usize {
        self.model.synapse_count()
    }

    /// Present voltages of all compartments, mV, `[compartments × batch]`, the trial's index fastest.
    #[must_use]
    pub fn voltages_mv(&self) -> &[f64] {
        &self.state.v_mv[..self.model.tree().len() * self.config.batch_size]
    }

    /// Present voltage of a compartment, mV.
    ///
    /// # Panics
    ///
    /// If there is no such compartment or trial.
    #[must_use]
    pub fn voltage_mv(&self, trial: usize, compartment: CompartmentId) -> f64 {
        assert!(trial < self.config.batch_size, "trial {trial} is not in the batch");
        self.state.v_mv[compartment.index() * self.config.batch_size + trial]
    }

    /// Present calcium concentration of a compartment, mM.
    ///
    /// # Panics
    ///
    /// If there is no such compartment or trial.
    #[must_use]
    pub fn calcium_millimolar(&self, trial: usize, compartment: CompartmentId) -> f64 {
        assert!(trial < self.config.batch_size, "trial {trial} is not in the batch");
        self.state.calcium_millimolar[compartment.index() * self.config.batch_size + trial]
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
        self.check_events(events.events())?;
        self.enqueue(trial, events.events());
        Ok(())
    }

    /// Runs for `duration_ms` from the present time. The observer sees every step, and t = 0 where the run starts there.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Runaway`] if a voltage is not a number or leaves the limit; the state is then useless.
    pub fn run(
        &mut self,
        duration_ms: f64,
        observer: &mut (impl StepObserver + ?Sized),
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
        self.complete_currents();
        self.solve()?;
        self.advance_states();
        self.state.step += 1;
        Ok(())
    }

    /// Back to t = 0 and the initial state, without the events scheduled. Stimuli and clamps stay.
    pub fn reset(&mut self) {
        self.state = Snapshot::initial(&self.model, &self.config);
        self.held.clear();
        self.initialize();
    }

    /// The present state, to go on from later with the same bits, at the same instruction set.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.state.clone()
    }

    /// Back to a state taken from a simulation of the same model, batch size, time step and method of integration.
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
        self.find_currents();
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

    /// Index into `[compartments × batch]`.
    fn at(
        &self,
        what: &'static str,
        trial: usize,
        compartment: CompartmentId,
    ) -> Result<usize, BiophysicsError> {
        self.check_trial(trial)?;
        if compartment.index() >= self.model.tree().len() {
            return Err(BiophysicsError::NoSuchCompartment { what, compartment });
        }
        Ok(compartment.index() * self.config.batch_size + trial)
    }

    fn check_events(&self, events: &[SynapticEvent]) -> Result<(), BiophysicsError> {
        let synapses = self.model.synapse_count();
        for event in events {
            if event.synapse.index() >= synapses {
                return Err(BiophysicsError::NoSuchSynapse { synapse: event.synapse, synapses });
            }
            if self.grid.nearest_step(event.time_ms) < self.state.step {
                return Err(BiophysicsError::LateEvent {
                    time_ms: event.time_ms,
                    now_ms: self.time_ms(),
                });
            }
        }
        Ok(())
    }

    /// Events that are checked.
    fn enqueue(&mut self, trial: usize, events: &[SynapticEvent]) {
        let pending = &mut self.state.pending[trial];
        pending.extend(events.iter().map(|e| (self.grid.nearest_step(e.time_ms), e.synapse)));
        pending.make_contiguous().sort_unstable();
    }

    /// Takes what the trials receive during the next millisecond: events of all of them, or of none.
    fn take(&mut self, input: &[TrialInput<'_>]) -> Result<(), BiophysicsError> {
        for (trial, input) in input.iter().enumerate() {
            self.hold(trial, input.injected)?;
            self.check_events(input.events)?;
        }
        for (trial, input) in input.iter().enumerate() {
            self.enqueue(trial, input.events);
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

    fn show(&mut self, observer: &mut (impl StepObserver + ?Sized)) {
        let currents = if observer.needs_membrane_currents(self.state.step) {
            self.workspace.find_membrane_currents(&self.model, &self.config, &self.state)
        } else {
            &[]
        };
        let batch_size = self.config.batch_size;
        observer.observe(&StepView::new(
            self.state.step,
            self.grid.time_ms(self.state.step),
            batch_size,
            &self.state.v_mv[..self.model.tree().len() * batch_size],
            currents,
        ));
    }
}
