use std::sync::Arc;

use apical_core::{BinnedEvents, CoreError, Trial, TrialLayout};
use apical_dataset::Batch;
use apical_surrogate::TrialBatch;

/// What a loader has assembled, for a network.
///
/// # Errors
///
/// [`CoreError::EventOffsets`] for a batch that was changed.
pub fn stretch_of(batch: Batch) -> Result<TrialBatch, CoreError> {
    let samples = batch.windows.len();
    let bins = (batch.event_offsets.len() - 1) / samples.max(1);
    Ok(TrialBatch {
        samples,
        bins,
        events: Arc::new(BinnedEvents::new(batch.event_offsets, batch.event_synapses)?),
        voltage_mv: batch.voltages,
        injected_na: batch.injected_na,
        spikes: batch.spikes,
        weights: batch.windows.iter().map(|window| window.weight).collect(),
    })
}

/// A whole trial, for a network.
#[must_use]
pub fn whole_trial(layout: &TrialLayout, trial: &Trial) -> TrialBatch {
    let bins = trial.bins();
    let mut spikes = vec![0.0; bins];
    for &ms in &trial.marks.spikes_ms {
        // a spike at k + 1 ms is one of bin k
        if let Some(spike) = spikes.get_mut((ms.ceil() as usize).saturating_sub(1)) {
            *spike = 1.0;
        }
    }
    debug_assert_eq!(trial.voltage_mv.len(), (bins + 1) * layout.compartments.len());
    TrialBatch {
        samples: 1,
        bins,
        events: Arc::new(trial.events.clone()),
        voltage_mv: trial.voltage_mv.clone(),
        injected_na: trial.injected_na.clone(),
        spikes,
        weights: vec![1.0],
    }
}
