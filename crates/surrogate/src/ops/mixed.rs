//! The first layer of towers that see a mixture of experts.

use candle_core::{Result, Shape, Tensor, bail};
use gemm::Parallelism;
use rayon::prelude::*;

use super::operation::{Argument, Kernel, Operation, apply3, compute};
use super::product::{View, multiply};
use super::real::{Real, vectorized};

/// Rows that are mixed at a time: with all experts they stay in the second-level cache.
const ROWS_AT_A_TIME: usize = 32;

/// Σ_k (Σ_e gates[n, t, e] · experts[n, e, k]) · weight[t, k, m]: experts `[rows, experts, inner]`, gates
/// `[rows, tasks, experts]` and weight `[tasks, inner, columns]` → `[rows, tasks, columns]`.
pub(crate) fn mixed_matmul(experts: &Tensor, gates: &Tensor, weight: &Tensor) -> Result<Tensor> {
    if weight.device().is_cpu() {
        return apply3(Mixed, experts, gates, weight);
    }
    on_any_device(experts, gates, weight)
}

fn on_any_device(experts: &Tensor, gates: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let mixtures = gates.contiguous()?.matmul(&experts.contiguous()?)?;
    let mixtures = mixtures.transpose(0, 1)?.contiguous()?;
    mixtures.matmul(&weight.contiguous()?)?.transpose(0, 1)?.contiguous()
}

/// The three arguments and what they measure.
struct Arguments<'a, T> {
    experts: &'a [T],
    gates: &'a [T],
    weight: &'a [T],
    rows: usize,
    tasks: usize,
    of_experts: usize,
    inner: usize,
    columns: usize,
}

impl<'a, T: Real> Arguments<'a, T> {
    fn new([experts, gates, weight]: [Argument<'a, T>; 3]) -> Result<Self> {
        let (rows, of_experts, inner) = experts.shape.dims3()?;
        let (tasks, found, columns) = weight.shape.dims3()?;
        if gates.shape.dims3()? != (rows, tasks, of_experts) || found != inner {
            let [a, b, c] = [experts, gates, weight].map(|argument| argument.shape);
            bail!("experts {a:?}, gates {b:?} and weight {c:?} do not fit");
        }
        let [experts, gates, weight] = [experts, gates, weight].map(|argument| argument.values);
        Ok(Self { experts, gates, weight, rows, tasks, of_experts, inner, columns })
    }

    fn weight(&self, task: usize) -> View<'a, T> {
        let size = self.inner * self.columns;
        View::rows(&self.weight[task * size..(task + 1) * size], self.inner, self.columns)
    }

    fn experts_of(&self, row: usize) -> &'a [T] {
        let size = self.of_experts * self.inner;
        &self.experts[row * size..(row + 1) * size]
    }

    fn gates_of(&self, row: usize, task: usize) -> &'a [T] {
        let first = (row * self.tasks + task) * self.of_experts;
        &self.gates[first..first + self.of_experts]
    }

    /// What the tower of a task sees of consecutive rows, into `[rows, inner]`.
    fn mix(&self, first: usize, task: usize, mixture: &mut [T]) {
        for (row, mixture) in mixture.chunks_exact_mut(self.inner).enumerate() {
            let row = first + row;
            weighted_sum(self.gates_of(row, task), self.experts_of(row), mixture);
        }
    }

    /// Rows that a thread takes at a time.
    fn rows_at_a_time(&self) -> usize {
        ROWS_AT_A_TIME.min(self.rows.div_ceil(rayon::current_num_threads())).max(1)
    }
}

/// Σ_e gates[e] · experts[e, :].
fn weighted_sum<T: Real>(gates: &[T], experts: &[T], sum: &mut [T]) {
    vectorized(
        #[inline(always)]
        || {
            let mut terms = gates.iter().zip(experts.chunks_exact(sum.len()));
            if let Some((&gate, expert)) = terms.next() {
                for (sum, &expert) in sum.iter_mut().zip(expert) {
                    *sum = gate * expert;
                }
            }
            for (&gate, expert) in terms {
                for (sum, &expert) in sum.iter_mut().zip(expert) {
                    *sum += gate * expert;
                }
            }
        },
    );
}

/// sum += factor · terms, and the product of terms and others.
#[inline(always)]
fn add_and_dot<T: Real>(factor: T, terms: &[T], sum: &mut [T], others: &[T]) -> T {
    const LANES: usize = 16;
    let mut dots = [T::from(0.0); LANES];
    let whole = terms.len() / LANES * LANES;
    for ((terms, sum), others) in terms[..whole]
        .chunks_exact(LANES)
        .zip(sum.chunks_exact_mut(LANES))
        .zip(others.chunks_exact(LANES))
    {
        for lane in 0..LANES {
            sum[lane] += factor * terms[lane];
            dots[lane] += others[lane] * terms[lane];
        }
    }
    let mut dot = T::from(0.0);
    for ((&term, sum), &other) in terms.iter().zip(sum).zip(others).skip(whole) {
        *sum += factor * term;
        dot += other * term;
    }
    dots.into_iter().fold(dot, |dot, lane| dot + lane)
}

struct Mixed;

impl Operation<3> for Mixed {
    fn gradients(
        &self,
        [experts, gates, weight]: [&Tensor; 3],
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 3]> {
        let arguments = [experts, gates, weight, gradient];
        let of_weight = compute(&OfWeight, arguments)?;
        // both in one array, since they are found together
        let of_rows = compute(&OfRows, arguments)?;
        let rows = experts.dim(0)?;
        let [size, rest] = [experts, gates].map(|x| x.elem_count() / rows);
        let of_experts = of_rows.narrow(1, 0, size)?.reshape(experts.shape())?;
        let of_gates = of_rows.narrow(1, size, rest)?.reshape(gates.shape())?;
        Ok([Some(of_experts), Some(of_gates), Some(of_weight)])
    }
}

impl Kernel<3> for Mixed {
    const NAME: &'static str = "mixed-matmul";

    fn run<T: Real>(&self, arguments: [Argument<'_, T>; 3]) -> Result<(Vec<T>, Shape)> {
        let of = Arguments::new(arguments)?;
        let Arguments { rows, tasks, inner, columns, .. } = of;
        let mut product = vec![T::zero(); rows * tasks * columns];
        let stride = tasks * columns;
        if product.is_empty() {
        } else if rows >= 2 * rayon::current_num_threads() {
            let at_a_time = of.rows_at_a_time();
            let blocks = product.par_chunks_mut(at_a_time * stride).enumerate();
            blocks.for_each(|(block, product)| {
                let rows = product.len() / stride;
                let mut mixture = vec![T::zero(); rows * inner];
                for task in 0..tasks {
                    of.mix(block * at_a_time, task, &mut mixture);
                    let left = View::rows(&mixture, rows, inner);
                    let product = &mut product[task * columns..];
                    multiply(left, of.weight(task), product, stride, false, Parallelism::None);
                }
            });
        } else {
            for (row, product) in product.chunks_exact_mut(stride).enumerate() {
                let tasks = product.par_chunks_mut(columns).with_min_len(16).enumerate();
                tasks.for_each_with(vec![T::zero(); inner], |mixture, (task, product)| {
                    of.mix(row, task, mixture);
                    let left = View::rows(mixture, 1, inner);
                    multiply(left, of.weight(task), product, columns, false, Parallelism::None);
                });
            }
        }
        Ok((product, (rows, tasks, columns).into()))
    }
}

/// The gradient of the weight.
struct OfWeight;

impl Kernel<4> for OfWeight {
    const NAME: &'static str = "mixed-matmul-weight";

    fn run<T: Real>(
        &self,
        [experts, gates, weight, gradient]: [Argument<'_, T>; 4],
    ) -> Result<(Vec<T>, Shape)> {
        let of = Arguments::new([experts, gates, weight])?;
        let gradient = gradient.values;
        let Arguments { rows, tasks, inner, columns, .. } = of;
        let mut of_weight = vec![T::zero(); tasks * inner * columns];
        let stride = tasks * columns;
        of_weight.par_chunks_mut(inner * columns).enumerate().for_each_with(
            vec![T::zero(); ROWS_AT_A_TIME * inner],
            |mixture, (task, of_weight)| {
                for first in (0..rows).step_by(ROWS_AT_A_TIME) {
                    let rows = ROWS_AT_A_TIME.min(rows - first);
                    let mixture = &mut mixture[..rows * inner];
                    of.mix(first, task, mixture);
                    let gradient = &gradient[first * stride + task * columns..];
                    let right = View::strided(gradient, rows, columns, stride);
                    let left = View::rows(mixture, rows, inner).transposed();
                    multiply(left, right, of_weight, columns, first > 0, Parallelism::None);
                }
            },
        );
        Ok((of_weight, (tasks, inner, columns).into()))
    }
}

/// The gradients of experts and gates, one after the other for each row.
struct OfRows;

impl Kernel<4> for OfRows {
    const NAME: &'static str = "mixed-matmul-rows";

    fn run<T: Real>(
        &self,
        [experts, gates, weight, gradient]: [Argument<'_, T>; 4],
    ) -> Result<(Vec<T>, Shape)> {
        let of = Arguments::new([experts, gates, weight])?;
        let gradient = gradient.values;
        let Arguments { rows, tasks, of_experts, inner, columns, .. } = of;
        let stride = tasks * columns;
        let (size, gates) = (of_experts * inner, tasks * of_experts);
        let mut of_rows = vec![T::zero(); rows * (size + gates)];
        let at_a_time = of.rows_at_a_time();
        let blocks = of_rows.par_chunks_mut(at_a_time * (size + gates)).enumerate();
        blocks.for_each(|(block, of_rows)| {
            let first = block * at_a_time;
            let rows = of_rows.len() / (size + gates);
            let mut of_mixture = vec![T::zero(); rows * inner];
            for task in 0..tasks {
                let gradient = &gradient[first * stride + task * columns..];
                let left = View::strided(gradient, rows, columns, stride);
                let right = of.weight(task).transposed();
                multiply(left, right, &mut of_mixture, inner, false, Parallelism::None);
                let parts =
                    of_rows.chunks_exact_mut(size + gates).zip(of_mixture.chunks_exact(inner));
                for (row, (of_row, of_mixture)) in parts.enumerate() {
                    let (to_experts, to_gates) = of_row.split_at_mut(size);
                    let to_gates = &mut to_gates[task * of_experts..][..of_experts];
                    let experts = of.experts_of(first + row).chunks_exact(inner);
                    let terms = of.gates_of(first + row, task).iter().zip(experts);
                    let sums = to_experts.chunks_exact_mut(inner).zip(to_gates);
                    vectorized(
                        #[inline(always)]
                        || {
                            for ((&gate, expert), (sum, to_gate)) in terms.zip(sums) {
                                *to_gate = add_and_dot(gate, of_mixture, sum, expert);
                            }
                        },
                    );
                }
            }
        });
        Ok((of_rows, (rows, size + gates).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::tests::{random, same_with_gradients};

    /// Few rows and many, more rows than are mixed at a time, inputs that fill no whole vector.
    #[test]
    fn mixtures_are_those_of_candle() {
        for [rows, of_experts, tasks, inner, columns] in
            [[1, 3, 5, 20, 4], [3, 2, 40, 7, 3], [70, 4, 6, 37, 5], [64, 1, 3, 16, 1]]
        {
            let arguments = [
                random(&[rows, of_experts, inner], 1),
                random(&[rows, tasks, of_experts], 2),
                random(&[tasks, inner, columns], 3),
            ];
            same_with_gradients(
                &arguments,
                |of| mixed_matmul(&of[0], &of[1], &of[2]),
                |of| on_any_device(&of[0], &of[1], &of[2]),
            );
        }
    }
}
