use fearless_simd::Simd;

use crate::CalciumPool;
use crate::mechanism::{Mechanism, Membrane, Stage};
use crate::simd::{Inputs, Instances, Kernel, sweep};

/// Calcium pools of one kind on some compartments. The concentration lives in the membrane, where gates read it.
#[derive(Debug)]
pub(crate) struct CalciumDynamics {
    pool: CalciumPool,
    instances: Instances,
    /// Change of the steady concentration with the calcium current, mM/nA.
    gain_mm_per_na: Vec<f64>,
}

/// mA/cm² per nA/µm².
const DENSITY: f64 = 100.0;

impl CalciumDynamics {
    /// Pools on these compartments, each with its area.
    pub(crate) fn new(pool: CalciumPool, on: &[(usize, f64)]) -> Self {
        let gain = |area_um2: f64| {
            pool.steady_state_millimolar(DENSITY / area_um2) - pool.minimum_millimolar
        };
        Self {
            pool,
            instances: Instances::new(on.iter().map(|&(compartment, _)| compartment)),
            gain_mm_per_na: on.iter().map(|&(_, area_um2)| gain(area_um2)).collect(),
        }
    }
}

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

    /// The concentration starts where it does everywhere.
    fn initialize(&self, _membrane: &mut Membrane<'_>, _state: &mut [f64]) {}

    fn step(&self, dt_ms: f64, membrane: &mut Membrane<'_>, _state: &mut [f64]) {
        membrane.instruction_set.run(Relax { dynamics: self, dt_ms, membrane });
    }
}

struct Relax<'a, 'm> {
    dynamics: &'a CalciumDynamics,
    dt_ms: f64,
    membrane: &'a mut Membrane<'m>,
}

impl Kernel for Relax<'_, '_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { dynamics, dt_ms, membrane } = self;
        let relaxation = dynamics.pool.relaxation(dt_ms);
        sweep(
            simd,
            &dynamics.instances,
            membrane.batch_size,
            Inputs {
                constants: [&dynamics.gain_mm_per_na],
                compartments: [membrane.last_calcium_current_na],
            },
            [],
            [membrane.calcium_millimolar],
            #[inline(always)]
            |[gain], [current], [], [calcium_millimolar]| {
                let steady_millimolar = gain * current + dynamics.pool.minimum_millimolar;
                ([], [calcium_millimolar + (steady_millimolar - calcium_millimolar) * relaxation])
            },
        );
    }
}
