use std::sync::Arc;

use apical_core::{CompartmentId, CoreError};
use apical_eval::{LinearInput, LinearStep};
use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;

use super::{Column, Frame, Residual, SeenVoltages, standardize};
use crate::model::ModelInput;
use crate::ops::vectorized;
use crate::{SurrogateError, TrialBatch};

/// Rows of voltages that a thread takes a linear step from at a time.
const ROWS_AT_A_TIME: usize = 8;

/// A batch as a network sees it: its input, and what is left to predict once the residual path is taken away.
#[derive(Debug)]
pub struct FramedBatch<'a> {
    frame: &'a Frame,
    batch: &'a TrialBatch,
    /// Past voltages that are seen instead of the true ones, mV.
    seen_mv: Option<Vec<f32>>,
    columns: Vec<Column>,
    /// What a linear step that runs freely says, z, `[samples × (bins + 1) × voltage tasks]`; empty if there is none.
    estimates: Vec<f32>,
}

impl<'a> FramedBatch<'a> {
    pub(super) fn new(
        frame: &'a Frame,
        batch: &'a TrialBatch,
        seen_mv: Option<Vec<f32>>,
    ) -> Result<Self, SurrogateError> {
        batch.check(frame.mean_mv.len(), frame.sites.len())?;
        let synapses = frame.synapses;
        if let Some(&synapse) = batch.events.synapses().iter().find(|id| id.index() >= synapses) {
            return Err(CoreError::Synapse { synapse, synapses }.into());
        }
        let columns = frame.columns();
        let estimates = match frame.free_step() {
            Some(step) => estimates(step, batch, columns.len()),
            None => Vec::new(),
        };
        Ok(Self { frame, batch, seen_mv, columns, estimates })
    }

    /// The past voltages of all compartments that are seen, mV.
    fn seen_at(&self, sample: usize, bin: usize) -> &[f32] {
        let Some(seen_mv) = &self.seen_mv else { return self.batch.voltages_at(sample, bin) };
        let compartments = self.frame.mean_mv.len();
        &seen_mv[(sample * (self.batch.bins + 1) + bin) * compartments..][..compartments]
    }

    /// What the network sees: events, then voltages, then currents.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for it.
    pub fn input(&self, dtype: DType, device: &Device) -> Result<ModelInput, SurrogateError> {
        let Self { frame, batch, columns, .. } = self;
        let numbers = frame.numbers();
        let dense = if numbers == 0 {
            None
        } else {
            let seen = frame.seen_voltages();
            let mut dense = vec![0.0_f32; batch.samples * batch.bins * numbers];
            dense.par_chunks_exact_mut(numbers).enumerate().for_each(|(row, dense)| {
                let (sample, bin) = (row / batch.bins, row % batch.bins);
                let (voltages, currents) = dense.split_at_mut(seen);
                match frame.inputs.voltages {
                    SeenVoltages::None => {}
                    SeenVoltages::Past => {
                        standardize(columns, self.seen_at(sample, bin), voltages);
                    }
                    SeenVoltages::Estimated => {
                        voltages.copy_from_slice(self.estimate(sample, bin));
                    }
                }
                if frame.inputs.currents {
                    currents.copy_from_slice(batch.currents_at(sample, bin));
                }
            });
            let shape = (batch.samples * batch.bins, numbers);
            Some(Tensor::from_vec(dense, shape, device)?.to_dtype(dtype)?)
        };
        ModelInput::new(batch.samples, Arc::clone(&batch.events), dense)
    }

    /// What a network should say at these places (sample, bin): for each voltage task, in units of its scale, what is left
    /// once the residual path is taken away, `[places × voltage tasks]`.
    ///
    /// # Panics
    ///
    /// For a place that is not in the batch.
    #[must_use]
    pub fn targets(&self, places: &[(usize, usize)]) -> Vec<f32> {
        self.targets_beyond(self.path(places), places)
    }

    /// The same where it is known what the residual path says of these places.
    pub(crate) fn targets_beyond(&self, path: Vec<f32>, places: &[(usize, usize)]) -> Vec<f32> {
        let mut targets = path;
        let rows = targets.par_chunks_exact_mut(self.columns.len().max(1)).zip(places);
        rows.for_each(|(targets, &(sample, bin))| {
            let after = self.batch.voltages_at(sample, bin + 1);
            for (target, column) in targets.iter_mut().zip(&self.columns) {
                let z = column.standardized(after[column.compartment.index()]);
                *target = (z - *target) / column.scale;
            }
        });
        targets
    }

    /// 1 where there is a somatic spike in the bin of a place, else 0, `[places]`.
    ///
    /// # Panics
    ///
    /// For a place that is not in the batch.
    #[must_use]
    pub fn spikes(&self, places: &[(usize, usize)]) -> Vec<f32> {
        self.assert_places(places);
        let row = |&(sample, bin): &(usize, usize)| sample * self.batch.bins + bin;
        places.iter().map(|place| self.batch.spikes[row(place)]).collect()
    }

    /// The logits of a spike that outputs of its task at these places mean, `[places]`.
    ///
    /// # Panics
    ///
    /// For a place that is not in the batch, or other than one output a place.
    #[must_use]
    pub fn spike_logits(&self, outputs: &[f32], places: &[(usize, usize)]) -> Vec<f32> {
        assert_eq!(outputs.len(), places.len(), "one output a place");
        let spike = self.frame.spike_path;
        let path = spike.and_then(|_| self.spike_path(&self.path(places)));
        let Some(path) = path else { return outputs.to_vec() };
        outputs.iter().zip(path).map(|(output, path)| output + path).collect()
    }

    /// What logits of a spike add to, where it is known what the residual path says; none where it is nothing.
    pub(crate) fn spike_path(&self, path: &[f32]) -> Option<Vec<f32>> {
        let spike = self.frame.spike_path?;
        let z = self.column_of(spike.compartment, path);
        Some(z.into_iter().map(|z| spike.logit(z)).collect())
    }

    /// What the residual path says of the voltage of a compartment at the end of bins, z, `[places]`; nothing of one that is no
    /// task.
    pub(super) fn path_of(
        &self,
        compartment: CompartmentId,
        places: &[(usize, usize)],
    ) -> Vec<f32> {
        self.column_of(compartment, &self.path(places))
    }

    /// Of what the residual path says, what it says of a compartment.
    fn column_of(&self, compartment: CompartmentId, path: &[f32]) -> Vec<f32> {
        let column = self.columns.iter().position(|column| column.compartment == compartment);
        let Some(column) = column else { return Vec::new() };
        path.iter().skip(column).step_by(self.columns.len()).copied().collect()
    }

    /// The voltages that outputs `[places × voltage tasks]` at these places mean, mV, the same shape.
    ///
    /// # Panics
    ///
    /// For a place that is not in the batch, or outputs of another shape.
    #[must_use]
    pub fn voltages_mv(&self, outputs: &[f32], places: &[(usize, usize)]) -> Vec<f32> {
        assert_eq!(outputs.len(), places.len() * self.columns.len(), "[places × voltage tasks]");
        let mut voltages = self.path(places);
        let rows = voltages.chunks_exact_mut(self.columns.len().max(1));
        for (voltages, outputs) in rows.zip(outputs.chunks_exact(self.columns.len().max(1))) {
            for ((voltage, &output), column) in voltages.iter_mut().zip(outputs).zip(&self.columns)
            {
                *voltage = column.voltage_mv(*voltage + output * column.scale);
            }
        }
        voltages
    }

    /// What the residual path says of the end of bins, z, `[places × voltage tasks]`.
    pub(crate) fn path(&self, places: &[(usize, usize)]) -> Vec<f32> {
        self.assert_places(places);
        let columns = self.columns.len().max(1);
        let mut path = vec![0.0_f32; places.len() * self.columns.len()];
        let rows = path.par_chunks_mut(ROWS_AT_A_TIME * columns);
        rows.zip(places.par_chunks(ROWS_AT_A_TIME)).for_each(|(rows, places)| {
            if self.estimates.is_empty() && self.frame.residual == Residual::Absolute {
                return;
            }
            for (row, &(sample, bin)) in rows.chunks_exact_mut(columns).zip(places) {
                if self.estimates.is_empty() {
                    standardize(&self.columns, self.seen_at(sample, bin), row);
                } else {
                    row.copy_from_slice(self.estimate(sample, bin + 1));
                }
            }
            if let (Residual::Linear(step), true) =
                (&self.frame.residual, self.estimates.is_empty())
            {
                let inputs: Vec<_> = places
                    .iter()
                    .map(|&(sample, bin)| linear_input(self.batch, sample, bin))
                    .collect();
                advance(step, rows, &inputs, &mut Vec::new());
            }
        });
        path
    }

    /// A place beyond the end of a sample would be one of the next.
    fn assert_places(&self, places: &[(usize, usize)]) {
        let TrialBatch { samples, bins, .. } = *self.batch;
        let wrong = places.iter().find(|&&(sample, bin)| sample >= samples || bin >= bins);
        assert!(wrong.is_none(), "{wrong:?}: a batch of {samples} samples of {bins} ms");
    }

    /// z at `ms` after a sample's start.
    fn estimate(&self, sample: usize, ms: usize) -> &[f32] {
        let columns = self.columns.len();
        &self.estimates[(sample * (self.batch.bins + 1) + ms) * columns..][..columns]
    }
}

/// [`LinearStep::advance`] with the best instructions that there are.
pub(crate) fn advance(
    step: &LinearStep,
    z: &mut [f32],
    inputs: &[LinearInput<'_>],
    change: &mut Vec<f32>,
) {
    vectorized(
        #[inline(always)]
        || step.advance(z, inputs, change),
    );
}

fn linear_input(batch: &TrialBatch, sample: usize, bin: usize) -> LinearInput<'_> {
    let row = sample * batch.bins + bin;
    LinearInput {
        events: batch.events.bin(row),
        events_before: if bin == 0 { &[] } else { batch.events.bin(row - 1) },
        currents_na: batch.currents_at(sample, bin),
    }
}

/// A linear step that runs freely from the mean voltage on: `[samples × (bins + 1) × columns]`.
fn estimates(step: &LinearStep, batch: &TrialBatch, columns: usize) -> Vec<f32> {
    let length = (batch.bins + 1) * columns;
    let mut estimates = vec![0.0_f32; batch.samples * length];
    if length == 0 {
        return estimates;
    }
    // the samples of a thread side by side, so that weights are read once for all of them
    let together = batch.samples.div_ceil(rayon::current_num_threads()).max(1);
    estimates.par_chunks_mut(together * length).enumerate().for_each(|(part, estimates)| {
        let samples = estimates.len() / length;
        let mut z = vec![0.0; samples * columns];
        let mut change = Vec::new();
        for bin in 0..batch.bins {
            let inputs: Vec<_> =
                (0..samples).map(|k| linear_input(batch, part * together + k, bin)).collect();
            advance(step, &mut z, &inputs, &mut change);
            for (k, z) in z.chunks_exact(columns).enumerate() {
                estimates[k * length + (bin + 1) * columns..][..columns].copy_from_slice(z);
            }
        }
    });
    estimates
}
