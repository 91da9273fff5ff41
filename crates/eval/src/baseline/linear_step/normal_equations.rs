use apical_core::Trial;
use nalgebra::{Cholesky, DMatrix, DMatrixView};

use super::{Features, Parts};
use crate::EvalError;

/// Rows of the regression whose voltages are multiplied at once: many enough for the product to be fast, few enough to
/// stay in cache.
const ROWS: usize = 256;
/// Columns of the triangular factor that are eliminated at once.
const BLOCK: usize = 128;

/// XᵀX and XᵀY of rows X of features and Y of changes, both in standard deviations.
///
/// Voltages are multiplied as matrices. All other features are mostly 0: their rows and columns are added up from those that
/// are not.
pub(super) struct NormalEquations {
    features: Features,
    rows: usize,
    /// XᵀX, `[features × features]`, of which the upper triangle is kept, by columns.
    gram: DMatrix<f64>,
    /// YᵀX, `[compartments × features]`, by columns.
    cross: DMatrix<f64>,
}

impl NormalEquations {
    pub(super) fn new(features: Features) -> Self {
        let count = features.count();
        Self {
            features,
            rows: 0,
            gram: DMatrix::zeros(count, count),
            cross: DMatrix::zeros(features.compartments, count),
        }
    }

    /// Adds all milliseconds of a trial of the right layout.
    pub(super) fn add(&mut self, parts: &Parts, trial: &Trial) {
        let bins = trial.bins();
        for first in (0..bins).step_by(ROWS) {
            let last = bins.min(first + ROWS);
            let columns = parts.columns.compartments();
            let voltages = DMatrix::from_fn(columns.len(), last - first + 1, |k, row| {
                let v_mv = trial.voltages_at(first + row)[columns[k].index()];
                parts.standardize(k, f64::from(v_mv))
            });
            self.add_rows(trial, first, &voltages);
        }
        self.rows += bins;
    }

    /// Adds some bins, given their voltages and those after the last, `[compartments × (bins + 1)]`.
    fn add_rows(&mut self, trial: &Trial, first: usize, voltages: &DMatrix<f64>) {
        let compartments = self.features.compartments;
        let bins = voltages.ncols() - 1;
        let before = voltages.columns(0, bins);
        let changes = voltages.columns(1, bins) - before;
        let transposed = before.transpose();
        let square = (compartments, compartments);
        self.gram.view_mut((0, 0), square).gemm(1.0, &before, &transposed, 1.0);
        self.cross.view_mut((0, 0), square).gemm(1.0, &changes, &transposed, 1.0);

        let (mut present, mut all) = (Vec::new(), Vec::new());
        for row in 0..bins {
            self.collect_present(trial, first + row, &mut present);
            for &(feature, value) in &present {
                all.push((feature, row, value));
                for &(other, other_value) in &present {
                    if other <= feature {
                        self.gram[(other, feature)] += value * other_value;
                    }
                }
            }
        }
        // by feature, so that a column is fetched once and not for every event
        all.sort_unstable_by_key(|&(feature, row, _)| (feature, row));
        for (feature, row, value) in all {
            let column = &mut self.gram.as_mut_slice()[feature * self.features.count()..];
            add_scaled(&mut column[..compartments], value, voltages.column(row).as_slice());
            let column = &mut self.cross.as_mut_slice()[feature * compartments..];
            add_scaled(&mut column[..compartments], value, changes.column(row).as_slice());
        }
    }

    /// The features of a bin that are no voltages and not 0, as often as they are there.
    fn collect_present(&self, trial: &Trial, bin: usize, present: &mut Vec<(usize, f64)>) {
        let features = self.features;
        present.clear();
        let events = trial.events.bin(bin).iter();
        present.extend(events.map(|id| (features.event(id.index()), 1.0)));
        if let Some(before) = bin.checked_sub(1) {
            let events = trial.events.bin(before).iter();
            present.extend(events.map(|id| (features.event_before(id.index()), 1.0)));
        }
        let currents_na = &trial.injected_na[bin * features.sites..][..features.sites];
        let currents = currents_na.iter().enumerate().filter(|(_, current_na)| **current_na != 0.0);
        present.extend(currents.map(|(site, &na)| (features.current(site), f64::from(na))));
        present.push((features.constant(), 1.0));
    }

    /// The weights, `[features × compartments]`, the compartment fastest.
    ///
    /// # Errors
    ///
    /// [`EvalError::NotPositiveDefinite`].
    pub(super) fn solve(mut self, ridge_per_row: f64) -> Result<Vec<f32>, EvalError> {
        let ridge = ridge_per_row * self.rows as f64;
        for feature in 0..self.features.constant() {
            self.gram[(feature, feature)] += ridge;
        }
        self.gram.fill_lower_triangle_with_upper_triangle();
        let rows = self.rows;
        factor(&mut self.gram).map_err(|feature| EvalError::NotPositiveDefinite {
            rows,
            ridge_per_row,
            feature,
        })?;
        substitute(&self.gram, &mut self.cross);
        Ok(self.cross.iter().map(|&weight| weight as f32).collect())
    }
}

fn add_scaled(to: &mut [f64], value: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += value * from);
}

/// Overwrites a symmetric matrix by its Cholesky factor L and, above the diagonal, anything: by blocks, of which each is
/// factored by nalgebra and most of the work is products of matrices.
///
/// # Errors
///
/// The first column of the block that is not positive definite.
fn factor(matrix: &mut DMatrix<f64>) -> Result<(), usize> {
    let size = matrix.nrows();
    for start in (0..size).step_by(BLOCK) {
        let end = size.min(start + BLOCK);
        let block = matrix.view((start, start), (end - start, end - start)).into_owned();
        let lower = Cholesky::new(block).ok_or(start)?.unpack();
        matrix.view_mut((start, start), lower.shape()).copy_from(&lower);
        let below = size - end;
        // L21 = A21·L11⁻ᵀ, then A22 − L21·L21ᵀ
        let mut panel = matrix.view((end, start), (below, end - start)).transpose();
        lower.solve_lower_triangular_unchecked_mut(&mut panel);
        let transposed = panel.transpose();
        matrix.view_mut((end, start), transposed.shape()).copy_from(&transposed);
        for first in (0..below).step_by(BLOCK) {
            // only what is on or below the diagonal
            let (height, width) = (below - first, BLOCK.min(below - first));
            matrix.view_mut((end + first, end + first), (height, width)).gemm(
                -1.0,
                &transposed.rows(first, height),
                &panel.columns(first, width),
                1.0,
            );
        }
    }
    Ok(())
}

/// Overwrites B by B·(L·Lᵀ)⁻¹, given L.
fn substitute(lower: &DMatrix<f64>, right: &mut DMatrix<f64>) {
    let size = lower.nrows();
    let starts: Vec<usize> = (0..size).step_by(BLOCK).collect();
    let block = |start: usize| {
        lower.view((start, start), {
            let width = BLOCK.min(size - start);
            (width, width)
        })
    };
    // X·Lᵀ = B from the first block on, then Y·L = X from the last
    for &start in &starts {
        let width = BLOCK.min(size - start);
        let end = start + width;
        let mut part = right.columns(start, width).transpose();
        block(start).solve_lower_triangular_unchecked_mut(&mut part);
        let solved = part.transpose();
        right.columns_mut(start, width).copy_from(&solved);
        let coupling = lower.view((end, start), (size - end, width)).transpose();
        right.columns_mut(end, size - end).gemm(-1.0, &solved, &coupling, 1.0);
    }
    for &start in starts.iter().rev() {
        let width = BLOCK.min(size - start);
        let mut part = right.columns(start, width).transpose();
        block(start).tr_solve_lower_triangular_unchecked_mut(&mut part);
        let solved = part.transpose();
        right.columns_mut(start, width).copy_from(&solved);
        let coupling: DMatrixView<'_, f64, _, _> = lower.view((start, 0), (width, start));
        right.columns_mut(0, start).gemm(-1.0, &solved, &coupling, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over three blocks, of which the last is not full.
    #[test]
    fn blocks_solve_what_nalgebra_solves_at_once() {
        let size = 2 * BLOCK + 37;
        let mixed = DMatrix::from_fn(size, size, |i, j| ((i * 31 + j * 17 + i * j) as f64).sin());
        let matrix = &mixed * mixed.transpose() + DMatrix::identity(size, size) * 10.0;
        let mut right = DMatrix::from_fn(5, size, |i, j| ((i + 3 * j) as f64).cos());
        let expected = Cholesky::new(matrix.clone()).unwrap().solve(&right.transpose()).transpose();
        let mut lower = matrix;
        factor(&mut lower).unwrap();
        substitute(&lower, &mut right);
        // condition about 100, over numbers of size 0.1
        assert!((right - expected).amax() < 1e-14);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_told_by_its_block() {
        let mut matrix = DMatrix::identity(2 * BLOCK, 2 * BLOCK);
        matrix[(BLOCK + 1, BLOCK + 1)] = 0.0;
        assert_eq!(factor(&mut matrix), Err(BLOCK));
    }
}
