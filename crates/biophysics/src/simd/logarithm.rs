//! ln x of eight numbers. With x = 2ᵉ·m and s = (m − 1)/(m + 1), ln x = e·ln 2 + 2·artanh s.

use fearless_simd::{
    Bytes, ExtractToken, Select, Simd, SimdBase, SimdCvtFloat, f64x8, i64x8, u64x8,
};

use super::Lanes;
use super::exponential::{LN_2_HIGH, LN_2_LOW, polynomial};
use super::real::Real;

/// √½: m lies between it and √2.
const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
/// (2·artanh(s)/s − 2)/s² as a polynomial in s², |s| ≤ 0.1717, error 10⁻¹⁷. Interpolates at Chebyshev's nodes.
const ARTANH: [f64; 7] = [
    0.666_666_666_666_667,
    0.399_999_999_998_988_9,
    0.285_714_286_262_538_5,
    0.222_222_110_893_794_96,
    0.181_828_924_325_368_7,
    0.153_316_117_220_550_08,
    0.146_178_071_534_173_25,
];

#[inline(always)]
pub(super) fn ln<S: Simd>(x: Lanes<S>) -> Lanes<S> {
    let simd = x.0.token();
    let bits = x.0.bitcast::<u64x8<S>>();
    let above = (bits - u64x8::splat(simd, SQRT_HALF_BITS)).bitcast::<i64x8<S>>() >> 52;
    let m = Lanes((bits - (above.bitcast::<u64x8<S>>() << 52)).bitcast::<f64x8<S>>());
    let e = Lanes(f64x8::float_from(above));
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let cubic = polynomial(square, &ARTANH) * square * s;
    let sum = e * LN_2_HIGH + (s * 2.0 + (cubic + e * LN_2_LOW));
    // No logarithm at 0 and below.
    let outside = x.select_below(0.0, x.constant(f64::NAN), x - f64::INFINITY);
    Lanes(x.0.simd_gt(0.0).select(sum.0, outside.0))
}
