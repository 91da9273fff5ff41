use super::{Metric, Prediction};
use crate::error::check_shape;
use crate::{EvalError, Table};

/// Potentials at electrodes, found from predicted voltages and from true ones by the same operator.
///
/// The operator takes differences between neighbours, so that errors which neighbours do not share weigh more than those
/// they share: its noise gain says how much.
#[derive(Clone, Debug)]
pub struct PotentialMetric {
    names: Vec<String>,
    /// `[electrodes × C]`, mV/mV.
    operator: Vec<f64>,
    samples: usize,
    sums: Vec<Sums>,
}

/// Over times, µV and µV².
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    predicted: f64,
    truth: f64,
    predicted_squares: f64,
    true_squares: f64,
    products: f64,
}

impl PotentialMetric {
    /// Nothing yet of electrodes of these names, whose potentials in mV follow from voltages in mV by an operator
    /// `[electrodes × C]`, the compartment's index fastest.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for an operator that is not of so many electrodes.
    pub fn new(names: &[String], operator: Vec<f64>) -> Result<Self, EvalError> {
        let columns = operator.len() / names.len().max(1);
        check_shape("operator [electrodes × compartments]", names.len() * columns, operator.len())?;
        let sums = vec![Sums::default(); names.len()];
        Ok(Self { names: names.to_vec(), operator, samples: 0, sums })
    }

    fn columns(&self) -> usize {
        self.operator.len() / self.names.len().max(1)
    }
}

impl Metric for PotentialMetric {
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
        prediction.check()?;
        let columns = prediction.columns.len();
        check_shape("compartments of the operator", self.columns(), columns)?;
        self.samples += prediction.milliseconds();
        let truth = prediction.truth_mv();
        let rows = prediction.voltage_mv.chunks_exact(columns);
        for (predicted, truth) in rows.zip(truth.chunks_exact(columns)) {
            for (sums, row) in self.sums.iter_mut().zip(self.operator.chunks_exact(columns)) {
                let potential_uv = |voltages: &[f32]| {
                    let terms = row.iter().zip(voltages).map(|(x, &v)| x * f64::from(v));
                    1e3 * terms.sum::<f64>()
                };
                let [p, t] = [potential_uv(predicted), potential_uv(truth)];
                sums.predicted += p;
                sums.truth += t;
                sums.predicted_squares += p * p;
                sums.true_squares += t * t;
                sums.products += p * t;
            }
        }
        Ok(())
    }

    /// A row for every electrode: root mean square error, standard deviation of the true potential, correlation, and the
    /// standard deviation that independent noise of 1 mV in every compartment would make.
    fn table(&self) -> Result<Table, EvalError> {
        if self.samples == 0 {
            return Err(EvalError::Empty { what: "the list of potentials that were predicted" });
        }
        let mut table = Table::new(
            "potentials",
            &["electrode", "rmse_uv", "true_deviation_uv", "correlation", "noise_gain_uv_per_mv"],
        );
        let n = self.samples as f64;
        let rows = self.operator.chunks_exact(self.columns().max(1));
        for ((name, sums), row) in self.names.iter().zip(&self.sums).zip(rows) {
            let Sums { predicted, truth, predicted_squares, true_squares, products } = sums.over(n);
            let variance = |mean: f64, square: f64| (square - mean * mean).max(0.0);
            let [of_prediction, of_truth] =
                [variance(predicted, predicted_squares), variance(truth, true_squares)];
            let covariance = products - predicted * truth;
            let mse = (predicted_squares - 2.0 * products + true_squares).max(0.0);
            let gain = 1e3 * row.iter().map(|x| x * x).sum::<f64>().sqrt();
            table.push(vec![
                name.clone().into(),
                mse.sqrt().into(),
                of_truth.sqrt().into(),
                (covariance / (of_prediction * of_truth).sqrt()).into(),
                gain.into(),
            ])?;
        }
        Ok(table)
    }
}

impl Sums {
    /// Means.
    fn over(&self, n: f64) -> Self {
        Self {
            predicted: self.predicted / n,
            truth: self.truth / n,
            predicted_squares: self.predicted_squares / n,
            true_squares: self.true_squares / n,
            products: self.products / n,
        }
    }
}
