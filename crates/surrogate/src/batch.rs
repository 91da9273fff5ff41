use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use apical_core::BinnedEvents;

use crate::SurrogateError;
use crate::error::check_shape;

/// Stretches of trials of the same length to train with or to validate by.
///
/// The voltages of sample b at k and k + 1 ms and the input of its bin k belong together: the former voltages and the
/// input lead to the latter.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialBatch {
    /// B.
    pub samples: usize,
    /// n, ms.
    pub bins: usize,
    /// Synaptic events of `B · n` bins, sample after sample.
    pub events: Arc<BinnedEvents>,
    /// Voltages of all compartments of the layout, mV, `[B × (n + 1) × compartments]`, the compartment's index fastest.
    pub voltage_mv: Vec<f32>,
    /// Injected currents, nA, mean over each bin, `[B × n × sites]`, the site's index fastest.
    pub injected_na: Vec<f32>,
    /// 1 where there is a somatic spike after k and up to k + 1 ms after the sample's start, else 0, `[B × n]`.
    pub spikes: Vec<f32>,
    /// What each sample counts, `[B]`.
    pub weights: Vec<f32>,
}

impl TrialBatch {
    /// Refuses arrays that do not fit each other.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) with the first.
    pub fn check(&self, compartments: usize, sites: usize) -> Result<(), SurrogateError> {
        let rows = self.samples * self.bins;
        for (what, expected, found) in [
            ("events [samples · bins]", rows, self.events.bins()),
            (
                "voltages [samples × (bins + 1) × compartments]",
                (rows + self.samples) * compartments,
                self.voltage_mv.len(),
            ),
            ("injected currents [samples × bins × sites]", rows * sites, self.injected_na.len()),
            ("spikes [samples × bins]", rows, self.spikes.len()),
            ("weights [samples]", self.samples, self.weights.len()),
        ] {
            check_shape(what, expected, found)?;
        }
        Ok(())
    }

    /// Some of the samples; what does not fit each other is left to [`TrialBatch::check`].
    pub(crate) fn part(&self, samples: Range<usize>) -> Cow<'_, Self> {
        if samples == (0..self.samples) {
            return Cow::Borrowed(self);
        }
        let of = |values: &[f32]| {
            let each = values.len() / self.samples;
            values[samples.start * each..samples.end * each].to_vec()
        };
        Cow::Owned(Self {
            samples: samples.len(),
            bins: self.bins,
            events: Arc::new(
                self.events.stretch(samples.start * self.bins..samples.end * self.bins),
            ),
            voltage_mv: of(&self.voltage_mv),
            injected_na: of(&self.injected_na),
            spikes: of(&self.spikes),
            weights: of(&self.weights),
        })
    }

    /// The voltages of all compartments of a sample at `ms` after its start, mV.
    pub(crate) fn voltages_at(&self, sample: usize, ms: usize) -> &[f32] {
        let compartments = self.voltage_mv.len() / (self.samples * (self.bins + 1));
        &self.voltage_mv[(sample * (self.bins + 1) + ms) * compartments..][..compartments]
    }

    /// The currents of a bin, nA.
    pub(crate) fn currents_at(&self, sample: usize, bin: usize) -> &[f32] {
        let sites = self.injected_na.len() / (self.samples * self.bins).max(1);
        &self.injected_na[(sample * self.bins + bin) * sites..][..sites]
    }
}
