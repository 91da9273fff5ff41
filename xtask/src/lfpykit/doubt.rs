//! Where LFPykit's values are not those of its formulas: by its rounding, or by another rule.
//!
//! Everything here follows from the inputs of a pair, never from what either side made of them. The pairs are counted, and
//! apical's values of them compared with the formulas' in fifty digits.

use apical_morphology::CompartmentGeometry;

use super::case::Case;
use super::compare::TOLERANCE;
use super::draw::{cross, difference, dot, moved, norm};

/// Why LFPykit's values of a pair are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    NoLength,
    Rounding,
    AbsoluteLimit,
    Refused,
    StraightAbove,
    RightAngle,
    Near,
    RightThrough,
    SeveralBoxes,
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoLength => "the compartment has no length, by which LFPykit divides",
            Self::Rounding => {
                "LFPykit's rounding may exceed the tolerance: far away, the logarithm of nearly 1; near the axis, its \
                 distance as a difference of squares"
            }
            Self::AbsoluteLimit => {
                "LFPykit takes 4ac − b² or b, µm² times conductivities, for 0 below an absolute 1e-8, or may find \
                 4ac − b² negative by rounding"
            }
            Self::Refused => {
                "LFPykit also takes the root for a line, and may refuse the electrode if that is no number"
            }
            Self::StraightAbove => {
                "electrode straight above the dipole or opposite, where LFPykit's arccos of the polar angle loses digits, \
                 or is 0 in place of π"
            }
            Self::RightAngle => {
                "electrode at a right angle to a tangential moment, where LFPykit's sine of an arccos loses digits"
            }
            Self::Near => {
                "the electrode, or its mirror image by one reflection, is within the radius of the compartment, or of what \
                 prolongs its axis, where either side has a rule of its own"
            }
            Self::RightThrough => {
                "the compartment passes right through the layer, which LFPykit leaves out"
            }
            Self::SeveralBoxes => {
                "the compartment may be in other boxes too, or outside, where LFPykit counts sample points"
            }
        })
    }
}

/// Rounding errors of operations that seldom add up.
const ROUNDING: f64 = 2.0 * f64::EPSILON;
/// Of sums of products, where they may.
const ROUNDING_OF_SUMS: f64 = 8.0 * f64::EPSILON;

/// LFPykit's limit of its anisotropic line source.
const ABSOLUTE_LIMIT: f64 = 1e-8;

/// LFPykit divides by the length.
pub(super) fn no_length(case: &Case, compartment: usize) -> Option<Doubt> {
    let geometry = &case.geometry;
    let is_point = geometry.start_um(compartment) == geometry.end_um(compartment);
    is_point.then_some(Doubt::NoLength)
}

/// The logarithm has an absolute error of some ε, and what the error of r² = D² − h², some ε·D², makes of it.
pub(super) fn line(case: &Case, [electrode, compartment]: [usize; 2]) -> Option<Doubt> {
    let none = no_length(case, compartment);
    if none.is_some() {
        return none;
    }
    let line = Line::new(&case.geometry, compartment);
    let from_end = difference(case.electrodes_um[electrode], line.end_um);
    let seen = line.seen_from(case.electrodes_um[electrode]);
    let Seen { along, beyond, .. } = seen;
    let across = seen.across.max(line.radius_um);
    let (a, b) = (along.hypot(across), beyond.hypot(across));
    let logarithm = 2.0 * ((along - beyond) / (a + b)).atanh();
    let nearest = if beyond < 0.0 && along >= 0.0 { across } else { a.min(b) };
    let squares = dot(from_end, from_end) / (nearest * nearest);
    is_rounded(ROUNDING * (1.0 + squares), logarithm)
}

/// The difference of two arsinh of b and 2a + b over √(4ac − b²), with a = |w|², b = −2·v·w, c = |v|², w from end to end
/// and v from the first end to the electrode, where lengths along x are in units of √(σ_x/(σ_x·σ_y·σ_z)), and so on.
pub(super) fn line_anisotropic(case: &Case, [electrode, compartment]: [usize; 2]) -> Option<Doubt> {
    let none = no_length(case, compartment);
    if none.is_some() {
        return none;
    }
    let line = Line::new(&case.geometry, compartment);
    let [x, y, z] = case.anisotropic.s_per_m();
    let unit = [(y * z).sqrt(), (x * z).sqrt(), (x * y).sqrt()];
    let scaled = |vector: [f64; 3]| [0, 1, 2].map(|axis| vector[axis] * unit[axis]);
    let v = scaled(line.outside(case.electrodes_um[electrode]));
    let w = scaled(line.extent_um);
    let (a, b, c) = (dot(w, w), -2.0 * dot(v, w), dot(v, v));
    // 4ac − b².
    let q = 4.0 * dot(cross(v, w), cross(v, w));
    let q_error = ROUNDING_OF_SUMS * 4.0 * a * c;
    if q <= ABSOLUTE_LIMIT + q_error
        || b.abs() <= ABSOLUTE_LIMIT + ROUNDING_OF_SUMS * (a * c).sqrt()
    {
        return Some(Doubt::AbsoluteLimit);
    }
    let root = q.sqrt();
    let (from, to) = (b / root, (2.0 * a + b) / root);
    let logarithm = 2.0 * (a.sqrt() / (c.sqrt() + norm(difference(v, w)))).atanh();
    let slope = |x: f64| x / x.hypot(1.0);
    let of_terms = ROUNDING * (1.0 + from.asinh().abs() + to.asinh().abs());
    let of_squares = 0.5 * q_error / q * (slope(to) - slope(from)).abs();
    is_rounded(of_terms + of_squares, logarithm)
}

/// A root is computed as a line first: at one without length, or on what prolongs its axis, that is 0/0.
pub(super) fn root_as_point_anisotropic(case: &Case, at: [usize; 2]) -> Option<Doubt> {
    let [electrode, compartment] = at;
    let doubt = line_anisotropic(case, at);
    if compartment > 0 {
        return doubt;
    }
    let is_refused = match doubt {
        Some(Doubt::NoLength) => case.electrodes_um[electrode] == case.geometry.start_um(0),
        doubt => doubt == Some(Doubt::AbsoluteLimit),
    };
    is_refused.then_some(Doubt::Refused)
}

/// θ is the arccos of a cosine, which rounds to ±1 or beyond, and of which LFPykit makes 0 where it is no number; sin φ is
/// that of the arccos of a cosine with rounding. Both errors are as to the largest component, which the radial one exceeds
/// by no more than the degrees that matter.
pub(super) fn four_sphere(case: &Case, [electrode, _]: [usize; 2]) -> Option<Doubt> {
    let (dipole_um, electrode_um) = (case.head.dipole_um, case.head.electrodes_um[electrode]);
    let (z0, r) = (norm(dipole_um), norm(electrode_um));
    let degrees = 1.0 / (1.0 - z0 / r);
    let sine = norm(cross(dipole_um, electrode_um)) / (z0 * r);
    let angle_error = ROUNDING_OF_SUMS / sine;
    if degrees * angle_error > TOLERANCE {
        return Some(Doubt::StraightAbove);
    }
    let up = dipole_um.map(|component| component / z0);
    let across = moved(electrode_um, -dot(electrode_um, up), up);
    let at_right_angle = (0..3).any(|axis| {
        let mut moment = [0.0; 3];
        moment[axis] = 1.0;
        let tangential = moved(moment, -up[axis], up);
        let size = norm(tangential);
        let sine_phi = dot(across, tangential).abs() / (norm(across) * size);
        size > TOLERANCE && size * angle_error / sine_phi > TOLERANCE
    });
    at_right_angle.then_some(Doubt::RightAngle)
}

/// Which rule holds near a compartment is a matter of its distance from the electrode and from its images by one reflection.
pub(super) fn slice_point(case: &Case, [electrode, compartment]: [usize; 2]) -> Option<Doubt> {
    near_center(case, case.slice.inside_um[electrode], compartment)
}

fn near_center(case: &Case, electrode_um: [f64; 3], compartment: usize) -> Option<Doubt> {
    let geometry = &case.slice.geometry;
    let radius_um = 0.5 * geometry.diameters_um()[compartment];
    let center_um = geometry.center_um(compartment);
    let is_near = |site_um| norm(difference(site_um, center_um)) < radius_um;
    once_mirrored(case, electrode_um).into_iter().any(is_near).then_some(Doubt::Near)
}

/// An electrode and its images in the array and in the slice's upper face.
fn once_mirrored(case: &Case, [x, y, z]: [f64; 3]) -> [[f64; 3]; 3] {
    let (bottom, top) = (case.slice.array_z_um, case.slice.array_z_um + case.slice.thickness_um);
    [z, 2.0 * bottom - z, 2.0 * top - z].map(|z| [x, y, z])
}

/// For every image the logarithm of (a + b + √a·√(a + 2b + c))/(b + √a·√c), with a = |w|², b = −v·w, c = |v|², w from end to
/// end and v from the first end to the electrode: both sums cancel to some r²/(2·d²) of their terms, d away from the end
/// and r from the axis, and ac − b² is taken for 0 below an absolute limit.
pub(super) fn slice_line(case: &Case, [electrode, compartment]: [usize; 2]) -> Option<Doubt> {
    let line = Line::new(&case.slice.geometry, compartment);
    let electrode_um = case.slice.on_array_um[electrode];
    let is_near = |site_um| line.seen_from(site_um).across < line.radius_um;
    if once_mirrored(case, electrode_um).into_iter().any(is_near) {
        return Some(Doubt::Near);
    }
    let (mut error, mut value) = (0.0, 0.0);
    for (height_um, weight) in case.slice.sites_of_electrodes_on_array() {
        let [x, y, z] = electrode_um;
        let Seen { across, along, beyond } = line.seen_from([x, y, z + height_um]);
        let length = along - beyond;
        let (a, b) = (along.hypot(across), beyond.hypot(across));
        let cancelled = |along: f64, distance: f64| {
            if along > 0.0 { (distance / across).powi(2) } else { 0.0 }
        };
        let rounding = ROUNDING_OF_SUMS * (1.0 + cancelled(along, a) + cancelled(beyond, b));
        let is_zero = (length * across).powi(2) <= ABSOLUTE_LIMIT;
        error += weight.abs() * if is_zero { 1.0 } else { rounding };
        value += weight * 2.0 * (length / (a + b)).atanh();
    }
    is_rounded(error, value)
}

pub(super) fn slice_root_as_point(case: &Case, at: [usize; 2]) -> Option<Doubt> {
    match at {
        [electrode, 0] => near_center(case, case.slice.on_array_um[electrode], 0),
        _ => slice_line(case, at),
    }
}

/// LFPykit looks where the ends are.
pub(super) fn laminar(case: &Case, [layer, compartment]: [usize; 2]) -> Option<Doubt> {
    let [from, to] = case.volumes.layers[layer].bounds_um();
    let ends = [case.geometry.start_um(compartment)[2], case.geometry.end_um(compartment)[2]];
    let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    (low < from && high >= to).then_some(Doubt::RightThrough)
}

/// All sample points are between the ends.
pub(super) fn volumetric(case: &Case, [number, compartment]: [usize; 2]) -> Option<Doubt> {
    let ends = [case.geometry.start_um(compartment), case.geometry.end_um(compartment)];
    let [lowest, highest] = case.volumes.corners_um(number);
    let range = |axis: usize| (ends[0][axis].min(ends[1][axis]), ends[0][axis].max(ends[1][axis]));
    let is_beside = (0..3).any(|axis| {
        let (low, high) = range(axis);
        high < lowest[axis] || low >= highest[axis]
    });
    let is_inside = (0..3).all(|axis| {
        let (low, high) = range(axis);
        lowest[axis] <= low && high < highest[axis]
    });
    match (is_beside, is_inside) {
        (true, _) => None,
        (false, true) => no_length(case, compartment),
        (false, false) => Some(Doubt::SeveralBoxes),
    }
}

fn is_rounded(error: f64, value: f64) -> Option<Doubt> {
    (error > TOLERANCE * value).then_some(Doubt::Rounding)
}

struct Line {
    start_um: [f64; 3],
    end_um: [f64; 3],
    extent_um: [f64; 3],
    radius_um: f64,
}

/// A point's distance from the axis of a line, and how far it is along it from the first and from the last end.
struct Seen {
    across: f64,
    along: f64,
    beyond: f64,
}

impl Line {
    fn new(geometry: &CompartmentGeometry, compartment: usize) -> Self {
        let (start_um, end_um) = (geometry.start_um(compartment), geometry.end_um(compartment));
        let radius_um = 0.5 * geometry.diameters_um()[compartment];
        Self { start_um, end_um, extent_um: difference(end_um, start_um), radius_um }
    }

    /// Of the endless line.
    fn seen_from(&self, point_um: [f64; 3]) -> Seen {
        let from_end = difference(point_um, self.end_um);
        let length = norm(self.extent_um);
        let across = norm(cross(from_end, self.extent_um)) / length;
        let beyond = dot(from_end, self.extent_um) / length;
        Seen { across, along: beyond + length, beyond }
    }

    /// From the first end to a point that is moved out of the radius around the line from end to end.
    fn outside(&self, point_um: [f64; 3]) -> [f64; 3] {
        let v = difference(point_um, self.start_um);
        let part = dot(v, self.extent_um) / dot(self.extent_um, self.extent_um);
        let nearest = self.extent_um.map(|component| component * part.clamp(0.0, 1.0));
        let away = difference(v, nearest);
        let distance = norm(away);
        if distance >= self.radius_um {
            return v;
        }
        let [x, y, z] = self.extent_um;
        let away = match (distance < 1e-8, x.abs() <= 1e-8) {
            (false, _) => away,
            (true, true) => [0.0, z, -y],
            (true, false) => [-y, x, 0.0],
        };
        moved(nearest, self.radius_um / norm(away), away)
    }
}

#[cfg(test)]
mod tests {
    use apical_core::RandomStreams;

    use super::super::model::MODELS;
    use super::*;

    #[test]
    fn most_pairs_are_compared() {
        let streams = RandomStreams::new(1);
        let cases: Vec<Case> = (0..10).map(|index| Case::new(&streams, index).unwrap()).collect();
        for model in MODELS {
            let doubts: Vec<Option<Doubt>> = cases
                .iter()
                .flat_map(|case| model.pairs(case).map(|at| (model.doubt)(case, at)))
                .collect();
            let excluded = doubts.iter().flatten().count();
            assert!(4 * excluded < doubts.len(), "{}: {excluded} of {}", model.name, doubts.len());
        }
    }

    #[test]
    fn lines_without_length_are_excluded() {
        let case = Case::new(&RandomStreams::new(1), 0).unwrap();
        for compartment in 0..case.geometry.len() {
            let is_point = case.geometry.start_um(compartment) == case.geometry.end_um(compartment);
            for line in [line, line_anisotropic] {
                let doubt = line(&case, [0, compartment]);
                assert_eq!(doubt == Some(Doubt::NoLength), is_point);
            }
        }
    }
}
