//! Random numbers as the cases need them.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

/// Evenly between two numbers.
pub(super) fn uniform(rng: &mut impl Rng, [low, high]: [f64; 2]) -> f64 {
    rng.random_range(low..high)
}

/// Evenly between the logarithms of two numbers.
pub(super) fn log_uniform(rng: &mut impl Rng, range: [f64; 2]) -> f64 {
    uniform(rng, range.map(f64::ln)).exp()
}

/// Whether something of this probability happens.
pub(super) fn happens(rng: &mut impl Rng, probability: f64) -> bool {
    rng.random_range(0.0..1.0) < probability
}

/// One of so many.
pub(super) fn index(rng: &mut impl Rng, count: usize) -> usize {
    rng.random_range(0..count)
}

/// A unit vector.
pub(super) fn direction(rng: &mut impl Rng) -> [f64; 3] {
    let (cosine, azimuth) = (uniform(rng, [-1.0, 1.0]), uniform(rng, [0.0, TAU]));
    let sine = (1.0 - cosine * cosine).sqrt();
    [sine * azimuth.cos(), sine * azimuth.sin(), cosine]
}

/// A unit vector along an axis.
pub(super) fn along_an_axis(rng: &mut impl Rng) -> [f64; 3] {
    let mut direction = [0.0; 3];
    direction[index(rng, 3)] = if happens(rng, 0.5) { 1.0 } else { -1.0 };
    direction
}

/// A unit vector at a right angle to a vector that is not zero.
pub(super) fn across(rng: &mut impl Rng, vector: [f64; 3]) -> [f64; 3] {
    loop {
        let product = cross(vector, direction(rng));
        let length = norm(product);
        if length > 0.1 * norm(vector) {
            return product.map(|component| component / length);
        }
    }
}

/// From a place so far in a direction.
pub(super) fn moved(from: [f64; 3], length: f64, direction: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| from[axis] + length * direction[axis])
}

pub(super) fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| a[axis] - b[axis])
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|axis| a[axis] * b[axis]).sum()
}

pub(super) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}
