//! Parity with slices on an array in LFPykit 0.6.2.
//!
//! Its numbers were printed by Python 3.11 with numpy 2.4:
//!
//! ```python
//! import numpy as np
//! from lfpykit import CellGeometry, RecMEAElectrode
//!
//! def row(method, sigma_G, z):
//!     cell = CellGeometry(
//!         x=np.array([[0.0, 0], [0, 60], [60, 100], [-20, -20]]),
//!         y=np.array([[-8.0, 8], [8, 30], [30, 90], [5, 45]]),
//!         z=np.array([[80.0, 80], [80, 120], [120, 40], [150, 260]]),
//!         d=np.array([16, 3, 2, 1.5]),
//!     )
//!     slice = RecMEAElectrode(
//!         cell, sigma_T=0.3, sigma_S=1.5, sigma_G=sigma_G, h=300.0, steps=300, method=method,
//!         x=np.array([30.0]), y=np.array([-40.0]), z=np.array([z]),
//!     )
//!     return slice.get_transformation_matrix()[0].tolist()
//! ```

use apical_extracellular::{Electrode, SliceConfig, SourceShape, TransferMatrix};
use apical_morphology::CompartmentGeometry;

/// Points: the same formula.
const POINT_TOLERANCE: f64 = 1e-14;
/// Lines: LFPykit's cancels far from the compartment, where the images are.
const LINE_TOLERANCE: f64 = 1e-10;

#[track_caller]
fn check(sources: SourceShape, glass_s_per_m: f64, z_um: f64, expected: [f64; 4], tolerance: f64) {
    let ends_um = [
        [[0.0, -8.0, 80.0], [0.0, 8.0, 80.0]],
        [[0.0, 8.0, 80.0], [60.0, 30.0, 120.0]],
        [[60.0, 30.0, 120.0], [100.0, 90.0, 40.0]],
        [[-20.0, 5.0, 150.0], [-20.0, 45.0, 260.0]],
    ];
    let geometry = CompartmentGeometry::new(&ends_um, &[16.0, 3.0, 2.0, 1.5]).unwrap();
    let mut config = SliceConfig::default();
    config.sources = sources;
    config.glass_s_per_m = glass_s_per_m;
    let electrodes = [Electrode::point([30.0, -40.0, z_um])];
    let matrix = TransferMatrix::new(&config.build().unwrap(), &geometry, &electrodes).unwrap();
    for (found, expected) in matrix.row(0).iter().zip(expected) {
        let difference = (found / expected - 1.0).abs();
        assert!(difference <= tolerance, "{found:e} {expected:e}, by {difference:e}");
    }
}

#[test]
fn points_equal_lfpykits() {
    let on_array =
        [0.0047044959141788086, 0.003640715485121797, 0.0029563603762526236, 0.0013736434142385887];
    check(SourceShape::Point, 0.0, 0.0, on_array, POINT_TOLERANCE);
    let within =
        [0.004254276573770963, 0.004266873824173513, 0.0022722051982991065, 0.00184584374025775];
    check(SourceShape::Point, 0.05, 120.0, within, POINT_TOLERANCE);
    let on_conductor = [
        0.0011878908779186712,
        0.0009360391471498235,
        0.0007828700822955886,
        0.0003832810177279026,
    ];
    check(SourceShape::Point, 1.0, 0.0, on_conductor, POINT_TOLERANCE);
}

#[test]
fn lines_equal_lfpykits() {
    let root = 0.0047044959141788086;
    let lines =
        [0.00470141727182421, 0.003644801586229235, 0.0028652972665016616, 0.0014230168215629449];
    check(SourceShape::Line, 0.0, 0.0, lines, LINE_TOLERANCE);
    let [_, a, b, c] = lines;
    check(SourceShape::RootAsPoint, 0.0, 0.0, [root, a, b, c], LINE_TOLERANCE);
}
