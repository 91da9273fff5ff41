//! Currents into a compartment that are known in advance.

use std::f64::consts::TAU;
use std::sync::Arc;

use apical_core::RandomStreams;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::BiophysicsError;
use crate::error::Check;
use crate::synapse::DoubleExponential;

/// A current over time, checked and ready to evaluate: the same at every evaluation, and in any order of them.
///
/// Made by `build` of one of the descriptions: [`CurrentStep`], [`EpspCurrent`], [`RampCurrent`], [`SineCurrent`],
/// [`NoiseCurrent`], [`SampledCurrent`]. Several of them into one compartment add up.
///
/// ```
/// use apical_biophysics::CurrentStep;
///
/// let step = CurrentStep { delay_ms: 100.0, duration_ms: 400.0, amplitude_na: 0.793 }.build()?;
/// assert_eq!(step.current_na(99.9), 0.0);
/// assert_eq!(step.current_na(100.0), 0.793);
/// assert_eq!(step.current_na(500.0), 0.0);
/// # Ok::<(), apical_biophysics::BiophysicsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    delay_ms: f64,
    duration_ms: f64,
    shape: Shape,
}

/// The current from the delay on.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Constant { na: f64 },
    Epsp { kinetics: DoubleExponential, peak_na: f64 },
    Ramp { start_na: f64, end_na: f64 },
    Sine { offset_na: f64, amplitude_na: f64, frequency_hz: f64, phase_rad: f64 },
    Samples { dt_ms: f64, samples_na: Arc<[f64]> },
}

impl Stimulus {
    /// Whether the current flows through the membrane, as a synapse's does, and not through an electrode: it is then
    /// part of the membrane currents, whose sum it leaves at zero. So it is for the EPSP-like current.
    #[must_use]
    pub const fn is_membrane_current(&self) -> bool {
        matches!(self.shape, Shape::Epsp { .. })
    }

    /// The current at a time, nA; positive depolarizes. It flows for delay ≤ t < delay + duration.
    #[must_use]
    pub fn current_na(&self, time_ms: f64) -> f64 {
        if time_ms < self.delay_ms || time_ms >= self.delay_ms + self.duration_ms {
            return 0.0;
        }
        let since_ms = time_ms - self.delay_ms;
        match &self.shape {
            Shape::Constant { na } => *na,
            Shape::Epsp { kinetics, peak_na } => peak_na * kinetics.at(since_ms),
            Shape::Ramp { start_na, end_na } => {
                start_na + (end_na - start_na) * (since_ms / self.duration_ms)
            }
            Shape::Sine { offset_na, amplitude_na, frequency_hz, phase_rad } => {
                let angle = TAU * frequency_hz * since_ms / 1000.0 + phase_rad;
                offset_na + amplitude_na * angle.sin()
            }
            Shape::Samples { dt_ms, samples_na } => {
                // a start that the division has rounded down to just before itself
                let sample = (since_ms / dt_ms + SAMPLE_SLACK).floor() as usize;
                samples_na.get(sample).copied().unwrap_or(0.0)
            }
        }
    }
}

/// Share of a sample before its start that already counts as its own.
const SAMPLE_SLACK: f64 = 1e-9;

/// Noise of more samples than this (8 GB) is taken for a mistake.
const MAX_SAMPLES: f64 = 1e9;

/// A constant current: on for delay ≤ t < delay + duration.
#[doc(alias("IClamp", "current clamp"))]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurrentStep {
    /// Onset, ms.
    pub delay_ms: f64,
    /// Duration, ms; may be infinite.
    pub duration_ms: f64,
    /// Current, nA; positive depolarizes.
    pub amplitude_na: f64,
}

impl CurrentStep {
    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] if the delay or current is not finite or the duration is negative.
    pub fn build(self) -> Result<Stimulus, BiophysicsError> {
        let check = Check("current step");
        check.finite("delay_ms", self.delay_ms)?;
        check.not_negative("duration_ms", self.duration_ms)?;
        check.finite("amplitude_na", self.amplitude_na)?;
        Ok(Stimulus {
            delay_ms: self.delay_ms,
            duration_ms: self.duration_ms,
            shape: Shape::Constant { na: self.amplitude_na },
        })
    }
}

/// A current with the time course of an excitatory postsynaptic potential:
/// peak·k·(exp(−s/decay) − exp(−s/rise)), s ms after the onset, k such that its maximum is the peak.
///
/// In Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107), Fig. 4, with 0.5 ms, 5 ms and 0.5 nA.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpspCurrent {
    /// Onset, ms.
    pub onset_ms: f64,
    /// Time constant of the rise, ms.
    pub rise_ms: f64,
    /// Time constant of the decay, ms.
    pub decay_ms: f64,
    /// Largest current, nA; positive depolarizes.
    pub peak_na: f64,
}

impl EpspCurrent {
    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] if onset or peak is not finite, or unless 0 < rise < decay, both finite.
    pub fn build(self) -> Result<Stimulus, BiophysicsError> {
        let check = Check("EPSP-like current");
        check.finite("onset_ms", self.onset_ms)?;
        check.finite("peak_na", self.peak_na)?;
        let kinetics = DoubleExponential::new(self.rise_ms, self.decay_ms)?;
        Ok(Stimulus {
            delay_ms: self.onset_ms,
            duration_ms: f64::INFINITY,
            shape: Shape::Epsp { kinetics, peak_na: self.peak_na },
        })
    }
}

/// A current that changes linearly from the delay to the end of the duration, and is 0 outside.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RampCurrent {
    /// Onset, ms.
    pub delay_ms: f64,
    /// Duration, ms.
    pub duration_ms: f64,
    /// Current at the onset, nA; positive depolarizes.
    pub start_na: f64,
    /// Current approached at the end, nA.
    pub end_na: f64,
}

impl RampCurrent {
    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] if a value is not finite or the duration is not positive.
    pub fn build(self) -> Result<Stimulus, BiophysicsError> {
        let check = Check("ramp current");
        check.finite("delay_ms", self.delay_ms)?;
        check.positive("duration_ms", self.duration_ms)?;
        check.finite("start_na", self.start_na)?;
        check.finite("end_na", self.end_na)?;
        Ok(Stimulus {
            delay_ms: self.delay_ms,
            duration_ms: self.duration_ms,
            shape: Shape::Ramp { start_na: self.start_na, end_na: self.end_na },
        })
    }
}

/// A sinusoidal current: offset + amplitude·sin(2π·frequency·s + phase), s the time since the onset.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SineCurrent {
    /// Onset, ms.
    pub delay_ms: f64,
    /// Duration, ms; may be infinite.
    pub duration_ms: f64,
    /// Mean, nA; positive depolarizes.
    pub offset_na: f64,
    /// Amplitude, nA.
    pub amplitude_na: f64,
    /// Frequency, Hz.
    pub frequency_hz: f64,
    /// Phase at the onset, rad.
    pub phase_rad: f64,
}

impl SineCurrent {
    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] if a value is not finite or the duration is negative.
    pub fn build(self) -> Result<Stimulus, BiophysicsError> {
        let check = Check("sine current");
        check.finite("delay_ms", self.delay_ms)?;
        check.not_negative("duration_ms", self.duration_ms)?;
        check.finite("offset_na", self.offset_na)?;
        check.finite("amplitude_na", self.amplitude_na)?;
        check.finite("frequency_hz", self.frequency_hz)?;
        check.finite("phase_rad", self.phase_rad)?;
        Ok(Stimulus {
            delay_ms: self.delay_ms,
            duration_ms: self.duration_ms,
            shape: Shape::Sine {
                offset_na: self.offset_na,
                amplitude_na: self.amplitude_na,
                frequency_hz: self.frequency_hz,
                phase_rad: self.phase_rad,
            },
        })
    }
}

/// Gaussian noise: an Ornstein–Uhlenbeck process, stationary from the onset on, sampled exactly every `dt_ms` and held
/// in between. Without correlation the samples are independent.
///
/// Its samples follow from seed and index alone, so that it is the same at any time step of the simulation.
///
/// Uhlenbeck & Ornstein 1930 (doi:10.1103/PhysRev.36.823).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoiseCurrent {
    /// Onset, ms.
    pub delay_ms: f64,
    /// Duration, ms.
    pub duration_ms: f64,
    /// Mean, nA; positive depolarizes.
    pub mean_na: f64,
    /// Standard deviation, nA.
    pub standard_deviation_na: f64,
    /// Time constant of the autocorrelation, ms; 0 for independent samples.
    pub correlation_ms: f64,
    /// Time between samples, ms.
    pub dt_ms: f64,
    /// Seed of the random streams.
    pub seed: u64,
    /// Index of the stream, such as the trial.
    pub index: u64,
}

impl NoiseCurrent {
    /// Draws it.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] if a value is out of range.
    pub fn build(self) -> Result<Stimulus, BiophysicsError> {
        let check = Check("noise current");
        check.finite("delay_ms", self.delay_ms)?;
        check.not_negative("duration_ms", self.duration_ms)?;
        check.finite("mean_na", self.mean_na)?;
        check.not_negative("standard_deviation_na", self.standard_deviation_na)?;
        check.finite("standard_deviation_na", self.standard_deviation_na)?;
        check.not_negative("correlation_ms", self.correlation_ms)?;
        check.positive("dt_ms", self.dt_ms)?;
        let count = (self.duration_ms / self.dt_ms).ceil();
        check.that(count <= MAX_SAMPLES, "duration_ms", self.duration_ms, "at most 10⁹ samples")?;

        let kept = if self.correlation_ms == 0.0 {
            0.0
        } else {
            (-self.dt_ms / self.correlation_ms).exp()
        };
        let added = (1.0 - kept * kept).sqrt();
        let mut rng = RandomStreams::new(self.seed).stream("noise current", self.index);
        let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
        let mut deviation = draw();
        let samples_na = (0..count as usize)
            .map(|_| {
                let sample = self.mean_na + self.standard_deviation_na * deviation;
                deviation = kept * deviation + added * draw();
                sample
            })
            .collect();
        Ok(Stimulus {
            delay_ms: self.delay_ms,
            duration_ms: self.duration_ms,
            shape: Shape::Samples { dt_ms: self.dt_ms, samples_na },
        })
    }
}

/// A current given by samples, each held for `dt_ms`; 0 before the first and after the last.
///
/// A time within 10⁻⁹ of a sample's length before its start counts as its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampledCurrent {
    /// Start of the first sample, ms.
    pub delay_ms: f64,
    /// Time between samples, ms.
    pub dt_ms: f64,
    /// The samples, nA; positive depolarizes.
    pub samples_na: Vec<f64>,
}

impl SampledCurrent {
    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] if the delay is not finite or the time between samples not positive,
    /// [`BiophysicsError::Sample`] at the first sample that is not finite.
    pub fn build(self) -> Result<Stimulus, BiophysicsError> {
        let check = Check("sampled current");
        check.finite("delay_ms", self.delay_ms)?;
        check.positive("dt_ms", self.dt_ms)?;
        if let Some(index) = self.samples_na.iter().position(|na| !na.is_finite()) {
            return Err(BiophysicsError::Sample { index, value_na: self.samples_na[index] });
        }
        Ok(Stimulus {
            delay_ms: self.delay_ms,
            duration_ms: f64::INFINITY,
            shape: Shape::Samples { dt_ms: self.dt_ms, samples_na: self.samples_na.into() },
        })
    }
}
