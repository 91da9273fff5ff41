use std::f64::consts::PI;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};

use crate::EvalError;
use crate::error::check_shape;

/// Spectra of predicted and true traces with a value every millisecond, and what they have in common (Welch 1967,
/// doi:10.1109/TAU.1967.1161901): means over Hann windows that overlap by half, each without its mean.
///
/// ```
/// use apical_eval::Spectra;
///
/// // 20 Hz, and the same at half the amplitude
/// let truth: Vec<f64> =
///     (0..2048).map(|ms| (f64::from(ms) * 0.02 * std::f64::consts::TAU).sin()).collect();
/// let predicted: Vec<f64> = truth.iter().map(|x| 0.5 * x).collect();
/// let mut spectra = Spectra::new(256);
/// spectra.add(&predicted, &truth)?;
/// let band = spectra.band(10.0..30.0).unwrap();
/// assert!((band.power_db + 6.0206).abs() < 1e-3);
/// assert!((band.coherence - 1.0).abs() < 1e-9);
/// # Ok::<(), apical_eval::EvalError>(())
/// ```
#[derive(Clone)]
pub struct Spectra {
    fft: Arc<dyn Fft<f64>>,
    taper: Vec<f64>,
    windows: usize,
    /// Sums over windows, by frequency up to half the sampling rate.
    predicted: Vec<f64>,
    truth: Vec<f64>,
    cross: Vec<Complex64>,
}

/// A range of frequencies of [`Spectra`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpectralBand {
    /// Power of the predicted trace relative to that of the true one, dB.
    pub power_db: f64,
    /// Magnitude-squared coherence, mean over frequencies weighted by the true power: 1 where one trace is a linear filter of the
    /// other, about one over the number of windows where they have nothing in common.
    pub coherence: f64,
}

impl Spectra {
    /// Without traces, with windows of so many milliseconds.
    #[must_use]
    pub fn new(window_ms: usize) -> Self {
        let length = window_ms.max(2);
        let frequencies = length / 2 + 1;
        let share = |k: usize| 2.0 * PI * (k as f64 + 0.5) / length as f64;
        Self {
            fft: FftPlanner::new().plan_fft_forward(length),
            taper: (0..length).map(|k| 0.5 - 0.5 * share(k).cos()).collect(),
            windows: 0,
            predicted: vec![0.0; frequencies],
            truth: vec![0.0; frequencies],
            cross: vec![Complex64::default(); frequencies],
        }
    }

    /// Adds all whole windows of two traces of the same times.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for traces of different lengths.
    pub fn add(&mut self, predicted: &[f64], truth: &[f64]) -> Result<(), EvalError> {
        check_shape("samples of a trace", truth.len(), predicted.len())?;
        let length = self.taper.len();
        let windows = predicted.windows(length).zip(truth.windows(length));
        for (predicted, truth) in windows.step_by(length / 2) {
            let [predicted, truth] = [predicted, truth].map(|trace| self.transform(trace));
            self.windows += 1;
            for (k, (p, t)) in predicted.iter().zip(&truth).take(self.cross.len()).enumerate() {
                self.predicted[k] += p.norm_sqr();
                self.truth[k] += t.norm_sqr();
                self.cross[k] += p * t.conj();
            }
        }
        Ok(())
    }

    fn transform(&self, trace: &[f64]) -> Vec<Complex64> {
        let mean = trace.iter().sum::<f64>() / trace.len() as f64;
        let tapered = trace.iter().zip(&self.taper).map(|(x, taper)| (x - mean) * taper);
        let mut buffer: Vec<Complex64> = tapered.map(Complex64::from).collect();
        self.fft.process(&mut buffer);
        buffer
    }

    /// The frequencies of a range in Hz, its end not included; none without windows, frequencies in it or power.
    #[must_use]
    pub fn band(&self, hz: Range<f64>) -> Option<SpectralBand> {
        let step_hz = 1000.0 / self.taper.len() as f64;
        let bins = (0..self.cross.len()).filter(|&k| hz.contains(&(k as f64 * step_hz)));
        let (mut predicted, mut truth, mut common) = (0.0, 0.0, 0.0);
        for k in bins {
            predicted += self.predicted[k];
            truth += self.truth[k];
            if self.predicted[k] > 0.0 {
                common += self.cross[k].norm_sqr() / self.predicted[k];
            }
        }
        (predicted > 0.0 && truth > 0.0).then(|| SpectralBand {
            power_db: 10.0 * (predicted / truth).log10(),
            coherence: common / truth,
        })
    }
}

impl fmt::Debug for Spectra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (length, windows) = (self.taper.len(), self.windows);
        f.debug_struct("Spectra").field("length", &length).field("windows", &windows).finish()
    }
}

#[cfg(test)]
mod tests {
    use apical_core::RandomStreams;
    use rand::RngExt;

    use super::*;

    fn noise(seed: u64, count: usize) -> Vec<f64> {
        let mut rng = RandomStreams::new(seed).stream("noise", 0);
        (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    /// Noise that is not the same has nothing in common but what chance gives: about 1 of the number of windows, of which
    /// neighbors share a half. With as much noise on top, half of the power is common.
    #[test]
    fn coherence_is_what_is_shared() {
        let (truth, other) = (noise(1, 256 * 200), noise(2, 256 * 200));
        let both: Vec<f64> = truth.iter().zip(&other).map(|(a, b)| a + b).collect();
        let found = |predicted: &[f64]| {
            let mut spectra = Spectra::new(256);
            spectra.add(predicted, &truth).unwrap();
            spectra.band(20.0..400.0).unwrap()
        };
        assert!(found(&other).coherence < 0.01);
        let half = found(&both);
        assert!((half.coherence - 0.5).abs() < 0.03, "{half:?}");
        assert!((half.power_db - 10.0 * 2.0_f64.log10()).abs() < 0.2, "{half:?}");
        // a delay is a filter, but for what moves out of the window
        let delayed = &truth[..truth.len() - 2];
        let mut spectra = Spectra::new(256);
        spectra.add(delayed, &truth[2..]).unwrap();
        assert!(spectra.band(20.0..400.0).unwrap().coherence > 0.95);
    }

    /// A slow trace does not leak into fast bands: a Hann window falls by 18 dB an octave.
    #[test]
    fn tones_stay_in_their_bands() {
        let tone: Vec<f64> =
            (0..4096).map(|ms| (f64::from(ms) * 2.0 * PI * 10.3e-3).sin()).collect();
        let mut spectra = Spectra::new(256);
        spectra.add(&tone, &tone).unwrap();
        let power = |hz: Range<f64>| {
            let step_hz = 1000.0 / 256.0;
            let bins = (0..spectra.truth.len()).filter(|&k| hz.contains(&(k as f64 * step_hz)));
            bins.map(|k| spectra.truth[k]).sum::<f64>()
        };
        assert!(power(80.0..500.0) < 1e-6 * power(4.0..20.0));
    }

    #[test]
    fn without_windows_there_is_nothing() {
        let mut spectra = Spectra::new(256);
        spectra.add(&[1.0; 200], &[1.0; 200]).unwrap();
        assert_eq!(spectra.band(0.0..500.0), None);
        assert!(spectra.add(&[1.0; 3], &[1.0; 4]).is_err());
        // what does not change has no power
        spectra.add(&[1.0; 300], &[1.0; 300]).unwrap();
        assert_eq!(spectra.band(10.0..500.0), None);
    }
}
