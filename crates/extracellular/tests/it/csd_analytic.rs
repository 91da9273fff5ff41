//! Current-source densities of lines whose shares are known.

use apical_extracellular::{
    CurrentSourceDensity, ExtracellularError, LaminarAxis, Layer, RectilinearGrid,
};
use apical_morphology::CompartmentGeometry;

/// Some operations in float64.
const ROUNDING: f64 = 1e-14;

type Ends = [[f64; 3]; 2];

fn geometry(ends: &[Ends]) -> CompartmentGeometry {
    CompartmentGeometry::new(ends, &vec![1.0; ends.len()]).unwrap()
}

/// The share of one line in each volume.
fn shares(density: &CurrentSourceDensity) -> Vec<f64> {
    let per_um3 = density.apply(&[1.0]).unwrap();
    per_um3.iter().zip(density.volumes_um3()).map(|(value, volume)| value * volume).collect()
}

fn in_layers(line: Ends, axis: &LaminarAxis, layers: &[Layer]) -> Vec<f64> {
    shares(&CurrentSourceDensity::laminar(&geometry(&[line]), axis, layers))
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= ROUNDING, "{found} {expected}");
    }
}

#[test]
fn lines_are_clipped_by_cylinders() {
    let y = LaminarAxis::default();
    let layers = Layer::stack(&[0.0, 10.0, 20.0], 5.0).unwrap();
    let check = |line: Ends, expected: [f64; 2]| {
        assert_close(&in_layers(line, &y, &layers), &expected);
        let [start, end] = line;
        assert_close(&in_layers([end, start], &y, &layers), &expected);
    };
    // Along the axis, through both faces of each layer.
    check([[0.0, -10.0, 0.0], [0.0, 30.0, 0.0]], [0.25, 0.25]);
    // Across it, both ends outside.
    check([[-20.0, 5.0, 0.0], [20.0, 5.0, 0.0]], [0.25, 0.0]);
    // Along a chord.
    check([[-5.0, 15.0, 3.0], [5.0, 15.0, 3.0]], [0.0, 0.8]);
    // In through the mantle, out through a face: inside from x = -5 (y = 5) to y = 10.
    check([[-10.0, 0.0, 0.0], [10.0, 20.0, 0.0]], [0.25, 0.25]);
    // Beside, above and tangent to it.
    check([[6.0, -10.0, 0.0], [6.0, 30.0, 0.0]], [0.0, 0.0]);
    check([[0.0, 20.0, 0.0], [0.0, 30.0, 0.0]], [0.0, 0.0]);
    check([[-9.0, 5.0, 5.0], [9.0, 5.0, 5.0]], [0.0, 0.0]);
    // Within the plane between the layers, which belongs to the upper one.
    check([[-1.0, 10.0, 0.0], [1.0, 10.0, 2.0]], [0.0, 1.0]);
    // Along the mantle, which belongs to the layer.
    check([[3.0, 2.0, 4.0], [3.0, 8.0, 4.0]], [1.0, 0.0]);
}

#[test]
fn points_are_in_or_out() {
    let y = LaminarAxis::default();
    let layers = Layer::stack(&[0.0, 10.0, 20.0], 5.0).unwrap();
    for (place, expected) in [
        ([0.0, 0.0, 0.0], [1.0, 0.0]),
        ([3.0, 10.0, 4.0], [0.0, 1.0]),
        ([0.0, 20.0, 0.0], [0.0, 0.0]),
        ([5.1, 5.0, 0.0], [0.0, 0.0]),
    ] {
        assert_close(&in_layers([place; 2], &y, &layers), &expected);
    }
    let edges = vec![0.0, 10.0, 20.0];
    let grid = RectilinearGrid::new([edges.clone(), edges.clone(), edges]).unwrap();
    for (place, expected) in [
        ([0.0; 3], Some(0)),
        ([0.0, 0.0, 10.0], Some(1)),
        ([10.0, 0.0, 5.0], Some(4)),
        ([10.0, 10.0, 10.0], Some(7)),
        ([20.0, 0.0, 0.0], None),
        ([0.0, -1e-9, 0.0], None),
    ] {
        assert_eq!(grid.index_at(place), expected);
        let found = shares(&CurrentSourceDensity::volumetric(&geometry(&[[place; 2]]), &grid));
        let volume = |i: usize| if expected == Some(i) { 1.0 } else { 0.0 };
        assert_eq!(found, (0..8).map(volume).collect::<Vec<_>>());
    }
}

#[test]
fn axes_may_be_oblique() {
    let axis = LaminarAxis::new([100.0, -50.0, 20.0], [1.0, 2.0, 2.0]).unwrap();
    let along = |t: f64| [100.0 + t / 3.0, -50.0 + 2.0 * t / 3.0, 20.0 + 2.0 * t / 3.0];
    assert!((axis.position_um(along(12.0)) - 12.0).abs() < 1e-13);
    let layers = [Layer::new([0.0, 10.0], 5.0).unwrap(), Layer::new([5.0, 20.0], 50.0).unwrap()];
    assert_close(&in_layers([along(-10.0), along(30.0)], &axis, &layers), &[0.25, 0.375]);
    // Across: (2, -2, 1)/3 is at a right angle to the axis.
    let [x, y, z] = along(6.0);
    let beside = |t: f64| [x + 2.0 * t / 3.0, y - 2.0 * t / 3.0, z + t / 3.0];
    assert_close(&in_layers([beside(0.0), beside(20.0)], &axis, &layers), &[0.25, 1.0]);
}

#[test]
fn lines_are_shared_among_boxes() {
    let edges = vec![0.0, 10.0, 20.0];
    let grid = RectilinearGrid::new([edges.clone(), edges, vec![-5.0, 5.0]]).unwrap();
    let check = |line: Ends, expected: [f64; 4]| {
        let [start, end] = line;
        for line in [[start, end], [end, start]] {
            let density = CurrentSourceDensity::volumetric(&geometry(&[line]), &grid);
            assert_close(&shares(&density), &expected);
        }
    };
    // y is faster than x.
    check([[5.0, 5.0, 0.0], [15.0, 5.0, 0.0]], [0.5, 0.0, 0.5, 0.0]);
    check([[5.0, -5.0, 0.0], [5.0, 35.0, 0.0]], [0.25, 0.25, 0.0, 0.0]);
    // Through the edge that all share.
    check([[0.0, 0.0, 0.0], [20.0, 20.0, 0.0]], [0.5, 0.0, 0.0, 0.5]);
    // Beside it.
    check([[0.0, 5.0, 0.0], [20.0, 25.0, 0.0]], [0.25, 0.25, 0.0, 0.25]);
    // Within planes, which belong to the box above them.
    check([[10.0, 0.0, -5.0], [10.0, 10.0, -5.0]], [0.0, 0.0, 1.0, 0.0]);
    check([[0.0, 0.0, 5.0], [10.0, 10.0, 5.0]], [0.0; 4]);
    // From far away, and past the grid.
    check([[-1e6, 15.0, 0.0], [1e6, 15.0, 0.0]], [0.0, 5e-6, 0.0, 5e-6]);
    check([[-10.0, -1.0, 0.0], [30.0, -1.0, 0.0]], [0.0; 4]);
}

#[test]
fn currents_become_densities() {
    let lines = [[[0.0, 5.0, 0.0], [0.0, 15.0, 0.0]], [[0.0, 5.0, 0.0], [0.0, 5.0, 0.0]]];
    let layers = Layer::stack(&[0.0, 10.0, 20.0], 5.0).unwrap();
    let density =
        CurrentSourceDensity::laminar(&geometry(&lines), &LaminarAxis::default(), &layers);
    assert_eq!((density.operator().rows(), density.operator().cols()), (2, 2));
    let volume = density.volumes_um3()[0];
    assert!((volume - 250.0 * std::f64::consts::PI).abs() < 1e-12);
    // Two compartments, three times.
    let densities = density.apply(&[2.0, 0.0, 4.0, 0.0, 1.0, -2.0]).unwrap();
    let sums: Vec<f64> = densities.iter().map(|value| value * volume).collect();
    assert_close(&sums, &[1.0, 1.0, 0.0, 1.0, 0.0, 2.0]);
    let error = density.apply(&[1.0; 3]).unwrap_err();
    assert!(matches!(error, ExtracellularError::Shape { expected: 2, found: 3, .. }), "{error}");
}

#[test]
fn impossible_volumes_are_refused() {
    use ExtracellularError as Error;
    let error = Layer::new([10.0, 10.0], 5.0).unwrap_err();
    assert!(matches!(error, Error::LayerBounds { from_um: 10.0, to_um: 10.0 }), "{error}");
    let error = Layer::new([0.0, f64::INFINITY], 5.0).unwrap_err();
    assert!(matches!(error, Error::LayerBounds { .. }), "{error}");
    for radius_um in [0.0, -1.0, f64::NAN, 1e-200] {
        let error = Layer::new([0.0, 10.0], radius_um).unwrap_err();
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
    }
    let error = Layer::stack(&[0.0, 10.0, 10.0], 5.0).unwrap_err();
    assert!(matches!(error, Error::Edge { index: 2, value: 10.0, .. }), "{error}");
    let error = Layer::stack(&[0.0], 5.0).unwrap_err();
    assert!(matches!(error, Error::TooFewEdges { found: 1, .. }), "{error}");

    let error = LaminarAxis::new([0.0, f64::NAN, 0.0], [0.0, 1.0, 0.0]).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    let error = LaminarAxis::new([0.0; 3], [0.0; 3]).unwrap_err();
    assert!(matches!(error, Error::Parameter { value: 0.0, .. }), "{error}");

    let unit = || vec![0.0, 1.0];
    let refused = |y: Vec<f64>| RectilinearGrid::new([unit(), y, unit()]).unwrap_err();
    let error = refused(vec![0.0, 2.0, 1.0]);
    assert!(matches!(error, Error::Edge { along: "y", index: 2, value: 1.0 }), "{error}");
    let error = refused(vec![f64::NEG_INFINITY, 0.0]);
    assert!(matches!(error, Error::Edge { along: "y", index: 0, .. }), "{error}");
    let error = refused(vec![]);
    assert!(matches!(error, Error::TooFewEdges { along: "y", found: 0 }), "{error}");
    let error = refused(vec![-1e308, 1e308]);
    assert!(matches!(error, Error::Parameter { .. }), "{error}");
    let many: Vec<f64> = (0..3_000_000).map(f64::from).collect();
    let error = RectilinearGrid::new([many.clone(), many.clone(), many]).unwrap_err();
    assert!(matches!(error, Error::TooManyBoxes { boxes: [2_999_999, ..] }), "{error}");
}
