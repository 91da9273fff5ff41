use super::state::Snapshot;
use crate::CellModel;

/// Scratch arrays of a step: nothing here survives it.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    // [nodes × batch]
    pub(super) calcium_reversal_mv: Vec<f64>,
    pub(super) current_na: Vec<f64>,
    pub(super) conductance_us: Vec<f64>,
    pub(super) calcium_current_na: Vec<f64>,
    pub(super) diagonal_us: Vec<f64>,
    /// Right-hand side of the cable equation before the solution, change of voltage after it.
    pub(super) delta_mv: Vec<f64>,
    // [compartments × batch]
    pub(super) voltages_mv: Vec<f64>,
    pub(super) membrane_currents_na: Vec<f64>,
}

impl Workspace {
    pub(super) fn new(model: &CellModel, batch_size: usize) -> Self {
        let nodes = vec![0.0; model.cable().node_count() * batch_size];
        let compartments = vec![0.0; model.tree().len() * batch_size];
        Self {
            calcium_reversal_mv: nodes.clone(),
            current_na: nodes.clone(),
            conductance_us: nodes.clone(),
            calcium_current_na: nodes.clone(),
            diagonal_us: nodes.clone(),
            delta_mv: nodes,
            voltages_mv: compartments.clone(),
            membrane_currents_na: compartments,
        }
    }

    pub(super) fn gather_voltages(&mut self, model: &CellModel, state: &Snapshot) {
        let batch_size = state.pending.len();
        for (row, &node) in
            self.voltages_mv.chunks_exact_mut(batch_size).zip(model.axial_tree().nodes())
        {
            row.copy_from_slice(&state.v_mv[node * batch_size..(node + 1) * batch_size]);
        }
    }

    /// Transmembrane currents of the step just done, from the balance: capacitive, ionic and synaptic.
    /// Before the first step, where there is no balance yet, the axial currents.
    pub(super) fn membrane_currents(&mut self, model: &CellModel, state: &Snapshot, dt_ms: f64) {
        let batch_size = state.pending.len();
        if state.step == 0 {
            // No step has used the right-hand side yet.
            self.delta_mv.fill(0.0);
            model.cable().add_axial_currents(batch_size, &state.v_mv, &mut self.delta_mv);
        }
        let rows = self.membrane_currents_na.chunks_exact_mut(batch_size);
        for (row, &node) in rows.zip(model.axial_tree().nodes()) {
            let capacitance = model.cable().capacitance_nf()[node] / dt_ms;
            for (trial, value) in row.iter_mut().enumerate() {
                let at = node * batch_size + trial;
                let delta = self.delta_mv[at];
                *value = if state.step == 0 {
                    delta
                } else {
                    self.current_na[at] + (capacitance + self.conductance_us[at]) * delta
                };
            }
        }
    }
}
