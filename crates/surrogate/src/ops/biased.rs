//! A bias and what follows it.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::real::{Real, values, vectorized};

/// A function of every number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
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
    #[inline(always)]
    fn of<T: Real>(self, x: T) -> T {
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
        return x.contiguous()?.apply_op2(&bias.contiguous()?, Biased(activation));
    }
    activation.tensor(&x.broadcast_add(bias)?)
}

struct Biased(Activation);

impl CustomOp2 for Biased {
    fn name(&self) -> &'static str {
        "biased"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        match s1 {
            CpuStorage::F32(_) => forward::<f32>(self.0, s1, l1, s2, l2),
            CpuStorage::F64(_) => forward::<f64>(self.0, s1, l1, s2, l2),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }

    fn bwd(
        &self,
        _: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let of_x = match self.0 {
            Activation::Identity => gradient,
            _ => y.apply_op2_no_bwd(&gradient, &Slope(self.0))?,
        };
        let of_bias = of_x.apply_op1_no_bwd(&SumOfRows)?.reshape(bias.shape())?;
        Ok((Some(of_x), Some(of_bias)))
    }
}

fn forward<T: Real>(
    activation: Activation,
    s1: &CpuStorage,
    l1: &Layout,
    s2: &CpuStorage,
    l2: &Layout,
) -> Result<(CpuStorage, Shape)> {
    let (x, bias) = (values::<T>(s1, l1)?, values::<T>(s2, l2)?);
    if bias.is_empty() || l1.shape().dims().first().is_none_or(|rows| rows * bias.len() != x.len())
    {
        bail!("a bias of shape {:?} does not fit {:?}", l2.shape(), l1.shape());
    }
    let mut y = vec![T::zero(); x.len()];
    let rows = bias.len() * (AT_A_TIME / bias.len()).max(1);
    y.par_chunks_mut(rows).zip(x.par_chunks(rows)).for_each(|(y, x)| {
        for (y, x) in y.chunks_exact_mut(bias.len()).zip(x.chunks_exact(bias.len())) {
            vectorized(
                #[inline(always)]
                || {
                    for ((y, &x), &bias) in y.iter_mut().zip(x).zip(bias) {
                        *y = activation.of(x + bias);
                    }
                },
            );
        }
    });
    Ok((T::to_cpu_storage_owned(y), l1.shape().clone()))
}

/// The gradient of the argument from the value and the gradient of the value.
struct Slope(Activation);

impl CustomOp2 for Slope {
    fn name(&self) -> &'static str {
        "slope"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        match s1 {
            CpuStorage::F32(_) => slope::<f32>(self.0, s1, l1, s2, l2),
            CpuStorage::F64(_) => slope::<f64>(self.0, s1, l1, s2, l2),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }
}

fn slope<T: Real>(
    activation: Activation,
    s1: &CpuStorage,
    l1: &Layout,
    s2: &CpuStorage,
    l2: &Layout,
) -> Result<(CpuStorage, Shape)> {
    let (y, gradient) = (values::<T>(s1, l1)?, values::<T>(s2, l2)?);
    let mut of_x = vec![T::zero(); y.len()];
    let parts = of_x.par_chunks_mut(AT_A_TIME).zip(y.par_chunks(AT_A_TIME));
    parts.zip(gradient.par_chunks(AT_A_TIME)).for_each(|((of_x, y), gradient)| {
        vectorized(
            #[inline(always)]
            || {
                for ((of_x, &y), &gradient) in of_x.iter_mut().zip(y).zip(gradient) {
                    *of_x = activation.slope(y) * gradient;
                }
            },
        );
    });
    Ok((T::to_cpu_storage_owned(of_x), l1.shape().clone()))
}

/// `[rows, …]` → the sum over rows, flat.
struct SumOfRows;

impl CustomOp1 for SumOfRows {
    fn name(&self) -> &'static str {
        "sum-of-rows"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        match s {
            CpuStorage::F32(_) => sum_of_rows::<f32>(s, l),
            CpuStorage::F64(_) => sum_of_rows::<f64>(s, l),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }
}

fn sum_of_rows<T: Real>(s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
    const COLUMNS_AT_A_TIME: usize = 256;
    let x = values::<T>(s, l)?;
    let columns = x.len() / l.shape().dims()[0].max(1);
    let mut sums = vec![T::zero(); columns];
    sums.par_chunks_mut(COLUMNS_AT_A_TIME).enumerate().for_each(|(part, sums)| {
        let first = part * COLUMNS_AT_A_TIME;
        for row in x.chunks_exact(columns) {
            for (sum, &x) in sums.iter_mut().zip(&row[first..]) {
                *sum += x;
            }
        }
    });
    Ok((T::to_cpu_storage_owned(sums), columns.into()))
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
