use apical_core::CompartmentTable;

use super::{Metric, Prediction};
use crate::error::{check_shape, check_values};
use crate::{CompartmentErrors, EvalError, Table};

/// Errors by how long ago the truth was last known: of predictions that run freely from their first bin on.
#[derive(Clone, Debug)]
pub struct HorizonMetric {
    table: CompartmentTable,
    mean_mv: Vec<f64>,
    /// First milliseconds of ranges, from 1.
    starts_ms: Vec<usize>,
    errors: Vec<CompartmentErrors>,
}

impl HorizonMetric {
    /// Starts of ranges that suit runs of a second and more: 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 ms.
    pub const STARTS_MS: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

    /// Nothing yet of these compartments, whose voltages have these means, mV, `[C]` both. Ranges go from each start to the
    /// next; starts are in order, the first is at least 1.
    ///
    /// # Errors
    ///
    /// [`EvalError::Value`] for starts that are not, [`EvalError::Empty`] for none,
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for another number of means.
    pub fn new(
        table: CompartmentTable,
        mean_mv: Vec<f64>,
        starts_ms: &[usize],
    ) -> Result<Self, EvalError> {
        check_shape("means of compartments", table.len(), mean_mv.len())?;
        if starts_ms.is_empty() {
            return Err(EvalError::Empty { what: "the list of horizons" });
        }
        let mut before = 0.0;
        let starts = starts_ms.iter().map(|&ms| ms as f64);
        check_values("horizons, ms", starts, "above the one before", |ms| {
            let is_after = ms > before;
            before = ms;
            is_after
        })?;
        let errors = vec![CompartmentErrors::new(table.len()); starts_ms.len()];
        Ok(Self { table, mean_mv, starts_ms: starts_ms.to_vec(), errors })
    }
}

impl Metric for HorizonMetric {
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
        prediction.check()?;
        let columns = prediction.columns.len();
        check_shape("compartments of the table", self.table.len(), columns)?;
        let truth = prediction.truth_mv();
        let ends = self.starts_ms.iter().skip(1).copied().chain([usize::MAX]);
        for ((&start, end), errors) in self.starts_ms.iter().zip(ends).zip(&mut self.errors) {
            // row k is k + 1 ms after the truth
            let rows = start - 1..prediction.milliseconds().min(end - 1);
            if rows.start < rows.end {
                let values = rows.start * columns..rows.end * columns;
                let predicted = &prediction.voltage_mv[values.clone()];
                errors.add(prediction.trial, predicted, &truth[values])?;
            }
        }
        Ok(())
    }

    /// A row for every range and region: root mean square error, and explained variance.
    fn table(&self) -> Result<Table, EvalError> {
        let names = &["from_ms", "region", "rmse_mv", "standardized_mse", "explained_variance"];
        let mut table = Table::new("horizon", names);
        for (&start, errors) in self.starts_ms.iter().zip(&self.errors) {
            if errors.trials().next().is_none() {
                continue;
            }
            for error in errors.by_region(&self.table, &self.mean_mv)? {
                table.push(vec![
                    start.into(),
                    error.region.to_string().into(),
                    error.mse_mv2.sqrt().into(),
                    error.standardized_mse.into(),
                    error.explained_variance.into(),
                ])?;
            }
        }
        Ok(table)
    }
}
