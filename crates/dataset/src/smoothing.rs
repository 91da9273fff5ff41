/// Weights that take rates, each held for some milliseconds, to rates smoothed with a Gaussian.
///
/// The Gaussian is sampled at 1 + 7σ points around its center, normalized, and convolved with the held rates, which are
/// 0 outside the trial. As the rates are constant over an interval, all its milliseconds together have one weight: the
/// difference of the kernel's running sum at the ends of the interval.
#[derive(Debug)]
pub(crate) struct Smoothing {
    duration: usize,
    hold: usize,
    /// Of the kernel: entry i is the sum of its first i points.
    running_sum: Vec<f64>,
}

impl Smoothing {
    /// For a trial of `duration` ms, rates held for `hold` ms, a Gaussian of standard deviation `sigma` ms.
    pub(crate) fn new(duration: usize, hold: usize, sigma: usize) -> Self {
        let points = 1 + 7 * sigma;
        let center = 0.5 * (points - 1) as f64;
        let gaussian = |i: usize| {
            let x = (i as f64 - center) / sigma as f64;
            (-0.5 * x * x).exp()
        };
        let total: f64 = (0..points).map(gaussian).sum();
        let mut running_sum = Vec::with_capacity(points + 1);
        let mut sum = 0.0;
        running_sum.push(sum);
        running_sum.extend((0..points).map(|i| {
            sum += gaussian(i) / total;
            sum
        }));
        Self { duration, hold, running_sum }
    }

    /// The intervals that bear on millisecond `t`, with their weights.
    pub(crate) fn weights(&self, t: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let points = self.running_sum.len() - 1;
        // point i of the kernel weighs the rate at t + before − i; of an even number, the earlier middle point is at t
        let before = (points - 1) / 2;
        let first = (t + before + 1).saturating_sub(points);
        let end = (t + before + 1).min(self.duration);
        (first / self.hold..end.div_ceil(self.hold)).map(move |interval| {
            let from = (interval * self.hold).max(first);
            let to = ((interval + 1) * self.hold).min(end);
            let up_to = |s: usize| self.running_sum[t + before + 1 - s];
            (interval, up_to(from) - up_to(to))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the convolution written out, where the kernel is longer and shorter than trial and interval, and with an
    /// even and an odd number of points.
    #[test]
    fn smooths_like_the_convolution() {
        for (duration, hold, sigma) in
            [(400_usize, 25, 6), (400, 33, 9), (100, 7, 40), (90, 200, 3), (5, 1, 1)]
        {
            let rates: Vec<_> =
                (0..duration.div_ceil(hold)).map(|j| 1.0 + (j as f64).sin()).collect();
            let points = 1 + 7 * sigma;
            let kernel: Vec<_> = (0..points)
                .map(|i| {
                    let x = i as f64 - 0.5 * (points - 1) as f64;
                    (-x * x / (2 * sigma * sigma) as f64).exp()
                })
                .collect();
            let total: f64 = kernel.iter().sum();
            let smoothing = Smoothing::new(duration, hold, sigma);
            for t in 0..duration {
                let expected: f64 = (0..duration)
                    .filter_map(|s| {
                        let i = (t + (points - 1) / 2).checked_sub(s)?;
                        Some(kernel.get(i)? / total * rates[s / hold])
                    })
                    .sum();
                let found: f64 = smoothing.weights(t).map(|(j, weight)| weight * rates[j]).sum();
                // sums of up to 281 terms below 2
                assert!((found - expected).abs() < 1e-13, "{t}: {found}, not {expected}");
            }
        }
    }
}
