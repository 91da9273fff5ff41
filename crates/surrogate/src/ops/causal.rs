//! The second half of a causal convolution: the sum over taps.

use candle_core::{Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::operation::{Argument, Kernel, Operation, apply1, compute};
use super::real::Real;

/// Sums that are still open, `[samples, memory, groups, channels]`, go on by the times of x as that of [`causal_sum`]:
/// those that x completes, and behind them those that are open then, `[samples, times + memory, groups, channels]`.
pub(crate) fn continue_sums(
    open: &Tensor,
    x: &Tensor,
    taps: usize,
    dilation: usize,
) -> Result<Tensor> {
    let op = CausalSum { taps, dilation, backward: false };
    if x.device().is_cpu() {
        return compute(&Continued(op), [open, x]);
    }
    let times = x.dim(1)?;
    let channels = open.dim(3)?;
    let mut sums = open.pad_with_zeros(1, 0, times)?;
    for tap in 0..taps {
        let term = x.narrow(3, tap * channels, channels)?;
        let lag = op.lag(tap);
        sums = (sums + term.pad_with_zeros(1, lag, open.dim(1)? - lag)?)?;
    }
    Ok(sums)
}

/// Σ_j x[b, t − (taps − 1 − j)·dilation, g, j, :], with zeros before the first time: `[samples, times, groups, taps · channels]`
/// → `[samples, times, groups, channels]`.
pub(crate) fn causal_sum(x: &Tensor, taps: usize, dilation: usize) -> Result<Tensor> {
    let op = CausalSum { taps, dilation, backward: false };
    if x.device().is_cpu() { apply1(op, x) } else { op.tensor(x) }
}

#[derive(Clone, Copy)]
struct CausalSum {
    taps: usize,
    dilation: usize,
    /// From the gradient of the sum to that of its terms.
    backward: bool,
}

impl Operation<1> for CausalSum {
    fn gradients(
        &self,
        _: [&Tensor; 1],
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 1]> {
        Ok([Some(compute(&Self { backward: true, ..*self }, [gradient])?)])
    }
}

impl Kernel<1> for CausalSum {
    const NAME: &'static str = "causal-sum";

    fn run<T: Real>(&self, [x]: [Argument<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let (samples, times, groups, width) = x.shape.dims4()?;
        let x = x.values;
        let taps = self.taps;
        let channels = if self.backward { width } else { width / taps };
        let out = if self.backward { taps * channels } else { channels };
        let mut y = vec![T::zero(); samples * times * groups * out];
        let shape = Shape::from((samples, times, groups, out));
        if y.is_empty() {
            return Ok((y, shape));
        }
        let of_samples =
            y.par_chunks_mut(times * groups * out).zip(x.par_chunks(times * groups * width));
        of_samples.for_each(|(y, x)| {
            for (time, y) in y.chunks_exact_mut(groups * out).enumerate() {
                for (group, y) in y.chunks_exact_mut(out).enumerate() {
                    for tap in 0..taps {
                        let lag = self.lag(tap);
                        if self.backward {
                            if time + lag < times {
                                let from = ((time + lag) * groups + group) * channels;
                                y[tap * channels..][..channels]
                                    .copy_from_slice(&x[from..from + channels]);
                            }
                        } else if lag <= time {
                            let from = (((time - lag) * groups + group) * taps + tap) * channels;
                            for (y, &x) in y.iter_mut().zip(&x[from..from + channels]) {
                                *y += x;
                            }
                        }
                    }
                }
            }
        });
        Ok((y, shape))
    }
}

struct Continued(CausalSum);

impl Kernel<2> for Continued {
    const NAME: &'static str = "continue-sums";

    fn run<T: Real>(&self, [open, x]: [Argument<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let (samples, memory, groups, channels) = open.shape.dims4()?;
        let (found, times, of_x, width) = x.shape.dims4()?;
        let taps = self.0.taps;
        if (samples, groups, taps * channels) != (found, of_x, width) || memory != self.0.lag(0) {
            bail!("{}: shapes {:?} and {:?} do not fit", Self::NAME, open.shape, x.shape);
        }
        let row = groups * channels;
        let mut y = vec![T::zero(); samples * (times + memory) * row];
        for (sample, y) in y.chunks_exact_mut(((times + memory) * row).max(1)).enumerate() {
            y[..memory * row]
                .copy_from_slice(&open.values[sample * memory * row..][..memory * row]);
            // the oldest term of every sum first, as in a sum over all times
            for time in 0..times {
                let x = &x.values[(sample * times + time) * groups * width..][..groups * width];
                for (group, x) in x.chunks_exact(width).enumerate() {
                    for (tap, x) in x.chunks_exact(channels).enumerate() {
                        let first = (time + self.0.lag(tap)) * row + group * channels;
                        for (y, &x) in y[first..first + channels].iter_mut().zip(x) {
                            *y += x;
                        }
                    }
                }
            }
        }
        Ok((y, (samples, times + memory, groups, channels).into()))
    }
}

impl CausalSum {
    /// How long before the sum a tap is.
    const fn lag(&self, tap: usize) -> usize {
        (self.taps - 1 - tap) * self.dilation
    }

    /// The same on any device.
    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        let (_, times, _, width) = x.dims4()?;
        let channels = width / self.taps;
        let mut sum = x.narrow(3, (self.taps - 1) * channels, channels)?;
        for tap in 0..self.taps - 1 {
            let lag = self.lag(tap);
            if lag < times {
                let term = x.narrow(3, tap * channels, channels)?.narrow(1, 0, times - lag)?;
                sum = (sum + term.pad_with_zeros(1, lag, 0)?)?;
            }
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::tests::{random, same_with_gradients};

    /// Every dilation, also where taps reach beyond the start of the stretch.
    #[test]
    fn sums_are_those_of_candle() {
        for (taps, dilation, times) in [(1, 1, 4), (3, 1, 9), (4, 2, 5), (10, 4, 50), (2, 7, 7)] {
            let op = CausalSum { taps, dilation, backward: false };
            same_with_gradients(
                &[random(&[3, times, 2, taps * 5], 1)],
                |of| causal_sum(&of[0], taps, dilation),
                |of| op.tensor(&of[0]),
            );
        }
    }

    /// In parts of any length, from no sums at all: exactly the sums of the whole.
    #[test]
    fn sums_that_go_on_are_those_of_the_whole() {
        for (taps, dilation) in [(1, 1), (3, 1), (4, 2)] {
            let x = random(&[2, 12, 3, taps * 5], 1);
            let whole = causal_sum(&x, taps, dilation).unwrap();
            let memory = (taps - 1) * dilation;
            let mut open = whole.narrow(1, 0, memory).unwrap().zeros_like().unwrap();
            let mut first = 0;
            for times in [1, 4, 2, 5] {
                let part = x.narrow(1, first, times).unwrap();
                let sums = continue_sums(&open, &part, taps, dilation).unwrap();
                let found = sums.narrow(1, 0, times).unwrap();
                let difference = (found - whole.narrow(1, first, times).unwrap()).unwrap();
                assert_eq!(
                    difference.abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap(),
                    0.0
                );
                open = sums.narrow(1, times, memory).unwrap();
                first += times;
            }
        }
    }

    #[test]
    fn a_known_sum() {
        // two taps, one channel: the first looks 2 back
        let x: Vec<f64> = (1..=8).map(f64::from).collect();
        let x = Tensor::from_vec(x, (1, 4, 1, 2), &candle_core::Device::Cpu).unwrap();
        let y = causal_sum(&x, 2, 2).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
        assert_eq!(y, [2.0, 4.0, 1.0 + 6.0, 3.0 + 8.0]);
    }
}
