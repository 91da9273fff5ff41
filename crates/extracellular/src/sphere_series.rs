//! The potential of a dipole in concentric shells, degree by degree.
//!
//! In a shell of outer radius R, the part of degree n is φ = a·(r/R)ⁿ + b·(R/r)ⁿ⁺¹. With φ(R) = 1 and the logarithmic
//! derivative L = r·φ′/φ at R, a = (L + n + 1)/(2n + 1) and b = (n − L)/(2n + 1) = 1 − a. At the inner radius q·R,
//!
//! L = (L(R) − n·a·(1 − q²ⁿ⁺¹))/(1 − a·(1 − q²ⁿ⁺¹)).
//!
//! L is 0 at the outer radius of the head, and σ·L is continuous. It is never positive, so nothing cancels.
//!
//! In the inner sphere, φ is z₀ⁿ⁻¹/rⁿ⁺¹ of the dipole and κ·z₀ⁿ⁻¹·rⁿ/R₁²ⁿ⁺¹ of the image, with κ = (L + n + 1)/(n − L).
//! In the shells, φ is T(r)·z₀ⁿ⁻¹/rⁿ⁺¹ with T = (2n + 1)/(n − L) at R₁, and in each shell
//! T(r) = T(R)·(1 − a·(1 − (r/R)²ⁿ⁺¹)). So no power exceeds 1, whatever n and q are.

use nalgebra::Vector3;

/// What the interfaces ask of the potential of one degree.
pub(crate) struct Interfaces {
    degree: f64,
    /// κ: the image in the inner sphere.
    image: f64,
    /// Of the inner sphere (whose a is unused) and each shell.
    shells: Vec<Shell>,
}

struct Shell {
    /// ln(R/R_inner): of the outer and the inner radius.
    log_ratio: f64,
    /// Conductivity over that of what is inside.
    contrast: f64,
    /// The a of this degree.
    rising: f64,
    /// 1 − a·(1 − q²ⁿ⁺¹).
    fall: f64,
    /// T at the outer radius.
    gain: f64,
    /// No less than the factor of any higher degree, anywhere in the shell.
    bound: f64,
}

impl Interfaces {
    pub(crate) fn new(radii: &[f64], conductivities: &[f64]) -> Self {
        let shell = |index: usize| {
            let inside = index.saturating_sub(1);
            Shell {
                log_ratio: ((radii[index] - radii[inside]) / radii[inside]).ln_1p(),
                contrast: conductivities[index] / conductivities[inside],
                rising: 0.0,
                fall: 1.0,
                gain: 1.0,
                bound: 2.0,
            }
        };
        Self { degree: 0.0, image: 0.0, shells: (0..radii.len()).map(shell).collect() }
    }

    /// From outside inwards L, from inside outwards T.
    pub(crate) fn find(&mut self, degree: usize) {
        let n = degree as f64;
        self.degree = n;
        let mut derivative = 0.0;
        for shell in self.shells[1..].iter_mut().rev() {
            shell.rising = (derivative + n + 1.0) / (2.0 * n + 1.0);
            // 1 − q²ⁿ⁺¹.
            let loss = -(-(2.0 * n + 1.0) * shell.log_ratio).exp_m1();
            shell.fall = 1.0 - shell.rising * loss;
            derivative = shell.contrast * (derivative - n * shell.rising * loss) / shell.fall;
        }
        self.image = (derivative + n + 1.0) / (n - derivative);
        let mut gain = (2.0 * n + 1.0) / (n - derivative);
        // |κ| is at most 1 + 1/n. T is at most 2 + 1/n at R₁, and in every shell at most so many times that of its inside.
        let limit = 2.0 + 1.0 / (n + 1.0);
        let mut bound = limit;
        for shell in &mut self.shells[1..] {
            gain /= shell.fall;
            bound *= limit;
            shell.gain = gain;
            shell.bound = bound;
        }
    }
}

/// The two sums at one point: Σ fₙ·n·Pₙ(c) and Σ fₙ·Pₙ′(c), fₙ without its power of a length.
pub(crate) struct Series {
    shell: usize,
    /// z₀/r, in the inner sphere z₀·r/R₁².
    ratio: f64,
    /// Its power n − 1.
    power: f64,
    /// (r/R)², and its power n + ½.
    square: f64,
    odd_power: f64,
    legendre: Legendre,
    sums: [f64; 2],
    /// Sum of the magnitudes of the terms.
    magnitude: f64,
    /// No less than the magnitude of all terms to come.
    rest: f64,
}

/// Of the sum of the magnitudes of the terms.
const RELATIVE_REST: f64 = 1e-18;

impl Series {
    /// At r = `fraction` of the shell's outer radius, in direction `outward` where the dipole is `upward` from the centre.
    pub(crate) fn new(
        shell: usize,
        fraction: f64,
        ratio: f64,
        [outward, upward]: [Vector3<f64>; 2],
    ) -> Self {
        Self {
            shell,
            ratio,
            power: 1.0,
            square: fraction * fraction,
            odd_power: fraction * fraction * fraction,
            legendre: Legendre::new(outward, upward),
            sums: [0.0; 2],
            magnitude: 0.0,
            rest: f64::INFINITY,
        }
    }

    /// Adds the term of the next degree.
    pub(crate) fn add(&mut self, interfaces: &Interfaces) {
        let n = interfaces.degree;
        let shell = &interfaces.shells[self.shell];
        let factor = if self.shell == 0 {
            interfaces.image
        } else {
            shell.gain * (1.0 - shell.rising * (1.0 - self.odd_power))
        };
        let [value, derivative] = self.legendre.next(n);
        let weight = factor * self.power;
        self.sums[0] += weight * (n * value);
        self.sums[1] += weight * derivative;
        let (along, across) = (n * value, derivative * self.legendre.sine);
        self.magnitude += weight.abs() * (along * along + across * across).sqrt();
        self.power *= self.ratio;
        self.odd_power *= self.square;
        // By the addition theorem, (n·Pₙ)² + (Pₙ′·sin)² ≤ n², so that a term is at most n·|factor|·ratioⁿ⁻¹, and
        // Σ_{m>n} m·xᵐ⁻¹ = xⁿ·(n·(1 − x) + 1)/(1 − x)².
        let gap = 1.0 - self.ratio;
        self.rest = shell.bound * self.power * (n * gap + 1.0) / (gap * gap);
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest <= RELATIVE_REST * self.magnitude
    }

    pub(crate) const fn ratio(&self) -> f64 {
        self.ratio
    }

    pub(crate) const fn sums(&self) -> [f64; 2] {
        self.sums
    }
}

/// Pₙ(c) and Pₙ′(c) of rising n for the cosine c of an angle, without loss of digits at any angle.
///
/// With d = 1 − c and Dₙ = (Pₙ − Pₙ₋₁)/d, (n + 1)·Dₙ₊₁ = n·Dₙ − (2n + 1)·Pₙ and Pₙ′ = n·(Pₙ − Dₙ)/(1 + c).
/// For c < 0, Pₙ(c) = (−1)ⁿ·Pₙ(−c).
struct Legendre {
    /// 1 − |c|.
    defect: f64,
    sine: f64,
    /// The sign of c, and its power n − 1.
    sign: f64,
    sign_power: f64,
    /// Pₙ(|c|) and Dₙ(|c|).
    value: f64,
    difference: f64,
}

impl Legendre {
    /// For the angle between two unit vectors.
    fn new(a: Vector3<f64>, b: Vector3<f64>) -> Self {
        let sign = if a.dot(&b) < 0.0 { -1.0 } else { 1.0 };
        let defect = 0.5 * (a - b * sign).norm_squared();
        Self {
            defect,
            sine: (defect * (2.0 - defect)).sqrt(),
            sign,
            sign_power: 1.0,
            value: 1.0 - defect,
            difference: -1.0,
        }
    }

    /// Pₙ(c) and Pₙ′(c), for n = 1, 2, … in turn.
    fn next(&mut self, n: f64) -> [f64; 2] {
        let derivative = n * (self.value - self.difference) / (2.0 - self.defect);
        let found = [self.sign_power * self.sign * self.value, self.sign_power * derivative];
        self.difference = (n * self.difference - (2.0 * n + 1.0) * self.value) / (n + 1.0);
        self.value += self.defect * self.difference;
        self.sign_power *= self.sign;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both at the angle of a cosine.
    fn legendre(cosine: f64, degree: usize) -> [f64; 2] {
        let sine = (1.0 - cosine * cosine).sqrt();
        let mut legendre = Legendre::new(Vector3::z(), Vector3::new(sine, 0.0, cosine));
        let mut found = [0.0; 2];
        for n in 1..=degree {
            found = legendre.next(n as f64);
        }
        found
    }

    #[test]
    fn legendre_polynomials_have_their_textbook_values() {
        for c in [-1.0, -0.8, -0.1, 0.0, 0.3, 0.999, 1.0_f64] {
            let expected = [
                (1, [c, 1.0]),
                (2, [1.5 * c * c - 0.5, 3.0 * c]),
                (3, [2.5 * c.powi(3) - 1.5 * c, 7.5 * c * c - 1.5]),
                (
                    4,
                    [
                        (35.0 * c.powi(4) - 30.0 * c * c + 3.0) / 8.0,
                        (35.0 * c.powi(3) - 15.0 * c) / 2.0,
                    ],
                ),
            ];
            for (degree, values) in expected {
                for (found, value) in legendre(c, degree).into_iter().zip(values) {
                    assert!((found - value).abs() <= 1e-14, "{degree} at {c}: {found}, {value}");
                }
            }
        }
    }

    #[test]
    fn legendre_polynomials_of_high_degree_keep_their_digits() {
        // At the poles, Pₙ = (±1)ⁿ and Pₙ′ = (±1)ⁿ⁺¹·n·(n + 1)/2.
        let n = 10_001.0_f64;
        assert_eq!(legendre(1.0, 10_001), [1.0, n * (n + 1.0) / 2.0]);
        assert_eq!(legendre(-1.0, 10_001), [-1.0, n * (n + 1.0) / 2.0]);
        // At the equator, P₂ₘ = (−1)ᵐ·Π (2k − 1)/2k.
        let product: f64 = (1..=5000).map(|k| (2.0 * k as f64 - 1.0) / (2.0 * k as f64)).product();
        assert!((legendre(0.0, 10_000)[0] / product - 1.0).abs() < 1e-11);
    }

    #[test]
    fn degrees_of_a_hundred_thousand_stay_finite() {
        for radii in [[1.0, 1.0 + 1e-9, 1.0 + 2e-9], [1.0, 1e6, 1e12]] {
            for conductivities in [[1.0, 1e6, 1e-6], [1.0, 1e-6, 1e6]] {
                let mut interfaces = Interfaces::new(&radii, &conductivities);
                for degree in [1, 2, 10, 1000, 100_000] {
                    interfaces.find(degree);
                    let limit = 2.0 + 1.0 / degree as f64;
                    assert!(interfaces.image.abs() <= limit);
                    for (index, shell) in interfaces.shells.iter().enumerate().skip(1) {
                        assert!(shell.gain > 0.0 && shell.gain <= limit.powi(index as i32 + 1));
                    }
                }
            }
        }
    }
}
