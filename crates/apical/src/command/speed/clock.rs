use std::time::Instant;

use apical::ApicalError;
use apical::biophysics::Simulation;
use apical::core::{NeuronModel, Trial};
use apical::eval::Rollout;
use apical::surrogate::Predictor;
use rayon::prelude::*;

/// A model that can go through trials again and again.
pub(super) enum Timed {
    /// A part of the trials each.
    Simulations { rollout: Rollout, simulations: Vec<Simulation>, of_each: usize },
    /// All of them.
    Predictor { rollout: Rollout, predictor: Box<Predictor> },
}

impl Timed {
    /// Goes through all trials from its first state.
    pub(super) fn pass(&mut self, trials: &[Trial]) -> Result<(), ApicalError> {
        match self {
            Self::Simulations { rollout, simulations, of_each } => {
                let parts = simulations.par_iter_mut().zip(trials.par_chunks(*of_each));
                parts.try_for_each(|(simulation, trials)| {
                    simulation.reset();
                    let trials: Vec<&Trial> = trials.iter().collect();
                    rollout.run(simulation, &trials, |_, _| Ok(()))?;
                    Ok(())
                })
            }
            Self::Predictor { rollout, predictor } => {
                predictor.reset()?;
                let trials: Vec<&Trial> = trials.iter().collect();
                rollout.run(&mut **predictor, &trials, |_, _| Ok(()))?;
                Ok(())
            }
        }
    }
}

/// Milliseconds that a pass takes, mean over so many seconds.
pub(super) fn ms_per_pass(
    seconds: f64,
    mut pass: impl FnMut() -> Result<(), ApicalError>,
) -> Result<f64, ApicalError> {
    let started = Instant::now();
    for passes in 1_u32.. {
        pass()?;
        let taken_s = started.elapsed().as_secs_f64();
        if taken_s >= seconds {
            return Ok(1e3 * taken_s / f64::from(passes));
        }
    }
    Ok(f64::NAN)
}

/// The middle of some numbers; none of nothing.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[middle]),
        _ => Some(0.5 * (sorted[middle - 1] + sorted[middle])),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    /// A pass of 5 ms takes no less; how much more depends on what else runs.
    #[test]
    fn passes_take_their_time() {
        let mut passes = 0;
        let per_pass = ms_per_pass(0.02, || {
            passes += 1;
            std::thread::sleep(Duration::from_millis(5));
            Ok(())
        });
        assert!(per_pass.unwrap() >= 5.0);
        assert!((1..=4).contains(&passes), "{passes}");
    }
}
