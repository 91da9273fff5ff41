use candle_core::{CpuStorage, Layout, Result, WithDType};
use fearless_simd::{Level, Simd, dispatch};

/// The numbers that networks compute with on the processor: float32, or float64 to check them.
pub(crate) trait Real: WithDType + From<f32> {
    /// eˣ to about the precision of the type, without a branch: a loop over it is vectorized.
    fn exp(self) -> Self;

    /// √x.
    fn sqrt(self) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn exp(self) -> Self {
        // x = n·ln 2 + r, |r| ≤ ½ ln 2; ln 2 in two parts, of which the first times n is exact
        const LN_2_HIGH: f32 = 0.693_359_4;
        const LN_2_LOW: f32 = -2.121_944_4e-4;
        const ROUND: f32 = 12_582_912.0;
        let x = self.clamp(-87.0, 88.0);
        let shifted = x * std::f32::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = x - n * LN_2_HIGH - n * LN_2_LOW;
        // Taylor's series; the first term left out is below 1e-9
        let mut p = 1.0 / 40_320.0;
        for factor in [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0]
        {
            p = p * r + factor;
        }
        let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
        p * power
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn exp(self) -> Self {
        Self::exp(self)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }
}

/// Runs loops with the widest vector instructions of the processor. What `f` calls has to be inlined.
#[inline(always)]
pub(crate) fn vectorized<R>(f: impl FnOnce() -> R) -> R {
    let level = Level::new();
    dispatch!(level, simd => simd.vectorize(f))
}

/// The values of a tensor that is contiguous.
pub(crate) fn values<'a, T: Real>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    let values = T::cpu_storage_as_slice(storage)?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => candle_core::bail!("a tensor is not contiguous"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over the range of normal results: two units in the last place.
    #[test]
    fn exponentials_are_those_of_the_standard_library() {
        let mut worst = 0.0_f64;
        for k in -87_000..88_000 {
            let x = k as f32 / 1000.0;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(Real::exp(x)) / exact - 1.0).abs());
        }
        assert!(worst < 2.0 * f64::from(f32::EPSILON), "{worst}");
        assert_eq!(Real::exp(0.0_f32), 1.0);
        assert!(Real::exp(-1000.0_f32) < 1e-37 && Real::exp(1000.0_f32).is_finite());
    }
}
