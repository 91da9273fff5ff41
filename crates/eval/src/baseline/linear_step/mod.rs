mod fit;
mod model;
mod normal_equations;

use apical_core::{CompartmentId, CoreError, SynapseId, Trial};
use serde::{Deserialize, Serialize};

use super::StepPredictor;
use crate::error::{check_shape, check_values};
use crate::{Columns, EvalError};

pub use fit::LinearStepConfig;
pub use model::{LinearSnapshot, LinearStepModel};

/// Predictions stay within the range of the voltages that were fitted, widened to either side by this share of it.
const MARGIN: f32 = 0.1;

/// The baseline that predicts the change of every voltage in a millisecond as a linear function of all voltages, the
/// synaptic events of this millisecond and of the one before, the injected currents, and a constant.
///
/// What a passive cable with synapses of constant driving force would do is of this form but for the memory of synapses.
/// [`fit`](Self::fit) finds the weights by ridge regression.
///
/// In standard deviations of every compartment, z = (v − mean) / sd, the prediction is z(k + 1) = z(k) + x·W with the
/// features x, C voltages z(k), the number of events of bin k at each of S synapses, that of bin k − 1 (0 before the
/// first bin), the current of bin k into each site in nA, and 1. It is held within the range of the voltages that were
/// fitted, widened by a tenth of it to either side, so that free runs cannot run away. Sums are in f32, in the order of
/// features.
///
/// Saved are the weights W as `[(C + 2·S + sites + 1) × C]`, the predicted compartment fastest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct LinearStep {
    parts: Parts,
    /// Least and greatest prediction, `[C]`, standard deviations.
    range: Vec<[f32; 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    columns: Columns,
    synapse_count: usize,
    /// As the layout numbers them.
    injection_sites: Vec<CompartmentId>,
    /// `[C]`.
    mean_mv: Vec<f64>,
    /// `[C]`.
    standard_deviation_mv: Vec<f64>,
    /// The least voltage that was fitted, `[C]`.
    lowest_mv: Vec<f32>,
    /// The greatest, `[C]`.
    highest_mv: Vec<f32>,
    /// `[(C + 2·S + sites + 1) × C]`, the predicted compartment fastest.
    weights: Vec<f32>,
}

/// Where the weights of which feature are.
#[derive(Clone, Copy, Debug)]
struct Features {
    compartments: usize,
    synapses: usize,
    sites: usize,
}

impl Features {
    const fn event(self, synapse: usize) -> usize {
        self.compartments + synapse
    }

    const fn event_before(self, synapse: usize) -> usize {
        self.compartments + self.synapses + synapse
    }

    const fn current(self, site: usize) -> usize {
        self.compartments + 2 * self.synapses + site
    }

    const fn constant(self) -> usize {
        self.current(self.sites)
    }

    const fn count(self) -> usize {
        self.constant() + 1
    }
}

/// What besides voltages a step of one neuron by a [`LinearStep`] is computed from.
#[derive(Clone, Copy, Debug)]
pub struct LinearInput<'a> {
    /// Synapses that receive an event in this bin.
    pub events: &'a [SynapseId],
    /// Those that did in the one before.
    pub events_before: &'a [SynapseId],
    /// Currents into the sites, nA, `[sites]`.
    pub currents_na: &'a [f32],
}

impl LinearStep {
    /// The weights, `[(C + 2·S + sites + 1) × C]`, the predicted compartment fastest.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.parts.weights
    }

    /// Number of synapses, S.
    #[must_use]
    pub const fn synapse_count(&self) -> usize {
        self.parts.synapse_count
    }

    /// Compartments that currents flow into, as the layout numbers them.
    #[must_use]
    pub fn injection_sites(&self) -> &[CompartmentId] {
        &self.parts.injection_sites
    }

    /// The voltages at 1, 2, …, T ms, mV, `[T × C]`, the compartment's index fastest, if the neuron runs freely: from the
    /// true voltages at 0 ms on, each prediction follows from the one before. The same as those of [`LinearStepModel`].
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] or [`CoreError::Synapse`] for a trial of another layout.
    pub fn free_run(&self, trial: &Trial) -> Result<Vec<f32>, EvalError> {
        self.check(trial)?;
        let mut z = self.standardized(trial.voltages_at(0));
        let mut change = Vec::with_capacity(z.len());
        let mut predicted_mv = Vec::with_capacity(trial.bins() * z.len());
        for bin in 0..trial.bins() {
            self.advance(&mut z, &[self.input(trial, bin)], &mut change);
            predicted_mv.extend(self.voltages_mv(&z).map(|mv| mv as f32));
        }
        Ok(predicted_mv)
    }

    fn features(&self) -> Features {
        self.parts.features()
    }

    fn input<'a>(&self, trial: &'a Trial, bin: usize) -> LinearInput<'a> {
        let sites = self.parts.injection_sites.len();
        LinearInput {
            events: trial.events.bin(bin),
            events_before: bin.checked_sub(1).map_or(&[], |before| trial.events.bin(before)),
            currents_na: &trial.injected_na[bin * sites..][..sites],
        }
    }

    fn check(&self, trial: &Trial) -> Result<(), EvalError> {
        self.parts.columns.check(trial)?;
        let injected = trial.bins() * self.parts.injection_sites.len();
        check_shape("injected currents [bins × sites]", injected, trial.injected_na.len())?;
        let synapses = self.parts.synapse_count;
        match trial.events.synapses().iter().find(|id| id.index() >= synapses) {
            Some(&synapse) => Err(CoreError::Synapse { synapse, synapses }.into()),
            None => Ok(()),
        }
    }

    /// Voltages of the layout's compartments, mV, as z of those that are predicted.
    fn standardized(&self, voltages_mv: &[f32]) -> Vec<f32> {
        let columns = self.parts.columns.compartments().iter().enumerate();
        columns.map(|(k, id)| self.standardize(k, f64::from(voltages_mv[id.index()]))).collect()
    }

    fn standardize(&self, column: usize, v_mv: f64) -> f32 {
        self.parts.standardize(column, v_mv) as f32
    }

    fn voltages_mv(&self, z: &[f32]) -> impl Iterator<Item = f64> {
        let scaling = self.parts.mean_mv.iter().zip(&self.parts.standard_deviation_mv);
        z.iter().zip(scaling).map(|(&z, (&mean, &deviation))| f64::from(z) * deviation + mean)
    }

    /// From the voltages of B neurons at k ms to those at k + 1 ms, both in standard deviations, `[B × C]`, the
    /// compartment's index fastest. Weights are read once for all of them; each has the same bits as alone. `change` is
    /// scratch.
    ///
    /// It is inlined, so that it is compiled for what the caller's function is.
    ///
    /// # Panics
    ///
    /// If there are not C voltages and `sites` currents a neuron, or for a synapse that is not there.
    #[inline(always)]
    pub fn advance(&self, z: &mut [f32], input: &[LinearInput<'_>], change: &mut Vec<f32>) {
        let features = self.features();
        let columns = features.compartments;
        assert_eq!(z.len(), input.len() * columns, "voltages [neurons × compartments]");
        change.clear();
        change.resize(z.len(), 0.0);
        let row = |feature: usize| &self.parts.weights[feature * columns..][..columns];
        // four rows at a time: changes are loaded and stored once for all of them
        let whole = columns - columns % 4;
        for first in (0..whole).step_by(4) {
            let rows = [0, 1, 2, 3].map(|k| row(first + k));
            for (change, z) in change.chunks_exact_mut(columns).zip(z.chunks_exact(columns)) {
                let [a, b, c, d] = [0, 1, 2, 3].map(|k| z[first + k]);
                for (k, change) in change.iter_mut().enumerate() {
                    *change += a * rows[0][k] + b * rows[1][k] + c * rows[2][k] + d * rows[3][k];
                }
            }
        }
        let neurons = change.chunks_exact_mut(columns).zip(z.chunks_exact_mut(columns)).zip(input);
        for ((change, z), input) in neurons {
            let mut add = |feature: usize, value: f32| {
                for (change, weight) in change.iter_mut().zip(row(feature)) {
                    *change += value * weight;
                }
            };
            (whole..columns).for_each(|k| add(k, z[k]));
            input.events.iter().for_each(|id| add(features.event(id.index()), 1.0));
            input.events_before.iter().for_each(|id| add(features.event_before(id.index()), 1.0));
            assert_eq!(input.currents_na.len(), features.sites, "currents [sites]");
            for (site, &current_na) in input.currents_na.iter().enumerate() {
                if current_na != 0.0 {
                    add(features.current(site), current_na);
                }
            }
            add(features.constant(), 1.0);
            for ((z, change), [lowest, highest]) in z.iter_mut().zip(&*change).zip(&self.range) {
                *z = (*z + change).clamp(*lowest, *highest);
            }
        }
    }
}

/// The columns, one step ahead.
impl StepPredictor for LinearStep {
    fn columns(&self) -> &Columns {
        &self.parts.columns
    }

    /// # Errors
    ///
    /// [`CoreError::Shape`] or [`CoreError::Synapse`] for a trial of another layout.
    fn predict(&self, trial: &Trial) -> Result<Vec<f32>, EvalError> {
        self.check(trial)?;
        let mut change = Vec::with_capacity(self.parts.columns.len());
        let mut predicted_mv = Vec::with_capacity(trial.bins() * self.parts.columns.len());
        for bin in 0..trial.bins() {
            let mut z = self.standardized(trial.voltages_at(bin));
            self.advance(&mut z, &[self.input(trial, bin)], &mut change);
            predicted_mv.extend(self.voltages_mv(&z).map(|mv| mv as f32));
        }
        Ok(predicted_mv)
    }
}

impl Parts {
    fn features(&self) -> Features {
        Features {
            compartments: self.columns.len(),
            synapses: self.synapse_count,
            sites: self.injection_sites.len(),
        }
    }

    fn standardize(&self, column: usize, v_mv: f64) -> f64 {
        (v_mv - self.mean_mv[column]) / self.standard_deviation_mv[column]
    }

    /// Refuses scalings that are none.
    fn check_scaling(&self) -> Result<(), EvalError> {
        let compartments = self.columns.len();
        let (means, deviations) = (&self.mean_mv, &self.standard_deviation_mv);
        let what = "means of compartments";
        check_shape(what, compartments, means.len())?;
        check_values(what, means.iter().copied(), "finite", f64::is_finite)?;
        let what = "standard deviations of compartments";
        check_shape(what, compartments, deviations.len())?;
        check_values(what, deviations.iter().copied(), "finite and positive", |deviation| {
            deviation.is_finite() && deviation > 0.0
        })
    }
}

impl TryFrom<Parts> for LinearStep {
    type Error = EvalError;

    fn try_from(parts: Parts) -> Result<Self, EvalError> {
        parts.check_scaling()?;
        let compartments = parts.columns.len();
        let weights = parts.features().count() * compartments;
        for (what, expected, values) in [
            ("weights [features × compartments]", weights, &parts.weights),
            ("lowest voltages of compartments", compartments, &parts.lowest_mv),
            ("highest voltages of compartments", compartments, &parts.highest_mv),
        ] {
            check_shape(what, expected, values.len())?;
            check_values(what, values.iter().copied().map(f64::from), "finite", f64::is_finite)?;
        }
        let bounds = parts.lowest_mv.iter().zip(&parts.highest_mv).enumerate();
        let range = bounds.map(|(k, (&lowest, &highest))| {
            if lowest > highest {
                let (what, value) = ("highest voltages of compartments", f64::from(highest));
                let expected = "at least the lowest";
                return Err(EvalError::Value { what, index: k, value, expected });
            }
            let margin = MARGIN * (highest - lowest);
            let bounds = [lowest - margin, highest + margin];
            Ok(bounds.map(|mv| parts.standardize(k, f64::from(mv)) as f32))
        });
        let range = range.collect::<Result<_, _>>()?;
        Ok(Self { parts, range })
    }
}

impl From<LinearStep> for Parts {
    fn from(step: LinearStep) -> Self {
        step.parts
    }
}
