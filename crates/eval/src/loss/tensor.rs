use candle_core::{Result, Tensor};

use super::{Loss, MeanSquareError, SpikeCrossEntropy};

/// A [`Loss`] of tensors, made of operations that candle differentiates, so that it can be trained with on any device.
///
/// All tensors of a call have one device and one floating-point type, which are those of the result; nothing is copied
/// from one device to another.
///
/// ```
/// use apical_eval::{SpikeCrossEntropy, TensorLoss};
/// use candle_core::{Device, Tensor, Var};
///
/// let logit = Var::new(&[[0.0_f32], [0.0]], &Device::Cpu)?;
/// let target = Tensor::new(&[[1.0_f32], [0.0]], &Device::Cpu)?;
/// let loss = SpikeCrossEntropy.tensor_value(&logit, &target, None, None)?;
/// assert_eq!(loss.to_scalar::<f32>()?, 2.0_f32.ln());
///
/// let gradients = loss.backward()?;
/// let gradient = gradients.get(&logit).ok_or("the loss depends on the logit")?;
/// assert_eq!(gradient.to_vec2::<f32>()?, [[-0.25], [0.25]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait TensorLoss: Loss {
    /// The loss of every value, of the shape of both.
    ///
    /// # Errors
    ///
    /// candle's, where the shapes, types or devices of the tensors differ.
    fn tensor_values(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor>;

    /// The weighted mean Σ w·l / Σ w of predictions and targets `[N, K]`, a scalar, with weights of samples `[N]` and of
    /// tasks `[K]` where they do not all count the same.
    ///
    /// Weights are not looked at, which would wait for the device: where all are 0 the loss is NaN.
    ///
    /// # Errors
    ///
    /// candle's, where the shapes, types or devices of the tensors do not fit each other.
    fn tensor_value(
        &self,
        prediction: &Tensor,
        target: &Tensor,
        samples: Option<&Tensor>,
        tasks: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (n, k) = prediction.dims2()?;
        let mut values = self.tensor_values(prediction, target)?;
        // the weight of a value is a product, and so is the sum of all: of Σ over samples and Σ over tasks
        let mut count = 1.0;
        let mut total = None;
        for (weights, shape) in [(samples, (n, 1)), (tasks, (1, k))] {
            let Some(weights) = weights else {
                count *= (shape.0 * shape.1) as f64;
                continue;
            };
            values = values.broadcast_mul(&weights.reshape(shape)?)?;
            let sum = weights.sum_all()?;
            total = Some(match total {
                Some(total) => (sum * total)?,
                None => sum,
            });
        }
        Ok(match total {
            Some(total) => ((values.sum_all()? / total)? / count)?,
            None => values.mean_all()?,
        })
    }
}

impl TensorLoss for MeanSquareError {
    fn tensor_values(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        (prediction - target)?.sqr()
    }
}

impl TensorLoss for SpikeCrossEntropy {
    /// candle's derivatives of relu and of the absolute value are those to one side at a logit of 0, where an untrained
    /// network may well be, and do not add up there. So both are products with a constant mask.
    fn tensor_values(&self, logit: &Tensor, target: &Tensor) -> Result<Tensor> {
        let is_positive = logit.detach().ge(0.0)?.to_dtype(logit.dtype())?;
        let minus_sign = is_positive.affine(-2.0, 1.0)?;
        let smooth = (logit * minus_sign)?.exp()?.affine(1.0, 1.0)?.log()?;
        ((logit * (is_positive - target)?)? + smooth)?.contiguous()
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Var};

    use super::*;
    use crate::LossWeights;

    const N: usize = 4;
    const K: usize = 3;

    /// All orders of magnitude at which either form could lose digits, and 0.
    const LOGITS: [f64; N * K] =
        [-1000.0, -30.0, -1.5, -1e-9, 0.0, 1e-9, 0.5, 17.0, 90.0, 1000.0, 0.0, 2.0];
    const TARGETS: [f64; N * K] = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.25];
    const SAMPLES: [f64; N] = [1.0, 0.0, 2.5, 0.5];
    const TASKS: [f64; K] = [0.1, 3.0, 1.0];

    /// Relative to the largest: both sum twelve numbers, each rounded to 1e-16 of itself.
    const TOLERANCE: f64 = 1e-12;

    fn check(loss: &impl TensorLoss, device: &Device) -> Result<()> {
        let tensor = |values: &[f64], shape: &[usize]| {
            Tensor::from_slice(values, shape, device)?.to_dtype(DType::F64)
        };
        let target = tensor(&TARGETS, &[N, K])?;
        let prediction = Var::from_tensor(&tensor(&LOGITS, &[N, K])?)?;
        for (with_samples, with_tasks) in
            [(false, false), (true, false), (false, true), (true, true)]
        {
            let weights = LossWeights {
                columns: K,
                samples: with_samples.then_some(&SAMPLES[..]),
                tasks: with_tasks.then_some(&TASKS[..]),
            };
            let [samples, tasks] = [weights.samples, weights.tasks]
                .map(|weights| weights.map(|weights| tensor(weights, &[weights.len()]).unwrap()));
            let value =
                loss.tensor_value(&prediction, &target, samples.as_ref(), tasks.as_ref())?;
            let gradients = value.backward()?;
            let gradient = gradients.get(&prediction).unwrap().flatten_all()?.to_vec1::<f64>()?;

            let expected = loss.value(&LOGITS, &TARGETS, weights).unwrap();
            let found = value.to_scalar::<f64>()?;
            assert!((found - expected).abs() <= TOLERANCE * expected, "{found} {expected}");
            let expected = loss.gradient(&LOGITS, &TARGETS, weights).unwrap();
            let largest = expected.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            for (found, expected) in gradient.iter().zip(&expected) {
                assert!((found - expected).abs() <= TOLERANCE * largest, "{gradient:?} {expected}");
            }
        }
        Ok(())
    }

    #[test]
    fn tensors_agree_with_slices() -> Result<()> {
        check(&MeanSquareError, &Device::Cpu)?;
        check(&SpikeCrossEntropy, &Device::Cpu)
    }

    #[test]
    fn the_type_is_kept_and_extreme_logits_are_finite() -> Result<()> {
        for dtype in [DType::F32, DType::BF16, DType::F16] {
            let tensor = |values: [f32; 2]| Tensor::new(&[values], &Device::Cpu)?.to_dtype(dtype);
            let logit = Var::from_tensor(&tensor([1000.0, -1000.0])?)?;
            let loss = SpikeCrossEntropy.tensor_value(&logit, &tensor([0.0, 1.0])?, None, None)?;
            assert_eq!(loss.dtype(), dtype);
            assert_eq!(loss.to_dtype(DType::F32)?.to_scalar::<f32>()?, 1000.0);
            let gradients = loss.backward()?;
            let gradient = gradients.get(&logit).unwrap().to_dtype(DType::F32)?;
            assert_eq!(gradient.to_vec2::<f32>()?, [[0.5, -0.5]]);
        }
        Ok(())
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() -> Result<()> {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu);
        let two_by_three = zeros(&[2, 3])?;
        let refused = |target: &Tensor, samples: Option<&Tensor>, tasks: Option<&Tensor>| {
            MeanSquareError.tensor_value(&two_by_three, target, samples, tasks).is_err()
        };
        assert!(refused(&zeros(&[3])?, None, None));
        assert!(refused(&two_by_three, Some(&zeros(&[3])?), None));
        assert!(refused(&two_by_three, None, Some(&zeros(&[2])?)));
        assert!(!refused(&two_by_three, Some(&zeros(&[2])?), Some(&zeros(&[3])?)));
        Ok(())
    }
}
