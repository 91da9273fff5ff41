//! Point and line sources, eight compartments at a time.

use apical_morphology::CompartmentGeometry;
use fearless_simd::{
    Bytes, Level, Select, Simd, SimdBase, SimdCvtFloat, SimdFloat, SimdMask, dispatch, f64x8,
    i64x8, u64x8,
};

use crate::Moved;

/// Compartments side by side.
const LANES: usize = 8;

/// Eight compartments.
pub(crate) struct Segments<S: Simd> {
    pub(crate) simd: S,
    /// First ends, µm.
    pub(crate) start: [f64x8<S>; 3],
    /// From the first to the second end, µm.
    pub(crate) extent: [f64x8<S>; 3],
    /// The unit vector along it; 0 where a compartment is a point.
    pub(crate) axis: [f64x8<S>; 3],
    /// Length, µm.
    pub(crate) length: f64x8<S>,
    /// 1 / length; infinite where a compartment is a point.
    pub(crate) inverse_length: f64x8<S>,
    /// Radius, µm, and its square.
    pub(crate) radius: f64x8<S>,
    pub(crate) radius_squared: f64x8<S>,
}

/// What eight compartments do to one point.
pub(crate) struct Potential<S: Simd> {
    /// Potential, mV, for 1 nA.
    pub(crate) per_na: f64x8<S>,
    /// Square of the distance that the radius limits from below, µm².
    pub(crate) distance_squared: f64x8<S>,
}

/// A source, as a function of eight compartments and a point. Implementations are marked `#[inline(always)]`, or they are
/// compiled without vector instructions.
pub(crate) trait Source {
    fn potential<S: Simd>(&self, segments: &Segments<S>, point_um: [f64; 3]) -> Potential<S>;
}

/// Potentials of a source, `[points × compartments]`, with the instructions that this machine has.
pub(crate) fn fill(
    source: &impl Source,
    geometry: &CompartmentGeometry,
    points_um: &[[f64; 3]],
    values: &mut [f64],
    moved: &mut Vec<Moved>,
) {
    assert_eq!(values.len(), points_um.len() * geometry.len(), "values [points × compartments]");
    let level = Level::new();
    dispatch!(level, simd => fill_with(simd, source, geometry, points_um, values, moved));
}

#[inline(always)]
fn fill_with<S: Simd>(
    simd: S,
    source: &impl Source,
    geometry: &CompartmentGeometry,
    points_um: &[[f64; 3]],
    values: &mut [f64],
    moved: &mut Vec<Moved>,
) {
    let count = geometry.len();
    for first in (0..count).step_by(LANES) {
        let lanes = LANES.min(count - first);
        let segments = load(simd, geometry, first, lanes);
        for (point, &point_um) in points_um.iter().enumerate() {
            let Potential { per_na, distance_squared } = source.potential(&segments, point_um);
            let row = &mut values[point * count + first..][..lanes];
            if let Ok(whole) = <&mut [f64; LANES]>::try_from(&mut *row) {
                per_na.store_slice(whole);
            } else {
                let mut stored = [0.0; LANES];
                per_na.store_slice(&mut stored);
                row.copy_from_slice(&stored[..lanes]);
            }
            if distance_squared.simd_lt(segments.radius_squared).any_true() {
                let mut squares = [0.0; LANES];
                distance_squared.store_slice(&mut squares);
                for (lane, square) in squares[..lanes].iter().enumerate() {
                    let (compartment, distance_um) = (first + lane, square.sqrt());
                    let radius_um = 0.5 * geometry.diameters_um()[compartment];
                    if distance_um < radius_um {
                        moved.push(Moved { point, compartment, distance_um, radius_um });
                    }
                }
            }
        }
    }
}

/// Compartments `first` to `first + lanes`, the last repeated up to eight.
#[inline(always)]
fn load<S: Simd>(
    simd: S,
    geometry: &CompartmentGeometry,
    first: usize,
    lanes: usize,
) -> Segments<S> {
    let gather = |values: &[f64]| {
        let mut eight = [0.0; LANES];
        for (lane, value) in eight.iter_mut().enumerate() {
            *value = values[first + lane.min(lanes - 1)];
        }
        f64x8::from_slice(simd, &eight)
    };
    let start = [0, 1, 2].map(|axis| gather(&geometry.starts_um()[axis]));
    let end = [0, 1, 2].map(|axis| gather(&geometry.ends_um()[axis]));
    let extent = [0, 1, 2].map(|axis| end[axis] - start[axis]);
    let length = dot(extent, extent).sqrt();
    let inverse_length = f64x8::splat(simd, 1.0) / length;
    let zero = f64x8::splat(simd, 0.0);
    let is_line = length.simd_gt(zero);
    let axis = extent.map(|component| is_line.select(component * inverse_length, zero));
    let radius = gather(geometry.diameters_um()) * 0.5;
    let radius_squared = radius * radius;
    Segments { simd, start, extent, axis, length, inverse_length, radius, radius_squared }
}

#[inline(always)]
pub(crate) fn dot<S: Simd>(a: [f64x8<S>; 3], b: [f64x8<S>; 3]) -> f64x8<S> {
    a[0].mul_add(b[0], a[1].mul_add(b[1], a[2] * b[2]))
}

/// |a × b|².
#[inline(always)]
pub(crate) fn cross_squared<S: Simd>(a: [f64x8<S>; 3], b: [f64x8<S>; 3]) -> f64x8<S> {
    let x = a[1] * b[2] - a[2] * b[1];
    let y = a[2] * b[0] - a[0] * b[2];
    let z = a[0] * b[1] - a[1] * b[0];
    dot([x, y, z], [x, y, z])
}

/// From the first end to a point.
#[inline(always)]
pub(crate) fn from_start<S: Simd>(segments: &Segments<S>, point_um: [f64; 3]) -> [f64x8<S>; 3] {
    [0, 1, 2].map(|axis| f64x8::splat(segments.simd, point_um[axis]) - segments.start[axis])
}

/// √½, in bits.
const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
/// (√2 − 1)/(√2 + 1), the largest |z| of which artanh is taken by its series.
const SERIES_LIMIT: f64 = 0.171_572_875_253_809_9;

/// The mean of 1/distance over a line of this length, 1/µm.
///
/// The point lies `along` the line from its first end, `across` (squared) off its axis. With the distances a and b to both
/// ends and L = length, the mean is
///
/// 1/L ∫ dl/distance = ln((a + b + L)/(a + b − L)) / L = 2·artanh(L/(a + b)) / L,
///
/// the formula of Holt & Koch (1999), doi:10.1023/A:1008832702585, without its cases, and without their cancellation:
/// far away, artanh is taken by its series, which at L = 0 leaves 2/(a + b), a point source;
/// beside the line, a + b − L is found from the distance across.
#[inline(always)]
pub(crate) fn mean_inverse_distance<S: Simd>(
    simd: S,
    along: f64x8<S>,
    across_squared: f64x8<S>,
    length: f64x8<S>,
    inverse_length: f64x8<S>,
) -> f64x8<S> {
    let splat = |value| f64x8::splat(simd, value);
    let one = splat(1.0);
    let beyond = along - length;
    let a = along.mul_add(along, across_squared).sqrt();
    let b = beyond.mul_add(beyond, across_squared).sqrt();
    let sum = a + b;
    let near = (sum * SERIES_LIMIT).simd_lt(length);
    let mut numerator = length;
    let mut denominator = sum;
    let mut exponent = splat(0.0);
    if near.any_true() {
        // q = (a + b + L)²/((a + b)² − L²), with (a + b)² − L² = 2·(a·b + d) = 2·L²·across²/(a·b − d), where d is the product
        // of the vectors to both ends: each form where it does not cancel.
        let product = a * b;
        let d = along.mul_add(beyond, across_squared);
        let beside = d.simd_lt(splat(0.0));
        let total = sum + length;
        let total = total * total * 0.5;
        let top = beside.select(total * (product - d), total);
        let bottom = beside.select(length * length * across_squared, product + d);
        // ln q = e·ln 2 + 2·artanh((m − 1)/(m + 1)), m from √½ to √2.
        let bits = (top / bottom).bitcast::<u64x8<S>>();
        let above = (bits - u64x8::splat(simd, SQRT_HALF_BITS)).bitcast::<i64x8<S>>() >> 52;
        let m = (bits - (above.bitcast::<u64x8<S>>() << 52)).bitcast::<f64x8<S>>();
        numerator = near.select(m - one, numerator);
        denominator = near.select(m + one, denominator);
        exponent = near.select(f64x8::float_from(above), exponent);
    }
    let inverse = one / denominator;
    let z = numerator * inverse;
    let series = artanh_series(simd, z * z);
    let far_mean = inverse * series * 2.0;
    let near_mean =
        exponent.mul_add(splat(std::f64::consts::LN_2), z * series * 2.0) * inverse_length;
    near.select(near_mean, far_mean)
}

/// artanh(z)/z = Σ z²ⁿ/(2n + 1); the first term left out is below 10⁻¹⁸ up to [`SERIES_LIMIT`].
#[inline(always)]
fn artanh_series<S: Simd>(simd: S, square: f64x8<S>) -> f64x8<S> {
    let mut sum = f64x8::splat(simd, 1.0 / 21.0);
    for odd in [19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        sum = sum.mul_add(square, f64x8::splat(simd, 1.0 / odd));
    }
    sum
}
