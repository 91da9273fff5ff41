//! A soma outlined by hand, as cylinders: what NEURON makes of it.

use nalgebra::{Matrix3, SymmetricEigen, Vector3};

use crate::Point;
use crate::precision::neuron_point;

/// Places along an outline that stand for it.
const OUTLINE_SAMPLES: usize = 101;
/// Points of the section that one outline becomes.
const CONTOUR_POINTS: usize = 21;
/// NEURON's interpreter takes numbers that differ by less for equal.
const EQUAL: f64 = 1e-11;

/// The points of one soma outline: cylinders stacked along its principal axis, as wide as the outline is there.
///
/// # Errors
///
/// What is wrong with the outline, to follow "the soma outline": it has no extent, or no width in the x–y plane.
pub(crate) fn contour_points(outline_um: &[[f64; 3]]) -> Result<Vec<Point>, &'static str> {
    let samples = resample(outline_um, OUTLINE_SAMPLES);
    let center = mean(&samples);
    let (major, minor) = axes(&samples, center).ok_or("has no width in the x-y plane")?;
    let profile: Vec<Place> = samples
        .iter()
        .map(|sample| Place {
            along: major.dot(&(sample - center)),
            aside: minor.dot(&(sample - center)),
        })
        .collect();
    let sides = sides(profile);
    let mut along: Vec<f64> = sides.iter().flatten().map(|place| place.along).collect();
    along.sort_by(f64::total_cmp);
    let (first, last) = (along[1.min(along.len() - 1)], along[along.len().saturating_sub(2)]);
    if last - first <= EQUAL {
        return Err("has no extent");
    }
    let along = equally_spaced(first, last, CONTOUR_POINTS);
    let mut diameters: Vec<f64> = along
        .iter()
        .map(|&at| (interpolate(&sides[0], at) - interpolate(&sides[1], at)).abs())
        .collect();
    let end = CONTOUR_POINTS - 1;
    diameters[0] = (diameters[0] + diameters[1]) / 2.0;
    diameters[end] = (diameters[end] + diameters[end - 1]) / 2.0;
    if diameters.iter().any(|&d| d <= EQUAL) {
        return Err("has no width");
    }
    Ok(along
        .iter()
        .zip(diameters)
        .map(|(&at, diameter_um)| neuron_point((center + major * at).into(), diameter_um))
        .collect())
}

/// The point that one outline of a stack becomes: at its center, the diameter halfway between that of a circle as long as
/// the closed outline and twice the mean distance of the outline from its center.
pub(crate) fn stack_point(outline_um: &[[f64; 3]]) -> Point {
    let samples = resample(outline_um, OUTLINE_SAMPLES);
    let center = mean(&samples);
    let distances: f64 = samples.iter().map(|sample| (sample - center).norm()).sum();
    let radius_um = distances / samples.len() as f64;
    let vertices = || outline_um.iter().map(|&vertex| Vector3::from(vertex));
    let perimeter_um: f64 =
        vertices().zip(vertices().cycle().skip(1)).map(|(a, b)| (b - a).norm()).sum();
    let diameter_um = (perimeter_um / std::f64::consts::PI + 2.0 * radius_um) / 2.0;
    neuron_point(center.into(), diameter_um)
}

/// A place of the outline in its own axes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    along: f64,
    aside: f64,
}

/// Points at equal distances along the outline as seen from above, from its first vertex to its last.
fn resample(outline_um: &[[f64; 3]], count: usize) -> Vec<Vector3<f64>> {
    let vertices: Vec<Vector3<f64>> = outline_um.iter().map(|&v| Vector3::from(v)).collect();
    let mut arc = vec![0.0];
    for pair in vertices.windows(2) {
        arc.push(arc[arc.len() - 1] + (pair[1] - pair[0]).xy().norm());
    }
    equally_spaced(0.0, arc[arc.len() - 1], count)
        .into_iter()
        .map(|at| {
            let after = arc.partition_point(|&s| s <= at).clamp(1, vertices.len() - 1);
            let (from, to) = (arc[after - 1], arc[after]);
            let part = if to > from { (at - from) / (to - from) } else { 0.0 };
            vertices[after - 1] + (vertices[after] - vertices[after - 1]) * part
        })
        .collect()
}

fn equally_spaced(first: f64, last: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| first + (last - first) * i as f64 / (count - 1) as f64).collect()
}

fn mean(points: &[Vector3<f64>]) -> Vector3<f64> {
    points.iter().sum::<Vector3<f64>>() / points.len() as f64
}

/// The principal axis, its largest component positive, and the second one laid into the x–y plane; none if that is
/// impossible.
fn axes(points: &[Vector3<f64>], center: Vector3<f64>) -> Option<(Vector3<f64>, Vector3<f64>)> {
    let moments: Matrix3<f64> = points
        .iter()
        .map(|point| point - center)
        .fold(Matrix3::zeros(), |sum, x| sum + x * x.transpose());
    let eigen = SymmetricEigen::try_new(moments, f64::EPSILON, 1000)?;
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let mut major: Vector3<f64> = eigen.eigenvectors.column(order[0]).into();
    if major[major.iamax()] < 0.0 {
        major = -major;
    }
    let mut minor: Vector3<f64> = eigen.eigenvectors.column(order[1]).into();
    minor.z = 0.0;
    let minor = minor.try_normalize(EQUAL)?;
    Some((major, minor))
}

/// The outline cut at its two ends into sides, on each of which places rise along the axis.
fn sides(mut profile: Vec<Place>) -> [Vec<Place>; 2] {
    let start = first_best(&profile, |place, best| place.along > best.along);
    profile.rotate_left(start);
    let turn = first_best(&profile, |place, best| place.along < best.along);
    let second = profile.split_off(turn);
    profile.reverse();
    [rising(profile), rising(second)]
}

/// Where the first place stands that no other is better than.
fn first_best(profile: &[Place], better: impl Fn(Place, Place) -> bool) -> usize {
    (1..profile.len()).fold(0, |best, i| if better(profile[i], profile[best]) { i } else { best })
}

/// Without the places that do not lie beyond the one before them, removed from the end on.
fn rising(mut side: Vec<Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::with_capacity(side.len());
    // `kept` is the part already checked, last place first.
    while let Some(place) = side.pop() {
        while kept.last().is_some_and(|next| next.along - place.along <= EQUAL) {
            kept.pop();
        }
        kept.push(place);
    }
    kept.reverse();
    kept
}

/// The offset of a side at a position, constant beyond its ends.
fn interpolate(side: &[Place], at: f64) -> f64 {
    let after = side.partition_point(|place| place.along <= at);
    match (after.checked_sub(1).map(|i| side[i]), side.get(after)) {
        (Some(a), Some(b)) => a.aside + (b.aside - a.aside) * (at - a.along) / (b.along - a.along),
        (Some(end), None) => end.aside,
        (None, Some(end)) => end.aside,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ellipse(a: f64, b: f64) -> Vec<[f64; 3]> {
        (0..=1000)
            .map(|i| (f64::from(i) * std::f64::consts::TAU / 1000.0).sin_cos())
            .map(|(sin, cos)| [a * cos, b * sin, 3.0])
            .collect()
    }

    #[test]
    fn an_ellipse_becomes_its_widths() {
        let points = contour_points(&ellipse(10.0, 4.0)).unwrap();
        assert_eq!(points.len(), CONTOUR_POINTS);
        for point in &points[1..CONTOUR_POINTS - 1] {
            let [x, y, z] = point.position_um();
            let width = 8.0 * (1.0 - x * x / 100.0).sqrt();
            // The first and last vertex coincide, which draws the center of 101 samples 0.1 µm towards them; near the ends
            // the outline turns by 3.6° a sample.
            assert!((point.diameter_um() - width).abs() < 0.05, "{x}: {width}");
            assert!(y.abs() < 1e-6 && (z - 3.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_circle_in_a_stack_keeps_its_diameter() {
        let point = stack_point(&ellipse(5.0, 5.0));
        // Straight edges between 1000 vertices and 101 samples shorten both measures by less than π²/6/100².
        assert!((point.diameter_um() - 10.0).abs() < 2e-3, "{}", point.diameter_um());
    }

    #[test]
    fn places_that_turn_back_are_dropped_from_the_end_on() {
        let side = [0.0, 2.0, 1.0, 1.5, 3.0, 3.0].map(|along| Place { along, aside: 0.0 });
        let kept: Vec<f64> = rising(side.to_vec()).iter().map(|place| place.along).collect();
        assert_eq!(kept, [0.0, 2.0, 3.0]);
    }

    #[test]
    fn outlines_without_width_or_extent_are_refused() {
        let line = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]];
        assert!(contour_points(&line).is_err());
        assert!(contour_points(&[[1.0, 2.0, 3.0]; 5]).is_err());
        let upright = [[0.0, 0.0, 0.0], [0.0, 0.0, 5.0], [0.0, 0.0, 9.0]];
        assert!(contour_points(&upright).is_err());
    }
}
