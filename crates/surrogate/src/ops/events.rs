//! Products with what is given: its gradient is not wanted, and events are few.

use std::sync::Arc;

use candle_core::{
    CpuStorage, CustomOp1, DType, Device, Layout, Result, Shape, Storage, Tensor, bail,
};
use gemm::Parallelism;
use rayon::prelude::*;

use super::product::{View, multiply};
use super::real::{Real, values};

/// Synaptic events of consecutive rows: which columns of a matrix of zeros hold how many ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRows {
    /// Where in `synapses` each row starts, `[rows + 1]`.
    offsets: Arc<[u32]>,
    synapses: Arc<[u32]>,
}

impl EventRows {
    /// From the place at which each row starts, and columns. None unless the places are in order from 0 to the number of
    /// columns.
    #[must_use]
    pub fn new(offsets: Vec<u32>, synapses: Vec<u32>) -> Option<Self> {
        let ends = offsets.first() == Some(&0)
            && offsets.last().is_some_and(|&last| last as usize == synapses.len());
        (ends && offsets.is_sorted())
            .then(|| Self { offsets: offsets.into(), synapses: synapses.into() })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The columns of a row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[u32] {
        &self.synapses[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// The same as a matrix `[rows, columns]`.
    ///
    /// # Errors
    ///
    /// If the device has no room for it, or an event is beyond the columns.
    pub fn dense(&self, columns: usize, dtype: DType, device: &Device) -> Result<Tensor> {
        self.check(columns)?;
        let mut matrix = vec![0.0_f32; self.rows() * columns];
        for (row, values) in matrix.chunks_exact_mut(columns.max(1)).enumerate() {
            for &synapse in self.row(row) {
                values[synapse as usize] += 1.0;
            }
        }
        Tensor::from_vec(matrix, (self.rows(), columns), device)?.to_dtype(dtype)
    }

    fn check(&self, columns: usize) -> Result<()> {
        match self.synapses.iter().find(|&&synapse| synapse as usize >= columns) {
            Some(synapse) => bail!("synapse {synapse} does not exist: there are {columns}"),
            None => Ok(()),
        }
    }
}

/// Events × `weight` `[synapses, columns]` → `[rows, columns]`: sums of rows of the weight.
pub(crate) fn event_product(events: &EventRows, weight: &Tensor) -> Result<Tensor> {
    if weight.device().is_cpu() {
        return weight.contiguous()?.apply_op1(EventProduct(events.clone()));
    }
    events.dense(weight.dim(0)?, weight.dtype(), weight.device())?.matmul(weight)
}

struct EventProduct(EventRows);

impl CustomOp1 for EventProduct {
    fn name(&self) -> &'static str {
        "event-product"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        match s {
            CpuStorage::F32(_) => self.forward::<f32>(s, l),
            CpuStorage::F64(_) => self.forward::<f64>(s, l),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }

    fn bwd(&self, weight: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let op = EventGradient { events: &self.0, synapses: weight.dim(0)? };
        gradient.contiguous()?.apply_op1_no_bwd(&op).map(Some)
    }
}

impl EventProduct {
    fn forward<T: Real>(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        let weight = values::<T>(s, l)?;
        let (synapses, columns) = l.shape().dims2()?;
        self.0.check(synapses)?;
        let rows = self.0.rows();
        let mut product = vec![T::zero(); rows * columns];
        product.par_chunks_mut(columns.max(1)).with_min_len(16).enumerate().for_each(
            |(row, product)| {
                for &synapse in self.0.row(row) {
                    add(product, &weight[synapse as usize * columns..][..columns]);
                }
            },
        );
        Ok((T::to_cpu_storage_owned(product), (rows, columns).into()))
    }
}

fn add<T: Real>(sum: &mut [T], term: &[T]) {
    for (sum, &term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

/// The gradient of the weight, from that of the product.
struct EventGradient<'a> {
    events: &'a EventRows,
    synapses: usize,
}

impl CustomOp1 for EventGradient<'_> {
    fn name(&self) -> &'static str {
        "event-gradient"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        match s {
            CpuStorage::F32(_) => self.run::<f32>(s, l),
            CpuStorage::F64(_) => self.run::<f64>(s, l),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }
}

impl EventGradient<'_> {
    fn run<T: Real>(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        let gradient = values::<T>(s, l)?;
        let (_, columns) = l.shape().dims2()?;
        // rows by synapse, in order
        let mut rows = vec![Vec::new(); self.synapses];
        for row in 0..self.events.rows() {
            for &synapse in self.events.row(row) {
                rows[synapse as usize].push(row);
            }
        }
        let mut of_weight = vec![T::zero(); self.synapses * columns];
        of_weight.par_chunks_mut(columns.max(1)).zip(rows).for_each(|(of_weight, rows)| {
            for row in rows {
                add(of_weight, &gradient[row * columns..][..columns]);
            }
        });
        Ok((T::to_cpu_storage_owned(of_weight), (self.synapses, columns).into()))
    }
}

/// `data` `[rows, inner]` × `weight` `[inner, columns]`, without a gradient of the data.
pub(crate) fn data_product(data: &Tensor, weight: &Tensor) -> Result<Tensor> {
    if weight.device().is_cpu() {
        return weight
            .contiguous()?
            .apply_op1(DataProduct { data: data.contiguous()?, backward: false });
    }
    data.matmul(weight)
}

struct DataProduct {
    data: Tensor,
    /// dataᵀ · gradient.
    backward: bool,
}

impl CustomOp1 for DataProduct {
    fn name(&self) -> &'static str {
        "data-product"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        match s {
            CpuStorage::F32(_) => self.run::<f32>(s, l),
            CpuStorage::F64(_) => self.run::<f64>(s, l),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let op = Self { data: self.data.clone(), backward: true };
        gradient.contiguous()?.apply_op1_no_bwd(&op).map(Some)
    }
}

impl DataProduct {
    fn run<T: Real>(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        let right = values::<T>(s, l)?;
        let (found, columns) = l.shape().dims2()?;
        let (rows, inner) = self.data.dims2()?;
        let (storage, layout) = self.data.storage_and_layout();
        let Storage::Cpu(storage) = &*storage else { bail!("data and weight are on two devices") };
        let data = View::rows(values::<T>(storage, layout)?, rows, inner);
        let data = if self.backward { data.transposed() } else { data };
        if data.columns != found {
            bail!("{}: {:?} and {:?} do not fit", self.name(), self.data.shape(), l.shape());
        }
        let right = View::rows(right, found, columns);
        let mut product = vec![T::zero(); data.rows * columns];
        if !product.is_empty() {
            multiply(data, right, &mut product, columns, false, Parallelism::Rayon(0));
        }
        Ok((T::to_cpu_storage_owned(product), (data.rows, columns).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::tests::{random, same_with_gradients};

    #[test]
    fn events_are_a_matrix_of_few_ones() {
        // one synapse has two events in a row, one has none at all, and a row is empty
        let events = EventRows::new(vec![0, 3, 3, 4, 7], vec![4, 0, 4, 1, 0, 2, 4]).unwrap();
        let dense = events.dense(6, DType::F64, &Device::Cpu).unwrap();
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
        for (offsets, synapses) in [
            (vec![], vec![]),
            (vec![1, 2], vec![0, 1]),
            (vec![0, 2, 1], vec![0]),
            (vec![0, 1], vec![]),
        ] {
            assert_eq!(EventRows::new(offsets, synapses), None);
        }
        let events = EventRows::new(vec![0, 1], vec![6]).unwrap();
        let error = event_product(&events, &random(&[6, 2], 1)).unwrap_err().to_string();
        assert!(error.contains("synapse 6 does not exist: there are 6"), "{error}");
    }
}
