use std::fmt::Debug;
use std::ops::Range;

use candle_core::backprop::GradStore;
use candle_core::{DType, Tensor};

use crate::error::check_parameter;
use crate::{Losses, MultitaskModel, SurrogateError, TrialBatch};

/// Processes that train one network together: each with its part of every batch, all with the sum of gradients.
///
/// All of them start from the same weights, get the same batches and make the same steps; an implementation joins them, with
/// MPI say. Those of a part of a batch add up to those of all, so that any number of processes does what one would
/// do, to rounding (only dropout draws masks for each part).
pub trait Team: Debug {
    /// Which of them this is, from 0.
    fn index(&self) -> usize;

    /// How many there are.
    fn count(&self) -> usize;

    /// Replaces numbers by their sums over all processes, for which it waits.
    fn sum(&self, values: &mut [f32]);

    /// The same of float64.
    fn sum_f64(&self, values: &mut [f64]);
}

/// A process that trains alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alone;

impl Team for Alone {
    fn index(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn sum(&self, _: &mut [f32]) {}

    fn sum_f64(&self, _: &mut [f64]) {}
}

/// What a process has of a batch.
pub(crate) struct Part {
    pub(crate) samples: Range<usize>,
    /// What its samples count among all, of 1.
    pub(crate) share: f64,
}

impl Part {
    pub(crate) fn of(team: &dyn Team, batch: &TrialBatch) -> Result<Self, SurrogateError> {
        let (index, count, samples) = (team.index(), team.count(), batch.samples);
        let expected = "at least the number of processes";
        check_parameter(samples >= count, "batch_size", samples as f64, expected)?;
        if count == 1 {
            return Ok(Self { samples: 0..samples, share: 1.0 });
        }
        let samples = index * samples / count..(index + 1) * samples / count;
        let sum = |weights: &[f32]| weights.iter().map(|&weight| f64::from(weight)).sum::<f64>();
        let share = sum(&batch.weights[samples.clone()]) / sum(&batch.weights);
        Ok(Self { samples, share })
    }

    /// The losses of all parts, from those of this one.
    pub(crate) fn add(&self, team: &dyn Team, losses: Losses) -> Losses {
        if team.count() == 1 {
            return losses;
        }
        let Losses { voltage, spike, total, gradient_norm } = losses;
        let mut sums = [voltage.unwrap_or(0.0), spike.unwrap_or(0.0), total];
        sums.iter_mut().for_each(|loss| *loss *= self.share);
        team.sum_f64(&mut sums);
        let [v, s, total] = sums;
        Losses { voltage: voltage.map(|_| v), spike: spike.map(|_| s), total, gradient_norm }
    }
}

/// Replaces gradients of this process's part by those of all.
pub(crate) fn add_gradients(
    team: &dyn Team,
    model: &dyn MultitaskModel,
    gradients: &mut GradStore,
) -> Result<(), SurrogateError> {
    if team.count() == 1 {
        return Ok(());
    }
    for (_, var) in model.parameters().iter() {
        // every process has to take part in every sum
        let gradient = match gradients.get(var) {
            Some(gradient) => gradient.flatten_all()?,
            None => var.zeros_like()?.flatten_all()?,
        };
        let sum = if gradient.dtype() == DType::F64 {
            let mut values = gradient.to_vec1::<f64>()?;
            team.sum_f64(&mut values);
            Tensor::from_vec(values, var.shape(), var.device())?
        } else {
            let mut values = gradient.to_dtype(DType::F32)?.to_vec1::<f32>()?;
            team.sum(&mut values);
            Tensor::from_vec(values, var.shape(), var.device())?.to_dtype(var.dtype())?
        };
        gradients.insert(var, sum);
    }
    Ok(())
}
