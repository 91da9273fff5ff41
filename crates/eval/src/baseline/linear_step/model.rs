use std::sync::Arc;

use apical_core::{CompartmentTable, CoreError, NeuronModel, SynapseId, TrialInput, TrialLayout};
use serde::{Deserialize, Serialize};

use super::{LinearInput, LinearStep};
use crate::EvalError;
use crate::baseline::StepPredictor;
use crate::error::{check_shape, check_values};

/// A batch of neurons that step by a [`LinearStep`], each prediction from the one before.
///
/// The compartments of its [table](NeuronModel::compartment_table) are those that the step predicts, numbered from 0. From
/// the same voltages and input it gives the same bits as [`LinearStep::free_run`] (once rounded to f32), in any batch.
#[derive(Clone, Debug)]
pub struct LinearStepModel {
    step: Arc<LinearStep>,
    table: CompartmentTable,
    batch_size: usize,
    initial: LinearSnapshot,
    state: LinearSnapshot,
    voltages_mv: Vec<f64>,
    currents_na: Vec<f32>,
    events: Vec<SynapseId>,
    change: Vec<f32>,
}

/// The state of a [`LinearStepModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearSnapshot {
    milliseconds: u64,
    /// Standard deviations, `[B × C]`, the compartment's index fastest.
    voltages: Vec<f32>,
    /// Events of the last bin, `[B]`.
    events: Vec<Vec<SynapseId>>,
}

impl LinearStepModel {
    /// B neurons of a layout that start from `voltages_mv`, `[C × B]`, the neuron's index fastest, without events before.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] for another number of voltages, or a layout of another number of compartments;
    /// [`EvalError::Value`] for a voltage that is not finite.
    pub fn new(
        step: Arc<LinearStep>,
        layout: &TrialLayout,
        batch_size: usize,
        voltages_mv: Vec<f64>,
    ) -> Result<Self, EvalError> {
        let columns = step.columns();
        let table = columns.table(&layout.compartments)?;
        let what = "voltages [compartments × batch]";
        check_shape(what, columns.len() * batch_size, voltages_mv.len())?;
        check_values(what, voltages_mv.iter().copied(), "finite", f64::is_finite)?;
        let places = (0..batch_size).flat_map(|trial| (0..columns.len()).map(move |k| (trial, k)));
        let voltages =
            places.map(|(trial, k)| step.standardize(k, voltages_mv[k * batch_size + trial]));
        let initial = LinearSnapshot {
            milliseconds: 0,
            voltages: voltages.collect(),
            events: vec![Vec::new(); batch_size],
        };
        let mut model = Self {
            table,
            batch_size,
            state: initial.clone(),
            initial,
            voltages_mv,
            currents_na: vec![0.0; step.injection_sites().len()],
            events: Vec::new(),
            change: Vec::new(),
            step,
        };
        model.show();
        Ok(model)
    }

    /// Voltages in mV from the state.
    fn show(&mut self) {
        for (trial, z) in self.state.voltages.chunks_exact(self.step.columns().len()).enumerate() {
            for (k, v_mv) in self.step.voltages_mv(z).enumerate() {
                self.voltages_mv[k * self.batch_size + trial] = v_mv;
            }
        }
    }

    /// The site of a current into a compartment of the table.
    fn site(&self, compartment: apical_core::CompartmentId) -> Result<usize, EvalError> {
        let layout_id = self.step.columns().compartments().get(compartment.index());
        let sites = self.step.injection_sites();
        layout_id
            .and_then(|id| sites.iter().position(|site| site == id))
            .ok_or(EvalError::NoInjectionSite { compartment })
    }

    fn check_input(&self, input: &[TrialInput<'_>]) -> Result<(), EvalError> {
        check_shape("trial inputs", self.batch_size, input.len())?;
        let synapses = self.step.synapse_count();
        for input in input {
            let mut ids = input.events.iter().map(|event| event.synapse);
            if let Some(synapse) = ids.find(|id| id.index() >= synapses) {
                return Err(CoreError::Synapse { synapse, synapses }.into());
            }
            for current in input.injected {
                self.site(current.compartment)?;
            }
            let currents_na = input.injected.iter().map(|current| current.current_na);
            check_values("injected currents, nA", currents_na, "finite", f64::is_finite)?;
        }
        Ok(())
    }
}

impl NeuronModel for LinearStepModel {
    type Error = EvalError;
    type Snapshot = LinearSnapshot;

    fn compartment_table(&self) -> &CompartmentTable {
        &self.table
    }

    fn batch_size(&self) -> usize {
        self.batch_size
    }

    fn synapse_count(&self) -> usize {
        self.step.synapse_count()
    }

    fn time_ms(&self) -> f64 {
        self.state.milliseconds as f64
    }

    fn voltages_mv(&self) -> &[f64] {
        &self.voltages_mv
    }

    fn reset(&mut self) -> Result<(), EvalError> {
        self.state.clone_from(&self.initial);
        self.show();
        Ok(())
    }

    /// Where several currents flow into one compartment, their sum does.
    fn advance(&mut self, input: &[TrialInput<'_>]) -> Result<(), EvalError> {
        self.check_input(input)?;
        let columns = self.step.columns().len();
        for (trial, input) in input.iter().enumerate() {
            self.currents_na.fill(0.0);
            for current in input.injected {
                let site = self.site(current.compartment)?;
                self.currents_na[site] += current.current_na as f32;
            }
            self.events.clear();
            self.events.extend(input.events.iter().map(|event| event.synapse));
            let before = &mut self.state.events[trial];
            let step_input = LinearInput {
                events: &self.events,
                events_before: before,
                currents_na: &self.currents_na,
            };
            let z = &mut self.state.voltages[trial * columns..][..columns];
            self.step.advance(z, &[step_input], &mut self.change);
            std::mem::swap(before, &mut self.events);
        }
        self.state.milliseconds += 1;
        self.show();
        Ok(())
    }

    fn snapshot(&self) -> LinearSnapshot {
        self.state.clone()
    }

    /// # Errors
    ///
    /// [`CoreError::Shape`] for a snapshot of another model or batch size, [`CoreError::Synapse`] for one of events that this
    /// one's synapses do not receive.
    fn restore(&mut self, snapshot: &LinearSnapshot) -> Result<(), EvalError> {
        check_shape("neurons of the snapshot", self.batch_size, snapshot.events.len())?;
        let voltages = self.state.voltages.len();
        check_shape("voltages of the snapshot", voltages, snapshot.voltages.len())?;
        let synapses = self.step.synapse_count();
        if let Some(&synapse) = snapshot.events.iter().flatten().find(|id| id.index() >= synapses) {
            return Err(CoreError::Synapse { synapse, synapses }.into());
        }
        self.state.clone_from(snapshot);
        self.show();
        Ok(())
    }
}
