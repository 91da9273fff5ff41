//! Products of rows with rows, in registers.

use fearless_simd::{
    Simd, SimdBase, SimdFloat, SimdInt, f32x8, f32x16, i16x16, i16x32, i32x8, i32x16,
};

/// Rows of the left that are taken at a time.
const LEFT_AT_A_TIME: usize = 2;
/// Rows of the right: with two of the left ten sums, which hide how long each addition takes.
const RIGHT_AT_A_TIME: usize = 5;

/// How numbers of rows are stored: as they are, or as whole numbers times a scale that a row has.
pub(crate) trait Stored: Copy + Default + Send + Sync + std::fmt::Debug + 'static {
    /// The scale of a row of weights.
    fn scale_of_weights(row: &[f32]) -> f32;

    /// The scale of rows whose numbers are not larger than this.
    fn scale_of(largest: f32) -> f32;

    /// A number divided by the scale of its row.
    fn store(x: f32, reciprocal_scale: f32) -> Self;

    /// All products of L rows with R rows of the same length, without their scales.
    fn tile<S: Simd, const L: usize, const R: usize>(
        simd: S,
        left: [&[Self]; L],
        right: [&[Self]; R],
    ) -> [[f32; R]; L];
}

impl Stored for f32 {
    fn scale_of_weights(_: &[f32]) -> f32 {
        1.0
    }

    fn scale_of(_: f32) -> f32 {
        1.0
    }

    #[inline(always)]
    fn store(x: f32, _: f32) -> Self {
        x
    }

    #[inline(always)]
    fn tile<S: Simd, const L: usize, const R: usize>(
        simd: S,
        left: [&[f32]; L],
        right: [&[f32]; R],
    ) -> [[f32; R]; L] {
        if S::f32s::LEN == 16 {
            float_tile::<S, f32x16<S>, 16, L, R>(simd, left, right)
        } else {
            float_tile::<S, f32x8<S>, 8, L, R>(simd, left, right)
        }
    }
}

/// Largest stored number of a row that weights are multiplied with: 12 bits.
const LARGEST: f32 = 4095.0;

/// Of a sum of products 2³¹ is left out by far less than what rounding of a hundred weights adds.
const LARGEST_SUM_OF_WEIGHTS: f32 = 520_000.0;

/// Whole numbers of 16 bits whose products are added as whole numbers of 32 bits in 8 sums or 16: scales are such that no
/// sum exceeds them. Weights then have 13 bits or so, what they are multiplied with 12.
impl Stored for i16 {
    fn scale_of_weights(row: &[f32]) -> f32 {
        let mut sums = [0.0_f32; 8];
        for pairs in row.chunks(16) {
            for (sum, pair) in sums.iter_mut().zip(pairs.chunks(2)) {
                *sum += pair.iter().map(|x| x.abs()).sum::<f32>();
            }
        }
        let largest = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let most = sums.into_iter().fold(0.0, f32::max) / LARGEST_SUM_OF_WEIGHTS;
        most.max(largest / f32::from(Self::MAX)).max(f32::MIN_POSITIVE)
    }

    fn scale_of(largest: f32) -> f32 {
        (largest / LARGEST).max(f32::MIN_POSITIVE)
    }

    #[inline(always)]
    fn store(x: f32, reciprocal_scale: f32) -> Self {
        // to the nearest, also below zero: adding makes the last bit that of whole numbers
        const ROUND: f32 = 12_582_912.0;
        let shifted = x * reciprocal_scale + ROUND;
        (shifted.to_bits().wrapping_sub(ROUND.to_bits())) as Self
    }

    #[inline(always)]
    fn tile<S: Simd, const L: usize, const R: usize>(
        simd: S,
        left: [&[i16]; L],
        right: [&[i16]; R],
    ) -> [[f32; R]; L] {
        if S::f32s::LEN == 16 {
            wide_fixed_tile(simd, left, right)
        } else {
            fixed_tile(simd, left, right)
        }
    }
}

/// `left` `[l, inner]` · `right` `[r, inner]`ᵀ: `each(a, b, sum)` is called for all rows.
///
/// Those of the right stay in the first-level cache while all of the left pass by.
#[inline(always)]
pub(crate) fn dots<S: Simd, T: Stored>(
    simd: S,
    left: &[T],
    right: &[T],
    inner: usize,
    mut each: impl FnMut(usize, usize, f32),
) {
    let whole = right.len() / inner / RIGHT_AT_A_TIME * RIGHT_AT_A_TIME;
    for b in (0..whole).step_by(RIGHT_AT_A_TIME) {
        pass::<S, T, RIGHT_AT_A_TIME>(simd, left, right, inner, b, &mut each);
    }
    for b in whole..right.len() / inner {
        pass::<S, T, 1>(simd, left, right, inner, b, &mut each);
    }
}

/// The same of R rows of the right from b on.
#[inline(always)]
fn pass<S: Simd, T: Stored, const R: usize>(
    simd: S,
    left: &[T],
    right: &[T],
    inner: usize,
    b: usize,
    each: &mut impl FnMut(usize, usize, f32),
) {
    let mut rights = [&right[..0]; R];
    for j in 0..R {
        rights[j] = &right[(b + j) * inner..][..inner];
    }
    let rows = left.len() / inner;
    let mut a = 0;
    while a + LEFT_AT_A_TIME <= rows {
        let lefts = [&left[a * inner..][..inner], &left[(a + 1) * inner..][..inner]];
        let sums = T::tile::<S, LEFT_AT_A_TIME, R>(simd, lefts, rights);
        for (i, sums) in sums.iter().enumerate() {
            for (j, &sum) in sums.iter().enumerate() {
                each(a + i, b + j, sum);
            }
        }
        a += LEFT_AT_A_TIME;
    }
    if a < rows {
        let [sums] = T::tile::<S, 1, R>(simd, [&left[a * inner..][..inner]], rights);
        for (j, &sum) in sums.iter().enumerate() {
            each(a, b + j, sum);
        }
    }
}

// Plain loops: closures given to functions of the standard library would be compiled without vectors.

#[inline(always)]
fn float_tile<S: Simd, V, const N: usize, const L: usize, const R: usize>(
    simd: S,
    left: [&[f32]; L],
    right: [&[f32]; R],
) -> [[f32; R]; L]
where
    V: SimdFloat<S, Element = f32, Array = [f32; N]>,
{
    let vectors = left[0].len() / N;
    let (lefts, rights) = (vectors_of(left, vectors), vectors_of(right, vectors));
    let zero = V::splat(simd, 0.0);
    let mut sums = [[zero; R]; L];
    for k in 0..vectors {
        let mut a = [zero; L];
        for i in 0..L {
            a[i] = V::load_array_ref(simd, &lefts[i][k]);
        }
        for j in 0..R {
            let b = V::load_array_ref(simd, &rights[j][k]);
            for i in 0..L {
                sums[i][j] = a[i].mul_add(b, sums[i][j]);
            }
        }
    }
    let mut found = [[0.0; R]; L];
    for i in 0..L {
        for j in 0..R {
            found[i][j] = sums[i][j].reduce_sum();
            for k in vectors * N..left[0].len() {
                found[i][j] += left[i][k] * right[j][k];
            }
        }
    }
    found
}

/// A tile of whole numbers by vectors of one width.
macro_rules! fixed_tile {
    ($name:ident, $numbers:ident, $sums:ident, $floats:ident, $product:ident, $width:literal) => {
        #[inline(always)]
        fn $name<S: Simd, const L: usize, const R: usize>(
            simd: S,
            left: [&[i16]; L],
            right: [&[i16]; R],
        ) -> [[f32; R]; L] {
            let vectors = left[0].len() / $width;
            let (lefts, rights) = (vectors_of(left, vectors), vectors_of(right, vectors));
            let mut sums = [[$sums::splat(simd, 0); R]; L];
            for k in 0..vectors {
                let mut a = [$numbers::splat(simd, 0); L];
                for i in 0..L {
                    a[i] = $numbers::load_array_ref(simd, &lefts[i][k]);
                }
                for j in 0..R {
                    let b = $numbers::load_array_ref(simd, &rights[j][k]);
                    for i in 0..L {
                        sums[i][j] += simd.$product(a[i], b);
                    }
                }
            }
            let mut found = [[0.0; R]; L];
            for i in 0..L {
                for j in 0..R {
                    // one by one they may fill 32 bits
                    found[i][j] = sums[i][j].to_float::<$floats<S>>().reduce_sum();
                    for k in vectors * $width..left[0].len() {
                        found[i][j] += f32::from(left[i][k]) * f32::from(right[j][k]);
                    }
                }
            }
            found
        }
    };
}

fixed_tile!(fixed_tile, i16x16, i32x8, f32x8, pairwise_dot_product_i16x16, 16);
fixed_tile!(wide_fixed_tile, i16x32, i32x16, f32x16, pairwise_dot_product_i16x32, 32);

#[inline(always)]
fn vectors_of<T, const N: usize, const K: usize>(
    rows: [&[T]; K],
    vectors: usize,
) -> [&[[T; N]]; K] {
    let mut found: [&[[T; N]]; K] = [&[]; K];
    for k in 0..K {
        found[k] = &rows[k].as_chunks().0[..vectors];
    }
    found
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;

    fn check<T: Stored>(store: impl Fn(f32) -> T) {
        for [rows, columns, inner] in [[1, 1, 3], [2, 5, 32], [5, 13, 37], [4, 25, 80]] {
            let numbers = |count: usize, factor: usize| -> Vec<f32> {
                (0..count).map(|k| (k * factor % 29) as f32 - 14.0).collect()
            };
            let (left, right) = (numbers(rows * inner, 7), numbers(columns * inner, 11));
            let stored = |x: &[f32]| x.iter().map(|&x| store(x)).collect::<Vec<T>>();
            let (stored_left, stored_right) = (stored(&left), stored(&right));
            let mut found = vec![f32::NAN; rows * columns];
            dispatch!(Level::new(), simd => simd.vectorize(
                #[inline(always)]
                || dots(simd, &stored_left, &stored_right, inner, |a, b, sum| {
                    found[a * columns + b] = sum;
                })
            ));
            for (a, left) in left.chunks_exact(inner).enumerate() {
                for (b, right) in right.chunks_exact(inner).enumerate() {
                    // whole numbers below 2²⁴: exact in any order
                    let expected: f32 = left.iter().zip(right).map(|(a, b)| a * b).sum();
                    assert_eq!(found[a * columns + b], expected);
                }
            }
        }
    }

    /// Rows in pairs and one more, columns in fives and others, inner products of whole vectors and less.
    #[test]
    fn products_are_those_of_rows() {
        check(|x| x);
        check(|x| x as i16);
    }

    /// Rows that make the largest sum that there can be.
    #[test]
    fn fixed_point_does_not_overflow() {
        for weights in
            [vec![0.7_f32; 800], (0..800).map(|k| if k == 5 { 3.0 } else { 1e-3 }).collect()]
        {
            let (weight_scale, scale) = (i16::scale_of_weights(&weights), i16::scale_of(2.0));
            let right: Vec<i16> =
                weights.iter().map(|&x| i16::store(x, weight_scale.recip())).collect();
            let left = vec![i16::store(2.0, scale.recip()); 800];
            assert_eq!(left[0], 4095);
            let mut found = 0.0;
            dispatch!(Level::new(), simd => simd.vectorize(
                #[inline(always)]
                || dots(simd, &left, &right, 800, |_, _, sum| found = sum * scale * weight_scale)
            ));
            let expected = 2.0 * weights.iter().sum::<f32>();
            // half a unit of every weight, and what 2.0 is rounded by; an overflow would leave nothing of it
            let rounding = 2.0 * 800.0 * 0.5 * weight_scale + expected / 8190.0;
            assert!((found - expected).abs() <= rounding, "{found} {expected} {rounding}");
            assert!(rounding < 0.05 * expected, "{rounding}");
        }
        assert_eq!([-2.6, -0.4, 0.6, 7.0].map(|x| i16::store(x, 1.0)), [-3, 0, 1, 7]);
    }
}
