use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use fearless_simd::{Level, Simd, SimdBase, SimdFloat, dispatch, f32x16};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::SurrogateError;
use crate::model::Outputs;
use crate::ops::{Activation, Stored, dots};

/// Weights of towers that a thread goes through before it takes other rows: they stay in its caches.
const WEIGHTS_AT_A_TIME: usize = 1 << 18;
/// Rows for which towers of several tasks are computed before others.
const ROWS_AT_A_TIME: usize = 64;
/// The widest vectors are of so many numbers.
const WIDEST: usize = 16;

/// Numbers that the first layer of towers, and that of gates, are computed with in inference. All else is in float32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    Float32,
    /// 16-bit whole numbers with a scale for each unit: about 13 bits of a weight and 12 of what it sees. Half the memory
    /// to read and half the instructions; outputs change by about 1e-4 of their spread.
    Fixed16,
}

/// The second part of a network with the weights that it had when it was asked for them, laid out to be read once and in
/// order: for inference on the processor. All layers of a task follow each other while their numbers are in the cache.
#[derive(Clone, Debug)]
pub struct Decoder {
    folded: Folded,
}

#[derive(Clone, Debug)]
enum Folded {
    Float32(Arc<Parts<f32>>),
    Fixed16(Arc<Parts<i16>>),
}

/// Weights as they are in float32.
#[derive(Debug)]
pub(crate) struct FoldedTowers {
    /// `[tasks, units, inputs]`.
    pub(crate) first: Tensor,
    /// `[tasks, units]`.
    pub(crate) first_bias: Tensor,
    /// `[tasks, units, units]`, of each unit of the first layer what all of the second see of it.
    pub(crate) second: Tensor,
    /// `[tasks, units]`.
    pub(crate) second_bias: Tensor,
    /// `[tasks, units]`.
    pub(crate) third: Tensor,
    /// `[tasks]`.
    pub(crate) third_bias: Tensor,
}

/// How tasks weigh experts.
#[derive(Debug)]
pub(crate) struct FoldedGates {
    /// `[tasks, experts, inputs]`.
    pub(crate) weight: Tensor,
    /// `[tasks, experts]`, −∞ where a gate is closed.
    pub(crate) bias: Tensor,
    /// `[tasks]`.
    pub(crate) task_bias: Tensor,
    /// `[experts, inputs]`.
    pub(crate) expert_bias: Tensor,
}

impl Decoder {
    /// Whether there is one for numbers of this type on this device.
    pub(crate) fn is_for(dtype: DType, device: &Device) -> bool {
        dtype == DType::F32 && device.is_cpu()
    }

    pub(crate) fn new(
        towers: &FoldedTowers,
        gates: Option<&FoldedGates>,
        precision: Precision,
    ) -> Result<Self, SurrogateError> {
        let folded = match precision {
            Precision::Float32 => Folded::Float32(Parts::new(towers, gates)?.into()),
            Precision::Fixed16 => Folded::Fixed16(Parts::new(towers, gates)?.into()),
        };
        Ok(Self { folded })
    }

    /// The same as [`MultitaskModel::decode`](crate::MultitaskModel::decode), without gradients.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if a shape or the type of numbers does not fit.
    pub fn decode(&self, windows: &Tensor) -> Result<Outputs, SurrogateError> {
        match &self.folded {
            Folded::Float32(parts) => parts.decode(windows),
            Folded::Fixed16(parts) => parts.decode(windows),
        }
    }
}

/// Rows of weights and the scale of each.
#[derive(Debug)]
struct Weights<T> {
    rows: Vec<T>,
    scales: Vec<f32>,
}

impl<T: Stored> Weights<T> {
    fn new(rows: &Tensor) -> Result<Self, SurrogateError> {
        let inputs = rows.dims3()?.2;
        let values = numbers(rows)?;
        let (mut rows, mut scales) = (Vec::with_capacity(values.len()), Vec::new());
        for row in values.chunks_exact(inputs) {
            let scale = T::scale_of_weights(row);
            rows.extend(row.iter().map(|&x| T::store(x, scale.recip())));
            scales.push(scale);
        }
        Ok(Self { rows, scales })
    }
}

/// Numbers of a tensor on the processor, in the order of its dimensions.
fn numbers(x: &Tensor) -> Result<Vec<f32>, SurrogateError> {
    Ok(x.flatten_all()?.to_vec1::<f32>()?)
}

/// Both parts in the layout that they are computed in.
#[derive(Debug)]
struct Parts<T> {
    tasks: usize,
    units: usize,
    inputs: usize,
    /// `[tasks, units, inputs]`.
    first: Weights<T>,
    first_bias: Vec<f32>,
    /// Units of the second layer, filled up with zeros to whole vectors.
    outputs: usize,
    /// `[tasks, units, outputs]`.
    second: Vec<f32>,
    /// `[tasks, outputs]`.
    second_bias: Vec<f32>,
    /// `[tasks, outputs]`.
    third: Vec<f32>,
    third_bias: Vec<f32>,
    gates: Option<Gates<T>>,
}

#[derive(Debug)]
struct Gates<T> {
    experts: usize,
    weight: Weights<T>,
    bias: Vec<f32>,
    task_bias: Vec<f32>,
    expert_bias: Vec<f32>,
}

/// What towers see: rows of one scale each.
struct Seen<T> {
    rows: Vec<T>,
    scales: Vec<f32>,
}

impl<T: Stored> Seen<T> {
    fn new(values: &[f32], inputs: usize) -> Self {
        let (mut rows, mut scales) = (Vec::with_capacity(values.len()), Vec::new());
        for row in values.chunks_exact(inputs) {
            let scale = T::scale_of(largest(row));
            rows.extend(row.iter().map(|&x| T::store(x, scale.recip())));
            scales.push(scale);
        }
        Self { rows, scales }
    }
}

/// The largest absolute value; no number if there is none among them.
fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, x| if x.abs() <= most { most } else { x.abs() + 0.0 * most })
}

impl<T: Stored> Parts<T> {
    fn new(towers: &FoldedTowers, gates: Option<&FoldedGates>) -> Result<Self, SurrogateError> {
        let (tasks, units, inputs) = towers.first.dims3()?;
        let outputs = units.next_multiple_of(WIDEST);
        let filled = |x: &Tensor| -> Result<Vec<f32>, SurrogateError> {
            numbers(&x.pad_with_zeros(x.rank() - 1, 0, outputs - units)?)
        };
        let gates = match gates {
            None => None,
            Some(gates) => Some(Gates {
                experts: gates.expert_bias.dim(0)?,
                weight: Weights::new(&gates.weight)?,
                bias: numbers(&gates.bias)?,
                task_bias: numbers(&gates.task_bias)?,
                expert_bias: numbers(&gates.expert_bias)?,
            }),
        };
        Ok(Self {
            tasks,
            units,
            inputs,
            first: Weights::new(&towers.first)?,
            first_bias: numbers(&towers.first_bias)?,
            outputs,
            second: filled(&towers.second)?,
            second_bias: filled(&towers.second_bias)?,
            third: filled(&towers.third)?,
            third_bias: numbers(&towers.third_bias)?,
            gates,
        })
    }

    fn decode(&self, windows: &Tensor) -> Result<Outputs, SurrogateError> {
        let Self { tasks, inputs, .. } = *self;
        let of_experts = self.gates.as_ref().map_or(0, |gates| gates.experts);
        let (rows, groups, width) = windows.dims3()?;
        if (groups, width) != (of_experts + 1, inputs) {
            let shape = windows.shape();
            let what =
                format!("windows {shape:?} do not fit {of_experts} experts and {inputs} inputs");
            return Err(candle_core::Error::msg(what).into());
        }
        let windows = numbers(windows)?;
        let (experts, seen) = match &self.gates {
            Some(gates) => gates.split(&windows, inputs),
            None => (Vec::new(), windows),
        };
        let of_rows = experts.chunks_exact((of_experts * inputs).max(1));
        let largest: Vec<f32> = of_rows.map(largest).collect();
        let seen = Seen::new(&seen, inputs);
        // also so that every thread has enough parts
        let at_a_time = WEIGHTS_AT_A_TIME / (self.units * inputs).max(1);
        let at_a_time = at_a_time.min(tasks.div_ceil(4 * rayon::current_num_threads())).max(1);
        // rows of a task side by side
        let mut predictions = vec![0.0; tasks * rows];
        let mut gates = vec![0.0; tasks * rows * of_experts];
        let mut of_parts: Vec<&mut [f32]> =
            gates.chunks_mut((at_a_time * rows * of_experts).max(1)).collect();
        of_parts.resize_with(tasks.div_ceil(at_a_time), Default::default);
        let parts = predictions.par_chunks_mut((at_a_time * rows).max(1)).zip(of_parts);
        let level = Level::new();
        parts.enumerate().for_each(|(part, (predictions, gates))| {
            let (first, experts, largest) = (part * at_a_time, &experts, &largest);
            let of = Part { parts: self, first, rows, experts, largest, seen: &seen };
            dispatch!(level, simd => simd.vectorize(
                #[inline(always)]
                || of.run(simd, predictions, gates)
            ));
        });
        let predictions = transposed(&predictions, tasks, rows, 1);
        let predictions = Tensor::from_vec(predictions, (rows, tasks), &Device::Cpu)?;
        if self.gates.is_none() {
            return Ok(Outputs { predictions, gates: None, experts: None });
        }
        let gates = transposed(&gates, tasks, rows, of_experts);
        let gates = Tensor::from_vec(gates, (rows, tasks, of_experts), &Device::Cpu)?;
        let experts = Tensor::from_vec(experts, (rows, of_experts, inputs), &Device::Cpu)?;
        Ok(Outputs { predictions, gates: Some(gates), experts: Some(experts) })
    }
}

/// `[a, b, inner]` → `[b, a, inner]`.
fn transposed(x: &[f32], a: usize, b: usize, inner: usize) -> Vec<f32> {
    let mut y = Vec::with_capacity(x.len());
    for j in 0..b {
        for i in 0..a {
            y.extend_from_slice(&x[(i * b + j) * inner..][..inner]);
        }
    }
    y
}

/// Some tasks for all rows.
struct Part<'a, T> {
    parts: &'a Parts<T>,
    first: usize,
    rows: usize,
    /// `[rows, experts, inputs]`.
    experts: &'a [f32],
    /// The largest number of any expert, `[rows]`.
    largest: &'a [f32],
    /// What gates look at, or the towers themselves.
    seen: &'a Seen<T>,
}

impl<T: Stored> Part<'_, T> {
    /// Predictions `[tasks, rows]` and gates `[tasks, rows, experts]`.
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, predictions: &mut [f32], gates: &mut [f32]) {
        let parts = self.parts;
        let inputs = parts.inputs;
        let most = ROWS_AT_A_TIME.min(self.rows);
        let of_mixture = if parts.gates.is_some() { most } else { 0 };
        let mut sum = vec![0.0; inputs];
        let mut mixture = vec![T::default(); of_mixture * inputs];
        let mut scales = vec![0.0; of_mixture];
        let mut units = vec![0.0; most * parts.units];
        let mut hidden = vec![0.0; most * parts.outputs];
        for first in (0..self.rows).step_by(ROWS_AT_A_TIME) {
            let rows = ROWS_AT_A_TIME.min(self.rows - first);
            let seen = &self.seen.rows[first * inputs..(first + rows) * inputs];
            let seen_scales = &self.seen.scales[first..first + rows];
            let units = &mut units[..rows * parts.units];
            let hidden = &mut hidden[..rows * parts.outputs];
            for (index, predictions) in predictions.chunks_exact_mut(self.rows).enumerate() {
                let task = self.first + index;
                let predictions = &mut predictions[first..first + rows];
                let Some(folded) = &parts.gates else {
                    parts.tower(
                        simd,
                        task,
                        seen,
                        seen_scales,
                        [&mut *units, &mut *hidden],
                        predictions,
                    );
                    continue;
                };
                let of_experts = folded.experts;
                let gates = &mut gates[(index * self.rows + first) * of_experts..];
                let gates = &mut gates[..rows * of_experts];
                folded.run(simd, task, seen, seen_scales, gates);
                let size = of_experts * inputs;
                let bias = folded.task_bias[task];
                for row in 0..rows {
                    let gates = &gates[row * of_experts..(row + 1) * of_experts];
                    let experts = &self.experts[(first + row) * size..(first + row + 1) * size];
                    mix(simd, gates, experts, bias, &mut sum);
                    // gates add up to 1
                    let scale = T::scale_of(self.largest[first + row] + bias.abs());
                    scales[row] = scale;
                    let reciprocal = scale.recip();
                    let mixture = &mut mixture[row * inputs..(row + 1) * inputs];
                    for (mixture, &x) in mixture.iter_mut().zip(&sum) {
                        *mixture = T::store(x, reciprocal);
                    }
                }
                let mixture = &mixture[..rows * inputs];
                parts.tower(
                    simd,
                    task,
                    mixture,
                    &scales[..rows],
                    [&mut *units, &mut *hidden],
                    predictions,
                );
            }
        }
    }
}

impl<T: Stored> Gates<T> {
    /// Windows `[rows, experts + 1, inputs]` → experts with bias and ReLU `[rows, experts, inputs]`, and what gates look
    /// at `[rows, inputs]`.
    fn split(&self, windows: &[f32], inputs: usize) -> (Vec<f32>, Vec<f32>) {
        let size = self.experts * inputs;
        let rows = windows.len() / (size + inputs);
        let (mut experts, mut seen) = (vec![0.0; rows * size], vec![0.0; rows * inputs]);
        let of_rows = experts.par_chunks_exact_mut(size).zip(seen.par_chunks_exact_mut(inputs));
        let windows = windows.par_chunks_exact(size + inputs);
        of_rows.zip(windows).for_each(|((experts, seen), windows)| {
            for ((y, &x), &bias) in experts.iter_mut().zip(windows).zip(&self.expert_bias) {
                *y = Activation::Relu.of(x + bias);
            }
            seen.copy_from_slice(&windows[size..]);
        });
        (experts, seen)
    }

    /// How one task weighs the experts, a softmax, for rows x of these scales: `[rows, experts]`.
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, task: usize, x: &[T], scales: &[f32], gates: &mut [f32]) {
        let inputs = x.len() / scales.len();
        let of_task = task * self.experts..(task + 1) * self.experts;
        let weight = &self.weight.rows[of_task.start * inputs..of_task.end * inputs];
        let weight_scales = &self.weight.scales[of_task.clone()];
        let bias = &self.bias[of_task];
        dots(simd, x, weight, inputs, |row, expert, sum| {
            let sum = sum * scales[row] * weight_scales[expert];
            gates[row * self.experts + expert] = sum + bias[expert];
        });
        for gates in gates.chunks_exact_mut(self.experts) {
            let mut largest = f32::NEG_INFINITY;
            for &gate in &*gates {
                largest = if gate > largest { gate } else { largest };
            }
            let mut sum = 0.0;
            for gate in &mut *gates {
                *gate = (*gate - largest).exp();
                sum += *gate;
            }
            for gate in gates {
                *gate /= sum;
            }
        }
    }
}

/// bias + Σ_e gates[e] · experts[e, :]; what is closed is not read.
#[inline(always)]
fn mix<S: Simd>(simd: S, gates: &[f32], experts: &[f32], bias: f32, mixture: &mut [f32]) {
    let width = S::f32s::LEN;
    let whole = mixture.len() / width * width;
    mixture.fill(bias);
    for (&gate, expert) in gates.iter().zip(experts.chunks_exact(mixture.len())) {
        if gate == 0.0 {
            continue;
        }
        let factor = S::f32s::splat(simd, gate);
        let vectors = mixture.chunks_exact_mut(width).zip(expert.chunks_exact(width));
        for (sum, x) in vectors {
            let x = S::f32s::from_slice(simd, x);
            factor.mul_add(x, S::f32s::from_slice(simd, sum)).store_slice(sum);
        }
        for (sum, &x) in mixture[whole..].iter_mut().zip(&expert[whole..]) {
            *sum += gate * x;
        }
    }
}

impl<T: Stored> Parts<T> {
    /// The prediction of one task for every row of x `[rows, inputs]`. `units` and `hidden` are places for both layers.
    #[inline(always)]
    fn tower<S: Simd>(
        &self,
        simd: S,
        task: usize,
        x: &[T],
        scales: &[f32],
        [units, hidden]: [&mut [f32]; 2],
        predictions: &mut [f32],
    ) {
        let Self { inputs, outputs, .. } = *self;
        let of_units = task * self.units..(task + 1) * self.units;
        let first = &self.first.rows[of_units.start * inputs..of_units.end * inputs];
        let weight_scales = &self.first.scales[of_units.clone()];
        let bias = &self.first_bias[of_units];
        dots(simd, x, first, inputs, |row, unit, sum| {
            units[row * self.units + unit] = sum * scales[row] * weight_scales[unit] + bias[unit];
        });
        for unit in &mut *units {
            *unit = Activation::Elu.of(*unit);
        }
        let second = &self.second[task * self.units * outputs..][..self.units * outputs];
        let second_bias = &self.second_bias[task * outputs..(task + 1) * outputs];
        for (units, y) in units.chunks_exact(self.units).zip(hidden.chunks_exact_mut(outputs)) {
            for at in (0..outputs).step_by(WIDEST) {
                let mut sums = f32x16::from_slice(simd, &second_bias[at..at + WIDEST]);
                for (&unit, weights) in units.iter().zip(second.chunks_exact(outputs)) {
                    let weights = f32x16::from_slice(simd, &weights[at..at + WIDEST]);
                    sums = f32x16::splat(simd, unit).mul_add(weights, sums);
                }
                sums.store_slice(&mut y[at..at + WIDEST]);
            }
        }
        for y in &mut *hidden {
            *y = Activation::Elu.of(*y);
        }
        let third = &self.third[task * outputs..(task + 1) * outputs];
        for (y, prediction) in hidden.chunks_exact(outputs).zip(predictions) {
            let mut sum = f32x16::splat(simd, 0.0);
            for (y, third) in y.chunks_exact(WIDEST).zip(third.chunks_exact(WIDEST)) {
                sum = f32x16::from_slice(simd, y).mul_add(f32x16::from_slice(simd, third), sum);
            }
            let sum = sum.reduce_sum();
            *prediction = sum + self.third_bias[task];
        }
    }
}
