//! Slices on an array where the potential is known in closed form, or as another sum.

use std::f64::consts::PI;

use apical_extracellular::{
    Conductivity, Electrode, ForwardModel, LineSource, PointSource, RootAsPoint, SliceConfig,
    SourceShape, TransferMatrix,
};
use apical_morphology::CompartmentGeometry;

/// Sums of some tens of float64 terms.
const SUMMATION: f64 = 1e-14;
/// Sums of up to 10⁵ terms whose factors are rounded, relative to the potential at the distance of one thickness.
const PLAIN_SUM: f64 = 5e-13;
/// Differences of potentials over [`STEP_UM`], of the third order in it.
const DIFFERENCE: f64 = 1e-6;
const STEP_UM: f64 = 0.02;

const SHAPES: [SourceShape; 3] = [SourceShape::Point, SourceShape::Line, SourceShape::RootAsPoint];

fn geometry() -> CompartmentGeometry {
    let ends_um = [
        [[0.0, -8.0, 80.0], [0.0, 8.0, 80.0]],
        [[0.0, 8.0, 80.0], [60.0, 30.0, 120.0]],
        [[60.0, 30.0, 120.0], [100.0, 90.0, 40.0]],
        [[-20.0, 5.0, 250.0], [-20.0, 45.0, 150.0]],
        [[30.0, 5.0, 60.0], [30.0, 5.0, 60.0]],
    ];
    CompartmentGeometry::new(&ends_um, &[16.0, 3.0, 2.0, 1.5, 1.0]).unwrap()
}

fn slice(
    sources: SourceShape,
    [tissue_s_per_m, saline_s_per_m, glass_s_per_m]: [f64; 3],
) -> SliceConfig {
    let mut slice = SliceConfig::default();
    slice.sources = sources;
    slice.tissue_s_per_m = tissue_s_per_m;
    slice.saline_s_per_m = saline_s_per_m;
    slice.glass_s_per_m = glass_s_per_m;
    slice
}

/// What each compartment does at some places, mV/nA.
fn rows(
    model: &dyn ForwardModel,
    geometry: &CompartmentGeometry,
    points_um: &[[f64; 3]],
) -> Vec<f64> {
    let electrodes: Vec<_> = points_um.iter().copied().map(Electrode::point).collect();
    TransferMatrix::new(model, geometry, &electrodes).unwrap().values().to_vec()
}

fn endless(
    sources: SourceShape,
    geometry: &CompartmentGeometry,
    points_um: &[[f64; 3]],
) -> Vec<f64> {
    let tissue = Conductivity::isotropic(0.3).unwrap();
    match sources {
        SourceShape::Point => rows(&PointSource::new(tissue), geometry, points_um),
        SourceShape::Line => rows(&LineSource::new(tissue), geometry, points_um),
        _ => rows(&RootAsPoint::new(tissue), geometry, points_um),
    }
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (found / expected - 1.0).abs();
        assert!(difference <= tolerance, "{i}: {found:e} {expected:e}, by {difference:e}");
    }
}

#[test]
fn a_slice_between_its_like_is_endless() {
    let points = [[30.0, -40.0, 0.0], [30.0, -40.0, 130.0], [3.0, 4.0, 80.0]];
    for shape in SHAPES {
        let model = slice(shape, [0.3; 3]).build().unwrap();
        assert_eq!(rows(&model, &geometry(), &points), endless(shape, &geometry(), &points));
    }
}

#[test]
fn an_insulator_doubles_the_potential_on_it() {
    let points = [[30.0, -40.0, 0.0], [200.0, 0.0, 0.0]];
    for shape in SHAPES {
        let model = slice(shape, [0.3, 0.3, 0.0]).build().unwrap();
        let twice: Vec<_> =
            endless(shape, &geometry(), &points).iter().map(|value| 2.0 * value).collect();
        assert_eq!(rows(&model, &geometry(), &points), twice);
    }
}

#[test]
fn a_thick_slice_is_a_half_space() {
    let points = [[30.0, -40.0, 0.0], [30.0, -40.0, 130.0]];
    for shape in SHAPES {
        let mut thick = slice(shape, [0.3, 1.5, 0.0]);
        thick.thickness_um = 1e12;
        let half_space = slice(shape, [0.3, 0.3, 0.0]).build().unwrap();
        assert_close(
            &rows(&thick.build().unwrap(), &geometry(), &points),
            &rows(&half_space, &geometry(), &points),
            1e-8,
        );
    }
}

/// The sum of all images of a point source, one after the other.
fn images_of_point([tissue, saline, glass]: [f64; 3], source: [f64; 3], site: [f64; 3]) -> f64 {
    let height = 300.0;
    let across = (site[0] - source[0]).hypot(site[1] - source[1]);
    let at = |z: f64| 1.0 / (4.0 * PI * tissue * across.hypot(site[2] - z));
    let to_saline = (tissue - saline) / (tissue + saline);
    let to_glass = (tissue - glass) / (tissue + glass);
    let mut terms = vec![at(source[2])];
    // Up and down alternately, once beginning with the saline, once with the glass.
    for (mut is_above, [first, second]) in
        [(true, [to_saline, to_glass]), (false, [to_glass, to_saline])]
    {
        let mut image = source[2];
        for reflections in 1..200_000_u32 {
            image = if is_above { 2.0 * height - image } else { -image };
            is_above = !is_above;
            let weight = power(first, reflections.div_ceil(2)) * power(second, reflections / 2);
            terms.push(weight * at(image));
        }
    }
    // The smallest first.
    terms.iter().rev().sum()
}

/// Without the errors of repeated products.
fn power(base: f64, exponent: u32) -> f64 {
    let magnitude = base.abs().powf(f64::from(exponent));
    if base < 0.0 && exponent % 2 == 1 { -magnitude } else { magnitude }
}

#[test]
fn accelerated_sums_equal_plain_ones() {
    let conductivities = [
        [0.3, 1.5, 0.0],
        [0.3, 0.4, 0.0],
        [0.3, 0.1, 0.0],
        [0.3, 1.5, 0.05],
        [0.3, 1.5, 2.0],
        [0.3, 300.0, 0.0],
        [0.3, 0.001, 0.0],
        [0.3, 0.001, 0.001],
        [0.3, 20.0, 30.0],
    ];
    let points = [[30.0, -40.0, 0.0], [30.0, -40.0, 170.0], [0.0, 20.0, 300.0]];
    let geometry = geometry();
    for conductivities in conductivities {
        let model = slice(SourceShape::Point, conductivities).build().unwrap();
        let expected: Vec<f64> = points
            .iter()
            .flat_map(|&point| {
                (0..geometry.len())
                    .map(|i| images_of_point(conductivities, geometry.center_um(i), point))
                    .collect::<Vec<_>>()
            })
            .collect();
        let found = rows(&model, &geometry, &points);
        for (found, expected) in found.iter().zip(&expected) {
            let difference = (found - expected).abs() / (1.0 / (4.0 * PI * 0.3 * 300.0));
            assert!(difference < PLAIN_SUM, "{conductivities:?}: {difference:e}");
        }
    }
}

/// Plain sums with 30 digits by mpmath 1.3, of the conductivities as rounded to float64, from the places of the first and the
/// last compartment.
#[test]
fn slow_sums_equal_those_with_more_digits() {
    let points = [[30.0, -40.0, 0.0], [30.0, -40.0, 170.0]];
    for (conductivities, expected) in [
        ([0.3, 0.001, 0.0], [0.014520155447966119, 0.012434800134166065]),
        ([0.3, 0.001, 0.001], [0.013282665256654419, 0.011209656918912347]),
        ([0.3, 300.0, 0.0], [0.004376785203756997, 0.0019814406809736114]),
        ([0.3, 1.5, 2.0], [0.0006847235214938614, 0.001233951924860345]),
        ([0.3, 20.0, 30.0], [5.1717233661347025e-05, 0.0009799475659670142]),
    ] {
        let model = slice(SourceShape::Point, conductivities).build().unwrap();
        let values = rows(&model, &geometry(), &points);
        let found = [values[0], values[2 * geometry().len() - 1]];
        for (found, expected) in found.into_iter().zip(expected) {
            let difference =
                (found - expected).abs() / expected.max(1.0 / (4.0 * PI * 0.3 * 300.0));
            assert!(difference < SUMMATION, "{conductivities:?}: {difference:e}");
        }
    }
}

#[test]
fn a_line_is_many_points() {
    let parts = 4000_u32;
    let (start, end) = ([-20.0, 5.0, 250.0], [-20.0, 45.0, 150.0]);
    let along = |share: f64| [0, 1, 2].map(|i| start[i] + share * (end[i] - start[i]));
    let part = |k: u32| [k, k + 1].map(|k| along(f64::from(k) / f64::from(parts)));
    let ends: Vec<_> = (0..parts).map(part).collect();
    let points = CompartmentGeometry::new(&ends, &vec![0.1; ends.len()]).unwrap();
    let line = CompartmentGeometry::new(&[[start, end]], &[0.1]).unwrap();
    let sites = [[30.0, -40.0, 0.0], [30.0, -40.0, 200.0], [-20.0, 5.0, 300.0]];
    let conductivities = [0.3, 1.5, 0.05];
    let as_line = rows(&slice(SourceShape::Line, conductivities).build().unwrap(), &line, &sites);
    let as_points: Vec<f64> =
        rows(&slice(SourceShape::Point, conductivities).build().unwrap(), &points, &sites)
            .chunks(ends.len())
            .map(|row| row.iter().sum::<f64>() / f64::from(parts))
            .collect();
    // The midpoint rule with parts of 0.03 µm.
    assert_close(&as_line, &as_points, 1e-7);
}

/// Slope in z at the start of three values a step apart.
fn slope([a, b, c]: [f64; 3]) -> f64 {
    (-1.5 * a + 2.0 * b - 0.5 * c) / STEP_UM
}

#[test]
fn no_current_enters_an_insulator() {
    let site = |z: f64| [30.0, -40.0, z];
    let points = [site(0.0), site(STEP_UM), site(2.0 * STEP_UM)];
    for shape in SHAPES {
        let model = slice(shape, [0.3, 1.5, 0.0]).build().unwrap();
        let values = rows(&model, &geometry(), &points);
        let free = endless(shape, &geometry(), &points);
        let count = geometry().len();
        for i in 0..count {
            let through = slope([values[i], values[count + i], values[2 * count + i]]);
            let without = slope([free[i], free[count + i], free[2 * count + i]]);
            assert!(through.abs() < DIFFERENCE * without.abs(), "{through:e} {without:e}");
        }
    }
}

/// In the saline, all images lie below: the source, that by the glass, and these by round trips.
fn in_saline([tissue, saline, glass]: [f64; 3], source: [f64; 3], site: [f64; 3]) -> f64 {
    let across = (site[0] - source[0]).hypot(site[1] - source[1]);
    let at = |z: f64| 1.0 / (4.0 * PI * tissue * across.hypot(site[2] - z));
    let to_saline = (tissue - saline) / (tissue + saline);
    let to_glass = (tissue - glass) / (tissue + glass);
    let image = |n: f64| at(source[2] - 600.0 * n) + to_glass * at(-source[2] - 600.0 * n);
    let power = |n: u32| (to_saline * to_glass).powf(f64::from(n));
    let sum: f64 = (0..400).rev().map(|n| power(n) * image(f64::from(n))).sum();
    (1.0 + to_saline) * sum
}

#[test]
fn potential_and_current_are_continuous_at_the_saline() {
    let site = |z: f64| [30.0, -40.0, z];
    let steps = [0.0, STEP_UM, 2.0 * STEP_UM];
    for conductivities in [[0.3, 1.5, 0.05], [0.3, 0.1, 0.05], [0.3, 1.5, 2.0]] {
        let model = slice(SourceShape::Point, conductivities).build().unwrap();
        let geometry = geometry();
        let below = rows(&model, &geometry, &steps.map(|step| site(300.0 - step)));
        for i in 0..geometry.len() {
            let source = geometry.center_um(i);
            let above = steps.map(|step| in_saline(conductivities, source, site(300.0 + step)));
            let below = [0, 1, 2].map(|step| below[step * geometry.len() + i]);
            assert_close(&[below[0]], &[above[0]], SUMMATION);
            // Slopes up, from either side.
            let [from_below, from_above] = [-slope(below), slope(above)];
            assert_close(
                &[conductivities[0] * from_below],
                &[conductivities[1] * from_above],
                DIFFERENCE,
            );
        }
    }
}

#[test]
fn a_soma_on_the_glass_is_limited_by_its_radius() {
    let soma = [[-5.0, 0.0, 6.0], [5.0, 0.0, 6.0]];
    let geometry = CompartmentGeometry::new(&[soma], &[20.0]).unwrap();
    let model = slice(SourceShape::Line, [0.3, 0.3, 0.0]).build().unwrap();
    let matrix = TransferMatrix::new(&model, &geometry, &[Electrode::point([0.0; 3])]).unwrap();
    // Once, not also for its image, which the electrode touches as much.
    assert_eq!(matrix.moved().len(), 1);
    assert_eq!((matrix.moved()[0].distance_um, matrix.moved()[0].radius_um), (6.0, 10.0));
    let alone = endless(SourceShape::Line, &geometry, &[[0.0, 0.0, -4.0]]);
    assert_close(matrix.values(), &[2.0 * alone[0]], SUMMATION);
}
