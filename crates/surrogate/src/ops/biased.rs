//! A bias and what follows it.

use candle_core::{Result, Shape, Tensor, bail};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::operation::{Argument, Kernel, Operation, apply2, compute};
use super::real::{Real, vectorized};
use crate::parameters::Init;

/// A function of every number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Activation {
    /// x.
    Identity,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// x, but eˣ − 1 below 0.
    Elu,
    /// x, but 0 below 0.
    Relu,
}

impl Activation {
    /// What weights of so many inputs start from: with the sigmoid as published, which is as PyTorch does, else so that a
    /// sum of independent numbers keeps their variance.
    pub(crate) fn init(self, inputs: usize) -> Init {
        match self {
            Self::Sigmoid => Init::fan_in(inputs),
            _ => Init::scaled_fan_in(3_f64.sqrt(), inputs),
        }
    }

    #[inline(always)]
    pub(crate) fn of<T: Real>(self, x: T) -> T {
        let (zero, one) = (T::from(0.0), T::from(1.0));
        match self {
            Self::Identity => x,
            Self::Sigmoid => one / (one + (zero - x).exp()),
            Self::Elu => {
                let below = if x < zero { x } else { zero };
                if x > zero { x } else { below.exp() - one }
            }
            Self::Relu => {
                if x > zero {
                    x
                } else {
                    zero
                }
            }
        }
    }

    /// Its derivative, given its value.
    #[inline(always)]
    fn slope<T: Real>(self, y: T) -> T {
        let (zero, one) = (T::from(0.0), T::from(1.0));
        match self {
            Self::Identity => one,
            Self::Sigmoid => y * (one - y),
            Self::Elu => {
                if y > zero {
                    one
                } else {
                    y + one
                }
            }
            Self::Relu => {
                if y > zero {
                    one
                } else {
                    zero
                }
            }
        }
    }

    fn tensor(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Identity => Ok(x.clone()),
            Self::Sigmoid => (x.neg()?.exp()? + 1.0)?.recip(),
            Self::Elu => x.elu(1.0),
            Self::Relu => x.relu(),
        }
    }
}

/// Numbers that one thread takes at a time.
const AT_A_TIME: usize = 1 << 14;

/// f(x + bias): x `[rows, …]`, `bias` of all but the first dimension.
pub(crate) fn biased(x: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if x.device().is_cpu() {
        return apply2(Biased(activation), x, bias);
    }
    activation.tensor(&x.broadcast_add(bias)?)
}

struct Biased(Activation);

impl Operation<2> for Biased {
    fn gradients(
        &self,
        [_, bias]: [&Tensor; 2],
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 2]> {
        let of_x = match self.0 {
            Activation::Identity => gradient.contiguous()?,
            activation => compute(&Slope(activation), [y, gradient])?,
        };
        let of_bias = compute(&SumOfRows, [&of_x])?.reshape(bias.shape())?;
        Ok([Some(of_x), Some(of_bias)])
    }
}

impl Kernel<2> for Biased {
    const NAME: &'static str = "biased";

    fn run<T: Real>(&self, [x, bias]: [Argument<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let (shape, of_bias) = (x.shape, bias.shape);
        let (x, bias) = (x.values, bias.values);
        if bias.is_empty() || shape.dims().first().is_none_or(|rows| rows * bias.len() != x.len()) {
            bail!("a bias of shape {of_bias:?} does not fit {shape:?}");
        }
        let mut y = vec![T::zero(); x.len()];
        let rows = bias.len() * (AT_A_TIME / bias.len()).max(1);
        y.par_chunks_mut(rows).zip(x.par_chunks(rows)).for_each(|(y, x)| {
            for (y, x) in y.chunks_exact_mut(bias.len()).zip(x.chunks_exact(bias.len())) {
                vectorized(
                    #[inline(always)]
                    || {
                        for ((y, &x), &bias) in y.iter_mut().zip(x).zip(bias) {
                            *y = self.0.of(x + bias);
                        }
                    },
                );
            }
        });
        Ok((y, shape.clone()))
    }
}

/// The gradient of the argument from the value and the gradient of the value.
struct Slope(Activation);

impl Kernel<2> for Slope {
    const NAME: &'static str = "slope";

    fn run<T: Real>(&self, [y, gradient]: [Argument<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let mut of_x = vec![T::zero(); y.values.len()];
        let parts = of_x.par_chunks_mut(AT_A_TIME).zip(y.values.par_chunks(AT_A_TIME));
        parts.zip(gradient.values.par_chunks(AT_A_TIME)).for_each(|((of_x, y), gradient)| {
            vectorized(
                #[inline(always)]
                || {
                    for ((of_x, &y), &gradient) in of_x.iter_mut().zip(y).zip(gradient) {
                        *of_x = self.0.slope(y) * gradient;
                    }
                },
            );
        });
        Ok((of_x, y.shape.clone()))
    }
}

/// `[rows, …]` → the sum over rows, flat.
struct SumOfRows;

impl Kernel<1> for SumOfRows {
    const NAME: &'static str = "sum-of-rows";

    fn run<T: Real>(&self, [x]: [Argument<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        const COLUMNS_AT_A_TIME: usize = 256;
        let columns = x.values.len() / x.shape.dims()[0].max(1);
        let mut sums = vec![T::zero(); columns];
        sums.par_chunks_mut(COLUMNS_AT_A_TIME).enumerate().for_each(|(part, sums)| {
            let first = part * COLUMNS_AT_A_TIME;
            for row in x.values.chunks_exact(columns) {
                for (sum, &x) in sums.iter_mut().zip(&row[first..]) {
                    *sum += x;
                }
            }
        });
        Ok((sums, columns.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::tests::{random, same_with_gradients};

    #[test]
    fn activations_are_those_of_candle() {
        for activation in
            [Activation::Identity, Activation::Sigmoid, Activation::Elu, Activation::Relu]
        {
            for shape in [[1, 3, 2], [50, 1, 7], [300, 40, 11]] {
                let arguments = [random(&shape, 1), random(&shape[1..], 2)];
                same_with_gradients(
                    &arguments,
                    |of| biased(&of[0], &of[1], activation),
                    |of| activation.tensor(&of[0].broadcast_add(&of[1])?),
                );
            }
        }
    }
}
