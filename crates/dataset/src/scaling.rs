use apical_core::{CompartmentId, CoreError, TrialSource};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::trial_access::{check_trials, read};
use crate::{DatasetError, LoaderError};

/// Trials that are read side by side; of each, moments of every compartment are kept until they are merged in order.
const TRIALS_AT_A_TIME: usize = 64;

/// What voltages are standardized by.
///
/// Neither the median and interquartile range nor minimum and maximum are offered. Networks are trained on squared
/// errors, of which the standard deviation is the scale: with it the loss of predicting the mean is 1. An interquartile
/// range is that of the subthreshold voltage alone and makes action potentials tens of units high, and a maximum is
/// that of a single action potential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ScalingMethod {
    /// Every compartment by its own mean and standard deviation, so that all weigh the same in a loss.
    #[default]
    PerCompartment,
    /// All compartments by the mean and standard deviation of all: differences between them remain.
    Pooled,
}

/// Mean and standard deviation of the voltage of every compartment.
///
/// ```
/// use apical_dataset::Scaling;
///
/// let scaling = Scaling::new(vec![-70.0, -60.0], vec![5.0, 10.0])?;
/// let mut voltages = [-65.0, -60.0, -75.0, -50.0];
/// scaling.standardize(&mut voltages);
/// assert_eq!(voltages, [1.0, 0.0, -1.0, 1.0]);
/// # Ok::<(), apical_dataset::DatasetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parameters", into = "Parameters")]
pub struct Scaling {
    parameters: Parameters,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    mean_mv: Vec<f64>,
    standard_deviation_mv: Vec<f64>,
}

impl Scaling {
    /// From the mean and standard deviation of every compartment, mV.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] unless there are as many of either, [`DatasetError::Scaling`] for a mean that is not finite
    /// or a standard deviation that is not finite and positive.
    pub fn new(mean_mv: Vec<f64>, standard_deviation_mv: Vec<f64>) -> Result<Self, DatasetError> {
        Parameters { mean_mv, standard_deviation_mv }.try_into()
    }

    /// The scaling of these trials, which should be those to train with. The standard deviation is that of all of their
    /// samples, with their number, not one less, as divisor.
    ///
    /// Moments of a trial are found by Welford's recurrence (doi:10.1080/00401706.1962.10490022) and merged in the
    /// order of the trials by the formula of Chan et al. (doi:10.1080/00031305.1983.10483115), in f64: the result is
    /// the same on any number of threads. Each of rayon's threads holds one trial.
    ///
    /// A compartment of constant voltage is an error and not left unscaled: it has nothing to learn from, and most
    /// likely is one that was not recorded.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Empty`], [`DatasetError::TrialTwice`] or [`CoreError::NoTrial`] for the list of trials,
    /// [`DatasetError::Scaling`] for a compartment whose voltage is constant or not finite, and those of the source.
    pub fn fit<S: TrialSource>(
        source: &S,
        trials: &[usize],
        method: ScalingMethod,
    ) -> Result<Self, LoaderError<S::Error>> {
        check_trials(trials, source.trial_count())?;
        let compartments = source.layout().compartments.len();
        let mut total = vec![Moments::default(); compartments];
        for trials in trials.chunks(TRIALS_AT_A_TIME) {
            let of_trials: Vec<_> = trials
                .par_iter()
                .map(|&trial| {
                    read(source, trial).map(|trial| moments(&trial.voltage_mv, compartments))
                })
                .collect();
            for of_trial in of_trials {
                for (total, of_trial) in total.iter_mut().zip(of_trial?) {
                    total.merge(of_trial);
                }
            }
        }
        if method == ScalingMethod::Pooled {
            let mut pooled = Moments::default();
            total.iter().for_each(|&of_compartment| pooled.merge(of_compartment));
            total.fill(pooled);
        }
        let mean_mv = total.iter().map(|moments| moments.mean).collect();
        let standard_deviation_mv =
            total.iter().map(|moments| (moments.squares / moments.count).sqrt()).collect();
        Ok(Self::new(mean_mv, standard_deviation_mv)?)
    }

    /// The mean of every compartment, mV.
    #[must_use]
    pub fn mean_mv(&self) -> &[f64] {
        &self.parameters.mean_mv
    }

    /// The standard deviation of every compartment, mV.
    #[must_use]
    pub fn standard_deviation_mv(&self) -> &[f64] {
        &self.parameters.standard_deviation_mv
    }

    /// Voltages, mV, `[times × compartments]`, the compartment's index fastest, to deviations from the mean in standard
    /// deviations.
    ///
    /// Computed in f32, with a mean that is rounded to f32: that is as wrong as voltages in f32 are, by 4e-6 mV.
    ///
    /// # Panics
    ///
    /// If the number of voltages is no multiple of that of compartments.
    pub fn standardize(&self, voltages: &mut [f32]) {
        let standardizer = Standardizer::new(self);
        for row in rows(voltages, standardizer.columns.len()) {
            for (v, column) in row.iter_mut().zip(&standardizer.columns) {
                *v = column.standardize(*v);
            }
        }
    }

    /// The reverse of [`standardize`](Self::standardize), up to rounding.
    ///
    /// # Panics
    ///
    /// As it.
    pub fn restore(&self, standardized: &mut [f32]) {
        let columns: Vec<[f32; 2]> = self
            .mean_mv()
            .iter()
            .zip(self.standard_deviation_mv())
            .map(|(&mean, &deviation)| [mean as f32, deviation as f32])
            .collect();
        for row in rows(standardized, columns.len()) {
            for (v, [mean, deviation]) in row.iter_mut().zip(&columns) {
                *v = *v * deviation + mean;
            }
        }
    }
}

fn rows(voltages: &mut [f32], compartments: usize) -> impl Iterator<Item = &mut [f32]> {
    assert!(
        voltages.len().is_multiple_of(compartments),
        "{} voltages are no rows of {compartments} compartments",
        voltages.len()
    );
    voltages.chunks_exact_mut(compartments.max(1))
}

impl TryFrom<Parameters> for Scaling {
    type Error = DatasetError;

    fn try_from(parameters: Parameters) -> Result<Self, DatasetError> {
        let Parameters { mean_mv, standard_deviation_mv } = &parameters;
        let [expected, found] = [mean_mv.len(), standard_deviation_mv.len()];
        if expected != found {
            let what = "standard deviations of the compartments";
            return Err(CoreError::Shape { what, expected, found }.into());
        }
        for (k, (&mean_mv, &standard_deviation_mv)) in
            mean_mv.iter().zip(standard_deviation_mv).enumerate()
        {
            // in f32, as they are used
            let [mean, deviation] = [mean_mv, standard_deviation_mv].map(|mv| mv as f32);
            if !(mean.is_finite() && deviation > 0.0 && deviation.recip().is_normal()) {
                let compartment = CompartmentId::new(k);
                return Err(DatasetError::Scaling { compartment, mean_mv, standard_deviation_mv });
            }
        }
        Ok(Self { parameters })
    }
}

impl From<Scaling> for Parameters {
    fn from(scaling: Scaling) -> Self {
        scaling.parameters
    }
}

/// A scaling in the form in which it is applied.
pub(crate) struct Standardizer {
    columns: Vec<Column>,
}

#[derive(Clone, Copy)]
struct Column {
    mean_mv: f32,
    per_mv: f32,
}

impl Column {
    #[inline(always)]
    fn standardize(self, v_mv: f32) -> f32 {
        (v_mv - self.mean_mv) * self.per_mv
    }
}

impl Standardizer {
    pub(crate) fn new(scaling: &Scaling) -> Self {
        let columns = scaling.mean_mv().iter().zip(scaling.standard_deviation_mv());
        let columns = columns.map(|(&mean_mv, &deviation_mv)| Column {
            mean_mv: mean_mv as f32,
            per_mv: (deviation_mv as f32).recip(),
        });
        Self { columns: columns.collect() }
    }

    /// Appends what [`Scaling::standardize`] makes of these voltages.
    pub(crate) fn append(&self, voltage_mv: &[f32], to: &mut Vec<f32>) {
        for row in voltage_mv.chunks_exact(self.columns.len().max(1)) {
            to.extend(row.iter().zip(&self.columns).map(|(&v, column)| column.standardize(v)));
        }
    }
}

/// Number, mean and sum of squared deviations from it.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn merge(&mut self, other: Self) {
        let count = self.count + other.count;
        let difference = other.mean - self.mean;
        self.mean += difference * (other.count / count);
        self.squares +=
            other.squares + difference * difference * (self.count * other.count / count);
        self.count = count;
    }
}

/// Those of every column of `[times × compartments]`.
fn moments(voltages: &[f32], compartments: usize) -> Vec<Moments> {
    let mut moments = vec![Moments::default(); compartments];
    for (time, row) in voltages.chunks_exact(compartments.max(1)).enumerate() {
        let count = (time + 1) as f64;
        let share = count.recip();
        for (moments, &v) in moments.iter_mut().zip(row) {
            let v = f64::from(v);
            let difference = v - moments.mean;
            moments.mean += difference * share;
            moments.squares += difference * (v - moments.mean);
            moments.count = count;
        }
    }
    moments
}
