//! Parity with the current-source densities of LFPykit 0.6.2.
//!
//! Its numbers were printed by Python 3.11 with numpy 2.4:
//!
//! ```python
//! import numpy as np
//! from lfpykit import CellGeometry, LaminarCurrentSourceDensity, VolumetricCurrentSourceDensity
//!
//! cell = CellGeometry(
//!     x=np.array([[0.0, 0], [0, 20], [20, 60], [-20, -20], [30, 30]]),
//!     y=np.array([[-8.0, 8], [8, 20], [20, 50], [5, 35], [3, 9]]),
//!     z=np.array([[80.0, 80], [80, 95], [95, 125], [70, 145], [10, 10]]),
//!     d=np.array([16, 3, 2, 1.5, 1]),
//! )
//! z = np.array([[0.0, 60], [60, 100], [100, 140], [140, 200]])
//! print(LaminarCurrentSourceDensity(cell, z, np.full(4, 500.0)).get_transformation_matrix().tolist())
//! x, y, z = np.array([-50.0, 0, 100]), np.array([-50.0, 100]), np.array([0.0, 100, 200])
//! print(VolumetricCurrentSourceDensity(cell, x, y, z).get_transformation_matrix().tolist())
//! ```

use apical_extracellular::{CurrentSourceDensity, LaminarAxis, Layer, RectilinearGrid};
use apical_morphology::CompartmentGeometry;

/// The same shares in float64.
const RELATIVE_TOLERANCE: f64 = 1e-14;

fn geometry() -> CompartmentGeometry {
    let ends_um = [
        [[0.0, -8.0, 80.0], [0.0, 8.0, 80.0]],
        [[0.0, 8.0, 80.0], [20.0, 20.0, 95.0]],
        [[20.0, 20.0, 95.0], [60.0, 50.0, 125.0]],
        [[-20.0, 5.0, 70.0], [-20.0, 35.0, 145.0]],
        [[30.0, 3.0, 10.0], [30.0, 9.0, 10.0]],
    ];
    CompartmentGeometry::new(&ends_um, &[16.0, 3.0, 2.0, 1.5, 1.0]).unwrap()
}

#[test]
fn layers_equal_lfpykits() {
    let expected = [
        [0.0, 0.0, 0.0, 0.0, 2.122065907891938e-08],
        [
            3.183098861837907e-08,
            3.183098861837907e-08,
            5.305164769729845e-09,
            1.2732395447351628e-08,
            0.0,
        ],
        [0.0, 0.0, 2.6525823848649227e-08, 0.0, 0.0],
        [0.0, 0.0, 0.0, 1.4147106052612915e-09, 0.0],
    ];
    let axis = LaminarAxis::new([0.0; 3], [0.0, 0.0, 1.0]).unwrap();
    let bounds = [[0.0, 60.0], [60.0, 100.0], [100.0, 140.0], [140.0, 200.0]];
    let layers = bounds.map(|bounds| Layer::new(bounds, 500.0).unwrap());
    let density = CurrentSourceDensity::laminar(&geometry(), &axis, &layers);
    for (layer, row) in expected.iter().enumerate() {
        for (compartment, &expected) in row.iter().enumerate() {
            let found = density.operator().get(layer, compartment).copied().unwrap_or(0.0);
            if (layer, compartment) == (2, 3) {
                // LFPykit leaves out a line of which neither end is in the layer.
                let share = found * density.volumes_um3()[layer];
                assert!((share - 40.0 / 75.0).abs() < RELATIVE_TOLERANCE);
            } else {
                assert!((found - expected).abs() <= RELATIVE_TOLERANCE * expected);
            }
        }
    }
}

/// LFPykit counts points 1 µm apart, and does not divide by the volume: lines within one box are compared.
#[test]
fn boxes_equal_lfpykits() {
    let grid = RectilinearGrid::new([
        vec![-50.0, 0.0, 100.0],
        vec![-50.0, 100.0],
        vec![0.0, 100.0, 200.0],
    ])
    .unwrap();
    let density = CurrentSourceDensity::volumetric(&geometry(), &grid);
    for compartment in [0, 1, 4] {
        for (index, expected) in [0.0, 0.0, 1.0, 0.0].into_iter().enumerate() {
            let found = density.operator().get(index, compartment).copied().unwrap_or(0.0);
            let share = found * density.volumes_um3()[index];
            assert!((share - expected).abs() <= RELATIVE_TOLERANCE);
        }
    }
    // 10/59 and 49/59 by counts.
    let of_dendrite = [2, 3].map(|index| {
        let found = density.operator().get(index, 2).copied().unwrap_or(0.0);
        found * density.volumes_um3()[index]
    });
    assert!((of_dendrite[0] - 0.169_491_525_423_728_83).abs() < 1.0 / 59.0);
    assert!((of_dendrite[1] - 0.830_508_474_576_270_5).abs() < 1.0 / 59.0);
}
