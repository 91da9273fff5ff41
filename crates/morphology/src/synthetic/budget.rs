//! Lengths that add up to a number of compartments.
//!
//! A branch of length L has 1 + 2·⌊L / 40 µm⌋ compartments. One common factor on the lengths of all branches but the
//! trunk's moves their sum in steps of two through every value, so there is a factor with any sum of the right parity.

use super::arbor::{Branch, Kind};

const COMPARTMENT_UM: f64 = 40.0;

/// Distance of a length from a multiple of 40 µm: the count must survive the rounding of points.
const MARGIN_UM: f64 = 1.0;

/// Halvings of the interval that the factor is known to lie in: down to neighboring floating-point numbers.
const HALVINGS: usize = 60;

/// The largest number of compartments, beyond one a branch, that branches of this length have together.
pub(super) fn most_compartments(length_um: f64) -> usize {
    steps(length_um).saturating_mul(2)
}

/// Stretches all but the trunk by one factor so that the branches have this number of compartments.
pub(super) fn fit(branches: &mut [Branch], compartments: usize) {
    let wanted = compartments.saturating_sub(branches.len()) / 2;
    let count = |factor: f64| -> usize {
        branches.iter().map(|branch| steps(stretched(branch, factor))).sum()
    };
    let (mut low, mut high) = (0.0, 1.0);
    while count(high) < wanted {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if count(middle) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    for branch in branches {
        let length_um = stretched(branch, high);
        let floor_um = steps(length_um) as f64 * COMPARTMENT_UM;
        branch.length_um =
            length_um.clamp(floor_um + MARGIN_UM, floor_um + COMPARTMENT_UM - MARGIN_UM);
    }
}

fn stretched(branch: &Branch, factor: f64) -> f64 {
    if branch.kind == Kind::Trunk { branch.length_um } else { branch.length_um * factor }
}

fn steps(length_um: f64) -> usize {
    (length_um / COMPARTMENT_UM).floor() as usize
}
