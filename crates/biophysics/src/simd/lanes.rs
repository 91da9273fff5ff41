use std::ops::{Add, Div, Mul, Neg, Sub};

use fearless_simd::{ExtractToken, Select, Simd, SimdBase, SimdFloat, SimdMask, f64x8};

use super::real::{Real, sealed};
use super::{exponential, logarithm};

/// Eight numbers side by side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes<S: Simd>(pub(super) f64x8<S>);

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    pub(crate) fn splat(simd: S, value: f64) -> Self {
        Self(f64x8::splat(simd, value))
    }

    #[inline(always)]
    pub(crate) fn load(simd: S, values: &[f64; 8]) -> Self {
        Self(f64x8::from_slice(simd, values))
    }

    #[inline(always)]
    pub(crate) fn store(self, values: &mut [f64; 8]) {
        self.0.store_slice(values);
    }

    /// Whether all are numbers within ± a limit.
    #[inline(always)]
    pub(crate) fn all_within(self, limit: f64) -> bool {
        self.0.abs().simd_le(limit).all_true()
    }

    /// x·factor + addend, rounded once where the machine can.
    #[inline(always)]
    pub(super) fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(self.0.mul_add(factor.0, addend.0))
    }
}

/// Operations with another vector, and with a number for every place.
macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<S: Simd> $trait for Lanes<S> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        }
    };
    ($trait:ident, $method:ident, f64) => {
        operator!($trait, $method);

        impl<S: Simd> $trait<f64> for Lanes<S> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                Self(self.0.$method(other))
            }
        }
    };
}

operator!(Add, add, f64);
operator!(Sub, sub, f64);
operator!(Mul, mul, f64);
operator!(Div, div);

/// By the reciprocal, which the compiler knows: division takes many times as long as multiplication.
impl<S: Simd> Div<f64> for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn div(self, divisor: f64) -> Self {
        self * (1.0 / divisor)
    }
}

impl<S: Simd> Neg for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl<S: Simd> sealed::Sealed for Lanes<S> {}

impl<S: Simd> Real for Lanes<S> {
    #[inline(always)]
    fn constant(self, value: f64) -> Self {
        Self::splat(self.0.token(), value)
    }

    #[inline(always)]
    fn scaled(self, shift: f64, scale: f64) -> Self {
        self.mul_add(self.constant(1.0 / scale), self.constant(shift / scale))
    }

    #[inline(always)]
    fn exp(self) -> Self {
        exponential::exp(self)
    }

    #[inline(always)]
    fn exp_m1(self) -> Self {
        exponential::exp_and_exp_m1(self)[1]
    }

    #[inline(always)]
    fn exp_m1_near_zero(self) -> Self {
        if self.all_within(exponential::NEAR_ZERO) {
            exponential::exp_m1_of_small(self)
        } else {
            self.exp_m1()
        }
    }

    #[inline(always)]
    fn exp_and_exp_m1(self) -> [Self; 2] {
        exponential::exp_and_exp_m1(self)
    }

    #[inline(always)]
    fn ln(self) -> Self {
        logarithm::ln(self)
    }

    #[inline(always)]
    fn at_least(self, limit: f64) -> Self {
        self.select_below(limit, self.constant(limit), self)
    }

    #[inline(always)]
    fn any_below(self, limit: f64) -> bool {
        self.0.simd_lt(limit).any_true()
    }

    #[inline(always)]
    fn select_below(self, threshold: f64, below: Self, otherwise: Self) -> Self {
        Self(self.0.simd_lt(threshold).select(below.0, otherwise.0))
    }
}
