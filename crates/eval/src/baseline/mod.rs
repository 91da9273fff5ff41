mod linear_step;

use apical_core::{Trial, TrialSource};
use serde::{Deserialize, Serialize};

use crate::error::{check_shape, check_values};
use crate::{Columns, CompartmentErrors, EvalError, TrialsError};

pub use linear_step::{LinearInput, LinearSnapshot, LinearStep, LinearStepConfig, LinearStepModel};

/// Predicts the voltages at k + 1 ms from the true ones up to k ms and the input up to bin k.
pub trait StepPredictor {
    /// The compartments that are predicted.
    fn columns(&self) -> &Columns;

    /// The voltages at 1, 2, …, T ms, mV, `[T × C]`, the compartment's index fastest.
    ///
    /// # Errors
    ///
    /// For a trial of another layout.
    fn predict(&self, trial: &Trial) -> Result<Vec<f32>, EvalError>;
}

/// Errors of what is predicted one step ahead in some trials of a source.
///
/// # Errors
///
/// [`TrialsError::Source`] and [`TrialsError::Trial`] for a trial that cannot be had or predicted.
pub fn step_errors<S: TrialSource>(
    predictor: &impl StepPredictor,
    source: &S,
    trials: &[usize],
) -> Result<CompartmentErrors, TrialsError<S::Error>> {
    let mut errors = CompartmentErrors::new(predictor.columns().len());
    for &index in trials {
        let trial =
            source.trial(index).map_err(|source| TrialsError::Source { trial: index, source })?;
        predictor
            .predict(&trial)
            .and_then(|predicted| {
                errors.add(index, &predicted, &predictor.columns().targets(&trial)?)
            })
            .map_err(|source| TrialsError::Trial { trial: index, source })?;
    }
    Ok(errors)
}

/// The baseline that always predicts the mean of the voltages that were trained with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingMean {
    columns: Columns,
    mean_mv: Vec<f64>,
}

impl TrainingMean {
    /// From the mean of every compartment of the layout, mV.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for another number of means, [`EvalError::Value`] for one that
    /// is not finite.
    pub fn new(columns: Columns, mean_mv: &[f64]) -> Result<Self, EvalError> {
        let what = "means of compartments";
        check_shape(what, columns.layout_compartments(), mean_mv.len())?;
        check_values(what, mean_mv.iter().copied(), "finite", f64::is_finite)?;
        let mean_mv = columns.of(mean_mv);
        Ok(Self { columns, mean_mv })
    }
}

impl StepPredictor for TrainingMean {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn predict(&self, trial: &Trial) -> Result<Vec<f32>, EvalError> {
        self.columns.check(trial)?;
        let row: Vec<f32> = self.mean_mv.iter().map(|&mv| mv as f32).collect();
        Ok(row.repeat(trial.bins()))
    }
}

/// The baseline v(k + 1) = v(k), one step ahead. Over longer times it is [`Persistence`](apical_core::Persistence).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPersistence {
    columns: Columns,
}

impl StepPersistence {
    /// Of these compartments.
    #[must_use]
    pub const fn new(columns: Columns) -> Self {
        Self { columns }
    }
}

impl StepPredictor for StepPersistence {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn predict(&self, trial: &Trial) -> Result<Vec<f32>, EvalError> {
        self.columns.check(trial)?;
        let rows = trial.voltage_mv.chunks_exact(self.columns.layout_compartments());
        Ok(rows.take(trial.bins()).flat_map(|row| self.columns.of(row)).collect())
    }
}
