use apical_core::RandomStreams;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Frame, SeenVoltages, TrialBatch};

/// Noise on the past voltages that a network sees in training, while what follows stays true: from a state that is a little
/// wrong it learns to come back. A network that runs freely sees what it has predicted, which is a little wrong.
///
/// (Noise on the input of learnt simulators: Sanchez-Gonzalez et al. 2020, arXiv:2002.09405.) The noise of a compartment is normal
/// and has a memory, as errors that were made before have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct VoltageNoise {
    /// In standard deviations of the compartment's voltage; 0, none, by default.
    pub deviation: f64,
    /// Time in which its correlation falls to 1/e, ms; 10 by default.
    pub time_constant_ms: f64,
}

impl Default for VoltageNoise {
    fn default() -> Self {
        Self { deviation: 0.0, time_constant_ms: 10.0 }
    }
}

impl VoltageNoise {
    /// The voltages that are seen of a batch, mV, shaped as its own; none where they are its own. They follow from the seed and
    /// the step.
    #[must_use]
    pub fn seen(
        &self,
        frame: &Frame,
        batch: &TrialBatch,
        seed: u64,
        step: u64,
    ) -> Option<Vec<f32>> {
        let compartments = frame.deviation_mv.len();
        let length = (batch.bins + 1) * compartments;
        if self.deviation <= 0.0 || frame.inputs.voltages != SeenVoltages::Past || length == 0 {
            return None;
        }
        let kept = (-1.0 / self.time_constant_ms).exp() as f32;
        let fresh = (1.0 - kept * kept).sqrt();
        let deviations: Vec<f32> =
            frame.deviation_mv.iter().map(|mv| (mv * self.deviation) as f32).collect();
        let streams = RandomStreams::new(seed);
        let mut seen = batch.voltage_mv.clone();
        seen.par_chunks_mut(length).enumerate().for_each(|(sample, seen)| {
            let mut rng = streams.stream(&format!("voltage noise/{sample}"), step);
            let mut noise: Vec<f32> = (0..compartments).map(|_| normal(&mut rng)).collect();
            for row in seen.chunks_exact_mut(compartments) {
                for ((v_mv, noise), deviation) in row.iter_mut().zip(&mut noise).zip(&deviations) {
                    *v_mv += deviation * *noise;
                    *noise = kept * *noise + fresh * normal(&mut rng);
                }
            }
        });
        Some(seen)
    }
}

fn normal(rng: &mut impl Rng) -> f32 {
    StandardNormal.sample(rng)
}
