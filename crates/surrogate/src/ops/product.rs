//! Products of matrices, one for each group.

use candle_core::{Result, Shape, Tensor, bail};
use gemm::Parallelism;
use rayon::prelude::*;

use super::operation::{Argument, Kernel, Operation, apply2, compute};
use super::real::Real;

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
        return apply2(Grouped { transposed: false }, left, right);
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

impl Operation<2> for Grouped {
    fn gradients(
        &self,
        [left, right]: [&Tensor; 2],
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 2]> {
        let of_left = compute(&Self { transposed: true }, [gradient, right])?;
        Ok([Some(of_left), Some(compute(&WeightGradient, [left, gradient])?)])
    }
}

impl Kernel<2> for Grouped {
    const NAME: &'static str = "grouped-matmul";

    fn run<T: Real>(&self, [left, right]: [Argument<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let (rows, groups, inner) = left.shape.dims3()?;
        let (of_right, a, b) = right.shape.dims3()?;
        let (found, columns) = if self.transposed { (b, a) } else { (a, b) };
        if groups != of_right || inner != found {
            bail!("{}: shapes {:?} and {:?} do not fit", Self::NAME, left.shape, right.shape);
        }
        let (left, right) = (left.values, right.values);
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
        Ok((product, (rows, groups, columns).into()))
    }
}

/// `[N, G, K]` and `[N, G, M]` → `[G, K, M]`, summed over rows.
struct WeightGradient;

impl Kernel<2> for WeightGradient {
    const NAME: &'static str = "grouped-matmul-gradient";

    fn run<T: Real>(&self, [left, gradient]: [Argument<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let (rows, groups, inner) = left.shape.dims3()?;
        let (_, _, columns) = gradient.shape.dims3()?;
        let (left, gradient) = (left.values, gradient.values);
        let mut product = vec![T::zero(); groups * inner * columns];
        let of_group = |group: usize, product: &mut [T], parallelism| {
            let left = View::strided(&left[group * inner..], rows, inner, groups * inner);
            let right =
                View::strided(&gradient[group * columns..], rows, columns, groups * columns);
            multiply(left.transposed(), right, product, columns, false, parallelism);
        };
        if product.is_empty() || rows == 0 {
        } else if groups == 1 {
            of_group(0, &mut product, Parallelism::Rayon(0));
        } else {
            let of_groups = product.par_chunks_mut(inner * columns).enumerate();
            of_groups.for_each(|(group, product)| of_group(group, product, Parallelism::None));
        }
        Ok((product, (groups, inner, columns).into()))
    }
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
