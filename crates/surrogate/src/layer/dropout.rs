use apical_core::RandomStreams;
use candle_core::{Shape, Tensor};
use rand::Rng;

use crate::SurrogateError;

/// Sets random numbers to zero, and scales the others so that the mean stays (Srivastava et al. 2014).
///
/// Masks follow from the seed, the training step and their order within the step: a training that goes on has the same.
#[derive(Debug)]
pub struct Dropout {
    streams: RandomStreams,
    rate: f64,
    step: u64,
    masks: u64,
}

impl Dropout {
    /// Masks of a training step.
    #[must_use]
    pub const fn new(seed: u64, rate: f64, step: u64) -> Self {
        Self { streams: RandomStreams::new(seed), rate, step, masks: 0 }
    }

    /// The next mask, on numbers of any shape.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for it.
    pub fn apply(&mut self, x: &Tensor) -> Result<Tensor, SurrogateError> {
        if self.rate <= 0.0 {
            return Ok(x.clone());
        }
        let mask = self.mask(x.shape());
        let mask = Tensor::from_vec(mask, x.shape(), x.device())?;
        Ok((x * mask.to_dtype(x.dtype())?)?)
    }

    fn mask(&mut self, shape: &Shape) -> Vec<f32> {
        let mut rng = self.streams.stream(&format!("dropout/{}", self.masks), self.step);
        self.masks += 1;
        let kept = (1.0 / (1.0 - self.rate)) as f32;
        // sixteen bits a number: rates are met to 8e-6
        let threshold = (self.rate * 65_536.0).round() as u64;
        let count = shape.elem_count();
        let mut mask = Vec::with_capacity(count + 3);
        while mask.len() < count {
            let bits = rng.next_u64();
            mask.extend(
                [0, 16, 32, 48].map(
                    |shift| {
                        if (bits >> shift) & 0xffff < threshold { 0.0 } else { kept }
                    },
                ),
            );
        }
        mask.truncate(count);
        mask
    }
}
