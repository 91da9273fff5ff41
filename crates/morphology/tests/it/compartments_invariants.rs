//! What holds for every tree of sections, whatever its division.

use apical_core::{CompartmentId, SectionId, SectionType};
use apical_morphology::{
    Attachment, AxialTree, CompartmentTree, ExplicitCounts, Morphology, Point, Section,
    SectionShape, Selection, Site,
};
use nalgebra::DMatrix;
use proptest::prelude::*;

/// Sums of up to some hundred positive float64 terms in another order.
const SUMMATION: f64 = 1e-12;

fn shape() -> impl Strategy<Value = SectionShape> {
    let point = (prop::array::uniform3(-100.0..100.0), 0.2..20.0);
    prop_oneof![
        4 => prop::collection::vec(point, 2..8).prop_map(|points| {
            let point = |(position_um, diameter_um)| Point::new(position_um, diameter_um);
            SectionShape::Points(points.into_iter().map(point).collect())
        }),
        1 => (1.0..100.0, 0.2..20.0).prop_map(|(length_um, diameter_um)| {
            SectionShape::Cylinder { length_um, diameter_um }
        }),
    ]
}

/// Trees of up to a dozen sections, attached anywhere, with a number of compartments for each.
fn divided() -> impl Strategy<Value = CompartmentTree> {
    let x = prop_oneof![Just(0.0), Just(0.5), Just(1.0), Just(1.0), 0.0..=1.0];
    let section_type =
        prop_oneof![Just(SectionType::Basal), Just(SectionType::Apical), Just(SectionType::Axon)];
    let section = (shape(), any::<prop::sample::Index>(), x, section_type, 1_usize..6);
    prop::collection::vec(section, 1..13).prop_map(|parts| {
        let counts = parts.iter().map(|part| part.4).collect();
        let sections = parts.into_iter().enumerate().map(|(i, (shape, parent, x, kind, _))| {
            let attachment =
                (i > 0).then(|| Attachment { parent: SectionId::new(parent.index(i)), x });
            Section::new(if i == 0 { SectionType::Soma } else { kind }, shape, attachment)
        });
        let morphology = Morphology::new(sections.collect()).unwrap();
        CompartmentTree::new(morphology, &ExplicitCounts::new(counts)).unwrap()
    })
}

/// Length, area, ∫ diameter and axial factor of a section, from its compartments.
fn totals(tree: &CompartmentTree, section: SectionId) -> [f64; 4] {
    tree.compartments_of(section).map(|id| tree.compartment(id)).fold([0.0; 4], |sum, c| {
        let factor = c.axial_factor_per_um[0] + c.axial_factor_per_um[1];
        let part = [c.length_um, c.area_um2, c.diameter_um * c.length_um, factor];
        std::array::from_fn(|i| sum[i] + part[i])
    })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= SUMMATION * a.abs().max(b.abs())
}

/// Minus the Laplacian of the whole tree with the nodes without membrane eliminated (Schur complement), and the largest
/// conductance that cancels in it.
fn dense_operator(axial: &AxialTree) -> (DMatrix<f64>, f64) {
    let count = axial.node_count();
    let mut laplacian = DMatrix::<f64>::zeros(count, count);
    for node in 1..count {
        let (parent, conductance) =
            (axial.parents()[node], 1.0 / axial.axial_resistance_mohm()[node]);
        laplacian[(node, node)] += conductance;
        laplacian[(parent, parent)] += conductance;
        laplacian[(node, parent)] -= conductance;
        laplacian[(parent, node)] -= conductance;
    }
    let bare: Vec<usize> = (0..count).filter(|&n| axial.compartments()[n].is_none()).collect();
    let pick = |rows: &[usize], columns: &[usize]| -> DMatrix<f64> {
        DMatrix::from_fn(rows.len(), columns.len(), |i, j| laplacian[(rows[i], columns[j])])
    };
    let kept = axial.nodes();
    let inner = pick(&bare, &bare).try_inverse().unwrap();
    let operator = pick(kept, &bare) * inner * pick(&bare, kept) - pick(kept, kept);
    (operator, laplacian.amax())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn totals_do_not_depend_on_the_division(tree in divided()) {
        let morphology = tree.morphology().clone();
        let whole = ExplicitCounts::uniform(&morphology, 1);
        let whole = CompartmentTree::new(morphology, &whole).unwrap();
        for (id, section) in tree.morphology().iter() {
            let (found, expected) = (totals(&tree, id), totals(&whole, id));
            for (found, expected) in found.into_iter().zip(expected) {
                prop_assert!(close(found, expected), "{} is not {}", found, expected);
            }
            prop_assert!(close(found[0], section.length_um()));
        }
    }

    #[test]
    fn compartments_are_equal_parts_in_order(tree in divided()) {
        let mut next = 0;
        for (section, _) in tree.morphology().iter() {
            let ids: Vec<CompartmentId> = tree.compartments_of(section).collect();
            for (index, &id) in ids.iter().enumerate() {
                prop_assert_eq!(id.index(), next);
                next += 1;
                let compartment = tree.compartment(id);
                prop_assert_eq!((compartment.section, compartment.index), (section, index));
                prop_assert!(close(compartment.length_um, tree.compartment(ids[0]).length_um));
                prop_assert_eq!(tree.compartment_at(tree.site_of(id)), id);
                // Neighbours share their boundary, bit by bit.
                let before = index.checked_sub(1).map(|i| ids[i]);
                if let (Some(ends), Some(before)) = (compartment.ends_um, before) {
                    prop_assert_eq!(ends[0], tree.compartment(before).ends_um.unwrap()[1]);
                }
                let center = tree.path_distance_um(Site::start(tree.morphology().root()), tree.site_of(id));
                prop_assert!((center - compartment.path_distance_um).abs() < 1e-9);
            }
        }
        prop_assert_eq!(next, tree.len());
        prop_assert_eq!(tree.compartment_table().len(), tree.len());
    }

    #[test]
    fn operator_is_the_schur_complement_of_the_tree(
        tree in divided(),
        resistivity in 20.0_f64..500.0,
        v_mv in prop::collection::vec(-90.0_f64..40.0, 72),
    ) {
        let axial = AxialTree::new(&tree, resistivity).unwrap();
        let operator = axial.membrane_current_operator();
        let (dense, largest) = dense_operator(&axial);
        for i in 0..tree.len() {
            for j in 0..tree.len() {
                let found = operator.get(i, j).copied().unwrap_or(0.0);
                // Large conductances cancel in the reference.
                prop_assert!((found - dense[(i, j)]).abs() <= SUMMATION * largest);
                prop_assert_eq!(found, operator.get(j, i).copied().unwrap_or(0.0));
                let sign = if i == j { -1.0 } else { 1.0 };
                prop_assert!(sign * found >= 0.0);
            }
        }
        // Rows sum to zero, relative to their diagonal.
        for (i, row) in operator.outer_iterator().enumerate() {
            let sum: f64 = row.iter().map(|(_, value)| value).sum();
            prop_assert!(sum.abs() <= 1e-12 * operator.get(i, i).copied().unwrap_or(0.0).abs());
        }
        // What flows in flows out.
        let current_na: Vec<f64> = operator
            .outer_iterator()
            .map(|row| row.iter().map(|(j, value)| value * v_mv[j]).sum())
            .collect();
        let (sum, scale) = current_na.iter().fold((0.0, 0.0_f64), |(s, a), i| (s + i, a + i.abs()));
        prop_assert!(sum.abs() <= SUMMATION * scale.max(100.0 * largest));
    }

    #[test]
    fn nodes_are_in_hines_order(tree in divided()) {
        let axial = AxialTree::new(&tree, 100.0).unwrap();
        prop_assert_eq!(axial.node_count(), tree.len() + tree.morphology().sections().len() + 1);
        for node in 1..axial.node_count() {
            prop_assert!(axial.parents()[node] < node);
            let resistance_mohm = axial.axial_resistance_mohm()[node];
            prop_assert!(resistance_mohm.is_finite() && resistance_mohm > 0.0);
            // No two nodes without membrane are neighbours.
            let parent = axial.compartments()[axial.parents()[node]];
            prop_assert!(axial.compartments()[node].is_some() || parent.is_some());
        }
    }

    #[test]
    fn path_distance_is_a_metric_on_the_tree(
        tree in divided(),
        places in prop::array::uniform3((any::<prop::sample::Index>(), 0.0..=1.0)),
    ) {
        let count = tree.morphology().sections().len();
        let [a, b, c] = places.map(|(section, x)| {
            Site::new(SectionId::new(section.index(count)), x).unwrap()
        });
        let d = |from, to| tree.path_distance_um(from, to);
        prop_assert!(d(a, a).abs() < 1e-9);
        prop_assert!((d(a, b) - d(b, a)).abs() < 1e-9);
        prop_assert!(d(a, c) <= d(a, b) + d(b, c) + 1e-9);
        // A place is among those at its own distance, and all of them are at that distance.
        let sites = tree.sites_at_distance(a, d(a, b));
        prop_assert!(sites.iter().any(|&site| d(site, b) < 1e-6));
        for site in sites {
            prop_assert!((d(a, site) - d(a, b)).abs() < 1e-6);
        }
    }

    #[test]
    fn selections_are_sets(tree in divided(), order in 0_usize..4) {
        let all = Selection::All.compartments(&tree);
        let first = Selection::Type(SectionType::Apical).or(Selection::BranchOrder(order));
        let second = Selection::Terminal;
        let (f, s) = (first.compartments(&tree), second.compartments(&tree));
        let and = first.clone().and(second.clone()).compartments(&tree);
        let or = first.clone().or(second.clone()).compartments(&tree);
        prop_assert_eq!(and.len() + or.len(), f.len() + s.len());
        // De Morgan.
        let neither = first.clone().not().and(second.not()).compartments(&tree);
        prop_assert_eq!(neither.len() + or.len(), all.len());
        prop_assert_eq!(first.not().not().compartments(&tree), f);
        prop_assert!(or.is_sorted());
    }
}
