use std::ops::Range;
use std::path::Path;

use apical_core::TrialSource;
use half::f16;
use npyz::Order;

use super::{Columns, LfdeepError};
use crate::ApicalError;
use crate::output::npy_stream::NpyStream;

/// What voltages are reduced and divided by, dendrites in order and then the soma.
#[derive(Debug)]
pub(super) struct Standardization {
    mean_mv: Vec<f64>,
    deviation_mv: Vec<f64>,
}

impl Standardization {
    /// Leaves voltages as they are.
    pub(super) fn none(columns: &Columns) -> Self {
        let channels = columns.dendrites.len() + 1;
        Self { mean_mv: vec![0.0; channels], deviation_mv: vec![1.0; channels] }
    }

    /// Mean and standard deviation over all columns of these trials.
    pub(super) fn of_trials<S: TrialSource>(
        source: &S,
        trials: Range<usize>,
        columns: &Columns,
        done: &mut impl FnMut(),
    ) -> Result<Self, ApicalError>
    where
        ApicalError: From<S::Error>,
    {
        let channels = columns.dendrites.len() + 1;
        let samples = (trials.len() * columns.count) as f64;
        let mut origin_mv: Option<Vec<f64>> = None;
        let (mut sums, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
        for index in trials {
            let trial = columns.trial(source, index)?;
            for column in 0..columns.count {
                let voltages = columns.voltages_mv(&trial, column).map(f64::from);
                // Sums of differences from the first voltage, lest squares of the mean cancel those of the deviation.
                let voltages: Vec<f64> = voltages.collect();
                let origin = origin_mv.get_or_insert_with(|| voltages.clone());
                for (channel, (v, origin)) in voltages.iter().zip(origin).enumerate() {
                    sums[channel] += v - *origin;
                    squares[channel] += (v - *origin).powi(2);
                }
            }
            done();
        }
        let mut of_trials = Self::none(columns);
        let origin_mv = origin_mv.unwrap_or_default();
        for (channel, compartment) in columns.compartments().enumerate() {
            let mean = sums[channel] / samples;
            let deviation = (squares[channel] / samples - mean * mean).sqrt();
            if deviation.is_nan() || deviation == 0.0 {
                let record = &source.layout().compartments.records()[compartment.index()];
                let (section, x) = (record.section.clone(), record.x.to_string());
                return Err(LfdeepError::ConstantVoltage { section, x }.into());
            }
            of_trials.mean_mv[channel] = origin_mv[channel] + mean;
            of_trials.deviation_mv[channel] = deviation;
        }
        Ok(of_trials)
    }

    /// A voltage as it is stored.
    pub(super) fn apply(&self, channel: usize, voltage_mv: f32) -> f16 {
        let difference = f64::from(voltage_mv) - self.mean_mv[channel];
        // From float32, which is rounded alike on every processor; from float64 it is not.
        f16::from_f32((difference / self.deviation_mv[channel]) as f32)
    }

    /// Writes both, `[2, channels]`.
    pub(super) fn write(&self, folder: &Path, name: &str) -> Result<(), ApicalError> {
        let shape = [2, self.mean_mv.len() as u64];
        let mut stream = NpyStream::create(folder, name, &shape, Order::C)?;
        stream.extend(&self.mean_mv)?;
        stream.extend(&self.deviation_mv)?;
        stream.finish()
    }
}
