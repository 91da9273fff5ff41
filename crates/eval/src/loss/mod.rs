#[cfg(feature = "candle")]
mod tensor;

use crate::EvalError;
use crate::error::{check_shape, check_values};

#[cfg(feature = "candle")]
pub use tensor::TensorLoss;

/// How much a prediction costs, given what is true.
///
/// Predictions and targets are `[N × K]`, N samples of K tasks, the task's index fastest. Values are taken as f64 whatever
/// they are stored as, and results are f64. With the feature `candle`, `TensorLoss` has the same of tensors.
///
/// ```
/// use apical_eval::{Loss, LossWeights, MeanSquareError, SpikeCrossEntropy};
///
/// // two samples of two tasks; the second sample counts three times as much
/// let (prediction, target) = ([0.0, 1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]);
/// assert_eq!(MeanSquareError.value(&prediction, &target, LossWeights::even(2))?, 1.25);
/// let weights = LossWeights { samples: Some(&[1.0, 3.0]), ..LossWeights::even(2) };
/// assert_eq!(MeanSquareError.value(&prediction, &target, weights)?, 13.0 / 8.0);
///
/// // a logit of 0 is a probability of one half
/// let even = LossWeights::even(1);
/// assert_eq!(SpikeCrossEntropy.value(&[0.0_f32], &[1.0], even)?, 2.0_f64.ln());
/// assert_eq!(SpikeCrossEntropy.gradient(&[0.0_f32], &[1.0], even)?, [-0.5]);
/// # Ok::<(), apical_eval::EvalError>(())
/// ```
pub trait Loss {
    /// The loss of one value.
    fn value_at(&self, prediction: f64, target: f64) -> f64;

    /// The derivative of [`value_at`](Self::value_at) with respect to the prediction.
    fn derivative_at(&self, prediction: f64, target: f64) -> f64;

    /// The weighted mean over all values, Σ w·l / Σ w.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for arrays and weights that do not fit each other,
    /// [`EvalError::Empty`] for no values, [`EvalError::Value`] for a weight that is negative or not finite, and
    /// [`EvalError::Parameter`] if all are 0.
    fn value<T: Copy + Into<f64>>(
        &self,
        prediction: &[T],
        target: &[T],
        weights: LossWeights<'_>,
    ) -> Result<f64, EvalError> {
        let total = weights.total(prediction.len(), target.len())?;
        let values = prediction.iter().zip(target).enumerate();
        let losses = values.map(|(place, (&prediction, &target))| {
            weights.at(place) * self.value_at(prediction.into(), target.into())
        });
        Ok(losses.sum::<f64>() / total)
    }

    /// The gradient of [`value`](Self::value) with respect to the prediction, `[N × K]`.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    fn gradient<T: Copy + Into<f64>>(
        &self,
        prediction: &[T],
        target: &[T],
        weights: LossWeights<'_>,
    ) -> Result<Vec<f64>, EvalError> {
        let total = weights.total(prediction.len(), target.len())?;
        let values = prediction.iter().zip(target).enumerate();
        let gradient = values.map(|(place, (&prediction, &target))| {
            weights.at(place) / total * self.derivative_at(prediction.into(), target.into())
        });
        Ok(gradient.collect())
    }
}

/// What the values of `[N × K]` count: the product of the weight of their sample and that of their task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossWeights<'a> {
    /// K.
    pub columns: usize,
    /// `[N]`; none where all samples count the same.
    pub samples: Option<&'a [f64]>,
    /// `[K]`; none where all tasks count the same.
    pub tasks: Option<&'a [f64]>,
}

impl LossWeights<'_> {
    /// All values of `[N × columns]` count the same.
    #[must_use]
    pub const fn even(columns: usize) -> Self {
        Self { columns, samples: None, tasks: None }
    }

    fn at(&self, place: usize) -> f64 {
        let sample = self.samples.map_or(1.0, |weights| weights[place / self.columns]);
        sample * self.tasks.map_or(1.0, |weights| weights[place % self.columns])
    }

    /// Σ w, once all shapes are known to fit.
    fn total(&self, predictions: usize, targets: usize) -> Result<f64, EvalError> {
        if predictions == 0 || self.columns == 0 {
            return Err(EvalError::Empty { what: "the list of predictions" });
        }
        let samples = predictions.div_ceil(self.columns);
        check_shape("predictions [N × K]", samples * self.columns, predictions)?;
        check_shape("targets [N × K]", predictions, targets)?;
        let total = sum_of("weights of samples [N]", samples, self.samples)?
            * sum_of("weights of tasks [K]", self.columns, self.tasks)?;
        if total > 0.0 {
            return Ok(total);
        }
        let parameter = "the sum of weights";
        Err(EvalError::Parameter { parameter, value: total, expected: "positive" })
    }
}

/// The sum of weights, which is their number where all are 1.
fn sum_of(what: &'static str, expected: usize, weights: Option<&[f64]>) -> Result<f64, EvalError> {
    let Some(weights) = weights else { return Ok(expected as f64) };
    check_shape(what, expected, weights.len())?;
    check_values(what, weights.iter().copied(), "finite and at least 0", |weight| {
        weight.is_finite() && weight >= 0.0
    })?;
    Ok(weights.iter().sum())
}

/// Square of the error, for voltages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeanSquareError;

impl Loss for MeanSquareError {
    fn value_at(&self, prediction: f64, target: f64) -> f64 {
        (prediction - target).powi(2)
    }

    fn derivative_at(&self, prediction: f64, target: f64) -> f64 {
        2.0 * (prediction - target)
    }
}

/// Binary cross-entropy of the logit x of a spike's probability, given y = 1 where there is a spike and 0 where there is
/// none: max(x, 0) − x·y + ln(1 + e^−|x|).
///
/// In this form it is finite for any finite logit. With the logarithm of a sigmoid instead, f32 gives infinity and NaN
/// from logits of 17 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpikeCrossEntropy;

impl Loss for SpikeCrossEntropy {
    fn value_at(&self, logit: f64, target: f64) -> f64 {
        logit.max(0.0) - logit * target + (-logit.abs()).exp().ln_1p()
    }

    fn derivative_at(&self, logit: f64, target: f64) -> f64 {
        let small = (-logit.abs()).exp();
        let probability = if logit >= 0.0 { 1.0 } else { small } / (1.0 + small);
        probability - target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_logits_are_finite() {
        for (logit, target, value, derivative) in [
            (1000.0, 1.0, 0.0, 0.0),
            (1000.0, 0.0, 1000.0, 1.0),
            (-1000.0, 0.0, 0.0, 0.0),
            (-1000.0, 1.0, 1000.0, -1.0),
            (0.0, 1.0, 2.0_f64.ln(), -0.5),
            (0.0, 0.0, 2.0_f64.ln(), 0.5),
        ] {
            assert_eq!(SpikeCrossEntropy.value_at(logit, target), value);
            assert_eq!(SpikeCrossEntropy.derivative_at(logit, target), derivative);
        }
    }

    /// That of a probability p is −ln p of what is true.
    #[test]
    fn cross_entropy_is_that_of_the_probability() {
        for p in [1e-3, 0.2, 0.5, 0.7, 0.999_f64] {
            let logit = (p / (1.0 - p)).ln();
            // two logarithms and an exponential, each rounded to 1e-16 of values up to 7
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-14, "{a} {b}");
            close(SpikeCrossEntropy.value_at(logit, 1.0), -p.ln());
            close(SpikeCrossEntropy.value_at(logit, 0.0), -(1.0 - p).ln());
            close(SpikeCrossEntropy.derivative_at(logit, 1.0), p - 1.0);
        }
    }

    /// Central differences of values near 1 at a distance of 1e-5: wrong by 1e-10 of the third derivative, and 1e-11 of
    /// rounding.
    #[test]
    fn gradients_are_those_of_values() {
        fn check(loss: &impl Loss) {
            let target = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0];
            let (samples, tasks) = ([0.5, 2.0], [1.0, 0.0, 3.0]);
            let weights = LossWeights { columns: 3, samples: Some(&samples), tasks: Some(&tasks) };
            let mut prediction = [-2.0, 0.3, 0.0, 4.0, 1.5, -0.1];
            let gradient = loss.gradient(&prediction, &target, weights).unwrap();
            for place in 0..6 {
                let at = prediction[place];
                let [above, below] = [1e-5, -1e-5].map(|offset| {
                    prediction[place] = at + offset;
                    loss.value(&prediction, &target, weights).unwrap()
                });
                prediction[place] = at;
                let expected = (above - below) / 2e-5;
                assert!((gradient[place] - expected).abs() < 1e-9, "{place} {gradient:?}");
            }
            assert_eq!([gradient[1], gradient[4]], [0.0; 2]);
        }
        check(&MeanSquareError);
        check(&SpikeCrossEntropy);
    }

    #[test]
    fn slices_of_f32_are_those_of_f64() {
        let (prediction, target) = ([1.5_f32, -2.25, 0.75], [1.0_f32, 0.0, 1.0]);
        let wide = |values: [f32; 3]| values.map(f64::from);
        let even = LossWeights::even(1);
        let value = SpikeCrossEntropy.value(&prediction, &target, even);
        assert_eq!(value, SpikeCrossEntropy.value(&wide(prediction), &wide(target), even));
    }

    #[test]
    fn refuses_what_has_no_mean() {
        let error = |weights| MeanSquareError.value(&[1.0, 2.0], &[0.0, 0.0], weights).unwrap_err();
        let even = LossWeights::even(1);
        assert!(matches!(error(LossWeights::even(3)), EvalError::Core(_)));
        assert!(matches!(error(LossWeights::even(0)), EvalError::Empty { .. }));
        let samples = |weights| error(LossWeights { samples: Some(weights), ..even });
        assert!(matches!(samples(&[1.0]), EvalError::Core(_)));
        assert!(matches!(samples(&[0.0, 0.0]), EvalError::Parameter { .. }));
        assert!(matches!(samples(&[2.0, -1.0]), EvalError::Value { index: 1, .. }));
        assert!(matches!(samples(&[f64::NAN, 1.0]), EvalError::Value { index: 0, .. }));
        assert!(MeanSquareError.value(&[1.0], &[1.0, 2.0], even).is_err());
        assert!(MeanSquareError.value::<f64>(&[], &[], even).is_err());
    }
}
