//! Potentials against closed forms and numerical integrals.

use std::f64::consts::PI;

use apical_extracellular::{
    Conductivity, Contact, Electrode, ForwardModel, LineSource, PointSource, RootAsPoint,
    TransferMatrix,
};
use apical_morphology::CompartmentGeometry;
use proptest::prelude::*;

const SIGMA: f64 = 0.3;

/// Rounding of some twenty operations.
const ROUNDING: f64 = 1e-14;

fn single(start: [f64; 3], end: [f64; 3], diameter_um: f64) -> CompartmentGeometry {
    CompartmentGeometry::new(&[[start, end]], &[diameter_um]).unwrap()
}

/// mV/nA of one compartment at one point.
fn value(model: &dyn ForwardModel, geometry: &CompartmentGeometry, point_um: [f64; 3]) -> f64 {
    TransferMatrix::new(model, geometry, &[Electrode::point(point_um)]).unwrap().row(0)[0]
}

fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found / expected - 1.0).abs() <= tolerance, "{found:e} {expected:e}");
}

/// On the axis beyond the end, 1/(4πσL)·ln((h + L)/h), from a hundredth of the length to a million times it: far away the
/// logarithm is of a number near 1.
#[test]
fn on_the_axis() {
    let line = single([0.0; 3], [10.0, 0.0, 0.0], 1e-12);
    for h_um in [0.1_f64, 1.0, 10.0, 1e3, 1e5, 1e7] {
        let expected = (10.0 / h_um).ln_1p() / (4.0 * PI * SIGMA * 10.0);
        for x in [10.0 + h_um, -h_um] {
            assert_close(value(&LineSource::default(), &line, [x, 0.0, 0.0]), expected, ROUNDING);
        }
    }
}

/// Beside the middle, 1/(2πσL)·asinh(L/2r): from a ten-thousandth of the length, where both distances add up to little more
/// than the length, to a million times it.
#[test]
fn beside_the_middle() {
    let line = single([-5.0, 0.0, 0.0], [5.0, 0.0, 0.0], 1e-12);
    for r_um in [1e-3_f64, 0.1, 1.0, 29.0, 30.0, 1e3, 1e7] {
        let expected = (5.0 / r_um).asinh() / (2.0 * PI * SIGMA * 10.0);
        let found = value(&LineSource::default(), &line, [0.0, 0.6 * r_um, 0.8 * r_um]);
        assert_close(found, expected, ROUNDING);
    }
}

/// Beside an end, 1/(4πσL)·asinh(L/r).
#[test]
fn beside_an_end() {
    let line = single([0.0; 3], [0.0, 0.0, 7.0], 1e-12);
    for r_um in [1e-3_f64, 1.0, 1e4] {
        let expected = (7.0 / r_um).asinh() / (4.0 * PI * SIGMA * 7.0);
        for z in [0.0, 7.0] {
            let found = value(&LineSource::default(), &line, [r_um, 0.0, z]);
            assert_close(found, expected, ROUNDING);
        }
    }
}

#[test]
fn a_line_without_length_is_a_point() {
    let point = single([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 2.0);
    for conductivity in [[0.3; 3], [0.3, 0.4, 0.35]] {
        let conductivity = Conductivity::anisotropic(conductivity).unwrap();
        for place in [[4.0, 6.0, 3.0], [1.0, 2.5, 3.0], [1.0, 2.0, 3.0], [1e5, 0.0, 0.0]] {
            let line = value(&LineSource::new(conductivity), &point, place);
            let expected = value(&PointSource::new(conductivity), &point, place);
            assert_close(line, expected, ROUNDING);
        }
    }
    assert_close(
        value(&PointSource::default(), &point, [4.0, 6.0, 3.0]),
        1.0 / (4.0 * PI * SIGMA * 5.0),
        ROUNDING,
    );
}

/// At a distance r ≫ L, a line differs from a point by up to L²/(12·r²) of it.
#[test]
fn a_line_is_a_point_far_away() {
    let line = single([-3.0, 4.0, 0.0], [3.0, -4.0, 0.0], 1.0);
    for r_um in [1e2, 1e3, 1e4, 1e5] {
        for direction in [[1.0, 0.0, 0.0], [0.6, -0.8, 0.0], [0.0, 0.6, 0.8]] {
            let place = direction.map(|component| component * r_um);
            let ratio = value(&LineSource::default(), &line, place)
                / value(&PointSource::default(), &line, place);
            let bound = (10.0 / r_um).powi(2) / 12.0;
            assert!((ratio - 1.0).abs() <= 1.01 * bound + ROUNDING, "{r_um}: {ratio}");
        }
    }
}

/// A point nearer than the radius is taken at the radius, and reported; one at the radius is not.
#[test]
fn points_within_the_membrane_are_moved_to_it() {
    let line = single([0.0, -20.0, 0.0], [0.0, 20.0, 0.0], 4.0);
    let electrodes =
        [[0.0; 3], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [2.001, 0.0, 0.0]].map(Electrode::point);
    let anisotropic = Conductivity::anisotropic([0.3, 0.4, 0.35]).unwrap();
    let models: [Box<dyn ForwardModel>; 4] = [
        Box::new(LineSource::default()),
        Box::new(PointSource::default()),
        Box::new(RootAsPoint::default()),
        // From the middle, moved along x.
        Box::new(PointSource::new(anisotropic)),
    ];
    for model in models {
        let matrix = TransferMatrix::new(&*model, &line, &electrodes).unwrap();
        let moved: Vec<_> = matrix.moved().iter().map(|m| (m.point, m.distance_um)).collect();
        assert_eq!(moved, [(0, 0.0), (1, 1.0)]);
        assert!(matrix.moved().iter().all(|m| m.compartment == 0 && m.radius_um == 2.0));
        for electrode in 0..2 {
            assert_eq!(matrix.row(electrode)[0], matrix.row(2)[0]);
        }
        assert!(matrix.row(3)[0] < matrix.row(2)[0]);
    }
    // On the axis of an upright line, the right angle lies in the plane of y and z: along z here, not along x.
    let upright = single([0.0, 0.0, 0.0], [0.0, 40.0, 0.0], 4.0);
    let model = LineSource::new(anisotropic);
    let on_axis = value(&model, &upright, [0.0, 20.0, 0.0]);
    let expected = value(&model, &upright, [0.0, 20.0, -2.0]);
    assert_close(on_axis, expected, ROUNDING);
}

/// The mean of 1/distance over a disc of radius R from a point at z on its axis is 2·(√(z² + R²) − z)/R².
#[test]
fn a_disc_averages_over_its_surface() {
    let radius_um = 10.0;
    let normal = [0.48, -0.6, 0.64];
    // From a distance of the diameter on, the quadrature is good to 1e-6; of ten, to rounding.
    for (z_um, tolerance) in [(10.0, 2e-4), (20.0, 1e-6), (100.0, 1e-11), (1e4, ROUNDING)] {
        let source = normal.map(|component| component * z_um);
        let contact = Contact::disc(radius_um, normal).unwrap();
        let electrode = Electrode::new([0.0; 3], contact);
        let matrix = TransferMatrix::new(
            &PointSource::default(),
            &single(source, source, 1e-9),
            &[electrode],
        )
        .unwrap();
        let mean = 2.0 * (radius_um / (z_um + z_um.hypot(radius_um))) / radius_um;
        assert_close(matrix.row(0)[0], mean / (4.0 * PI * SIGMA), tolerance);
    }
}

/// The mean of 1/distance over a square of half side a, from a point at z on its axis, by Simpson's rule in one direction and
/// the closed form of a line in the other.
#[test]
fn a_rectangle_averages_over_its_surface() {
    let (half_um, z_um) = (6.0_f64, 20.0_f64);
    let steps = 200;
    let line = |y: f64| 2.0 * (half_um / y.hypot(z_um)).asinh();
    let simpson: f64 = (0..=steps)
        .map(|i| {
            let weight = if i == 0 || i == steps { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) };
            weight * line(half_um * (2.0 * f64::from(i) / f64::from(steps) - 1.0))
        })
        .sum::<f64>()
        * (2.0 * half_um / f64::from(steps) / 3.0);
    let expected = simpson / (2.0 * half_um).powi(2) / (4.0 * PI * SIGMA);
    let contact = Contact::rectangle([12.0, 12.0], [[1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]]).unwrap();
    let source = single([0.0, 0.0, z_um], [0.0, 0.0, z_um], 1e-9);
    let electrode = Electrode::new([0.0; 3], contact);
    let matrix = TransferMatrix::new(&PointSource::default(), &source, &[electrode]).unwrap();
    assert_close(matrix.row(0)[0], expected, 1e-9);
}

/// 1/(4π) times the mean of 1/√(σ_y·σ_z·x² + …) over a line, by Gauss's quadrature of degree 5 on 4000 pieces.
fn integral(sigma: [f64; 3], start: [f64; 3], end: [f64; 3], point: [f64; 3]) -> f64 {
    let nodes = [
        (0.0, 128.0 / 225.0),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.906_179_845_938_664, 0.236_926_885_056_189_1),
        (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
    ];
    let [x, y, z] = sigma;
    let weights = [y * z, x * z, x * y];
    let pieces = 4000;
    let mut sum = 0.0;
    for piece in 0..pieces {
        for (node, weight) in nodes {
            let t = (f64::from(piece) + 0.5 + 0.5 * node) / f64::from(pieces);
            let square: f64 = (0..3)
                .map(|i| weights[i] * (point[i] - start[i] - t * (end[i] - start[i])).powi(2))
                .sum();
            sum += 0.5 * weight / square.sqrt();
        }
    }
    sum / f64::from(pieces) / (4.0 * PI)
}

fn place(extent: f64) -> impl Strategy<Value = [f64; 3]> {
    prop::array::uniform3(-extent..extent)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_line_is_the_integral_over_its_points(
        (start, end, point) in (place(50.0), place(50.0), place(60.0)),
        sigma in prop::array::uniform3(0.1..2.0),
    ) {
        let line = single(start, end, 1e-9);
        let isotropic = value(&LineSource::default(), &line, point);
        let distances = (0..=100).map(|i| {
            let t = f64::from(i) / 100.0;
            (0..3).map(|k| (point[k] - start[k] - t * (end[k] - start[k])).powi(2)).sum::<f64>().sqrt()
        });
        // Where the integrand is smooth on a piece.
        prop_assume!(distances.fold(f64::INFINITY, f64::min) > 0.5);
        let expected = integral([SIGMA; 3], start, end, point);
        prop_assert!((isotropic / expected - 1.0).abs() < 1e-12, "{isotropic} {expected}");
        let model = LineSource::new(Conductivity::anisotropic(sigma).unwrap());
        let anisotropic = value(&model, &line, point);
        let expected = integral(sigma, start, end, point);
        prop_assert!((anisotropic / expected - 1.0).abs() < 1e-12, "{anisotropic} {expected}");
    }
}
