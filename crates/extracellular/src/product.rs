//! Dense matrix products.

use gemm::Parallelism;

use crate::ExtracellularError;
use crate::error::check_shape;

/// A matrix in a slice: element (row, column) at row·row_stride + column·column_stride.
#[derive(Clone, Copy)]
pub(crate) struct MatrixView<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) row_stride: usize,
    pub(crate) column_stride: usize,
}

impl<'a, T> MatrixView<'a, T> {
    /// Rows one after the other.
    pub(crate) const fn rows(values: &'a [T], rows: usize, columns: usize) -> Self {
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Columns one after the other.
    pub(crate) const fn columns(values: &'a [T], rows: usize, columns: usize) -> Self {
        Self { values, rows, columns, row_stride: 1, column_stride: rows }
    }

    /// Whether all elements are in the slice.
    fn is_inside(&self) -> bool {
        let last = self.rows.saturating_sub(1) * self.row_stride
            + self.columns.saturating_sub(1) * self.column_stride;
        self.rows * self.columns == 0 || last < self.values.len()
    }
}

/// What an operator makes of values `[columns × times]`, time fastest: `[rows × times]`, or an error that says `what` has
/// another number of values for each column.
pub(crate) fn apply(
    operator: MatrixView<'_, f64>,
    what: &'static str,
    values: &[f64],
) -> Result<Vec<f64>, ExtracellularError> {
    let times = values.len().checked_div(operator.columns).unwrap_or(0);
    check_shape(what, operator.columns * times, values.len())?;
    let mut product = vec![0.0; operator.rows * times];
    multiply(operator, MatrixView::rows(values, operator.columns, times), &mut product);
    Ok(product)
}

/// left · right, into `product`, rows one after the other, on one thread. Of float32 or float64.
///
/// # Panics
///
/// If the shapes do not fit, or a view exceeds its slice.
pub(crate) fn multiply<T: Copy + From<f32> + 'static>(
    left: MatrixView<'_, T>,
    right: MatrixView<'_, T>,
    product: &mut [T],
) {
    assert_eq!(left.columns, right.rows, "inner dimensions differ");
    assert_eq!(product.len(), left.rows * right.columns, "shape of the product");
    assert!(left.is_inside() && right.is_inside(), "a matrix exceeds its slice");
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
            stride(right.columns),
            false,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            T::from(0.0),
            T::from(1.0),
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
