//! Products with what is given: its gradient is not wanted, and events are few.

use std::sync::Arc;

use apical_core::BinnedEvents;
use candle_core::{DType, Device, Result, Shape, Tensor, bail};
use gemm::Parallelism;
use rayon::prelude::*;

use super::operation::{Argument, Kernel, Operation, apply1, apply2, compute};
use super::product::{View, multiply};
use super::real::Real;

/// Events × `weight` `[synapses, columns]` → `[bins, columns]`: sums of rows of the weight.
pub(crate) fn event_product(events: &Arc<BinnedEvents>, weight: &Tensor) -> Result<Tensor> {
    if weight.device().is_cpu() {
        return apply1(EventProduct(Arc::clone(events)), weight);
    }
    dense(events, weight.dim(0)?, weight.dtype(), weight.device())?.matmul(weight)
}

/// Numbers of events as a matrix `[bins, synapses]`.
fn dense(events: &BinnedEvents, synapses: usize, dtype: DType, device: &Device) -> Result<Tensor> {
    check(events, synapses)?;
    let mut matrix = vec![0.0_f32; events.bins() * synapses];
    for (bin, values) in matrix.chunks_exact_mut(synapses.max(1)).enumerate() {
        for synapse in events.bin(bin) {
            values[synapse.index()] += 1.0;
        }
    }
    Tensor::from_vec(matrix, (events.bins(), synapses), device)?.to_dtype(dtype)
}

fn check(events: &BinnedEvents, synapses: usize) -> Result<()> {
    match events.synapses().iter().find(|synapse| synapse.index() >= synapses) {
        Some(synapse) => bail!("synapse {synapse} does not exist: there are {synapses}"),
        None => Ok(()),
    }
}

struct EventProduct(Arc<BinnedEvents>);

impl Operation<1> for EventProduct {
    fn gradients(
        &self,
        [weight]: [&Tensor; 1],
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 1]> {
        let kernel = EventGradient { events: &self.0, synapses: weight.dim(0)? };
        Ok([Some(compute(&kernel, [gradient])?)])
    }
}

impl Kernel<1> for EventProduct {
    const NAME: &'static str = "event-product";

    fn run<T: Real>(&self, [weight]: [Argument<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let (synapses, columns) = weight.shape.dims2()?;
        check(&self.0, synapses)?;
        let bins = self.0.bins();
        let mut product = vec![T::zero(); bins * columns];
        let rows = product.par_chunks_mut(columns.max(1)).with_min_len(16).enumerate();
        rows.for_each(|(bin, product)| {
            for synapse in self.0.bin(bin) {
                add(product, &weight.values[synapse.index() * columns..][..columns]);
            }
        });
        Ok((product, (bins, columns).into()))
    }
}

fn add<T: Real>(sum: &mut [T], term: &[T]) {
    for (sum, &term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

/// The gradient of the weight, from that of the product.
struct EventGradient<'a> {
    events: &'a BinnedEvents,
    synapses: usize,
}

impl Kernel<1> for EventGradient<'_> {
    const NAME: &'static str = "event-gradient";

    fn run<T: Real>(&self, [gradient]: [Argument<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let (_, columns) = gradient.shape.dims2()?;
        // bins by synapse, in order
        let mut bins = vec![Vec::new(); self.synapses];
        for bin in 0..self.events.bins() {
            for synapse in self.events.bin(bin) {
                bins[synapse.index()].push(bin);
            }
        }
        let mut of_weight = vec![T::zero(); self.synapses * columns];
        of_weight.par_chunks_mut(columns.max(1)).zip(bins).for_each(|(of_weight, bins)| {
            for bin in bins {
                add(of_weight, &gradient.values[bin * columns..][..columns]);
            }
        });
        Ok((of_weight, (self.synapses, columns).into()))
    }
}

/// `data` `[rows, inner]` × `weight` `[inner, columns]`, without a gradient of the data.
pub(crate) fn data_product(data: &Tensor, weight: &Tensor) -> Result<Tensor> {
    if weight.device().is_cpu() {
        return apply2(DataProduct { transposed: false }, data, weight);
    }
    data.matmul(weight)
}

struct DataProduct {
    /// dataᵀ × the other.
    transposed: bool,
}

impl Operation<2> for DataProduct {
    fn gradients(
        &self,
        [data, _]: [&Tensor; 2],
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 2]> {
        Ok([None, Some(compute(&Self { transposed: true }, [data, gradient])?)])
    }
}

impl Kernel<2> for DataProduct {
    const NAME: &'static str = "data-product";

    fn run<T: Real>(&self, [data, right]: [Argument<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let (rows, inner) = data.shape.dims2()?;
        let (found, columns) = right.shape.dims2()?;
        let left = View::rows(data.values, rows, inner);
        let left = if self.transposed { left.transposed() } else { left };
        if left.columns != found {
            bail!("{}: {:?} and {:?} do not fit", Self::NAME, data.shape, right.shape);
        }
        let right = View::rows(right.values, found, columns);
        let mut product = vec![T::zero(); left.rows * columns];
        if !product.is_empty() {
            multiply(left, right, &mut product, columns, false, Parallelism::Rayon(0));
        }
        Ok((product, (left.rows, columns).into()))
    }
}

#[cfg(test)]
mod tests {
    use apical_core::SynapseId;

    use super::*;
    use crate::ops::tests::{random, same_with_gradients};

    fn events(offsets: &[u32], synapses: &[usize]) -> Arc<BinnedEvents> {
        let synapses = synapses.iter().copied().map(SynapseId::new).collect();
        Arc::new(BinnedEvents::new(offsets.to_vec(), synapses).unwrap())
    }

    #[test]
    fn events_are_a_matrix_of_few_ones() {
        // one synapse has two events in a row, one has none at all, and a row is empty
        let events = events(&[0, 3, 3, 4, 7], &[4, 0, 4, 1, 0, 2, 4]);
        let dense = dense(&events, 6, DType::F64, &Device::Cpu).unwrap();
        assert_eq!(dense.to_vec2::<f64>().unwrap()[0], [1.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
        same_with_gradients(
            &[random(&[6, 9], 1)],
            |of| event_product(&events, &of[0]),
            |of| dense.matmul(&of[0]),
        );
        same_with_gradients(
            &[random(&[6, 9], 1)],
            |of| data_product(&dense, &of[0]),
            |of| dense.matmul(&of[0]),
        );
    }

    #[test]
    fn events_that_do_not_fit_are_refused() {
        let events = events(&[0, 1], &[6]);
        let error = event_product(&events, &random(&[6, 2], 1)).unwrap_err().to_string();
        assert!(error.contains("synapse 6 does not exist: there are 6"), "{error}");
    }
}
