//! Dipoles and conductors against closed formulas and limits.

use std::f64::consts::PI;

use crate::common::{assert_close, dot, lead, places, polar, relative_difference};
use apical_core::{SectionId, SectionType};
use apical_extracellular::{
    Conductivity, Contact, CurrentDipole, Electrode, ExtracellularError, InfiniteConductor,
    LayeredSphere, MagneticConductor, MultiDipole, PointSource, TransferMatrix, VolumeConductor,
};
use apical_morphology::{
    Attachment, AxialTree, CompartmentGeometry, CompartmentTree, ExplicitCounts, Morphology, Point,
    Section, SectionShape,
};
use proptest::prelude::*;

/// Sums of some hundred terms.
const SUMMATION: f64 = 1e-13;

/// A sphere of one conductivity (mm and S/m), in closed form (Brody et al. 1973, Yao 2000): the endless medium, and the image
/// series Σ (1 + 1/n)·z₀ⁿ·rⁿ/R²ⁿ⁺¹·Pₙ, of which both parts are known sums, differentiated by the place of the dipole.
fn homogeneous_sphere(
    radius: f64,
    conductivity: f64,
    dipole: [f64; 3],
    point: [f64; 3],
) -> [f64; 3] {
    let square = radius * radius;
    let (along, r) = (dot(dipole, point), dot(point, point).sqrt());
    // r/r − r·r₀/R², whose length is the w of |w|² = 1 − 2y·c + y², without cancellation.
    let opening: [f64; 3] = std::array::from_fn(|axis| point[axis] / r - dipole[axis] * r / square);
    let w = dot(opening, opening).sqrt();
    let away: [f64; 3] = std::array::from_fn(|axis| point[axis] - dipole[axis]);
    let distance = dot(away, away).sqrt();
    std::array::from_fn(|axis| {
        // Minus the gradient of w²/2.
        let slope = opening[axis] * r / square;
        let mirrored = slope / (radius * w.powi(3));
        // Σ yⁿ·Pₙ/n = ln(2/(1 − y·c + w)).
        let logarithmic =
            (point[axis] / square + slope / w) / (radius * (1.0 - along / square + w));
        (away[axis] / distance.powi(3) + mirrored + logarithmic) / (4.0 * PI * conductivity)
    })
}

proptest! {
    #[test]
    fn one_shell_is_the_homogeneous_sphere(
        dipole in places(0.0..0.95),
        point in places(0.0..1.0),
        radius_um in 1e3..1e6,
        conductivity in 0.01..10.0,
    ) {
        let gap: f64 = (0..3).map(|axis| (point[axis] - dipole[axis]).powi(2)).sum();
        prop_assume!(gap.sqrt() > 1e-3);
        let (dipole, point) = (dipole.map(|x| x * radius_um), point.map(|x| x * radius_um));
        let head = LayeredSphere::new(&[radius_um], &[conductivity]).unwrap();
        let expected = homogeneous_sphere(radius_um, conductivity, dipole, point);
        // The gap between both is a difference of coordinates.
        let difference = relative_difference(&lead(&head, dipole, point), &expected);
        prop_assert!(difference <= 1e-12, "{difference:e}");
    }

    #[test]
    fn shells_of_one_conductivity_are_one_sphere(
        dipole in places(0.0..0.95),
        point in places(0.0..90e3),
        conductivity in 0.01..10.0,
    ) {
        let dipole = dipole.map(|x| x * 79e3);
        let four = LayeredSphere::new(&[79e3, 80e3, 85e3, 90e3], &[conductivity; 4]).unwrap();
        let one = LayeredSphere::new(&[90e3], &[conductivity]).unwrap();
        let gap: f64 = (0..3).map(|axis| (point[axis] - dipole[axis]).powi(2)).sum();
        prop_assume!(gap.sqrt() > 100.0);
        let difference =
            relative_difference(&lead(&four, dipole, point), &lead(&one, dipole, point));
        prop_assert!(difference <= 1e-12, "{difference:e}");
    }
}

#[test]
fn dipoles_near_the_surface_converge() {
    // 20 µm below the surface, 2·10⁵ terms. The ratio of the series is 1 − 2.5·10⁻⁴ or so, to rounding.
    let (radius_um, dipole) = (79e3, polar(79e3 - 20.0, 0.6, 1.0));
    let head = LayeredSphere::new(&[radius_um], &[0.3]).unwrap();
    for (cosine, tolerance) in [(0.6, 1e-11), (0.59, 1e-11), (0.0, 1e-11), (-0.6, 1e-11)] {
        let point = polar(radius_um, cosine, 1.0);
        let expected = homogeneous_sphere(radius_um, 0.3, dipole, point);
        let difference = relative_difference(&lead(&head, dipole, point), &expected);
        assert!(difference <= tolerance, "{cosine}: {difference:e}");
    }
}

#[test]
fn a_dipole_at_the_center_has_its_textbook_potential() {
    // φ = p·cos/(4π·σ)·(1/r² + 2·r/R³), on the surface three times that of the endless medium.
    let head = LayeredSphere::new(&[90e3], &[0.3]).unwrap();
    for r in [1.0, 1e3, 90e3] {
        let point = polar(r, 0.3, 2.0);
        let factor = (1.0 / (r * r) + 2.0 * r / 90e3_f64.powi(3)) / (4.0 * PI * 0.3);
        assert_close(&lead(&head, [0.0; 3], point), &point.map(|x| x / r * factor), 1e-14);
    }
    // Also of the one beside it, and in shells.
    let four = LayeredSphere::four_sphere();
    let at = lead(&four, [0.0; 3], polar(90e3, 0.3, 2.0));
    let beside = lead(&four, [1e-9, 0.0, 0.0], polar(90e3, 0.3, 2.0));
    assert_close(&beside, &at, 1e-12);
}

#[test]
fn a_large_head_is_the_endless_medium() {
    let (dipole, point) = ([100.0, 200.0, -300.0], [900.0, -300.0, 400.0]);
    let medium = InfiniteConductor::new(Conductivity::isotropic(0.3).unwrap());
    let expected = lead(&medium, dipole, point);
    let difference = |scale: f64| {
        let radii = [20e3, 21e3, 22e3].map(|radius| radius * scale);
        let head = LayeredSphere::new(&radii, &[0.3, 1.5, 0.03]).unwrap();
        relative_difference(&lead(&head, dipole, point), &expected)
    };
    // The image is of the third order in 1/R.
    let (near, far) = (difference(1.0), difference(2.0));
    assert!((near / far / 8.0 - 1.0).abs() < 0.02, "{near:e}, {far:e}");
    assert!(difference(1e5) < 1e-14);
}

#[test]
fn an_insulated_brain_is_one_sphere() {
    let (dipole, point) = (polar(70e3, 0.2, 0.0), polar(79e3, 0.5, 1.0));
    let insulated = LayeredSphere::new(&[79e3, 80e3, 90e3], &[0.3, 1e-14, 0.3]).unwrap();
    let expected = homogeneous_sphere(79e3, 0.3, dipole, point);
    assert_close(&lead(&insulated, dipole, point), &expected, 1e-11);
}

#[test]
fn endless_media_are_two_point_sources_a_short_way_apart() {
    let conductivity = Conductivity::anisotropic([0.3, 0.4, 0.35]).unwrap();
    let point = [120.0, -70.0, 200.0];
    let away = 1e-2;
    for axis in 0..3 {
        let mut end = [0.0; 3];
        end[axis] = 0.5 * away;
        let ends = [[end; 2], [end.map(|x| -x); 2]];
        let geometry = CompartmentGeometry::new(&ends, &[1e-3; 2]).unwrap();
        let sources = PointSource::new(conductivity);
        let row = TransferMatrix::new(&sources, &geometry, &[Electrode::point(point)]).unwrap();
        let expected = (row.row(0)[0] - row.row(0)[1]) / away;
        let found = lead(&InfiniteConductor::new(conductivity), [0.0; 3], point)[axis];
        // The difference of both loses four digits.
        assert!((found / expected - 1.0).abs() < 1e-8, "{found:e}, {expected:e}");
    }
}

#[test]
fn moments_add_up_currents_times_places() {
    let ends = [[[0.0; 3], [10.0, 0.0, 0.0]], [[10.0, 0.0, 0.0], [10.0, 40.0, 0.0]], [[0.0; 3]; 2]];
    let dipole = CurrentDipole::new(&CompartmentGeometry::new(&ends, &[2.0, 1.0, 3.0]).unwrap());
    assert_eq!(dipole.compartment_count(), 3);
    assert_eq!(dipole.values_um(), [5.0, 10.0, 0.0, 0.0, 20.0, 0.0, 0.0, 0.0, 0.0]);
    // Two times.
    let moments = dipole.apply(&[1.0, 0.0, -2.0, 1.0, 1.0, -1.0]).unwrap();
    assert_eq!(moments, [-15.0, 10.0, -40.0, 20.0, 0.0, 0.0]);
    // Areas are π·20, π·40 and π·9 µm².
    let expected = [(5.0 * 20.0 + 10.0 * 40.0) / 69.0, 20.0 * 40.0 / 69.0, 0.0];
    assert_close(&dipole.location_um(), &expected, 1e-15);
    let empty = CurrentDipole::new(&CompartmentGeometry::default());
    assert_eq!((empty.location_um(), empty.apply(&[]).unwrap()), ([0.0; 3], vec![]));
    assert!(matches!(empty.apply(&[1.0]), Err(ExtracellularError::Shape { expected: 0, .. })));
    assert!(matches!(dipole.apply(&[1.0; 4]), Err(ExtracellularError::Shape { found: 4, .. })));
}

#[test]
fn transfer_matrices_are_the_potential_of_the_moment() {
    let ends = [[[0.0; 3], [10.0, 0.0, 0.0]], [[10.0, 0.0, 0.0], [10.0, 40.0, 5.0]], [[3.0; 3]; 2]];
    let geometry = CompartmentGeometry::new(&ends, &[2.0, 1.0, 3.0]).unwrap();
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let dipole = CurrentDipole::new(&geometry.placed(identity, [0.0, 5e3, 77e3]).unwrap());
    let head = LayeredSphere::four_sphere();
    let disc = Contact::disc(500.0, [0.0, 0.0, 1.0]).unwrap();
    let electrodes = [Electrode::point([0.0, 0.0, 90e3]), Electrode::new([9e3, 0.0, 79e3], disc)];
    let location_um = dipole.location_um();
    let eeg = dipole.transfer_matrix(&head, location_um, &electrodes).unwrap();
    let currents_na = [0.25, -1.0, 0.75];
    let moment = dipole.apply(&currents_na).unwrap();
    let rows = head.potential_matrix(location_um, &electrodes).unwrap();
    let expected: Vec<f64> =
        rows.iter().map(|row| (0..3).map(|axis| row[axis] * moment[axis]).sum()).collect();
    // Moments about the centre of the head cancel by four digits.
    assert_close(&eeg.apply(&currents_na).unwrap(), &expected, 1e-11);
    // A contact is the mean over its points.
    let points = head.point_potentials(location_um, &electrodes[1].sample_points_um()).unwrap();
    let mean: [f64; 3] = std::array::from_fn(|axis| {
        points
            .iter()
            .zip(electrodes[1].sample_weights())
            .map(|(row, weight)| row[axis] * weight)
            .sum()
    });
    assert_close(&rows[1], &mean, SUMMATION);
}

/// A soma of 20 µm along x with a dendrite of 200 µm along y from its middle and one along −x from its 0 end.
fn tree() -> CompartmentTree {
    let section = |kind, ends: [[f64; 3]; 2], attachment: Option<f64>| {
        let points = ends.map(|end| Point::new(end, 2.0)).to_vec();
        let attachment = attachment.map(|x| Attachment { parent: SectionId::new(0), x });
        Section::new(kind, SectionShape::Points(points), attachment)
    };
    let morphology = Morphology::new(vec![
        section(SectionType::Soma, [[0.0; 3], [20.0, 0.0, 0.0]], None),
        section(SectionType::Basal, [[0.0; 3], [-50.0, 0.0, 0.0]], Some(0.0)),
        section(SectionType::Apical, [[10.0, 0.0, 0.0], [10.0, 200.0, 0.0]], Some(0.5)),
    ]);
    CompartmentTree::new(morphology.unwrap(), &ExplicitCounts::new(vec![1, 1, 20])).unwrap()
}

#[test]
fn dipoles_lie_halfway_between_nodes() {
    let tree = tree();
    let dipoles =
        MultiDipole::new(&tree.geometry(), &AxialTree::new(&tree, 100.0).unwrap()).unwrap();
    // From the 0 end to the soma and the basal dendrite, and along the apical one; none to the three sealed ends.
    assert_eq!((dipoles.len(), dipoles.compartment_count()), (22, 22));
    let mut positions = dipoles.positions_um().to_vec();
    positions.sort_by(|a, b| a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0])));
    assert_eq!(
        positions[..4],
        [[-12.5, 0.0, 0.0], [5.0, 0.0, 0.0], [10.0, 2.5, 0.0], [10.0, 10.0, 0.0]]
    );
    let moments = dipoles.operator();
    assert_eq!(moments.shape(), (66, 22));
    assert!(matches!(dipoles.apply(&[0.0; 23]), Err(ExtracellularError::Shape { .. })));
    let fewer = tree.geometry().first(3);
    let axial = AxialTree::new(&tree, 100.0).unwrap();
    assert!(matches!(
        MultiDipole::new(&fewer, &axial),
        Err(ExtracellularError::Shape { expected: 22, found: 3, .. })
    ));
}

#[test]
fn dipoles_of_a_neurite_are_its_point_sources_from_afar() {
    let tree = tree();
    let (geometry, axial) = (tree.geometry(), AxialTree::new(&tree, 100.0).unwrap());
    let dipoles = MultiDipole::new(&geometry, &axial).unwrap();
    let conductivity = Conductivity::default();
    let medium = InfiniteConductor::new(conductivity);
    let difference = |distance_um: f64| {
        let electrodes = [Electrode::point([distance_um, 60.0, 30.0])];
        let multiple = dipoles.transfer_matrix(&medium, &electrodes).unwrap();
        let sources = TransferMatrix::new(&PointSource::new(conductivity), &geometry, &electrodes);
        let operator = axial.membrane_current_operator();
        let voltages: Vec<f64> = (0..tree.len()).map(|i| (i as f64 * 0.7).sin()).collect();
        let currents: Vec<f64> = operator
            .outer_iterator()
            .map(|row| row.iter().map(|(j, g)| g * voltages[j]).sum())
            .collect();
        let [found, expected] =
            [multiple, sources.unwrap()].map(|m| m.apply(&currents).unwrap()[0]);
        (found / expected - 1.0).abs()
    };
    // A dipole differs from two points 30 µm apart by the square of that over the distance.
    let (near, far) = (difference(500.0), difference(5000.0));
    assert!(near < 5e-3 && far < 5e-5, "{near:e}, {far:e}");
}

#[test]
fn magnetic_fields_have_the_right_size() {
    // 10 nA·m, 5 cm away at a right angle: 10⁻⁷·10⁻⁸/0.05² T = 400 fT.
    let field = InfiniteConductor::default().field_matrix([0.0; 3], &[[0.0, 0.0, 5e4]]).unwrap()[0];
    // Along x for a dipole along y, along −y for one along x, none for one along z.
    let expected = [[0.0, 400.0, 0.0], [-400.0, 0.0, 0.0], [0.0; 3]];
    assert_close(
        &field.concat(),
        &expected.concat().iter().map(|x| x / 1e7).collect::<Vec<_>>(),
        1e-15,
    );
}

/// Where there is no current, neither divergence nor curl.
#[test]
fn magnetic_fields_outside_a_head_are_gradients() {
    let head = LayeredSphere::four_sphere();
    let (dipole, sensor) = (polar(70e3, 0.4, 1.0), polar(110e3, 0.7, 2.0));
    let step_um = 500.0;
    // ∂B/∂axis by central differences of the sixth order, for one moment.
    let derivative = |axis: usize| -> [f64; 3] {
        let mut sum = [0.0; 3];
        for (steps, weight) in [(1.0, 0.75), (2.0, -0.15), (3.0, 1.0 / 60.0)] {
            for sign in [1.0, -1.0] {
                let mut at = sensor;
                at[axis] += sign * steps * step_um;
                let field = head.field_matrix(dipole, &[at]).unwrap()[0];
                for (row, total) in field.iter().zip(&mut sum) {
                    *total += sign * weight * dot(*row, [0.3, -0.8, 0.5]) / step_um;
                }
            }
        }
        sum
    };
    let d = [0, 1, 2].map(derivative);
    let size = d.as_flattened().iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let zeros =
        [d[0][0] + d[1][1] + d[2][2], d[0][1] - d[1][0], d[1][2] - d[2][1], d[2][0] - d[0][2]];
    for zero in zeros {
        assert!(zero.abs() <= 1e-9 * size, "{zeros:?}, {size:e}");
    }
}
