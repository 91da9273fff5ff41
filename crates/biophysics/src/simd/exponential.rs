//! eˣ of eight numbers. With x = n·ln 2 + r, where n is a multiple of 1/16 or 1, eˣ is 2ⁿ times a polynomial in r.
//!
//! Polynomials interpolate at Chebyshev's nodes: on their interval they are as good as float64 can tell.

use fearless_simd::{Bytes, ExtractToken, Simd, SimdBase, f64x8, u64x8};
#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, SimdInto};

use super::Lanes;
use super::real::Real;

const LOG2_E: f64 = std::f64::consts::LOG2_E;

/// eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1), taken apart.
struct Parts<S: Simd> {
    /// 2ⁿ.
    power: Lanes<S>,
    /// eʳ − 1.
    rest: Lanes<S>,
}

#[inline(always)]
pub(super) fn exp<S: Simd>(x: Lanes<S>) -> Lanes<S> {
    #[cfg(target_arch = "x86_64")]
    if let Level::Avx512(simd) = x.0.token().level() {
        return Lanes(avx512::exp(simd, x.0.into()).simd_into(x.0.token()));
    }
    let Parts { power, rest } = parts(x);
    rest.mul_add(power, power)
}

#[inline(always)]
pub(super) fn exp_and_exp_m1<S: Simd>(x: Lanes<S>) -> [Lanes<S>; 2] {
    #[cfg(target_arch = "x86_64")]
    if let Level::Avx512(simd) = x.0.token().level() {
        return avx512::exp_and_exp_m1(simd, x.0.into())
            .map(|result| Lanes(result.simd_into(x.0.token())));
    }
    let Parts { power, rest } = parts(x);
    [rest.mul_add(power, power), rest.mul_add(power, power - 1.0)]
}

/// Where n is 0 with AVX-512, and so with the others: ln 2 / 32, rounded down.
pub(super) const NEAR_ZERO: f64 = 0.021_66;

/// eˣ − 1 where n is 0: what [`exp_and_exp_m1`] computes there, without multiplying by 1 and adding 0.
#[inline(always)]
pub(super) fn exp_m1_of_small<S: Simd>(x: Lanes<S>) -> Lanes<S> {
    #[cfg(target_arch = "x86_64")]
    if let Level::Avx512(_) = x.0.token().level() {
        return rest(x, &avx512::HALF);
    }
    rest(x, &HALF)
}

/// eʳ − 1 from the coefficients of (eʳ − 1 − r)/r².
#[inline(always)]
fn rest<S: Simd, const N: usize>(r: Lanes<S>, half: &[f64; N]) -> Lanes<S> {
    (r * r).mul_add(polynomial(r, half), r)
}

/// Where 2ⁿ is a normal number.
const LIMIT: f64 = 708.0;
/// Adding it rounds to a multiple of 1, which is left in the lowest bits.
const ROUND_TO_1: f64 = 1.5 * (1_u64 << 52) as f64;
/// ln 2 to 33 bits, so that small multiples of it are exact, and the rest of it.
pub(super) const LN_2_HIGH: f64 = 0.693_147_180_485_539_1;
pub(super) const LN_2_LOW: f64 = 7.440_617_110_012_397e-11;
/// (eʳ − 1 − r)/r² on |r| ≤ ln 2 / 2, error 3·10⁻¹⁹ of eʳ.
const HALF: [f64; 11] = [
    0.5,
    0.166_666_666_666_666_7,
    0.041_666_666_666_666_67,
    0.008_333_333_333_326_136,
    0.001_388_888_888_888_374_8,
    0.000_198_412_698_748_206_27,
    2.480_158_732_554_774_3e-5,
    2.755_725_540_020_642e-6,
    2.755_727_364_311_03e-7,
    2.510_521_700_472_074_5e-8,
    2.091_468_696_808_687_6e-9,
];

#[inline(always)]
fn parts<S: Simd>(x: Lanes<S>) -> Parts<S> {
    let simd = x.0.token();
    let x = -(-x.at_least(-LIMIT)).at_least(-LIMIT);
    let shifted = x.mul_add(x.constant(LOG2_E), x.constant(ROUND_TO_1));
    let n = shifted - ROUND_TO_1;
    let r = n.mul_add(n.constant(-LN_2_HIGH), x);
    let r = n.mul_add(n.constant(-LN_2_LOW), r);
    let exponent = shifted.0.bitcast::<u64x8<S>>() << 52;
    let power = Lanes((exponent + u64x8::splat(simd, 1.0_f64.to_bits())).bitcast::<f64x8<S>>());
    Parts { power, rest: rest(r, &HALF) }
}

/// Σ cᵢ·xⁱ.
#[inline(always)]
pub(super) fn polynomial<S: Simd, const N: usize>(
    x: Lanes<S>,
    coefficients: &[f64; N],
) -> Lanes<S> {
    let mut sum = x.constant(coefficients[N - 1]);
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum.mul_add(x, x.constant(coefficient));
    }
    sum
}

/// With 2ⁿ for n = 0, 1/16, …, 15/16 in two registers.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512d, _mm512_castpd_si512, _mm512_fmadd_pd, _mm512_fnmadd_pd, _mm512_mul_pd,
        _mm512_permutex2var_pd, _mm512_scalef_pd, _mm512_set1_pd, _mm512_setr_pd, _mm512_sub_pd,
    };

    use fearless_simd::kernel;

    use super::LOG2_E;

    const LN_2: f64 = std::f64::consts::LN_2;

    /// Adding it rounds to a multiple of 1/16; the number of sixteenths is left in the lowest bits.
    const ROUND_TO_16TH: f64 = 1.5 * (1_u64 << 48) as f64;
    /// 2^(i/16).
    const POWERS: [f64; 16] = [
        1.0,
        1.044_273_782_427_413_8,
        1.090_507_732_665_257_7,
        1.138_788_634_756_691_6,
        1.189_207_115_002_721,
        1.241_857_812_073_484,
        1.296_839_554_651_009_6,
        1.354_255_546_936_892_7,
        std::f64::consts::SQRT_2,
        1.476_826_145_939_499_3,
        1.542_210_825_407_940_7,
        1.610_490_331_949_254_3,
        1.681_792_830_507_429,
        1.756_252_160_373_299_5,
        1.834_008_086_409_342_4,
        1.915_206_561_397_147_4,
    ];
    /// (eʳ − 1 − r)/r² on |r| ≤ ln 2 / 32, error 3·10⁻¹⁷ of eʳ.
    pub(super) const HALF: [f64; 5] = [
        0.5,
        0.166_666_666_652_962_23,
        0.041_666_666_664_953_62,
        0.008_333_449_934_107_185,
        0.001_388_903_463_966_586_4,
    ];

    kernel!(
        /// The power 2^(n mod 1), n, and eʳ − 1. The table's index are the lowest four bits of what the rounding leaves.
        #[inline(always)]
        fn parts(simd: Avx512, x: __m512d) -> [__m512d; 3] {
            let _ = simd;
            let shifted = _mm512_fmadd_pd(x, _mm512_set1_pd(LOG2_E), _mm512_set1_pd(ROUND_TO_16TH));
            let n = _mm512_sub_pd(shifted, _mm512_set1_pd(ROUND_TO_16TH));
            let r = _mm512_fnmadd_pd(n, _mm512_set1_pd(LN_2), x);
            let [a, b, c, d, e, f, g, h, ..] = POWERS;
            let low = _mm512_setr_pd(a, b, c, d, e, f, g, h);
            let [.., a, b, c, d, e, f, g, h] = POWERS;
            let high = _mm512_setr_pd(a, b, c, d, e, f, g, h);
            let power = _mm512_permutex2var_pd(low, _mm512_castpd_si512(shifted), high);
            let mut quadratic = _mm512_set1_pd(HALF[4]);
            for coefficient in [HALF[3], HALF[2], HALF[1], HALF[0]] {
                quadratic = _mm512_fmadd_pd(quadratic, r, _mm512_set1_pd(coefficient));
            }
            [power, n, _mm512_fmadd_pd(_mm512_mul_pd(r, r), quadratic, r)]
        }
    );

    kernel!(
        #[inline(always)]
        pub(super) fn exp(simd: Avx512, x: __m512d) -> __m512d {
            let [power, n, rest] = parts(simd, x);
            _mm512_scalef_pd(_mm512_fmadd_pd(power, rest, power), n)
        }
    );

    kernel!(
        #[inline(always)]
        pub(super) fn exp_and_exp_m1(simd: Avx512, x: __m512d) -> [__m512d; 2] {
            let [power, n, rest] = parts(simd, x);
            let power = _mm512_scalef_pd(power, n);
            let power_m1 = _mm512_sub_pd(power, _mm512_set1_pd(1.0));
            [_mm512_fmadd_pd(power, rest, power), _mm512_fmadd_pd(power, rest, power_m1)]
        }
    );
}
