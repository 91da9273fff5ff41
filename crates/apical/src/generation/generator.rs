use std::ops::Range;
use std::sync::Arc;

use apical_biophysics::protocol::{DISTAL_SITE_UM, Protocol, distal_compartment};
use apical_biophysics::{
    BiophysicsError, CellModel, CurrentStep, EpspCurrent, Simulation, SimulationConfig,
    SpikeDetector, Stimulus,
};
use apical_core::{
    BinnedEvents, CalciumRule, CompartmentId, CoreError, EventTrain, StepObserver, TimeGrid, Trial,
    TrialLayout, TrialMarks, TrialSource,
};
use apical_dataset::store::Manifest;
use apical_dataset::{
    DatasetError, DendriticTrees, DrawnCurrent, InputProcess, StimulusProcess, TrialStimuli,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use super::recorder::TrialRecorder;

/// A somatic spike is an upward crossing of this voltage, mV, timed at the first step at or above it.
pub const SPIKE_THRESHOLD_MV: f64 = -20.0;

/// What is more than any memory holds: 1 TiB.
const MOST_BYTES: u64 = 1 << 40;

/// Places of the two sites that currents flow into.
const SOMA: usize = 0;
const APICAL: usize = 1;

/// How trials are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TrialParameters {
    /// Seed that every trial follows from, together with its number.
    pub seed: u64,
    /// Duration of a trial, ms.
    pub duration_ms: u32,
    /// Synaptic input.
    pub input: InputProcess,
    /// Currents.
    pub stimuli: StimulusProcess,
    /// What a calcium event is.
    pub calcium_rule: CalciumRule,
}

/// Trials of 6 s, as published, with currents in some of them.
impl Default for TrialParameters {
    fn default() -> Self {
        Self {
            seed: 0,
            duration_ms: 6000,
            input: InputProcess::default(),
            stimuli: StimulusProcess::default(),
            calcium_rule: CalciumRule::default(),
        }
    }
}

/// Why trials cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GenerationError {
    /// From the input.
    #[error(transparent)]
    Input(#[from] DatasetError),
    /// From the simulator.
    #[error(transparent)]
    Simulation(#[from] BiophysicsError),
    /// From the shared vocabulary.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// More trials at a time than any memory holds.
    #[error(
        "{trials} trials at a time of {trial_bytes} bytes or more each do not fit into 1 TiB: shorter trials, smaller \
         batches or longer time steps take less"
    )]
    Memory {
        /// Number of trials.
        trials: usize,
        /// What one of them takes; the largest number for what is larger.
        trial_bytes: u64,
    },
    /// Currents into a place that the neuron does not have.
    #[error(
        "the neuron has no apical site for EPSP-like currents ({source}): give no trial currents (trial_share 0)"
    )]
    NoSite {
        /// Why.
        source: BiophysicsError,
    },
}

/// A trial as it was simulated.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SimulatedTrial {
    /// Input and voltages at a resolution of a millisecond.
    pub trial: Trial,
    /// Voltage of the soma, mV, at every step, `[T·steps + 1]`.
    pub soma_mv: Vec<f32>,
    /// Currents that were drawn.
    pub stimuli: TrialStimuli,
}

/// Simulates trials of one neuron under random input: a trial follows from the seed and its number alone, whatever it is
/// simulated beside.
///
/// As a [`TrialSource`] it simulates a trial whenever one is asked for.
///
/// ```
/// use apical::biophysics::preset::{Preset, training_synapses};
/// use apical::biophysics::protocol::soma_compartment;
/// use apical::biophysics::SimulationConfig;
/// use apical::generation::{TrialGenerator, TrialParameters};
/// use apical::morphology::{CompartmentTree, MaxLength, default_cell};
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let soma = soma_compartment(&tree)?;
/// let model = training_synapses(Preset::Shai2015.paint(tree)?, 1.0).build()?;
/// let mut parameters = TrialParameters::default();
/// parameters.duration_ms = 20;
/// let generator = TrialGenerator::new(model.into(), soma, SimulationConfig::default(), parameters, 4)?;
///
/// let trials = generator.simulate(2..4, &mut ())?;
/// assert_eq!(trials.len(), 2);
/// assert_eq!(trials[1], generator.simulate(3..4, &mut ())?[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrialGenerator {
    model: Arc<CellModel>,
    config: SimulationConfig,
    parameters: TrialParameters,
    trees: DendriticTrees,
    layout: TrialLayout,
    steps_per_ms: usize,
    trials: usize,
}

impl TrialGenerator {
    /// Trials 0 … `trials` − 1 of a neuron that has an excitatory and an inhibitory synapse on every dendritic compartment,
    /// and spikes at `soma`. Of `config` the seed, the batch's size and its first trial are set for every batch.
    ///
    /// # Errors
    ///
    /// [`GenerationError`] if a parameter is out of range, the neuron has no place for the currents, or no memory holds a
    /// trial.
    pub fn new(
        model: Arc<CellModel>,
        soma: CompartmentId,
        config: SimulationConfig,
        parameters: TrialParameters,
        trials: usize,
    ) -> Result<Self, GenerationError> {
        let compartments = model.compartment_table().clone();
        let trees = DendriticTrees::basal_and_apical(&compartments)?;
        // all of them, whatever the first trials need
        parameters.input.check(&trees)?;
        parameters.stimuli.check()?;
        parameters.calcium_rule.check()?;
        let distal = distal_compartment(model.tree());
        let calcium_site = distal.as_ref().ok().copied();
        let injection_sites = match distal {
            _ if parameters.stimuli.trial_share == 0.0 => Vec::new(),
            Ok(distal) => vec![soma, distal],
            Err(source) => return Err(GenerationError::NoSite { source }),
        };
        let grid = TimeGrid::new(config.dt_ms, f64::from(parameters.duration_ms))?;
        let steps_per_ms = grid.steps_per_ms()? as usize;
        let (synapses, duration_ms) = (model.synapse_count(), parameters.duration_ms as usize);
        let mut layout = TrialLayout::new(compartments, soma, synapses, duration_ms);
        layout.calcium_site = calcium_site;
        layout.injection_sites = injection_sites;
        let generator = Self { model, config, parameters, trees, layout, steps_per_ms, trials };
        generator.check_memory(1)?;
        Ok(generator)
    }

    /// How trials are drawn.
    #[must_use]
    pub const fn parameters(&self) -> &TrialParameters {
        &self.parameters
    }

    /// Time steps per millisecond.
    #[must_use]
    pub const fn steps_per_ms(&self) -> usize {
        self.steps_per_ms
    }

    /// Whether the voltages and currents of so many trials take no more than 1 TiB. How much memory there is cannot be known;
    /// that much there is not.
    ///
    /// # Errors
    ///
    /// [`GenerationError::Memory`] if they take more.
    pub fn check_memory(&self, trials: usize) -> Result<(), GenerationError> {
        let TrialLayout { compartments, injection_sites, duration_ms, .. } = &self.layout;
        let per_ms = self.steps_per_ms.saturating_add(compartments.len() + injection_sites.len());
        let values = (per_ms as u64).saturating_mul(*duration_ms as u64);
        let trial_bytes = values.saturating_mul(size_of::<f32>() as u64);
        if trial_bytes.saturating_mul(trials as u64) > MOST_BYTES {
            return Err(GenerationError::Memory { trials, trial_bytes });
        }
        Ok(())
    }

    /// The manifest of a data set of these trials; `neuron` says what the model is.
    #[must_use]
    pub fn manifest(&self, neuron: &Value) -> Manifest {
        let SimulationConfig { dt_ms, integration, v_init_mv, voltage_limit_mv, .. } = self.config;
        let generator = json!({
            "source": "simulation",
            "neuron": neuron,
            "trials": self.parameters,
            "simulation": {
                "dt_ms": dt_ms,
                "integration": integration,
                "v_init_mv": v_init_mv,
                "voltage_limit_mv": voltage_limit_mv,
                "instruction_set": self.config.instruction_set,
            },
        });
        let spikes = format!("first step at or above {SPIKE_THRESHOLD_MV} mV at the soma");
        Manifest::new(
            self.trials,
            self.layout.clone(),
            self.steps_per_ms,
            spikes,
            self.parameters.calcium_rule,
            generator,
        )
    }

    /// Synaptic events and currents of a trial.
    ///
    /// # Errors
    ///
    /// [`GenerationError::Input`] for parameters out of range.
    pub fn input(&self, trial: u64) -> Result<(EventTrain, TrialStimuli), GenerationError> {
        let TrialParameters { seed, duration_ms, input, stimuli, .. } = &self.parameters;
        let stimuli = stimuli.generate(*seed, trial, *duration_ms)?;
        let events = if stimuli.quiet {
            EventTrain::default()
        } else {
            input.generate(*seed, trial, *duration_ms, &self.trees)?
        };
        Ok((events, stimuli))
    }

    /// Simulates some trials side by side on the present thread, while `observer` looks on.
    ///
    /// # Errors
    ///
    /// [`GenerationError`] if the voltages run away.
    pub fn simulate(
        &self,
        trials: Range<u64>,
        observer: &mut (impl StepObserver + Send),
    ) -> Result<Vec<SimulatedTrial>, GenerationError> {
        let mut config = self.config.clone();
        config.first_trial = trials.start;
        let inputs = trials.map(|trial| self.input(trial)).collect::<Result<Vec<_>, _>>()?;
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        self.run(config, inputs, self.parameters.duration_ms, observer)
    }

    /// A published protocol of current injection, as a trial of the same neuron without synaptic input: it starts from the
    /// published voltage, and takes as long as published after `rest_ms` more of rest.
    ///
    /// # Errors
    ///
    /// [`GenerationError::NoSite`] where trials have no currents, [`GenerationError::Simulation`] if the voltages run away.
    pub fn protocol(
        &self,
        protocol: Protocol,
        rest_ms: u32,
    ) -> Result<SimulatedTrial, GenerationError> {
        if self.layout.injection_sites.is_empty() {
            let source = BiophysicsError::NoDistalSite { distance_um: DISTAL_SITE_UM };
            return Err(GenerationError::NoSite { source });
        }
        let published = protocol.published();
        let whole = |ms: f64| ms.round() as u32;
        let pulse = published.soma.map(|pulse| DrawnCurrent::SomaticStep {
            onset_ms: rest_ms + whole(pulse.delay_ms),
            duration_ms: whole(pulse.duration_ms),
            amplitude_na: pulse.amplitude_na,
        });
        let epsp = published.apical.map(|epsp| DrawnCurrent::ApicalEpsp {
            onset_ms: rest_ms + whole(epsp.onset_ms),
            peak_na: epsp.peak_na,
            rise_ms: epsp.rise_ms,
            decay_ms: epsp.decay_ms,
        });
        let currents = pulse.into_iter().chain(epsp).collect();
        let stimuli = TrialStimuli { quiet: true, currents };
        let mut config = self.config.clone();
        config.v_init_mv = published.v_init_mv;
        let inputs = vec![(EventTrain::default(), stimuli)];
        // one input, one trial
        let duration_ms = rest_ms + whole(published.duration_ms);
        Ok(self.run(config, inputs, duration_ms, &mut ())?.swap_remove(0))
    }

    /// Simulates what follows from inputs, side by side.
    fn run(
        &self,
        mut config: SimulationConfig,
        given: Vec<(EventTrain, TrialStimuli)>,
        duration_ms: u32,
        observer: &mut (impl StepObserver + Send),
    ) -> Result<Vec<SimulatedTrial>, GenerationError> {
        config.seed = self.parameters.seed;
        config.batch_size = given.len();
        let batch_size = config.batch_size;
        let bins = duration_ms as usize;
        let mut simulation = Simulation::new(Arc::clone(&self.model), config)?;
        let mut inputs = Vec::with_capacity(batch_size);
        for (place, (events, stimuli)) in given.into_iter().enumerate() {
            simulation.schedule(place, &events)?;
            let currents = self.currents(&stimuli)?;
            for (site, stimulus) in &currents {
                simulation.inject(place, *site, stimulus.clone())?;
            }
            let injected_na = self.mean_currents_na(&currents, bins);
            inputs.push((BinnedEvents::from_train(&events, bins), injected_na, stimuli));
        }
        let shape = [batch_size, bins, self.layout.compartments.len()];
        let mut recorder = TrialRecorder::new(self.layout.soma, self.steps_per_ms, shape);
        let mut spikes = SpikeDetector::new(self.layout.soma, SPIKE_THRESHOLD_MV);
        simulation.run(f64::from(duration_ms), &mut ((&mut recorder, &mut spikes), observer))?;
        let recorded = recorder.voltage_mv.into_iter().zip(recorder.soma_mv);
        let parts = inputs.into_iter().zip(recorded).enumerate();
        parts
            .map(|(place, ((events, injected_na, stimuli), (voltage_mv, soma_mv)))| {
                let spikes_ms = spikes.times_ms(place).to_vec();
                let marks = TrialMarks { spikes_ms, calcium_events: Vec::new() };
                let mut trial = Trial::new(&self.layout, events, injected_na, voltage_mv, marks)?;
                if let Some(site) = self.layout.calcium_site {
                    let trace = trial.trace_mv(site).map(f64::from);
                    trial.marks.calcium_events = self.parameters.calcium_rule.events(trace, 1.0);
                }
                Ok(SimulatedTrial { trial, soma_mv, stimuli })
            })
            .collect()
    }

    /// The currents of a trial and where they flow into.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] for a current out of range.
    pub fn currents(
        &self,
        stimuli: &TrialStimuli,
    ) -> Result<Vec<(CompartmentId, Stimulus)>, BiophysicsError> {
        let placed = |current: &DrawnCurrent| {
            let (site, stimulus) = match *current {
                DrawnCurrent::SomaticStep { onset_ms, duration_ms, amplitude_na } => {
                    let [delay_ms, duration_ms] = [onset_ms, duration_ms].map(f64::from);
                    (SOMA, CurrentStep { delay_ms, duration_ms, amplitude_na }.build()?)
                }
                DrawnCurrent::ApicalEpsp { onset_ms, peak_na, rise_ms, decay_ms } => {
                    let onset_ms = f64::from(onset_ms);
                    (APICAL, EpspCurrent { onset_ms, rise_ms, decay_ms, peak_na }.build()?)
                }
            };
            Ok((self.layout.injection_sites[site], stimulus))
        };
        stimuli.currents.iter().map(placed).collect()
    }

    /// Mean of the currents over every bin, nA, `[bins × sites]`: of what flows in the middle of each step, as it is
    /// simulated.
    fn mean_currents_na(&self, currents: &[(CompartmentId, Stimulus)], bins: usize) -> Vec<f32> {
        let sites = &self.layout.injection_sites;
        let mut means_na = Vec::with_capacity(bins * sites.len());
        for bin in 0..bins {
            for site in sites {
                let here = currents.iter().filter(|(at, _)| at == site);
                // not the sum of an iterator, which for none is −0
                let mut sum_na = 0.0;
                for step in 0..self.steps_per_ms {
                    let middle = (bin * self.steps_per_ms + step) as f64 + 0.5;
                    let at = middle * self.config.dt_ms;
                    here.clone().for_each(|(_, stimulus)| sum_na += stimulus.current_na(at));
                }
                means_na.push((sum_na / self.steps_per_ms as f64) as f32);
            }
        }
        means_na
    }
}

impl TrialSource for TrialGenerator {
    type Error = GenerationError;

    fn layout(&self) -> &TrialLayout {
        &self.layout
    }

    fn trial_count(&self) -> usize {
        self.trials
    }

    fn trial(&self, index: usize) -> Result<Arc<Trial>, GenerationError> {
        if index >= self.trials {
            return Err(CoreError::NoTrial { trial: index, trials: self.trials }.into());
        }
        let number = index as u64;
        let simulated = self.simulate(number..number + 1, &mut ())?.pop();
        let missing = CoreError::NoTrial { trial: index, trials: self.trials };
        simulated.map(|simulated| Arc::new(simulated.trial)).ok_or(missing.into())
    }
}
