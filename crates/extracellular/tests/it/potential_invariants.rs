//! What holds for potentials whatever the neuron.

use apical_core::{CompartmentId, StepObserver, StepView};
use apical_extracellular::{
    Conductivity, Contact, CurrentDipole, Electrode, ExtracellularError, ForwardModel, LineSource,
    MagneticConductor, PointSource, PotentialRecorder, RootAsPoint, TransferMatrix,
    VoltageOperator, VolumeConductor, without_unknown,
};
use apical_morphology::{AxialTree, CompartmentGeometry, CompartmentTree, MaxLength, default_cell};
use proptest::prelude::*;
use sprs::CsMat;

fn tree() -> CompartmentTree {
    CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap()
}

fn axial(tree: &CompartmentTree) -> CsMat<f64> {
    AxialTree::new(tree, 100.0).unwrap().membrane_current_operator()
}

/// Voltages that differ everywhere, mV.
fn voltages(count: usize) -> Vec<f64> {
    (0..count).map(|i| -70.0 + 40.0 * (0.7 * i as f64).sin() + 5.0 * (0.011 * i as f64)).collect()
}

fn points(places: &[[f64; 3]]) -> Vec<Electrode> {
    places.iter().copied().map(Electrode::point).collect()
}

const PLACES: [[f64; 3]; 4] =
    [[60.0, 0.0, 10.0], [-40.0, 300.0, -30.0], [80.0, 900.0, 20.0], [500.0, -400.0, 300.0]];

fn models(conductivity: Conductivity) -> [Box<dyn ForwardModel>; 3] {
    [
        Box::new(LineSource::new(conductivity)),
        Box::new(PointSource::new(conductivity)),
        Box::new(RootAsPoint::new(conductivity)),
    ]
}

fn multiply(matrix: &CsMat<f64>, vector: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; matrix.rows()];
    for (value, (i, j)) in matrix {
        product[i] += value * vector[j];
    }
    product
}

fn assert_equal(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance * largest, "{a:e} {b:e}, largest {largest:e}");
    }
}

#[test]
fn currents_of_the_cable_sum_to_zero() {
    let tree = tree();
    let currents_na = multiply(&axial(&tree), &voltages(tree.len()));
    let (sum, total) = currents_na.iter().fold((0.0, 0.0), |(s, t), i| (s + i, t + i.abs()));
    assert!(sum.abs() <= 1e-12 * total, "{sum:e} of {total:e} nA");
}

/// A neuron's potential falls with the square of the distance, to that of its dipole: what is left is a quadrupole's, which
/// falls by ten times more at ten times the distance.
#[test]
fn far_away_the_neuron_is_a_dipole() {
    let tree = tree();
    let geometry = tree.geometry();
    let dipole = CurrentDipole::new(&geometry);
    let currents_na = multiply(&axial(&tree), &voltages(tree.len()));
    let moment = dipole.apply(&currents_na).unwrap();
    let direction = [0.48, 0.6, -0.64];
    let center = dipole.location_um();
    let mut last = f64::INFINITY;
    for r_um in [1e5, 1e6, 1e7] {
        let place = [0, 1, 2].map(|axis| center[axis] + r_um * direction[axis]);
        let matrix =
            TransferMatrix::new(&LineSource::default(), &geometry, &points(&[place])).unwrap();
        let found = matrix.apply(&currents_na).unwrap()[0];
        let along: f64 = (0..3).map(|axis| moment[axis] * direction[axis]).sum();
        let expected = along / (4.0 * std::f64::consts::PI * 0.3 * r_um * r_um);
        let difference = (found / expected - 1.0).abs();
        assert!(difference < 0.11 * last, "{r_um}: {difference:e} after {last:e}");
        last = difference;
    }
    assert!(last < 1e-3);
}

/// Potentials are inversely proportional to the conductivity.
#[test]
fn conductivity_scales_potentials() {
    let geometry = tree().geometry();
    for sigma in [[0.3; 3], [0.3, 0.4, 0.35]] {
        let once = models(Conductivity::anisotropic(sigma).unwrap());
        let twice = models(Conductivity::anisotropic(sigma.map(|s| 2.0 * s)).unwrap());
        for (once, twice) in once.iter().zip(&twice) {
            let once = TransferMatrix::new(&**once, &geometry, &points(&PLACES)).unwrap();
            let twice = TransferMatrix::new(&**twice, &geometry, &points(&PLACES)).unwrap();
            let halved: Vec<f64> = once.values().iter().map(|value| 0.5 * value).collect();
            assert_equal(twice.values(), &halved, 1e-15);
        }
    }
}

/// A line is its two halves, each with half of the current.
#[test]
fn a_line_is_the_sum_of_its_parts() {
    let (start, middle, end) = ([3.0, -8.0, 1.0], [8.0, 2.0, -3.0], [13.0, 12.0, -7.0]);
    let whole = CompartmentGeometry::new(&[[start, end]], &[1.0]).unwrap();
    let halves = CompartmentGeometry::new(&[[start, middle], [middle, end]], &[1.0, 1.0]).unwrap();
    for sigma in [[0.3; 3], [0.3, 0.4, 0.35]] {
        let model = LineSource::new(Conductivity::anisotropic(sigma).unwrap());
        let whole = TransferMatrix::new(&model, &whole, &points(&PLACES)).unwrap();
        let halves = TransferMatrix::new(&model, &halves, &points(&PLACES)).unwrap();
        assert_equal(&halves.apply(&[0.5, 0.5]).unwrap(), &whole.apply(&[1.0]).unwrap(), 1e-14);
    }
}

/// Voltages and currents lead to the same potential, and one voltage everywhere to none.
#[test]
fn voltages_are_as_good_as_currents() {
    let tree = tree();
    let matrix =
        TransferMatrix::new(&LineSource::default(), &tree.geometry(), &points(&PLACES)).unwrap();
    let operator = VoltageOperator::new(&matrix, &axial(&tree)).unwrap();
    let v_mv = voltages(tree.len());
    let of_currents = matrix.apply(&multiply(&axial(&tree), &v_mv)).unwrap();
    assert_equal(&operator.apply(&v_mv).unwrap(), &of_currents, 1e-11);
    let flat = operator.apply(&vec![-76.0; tree.len()]).unwrap();
    let noise = operator.noise_gain();
    for (potential_mv, gain) in flat.iter().zip(&noise) {
        assert!(potential_mv.abs() <= 1e-13 * 76.0 * gain.max(1.0), "{potential_mv:e}");
    }
    // The gain is the norm of a row: 1 mV in a single compartment is at most that.
    for (electrode, gain) in noise.iter().enumerate() {
        let row = &operator.values()[electrode * tree.len()..][..tree.len()];
        let by_parts: f64 = (0..tree.len())
            .map(|i| {
                let mut one = vec![0.0; tree.len()];
                one[i] = 1.0;
                operator.apply(&one).unwrap()[electrode].powi(2)
            })
            .sum();
        assert!((by_parts.sqrt() / gain - 1.0).abs() < 1e-12);
        assert!(row.iter().all(|value| value.abs() <= *gain));
    }
}

/// As many threads as there are: the same bits.
#[test]
fn threads_change_no_bit() {
    let geometry = tree().geometry();
    let electrodes: Vec<_> =
        (0..100).map(|i| Electrode::point([30.0, 12.0 * f64::from(i) - 200.0, 5.0])).collect();
    let matrix = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| TransferMatrix::new(&LineSource::default(), &geometry, &electrodes))
            .unwrap()
    };
    assert_eq!(matrix(1), matrix(4));
    // Nor does what stands beside an electrode or a compartment.
    let alone =
        TransferMatrix::new(&LineSource::default(), &geometry, &electrodes[41..42]).unwrap();
    assert_eq!(alone.row(0), matrix(1).row(41));
    let few =
        TransferMatrix::new(&LineSource::default(), &geometry.first(11), &electrodes).unwrap();
    assert_eq!(few.row(7), &matrix(1).row(7)[..11]);
}

/// The Schur complement of the unknown compartments, as dense matrices.
fn eliminated(axial: &CsMat<f64>, unknown: &[usize]) -> nalgebra::DMatrix<f64> {
    let dense = nalgebra::DMatrix::from_row_slice(
        axial.rows(),
        axial.cols(),
        axial.to_dense().as_slice().unwrap(),
    );
    let known: Vec<usize> = (0..axial.rows()).filter(|i| !unknown.contains(i)).collect();
    let part = |rows: &[usize], columns: &[usize]| dense.select_rows(rows).select_columns(columns);
    let inverse = part(unknown, unknown).try_inverse().unwrap();
    part(&known, &known) - part(&known, unknown) * inverse * part(unknown, &known)
}

#[test]
fn unknown_compartments_are_eliminated() {
    let tree = tree();
    let axial = axial(&tree);
    for unknown in [vec![0], vec![641, 640], vec![0, 640, 641, 17, 18, 19, 300]] {
        let ids: Vec<_> = unknown.iter().map(|&i| CompartmentId::new(i)).collect();
        let found = without_unknown(&axial, &ids).unwrap();
        let known: Vec<usize> = (0..tree.len()).filter(|i| !unknown.contains(i)).collect();
        let expected = eliminated(&axial, &unknown);
        let dense = found.to_dense();
        for (row, &i) in known.iter().enumerate() {
            for (column, &j) in known.iter().enumerate() {
                let (a, b) = (dense[[i, j]], expected[(row, column)]);
                assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-3), "{i} {j}: {a} {b}");
            }
        }
        for &i in &unknown {
            assert!((0..tree.len()).all(|j| dense[[i, j]] == 0.0 && dense[[j, i]] == 0.0));
        }
    }
    let all: Vec<_> = tree.iter().map(|(id, _)| id).collect();
    assert_eq!(without_unknown(&axial, &all).unwrap().nnz(), 0);
}

/// Recording is applying the operator to every sample, in every batch, across blocks.
#[test]
fn recorded_potentials_are_applied_operators() {
    let compartments = 5;
    let matrix = TransferMatrix::from_values(
        3,
        compartments,
        (0..15).map(|i| 0.01 + 0.003 * f64::from(i)).collect(),
    )
    .unwrap();
    for (batch, every) in [(1, 1), (3, 4), (8, 1)] {
        let mut recorder = PotentialRecorder::of_currents(&matrix, every);
        let steps = 700;
        let current =
            |step: u64, c: usize, trial: usize| (0.1 * step as f64 + c as f64).sin() + trial as f64;
        for step in 0..steps {
            let values: Vec<f64> =
                (0..compartments * batch).map(|i| current(step, i / batch, i % batch)).collect();
            recorder.observe(&StepView::new(step, 0.025 * step as f64, batch, &[], &values));
            assert_eq!(recorder.needs_membrane_currents(step), step % every == 0);
        }
        for trial in 0..batch {
            let found = recorder.trial(trial);
            let sampled: Vec<u64> = (0..steps).step_by(every as usize).collect();
            assert_eq!(found.times_ms().len(), sampled.len());
            let currents: Vec<f64> = (0..compartments)
                .flat_map(|c| sampled.iter().map(move |&step| current(step, c, trial)))
                .collect();
            // float32.
            assert_equal(found.values(), &matrix.apply(&currents).unwrap(), 1e-6);
        }
    }
}

/// Voltages are taken against one that counts: with the soma unknown, not against the soma's.
#[test]
fn recorded_voltages_need_no_soma() {
    let tree = tree();
    let matrix =
        TransferMatrix::new(&LineSource::default(), &tree.geometry(), &points(&PLACES)).unwrap();
    let known = without_unknown(&axial(&tree), &[CompartmentId::new(0)]).unwrap();
    let operator = VoltageOperator::new(&matrix, &known).unwrap();
    let mut v_mv = voltages(tree.len());
    let expected = operator.apply(&v_mv).unwrap();
    v_mv[0] = 1e9;
    let mut recorder = PotentialRecorder::of_voltages(&operator, 1);
    recorder.observe(&StepView::new(0, 0.0, 1, &v_mv, &[]));
    assert_equal(recorder.trial(0).values(), &expected, 1e-5);
}

#[test]
fn models_of_any_kind_go_between_threads() {
    const fn goes_between_threads<T: Send + Sync + ?Sized>() {}
    goes_between_threads::<dyn ForwardModel>();
    goes_between_threads::<dyn VolumeConductor>();
    goes_between_threads::<dyn MagneticConductor>();
}

#[test]
#[should_panic(expected = "a batch of another size")]
fn a_recorder_keeps_to_one_batch_size() {
    let matrix = TransferMatrix::from_values(1, 1, vec![1.0]).unwrap();
    let mut recorder = PotentialRecorder::of_currents(&matrix, 1);
    recorder.observe(&StepView::new(0, 0.0, 1, &[], &[1.0]));
    recorder.observe(&StepView::new(0, 0.0, 2, &[], &[1.0, 2.0]));
}

#[test]
fn bad_input_is_named() {
    let geometry = tree().geometry();
    let model = LineSource::default();
    let refused =
        |electrodes: &[Electrode]| TransferMatrix::new(&model, &geometry, electrodes).unwrap_err();
    let electrodes = points(&[[0.0; 3], [f64::NAN, 0.0, 0.0]]);
    let error = refused(&electrodes);
    assert!(matches!(error, ExtracellularError::Coordinate { electrode: 1, .. }), "{error}");
    assert_eq!(error.to_string(), "electrode 1: coordinate NaN µm is not a finite number");
    for value in [0.0, -0.3, f64::INFINITY, f64::NAN] {
        let error = Conductivity::isotropic(value).unwrap_err();
        assert!(matches!(error, ExtracellularError::Conductivity { .. }), "{error}");
    }
    let matrix = TransferMatrix::new(&model, &geometry, &points(&PLACES)).unwrap();
    let error = matrix.apply(&[0.0; 643]).unwrap_err();
    assert!(
        matches!(error, ExtracellularError::Shape { expected: 642, found: 643, .. }),
        "{error}"
    );
    let small = CsMat::eye(5);
    assert!(matches!(
        VoltageOperator::new(&matrix, &small),
        Err(ExtracellularError::Shape { expected: 642, found: 5, .. })
    ));
    assert!(matches!(
        without_unknown(&small, &[CompartmentId::new(5)]),
        Err(ExtracellularError::NoCompartment { count: 5, .. })
    ));
    assert!(TransferMatrix::from_values(2, 3, vec![0.0; 5]).is_err());
    assert!(TransferMatrix::from_values(usize::MAX, 2, vec![]).is_err());
    assert!(matches!(
        TransferMatrix::from_values(1, 2, vec![0.0, f64::NAN]),
        Err(ExtracellularError::Overflow { electrode: 0, .. })
    ));
    // A contact that the constructors would not make.
    let skewed = Contact::Rectangle { half_sides_um: [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]] };
    let error = refused(&[Electrode::point([0.0; 3]), Electrode::new([0.0; 3], skewed)]);
    assert!(matches!(error, ExtracellularError::InContact { contact: 1, .. }), "{error}");
    // So far apart that squares of distances are infinite.
    let vast = CompartmentGeometry::new(&[[[-1e200; 3], [1e200; 3]]], &[1.0]).unwrap();
    let error = TransferMatrix::new(&model, &vast, &points(&PLACES)).unwrap_err();
    assert!(matches!(error, ExtracellularError::Overflow { .. }), "{error}");
    // A leak is no current along the cable.
    let mut leaky = axial(&tree());
    leaky.data_mut()[0] += 0.1;
    assert!(matches!(
        VoltageOperator::new(&matrix, &leaky),
        Err(ExtracellularError::RowSum { compartment, .. }) if compartment.index() == 0
    ));
    // Nothing is something.
    let none = TransferMatrix::new(&model, &geometry, &[]).unwrap();
    assert_eq!(none.apply(&[0.0; 642]).unwrap(), [0.0; 0]);
    let empty = CompartmentGeometry::new(&[], &[]).unwrap();
    let matrix = TransferMatrix::new(&model, &empty, &points(&PLACES)).unwrap();
    assert_eq!(matrix.apply(&[]).unwrap(), [0.0; 0]);
}

/// A rotation about an axis by an angle (Rodrigues).
fn rotation(axis: [f64; 3], angle: f64) -> nalgebra::Rotation3<f64> {
    let axis = nalgebra::Unit::new_normalize(nalgebra::Vector3::from(axis));
    nalgebra::Rotation3::from_axis_angle(&axis, angle)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// In an isotropic medium, neuron and electrodes may be turned and moved together.
    #[test]
    fn the_place_of_the_whole_is_arbitrary(
        axis in prop::array::uniform3(0.1_f64..1.0),
        angle in -3.0_f64..3.0,
        shift in prop::array::uniform3(-500.0_f64..500.0),
    ) {
        let geometry = tree().geometry();
        let rotation = rotation(axis, angle);
        let rows = [0, 1, 2].map(|i| [0, 1, 2].map(|j| rotation.matrix()[(i, j)]));
        let placed = geometry.placed(rows, shift).unwrap();
        let moved: Vec<_> = PLACES
            .iter()
            .map(|&place| {
                let turned = rotation * nalgebra::Vector3::from(place);
                Electrode::point([0, 1, 2].map(|axis| turned[axis] + shift[axis]))
            })
            .collect();
        for model in models(Conductivity::default()) {
            let here = TransferMatrix::new(&*model, &geometry, &points(&PLACES)).unwrap();
            let there = TransferMatrix::new(&*model, &placed, &moved).unwrap();
            for (a, b) in there.values().iter().zip(here.values()) {
                prop_assert!((a / b - 1.0).abs() < 1e-10, "{a} {b}");
            }
        }
    }
}
