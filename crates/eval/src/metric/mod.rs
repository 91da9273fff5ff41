mod band;
mod calcium;
mod horizon;
mod potential;
mod region;
mod spike;

use apical_core::{CompartmentId, Trial};

use crate::error::check_shape;
use crate::{Columns, EvalError, Table};

pub use band::{BandMetric, VoltageBand, VoltageBands};
pub use calcium::{CalciumMetric, CalciumSpike, calcium_spikes, overlapping};
pub use horizon::{HORIZON_STARTS_MS, Horizons};
pub use potential::PotentialMetric;
pub use region::RegionMetric;
pub use spike::{
    Detection, SpikeMetric, SpikeRule, average_precision, coincidence_factor, coincidences, roc_auc,
};

/// What is said of some bins of a trial, beside the trial itself.
///
/// Where the voltages come from is not asked: a network that is told the truth before each step or one that runs freely, a
/// simulation, a baseline.
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    /// The trial's number.
    pub trial: usize,
    /// The whole trial.
    pub truth: &'a Trial,
    /// Compartments that are predicted.
    pub columns: &'a Columns,
    /// The first bin: voltages are those at `first_bin + 1` ms and after.
    pub first_bin: usize,
    /// n predicted milliseconds, mV, `[n × C]`, the compartment's index fastest.
    pub voltage_mv: &'a [f32],
    /// Logits of a somatic spike in each of them, `[n]`, where they are predicted.
    pub spike_logits: Option<&'a [f32]>,
}

impl Prediction<'_> {
    /// Refuses arrays that do not fit each other.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape).
    pub fn check(&self) -> Result<(), EvalError> {
        self.columns.check(self.truth)?;
        let what = "predicted voltages [milliseconds × compartments]";
        check_shape(what, self.milliseconds() * self.columns.len(), self.voltage_mv.len())?;
        let bins = self.truth.bins();
        check_shape("predicted milliseconds", self.end().min(bins), self.end())?;
        let logits = self.spike_logits.map_or(self.milliseconds(), <[f32]>::len);
        check_shape("logits of spikes [milliseconds]", self.milliseconds(), logits)
    }

    /// n.
    #[must_use]
    pub fn milliseconds(&self) -> usize {
        self.voltage_mv.len() / self.columns.len()
    }

    /// The bin after the last.
    #[must_use]
    pub fn end(&self) -> usize {
        self.first_bin + self.milliseconds()
    }

    /// The true voltages at the same times, mV, `[n × C]`.
    ///
    /// # Panics
    ///
    /// May for what [`check`](Self::check) refuses.
    #[must_use]
    pub fn truth_mv(&self) -> Vec<f32> {
        let times = self.first_bin + 1..=self.end();
        times.flat_map(|ms| self.columns.of(self.truth.voltages_at(ms))).collect()
    }

    /// The predicted and the true voltages of a compartment of the layout, mV, `[n]` each; none if it is not predicted.
    #[must_use]
    pub fn traces_mv(&self, compartment: CompartmentId) -> Option<[Vec<f64>; 2]> {
        let column = self.columns.compartments().iter().position(|&id| id == compartment)?;
        let rows = self.voltage_mv.chunks_exact(self.columns.len());
        let predicted = rows.map(|row| f64::from(row[column])).collect();
        let truth = self.truth.trace_mv(compartment).map(f64::from);
        Some([predicted, truth.skip(self.first_bin + 1).take(self.milliseconds()).collect()])
    }
}

/// Something that is said of predictions, collected over trials.
///
/// ```
/// use apical_core::Trial;
/// use apical_eval::{Cell, EvalError, Metric, Prediction, Table};
///
/// /// The largest error of all.
/// #[derive(Default)]
/// struct Worst(f64);
///
/// impl Metric for Worst {
///     fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
///         prediction.check()?;
///         for (predicted, truth) in prediction.voltage_mv.iter().zip(prediction.truth_mv()) {
///             self.0 = self.0.max(f64::from((predicted - truth).abs()));
///         }
///         Ok(())
///     }
///
///     fn table(&self) -> Result<Table, EvalError> {
///         let mut table = Table::new("worst", &["error_mv"]);
///         table.push(vec![self.0.into()])?;
///         Ok(table)
///     }
/// }
/// ```
pub trait Metric {
    /// Takes note of a prediction.
    ///
    /// # Errors
    ///
    /// For one that does not fit its trial.
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError>;

    /// What has been found.
    ///
    /// # Errors
    ///
    /// Where nothing can be said, of no predictions say.
    fn table(&self) -> Result<Table, EvalError>;
}
