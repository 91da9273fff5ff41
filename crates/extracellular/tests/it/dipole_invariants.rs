//! What holds for every dipole and conductor.

use crate::common::{
    assert_close, dot, lead, places, polar, relative_difference, rotation, times, trees,
};
use apical_extracellular::{
    Contact, CurrentDipole, Electrode, ExtracellularError, InfiniteConductor, LayeredSphere,
    MagneticConductor, MultiDipole, VolumeConductor,
};
use apical_morphology::AxialTree;
use proptest::prelude::*;

/// Sums of up to some hundred terms, relative to the sum of their magnitudes.
const SUMMATION: f64 = 1e-12;

/// One-sided and central differences of the sixth order.
const DIFFERENCES: f64 = 1e-8;

/// Heads of one to five shells, the outer radius about 1e5 µm, and of any contrast.
fn heads() -> impl Strategy<Value = LayeredSphere> {
    let shell = (0.05..1.0, -2.0..1.0_f64);
    prop::collection::vec(shell, 1..6).prop_map(|shells| {
        let whole: f64 = shells.iter().map(|shell| shell.0).sum();
        let mut radius = 0.0;
        let radii = shells.iter().map(|shell| {
            radius += shell.0 / whole * 1e5;
            radius
        });
        let radii: Vec<f64> = radii.collect();
        let conductivities: Vec<f64> = shells.iter().map(|shell| 10_f64.powf(shell.1)).collect();
        LayeredSphere::new(&radii, &conductivities).unwrap()
    })
}

/// Away from the dipole, in front of a base.
fn far_enough(a: [f64; 3], b: [f64; 3], least: f64) -> bool {
    let away: [f64; 3] = std::array::from_fn(|axis| a[axis] - b[axis]);
    dot(away, away).sqrt() > least
}

/// The derivative along a direction, by central differences.
fn slope(at: [f64; 3], direction: [f64; 3], step: f64, f: impl Fn([f64; 3]) -> f64) -> f64 {
    let moved =
        |steps: f64| f(std::array::from_fn(|axis| at[axis] + steps * step * direction[axis]));
    [(1.0, 0.75), (2.0, -0.15), (3.0, 1.0 / 60.0)]
        .into_iter()
        .map(|(steps, weight)| weight * (moved(steps) - moved(-steps)) / step)
        .sum()
}

proptest! {
    #[test]
    fn potentials_turn_with_head_and_dipole(
        head in heads(),
        dipole in places(0.0..0.95),
        point in places(0.0..1e5),
        quaternion in prop::array::uniform4(0.1..1.0),
    ) {
        let dipole = dipole.map(|x| x * head.radii_um()[0]);
        prop_assume!(far_enough(dipole, point, 1e3));
        let turn = rotation(quaternion);
        let turned = lead(&head, times(turn, dipole), times(turn, point));
        let difference = relative_difference(&turned, &times(turn, lead(&head, dipole, point)));
        // Both gaps are differences of coordinates of 1e5 µm.
        prop_assert!(difference <= 1e-10, "{difference:e}");
    }

    #[test]
    fn shells_can_be_split(
        head in heads(),
        dipole in places(0.0..0.9),
        point in places(0.0..1e5),
        split in any::<prop::sample::Index>(),
        fraction in 0.1..0.9,
    ) {
        let mut radii = head.radii_um().to_vec();
        let mut conductivities = head.conductivities_s_per_m().to_vec();
        let at = split.index(radii.len());
        let inside = if at == 0 { 0.0 } else { radii[at - 1] };
        radii.insert(at, inside + fraction * (radii[at] - inside));
        conductivities.insert(at, conductivities[at]);
        let split = LayeredSphere::new(&radii, &conductivities).unwrap();
        let dipole = dipole.map(|x| x * radii[0]);
        prop_assume!(far_enough(dipole, point, 1e3));
        let difference =
            relative_difference(&lead(&split, dipole, point), &lead(&head, dipole, point));
        prop_assert!(difference <= 1e-10, "{difference:e}");
    }

    /// With the potential p·∇₀G of a dipole p at r₀, and G symmetric, p₂·∇(p₁·∇₀G) is the same for both.
    #[test]
    fn two_dipoles_can_be_exchanged(
        head in heads(),
        first in places(0.1..0.8),
        second in places(0.1..0.8),
    ) {
        let radius = head.radii_um()[0];
        let [first, second] = [first, second].map(|place| place.map(|x| x * radius));
        prop_assume!(far_enough(first, second, 0.2 * radius));
        let (p, q) = ([0.6, 0.0, -0.8], [0.0, 0.8, 0.6]);
        let step = 1e-3 * radius;
        let there = slope(second, q, step, |at| dot(lead(&head, first, at), p));
        let back = slope(first, p, step, |at| dot(lead(&head, second, at), q));
        let size = there.abs().max(1.0 / (radius.powi(3) * head.conductivities_s_per_m()[0]));
        prop_assert!((there - back).abs() <= DIFFERENCES * size, "{there:e}, {back:e}");
    }

    /// The currents that a dipole drives through a head have no radial field outside it.
    #[test]
    fn radial_magnetic_fields_are_those_of_the_dipole_alone(
        dipole in places(0.0..78e3),
        sensor in places(90e3..150e3),
    ) {
        let head = LayeredSphere::four_sphere().field_matrix(dipole, &[sensor]).unwrap()[0];
        let alone = InfiniteConductor::default().field_matrix(dipole, &[sensor]).unwrap()[0];
        let size = relative_size(&head.concat()).max(relative_size(&alone.concat()));
        for column in 0..3 {
            let radial = |field: [[f64; 3]; 3]| dot(field.map(|row| row[column]), sensor.map(|x| x / 1e5));
            prop_assert!((radial(head) - radial(alone)).abs() <= 1e-11 * size);
        }
        // A dipole towards the sensor's centre has none at all.
        let silent = times(head, dipole.map(|x| x / 1e5));
        prop_assert!(relative_size(&silent) <= 1e-11 * size);
    }

    #[test]
    fn dipoles_of_axial_currents_add_up_to_that_of_membrane_currents(
        tree in trees(),
        resistivity in 20.0..500.0,
        voltages in prop::collection::vec(-90.0..40.0, 72),
    ) {
        let (geometry, axial) = (tree.geometry(), AxialTree::new(&tree, resistivity).unwrap());
        let voltages_mv = &voltages[..tree.len()];
        let dipoles = MultiDipole::new(&geometry, &axial).unwrap();
        let single = CurrentDipole::new(&geometry);
        let operator = axial.membrane_current_operator();
        // Currents, and the sums of the magnitudes that cancel in them.
        let sum = |magnitude: bool| -> Vec<f64> {
            let part = |x: f64| if magnitude { x.abs() } else { x };
            let row = |row: sprs::CsVecView<'_, f64>| -> f64 {
                row.iter().map(|(j, value)| part(value * voltages_mv[j])).sum()
            };
            operator.outer_iterator().map(row).collect()
        };
        let (currents_na, magnitudes_na) = (sum(false), sum(true));
        let moments = dipoles.apply(voltages_mv).unwrap();
        let expected = single.apply(&currents_na).unwrap();
        for (axis, expected) in expected.into_iter().enumerate() {
            let found: f64 = moments.iter().skip(axis).step_by(3).sum();
            let middles = &single.values_um()[axis * tree.len()..][..tree.len()];
            let size: f64 =
                middles.iter().zip(&magnitudes_na).map(|(r, i)| (r.abs() + 1.0) * i).sum();
            prop_assert!((found - expected).abs() <= SUMMATION * size);
        }

        // The same through the transfer matrix.
        let medium = InfiniteConductor::default();
        let electrodes = [Electrode::point([700.0, 0.0, 0.0]), Electrode::point([0.0, 500.0, 900.0])];
        let matrix = dipoles.transfer_matrix(&medium, &electrodes).unwrap();
        let found = matrix.apply(&currents_na).unwrap();
        for (electrode, found) in found.into_iter().enumerate() {
            let mut expected = 0.0;
            for (position, moment) in dipoles.positions_um().iter().zip(moments.chunks_exact(3)) {
                let row = medium.potential_matrix(*position, &electrodes).unwrap()[electrode];
                expected += dot(row, [moment[0], moment[1], moment[2]]);
            }
            let size: f64 = matrix.row(electrode).iter().zip(&magnitudes_na).map(|(m, i)| m.abs() * i).sum();
            prop_assert!((found - expected).abs() <= SUMMATION * size, "{found:e}, {expected:e}, {size:e}");
        }
    }
}

fn relative_size(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// The radial derivative at the first of seven places, by differences of the sixth order; positive steps outwards.
fn radial_slope(head: &LayeredSphere, dipole: [f64; 3], radius: f64, step: f64) -> [f64; 3] {
    let weights = [-49.0 / 20.0, 6.0, -7.5, 20.0 / 3.0, -3.75, 1.2, -1.0 / 6.0];
    let mut sum = [0.0; 3];
    for (index, weight) in weights.into_iter().enumerate() {
        let row = lead(head, dipole, polar(radius + index as f64 * step, 0.4, 2.0));
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value / step);
    }
    sum
}

#[test]
fn potential_and_current_are_continuous_across_interfaces() {
    for (radii, conductivities) in [
        (vec![79e3, 80e3, 85e3, 90e3], vec![0.3, 1.5, 0.015, 0.3]),
        (vec![50e3, 90e3], vec![0.01, 10.0]),
        (vec![50e3, 60e3, 90e3], vec![10.0, 0.01, 3.0]),
    ] {
        let head = LayeredSphere::new(&radii, &conductivities).unwrap();
        let dipole = polar(0.6 * radii[0], 0.8, 1.5);
        for (&radius, pair) in radii.iter().zip(conductivities.windows(2)) {
            let [inside, outside] =
                [1.0, 1.0 + 1e-14].map(|x| lead(&head, dipole, polar(radius * x, 0.4, 2.0)));
            assert_close(&inside, &outside, 1e-12);
            let [inward, outward] =
                [-1e-3, 1e-3].map(|step| radial_slope(&head, dipole, radius, step * radius));
            assert_close(
                &inward.map(|slope| slope * pair[0]),
                &outward.map(|slope| slope * pair[1]),
                DIFFERENCES,
            );
        }
        let surface = radii[radii.len() - 1];
        let flux = radial_slope(&head, dipole, surface, -1e-3 * surface);
        let potential = lead(&head, dipole, polar(surface, 0.4, 2.0));
        assert!(relative_size(&flux) * surface <= DIFFERENCES * relative_size(&potential));
    }
}

#[test]
fn electrodes_together_are_electrodes_alone() {
    let head = LayeredSphere::four_sphere();
    let dipole = polar(75e3, 0.1, 0.3);
    let points: Vec<[f64; 3]> =
        (1..10).map(|i| polar(i as f64 * 1e4, 0.5 - 0.1 * i as f64, i as f64)).collect();
    let together = head.point_potentials(dipole, &points).unwrap();
    for (row, point) in together.into_iter().zip(points) {
        assert_eq!(row, lead(&head, dipole, point));
    }
}

#[test]
fn an_electrode_on_the_scalp_may_be_off_by_rounding() {
    let head = LayeredSphere::four_sphere();
    let [on, off] = [90e3, 90e3 * (1.0 + 1e-12)]
        .map(|radius| lead(&head, [0.0, 0.0, 78e3], [0.0, 0.0, radius]));
    assert_eq!(on, off);
}

#[test]
fn heads_that_are_none_are_refused() {
    let refused = |radii: &[f64], conductivities: &[f64]| {
        LayeredSphere::new(radii, conductivities).unwrap_err()
    };
    for (radii, place, value) in [
        (vec![], 0, 0.0),
        (vec![0.0, 1.0], 0, 0.0),
        (vec![2.0, 1.0], 1, 1.0),
        (vec![1.0, 1.0], 1, 1.0),
        (vec![1.0, f64::INFINITY], 1, f64::INFINITY),
    ] {
        let conductivities = vec![1.0; radii.len()];
        assert!(matches!(
            refused(&radii, &conductivities),
            ExtracellularError::Radius { shell, value_um } if shell == place && value_um == value
        ));
    }
    assert!(matches!(refused(&[f64::NAN], &[1.0]), ExtracellularError::Radius { shell: 0, .. }));
    assert!(matches!(
        refused(&[1.0, 2.0], &[1.0]),
        ExtracellularError::Shape { expected: 2, found: 1, .. }
    ));
    for bad in [0.0, -1.0, f64::INFINITY] {
        assert!(matches!(
            refused(&[1.0, 2.0], &[1.0, bad]),
            ExtracellularError::Conductivity { value } if value == bad
        ));
    }
}

#[test]
fn places_without_a_potential_are_refused() {
    let head = LayeredSphere::four_sphere();
    let medium = InfiniteConductor::default();
    let conductors: [&dyn VolumeConductor; 2] = [&head, &medium];
    let fine = [0.0, 0.0, 1e3];
    for conductor in conductors {
        let refused =
            |dipole, point| conductor.point_potentials(dipole, &[fine, point]).unwrap_err();
        assert!(matches!(
            refused([0.0, f64::INFINITY, 0.0], fine),
            ExtracellularError::NotFinite { value: f64::INFINITY, .. }
        ));
        assert!(matches!(
            refused([0.0; 3], [0.0, f64::INFINITY, 0.0]),
            ExtracellularError::Coordinate { electrode: 1, value: f64::INFINITY }
        ));
        assert!(matches!(
            refused([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
            ExtracellularError::AtDipole { electrode: 1, position_um: [1.0, 2.0, 3.0] }
        ));
    }
    let refused = |dipole, point| head.point_potentials(dipole, &[fine, point]).unwrap_err();
    assert!(matches!(
        refused([0.0; 3], [0.0, 91e3, 0.0]),
        ExtracellularError::OutsideHead { electrode: 1, distance_um: 91e3, radius_um: 90e3 }
    ));
    for distance in [79e3, 79.5e3] {
        assert!(matches!(
            refused([0.0, 0.0, -distance], fine),
            ExtracellularError::DipoleOutside { distance_um, radius_um: 79e3 } if distance_um == distance
        ));
    }
    // 1 µm of brain and 1 µm of fluid between both.
    assert!(matches!(
        refused([0.0, 0.0, 78_999.0], [0.0, 0.0, 79_001.0]),
        ExtracellularError::TooManyTerms { electrode: 1, terms: 1_000_000, .. }
    ));
    // A point of a contact stands for the electrode.
    let disc = Contact::disc(100.0, [0.0, 0.0, 1.0]).unwrap();
    let electrodes = [Electrode::new(fine, disc), Electrode::new([0.0, 0.0, 90e3], disc)];
    assert!(matches!(
        head.potential_matrix([0.0; 3], &electrodes),
        Err(ExtracellularError::OutsideHead { electrode: 1, .. })
    ));
}

#[test]
fn places_without_a_field_are_refused() {
    let head = LayeredSphere::four_sphere();
    let medium = InfiniteConductor::default();
    let far = [0.0, 0.0, 1e5];
    let conductors: [&dyn MagneticConductor; 2] = [&head, &medium];
    for conductor in conductors {
        assert!(matches!(
            conductor.field_matrix([f64::NAN; 3], &[far]),
            Err(ExtracellularError::NotFinite { .. })
        ));
        assert!(matches!(
            conductor.field_matrix([0.0; 3], &[far, [f64::NAN; 3]]),
            Err(ExtracellularError::Coordinate { electrode: 1, .. })
        ));
    }
    assert!(matches!(
        medium.field_matrix(far, &[far]),
        Err(ExtracellularError::AtDipole { electrode: 0, .. })
    ));
    assert!(matches!(
        head.field_matrix([0.0; 3], &[far, [0.0, 89e3, 0.0]]),
        Err(ExtracellularError::InsideHead { electrode: 1, distance_um: 89e3, radius_um: 90e3 })
    ));
    assert!(matches!(
        head.field_matrix([0.0, 0.0, 80e3], &[far]),
        Err(ExtracellularError::DipoleOutside { .. })
    ));
}
