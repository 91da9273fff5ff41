use crate::CalciumPool;
use crate::mechanism::{Currents, Mechanism, Membrane, Stage};

/// Calcium pools of one kind on some nodes. The concentration lives in the membrane, where gates read it.
#[derive(Debug)]
pub(crate) struct CalciumDynamics {
    pub(crate) pool: CalciumPool,
    pub(crate) initial_mm: f64,
    pub(crate) nodes: Vec<usize>,
    pub(crate) area_um2: Vec<f64>,
}

/// mA/cm² per nA/µm².
const DENSITY: f64 = 100.0;

impl Mechanism for CalciumDynamics {
    fn name(&self) -> &str {
        "CaDynamics_E2"
    }

    fn stage(&self) -> Stage {
        Stage::Concentration
    }

    fn state_len(&self) -> usize {
        0
    }

    fn initialize(&self, membrane: &mut Membrane<'_>, _state: &mut [f64]) {
        for &node in &self.nodes {
            let at = node * membrane.batch_size;
            membrane.calcium_mm[at..at + membrane.batch_size].fill(self.initial_mm);
        }
    }

    fn add_currents(&self, _currents: &mut Currents<'_>, _state: &[f64]) {}

    fn advance(&self, dt_ms: f64, membrane: &mut Membrane<'_>, _state: &mut [f64]) {
        let relaxation = self.pool.relaxation(dt_ms);
        for (&node, area_um2) in self.nodes.iter().zip(&self.area_um2) {
            for at in node * membrane.batch_size..(node + 1) * membrane.batch_size {
                let current_density = membrane.calcium_current_na[at] / area_um2 * DENSITY;
                let calcium_mm = &mut membrane.calcium_mm[at];
                let steady_mm = self.pool.steady_state_mm(current_density);
                *calcium_mm += relaxation * (steady_mm - *calcium_mm);
            }
        }
    }
}
