use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::error::Check;
use crate::{BiophysicsError, CellModel, Simulation, SimulationConfig};

/// Runs trials of one model in batches, on all cores, and returns what `work` makes of each batch, in order.
///
/// Trials are numbered as by [`SimulationConfig::first_trial`], which is set for each batch; `work` is given a new simulation of up to
/// [`SimulationConfig::batch_size`] trials and the numbers of these, schedules their input and runs. No result depends on the
/// number of threads, nor on the size of batches. The threads are those of rayon: its environment variable
/// `RAYON_NUM_THREADS` or a pool of one's own sets how many.
///
/// ```
/// use apical_biophysics::{
///     BiophysicsError, CurrentStep, SimulationConfig, SpikeDetector, preset, run_trials,
/// };
/// use apical_core::CompartmentId;
///
/// let model = preset::hh_cylinder()?.into();
/// let soma = CompartmentId::new(0);
/// let mut config = SimulationConfig::default();
/// config.v_init_mv = -65.0;
/// config.batch_size = 8;
/// // A stronger current in each of 20 trials.
/// let spikes = run_trials(&model, &config, 0..20, |simulation, trials| {
///     for (place, trial) in trials.clone().enumerate() {
///         let amplitude_na = 0.01 * trial as f64;
///         let step = CurrentStep { delay_ms: 0.0, duration_ms: 50.0, amplitude_na };
///         simulation.inject(place, soma, step.build()?)?;
///     }
///     let mut detector = SpikeDetector::new(soma, 0.0);
///     simulation.run(50.0, &mut detector)?;
///     let places = 0..trials.count();
///     Ok::<_, BiophysicsError>(places.map(|place| detector.times_ms(place).len()).collect::<Vec<_>>())
/// })?
/// .concat();
/// assert_eq!(spikes.len(), 20);
/// assert!(spikes[0] == 0 && spikes[19] > 1);
/// # Ok::<(), BiophysicsError>(())
/// ```
///
/// # Errors
///
/// The error of one of the batches that failed; [`BiophysicsError`] if a setting is out of range.
pub fn run_trials<T, E>(
    model: &Arc<CellModel>,
    config: &SimulationConfig,
    trials: Range<u64>,
    work: impl Fn(&mut Simulation, Range<u64>) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E>
where
    T: Send,
    E: Send + From<BiophysicsError>,
{
    Check("trials").positive("batch size", config.batch_size as f64)?;
    let per_batch = config.batch_size as u64;
    let count = (trials.end.saturating_sub(trials.start)).div_ceil(per_batch);
    (0..count)
        .into_par_iter()
        .map(|batch| {
            let first = trials.start + batch * per_batch;
            let batch = first..trials.end.min(first.saturating_add(per_batch));
            let mut config = config.clone();
            config.first_trial = batch.start;
            config.batch_size = (batch.end - batch.start) as usize;
            work(&mut Simulation::new(Arc::clone(model), config)?, batch)
        })
        .collect()
}
