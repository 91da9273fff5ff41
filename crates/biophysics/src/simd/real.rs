use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number, or eight of them side by side: what kinetics are written over.
///
/// Implemented by `f64`, with the functions of the standard library, and by the vectors that a simulation computes with.
/// For those the relative error, in units of 2⁻⁵³ ≈ 1.1·10⁻¹⁶, is at most
///
/// | | error | where |
/// |---|---|---|
/// | `+ − × ÷` | ½ (division by an `f64`: 1) | |
/// | [`exp`](Self::exp) | 3 + ½·\|x\| | \|x\| ≤ 700; beyond it may saturate at e^±708 |
/// | [`exp_m1`](Self::exp_m1) | 60 + ½·\|x\| | \|x\| ≤ 700 |
/// | [`ln`](Self::ln) | 3, and 2⁻⁵² absolute | x > 0, not subnormal; else −∞ (0) or not a number |
///
/// Functions over it are best marked `#[inline(always)]`: what is not inlined into a kernel is compiled without its vector
/// instructions.
pub trait Real:
    Copy
    + fmt::Debug
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
    + sealed::Sealed
{
    /// `value`, in as many places as `self` has.
    #[must_use]
    fn constant(self, value: f64) -> Self;

    /// (x + shift) / scale, in one operation where the machine has it, from 1 / scale and shift / scale rounded.
    #[must_use]
    fn scaled(self, shift: f64, scale: f64) -> Self;

    /// eˣ.
    #[must_use]
    fn exp(self) -> Self;

    /// eˣ − 1, accurate near 0.
    #[must_use]
    fn exp_m1(self) -> Self;

    /// The bits of [`exp_m1`](Self::exp_m1), faster where x is close to 0 in all places.
    #[must_use]
    fn exp_m1_near_zero(self) -> Self;

    /// eˣ and eˣ − 1, for little more than the price of one.
    #[must_use]
    fn exp_and_exp_m1(self) -> [Self; 2];

    /// Natural logarithm.
    #[must_use]
    fn ln(self) -> Self;

    /// The larger of x and a limit; not a number stays what it is.
    #[must_use]
    fn at_least(self, limit: f64) -> Self;

    /// Whether any is below a limit: to skip work whose result [`select_below`](Self::select_below) would drop. Nothing else may
    /// depend on it, or a number would depend on those beside it.
    #[must_use]
    fn any_below(self, limit: f64) -> bool;

    /// `below` where x < threshold, else `otherwise`.
    #[must_use]
    fn select_below(self, threshold: f64, below: Self, otherwise: Self) -> Self;
}

pub(super) mod sealed {
    /// Keeps [`Real`](super::Real) to the numbers whose errors it states.
    pub trait Sealed {}
}

impl sealed::Sealed for f64 {}

impl Real for f64 {
    #[inline(always)]
    fn constant(self, value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn scaled(self, shift: f64, scale: f64) -> Self {
        (self + shift) / scale
    }

    #[inline(always)]
    fn exp(self) -> Self {
        self.exp()
    }

    #[inline(always)]
    fn exp_m1(self) -> Self {
        self.exp_m1()
    }

    #[inline(always)]
    fn exp_m1_near_zero(self) -> Self {
        self.exp_m1()
    }

    #[inline(always)]
    fn exp_and_exp_m1(self) -> [Self; 2] {
        [self.exp(), self.exp_m1()]
    }

    #[inline(always)]
    fn ln(self) -> Self {
        self.ln()
    }

    #[inline(always)]
    fn at_least(self, limit: f64) -> Self {
        self.select_below(limit, limit, self)
    }

    #[inline(always)]
    fn any_below(self, limit: f64) -> bool {
        self < limit
    }

    #[inline(always)]
    fn select_below(self, threshold: f64, below: Self, otherwise: Self) -> Self {
        if self < threshold { below } else { otherwise }
    }
}
