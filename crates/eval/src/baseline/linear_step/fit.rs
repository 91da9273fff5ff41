use std::collections::HashSet;

use apical_core::{CoreError, TrialSource};
use serde::{Deserialize, Serialize};

use super::normal_equations::NormalEquations;
use super::{LinearStep, Parts};
use crate::{Columns, EvalError, TrialsError};

/// How a [`LinearStep`] is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LinearStepConfig {
    /// What is added to the diagonal of the normal equations, for every row of the regression; a row is a millisecond of
    /// a trial. The mean square of a feature is on that diagonal too: 1 for voltages, in standard deviations, and about the
    /// probability of an event in a millisecond for a synapse. The constant has no ridge.
    ///
    /// 1e-5 by default. On 288,000 ms of the default cell errors one step ahead are up to 3 % greater at 3e-4, and those of
    /// free runs up to 2 % less.
    pub ridge_per_row: f64,
}

impl Default for LinearStepConfig {
    fn default() -> Self {
        Self { ridge_per_row: 1e-5 }
    }
}

impl LinearStep {
    /// Ridge regression on all milliseconds of some trials of a source, by normal equations in f64.
    ///
    /// `mean_mv` and `standard_deviation_mv` are those of the voltage of every compartment of the layout in the trials
    /// that are trained with, as by `Scaling` of apical-dataset. One trial is in memory at a time, and the normal
    /// equations, which are (C + 2·S + sites + 1)² numbers.
    ///
    /// # Errors
    ///
    /// [`TrialsError::Source`] and [`TrialsError::Trial`] for a trial that cannot be had or is not of the layout;
    /// [`EvalError::Empty`], [`EvalError::TrialTwice`] or [`CoreError::NoTrial`] for the list of them;
    /// [`CoreError::Shape`] and [`EvalError::Value`] for means and standard deviations; [`EvalError::Parameter`] for a ridge
    /// that is negative or not finite; and [`EvalError::NotPositiveDefinite`], which takes a ridge of 0 or next to it.
    pub fn fit<S: TrialSource>(
        source: &S,
        trials: &[usize],
        columns: Columns,
        mean_mv: &[f64],
        standard_deviation_mv: &[f64],
        config: LinearStepConfig,
    ) -> Result<Self, TrialsError<S::Error>> {
        let ridge_per_row = config.ridge_per_row;
        if !(ridge_per_row.is_finite() && ridge_per_row >= 0.0) {
            let (parameter, expected) = ("the ridge per row", "finite and at least 0");
            let error = EvalError::Parameter { parameter, value: ridge_per_row, expected };
            return Err(error.into());
        }
        check_trials(trials, source.trial_count())?;
        let mut parts = unfitted(source, columns, mean_mv, standard_deviation_mv)?;
        let mut equations = NormalEquations::new(parts.features());
        for &index in trials {
            let trial = source
                .trial(index)
                .map_err(|source| TrialsError::Source { trial: index, source })?;
            trial
                .check(source.layout())
                .map_err(EvalError::from)
                .and_then(|()| parts.columns.check(&trial))
                .map_err(|source| TrialsError::Trial { trial: index, source })?;
            equations.add(&parts, &trial);
            for row in trial.voltage_mv.chunks_exact(parts.columns.layout_compartments()) {
                for (k, id) in parts.columns.compartments().iter().enumerate() {
                    parts.lowest_mv[k] = parts.lowest_mv[k].min(row[id.index()]);
                    parts.highest_mv[k] = parts.highest_mv[k].max(row[id.index()]);
                }
            }
        }
        parts.weights = equations.solve(ridge_per_row)?;
        Ok(parts.try_into()?)
    }
}

/// All but weights and bounds.
fn unfitted<S: TrialSource>(
    source: &S,
    columns: Columns,
    mean_mv: &[f64],
    standard_deviation_mv: &[f64],
) -> Result<Parts, EvalError> {
    let layout = source.layout();
    let compartments = columns.layout_compartments();
    for (what, found) in [
        ("compartments of the layout", layout.compartments.len()),
        ("means of compartments", mean_mv.len()),
        ("standard deviations of compartments", standard_deviation_mv.len()),
    ] {
        crate::error::check_shape(what, compartments, found)?;
    }
    let parts = Parts {
        synapse_count: layout.synapse_count,
        injection_sites: layout.injection_sites.clone(),
        mean_mv: columns.of(mean_mv),
        standard_deviation_mv: columns.of(standard_deviation_mv),
        lowest_mv: vec![f32::INFINITY; columns.len()],
        highest_mv: vec![f32::NEG_INFINITY; columns.len()],
        weights: Vec::new(),
        columns,
    };
    parts.check_scaling()?;
    Ok(parts)
}

/// That there are trials in the list, that the source has them, and none is listed twice.
fn check_trials(trials: &[usize], trial_count: usize) -> Result<(), EvalError> {
    if trials.is_empty() {
        return Err(EvalError::Empty { what: "the list of trials" });
    }
    let mut seen = HashSet::new();
    for &trial in trials {
        if trial >= trial_count {
            return Err(CoreError::NoTrial { trial, trials: trial_count }.into());
        }
        if !seen.insert(trial) {
            return Err(EvalError::TrialTwice { trial });
        }
    }
    Ok(())
}
