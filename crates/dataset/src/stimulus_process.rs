use apical_core::RandomStreams;
use rand::distr::uniform::SampleUniform;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::DatasetError;
use crate::error::parameter;
use crate::input_process::uniform;

/// Random currents into the soma and the apical dendrite, so that protocols of current injection lie within what a data
/// set holds.
///
/// The training data of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002) have synaptic input alone. The protocols
/// of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107), Fig. 4, inject currents into a cell at rest: a pulse into
/// the soma, an EPSP-like current into the apical dendrite, or both. By default the ranges hold them all.
///
/// Some trials receive currents, and of these some are quiet: they have no synaptic input. A trial that ends before its
/// first current would set in has none and is not quiet, whatever was drawn. Stimuli follow one another at intervals drawn
/// anew each time, from the start of the trial to the first onset and from onset to onset. Each is one of four, equally
/// likely:
///
/// - a pulse into the soma;
/// - an EPSP-like current into the apical dendrite;
/// - both, the onset of the one a lag after that of the other;
/// - a long step into the soma.
///
/// Onsets lie within the trial: a current that would set in at its end or later is left out. One that has set in may go
/// on beyond the end, or into the next stimulus; currents add up. Ranges of whole milliseconds include both ends.
///
/// # Random numbers
///
/// All of a trial's come from the stream "current stimuli" of its index, so that it is the same whatever other trials are
/// drawn. Their order: whether it receives currents; whether it is quiet; then for every stimulus the interval before it
/// and, unless that reaches the end, its kind; for the pulse its amplitude and duration, for the EPSP-like current its
/// peak, for both the lag and then those of either, for the step its amplitude and duration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StimulusProcess {
    /// Probability that a trial receives currents.
    pub trial_share: f64,
    /// Probability that a trial that receives currents has no synaptic input. No trial has neither.
    pub quiet_share: f64,
    /// Range of the time between onsets of successive stimuli, ms; at least 1.
    pub interval_ms: [u32; 2],
    /// Range of the current of a somatic pulse, nA; positive depolarizes.
    pub pulse_amplitude_na: [f64; 2],
    /// Range of the duration of a somatic pulse, ms; at least 1.
    pub pulse_duration_ms: [u32; 2],
    /// Range of the peak of an EPSP-like current, nA; positive depolarizes.
    pub epsp_peak_na: [f64; 2],
    /// Time constant of the rise of an EPSP-like current, ms.
    pub epsp_rise_ms: f64,
    /// Time constant of the decay of an EPSP-like current, ms.
    pub epsp_decay_ms: f64,
    /// Range of the time from the onset of the pulse to that of the EPSP-like current where both are injected, ms.
    pub epsp_lag_ms: [i32; 2],
    /// Range of the current of a long somatic step, nA; positive depolarizes.
    pub step_amplitude_na: [f64; 2],
    /// Range of the duration of a long somatic step, ms; at least 1.
    pub step_duration_ms: [u32; 2],
}

impl Default for StimulusProcess {
    fn default() -> Self {
        Self {
            trial_share: 0.25,
            quiet_share: 0.5,
            interval_ms: [150, 450],
            pulse_amplitude_na: [0.5, 2.5],
            pulse_duration_ms: [2, 10],
            epsp_peak_na: [0.2, 2.0],
            epsp_rise_ms: 0.5,
            epsp_decay_ms: 5.0,
            epsp_lag_ms: [-10, 20],
            step_amplitude_na: [0.1, 1.0],
            step_duration_ms: [100, 500],
        }
    }
}

/// The currents of one trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialStimuli {
    /// Whether the trial has no synaptic input, but currents.
    pub quiet: bool,
    /// The currents, in order of their onsets.
    pub currents: Vec<DrawnCurrent>,
}

/// A current that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DrawnCurrent {
    /// A constant current into the soma: a pulse, or a long step.
    SomaticStep {
        /// Onset, ms.
        onset_ms: u32,
        /// Duration, ms.
        duration_ms: u32,
        /// Current, nA; positive depolarizes.
        amplitude_na: f64,
    },
    /// A current into the apical dendrite with the time course of an excitatory postsynaptic potential,
    /// exp(−s/decay) − exp(−s/rise), s ms after the onset.
    ApicalEpsp {
        /// Onset, ms.
        onset_ms: u32,
        /// Largest current, nA; positive depolarizes.
        peak_na: f64,
        /// Time constant of the rise, ms.
        rise_ms: f64,
        /// Time constant of the decay, ms.
        decay_ms: f64,
    },
}

impl DrawnCurrent {
    /// When it sets in, ms.
    #[must_use]
    pub const fn onset_ms(&self) -> u32 {
        match *self {
            Self::SomaticStep { onset_ms, .. } | Self::ApicalEpsp { onset_ms, .. } => onset_ms,
        }
    }
}

impl StimulusProcess {
    /// The currents of one trial, with onsets from 0 to `duration_ms` − 1.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn generate(
        &self,
        seed: u64,
        trial: u64,
        duration_ms: u32,
    ) -> Result<TrialStimuli, DatasetError> {
        self.check()?;
        let mut rng = RandomStreams::new(seed).stream("current stimuli", trial);
        let receives = rng.random::<f64>() < self.trial_share;
        let quiet = rng.random::<f64>() < self.quiet_share;
        if !receives {
            return Ok(TrialStimuli::default());
        }
        let mut currents = Vec::new();
        // an onset that saturates is beyond the end of any trial
        let mut onset_ms = within(self.interval_ms, &mut rng);
        while onset_ms < duration_ms {
            self.draw_stimulus(onset_ms, &mut currents, &mut rng);
            onset_ms = onset_ms.saturating_add(within(self.interval_ms, &mut rng));
        }
        currents.retain(|current| current.onset_ms() < duration_ms);
        currents.sort_by_key(DrawnCurrent::onset_ms);
        Ok(TrialStimuli { quiet: quiet && !currents.is_empty(), currents })
    }

    /// One stimulus whose first current sets in at `onset_ms`.
    fn draw_stimulus(&self, onset_ms: u32, currents: &mut Vec<DrawnCurrent>, rng: &mut impl Rng) {
        match rng.random_range(0..4_u32) {
            0 => currents.push(self.draw_pulse(onset_ms, rng)),
            1 => currents.push(self.draw_epsp(onset_ms, rng)),
            2 => {
                let lag_ms = within(self.epsp_lag_ms, rng);
                let later_ms = onset_ms.saturating_add(lag_ms.unsigned_abs());
                let [pulse_ms, epsp_ms] =
                    if lag_ms < 0 { [later_ms, onset_ms] } else { [onset_ms, later_ms] };
                currents.push(self.draw_pulse(pulse_ms, rng));
                currents.push(self.draw_epsp(epsp_ms, rng));
            }
            _ => currents.push(DrawnCurrent::SomaticStep {
                onset_ms,
                amplitude_na: uniform(self.step_amplitude_na, rng),
                duration_ms: within(self.step_duration_ms, rng),
            }),
        }
    }

    fn draw_pulse(&self, onset_ms: u32, rng: &mut impl Rng) -> DrawnCurrent {
        DrawnCurrent::SomaticStep {
            onset_ms,
            amplitude_na: uniform(self.pulse_amplitude_na, rng),
            duration_ms: within(self.pulse_duration_ms, rng),
        }
    }

    fn draw_epsp(&self, onset_ms: u32, rng: &mut impl Rng) -> DrawnCurrent {
        DrawnCurrent::ApicalEpsp {
            onset_ms,
            peak_na: uniform(self.epsp_peak_na, rng),
            rise_ms: self.epsp_rise_ms,
            decay_ms: self.epsp_decay_ms,
        }
    }

    /// Whether every parameter is in its range.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Parameter`] for a parameter out of range.
    pub fn check(&self) -> Result<(), DatasetError> {
        for (name, share) in [("trial_share", self.trial_share), ("quiet_share", self.quiet_share)]
        {
            parameter((0.0..=1.0).contains(&share), name, share, "between 0 and 1")?;
        }
        for (name, [low, high]) in [
            ("interval_ms", self.interval_ms),
            ("pulse_duration_ms", self.pulse_duration_ms),
            ("step_duration_ms", self.step_duration_ms),
        ] {
            parameter(low >= 1, name, low.into(), "at or above 1")?;
            parameter(high >= low, name, high.into(), ABOVE_LOW_END)?;
        }
        for (name, [low, high]) in [
            ("pulse_amplitude_na", self.pulse_amplitude_na),
            ("epsp_peak_na", self.epsp_peak_na),
            ("step_amplitude_na", self.step_amplitude_na),
        ] {
            parameter(low.is_finite(), name, low, "a finite number")?;
            parameter(high.is_finite(), name, high, "a finite number")?;
            parameter(high >= low, name, high, ABOVE_LOW_END)?;
        }
        let [low, high] = self.epsp_lag_ms;
        parameter(high >= low, "epsp_lag_ms", high.into(), ABOVE_LOW_END)?;
        let [rise, decay] = [self.epsp_rise_ms, self.epsp_decay_ms];
        let positive = rise.is_finite() && rise > 0.0;
        parameter(positive, "epsp_rise_ms", rise, "a finite number above 0")?;
        let slower = decay.is_finite() && decay > rise;
        parameter(slower, "epsp_decay_ms", decay, "a finite number above epsp_rise_ms")
    }
}

const ABOVE_LOW_END: &str = "at or above its low end";

/// Uniform from low to high, both included.
fn within<T: SampleUniform + PartialOrd>([low, high]: [T; 2], rng: &mut impl Rng) -> T {
    rng.random_range(low..=high)
}
