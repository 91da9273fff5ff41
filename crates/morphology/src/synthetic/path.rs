//! The course of branches through space: a walk in small steps of equal length, its direction kept from step to step,
//! turned a little at random and drawn where dendrites of its kind grow.

use std::f64::consts::{PI, TAU};
use std::ops::Range;

use apical_core::RandomStreams;
use nalgebra::{Rotation3, Unit, Vector3};
use rand::{Rng, RngExt};

use super::arbor::{Branch, Kind};
use super::{SOMA_DIAMETER_UM, SOMA_LENGTH_UM, rounded, soma_profile};
use crate::Point;

/// Distance between points, µm.
const STEP_UM: f64 = 6.0;

/// Random turn a step, relative to the direction.
const WIGGLE: f64 = 0.22;

/// Angle of a daughter to its parent, radians: where a dendrite divides, and where an oblique leaves the trunk.
const FORK_RAD: f64 = 0.55;
const OBLIQUE_RAD: f64 = 1.15;

/// These angles relative to their mean.
const SPREAD: Range<f64> = 0.7..1.3;

/// From one oblique to the next, around the trunk: any few in a row point to all sides.
const GOLDEN_ANGLE_RAD: f64 = 2.399_963_229_728_653;

type Vector = Vector3<f64>;

/// Where a branch stands after its last step.
#[derive(Clone, Copy, Debug)]
struct Front {
    position: Vector,
    direction: Vector,
    diameter_um: f64,
}

/// Points of every branch. A branch that grows from another starts with the other's last point.
pub(super) fn lay(branches: &[Branch], streams: RandomStreams) -> Vec<Vec<Point>> {
    let stems = branches.iter().filter(|b| b.parent.is_none() && b.kind == Kind::Basal).count();
    let mut stem = 0;
    let mut obliques = 0;
    let mut forked = vec![false; branches.len()];
    let mut fronts: Vec<Front> = Vec::with_capacity(branches.len());
    let mut paths: Vec<Vec<Point>> = Vec::with_capacity(branches.len());
    for (i, branch) in branches.iter().enumerate() {
        let rng = &mut streams.stream("synthetic/path", i as u64);
        let start = match branch.parent {
            Some(parent) => {
                let second = forked[parent];
                forked[parent] = true;
                let fork = &mut streams.stream("synthetic/fork", parent as u64);
                match (branch.kind, branches[parent].kind) {
                    (Kind::Trunk, _) => fronts[parent],
                    (Kind::Oblique, Kind::Trunk) => {
                        obliques += 1;
                        let around = GOLDEN_ANGLE_RAD * (obliques as f64 + fork.random::<f64>());
                        fronts[parent].turned(OBLIQUE_RAD * fork.random_range(SPREAD), around)
                    }
                    _ => fronts[parent].fork(second, fork),
                }
            }
            None if branch.kind == Kind::Basal => {
                stem += 1;
                Front::on_soma(basal_direction(stem - 1, stems, rng), branch)
            }
            None => Front::on_soma(Vector::y(), branch),
        };
        let (points, front) = walk(branch, start, rng);
        paths.push(points);
        fronts.push(front);
    }
    paths
}

impl Front {
    /// Where a dendrite leaves the soma in this direction.
    fn on_soma(direction: Vector, branch: &Branch) -> Self {
        let along = 0.5 + 0.5 * direction.y;
        let radius_um = SOMA_DIAMETER_UM / 2.0 * soma_profile(along);
        let across = Vector::new(direction.x, 0.0, direction.z);
        let position = radius_um * across.try_normalize(1e-9).unwrap_or_default()
            + SOMA_LENGTH_UM * (along - 0.5) * Vector::y();
        Self { position, direction, diameter_um: branch.diameters_um[0] }
    }

    /// Turned into the direction of a daughter: the first to one side, the second to the other.
    fn fork(self, second: bool, rng: &mut impl Rng) -> Self {
        let around = rng.random_range(0.0..TAU);
        let spread = rng.random_range(SPREAD);
        if second {
            self.turned(FORK_RAD * (2.0 - spread), around + PI)
        } else {
            self.turned(FORK_RAD * spread, around)
        }
    }

    /// Turned away from its direction by one angle, to the side that the other tells.
    fn turned(self, away: f64, around: f64) -> Self {
        let along = Unit::new_normalize(self.direction);
        let other = if along.x.abs() < 0.7 { Vector::x() } else { Vector::y() };
        let across = Unit::new_normalize(along.cross(&other));
        let axis = Rotation3::from_axis_angle(&along, around) * across;
        Self { direction: Rotation3::from_axis_angle(&axis, away) * self.direction, ..self }
    }
}

/// Directions of the basal dendrites: evenly around, most of them sideways and down.
fn basal_direction(stem: usize, stems: usize, rng: &mut impl Rng) -> Vector {
    let around = TAU * (stem as f64 + rng.random_range(0.0..1.0)) / stems as f64;
    let y: f64 = rng.random_range(-0.85..0.3);
    let across = (1.0 - y * y).sqrt();
    Vector::new(across * around.cos(), y, across * around.sin())
}

/// The points of a branch from where it starts, and where it ends.
///
/// The first step leads out of the parent, by its radius, so that the daughter has its own diameter from there on.
fn walk(branch: &Branch, start: Front, rng: &mut impl Rng) -> (Vec<Point>, Front) {
    let length_um = branch.length_um;
    let inside_um = if branch.kind == Kind::Trunk || branch.parent.is_none() {
        0.0
    } else {
        (start.diameter_um / 2.0).min(length_um / 2.0)
    };
    let steps = ((length_um - inside_um) / STEP_UM).ceil().max(1.0) as usize;
    let step_um = (length_um - inside_um) / steps as f64;
    let [from_um, to_um] = branch.diameters_um;

    let mut front = start;
    let mut points = vec![rounded(front.position.into(), front.diameter_um)];
    if inside_um > 0.0 {
        front.position += inside_um * front.direction;
        points.push(rounded(front.position.into(), from_um));
    }
    for i in 1..=steps {
        let noise = Vector::from_fn(|_, _| rng.random_range(-1.0..1.0));
        let pull = pull(branch.kind, front.position);
        front.direction = (front.direction + WIGGLE * noise + pull).normalize();
        front.position += step_um * front.direction;
        let along = i as f64 / steps as f64;
        front.diameter_um = from_um + along * (to_um - from_um);
        points.push(rounded(front.position.into(), front.diameter_um));
    }
    (points, front)
}

/// Where dendrites of this kind are drawn to at this place, per step.
fn pull(kind: Kind, position: Vector) -> Vector {
    let across = Vector::new(position.x, 0.0, position.z).try_normalize(1e-9).unwrap_or_default();
    let outward = position.try_normalize(1e-9).unwrap_or_default();
    match kind {
        Kind::Basal => 0.06 * outward,
        Kind::Trunk => 0.25 * Vector::y() - 0.02 * across,
        Kind::Oblique => 0.05 * across + 0.02 * Vector::y(),
        Kind::Tuft => 0.09 * Vector::y() + 0.03 * across,
    }
}
