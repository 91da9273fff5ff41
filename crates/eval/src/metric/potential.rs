use super::{Metric, Prediction};
use crate::error::check_shape;
use crate::{EvalError, Spectra, Table};

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
    spectra: Vec<Spectra>,
}

/// Windows of spectra, ms.
const WINDOW_MS: usize = 256;

/// Ranges of frequencies, Hz: what is slower than half a window is not there, what is faster than 500 Hz not sampled.
const BANDS_HZ: [[u32; 2]; 3] = [[4, 20], [20, 80], [80, 500]];

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
        let spectra = vec![Spectra::new(WINDOW_MS); names.len()];
        Ok(Self { names: names.to_vec(), operator, samples: 0, sums, spectra })
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
        let truth_mv = prediction.truth_mv();
        let electrodes = self.sums.iter_mut().zip(&mut self.spectra);
        for ((sums, spectra), row) in electrodes.zip(self.operator.chunks_exact(columns)) {
            let potential_uv = |voltages: &[f32]| {
                let terms = row.iter().zip(voltages).map(|(x, &v)| x * f64::from(v));
                1e3 * terms.sum::<f64>()
            };
            let potentials_uv = |voltages_mv: &[f32]| -> Vec<f64> {
                voltages_mv.chunks_exact(columns).map(potential_uv).collect()
            };
            let [predicted, truth] = [prediction.voltage_mv, &truth_mv].map(potentials_uv);
            for (p, t) in predicted.iter().zip(&truth) {
                sums.predicted += p;
                sums.truth += t;
                sums.predicted_squares += p * p;
                sums.true_squares += t * t;
                sums.products += p * t;
            }
            spectra.add(&predicted, &truth)?;
        }
        Ok(())
    }

    /// A row for every electrode: root mean square error, standard deviation of the true potential, correlation, the
    /// standard deviation that independent noise of 1 mV in every compartment would make, and by ranges of frequencies the power relative to
    /// the true one and the coherence ([`Spectra`]).
    fn table(&self) -> Result<Table, EvalError> {
        if self.samples == 0 {
            return Err(EvalError::Empty { what: "the list of potentials that were predicted" });
        }
        let names =
            ["electrode", "rmse_uv", "true_deviation_uv", "correlation", "noise_gain_uv_per_mv"];
        let of_bands = BANDS_HZ.iter().flat_map(|[from, to]| {
            ["power_db", "coherence"].map(|what| format!("{what}_{from}_{to}hz"))
        });
        let names: Vec<String> = names.map(str::to_owned).into_iter().chain(of_bands).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut table = Table::new("potentials", &names);
        let n = self.samples as f64;
        let rows = self.operator.chunks_exact(self.columns().max(1));
        let electrodes = self.names.iter().zip(&self.sums).zip(&self.spectra);
        for (((name, sums), spectra), row) in electrodes.zip(rows) {
            let Sums { predicted, truth, predicted_squares, true_squares, products } = sums.over(n);
            let variance = |mean: f64, square: f64| (square - mean * mean).max(0.0);
            let [of_prediction, of_truth] =
                [variance(predicted, predicted_squares), variance(truth, true_squares)];
            let covariance = products - predicted * truth;
            let mse = (predicted_squares - 2.0 * products + true_squares).max(0.0);
            let gain = 1e3 * row.iter().map(|x| x * x).sum::<f64>().sqrt();
            let mut cells = vec![
                name.clone().into(),
                mse.sqrt().into(),
                of_truth.sqrt().into(),
                (covariance / (of_prediction * of_truth).sqrt()).into(),
                gain.into(),
            ];
            for band in BANDS_HZ.map(|hz| {
                let [from, to] = hz.map(f64::from);
                spectra.band(from..to)
            }) {
                cells.push(band.map(|band| band.power_db).into());
                cells.push(band.map(|band| band.coherence).into());
            }
            table.push(cells)?;
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
