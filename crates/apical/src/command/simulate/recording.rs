use std::sync::Arc;
use std::time::Instant;

use apical::ApicalError;
use apical::biophysics::{BiophysicsError, CellModel, Simulation, SpikeDetector, TraceRecorder};
use apical::core::{CompartmentId, Traces, Unit};
use apical::figure::{cell_and_traces, depth_selection};
use apical::generation::SPIKE_THRESHOLD_MV;
use apical::output::{Dtype, RunDirectory};

use super::plan::Plan;
use super::progress::Progress;

/// Compartments of the figure from the farthest tip towards the soma.
const FIGURE_DEPTHS: usize = 5;

const CURRENTS: &str = "membrane_current_na.npy";

/// What was recorded of a run.
pub(super) struct Recording {
    pub(super) model: Arc<CellModel>,
    pub(super) wall_time_s: f64,
    pub(super) spikes_ms: Vec<f64>,
    /// Every compartment, every millisecond.
    voltage: Traces,
    current: Option<Traces>,
    /// Every step.
    soma: Traces,
    /// Every step; rows are `shown`.
    figure: Traces,
    shown: Vec<CompartmentId>,
}

impl Recording {
    /// Runs the simulation.
    pub(super) fn of(
        plan: &Plan,
        mut simulation: Simulation,
        soma: CompartmentId,
        quiet: bool,
    ) -> Result<Self, BiophysicsError> {
        let model = Arc::clone(simulation.model());
        let all: Vec<CompartmentId> = model.tree().iter().map(|(id, _)| id).collect();
        let shown = depth_selection(model.tree(), FIGURE_DEPTHS);
        let mut every_ms = TraceRecorder::new(Unit::Millivolt, &all, plan.steps_per_ms);
        let mut currents =
            plan.currents.then(|| TraceRecorder::new(Unit::Nanoampere, &all, plan.steps_per_ms));
        let mut at_soma = TraceRecorder::every_step(&[soma]);
        let mut at_shown = TraceRecorder::every_step(&shown);
        let mut spikes = SpikeDetector::new(soma, SPIKE_THRESHOLD_MV);
        let mut progress = Progress::new(plan.grid.steps(), plan.steps_per_ms, quiet);
        let traces = ((&mut every_ms, &mut currents), (&mut at_soma, &mut at_shown));
        let started = Instant::now();
        simulation.run(plan.stimuli.duration_ms, &mut (traces, (&mut spikes, &mut progress)))?;
        let wall_time_s = started.elapsed().as_secs_f64();
        progress.clear();
        Ok(Self {
            model,
            wall_time_s,
            spikes_ms: spikes.times_ms(0).to_vec(),
            voltage: every_ms.trial(0),
            current: currents.map(|currents| currents.trial(0)),
            soma: at_soma.trial(0),
            figure: at_shown.trial(0),
            shown,
        })
    }

    /// Writes arrays and figure.
    pub(super) fn write(
        &self,
        title: &str,
        directory: &mut RunDirectory,
    ) -> Result<(), ApicalError> {
        let shape = [self.voltage.rows() as u64, self.voltage.times_ms().len() as u64];
        directory.write_array(
            "voltage_mv.npy",
            Dtype::Float32,
            &shape,
            self.voltage.values(),
            "membrane potential, mV, of every compartment at t = 0, 1, ... ms",
        )?;
        directory.write_array(
            "soma_mv.npy",
            Dtype::Float64,
            &[self.soma.times_ms().len() as u64],
            self.soma.row(0),
            "membrane potential, mV, of the middle of the soma at every time step from t = 0",
        )?;
        directory.write_array(
            "spikes_ms.npy",
            Dtype::Float64,
            &[self.spikes_ms.len() as u64],
            &self.spikes_ms,
            "times, ms, of somatic spikes",
        )?;
        match &self.current {
            None => directory.remove(CURRENTS)?,
            Some(current) => directory.write_array(
                CURRENTS,
                Dtype::Float64,
                &shape,
                current.values(),
                "transmembrane current, nA, outward positive, of every compartment at t = 0, 1, ... ms",
            )?,
        }
        let figure = cell_and_traces(title, self.model.tree(), &self.shown, &self.figure);
        directory.write_text("traces.svg", &figure)
    }
}
