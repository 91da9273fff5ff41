use std::fmt;

use apical_core::{CalciumRule, CompartmentTable};
use serde::{Deserialize, Serialize};

use super::{Metric, Prediction};
use crate::error::check_shape;
use crate::{EvalError, ReportedRegion, Table};

/// What a compartment does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VoltageBand {
    /// It is at rest or hyperpolarized.
    Rest,
    /// It is depolarized, and does not fire.
    Subthreshold,
    /// It is above threshold for a short time, as in an action potential.
    Spike,
    /// It stays above threshold.
    Plateau,
}

impl VoltageBand {
    /// All, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Rest, Self::Subthreshold, Self::Spike, Self::Plateau];
}

/// In lower case, as in files.
impl fmt::Display for VoltageBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rest => "rest",
            Self::Subthreshold => "subthreshold",
            Self::Spike => "spike",
            Self::Plateau => "plateau",
        })
    }
}

/// What separates the bands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoltageBands {
    /// Below this a compartment rests, mV; −70 by default.
    pub rest_mv: f64,
    /// Above its threshold a compartment fires; where this lasts for its time or longer, it is a plateau. By default 10 ms
    /// above −40 mV.
    pub plateau: CalciumRule,
}

impl Default for VoltageBands {
    fn default() -> Self {
        Self { rest_mv: -70.0, plateau: CalciumRule::default() }
    }
}

impl VoltageBands {
    /// The band of every sample of a trace; samples are a millisecond apart.
    ///
    /// ```
    /// use apical_eval::{VoltageBand, VoltageBands};
    ///
    /// let trace_mv = [[-75.0].as_slice(), &[-60.0; 2], &[0.0; 3], &[-60.0], &[-20.0; 10]].concat();
    /// let bands = VoltageBands::default().of(&trace_mv);
    /// let count = |band| bands.iter().filter(|&&found| found == band).count();
    /// assert_eq!(VoltageBand::ALL.map(count), [1, 3, 3, 10]);
    /// ```
    #[must_use]
    pub fn of(&self, trace_mv: &[f64]) -> Vec<VoltageBand> {
        let threshold_mv = self.plateau.threshold_mv;
        let band = |&v: &f64| match v {
            _ if v > threshold_mv => VoltageBand::Spike,
            _ if v < self.rest_mv => VoltageBand::Rest,
            _ => VoltageBand::Subthreshold,
        };
        let mut bands: Vec<VoltageBand> = trace_mv.iter().map(band).collect();
        for event in self.plateau.events(trace_mv.iter().copied(), 1.0) {
            bands[event.onset_ms as usize..event.end_ms as usize].fill(VoltageBand::Plateau);
        }
        bands
    }
}

/// Errors by what the compartment truly does: a mean over all times says little of spikes and plateaus, which are rare.
#[derive(Clone, Debug)]
pub struct BandMetric {
    bands: VoltageBands,
    regions: Vec<Vec<ReportedRegion>>,
    /// By region and band: number of values, sums of errors and of their squares.
    sums: [[(usize, f64, f64); VoltageBand::ALL.len()]; ReportedRegion::ALL.len()],
}

impl BandMetric {
    /// Nothing yet of these compartments, `[C]`.
    #[must_use]
    pub fn new(columns: &CompartmentTable, bands: VoltageBands) -> Self {
        let regions = columns.records().iter().map(|record| {
            let all = ReportedRegion::ALL.into_iter();
            all.filter(|region| region.contains(record.region)).collect()
        });
        Self { bands, regions: regions.collect(), sums: Default::default() }
    }
}

impl Metric for BandMetric {
    fn add(&mut self, prediction: &Prediction<'_>) -> Result<(), EvalError> {
        prediction.check()?;
        let columns = prediction.columns;
        check_shape("compartments of the table", self.regions.len(), columns.len())?;
        for (regions, &compartment) in self.regions.iter().zip(columns.compartments()) {
            let Some([predicted, truth]) = prediction.traces_mv(compartment) else { continue };
            let bands = self.bands.of(&truth);
            for ((predicted, truth), band) in predicted.iter().zip(&truth).zip(bands) {
                let error = predicted - truth;
                for &region in regions {
                    let (count, sum, squares) = &mut self.sums[region as usize][band as usize];
                    *count += 1;
                    *sum += error;
                    *squares += error * error;
                }
            }
        }
        Ok(())
    }

    /// A row for every region and band that there is anything of: its share of times, the root of the mean square error, and
    /// the mean error, which is negative where voltages are underestimated.
    fn table(&self) -> Result<Table, EvalError> {
        let mut table = Table::new("bands", &["region", "band", "share", "rmse_mv", "bias_mv"]);
        for (region, sums) in ReportedRegion::ALL.iter().zip(&self.sums) {
            let all = sums.iter().map(|(count, ..)| count).sum::<usize>() as f64;
            for (band, &(count, sum, squares)) in VoltageBand::ALL.iter().zip(sums) {
                if count > 0 {
                    let n = count as f64;
                    table.push(vec![
                        region.to_string().into(),
                        band.to_string().into(),
                        (n / all).into(),
                        (squares / n).sqrt().into(),
                        (sum / n).into(),
                    ])?;
                }
            }
        }
        Ok(table)
    }
}
