/// Steps of Newton's method: it has converged long before.
const STEPS: usize = 50;

/// Ridge of the slope, in units of one observation: keeps it finite where `x` tells all.
const RIDGE: f64 = 1e-2;

/// Offset and slope of the logistic regression of what happens (1, else 0) on `x`, by Newton's method. None where all happens or
/// nothing does.
pub(super) fn logistic(x: &[f32], happens: &[f32]) -> Option<(f64, f64)> {
    let (count, events) = (x.len() as f64, happens.iter().copied().map(f64::from).sum::<f64>());
    if x.len() != happens.len() || events <= 0.0 || events >= count {
        return None;
    }
    let start = ((events / count).ln() - (1.0 - events / count).ln(), 0.0);
    let mut best = (objective(x, happens, start), start);
    for _ in 0..STEPS {
        let (offset, slope) = best.1;
        let mut gradient = [0.0, -RIDGE * slope];
        let mut curvature = [0.0, 0.0, RIDGE];
        for (x, happens) in pairs(x, happens) {
            let probability = (1.0 + (-(offset + slope * x)).exp()).recip();
            let (left, weight) = (happens - probability, probability * (1.0 - probability));
            gradient = [gradient[0] + left, gradient[1] + left * x];
            let [a, b, c] = curvature;
            curvature = [a + weight, b + weight * x, c + weight * x * x];
        }
        let [a, b, c] = curvature;
        let determinant = a * c - b * b;
        let step = (
            (c * gradient[0] - b * gradient[1]) / determinant,
            (a * gradient[1] - b * gradient[0]) / determinant,
        );
        // halved until it does not go uphill
        let halves = (0..40).map(|k| 0.5_f64.powi(k));
        let tried = halves.map(|half| (offset + half * step.0, slope + half * step.1));
        let mut tried = tried.map(|at| (objective(x, happens, at), at));
        match tried.find(|(value, _)| *value < best.0) {
            Some(better) => best = better,
            None => break,
        }
    }
    Some(best.1)
}

fn pairs(x: &[f32], happens: &[f32]) -> impl Iterator<Item = (f64, f64)> {
    x.iter().zip(happens).map(|(&x, &happens)| (f64::from(x), f64::from(happens)))
}

/// Cross-entropy and ridge.
fn objective(x: &[f32], happens: &[f32], (offset, slope): (f64, f64)) -> f64 {
    let entropy: f64 = pairs(x, happens)
        .map(|(x, happens)| {
            let logit = offset + slope * x;
            logit.max(0.0) + (-logit.abs()).exp().ln_1p() - happens * logit
        })
        .sum();
    entropy + 0.5 * RIDGE * slope * slope
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where x is 0 or 1, logits are those of the shares: 1 of 4, and 3 of 4. The ridge moves them a little.
    #[test]
    fn shares_are_found() {
        let x: Vec<f32> = (0..800).map(|k| if k < 400 { 0.0 } else { 1.0 }).collect();
        let happens: Vec<f32> = (0..800).map(|k| f32::from((k % 4 == 0) != (k >= 400))).collect();
        let (offset, slope) = logistic(&x, &happens).unwrap();
        assert!((offset + 3.0_f64.ln()).abs() < 1e-3, "{offset}");
        assert!((slope - 2.0 * 3.0_f64.ln()).abs() < 1e-3, "{slope}");
    }

    #[test]
    fn what_is_told_apart_stays_finite() {
        let x: Vec<f32> = (0..100).map(|k| k as f32 - 49.5).collect();
        let happens: Vec<f32> = (0..100).map(|k| f32::from(k >= 50)).collect();
        let (offset, slope) = logistic(&x, &happens).unwrap();
        assert!(offset.abs() < 1e-6 && slope.is_finite() && slope > 1.0, "{offset} {slope}");
    }

    #[test]
    fn nothing_is_learnt_of_what_is_always_the_same() {
        assert_eq!(logistic(&[1.0, 2.0], &[0.0, 0.0]), None);
        assert_eq!(logistic(&[1.0, 2.0], &[1.0, 1.0]), None);
        assert_eq!(logistic(&[], &[]), None);
    }
}
