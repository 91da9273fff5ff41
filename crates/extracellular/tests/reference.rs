//! Parity with LFPykit 0.6.2 on the reference neuron.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::path::{Path, PathBuf};

use apical_extracellular::{
    Conductivity, Electrode, ForwardModel, LineSource, PointSource, RootAsPoint, TransferMatrix,
};
use apical_morphology::CompartmentGeometry;
use serde_json::Value;

/// Both programs compute the same formulas in float64; LFPykit finds the distance from an axis as a difference of squares.
const RELATIVE_TOLERANCE: f64 = 1e-9;

/// The folder with LFPykit's results, if this machine has it.
fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("APICAL_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: APICAL_REFERENCE is not set");
    }
    folder.map(|folder| folder.join("shai2015_cell1"))
}

/// All values of an npy file in C order.
fn read_npy(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(file.order(), npyz::Order::C, "{}", path.display());
    file.into_vec().unwrap()
}

/// The electrodes and compartments that LFPykit was given.
struct Setup {
    geometry: CompartmentGeometry,
    electrodes: Vec<Electrode>,
    isotropic: Conductivity,
    anisotropic: Conductivity,
}

impl Setup {
    fn read(folder: &Path) -> Self {
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

    fn matrix(&self, model: &dyn ForwardModel) -> TransferMatrix {
        TransferMatrix::new(model, &self.geometry, &self.electrodes).unwrap()
    }
}

/// The largest difference of two arrays, relative to the largest value of the second.
fn relative_difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

#[test]
fn transfer_matrices_equal_lfpykits() {
    let Some(folder) = reference() else { return };
    let setup = Setup::read(&folder);
    let models: [(&str, Box<dyn ForwardModel>); 4] = [
        ("line", Box::new(LineSource::new(setup.isotropic))),
        ("point", Box::new(PointSource::new(setup.isotropic))),
        ("root_as_point", Box::new(RootAsPoint::new(setup.isotropic))),
        ("line_anisotropic", Box::new(LineSource::new(setup.anisotropic))),
    ];
    for (name, model) in models {
        let expected = read_npy(&folder.join(format!("lfp_{name}_matrix.npy")));
        let matrix = setup.matrix(&*model);
        assert_eq!((matrix.electrodes(), matrix.compartments()), (6, 642));
        let mut largest = 0.0_f64;
        for (found, expected) in matrix.values().iter().zip(&expected) {
            largest = largest.max((found / expected - 1.0).abs());
        }
        println!("{name}: {largest:.1e}");
        assert!(largest <= RELATIVE_TOLERANCE, "{name}: {largest:e}");
    }
}

#[test]
fn potentials_of_the_synaptic_run_equal_lfpykits() {
    let Some(folder) = reference() else { return };
    let setup = Setup::read(&folder);
    let currents_na = read_npy(&folder.join("syn_imem_all_1ms.npy"));
    let models: [(&str, Box<dyn ForwardModel>); 3] = [
        ("line", Box::new(LineSource::new(setup.isotropic))),
        ("point", Box::new(PointSource::new(setup.isotropic))),
        ("root_as_point", Box::new(RootAsPoint::new(setup.isotropic))),
    ];
    for (name, model) in models {
        let expected = read_npy(&folder.join(format!("syn_lfp_{name}_mV.npy")));
        let found = setup.matrix(&*model).apply(&currents_na).unwrap();
        let difference = relative_difference(&found, &expected);
        println!("{name}: {difference:.1e}");
        assert!(difference <= RELATIVE_TOLERANCE, "{name}: {difference:e}");
    }
}
