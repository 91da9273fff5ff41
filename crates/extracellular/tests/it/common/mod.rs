//! What the tests share.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::path::{Path, PathBuf};

use apical_core::{SectionId, SectionType};
use apical_extracellular::{
    Conductivity, Electrode, ForwardModel, TransferMatrix, VolumeConductor,
};
use apical_morphology::{
    Attachment, CompartmentGeometry, CompartmentTree, ExplicitCounts, Morphology, Point, Section,
    SectionShape,
};
use proptest::prelude::*;
use serde_json::Value;

/// The folder with LFPykit's results, if this machine has it.
pub(crate) fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("APICAL_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: APICAL_REFERENCE is not set");
    }
    folder.map(|folder| folder.join("shai2015_cell1"))
}

/// All values of an npy file in C order.
pub(crate) fn read_npy(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(file.order(), npyz::Order::C, "{}", path.display());
    file.into_vec().unwrap()
}

/// The electrodes and compartments that LFPykit was given.
pub(crate) struct Setup {
    pub(crate) geometry: CompartmentGeometry,
    pub(crate) electrodes: Vec<Electrode>,
    pub(crate) isotropic: Conductivity,
    pub(crate) anisotropic: Conductivity,
}

impl Setup {
    pub(crate) fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("lfp_setup.json")).unwrap();
        let setup: Value = serde_json::from_str(&text).unwrap();
        let number = |value: &Value| value.as_f64().unwrap();
        let numbers = |key: &str| setup[key].as_array().unwrap().iter().map(number).collect();
        let points = |key: &str| -> Vec<[f64; 3]> {
            let point = |value: &Value| std::array::from_fn(|axis| number(&value[axis]));
            setup[key].as_array().unwrap().iter().map(point).collect()
        };
        let ends: Vec<_> =
            points("start_um").into_iter().zip(points("end_um")).map(Into::into).collect();
        let diameters: Vec<f64> = numbers("diam_um");
        let anisotropic: Vec<f64> = numbers("anisotropic_sigma_S_per_m");
        Self {
            geometry: CompartmentGeometry::new(&ends, &diameters).unwrap(),
            electrodes: points("electrodes_um").into_iter().map(Electrode::point).collect(),
            isotropic: Conductivity::isotropic(number(&setup["sigma_S_per_m"])).unwrap(),
            anisotropic: Conductivity::anisotropic(anisotropic.try_into().unwrap()).unwrap(),
        }
    }

    pub(crate) fn matrix(&self, model: &dyn ForwardModel) -> TransferMatrix {
        TransferMatrix::new(model, &self.geometry, &self.electrodes).unwrap()
    }
}

/// The largest difference of two arrays, relative to the largest value of the second.
pub(crate) fn relative_difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

/// Fails unless the largest difference is within the tolerance, relative to the largest value.
#[track_caller]
pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    let difference = relative_difference(found, expected);
    assert!(difference <= tolerance, "{difference:e}: {found:?}, {expected:?}");
}

/// What a dipole does to one point, mV for 1 nA·µm along each axis.
pub(crate) fn lead(
    conductor: &dyn VolumeConductor,
    location_um: [f64; 3],
    point_um: [f64; 3],
) -> [f64; 3] {
    conductor.point_potentials(location_um, &[point_um]).unwrap()[0]
}

/// A vector of this length in a direction of this polar cosine and azimuth.
pub(crate) fn polar(length: f64, cosine: f64, azimuth: f64) -> [f64; 3] {
    let sine = (1.0 - cosine * cosine).sqrt();
    [sine * azimuth.cos(), sine * azimuth.sin(), cosine].map(|component| component * length)
}

/// Places at distances in a range.
pub(crate) fn places(distances: std::ops::Range<f64>) -> impl Strategy<Value = [f64; 3]> {
    (distances, -1.0..1.0, 0.0..std::f64::consts::TAU)
        .prop_map(|(length, cosine, azimuth)| polar(length, cosine, azimuth))
}

/// The rotation by a quaternion of any length.
pub(crate) fn rotation([w, x, y, z]: [f64; 4]) -> [[f64; 3]; 3] {
    let n = 2.0 / (w * w + x * x + y * y + z * z);
    [
        [1.0 - n * (y * y + z * z), n * (x * y - w * z), n * (x * z + w * y)],
        [n * (x * y + w * z), 1.0 - n * (x * x + z * z), n * (y * z - w * x)],
        [n * (x * z - w * y), n * (y * z + w * x), 1.0 - n * (x * x + y * y)],
    ]
}

/// A matrix times a vector.
pub(crate) fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| dot(row, vector))
}

pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|axis| a[axis] * b[axis]).sum()
}

/// Trees of up to a dozen sections, attached anywhere, some without points, with a number of compartments for each.
pub(crate) fn trees() -> impl Strategy<Value = CompartmentTree> {
    let x = prop_oneof![Just(0.0), Just(0.5), Just(1.0), Just(1.0), 0.0..=1.0];
    let point = (prop::array::uniform3(-100.0..100.0), 0.2..20.0);
    let shape = prop_oneof![
        4 => prop::collection::vec(point, 2..8).prop_map(|points| {
            let point = |(position_um, diameter_um)| Point::new(position_um, diameter_um);
            SectionShape::Points(points.into_iter().map(point).collect())
        }),
        1 => (1.0..100.0, 0.2..20.0).prop_map(|(length_um, diameter_um)| {
            SectionShape::Cylinder { length_um, diameter_um }
        }),
    ];
    let section = (shape, any::<prop::sample::Index>(), x, 1_usize..6);
    prop::collection::vec(section, 1..13).prop_map(|parts| {
        let counts = parts.iter().map(|part| part.3).collect();
        let sections = parts.into_iter().enumerate().map(|(i, (shape, parent, x, _))| {
            let attachment =
                (i > 0).then(|| Attachment { parent: SectionId::new(parent.index(i)), x });
            let kind = if i == 0 { SectionType::Soma } else { SectionType::Apical };
            Section::new(kind, shape, attachment)
        });
        let morphology = Morphology::new(sections.collect()).unwrap();
        CompartmentTree::new(morphology, &ExplicitCounts::new(counts)).unwrap()
    })
}
