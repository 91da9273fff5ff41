//! How many images, and with which weights.

/// What is left out of a sum of images, relative to the potential at the distance of one thickness in endless tissue.
const LEFT_OUT: f64 = 1e-15;
/// Powers below this are left out besides. There are so few of them that they do not count against [`LEFT_OUT`].
const NEGLIGIBLE_POWER: f64 = 1e-18;
/// More terms than this, of four images each, are refused.
const MOST_TERMS: usize = 512;
/// Total variation of what one term's images are the moments of, in thicknesses: see [`power_series`].
const VARIATION: f64 = 7.0 / 3.0;

/// Pairs (n, weight) with Σ weight·f(n) = Σ qⁿ·f(n) over n ≥ 1, where f(n) is what the four images by n round trips between
/// glass and saline do together, or `None` if there were more than [`MOST_TERMS`].
///
/// The sum is that of its first terms with weights by Cohen, Rodriguez Villegas & Zagier 2000
/// (doi:10.1080/10586458.2000.10504632) if q is negative. Positive q is made an alternating sum by van Wijngaarden's
/// transformation, Σ v(n) = Σ (−1)ⁿ⁻¹·w(n) with w(n) = v(n) + 2·v(2n) + 4·v(4n) + …
///
/// The bound is rigorous, though f changes its sign: an image at the vertical distance d and the lateral distance ρ
/// contributes 1/√(ρ² + d²) = ∫ exp(−k·d)·J₀(k·ρ) dk, so that f(n), whose distances are 2·n·h and more, are the moments of
/// a measure on 0 to 1. As |J₀| ≤ 1, its total variation is at most the sum of 1/d at n = 1, which is at most 7/(3·h):
/// 2/(2·h) of two images, and 1/(2·h + Δ) + 1/(2·h − Δ) of the others, whose sources are Δ < h away in z. The error is at
/// most this over a Chebyshev polynomial of 1 + 2/|q|.
pub(super) fn power_series(is_negative: bool, log_magnitude: f64) -> Option<Vec<(f64, f64)>> {
    let power = |n: f64| (n * log_magnitude).exp();
    if VARIATION * power(1.0) < LEFT_OUT {
        return Some(Vec::new());
    }
    if is_negative {
        let weights = alternating_weights(VARIATION * power(1.0), power(1.0));
        let terms = weights.iter().zip(1_u32..).map(|(weight, n)| {
            let n = f64::from(n);
            (n, if n % 2.0 == 0.0 { weight * power(n) } else { -weight * power(n) })
        });
        return Some(terms.collect());
    }
    let doublings = |first: f64| {
        let doubled = std::iter::successors(Some(first), |n| Some(2.0 * n));
        doubled.take(MOST_TERMS + 1).take_while(|&n| power(n) >= NEGLIGIBLE_POWER)
    };
    let variation = VARIATION * doublings(1.0).map(power).sum::<f64>();
    let weights = alternating_weights(variation, power(1.0));
    let mut terms = Vec::new();
    for odd in (1..=weights.len()).step_by(2) {
        // Σ ±2ʲ·weight over all r with r·2ʲ = n.
        let (mut r, mut factor) = (odd, 0.0);
        for n in doublings(odd as f64) {
            let weight = weights.get(r - 1).copied().unwrap_or(0.0);
            factor = 2.0 * factor + if r == odd { weight } else { -weight };
            r = (2 * r).min(weights.len() + 1);
            terms.push((n, factor * power(n)));
            if terms.len() > MOST_TERMS {
                return None;
            }
        }
    }
    Some(terms)
}

/// Weights wₖ from 0 to 1 with Σ (−1)ᵏ·wₖ·aₖ = Σ (−1)ᵏ·aₖ to [`LEFT_OUT`], for moments aₖ of a measure of this total variation
/// on 0 to `largest`.
///
/// With the Chebyshev polynomial Tₙ(1 − 2·x/largest) = Σ pⱼ·xʲ, they are wₖ = Σ_{j > k} |pⱼ| / Σ |pⱼ|, and the error is at most
/// the variation / Σ |pⱼ|.
fn alternating_weights(variation: f64, largest: f64) -> Vec<f64> {
    let inverse = 1.0 / largest;
    let needed = (variation / LEFT_OUT).max(1.0).acosh() / (1.0 + 2.0 * inverse).acosh();
    let count = needed.ceil().max(1.0);
    let ratio = |j: f64| (count - j) * (count + j) / ((j + 0.5) * (j + 1.0)) * inverse;
    let mut coefficients = vec![1.0];
    let mut j = 0.0;
    while j < count {
        coefficients.push(coefficients.last().copied().unwrap_or(0.0) * ratio(j));
        j += 1.0;
    }
    let mut beyond = 0.0;
    let mut weights: Vec<f64> = coefficients
        .iter()
        .rev()
        .map(|coefficient| {
            let weight = beyond;
            beyond += coefficient;
            weight
        })
        .collect();
    weights.iter_mut().for_each(|weight| *weight /= beyond);
    weights.reverse();
    // The last is 0.
    weights.pop();
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ qⁿ/n = −ln(1 − q): moments of a measure of variation 1.
    #[test]
    fn logarithms_are_summed() {
        for q in [-1.0_f64, -0.9, -2.0 / 3.0, -0.1, -1e-5, 1e-5, 0.2, 0.9, 0.999, 1.0 - 1e-9] {
            let log_magnitude = if q > 0.0 { (q - 1.0).ln_1p() } else { q.abs().ln() };
            let series = power_series(q < 0.0, log_magnitude).unwrap();
            let sum: f64 = series.iter().map(|(n, weight)| weight / n).sum();
            let exact = if q > 0.0 { -(1.0 - q).ln() } else { -(-q).ln_1p() };
            assert!((sum - exact).abs() < 2e-15 * exact.abs().max(1.0), "{q}: {sum} {exact}");
        }
    }

    #[test]
    fn numbers_of_terms_stay_small() {
        let count = |q: f64| power_series(q < 0.0, q.abs().ln()).map(|series| series.len());
        assert_eq!(count(0.0), Some(0));
        assert_eq!([-2.0 / 3.0, -1.0, 0.5, 0.9, 0.999].map(count), [18, 21, 30, 67, 141].map(Some));
        assert_eq!(count(1.0), None);
    }
}
