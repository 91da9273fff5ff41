//! Dipoles, potentials and magnetic fields of LFPykit 0.6.2.

use crate::common::{Setup, assert_close, read_npy, reference, relative_difference};
use apical_extracellular::{
    Conductivity, CurrentDipole, InfiniteConductor, LayeredSphere, MagneticConductor,
    VolumeConductor,
};

/// The same sums in float64.
const DIPOLE: f64 = 1e-9;

/// Series of some hundred terms; LFPykit divides powers that nearly cancel.
const SERIES: f64 = 1e-11;

/// Closed formulas.
const CLOSED: f64 = 1e-14;

#[test]
fn dipoles_of_the_synaptic_run_equal_lfpykits() {
    let Some(folder) = reference() else { return };
    let setup = Setup::read(&folder);
    let currents_na = read_npy(&folder.join("syn_imem_all_1ms.npy"));
    let expected = read_npy(&folder.join("syn_dipole_nA_um.npy"));
    let found = CurrentDipole::new(&setup.geometry).apply(&currents_na).unwrap();
    let difference = relative_difference(&found, &expected);
    println!("dipole: {difference:.1e}");
    assert!(difference <= DIPOLE, "{difference:e}");
}

/// µm.
const DIPOLE_UM: [f64; 3] = [10e3, -20e3, 70e3];
/// In brain, fluid and skull, and on the scalp, µm.
const ELECTRODES_UM: [[f64; 3]; 4] =
    [[12e3, -15e3, 74e3], [30e3, 20e3, 71e3], [-40e3, 5e3, 72e3], [0.0, 54e3, -72e3]];
/// µm.
const SENSORS_UM: [[f64; 3]; 2] = [[20e3, -10e3, 100e3], [-90e3, 60e3, 10e3]];

// Printed by Python with LFPykit 0.6.2 and NumPy 2.4.6, of the places above as arrays `dipole`, `electrodes`, `sensors`:
//
// FourSphereVolumeConductor(electrodes, iter_factor=1e-16).get_transformation_matrix(dipole)
// InfiniteVolumeConductor(0.3).get_transformation_matrix(electrodes - dipole)
// 4e-7 * np.pi * InfiniteHomogeneousVolCondMEG(sensors).get_transformation_matrix(dipole)
// 4e-7 * np.pi * SphericallySymmetricVolCondMEG(sensors).get_transformation_matrix(dipole)

/// mV per nA·µm.
const FOUR_SPHERE: [[f64; 3]; 4] = [
    [1.825316456831801e-09, 4.211538078512125e-09, 4.041469650960683e-09],
    [1.3220679832339471e-10, 2.342378065572247e-10, 5.904077519678826e-11],
    [-1.6267737031692099e-10, 7.009688793414877e-11, 5.926859645211309e-11],
    [-1.7593071423421328e-12, 1.9595567795510493e-11, -3.375108801082989e-11],
];

/// mV per nA·µm.
const ENDLESS: [[f64; 3]; 4] = [
    [1.7574383788078447e-09, 4.393595947019612e-09, 3.5148767576156893e-09],
    [5.926908791281612e-11, 1.1853817582563223e-10, 2.963454395640806e-12],
    [-7.577580187816748e-11, 3.788790093908374e-11, 3.031032075126699e-12],
    [-6.423268366948755e-13, 4.753218591542079e-12, -9.121041081067233e-12],
];

/// µ₀·(nA/µm) per nA·µm, that is 10⁻³ T or 10¹² fT.
const ENDLESS_MAGNETIC: [[[f64; 3]; 3]; 2] = [
    [
        [0.0, 8.223036670302643e-17, -2.7410122234342142e-17],
        [-8.223036670302643e-17, 0.0, 2.7410122234342142e-17],
        [2.7410122234342142e-17, -2.7410122234342142e-17, 0.0],
    ],
    [
        [0.0, -2.121320343559642e-18, -2.8284271247461894e-18],
        [2.121320343559642e-18, 0.0, -3.535533905932737e-18],
        [2.8284271247461894e-18, 3.535533905932737e-18, 0.0],
    ],
];

/// The same unit.
const SPHERE_MAGNETIC: [[[f64; 3]; 3]; 2] = [
    [
        [1.1736110374482733e-17, 2.886669111730914e-17, 6.5710388371622205e-18],
        [-2.442737200687065e-17, -2.4770553830445267e-18, 2.7818944629687997e-18],
        [3.084319962906117e-17, -1.698509265550314e-17, -9.259054991438205e-18],
    ],
    [
        [-2.0090536123483043e-18, -1.1892939874793974e-18, -5.279062323007e-20],
        [-2.3106872321924483e-19, 2.1845775841173955e-18, 6.571748416362908e-19],
        [-1.138720985715227e-18, -1.1836943940494333e-18, -1.755239717690914e-19],
    ],
];

const FT_PER_LFPYKITS: f64 = 1e12;

#[test]
fn potentials_equal_lfpykits() {
    let head = LayeredSphere::four_sphere();
    let found = head.point_potentials(DIPOLE_UM, &ELECTRODES_UM).unwrap();
    for (found, expected) in found.iter().zip(&FOUR_SPHERE) {
        assert_close(found, expected, SERIES);
    }
    let medium = InfiniteConductor::new(Conductivity::isotropic(0.3).unwrap());
    let found = medium.point_potentials(DIPOLE_UM, &ELECTRODES_UM).unwrap();
    for (found, expected) in found.iter().zip(&ENDLESS) {
        assert_close(found, expected, CLOSED);
    }
}

#[test]
fn magnetic_fields_equal_lfpykits() {
    let (head, medium) = (LayeredSphere::four_sphere(), InfiniteConductor::default());
    let conductors: [(&dyn MagneticConductor, _); 2] =
        [(&medium, ENDLESS_MAGNETIC), (&head, SPHERE_MAGNETIC)];
    for (conductor, expected) in conductors {
        let found = conductor.field_matrix(DIPOLE_UM, &SENSORS_UM).unwrap();
        for (found, expected) in found.iter().zip(expected) {
            let expected_ft =
                expected.concat().iter().map(|x| x * FT_PER_LFPYKITS).collect::<Vec<_>>();
            assert_close(&found.concat(), &expected_ft, CLOSED);
        }
    }
}
