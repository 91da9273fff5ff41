//! What is simulated: the neuron, its runs, and what is kept of one.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::protocol::{
    Protocol, ProtocolStimuli, distal_compartment, soma_compartment,
};
use apical_biophysics::{CellModel, Integration, Simulation, SimulationConfig};
use apical_core::{CompartmentId, EventTrain, StepObserver, StepView, SynapseId, SynapticEvent};
use apical_morphology::{CompartmentTree, ImportOptions, MaxLength, default_cell, import};

use crate::Outcome;
use crate::workspace::text;

/// Somatic voltage that a spike crosses upwards, mV.
const SPIKE_THRESHOLD_MV: f64 = -20.0;
/// Amplitude of the current step, nA: the strong one of Shai et al. 2015 (doi:10.1371/journal.pcbi.1004090).
const STEP_NA: f64 = 0.793;

/// A method and its time step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scheme {
    pub(super) integration: Integration,
    pub(super) dt_ms: f64,
}

/// A stimulated neuron.
#[derive(Debug)]
pub(super) struct Experiment {
    pub(super) name: &'static str,
    stimuli: ProtocolStimuli,
    events: Option<EventTrain>,
}

/// The neuron and the two compartments that are compared.
#[derive(Debug)]
pub(super) struct Neuron {
    pub(super) model: Arc<CellModel>,
    soma: CompartmentId,
    distal: CompartmentId,
}

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trajectory {
    /// At whole milliseconds, mV.
    pub(super) soma_mv: Vec<f64>,
    /// At the distal apical site, at whole milliseconds, mV.
    pub(super) distal_mv: Vec<f64>,
    /// Highest voltage of any step at the distal apical site, mV.
    pub(super) distal_peak_mv: f64,
    /// Where the line between two steps crosses the threshold upwards, ms.
    pub(super) spike_times_ms: Vec<f64>,
}

impl Neuron {
    /// Preset `shai2015` with a stub axon and all synapses on a reconstruction, or on the default cell.
    pub(super) fn new(reconstruction: Option<&Path>) -> Outcome<Self> {
        let morphology = match reconstruction {
            Some(file) => {
                let imported = import(file, &ImportOptions::default()).map_err(text)?;
                imported.morphology.with_stub_axon()
            }
            None => default_cell(),
        };
        let tree = CompartmentTree::new(morphology, &MaxLength::default()).map_err(text)?;
        let soma = soma_compartment(&tree).map_err(text)?;
        let distal = distal_compartment(&tree).map_err(text)?;
        let painted = Preset::Shai2015.paint(tree).map_err(text)?;
        let model = training_synapses(painted, 1.0).build().map_err(text)?;
        Ok(Self { model: model.into(), soma, distal })
    }

    /// Runs an experiment by a scheme.
    pub(super) fn simulate(&self, experiment: &Experiment, scheme: Scheme) -> Outcome<Trajectory> {
        let mut config = scheme.config();
        config.v_init_mv = experiment.stimuli.v_init_mv;
        let mut simulation = Simulation::new(Arc::clone(&self.model), config).map_err(text)?;
        experiment.stimuli.inject(&mut simulation, 0).map_err(text)?;
        if let Some(events) = &experiment.events {
            simulation.schedule(0, events).map_err(text)?;
        }
        let mut observer = Observer::new(self, scheme.dt_ms);
        simulation.run(experiment.stimuli.duration_ms, &mut observer).map_err(text)?;
        Ok(observer.seen)
    }
}

impl Scheme {
    pub(super) fn config(self) -> SimulationConfig {
        let mut config = SimulationConfig::default();
        (config.dt_ms, config.integration) = (self.dt_ms, self.integration);
        config
    }
}

/// The three runs, the bombardment by the events of the folder of reference data if it has them.
pub(super) fn experiments(neuron: &Neuron, reference: Option<&Path>) -> Outcome<[Experiment; 3]> {
    let dendritic = neuron.model.synapse_count() / 2;
    let bombardment = Protocol::Synaptic.published();
    let recorded = match reference {
        Some(folder) => recorded_events(&folder.join("shai2015_cell1"), dendritic)?,
        None => None,
    };
    let events = match recorded {
        Some(events) => events,
        None => even_events(dendritic, 0, 0..bombardment.duration_ms as usize)?,
    };
    let mut step = Protocol::Step.published();
    if let Some(pulse) = &mut step.soma {
        pulse.amplitude_na = STEP_NA;
    }
    Ok([
        Experiment { name: "synaptic bombardment", stimuli: bombardment, events: Some(events) },
        Experiment { name: "BAC firing", stimuli: Protocol::Bac.published(), events: None },
        Experiment { name: "current step, 0.793 nA", stimuli: step, events: None },
    ])
}

/// In a stretch of time, 14 excitatory and 5 inhibitory events a millisecond, the rates of the published training data, spread evenly over the
/// synapses, differently in each trial.
pub(crate) fn even_events(
    dendritic: usize,
    trial: usize,
    stretch_ms: Range<usize>,
) -> Outcome<EventTrain> {
    let mut events = Vec::new();
    for ms in stretch_ms {
        for k in 0..19 {
            // A stride that is coprime to the 639 of most cells visits every synapse before any again.
            let place = (ms * 19 + k + trial * 7) * 100 % dendritic;
            let synapse = SynapseId::new(if k < 14 { place } else { place + dendritic });
            events.push(SynapticEvent { time_ms: ms as f64, synapse });
        }
    }
    EventTrain::new(events).map_err(text)
}

/// Events that are stored as two columns of int32, compartment and ms, one after the other. None without files, or if they
/// are of another neuron.
fn recorded_events(folder: &Path, dendritic: usize) -> Outcome<Option<EventTrain>> {
    let mut events = Vec::new();
    for (kind, first) in [("excitatory", 0), ("inhibitory", dendritic)] {
        let path: PathBuf = folder.join(format!("syn_{kind}_events.npy"));
        if !path.is_file() {
            return Ok(None);
        }
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let bytes = std::fs::read(&path).map_err(|error| failed(&error))?;
        let file = npyz::NpyFile::new(&bytes[..]).map_err(|error| failed(&error))?;
        let columns: Vec<i32> = file.into_vec().map_err(|error| failed(&error))?;
        let (compartments, times_ms) = columns.split_at(columns.len() / 2);
        for (&compartment, &time_ms) in compartments.iter().zip(times_ms) {
            let compartment = compartment as usize;
            if compartment >= dendritic {
                return Ok(None);
            }
            let synapse = SynapseId::new(first + compartment);
            events.push(SynapticEvent { time_ms: f64::from(time_ms), synapse });
        }
    }
    EventTrain::new(events).map(Some).map_err(text)
}

/// Keeps a [`Trajectory`].
struct Observer {
    soma: CompartmentId,
    distal: CompartmentId,
    steps_per_ms: u64,
    /// Time and somatic voltage of the step before.
    before: Option<(f64, f64)>,
    seen: Trajectory,
}

impl Observer {
    fn new(neuron: &Neuron, dt_ms: f64) -> Self {
        let seen = Trajectory {
            soma_mv: Vec::new(),
            distal_mv: Vec::new(),
            distal_peak_mv: f64::NEG_INFINITY,
            spike_times_ms: Vec::new(),
        };
        let steps_per_ms = (1.0 / dt_ms).round() as u64;
        Self { soma: neuron.soma, distal: neuron.distal, steps_per_ms, before: None, seen }
    }
}

impl StepObserver for Observer {
    fn observe(&mut self, view: &StepView<'_>) {
        let [soma_mv, distal_mv] =
            [self.soma, self.distal].map(|at| view.voltages_mv[at.index() * view.batch_size]);
        let seen = &mut self.seen;
        if view.step.is_multiple_of(self.steps_per_ms) {
            seen.soma_mv.push(soma_mv);
            seen.distal_mv.push(distal_mv);
        }
        seen.distal_peak_mv = seen.distal_peak_mv.max(distal_mv);
        if let Some(before) = self.before {
            seen.spike_times_ms.extend(upward_crossing_ms(before, (view.time_ms, soma_mv)));
        }
        self.before = Some((view.time_ms, soma_mv));
    }
}

/// Where the line between two samples of time and voltage crosses the threshold upwards.
fn upward_crossing_ms(before: (f64, f64), after: (f64, f64)) -> Option<f64> {
    let crosses = before.1 < SPIKE_THRESHOLD_MV && after.1 >= SPIKE_THRESHOLD_MV;
    let share = (SPIKE_THRESHOLD_MV - before.1) / (after.1 - before.1);
    crosses.then_some(before.0 + share * (after.0 - before.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_interpolated() {
        assert_eq!(upward_crossing_ms((1.0, -40.0), (2.0, 40.0)), Some(1.25));
        assert_eq!(upward_crossing_ms((1.0, 40.0), (2.0, -40.0)), None);
        assert_eq!(upward_crossing_ms((1.0, -20.0), (2.0, 40.0)), None);
    }

    /// The default cell rests alike by both methods.
    #[test]
    fn a_run_keeps_whole_milliseconds() {
        let neuron = Neuron::new(None).expect("the default cell has both sites");
        let mut stimuli = Protocol::Rest.published();
        stimuli.duration_ms = 3.0;
        let rest = Experiment { name: "rest", stimuli, events: None };
        for integration in [Integration::ImplicitEuler, Integration::CrankNicolson] {
            let seen = neuron.simulate(&rest, Scheme { integration, dt_ms: 0.1 });
            let seen = seen.expect("rest is stable");
            assert_eq!((seen.soma_mv.len(), seen.distal_mv.len()), (4, 4));
            assert!(seen.spike_times_ms.is_empty() && seen.distal_peak_mv < -40.0);
        }
    }
}
