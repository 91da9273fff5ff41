//! Products of matrices, one for each group.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use gemm::Parallelism;
use rayon::prelude::*;

use super::real::{Real, values};

/// Rows that one thread takes at a time: enough that weights are read from memory seldom.
const ROWS_AT_A_TIME: usize = 64;

/// A matrix in a slice: element (row, column) at row·row_stride + column·column_stride.
#[derive(Clone, Copy)]
pub(super) struct View<'a, T> {
    pub(super) values: &'a [T],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

impl<'a, T> View<'a, T> {
    /// Rows one after the other.
    pub(super) const fn rows(values: &'a [T], rows: usize, columns: usize) -> Self {
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Rows with a distance.
    pub(super) const fn strided(
        values: &'a [T],
        rows: usize,
        columns: usize,
        row_stride: usize,
    ) -> Self {
        Self { values, rows, columns, row_stride, column_stride: 1 }
    }

    pub(super) const fn transposed(self) -> Self {
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

const fn extent(rows: usize, columns: usize, row_stride: usize, column_stride: usize) -> usize {
    if rows * columns == 0 {
        0
    } else {
        (rows - 1) * row_stride + (columns - 1) * column_stride + 1
    }
}

/// left · right into `product`, whose rows have this distance; added to what is there if `add`.
///
/// # Panics
///
/// If shapes do not fit or a matrix exceeds its slice.
pub(super) fn multiply<T: Real>(
    left: View<'_, T>,
    right: View<'_, T>,
    product: &mut [T],
    row_stride: usize,
    add: bool,
    parallelism: Parallelism,
) {
    assert_eq!(left.columns, right.rows, "inner dimensions differ");
    let inside = |view: &View<'_, T>| {
        extent(view.rows, view.columns, view.row_stride, view.column_stride) <= view.values.len()
    };
    assert!(inside(&left) && inside(&right), "a matrix exceeds its slice");
    assert!(extent(left.rows, right.columns, row_stride, 1) <= product.len(), "of the product");
    let stride = |stride: usize| stride as isize;
    #[expect(
        unsafe_code,
        reason = "gemm has no safe interface; shapes and strides are checked above"
    )]
    // SAFETY: every element of the three matrices lies in its slice, as asserted; `product` is borrowed mutably, so it
    // overlaps neither of the others.
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            product.as_mut_ptr(),
            1,
            stride(row_stride),
            add,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            T::from(if add { 1.0 } else { 0.0 }),
            T::from(1.0),
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Every group's product: `[rows, groups, inner]` × `[groups, inner, columns]` → `[rows, groups, columns]`.
pub(crate) fn grouped_matmul(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    if left.device().is_cpu() {
        return left.contiguous()?.apply_op2(&right.contiguous()?, Grouped { transposed: false });
    }
    on_any_device(left, right)
}

fn on_any_device(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    let left = left.transpose(0, 1)?.contiguous()?;
    left.matmul(&right.contiguous()?)?.transpose(0, 1)?.contiguous()
}

/// `[N, G, K]` × `[G, K, M]`, or × `[G, M, K]` transposed.
struct Grouped {
    transposed: bool,
}

impl CustomOp2 for Grouped {
    fn name(&self) -> &'static str {
        "grouped-matmul"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        match s1 {
            CpuStorage::F32(_) => self.forward::<f32>(s1, l1, s2, l2),
            CpuStorage::F64(_) => self.forward::<f64>(s1, l1, s2, l2),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }

    fn bwd(
        &self,
        left: &Tensor,
        right: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let of_left = gradient.apply_op2_no_bwd(right, &Self { transposed: true })?;
        Ok((Some(of_left), Some(left.apply_op2_no_bwd(&gradient, &WeightGradient)?)))
    }
}

impl Grouped {
    fn forward<T: Real>(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (left, right) = (values::<T>(s1, l1)?, values::<T>(s2, l2)?);
        let (rows, groups, inner) = l1.shape().dims3()?;
        let (of_right, a, b) = l2.shape().dims3()?;
        let (found, columns) = if self.transposed { (b, a) } else { (a, b) };
        if groups != of_right || inner != found {
            bail!("{}: shapes {:?} and {:?} do not fit", self.name(), l1.shape(), l2.shape());
        }
        let weight = |group: usize| {
            let view = View::rows(&right[group * a * b..(group + 1) * a * b], a, b);
            if self.transposed { view.transposed() } else { view }
        };
        let mut product = vec![T::zero(); rows * groups * columns];
        let threads = rayon::current_num_threads();
        let stride = groups * columns;
        if product.is_empty() {
        } else if groups == 1 {
            let parallelism = Parallelism::Rayon(0);
            let left = View::rows(left, rows, inner);
            multiply(left, weight(0), &mut product, columns, false, parallelism);
        } else if rows >= ROWS_AT_A_TIME.min(16 * threads) {
            let rows_at_a_time = ROWS_AT_A_TIME.min(rows.div_ceil(threads));
            let blocks = product.par_chunks_mut(rows_at_a_time * stride).enumerate();
            blocks.for_each(|(block, product)| {
                let left = &left[block * rows_at_a_time * groups * inner..];
                let rows = product.len() / stride;
                for group in 0..groups {
                    let left = View::strided(&left[group * inner..], rows, inner, groups * inner);
                    let product = &mut product[group * columns..];
                    multiply(left, weight(group), product, stride, false, Parallelism::None);
                }
            });
        } else {
            let of_groups: Vec<Vec<T>> = (0..groups)
                .into_par_iter()
                .with_min_len(groups.div_ceil(4 * threads))
                .map(|group| {
                    let left = View::strided(&left[group * inner..], rows, inner, groups * inner);
                    let mut product = vec![T::zero(); rows * columns];
                    multiply(left, weight(group), &mut product, columns, false, Parallelism::None);
                    product
                })
                .collect();
            for (row, product) in product.chunks_exact_mut(stride).enumerate() {
                for (product, of_group) in product.chunks_exact_mut(columns).zip(&of_groups) {
                    product.copy_from_slice(&of_group[row * columns..(row + 1) * columns]);
                }
            }
        }
        Ok((T::to_cpu_storage_owned(product), (rows, groups, columns).into()))
    }
}

/// `[N, G, K]` and `[N, G, M]` → `[G, K, M]`, summed over rows.
struct WeightGradient;

impl CustomOp2 for WeightGradient {
    fn name(&self) -> &'static str {
        "grouped-matmul-gradient"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        match s1 {
            CpuStorage::F32(_) => weight_gradient::<f32>(s1, l1, s2, l2),
            CpuStorage::F64(_) => weight_gradient::<f64>(s1, l1, s2, l2),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }
}

fn weight_gradient<T: Real>(
    s1: &CpuStorage,
    l1: &Layout,
    s2: &CpuStorage,
    l2: &Layout,
) -> Result<(CpuStorage, Shape)> {
    let (left, gradient) = (values::<T>(s1, l1)?, values::<T>(s2, l2)?);
    let (rows, groups, inner) = l1.shape().dims3()?;
    let (_, _, columns) = l2.shape().dims3()?;
    let mut product = vec![T::zero(); groups * inner * columns];
    let of_group = |group: usize, product: &mut [T], parallelism| {
        let left = View::strided(&left[group * inner..], rows, inner, groups * inner);
        let right = View::strided(&gradient[group * columns..], rows, columns, groups * columns);
        multiply(left.transposed(), right, product, columns, false, parallelism);
    };
    if product.is_empty() || rows == 0 {
    } else if groups == 1 {
        of_group(0, &mut product, Parallelism::Rayon(0));
    } else {
        let of_groups = product.par_chunks_mut(inner * columns).enumerate();
        of_groups.for_each(|(group, product)| of_group(group, product, Parallelism::None));
    }
    Ok((T::to_cpu_storage_owned(product), (groups, inner, columns).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::tests::{random, same_with_gradients};

    /// Few rows and many, one group and many, more rows than a thread takes at a time.
    #[test]
    fn products_are_those_of_candle() {
        for [rows, groups, inner, columns] in
            [[1, 7, 5, 3], [9, 1, 4, 6], [33, 6, 8, 2], [150, 3, 7, 5], [200, 40, 3, 1]]
        {
            let arguments =
                [random(&[rows, groups, inner], 1), random(&[groups, inner, columns], 2)];
            same_with_gradients(
                &arguments,
                |of| grouped_matmul(&of[0], &of[1]),
                |of| on_any_device(&of[0], &of[1]),
            );
        }
    }
}
