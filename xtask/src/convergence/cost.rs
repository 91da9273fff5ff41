//! How long a simulated second takes.

use std::sync::Arc;

use apical_biophysics::Simulation;

use super::experiment::{Neuron, Scheme, even_events};
use crate::Outcome;
use crate::timing::{cpu_s, median};
use crate::workspace::text;

/// Processor time per neuron and simulated second, alone and in a batch of [`BATCH_SIZE`], s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) alone_s: f64,
    pub(super) batched_s: f64,
}

/// Trials of the batch: one vector of the widest instructions.
pub(super) const BATCH_SIZE: usize = 8;

/// Times every scheme under synaptic bombardment: all in turn, `rounds` times, so that what slows the machine for a while
/// slows all of them. The median of each. All do equally many steps, so that the clock's grain is the same for all.
pub(super) fn measure(
    neuron: &Neuron,
    schemes: &[Scheme],
    rounds: usize,
    steps: usize,
) -> Outcome<Vec<Cost>> {
    let mut times_s = vec![[const { Vec::new() }; 2]; schemes.len()];
    for round in 1..=rounds {
        eprintln!("timing, round {round} of {rounds}");
        for (scheme, times_s) in schemes.iter().zip(&mut times_s) {
            for (batch_size, times_s) in [1, BATCH_SIZE].into_iter().zip(times_s) {
                let duration_ms = (steps as f64 * scheme.dt_ms).ceil() as usize;
                times_s.push(time_s(neuron, *scheme, batch_size, duration_ms)?);
            }
        }
    }
    Ok(times_s
        .into_iter()
        .map(|[alone, batched]| Cost { alone_s: median(alone), batched_s: median(batched) })
        .collect())
}

/// Processor time of the steps alone, per neuron and simulated second, s.
fn time_s(neuron: &Neuron, scheme: Scheme, batch_size: usize, duration_ms: usize) -> Outcome<f64> {
    let mut config = scheme.config();
    config.batch_size = batch_size;
    let mut simulation = Simulation::new(Arc::clone(&neuron.model), config).map_err(text)?;
    for trial in 0..batch_size {
        let events = even_events(neuron.model.synapse_count() / 2, trial, 0..duration_ms)?;
        simulation.schedule(trial, &events).map_err(text)?;
    }
    let start_s = cpu_s()?;
    simulation.run(duration_ms as f64, &mut ()).map_err(text)?;
    Ok((cpu_s()? - start_s) * 1000.0 / (duration_ms * batch_size) as f64)
}
