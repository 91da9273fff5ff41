//! Compartments against closed formulas and small trees worked out by hand.

use std::f64::consts::PI;

use apical_core::{CompartmentId, Region, SectionId, SectionType};
use apical_morphology::{
    Attachment, AxialTree, CompartmentTree, DLambda, DiscretizationPolicy, ExplicitCounts,
    MaxLength, Morphology, MorphologyError, Point, Section, SectionShape, Selection, Site,
};

/// Sums of a few float64 terms of order one.
const ROUNDING: f64 = 1e-14;

fn cylinder(
    section_type: SectionType,
    length_um: f64,
    diameter_um: f64,
    parent: Option<(usize, f64)>,
) -> Section {
    let attachment = parent.map(|(i, x)| Attachment { parent: SectionId::new(i), x });
    Section::new(section_type, SectionShape::Cylinder { length_um, diameter_um }, attachment)
}

fn along_x(points: &[(f64, f64)]) -> Morphology {
    let points = points.iter().map(|&(x, diameter)| Point::new([x, 0.0, 0.0], diameter)).collect();
    Morphology::new(vec![Section::new(SectionType::Basal, SectionShape::Points(points), None)])
        .unwrap()
}

fn divided(morphology: &Morphology, count: usize) -> CompartmentTree {
    CompartmentTree::new(morphology.clone(), &ExplicitCounts::uniform(morphology, count)).unwrap()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found} is not {expected}");
}

#[test]
fn cylinder_has_its_textbook_values() {
    let morphology = Morphology::new(vec![cylinder(SectionType::Axon, 30.0, 1.0, None)]).unwrap();
    let tree = divided(&morphology, 3);
    for (i, compartment) in tree.compartments().iter().enumerate() {
        assert_close(compartment.area_um2, PI * 10.0, ROUNDING);
        assert_close(compartment.diameter_um, 1.0, ROUNDING);
        assert_close(compartment.length_um, 10.0, ROUNDING);
        assert_close(compartment.path_distance_um, 5.0 + 10.0 * i as f64, ROUNDING);
        for factor in compartment.axial_factor_per_um {
            assert_close(factor, 5.0 / (PI * 0.25), ROUNDING);
        }
        assert_eq!(compartment.ends_um, None);
        assert_eq!(compartment.center_um, None);
    }
    // 100 Ω·cm over 15 µm of 1 µm diameter: the axon stub of the reference cell.
    let whole = AxialTree::new(&divided(&morphology, 1), 100.0).unwrap();
    assert_close(whole.axial_resistance_mohm()[1], 19.098593171027442, ROUNDING);
}

#[test]
fn cone_has_its_textbook_values() {
    // From radius 2 to radius 1 over 3 µm.
    let tree = divided(&along_x(&[(0.0, 4.0), (3.0, 2.0)]), 1);
    let cone = &tree.compartments()[0];
    assert_close(cone.area_um2, PI * 3.0 * 10.0_f64.sqrt(), ROUNDING);
    assert_close(cone.diameter_um, 3.0, ROUNDING);
    let [before, after] = cone.axial_factor_per_um;
    assert_close(before, 1.5 / (PI * 2.0 * 1.5), ROUNDING);
    assert_close(after, 1.5 / (PI * 1.5 * 1.0), ROUNDING);
    assert_eq!(cone.ends_um, Some([[0.0; 3], [3.0, 0.0, 0.0]]));
    assert_eq!(cone.center_um, Some([1.5, 0.0, 0.0]));
}

/// Two points at one place with different diameters add a ring to the compartment that ends there, or that begins there
/// at the 0 end. The numbers are NEURON's.
#[test]
fn steps_in_diameter_add_a_ring() {
    let areas = |points: &[(f64, f64)], count| -> Vec<f64> {
        divided(&along_x(points), count).compartments().iter().map(|c| c.area_um2).collect()
    };
    let middle = [(0.0, 2.0), (10.0, 2.0), (10.0, 4.0), (20.0, 4.0)];
    let start = [(0.0, 2.0), (0.0, 4.0), (20.0, 4.0)];
    let end = [(0.0, 2.0), (20.0, 2.0), (20.0, 4.0)];
    for (points, expected) in [
        (&middle[..], &[197.92033717615698][..]),
        (&middle, &[72.25663103256525, 125.66370614359172]),
        (&middle, &[41.88790204786391, 72.25663103256527, 83.7758040957278]),
        (&start, &[135.0884841043611, 125.66370614359172]),
        (&end, &[62.83185307179586, 72.25663103256524]),
    ] {
        for (found, expected) in areas(points, expected.len()).into_iter().zip(expected) {
            assert_close(found, *expected, ROUNDING);
        }
    }
}

#[test]
fn ends_follow_the_points_along_arc_length() {
    // A right angle: 10 µm along x, 10 µm along y.
    let points = [[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [10.0, 10.0, 0.0]];
    let points = points.map(|p| Point::new(p, 1.0)).to_vec();
    let section = Section::new(SectionType::Basal, SectionShape::Points(points), None);
    let tree = divided(&Morphology::new(vec![section]).unwrap(), 4);
    let ends: Vec<_> = tree.compartments().iter().map(|c| c.ends_um.unwrap()).collect();
    assert_eq!(ends[1], [[5.0, 0.0, 0.0], [10.0, 0.0, 0.0]]);
    assert_eq!(ends[2], [[10.0, 0.0, 0.0], [10.0, 5.0, 0.0]]);
    assert_eq!(ends[3][1], [10.0, 10.0, 0.0]);
}

#[test]
fn maximum_length_gives_odd_counts() {
    for (length_um, count) in [(1.0, 1), (39.9, 1), (40.0, 3), (79.0, 3), (80.0, 5), (245.3, 13)] {
        let morphology =
            Morphology::new(vec![cylinder(SectionType::Basal, length_um, 1.0, None)]).unwrap();
        assert_eq!(MaxLength::default().compartment_counts(&morphology).unwrap(), [count]);
    }
    assert!(MaxLength::new(0.0).is_err());
    assert!(MaxLength::new(f64::NAN).is_err());
}

/// λ at 100 Hz, Ra = 100 Ω·cm, cm = 1 µF/cm² is 282.09479 µm for 1 µm diameter: L / (0.1·λ) is 3.545 per 100 µm.
#[test]
fn d_lambda_follows_the_ac_length_constant() {
    let policy = DLambda::new(100.0, 1.0).unwrap();
    for (length_um, count) in [(30.0, 1), (31.1, 3), (87.4, 3), (87.5, 5), (1000.0, 37)] {
        let morphology =
            Morphology::new(vec![cylinder(SectionType::Basal, length_um, 1.0, None)]).unwrap();
        assert_eq!(policy.compartment_counts(&morphology).unwrap(), [count], "{length_um} µm");
        // The same as points; thicker by a factor of four is half as long in length constants.
        for (diameter_um, factor) in [(1.0, 1.0), (4.0, 2.0)] {
            let end_um = f64::from((length_um * factor) as f32);
            let morphology =
                along_x(&[(0.0, diameter_um), (end_um / 3.0, diameter_um), (end_um, diameter_um)]);
            assert_eq!(policy.compartment_counts(&morphology).unwrap(), [count]);
        }
        let fine = policy.with_frequency_hz(400.0).unwrap().with_fraction(0.2).unwrap();
        assert_eq!(fine.compartment_counts(&morphology).unwrap(), [count]);
    }
    assert!(DLambda::new(-1.0, 1.0).is_err());
    assert!(DLambda::new(1.0, f64::INFINITY).is_err());
    assert!(policy.with_fraction(0.0).is_err());
    assert!(policy.with_frequency_hz(0.0).is_err());
}

/// NEURON 9.0.2: L / lambda_f(100) is 0.86318194 for these points, Ra = 150 Ω·cm and cm = 0.8 µF/cm².
#[test]
fn d_lambda_of_tapering_sections() {
    let morphology = along_x(&[(0.0, 4.0), (60.0, 1.0), (200.0, 0.5), (230.0, 3.0)]);
    for (fraction, count) in [(0.1, 9), (0.05, 19), (0.01, 87), (0.003, 289)] {
        let policy = DLambda::new(150.0, 0.8).unwrap().with_fraction(fraction).unwrap();
        assert_eq!(policy.compartment_counts(&morphology).unwrap(), [count]);
    }
}

#[test]
fn impossible_counts_are_refused() {
    let morphology = Morphology::new(vec![cylinder(SectionType::Soma, 20.0, 20.0, None)]).unwrap();
    let build = |counts| CompartmentTree::new(morphology.clone(), &ExplicitCounts::new(counts));
    assert!(matches!(build(vec![0]), Err(MorphologyError::NoCompartment { .. })));
    assert!(matches!(
        build(vec![1, 1]),
        Err(MorphologyError::CountLength { expected: 1, found: 2 })
    ));
    assert!(matches!(build(vec![usize::MAX]), Err(MorphologyError::TooManyCompartments { .. })));
    let tiny = MaxLength::new(1e-300).unwrap();
    assert!(matches!(
        CompartmentTree::new(morphology.clone(), &tiny),
        Err(MorphologyError::TooManyCompartments { .. })
    ));
}

/// Soma (20 µm) with two dendrites at its center, a child at the end of the first, one at its 0 end and one inside.
fn bush() -> Morphology {
    Morphology::new(vec![
        cylinder(SectionType::Soma, 20.0, 20.0, None),
        cylinder(SectionType::Basal, 60.0, 2.0, Some((0, 0.5))),
        cylinder(SectionType::Basal, 30.0, 1.0, Some((0, 0.5))),
        cylinder(SectionType::Basal, 50.0, 1.0, Some((1, 1.0))),
        cylinder(SectionType::Basal, 40.0, 1.0, Some((1, 0.0))),
        cylinder(SectionType::Basal, 10.0, 1.0, Some((1, 0.5))),
        cylinder(SectionType::Axon, 15.0, 1.0, Some((0, 0.0))),
    ])
    .unwrap()
}

/// 3 compartments in section 1, 1 in every other: ids 0 | 1 2 3 | 4 | 5 | 6 | 7 | 8.
fn bush_tree() -> CompartmentTree {
    let morphology = bush();
    let counts = ExplicitCounts::uniform(&morphology, 1).with(SectionId::new(1), 3).unwrap();
    CompartmentTree::new(morphology, &counts).unwrap()
}

#[test]
fn children_hang_from_the_node_where_they_attach() {
    let tree = bush_tree();
    let axial = AxialTree::new(&tree, 100.0).unwrap();
    let parent_of = |compartment: usize| {
        let node = axial.nodes()[compartment];
        axial.compartments()[axial.parents()[node]].map(CompartmentId::index)
    };
    assert_eq!(parent_of(0), None, "the soma hangs from the root");
    assert_eq!(axial.parents()[axial.nodes()[0]], 0);
    assert_eq!(parent_of(1), Some(0), "x = 0.5 of the soma is its center");
    assert_eq!(parent_of(2), Some(1));
    assert_eq!(parent_of(3), Some(2));
    assert_eq!(parent_of(4), Some(0));
    assert_eq!(parent_of(5), None, "x = 1 is a node without membrane");
    let end = axial.parents()[axial.nodes()[5]];
    assert_eq!(axial.compartments()[axial.parents()[end]].map(CompartmentId::index), Some(3));
    assert_eq!(parent_of(6), Some(0), "x = 0 is where the parent attaches");
    assert_eq!(parent_of(7), Some(2), "x = 0.5 of three compartments");
    assert_eq!(parent_of(8), None, "x = 0 of the root section is the root");
    assert_eq!(axial.parents()[axial.nodes()[8]], 0);

    // Parents come first; every section adds a node at its far end, the root comes on top.
    assert_eq!(axial.node_count(), tree.len() + 7 + 1);
    assert!((1..axial.node_count()).all(|node| axial.parents()[node] < node));
    for (compartment, &node) in axial.nodes().iter().enumerate() {
        assert_eq!(axial.compartments()[node], Some(CompartmentId::new(compartment)));
    }

    let resistance = |length_um: f64, diameter_um: f64| {
        100.0 * 1e-2 * length_um / (PI * diameter_um * diameter_um / 4.0)
    };
    let of = |compartment: usize| axial.axial_resistance_mohm()[axial.nodes()[compartment]];
    assert_close(of(0), resistance(10.0, 20.0), ROUNDING);
    assert_close(of(1), resistance(10.0, 2.0), ROUNDING);
    assert_close(of(2), resistance(20.0, 2.0), ROUNDING);
    assert_close(of(5), resistance(25.0, 1.0), ROUNDING);
    assert_close(axial.axial_resistance_mohm()[end], resistance(10.0, 2.0), ROUNDING);
}

#[test]
fn axial_resistivity_may_differ_between_sections() {
    let tree = bush_tree();
    let uniform = AxialTree::new(&tree, 100.0).unwrap();
    let thrice = |id| if id == SectionId::new(1) { 300.0 } else { 100.0 };
    let varied = AxialTree::with_resistivity(&tree, thrice).unwrap();
    for node in 1..uniform.node_count() {
        let ratio = varied.axial_resistance_mohm()[node] / uniform.axial_resistance_mohm()[node];
        let in_section = (1..4).any(|c| varied.nodes()[c] == node)
            || varied.parents()[node] == varied.nodes()[3] && varied.compartments()[node].is_none();
        assert_close(ratio, if in_section { 3.0 } else { 1.0 }, ROUNDING);
    }
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(AxialTree::new(&tree, wrong), Err(MorphologyError::Parameter { .. })));
    }
}

/// Two cylinders end to end: the node between is a series resistance.
#[test]
fn operator_of_two_cylinders() {
    let morphology = Morphology::new(vec![
        cylinder(SectionType::Basal, 10.0, 1.0, None),
        cylinder(SectionType::Basal, 20.0, 1.0, Some((0, 1.0))),
    ])
    .unwrap();
    let operator =
        AxialTree::new(&divided(&morphology, 1), 100.0).unwrap().membrane_current_operator();
    let conductance = 1.0 / (15.0 / (PI * 0.25));
    for (i, j, sign) in [(0, 0, -1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, -1.0)] {
        assert_close(*operator.get(i, j).unwrap(), sign * conductance, ROUNDING);
    }
}

/// The bush in NEURON 9.0.2: passive membrane with another reversal potential in each compartment, after 1 ms.
#[test]
fn operator_gives_the_membrane_currents_of_neuron() {
    let v_mv = [
        -63.22345794899728,
        -62.598942221585794,
        -61.63871746964987,
        -60.743626035731225,
        -63.15758626812149,
        -57.8114194783269,
        -62.76685539506063,
        -61.50270842306957,
        -63.107829848061634,
    ];
    let expected_na = [
        0.22964549432323553,
        -0.045365650804870525,
        0.011133133408570684,
        -0.05685701020405108,
        -0.0034490331453163586,
        -0.08374362345044781,
        -0.017930740363221218,
        -0.021364251077920948,
        -0.012068318685978487,
    ];
    let operator = AxialTree::new(&bush_tree(), 100.0).unwrap().membrane_current_operator();
    for (row, expected_na) in operator.outer_iterator().zip(expected_na) {
        let found_na: f64 = row.iter().map(|(j, value)| value * v_mv[j]).sum();
        // Differences of voltages lose four digits here.
        assert!((found_na - expected_na).abs() < 1e-12, "{found_na} is not {expected_na}");
    }
}

#[test]
fn path_distances_go_along_the_neurites() {
    let tree = bush_tree();
    let site = |section, x| Site::new(SectionId::new(section), x).unwrap();
    for (from, to, expected) in [
        (site(0, 0.0), site(0, 1.0), 20.0),
        (site(0, 0.5), site(1, 0.0), 0.0),
        (site(0, 0.0), site(3, 1.0), 10.0 + 60.0 + 50.0),
        (site(3, 1.0), site(2, 1.0), 50.0 + 60.0 + 30.0),
        (site(3, 1.0), site(5, 1.0), 50.0 + 30.0 + 10.0),
        (site(4, 1.0), site(1, 1.0), 40.0 + 60.0),
        (site(6, 1.0), site(2, 1.0), 15.0 + 10.0 + 30.0),
        (site(6, 1.0), site(0, 1.0), 15.0 + 20.0),
        (site(1, 0.25), site(1, 0.75), 30.0),
    ] {
        for (a, b) in [(from, to), (to, from)] {
            let found = tree.path_distance_um(a, b);
            assert!((found - expected).abs() < 1e-12, "{a:?} to {b:?}: {found}");
        }
    }
    let center = tree.site_of(CompartmentId::new(3));
    assert_eq!(center, site(1, 5.0 / 6.0));
    let record = &tree.compartment_table().records()[3].clone();
    assert_close(record.path_distance_um, 10.0 + 50.0, ROUNDING);
    assert_eq!(record.section, "dend[0]");
}

#[test]
fn sites_at_a_distance() {
    let tree = bush_tree();
    let site = |section, x| Site::new(SectionId::new(section), x).unwrap();
    let found = |origin, distance_um| -> Vec<(usize, f64)> {
        tree.sites_at_distance(origin, distance_um)
            .into_iter()
            .map(|site| (site.section().index(), (site.x() * 1e6).round() / 1e6))
            .collect()
    };
    // From the end of section 1 back to the soma and on.
    assert_eq!(
        found(site(1, 1.0), 65.0),
        [(0, 0.25), (0, 0.75), (2, 0.166667), (4, 0.125)],
        "two ways within the soma"
    );
    assert_eq!(found(site(1, 0.5), 20.0), [(1, 0.166667), (1, 0.833333)]);
    assert_eq!(found(site(0, 0.5), 70.0), [(3, 0.2)]);
    assert_eq!(found(site(0, 0.5), 60.0), [(1, 1.0), (3, 0.0)], "a branch point counts twice");
    assert_eq!(found(site(2, 0.5), 0.0), [(2, 0.5)]);
    assert!(found(site(0, 0.5), 1e4).is_empty());
    for site_at in tree.sites_at_distance(site(3, 0.3), 77.0) {
        assert_close(tree.path_distance_um(site(3, 0.3), site_at), 77.0, 1e-12);
    }
}

/// A trunk with an oblique, a bifurcation, and a second apical tree at the soma.
fn apical() -> Morphology {
    let apical = |length_um, parent| cylinder(SectionType::Apical, length_um, 1.0, Some(parent));
    Morphology::new(vec![
        cylinder(SectionType::Soma, 20.0, 20.0, None),
        apical(100.0, (0, 0.5)), // trunk
        apical(90.0, (1, 1.0)),  // oblique, longer than the next of the trunk but not reaching far
        apical(70.0, (1, 1.0)),  // trunk
        apical(200.0, (3, 1.0)), // tuft
        apical(120.0, (3, 1.0)), // tuft
        apical(10.0, (5, 1.0)),  // tuft
        apical(10.0, (5, 1.0)),  // tuft
        apical(150.0, (0, 0.5)), // second tree
        apical(80.0, (1, 0.0)),  // leaves at the soma: oblique
        cylinder(SectionType::Basal, 80.0, 1.0, Some((0, 0.5))),
        cylinder(SectionType::Other(7), 80.0, 1.0, Some((4, 0.5))),
        cylinder(SectionType::Axon, 80.0, 1.0, Some((0, 0.5))),
    ])
    .unwrap()
}

#[test]
fn regions_of_the_apical_tree() {
    use Region::{Axon, Basal, Oblique, Other, Soma, Trunk, Tuft};
    let morphology = apical();
    let tree = divided(&morphology, 1);
    // Sections are ordered by type: soma, basal, the nine apical ones, axon, other.
    let regions: Vec<Region> = morphology.iter().map(|(id, _)| tree.region(id)).collect();
    let expected =
        [Soma, Basal, Trunk, Oblique, Trunk, Tuft, Tuft, Tuft, Tuft, Oblique, Oblique, Axon, Other];
    assert_eq!(regions, expected);
    let table = tree.compartment_table();
    assert!(table.records().iter().map(|record| record.region).eq(expected));

    let orders: Vec<usize> = morphology.iter().map(|(id, _)| tree.branch_order(id)).collect();
    assert_eq!(orders, [0, 1, 1, 2, 2, 3, 3, 4, 4, 1, 1, 1, 4]);
    let terminal: Vec<usize> = morphology
        .iter()
        .map(|(id, _)| id)
        .filter(|&id| tree.is_terminal(id))
        .map(SectionId::index)
        .collect();
    assert_eq!(terminal, [1, 3, 7, 8, 9, 10, 11, 12]);

    // The tip that is attached to nothing else: apic[3] carries a section of another type.
    assert_close(tree.apical_extent_um().unwrap(), 100.0 + 70.0 + 120.0 + 10.0, ROUNDING);
    assert_eq!(tree.apical_origin(), Some(Site::start(SectionId::new(2))));
}

#[test]
fn a_tree_without_a_second_far_branch_is_all_trunk() {
    let apical = |length_um, parent| cylinder(SectionType::Apical, length_um, 1.0, Some(parent));
    let morphology = Morphology::new(vec![
        cylinder(SectionType::Soma, 20.0, 20.0, None),
        apical(100.0, (0, 0.5)),
        apical(100.0, (1, 1.0)),
        apical(30.0, (1, 1.0)),
        apical(100.0, (2, 1.0)),
    ])
    .unwrap();
    let tree = divided(&morphology, 1);
    let regions: Vec<Region> = morphology.iter().map(|(id, _)| tree.region(id)).collect();
    assert_eq!(
        regions,
        [Region::Soma, Region::Trunk, Region::Trunk, Region::Oblique, Region::Trunk]
    );
    // A section that alone continues its parent has the parent's order.
    assert_eq!(tree.branch_order(SectionId::new(4)), tree.branch_order(SectionId::new(2)));
}

#[test]
fn selections_combine() {
    let morphology = apical();
    let tree = divided(&morphology, 1);
    let found = |selection: Selection| -> Vec<usize> {
        selection.compartments(&tree).into_iter().map(CompartmentId::index).collect()
    };
    assert_eq!(found(Selection::All).len(), 13);
    assert_eq!(found(Selection::Type(SectionType::Apical)), (2..11).collect::<Vec<_>>());
    assert_eq!(found(Selection::Region(Region::Trunk)), [2, 4]);
    assert_eq!(found(Selection::Section(SectionId::new(5))), [5]);
    assert_eq!(found(Selection::Subtree(SectionId::new(4))), [4, 5, 6, 7, 8, 12]);
    assert_eq!(found(Selection::BranchOrder(2)), [3, 4]);
    let missing = SectionId::new(99);
    let far = Selection::Distance { origin: Site::start(missing), from_um: 0.0, to_um: 1e9 };
    for nothing in [Selection::Section(missing), Selection::Subtree(missing), far] {
        assert_eq!(found(nothing), [0; 0]);
    }
    let origin = tree.apical_origin().unwrap();
    let near = Selection::Distance { origin, from_um: 50.0, to_um: 145.0 };
    // Centers: 50 (included) trunk, 145 (excluded) oblique, 135 trunk, 75 second tree.
    let apical_near = near.and(Selection::Type(SectionType::Apical));
    assert_eq!(found(apical_near.clone()), [2, 4, 9]);
    assert_eq!(
        found(apical_near.clone().or(Selection::Terminal)),
        [1, 2, 3, 4, 7, 8, 9, 10, 11, 12]
    );
    assert_eq!(found(apical_near.and(Selection::Terminal.not())), [2, 4]);
}

#[test]
fn points_of_the_file_are_found_again() {
    let point = |x: f64, id| Point::new([x, 0.0, 0.0], 1.0).with_source_id(id);
    let first = vec![point(0.0, 1), point(10.0, 2), point(30.0, 3), point(40.0, 4)];
    let second = vec![point(40.0, 4).without_source_id(), point(60.0, 5)];
    let section = |points, attachment| {
        Section::new(SectionType::Basal, SectionShape::Points(points), attachment)
    };
    let attachment = Attachment { parent: SectionId::new(0), x: 1.0 };
    let morphology =
        Morphology::new(vec![section(first, None), section(second, Some(attachment))]).unwrap();
    let tree = divided(&morphology, 2);
    for (source_id, compartment) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 3)] {
        let found = tree.compartment_of_source(source_id);
        assert_eq!(found, Some(CompartmentId::new(compartment)), "{source_id}");
    }
    assert_eq!(tree.compartment_of_source(6), None);
    let sources = |id| tree.sources_of(CompartmentId::new(id));
    assert_eq!(
        [sources(0), sources(1), sources(2), sources(3)],
        [vec![1, 2], vec![3, 4], vec![], vec![5]]
    );
}

#[test]
fn sites_are_within_their_section() {
    let section = SectionId::new(0);
    for wrong in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(Site::new(section, wrong), Err(MorphologyError::Position { .. })));
    }
    let site: Site = serde_json::from_str(r#"{"section":0,"x":0.25}"#).unwrap();
    assert_eq!(site, Site::new(section, 0.25).unwrap());
    assert!(serde_json::from_str::<Site>(r#"{"section":0,"x":2.0}"#).is_err());
    let tree = divided(&apical(), 4);
    let index_at = |x| tree.compartment(tree.compartment_at(Site::new(section, x).unwrap())).index;
    assert_eq!([0.0, 0.24, 0.25, 0.5, 0.99, 1.0].map(index_at), [0, 0, 1, 2, 3, 3]);
}

/// The root stays whatever it is, or nothing would be left for the stub to hang on.
#[test]
fn an_axon_alone_keeps_its_root_beside_the_stub() {
    let at = |parent| Some(Attachment { parent: SectionId::new(parent), x: 1.0 });
    let shape = SectionShape::Cylinder { length_um: 50.0, diameter_um: 1.0 };
    let section = |attachment| Section::new(SectionType::Axon, shape.clone(), attachment);
    let axon = Morphology::new(vec![section(None), section(at(0)), section(at(0))]).unwrap();
    let stub = axon.with_stub_axon();
    assert_eq!(stub.topological_order().len(), 3);
    assert_eq!(Morphology::new(stub.sections().to_vec()).unwrap(), stub);
}

#[test]
fn a_morphology_that_is_read_is_checked() {
    let mut value = serde_json::to_value(bush()).unwrap();
    assert_eq!(serde_json::from_value::<Morphology>(value.clone()).unwrap(), bush());
    // Every section a child of another: no root.
    value[0]["attachment"] = serde_json::json!({ "parent": 1, "x": 1.0 });
    assert!(serde_json::from_value::<Morphology>(value).is_err());
}
