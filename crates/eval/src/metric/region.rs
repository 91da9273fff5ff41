use apical_core::CompartmentTable;

use super::{Metric, Prediction};
use crate::error::check_shape;
use crate::{Bootstrap, CompartmentErrors, EvalError, Table};

/// Errors by region, with confidence intervals over trials.
#[derive(Clone, Debug)]
pub struct RegionMetric {
    table: CompartmentTable,
    mean_mv: Vec<f64>,
    bootstrap: Bootstrap,
    errors: CompartmentErrors,
}

impl RegionMetric {
    /// Nothing yet of these compartments, whose voltages have these means, mV, `[C]` both.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for another number of means.
    pub fn new(
        table: CompartmentTable,
        mean_mv: Vec<f64>,
        bootstrap: Bootstrap,
    ) -> Result<Self, EvalError> {
        check_shape("means of compartments", table.len(), mean_mv.len())?;
        let errors = CompartmentErrors::new(table.len());
        Ok(Self { table, mean_mv, bootstrap, errors })
    }

    /// What has been collected.
    #[must_use]
    pub const fn errors(&self) -> &CompartmentErrors {
        &self.errors
    }

    /// A row for every region: the share of a baseline's error that is gone, with its interval (see
    /// [`CompartmentErrors::gains`]).
    ///
    /// # Errors
    ///
    /// As [`CompartmentErrors::gains`].
    pub fn gain_table(&self, name: &str, baseline: &Self) -> Result<Table, EvalError> {
        let columns =
            ["baseline", "region", "error_removed", "error_removed_low", "error_removed_high"];
        let mut table = Table::new("gains", &columns);
        let regions = self.errors.by_region(&self.table, &self.mean_mv)?;
        let baseline = &baseline.errors;
        let gains = self.errors.gains(baseline, &self.table, &self.mean_mv, &self.bootstrap)?;
        for (error, gain) in regions.iter().zip(gains) {
            let region = error.region.to_string();
            table.push(vec![
                name.into(),
                region.into(),
                gain.value.into(),
                gain.low.into(),
                gain.high.into(),
            ])?;
        }
        Ok(table)
    }

    /// A row for every compartment: where it is, and its errors.
    ///
    /// # Errors
    ///
    /// As [`CompartmentErrors::by_compartment`].
    pub fn compartment_table(&self) -> Result<Table, EvalError> {
        let mut table = Table::new(
            "compartments",
            &[
                "compartment",
                "section",
                "x",
                "region",
                "path_distance_um",
                "rmse_mv",
                "standardized_mse",
                "explained_variance",
            ],
        );
        let errors = self.errors.by_compartment(&self.mean_mv)?;
        for (error, record) in errors.iter().zip(self.table.records()) {
            table.push(vec![
                error.compartment.index().into(),
                record.section.clone().into(),
                record.x.into(),
                record.region.to_string().into(),
                record.path_distance_um.into(),
                error.mse_mv2.sqrt().into(),
                error.standardized_mse.into(),
                error.explained_variance.into(),
            ])?;
        }
        Ok(table)
    }
}

impl Metric for RegionMetric {
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
        prediction.check()?;
        check_shape("compartments of the table", self.table.len(), prediction.columns.len())?;
        self.errors.add(prediction.trial, prediction.voltage_mv, &prediction.truth_mv())
    }

    /// A row for every region: root mean square error, standardized mean square error with its interval, explained
    /// variance with its interval.
    fn table(&self) -> Result<Table, EvalError> {
        let mut table = Table::new(
            "regions",
            &[
                "region",
                "compartments",
                "rmse_mv",
                "standardized_mse",
                "standardized_mse_low",
                "standardized_mse_high",
                "explained_variance",
                "explained_variance_low",
                "explained_variance_high",
            ],
        );
        let regions = self.errors.by_region(&self.table, &self.mean_mv)?;
        let [mse, explained] =
            self.errors.intervals(&self.table, &self.mean_mv, &self.bootstrap)?;
        for ((error, mse), explained) in regions.iter().zip(mse).zip(explained) {
            table.push(vec![
                error.region.to_string().into(),
                error.compartments.into(),
                error.mse_mv2.sqrt().into(),
                mse.value.into(),
                mse.low.into(),
                mse.high.into(),
                explained.value.into(),
                explained.low.into(),
                explained.high.into(),
            ])?;
        }
        Ok(table)
    }
}
