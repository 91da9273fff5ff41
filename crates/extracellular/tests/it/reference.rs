//! Parity with LFPykit 0.6.2 on the reference neuron.

use crate::common::{Setup, read_npy, reference, relative_difference};
use apical_extracellular::{ForwardModel, LineSource, PointSource, RootAsPoint};

/// Both programs compute the same formulas in float64; LFPykit finds the distance from an axis as a difference of squares.
const RELATIVE_TOLERANCE: f64 = 1e-9;

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
        assert_eq!((matrix.electrode_count(), matrix.compartment_count()), (6, 642));
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
