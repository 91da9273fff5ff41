use super::{Metric, Prediction};
use crate::error::check_values;
use crate::{EvalError, Table};

/// Another metric by how long ago the truth was last known: of predictions that run freely from their first bin on, or, to compare
/// with, that were told the truth all the time.
///
/// Each range of times is as a trial of its own: what goes on over its ends, such as a plateau, is in both parts.
///
/// ```
/// use apical_core::CompartmentId;
/// use apical_eval::{Horizons, SpikeMetric, SpikeRule};
///
/// let spikes = SpikeMetric::new(CompartmentId::new(0), SpikeRule::default());
/// // from 1 to 9 ms, from 10 to 99 ms, and later
/// let metric = Horizons::new("horizon_spikes", &[1, 10, 100], spikes)?;
/// # let _ = metric;
/// # Ok::<(), apical_eval::EvalError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Horizons<M> {
    name: String,
    /// First milliseconds of ranges, from 1.
    starts_ms: Vec<usize>,
    metrics: Vec<M>,
}

/// Starts of ranges that suit runs of a second and more: 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 ms.
pub const HORIZON_STARTS_MS: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

impl<M: Metric + Clone> Horizons<M> {
    /// Ranges from each start to the next, each with a metric like this one, to which nothing has been added. Starts are in
    /// order, the first is at least 1. The name is that of the table.
    ///
    /// # Errors
    ///
    /// [`EvalError::Value`] for starts that are not, [`EvalError::Empty`] for none.
    pub fn new(name: &str, starts_ms: &[usize], metric: M) -> Result<Self, EvalError> {
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
        let metrics = vec![metric; starts_ms.len()];
        Ok(Self { name: name.to_owned(), starts_ms: starts_ms.to_vec(), metrics })
    }
}

impl<M: Metric> Metric for Horizons<M> {
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
        prediction.check()?;
        let columns = prediction.columns.len();
        let ends = self.starts_ms.iter().skip(1).copied().chain([usize::MAX]);
        for ((&start, end), metric) in self.starts_ms.iter().zip(ends).zip(&mut self.metrics) {
            // row k is k + 1 ms after the truth
            let rows = start - 1..prediction.milliseconds().min(end - 1);
            if rows.start < rows.end {
                metric.add(&Prediction {
                    first_bin: prediction.first_bin + rows.start,
                    voltage_mv: &prediction.voltage_mv[rows.start * columns..rows.end * columns],
                    spike_logits: prediction.spike_logits.map(|logits| &logits[rows]),
                    ..*prediction
                })?;
            }
        }
        Ok(())
    }

    /// The rows of the metric for every range that there is something of, after a column `from_ms`.
    fn table(&self) -> Result<Table, EvalError> {
        let mut all: Option<Table> = None;
        for (&start, metric) in self.starts_ms.iter().zip(&self.metrics) {
            let found = match metric.table() {
                Err(EvalError::Empty { .. }) => continue,
                found => found?,
            };
            let names = found.columns.iter().map(String::as_str);
            let names: Vec<&str> = std::iter::once("from_ms").chain(names).collect();
            let table = all.get_or_insert_with(|| Table::new(&self.name, &names));
            for row in found.rows {
                table.push(std::iter::once(start.into()).chain(row).collect())?;
            }
        }
        all.ok_or(EvalError::Empty { what: "the list of voltages that were predicted" })
    }
}
