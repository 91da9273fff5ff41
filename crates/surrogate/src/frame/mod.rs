use std::sync::Arc;

use apical_core::{CompartmentId, TrialLayout};
use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{check_parameter, check_shape};
use crate::model::ModelInput;
use crate::{SurrogateError, TaskTable, TrialBatch};

/// What a network adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Residual {
    /// Nothing: voltages themselves are predicted, as published.
    Absolute,
    /// The voltage before: its change within the millisecond is predicted.
    Persistence,
}

/// What a network sees besides synaptic events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SeenInputs {
    /// The voltages that are predicted, a millisecond before.
    pub voltages: bool,
    /// Injected currents.
    pub currents: bool,
}

/// Between a neuron and a network: which numbers are seen and predicted, in which units.
///
/// Voltages are standardized, z = (v − mean) / deviation, for each compartment. The network's output y of a task gives
/// z + scale·y, where z is that of the millisecond before or 0 (see [`Residual`]), and scale the deviation of what is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Frame {
    /// What is predicted.
    pub tasks: TaskTable,
    /// What is seen.
    pub inputs: SeenInputs,
    /// What the network adds to.
    pub residual: Residual,
    /// Number of synapses.
    pub synapses: usize,
    /// Number of sites that currents are injected into.
    pub sites: usize,
    /// Mean of the voltage of every compartment of the layout, mV.
    pub mean_mv: Vec<f64>,
    /// Standard deviation of the same, mV.
    pub deviation_mv: Vec<f64>,
    /// Scale of every voltage task, in standard deviations, in order of tasks.
    pub residual_scale: Vec<f64>,
}

impl Frame {
    /// With all scales 1.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Task`] for a task that the neuron does not have, [`CoreError::Shape`](apical_core::CoreError::Shape) unless there is a mean and
    /// a deviation for every compartment, [`SurrogateError::Parameter`] for a deviation that is not positive, or for
    /// persistence where voltages are not seen.
    pub fn new(
        layout: &TrialLayout,
        tasks: TaskTable,
        inputs: SeenInputs,
        residual: Residual,
        mean_mv: Vec<f64>,
        deviation_mv: Vec<f64>,
    ) -> Result<Self, SurrogateError> {
        tasks.check(layout)?;
        let expected = layout.compartments.len();
        for (what, found) in [("means", mean_mv.len()), ("deviations", deviation_mv.len())] {
            check_shape(what, expected, found)?;
        }
        for &mean in &mean_mv {
            check_parameter(mean.is_finite(), "mean_mv", mean, "finite")?;
        }
        for &deviation in &deviation_mv {
            let holds = deviation > 0.0 && deviation.is_finite();
            check_parameter(holds, "deviation_mv", deviation, "positive and finite")?;
        }
        let holds = residual == Residual::Absolute || inputs.voltages;
        let expected = "true for persistence, which needs voltages";
        check_parameter(holds, "inputs.voltages", 0.0, expected)?;
        Ok(Self {
            residual_scale: vec![1.0; tasks.compartments().len()],
            tasks,
            inputs,
            residual,
            synapses: layout.synapse_count,
            sites: layout.injection_sites.len(),
            mean_mv,
            deviation_mv,
        })
    }

    /// Number of numbers that a network sees besides events.
    #[must_use]
    pub fn numbers(&self) -> usize {
        let voltages = if self.inputs.voltages { self.tasks.compartments().len() } else { 0 };
        voltages + if self.inputs.currents { self.sites } else { 0 }
    }

    /// What a network sees of a batch: events, then voltages, then currents.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for a batch of another neuron.
    pub fn input(
        &self,
        batch: &TrialBatch,
        dtype: DType,
        device: &Device,
    ) -> Result<ModelInput, SurrogateError> {
        batch.check(self.mean_mv.len(), self.sites)?;
        let numbers = self.numbers();
        let dense = if numbers == 0 {
            None
        } else {
            let columns = self.columns();
            let mut dense = vec![0.0_f32; batch.samples * batch.bins * numbers];
            dense.par_chunks_exact_mut(numbers).enumerate().for_each(|(row, dense)| {
                let (sample, bin) = (row / batch.bins, row % batch.bins);
                let (voltages, currents) =
                    dense.split_at_mut(if self.inputs.voltages { columns.len() } else { 0 });
                if self.inputs.voltages {
                    standardize(&columns, batch.voltages_at(sample, bin), voltages);
                }
                if self.inputs.currents {
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
    #[must_use]
    pub fn targets(&self, batch: &TrialBatch, places: &[(usize, usize)]) -> Vec<f32> {
        let columns = self.columns();
        let mut targets = vec![0.0_f32; places.len() * columns.len()];
        let rows = targets.par_chunks_exact_mut(columns.len().max(1)).zip(places);
        rows.for_each(|(targets, &(sample, bin))| {
            standardize(&columns, batch.voltages_at(sample, bin + 1), targets);
            let before = batch.voltages_at(sample, bin);
            for ((target, column), &scale) in
                targets.iter_mut().zip(&columns).zip(&self.residual_scale)
            {
                if self.residual == Residual::Persistence {
                    *target -= column.standardized(before);
                }
                *target /= scale as f32;
            }
        });
        targets
    }

    /// Sets the scales to the standard deviations of what [`targets`](Self::targets) were in units of 1.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] if one does not vary.
    pub fn fit_scale(
        &mut self,
        batch: &TrialBatch,
        places: &[(usize, usize)],
    ) -> Result<(), SurrogateError> {
        self.residual_scale.fill(1.0);
        let targets = self.targets(batch, places);
        let (rows, columns) = (places.len() as f64, self.residual_scale.len());
        for (column, scale) in self.residual_scale.iter_mut().enumerate() {
            let values = || targets.iter().skip(column).step_by(columns).map(|&x| f64::from(x));
            let mean = values().sum::<f64>() / rows;
            let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / rows;
            *scale = variance.sqrt();
            let holds = *scale > 0.0 && scale.is_finite();
            let expected = "positive: a voltage that never changes cannot be learnt";
            check_parameter(holds, "residual_scale", *scale, expected)?;
        }
        Ok(())
    }

    /// The voltages that outputs `[places × voltage tasks]` mean, mV, the same shape; `before_mv` those of all compartments
    /// a millisecond before each place.
    pub fn voltages_mv<'a>(
        &self,
        outputs: &[f32],
        before_mv: impl IntoIterator<Item = &'a [f32]>,
    ) -> Vec<f32> {
        let columns = self.columns();
        let mut voltages = Vec::with_capacity(outputs.len());
        for (outputs, before) in outputs.chunks_exact(columns.len().max(1)).zip(before_mv) {
            let tasks = outputs.iter().zip(&columns).zip(&self.residual_scale);
            voltages.extend(tasks.map(|((&output, column), &scale)| {
                let from = match self.residual {
                    Residual::Absolute => column.mean_mv,
                    Residual::Persistence => before[column.compartment.index()],
                };
                from + output * scale as f32 * column.deviation_mv
            }));
        }
        voltages
    }

    fn columns(&self) -> Vec<Column> {
        let column = |compartment: CompartmentId| Column {
            compartment,
            mean_mv: self.mean_mv[compartment.index()] as f32,
            deviation_mv: self.deviation_mv[compartment.index()] as f32,
        };
        self.tasks.compartments().into_iter().map(column).collect()
    }
}

#[derive(Clone, Copy)]
struct Column {
    compartment: CompartmentId,
    mean_mv: f32,
    deviation_mv: f32,
}

impl Column {
    fn standardized(&self, voltages_mv: &[f32]) -> f32 {
        (voltages_mv[self.compartment.index()] - self.mean_mv) / self.deviation_mv
    }
}

fn standardize(columns: &[Column], voltages_mv: &[f32], into: &mut [f32]) {
    for (z, column) in into.iter_mut().zip(columns) {
        *z = column.standardized(voltages_mv);
    }
}
