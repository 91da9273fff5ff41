use std::sync::Arc;

use apical_core::TrialSource;
use apical_dataset::store::Store;
use apical_eval::{Columns, CompartmentErrors, RegionError};
use apical_surrogate::{Frame, Losses, Network, Residual, SeenVoltages, Trainer, TrialBatch};
use serde::Serialize;

use super::batches::whole_trial;
use crate::ApicalError;

/// How well a network predicts some trials, beside what it is to be compared with, at the same times.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The trials.
    pub trials: Vec<usize>,
    /// Milliseconds between the times that were predicted.
    pub stride_ms: usize,
    /// The network first.
    pub rows: Vec<ReportRow>,
    /// Cross-entropy of spikes, nats; none if they are no task.
    pub spike_loss: Option<f64>,
}

/// Errors of one way to predict.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ReportRow {
    /// `network`, `persistence`, or `linear step`: the network's residual path alone.
    pub name: &'static str,
    /// Errors by region.
    pub regions: Vec<RegionError>,
}

/// Errors by region one step ahead, of the network and of what it adds to, on whole trials: every `stride_ms` after the
/// first `context_ms` of each.
///
/// # Errors
///
/// Where a trial cannot be read or is of another neuron.
pub fn report(
    network: &Network,
    store: &Arc<Store>,
    trials: &[usize],
    context_ms: usize,
    stride_ms: usize,
) -> Result<Report, ApicalError> {
    let persistence = persistence(network.frame());
    let mut errors: Vec<(&'static str, CompartmentErrors)> = Vec::new();
    let columns = network.frame().residual_scale.len();
    let (mut spike_sum, mut spike_count) = (0.0, 0.0);
    for &trial in trials {
        let batch = read(store, trial)?;
        let places = places(&batch, context_ms, stride_ms);
        let truth = truth(network.frame(), &batch, &places);
        let mut add = |name: &'static str, predicted: &[f32]| {
            let known = errors.iter().position(|(known, _)| *known == name);
            let place = known.unwrap_or_else(|| {
                errors.push((name, CompartmentErrors::new(columns)));
                errors.len() - 1
            });
            errors[place].1.add(trial, predicted, &truth)
        };
        let framed = network.frame().of(&batch)?;
        let outputs = network.outputs(&framed, &places)?;
        let (voltages, logits) = network.split(&outputs);
        add("network", &framed.voltages_mv(&voltages, &places))?;
        let nothing = vec![0.0; voltages.len()];
        if let Some(frame) = &persistence {
            add("persistence", &frame.of(&batch)?.voltages_mv(&nothing, &places))?;
        }
        if matches!(network.frame().residual, Residual::Linear(_)) {
            add("linear step", &framed.voltages_mv(&nothing, &places))?;
        }
        if let Some(logits) = logits {
            use apical_eval::{Loss, LossWeights, SpikeCrossEntropy};
            let even = LossWeights::even(1);
            let logits = framed.spike_logits(&logits, &places);
            let loss = SpikeCrossEntropy.value(&logits, &framed.spikes(&places), even)?;
            spike_sum += loss * places.len() as f64;
            spike_count += places.len() as f64;
        }
    }
    let rows = errors.iter().map(|(name, errors)| {
        Ok(ReportRow { name, regions: by_region(network.frame(), store, errors)? })
    });
    Ok(Report {
        trials: trials.to_vec(),
        stride_ms,
        rows: rows.collect::<Result<_, ApicalError>>()?,
        spike_loss: (spike_count > 0.0).then(|| spike_sum / spike_count),
    })
}

/// Losses and errors by region of some trials, all of which count the same.
pub(super) fn validate(
    trainer: &Trainer,
    network: &Network,
    store: &Arc<Store>,
    trials: &[usize],
    [context_ms, stride_ms]: [usize; 2],
) -> Result<(Losses, Vec<RegionError>), ApicalError> {
    let mut errors = CompartmentErrors::new(network.frame().residual_scale.len());
    let mut sum: Option<Losses> = None;
    for &trial in trials {
        let batch = read(store, trial)?;
        let places = places(&batch, context_ms, stride_ms);
        let framed = network.frame().of(&batch)?;
        let outputs = network.outputs(&framed, &places)?;
        let losses = trainer.losses(network, &framed, &places, &outputs)?;
        let predicted = framed.voltages_mv(&network.split(&outputs).0, &places);
        errors.add(trial, &predicted, &truth(network.frame(), &batch, &places))?;
        sum = Some(match sum {
            None => losses,
            Some(sum) => sum.plus(&losses),
        });
    }
    let losses = sum.unwrap_or_default().times(1.0 / trials.len().max(1) as f64);
    Ok((losses, by_region(network.frame(), store, &errors)?))
}

fn by_region(
    frame: &Frame,
    store: &Store,
    errors: &CompartmentErrors,
) -> Result<Vec<RegionError>, ApicalError> {
    let table = &store.layout().compartments;
    let columns = Columns::new(table.len(), frame.tasks.compartments())?;
    Ok(errors.by_region(&columns.table(table)?, &columns.of(&frame.mean_mv))?)
}

/// The frame of v(k + 1) = v(k), where past voltages are given.
fn persistence(frame: &Frame) -> Option<Frame> {
    (frame.inputs.voltages == SeenVoltages::Past).then(|| {
        let mut frame = frame.clone();
        frame.residual = Residual::Persistence;
        frame
    })
}

fn read(store: &Arc<Store>, trial: usize) -> Result<TrialBatch, ApicalError> {
    Ok(whole_trial(store.layout(), &*store.trial(trial)?))
}

fn places(batch: &TrialBatch, context_ms: usize, stride_ms: usize) -> Vec<(usize, usize)> {
    (context_ms..batch.bins).step_by(stride_ms.max(1)).map(|bin| (0, bin)).collect()
}

/// The true voltages at the ends of bins, mV, `[places × voltage tasks]`.
fn truth(frame: &Frame, batch: &TrialBatch, places: &[(usize, usize)]) -> Vec<f32> {
    let columns = frame.mean_mv.len();
    let compartments = frame.tasks.compartments();
    let rows = places.iter().map(|&(_, bin)| &batch.voltage_mv[(bin + 1) * columns..][..columns]);
    rows.flat_map(|row| compartments.iter().map(|id| row[id.index()])).collect()
}
