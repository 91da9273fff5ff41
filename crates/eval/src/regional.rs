use std::collections::BTreeMap;
use std::fmt;

use apical_core::{CompartmentId, CompartmentTable, Region};
use serde::{Deserialize, Serialize};

use crate::error::{check_shape, check_values};
use crate::{Bootstrap, EvalError, Interval};

/// Squared errors of predicted voltages by compartment, of any number of trials.
///
/// Kept are sums of every trial, so that trials can be added in any order, or by several accumulators that are merged, and
/// the result has the same bits.
///
/// ```
/// use apical_eval::CompartmentErrors;
///
/// // trial 0, two times of two compartments: the first is predicted, the second is 1 mV too high
/// let mut errors = CompartmentErrors::new(2);
/// errors.add(0, &[-70.0, -59.0, -66.0, -63.0], &[-70.0, -60.0, -66.0, -64.0])?;
/// let [first, second] = errors.by_compartment(&[-68.0, -62.0])?[..] else { panic!("two compartments") };
/// assert_eq!((first.mse_mv2, first.explained_variance), (0.0, 1.0));
/// assert_eq!((second.mse_mv2, second.variance_mv2, second.standardized_mse), (1.0, 4.0, 0.25));
/// # Ok::<(), apical_eval::EvalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CompartmentErrors {
    compartments: usize,
    trials: BTreeMap<usize, Sums>,
}

/// Sums over the times of one trial, or over trials; each `[compartments]`.
#[derive(Clone, Debug, PartialEq)]
struct Sums {
    samples: f64,
    squared_error_mv2: Vec<f64>,
    target_mv: Vec<f64>,
    target_squares_mv2: Vec<f64>,
}

impl Sums {
    fn none(compartments: usize) -> Self {
        let zeros = vec![0.0; compartments];
        Self {
            samples: 0.0,
            squared_error_mv2: zeros.clone(),
            target_mv: zeros.clone(),
            target_squares_mv2: zeros,
        }
    }

    /// Adds others, so many times.
    fn add(&mut self, other: &Self, times: f64) {
        self.samples += times * other.samples;
        for (to, from) in [
            (&mut self.squared_error_mv2, &other.squared_error_mv2),
            (&mut self.target_mv, &other.target_mv),
            (&mut self.target_squares_mv2, &other.target_squares_mv2),
        ] {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += times * from);
        }
    }
}

/// How well the voltage of a compartment is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CompartmentError {
    /// The compartment, as a column of what was added.
    pub compartment: CompartmentId,
    /// Mean square error, mV².
    pub mse_mv2: f64,
    /// Mean square deviation of the true voltage from the mean that it is compared with, mV²: the mean square error of
    /// always predicting that mean.
    pub variance_mv2: f64,
    /// The first over the second: 1 for always predicting the mean.
    pub standardized_mse: f64,
    /// 1 less that.
    pub explained_variance: f64,
}

/// Where errors are reported of. The apical group is trunk and tuft together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReportedRegion {
    /// Cell body.
    Soma,
    /// Basal dendrites.
    Basal,
    /// Apical obliques.
    Oblique,
    /// Apical trunk and tuft.
    Apical,
    /// Apical trunk.
    Trunk,
    /// Apical tuft.
    Tuft,
}

/// In lower case, as in files.
impl fmt::Display for ReportedRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Soma => "soma",
            Self::Basal => "basal",
            Self::Oblique => "oblique",
            Self::Apical => "apical",
            Self::Trunk => "trunk",
            Self::Tuft => "tuft",
        })
    }
}

impl ReportedRegion {
    /// All, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Soma, Self::Basal, Self::Oblique, Self::Apical, Self::Trunk, Self::Tuft];

    /// Whether compartments of a region belong to it; those of the axon belong nowhere.
    #[must_use]
    pub const fn contains(self, region: Region) -> bool {
        match self {
            Self::Soma => matches!(region, Region::Soma),
            Self::Basal => matches!(region, Region::Basal),
            Self::Oblique => matches!(region, Region::Oblique),
            Self::Apical => matches!(region, Region::Trunk | Region::Tuft),
            Self::Trunk => matches!(region, Region::Trunk),
            Self::Tuft => matches!(region, Region::Tuft),
        }
    }
}

/// How well the voltages of a region are predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RegionError {
    /// The region.
    pub region: ReportedRegion,
    /// Number of its compartments.
    pub compartments: usize,
    /// Mean over its compartments of [`CompartmentError::mse_mv2`], mV².
    pub mse_mv2: f64,
    /// Mean over its compartments of [`CompartmentError::standardized_mse`]: all count the same, whatever their variance.
    pub standardized_mse: f64,
    /// 1 less the sum of its compartments' mean square errors over that of their variances: those whose voltages vary
    /// most count most.
    pub explained_variance: f64,
}

impl CompartmentErrors {
    /// Nothing yet of this many compartments.
    #[must_use]
    pub const fn new(compartments: usize) -> Self {
        Self { compartments, trials: BTreeMap::new() }
    }

    /// Adds times of a trial: predicted and true voltages, mV, both `[times × compartments]`, the compartment's index
    /// fastest. What was added of the trial before remains.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) if those are not as many values each,
    /// [`EvalError::Value`] for one that is not finite; then nothing is added.
    pub fn add(
        &mut self,
        trial: usize,
        predicted_mv: &[f32],
        true_mv: &[f32],
    ) -> Result<(), EvalError> {
        let samples = true_mv.len() / self.compartments.max(1);
        let what = "voltages [times × compartments]";
        check_shape(what, samples * self.compartments, true_mv.len())?;
        check_shape(what, true_mv.len(), predicted_mv.len())?;
        for (what, values) in [("predicted voltages", predicted_mv), ("true voltages", true_mv)] {
            check_values(what, values.iter().copied().map(f64::from), "finite", f64::is_finite)?;
        }
        let compartments = self.compartments;
        let sums = self.trials.entry(trial).or_insert_with(|| Sums::none(compartments));
        sums.samples += samples as f64;
        let rows = predicted_mv.chunks_exact(compartments.max(1));
        for (predicted, truth) in rows.zip(true_mv.chunks_exact(compartments.max(1))) {
            for (k, (&predicted, &truth)) in predicted.iter().zip(truth).enumerate() {
                let [predicted, truth] = [predicted, truth].map(f64::from);
                sums.squared_error_mv2[k] += (predicted - truth).powi(2);
                sums.target_mv[k] += truth;
                sums.target_squares_mv2[k] += truth * truth;
            }
        }
        Ok(())
    }

    /// Adds what another accumulator holds.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) if that is of another number of compartments.
    pub fn merge(&mut self, other: &Self) -> Result<(), EvalError> {
        check_shape("compartments", self.compartments, other.compartments)?;
        for (&trial, sums) in &other.trials {
            let mine = self.trials.entry(trial);
            mine.or_insert_with(|| Sums::none(other.compartments)).add(sums, 1.0);
        }
        Ok(())
    }

    /// The trials that there is something of, in order.
    pub fn trials(&self) -> impl Iterator<Item = usize> {
        self.trials.keys().copied()
    }

    /// Errors of every compartment over all trials, related to the mean of the voltages that were trained with, mV,
    /// `[compartments]`.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for another number of means, [`EvalError::Value`] for one that
    /// is not finite, [`EvalError::Empty`] if nothing was added, [`EvalError::Constant`] for a compartment that cannot be
    /// wrong.
    pub fn by_compartment(&self, mean_mv: &[f64]) -> Result<Vec<CompartmentError>, EvalError> {
        self.counted(mean_mv, &vec![1.0; self.trials.len()])
    }

    /// The same where each trial, in order, counts so often.
    fn counted(&self, mean_mv: &[f64], counts: &[f64]) -> Result<Vec<CompartmentError>, EvalError> {
        check_shape("means of compartments", self.compartments, mean_mv.len())?;
        check_values("means of compartments", mean_mv.iter().copied(), "finite", f64::is_finite)?;
        let mut sums = Sums::none(self.compartments);
        self.trials.values().zip(counts).for_each(|(trial, &times)| sums.add(trial, times));
        if sums.samples == 0.0 {
            return Err(EvalError::Empty { what: "the list of voltages that were predicted" });
        }
        let samples = sums.samples;
        let compartments = mean_mv.iter().enumerate().map(|(k, &mean_mv)| {
            let compartment = CompartmentId::new(k);
            let mse_mv2 = sums.squared_error_mv2[k] / samples;
            // of true voltages around −70 mV this loses four digits of sixteen
            let squares = sums.target_squares_mv2[k] - 2.0 * mean_mv * sums.target_mv[k];
            let variance_mv2 = squares / samples + mean_mv * mean_mv;
            let rounding_mv2 = 1e-12 * mean_mv * mean_mv;
            if variance_mv2 <= rounding_mv2 {
                return Err(EvalError::Constant { compartment, mean_mv });
            }
            let standardized_mse = mse_mv2 / variance_mv2;
            let explained_variance = 1.0 - standardized_mse;
            Ok(CompartmentError {
                compartment,
                mse_mv2,
                variance_mv2,
                standardized_mse,
                explained_variance,
            })
        });
        compartments.collect()
    }

    /// Errors of every region that has compartments, in the order of [`ReportedRegion::ALL`]; `table` says where the
    /// compartments are, `mean_mv` is as in [`by_compartment`](Self::by_compartment).
    ///
    /// # Errors
    ///
    /// As [`by_compartment`](Self::by_compartment), and [`CoreError::Shape`](apical_core::CoreError::Shape) for a table of
    /// another number of compartments.
    pub fn by_region(
        &self,
        table: &CompartmentTable,
        mean_mv: &[f64],
    ) -> Result<Vec<RegionError>, EvalError> {
        check_shape("compartments of the table", self.compartments, table.len())?;
        Ok(regions(&self.by_compartment(mean_mv)?, table))
    }

    /// Confidence intervals over trials of the standardized mean square error and of the explained variance of every
    /// region, in the order of [`by_region`](Self::by_region).
    ///
    /// # Errors
    ///
    /// As [`by_region`](Self::by_region).
    pub fn intervals(
        &self,
        table: &CompartmentTable,
        mean_mv: &[f64],
        bootstrap: &Bootstrap,
    ) -> Result<[Vec<Interval>; 2], EvalError> {
        let count = self.by_region(table, mean_mv)?.len();
        let mut intervals = bootstrap.intervals(self.trials.len(), |counts| {
            // a draw of trials in which a compartment is constant says nothing
            let Ok(errors) = self.counted(mean_mv, counts) else {
                return vec![f64::NAN; 2 * count];
            };
            let regions = regions(&errors, table);
            let mse = regions.iter().map(|error| error.standardized_mse);
            mse.chain(regions.iter().map(|error| error.explained_variance)).collect()
        });
        let explained = intervals.split_off(count);
        Ok([intervals, explained])
    }
}

impl CompartmentErrors {
    /// By how much the standardized mean square error of every region is less than a baseline's, as a share of that: 0 where
    /// both are the same, 1 where nothing is left, less than 0 where it is worse. Intervals are over trials that both have
    /// predicted: what is hard for both in a trial does not widen them.
    ///
    /// ```
    /// use apical_core::{CompartmentRecord, CompartmentTable, Region, SectionType};
    /// use apical_eval::{Bootstrap, CompartmentErrors};
    /// # let soma = CompartmentRecord::new(SectionType::Soma, Region::Soma, "soma[0]");
    /// # let table = CompartmentTable::new(vec![soma]);
    ///
    /// let [mut network, mut baseline] = [CompartmentErrors::new(1), CompartmentErrors::new(1)];
    /// for (trial, error_mv) in [1.0, 4.0, 9.0].into_iter().enumerate() {
    ///     network.add(trial, &[-70.0 + error_mv, -60.0], &[-70.0, -60.0])?;
    ///     baseline.add(trial, &[-70.0 + 2.0 * error_mv, -60.0], &[-70.0, -60.0])?;
    /// }
    /// let gains = network.gains(&baseline, &table, &[-65.0], &Bootstrap::default())?;
    /// // a quarter is left in every trial, hard or easy
    /// assert!((gains[0].value - 0.75).abs() < 1e-12 && (gains[0].high - gains[0].low) < 1e-12);
    /// # Ok::<(), apical_eval::EvalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`by_region`](Self::by_region), and [`CoreError::Shape`](apical_core::CoreError::Shape) for a baseline of other
    /// trials or compartments.
    pub fn gains(
        &self,
        baseline: &Self,
        table: &CompartmentTable,
        mean_mv: &[f64],
        bootstrap: &Bootstrap,
    ) -> Result<Vec<Interval>, EvalError> {
        check_shape("compartments of the baseline", self.compartments, baseline.compartments)?;
        let common = baseline.trials().filter(|trial| self.trials.contains_key(trial)).count();
        check_shape("trials of the baseline", self.trials.len(), common)?;
        check_shape("trials of the baseline", self.trials.len(), baseline.trials.len())?;
        let count = self.by_region(table, mean_mv)?.len();
        Ok(bootstrap.intervals(self.trials.len(), |counts| {
            let of = |errors: &Self| Ok(regions(&errors.counted(mean_mv, counts)?, table));
            let found: Result<[Vec<RegionError>; 2], EvalError> =
                of(self).and_then(|own| Ok([own, of(baseline)?]));
            let Ok([own, other]) = found else { return vec![f64::NAN; count] };
            let pairs = own.iter().zip(&other);
            pairs.map(|(own, other)| 1.0 - own.standardized_mse / other.standardized_mse).collect()
        }))
    }
}

/// Of all regions that have compartments.
fn regions(errors: &[CompartmentError], table: &CompartmentTable) -> Vec<RegionError> {
    let regions = ReportedRegion::ALL.into_iter().filter_map(|region| {
        let members: Vec<_> = errors
            .iter()
            .zip(table.records())
            .filter(|(_, record)| region.contains(record.region))
            .map(|(error, _)| error)
            .collect();
        let sum = |value: fn(&CompartmentError) -> f64| -> f64 {
            members.iter().map(|error| value(error)).sum()
        };
        let count = members.len() as f64;
        let mse_mv2 = sum(|error| error.mse_mv2);
        (!members.is_empty()).then(|| RegionError {
            region,
            compartments: members.len(),
            mse_mv2: mse_mv2 / count,
            standardized_mse: sum(|error| error.standardized_mse) / count,
            explained_variance: 1.0 - mse_mv2 / sum(|error| error.variance_mv2),
        })
    });
    regions.collect()
}
