use apical_core::{CompartmentId, SectionType};
use apical_morphology::{CompartmentTree, Site};

/// The compartments that show a neuron over its depth: `count` at equal path distances along the way from the root to
/// the farthest apical tip (or to the farthest dendritic tip of a neuron without an apical dendrite), from tip to soma,
/// the middle of the soma, and the farthest basal tip.
///
/// Compartments that coincide are listed once. A neuron without dendrites gives its root alone.
#[must_use]
pub fn depth_selection(tree: &CompartmentTree, count: usize) -> Vec<CompartmentId> {
    let farthest_of = |section_type| {
        let sections = tree.morphology().sections_of(section_type);
        let tips = sections.filter_map(|section| tree.compartments_of(section).next_back());
        tips.max_by(|a, b| distance_um(tree, *a).total_cmp(&distance_um(tree, *b)))
    };
    let apical = farthest_of(SectionType::Apical);
    let basal = farthest_of(SectionType::Basal);
    let mut selected = Vec::new();
    if let Some(tip) = apical.or(basal) {
        let way = way_to_root(tree, tip);
        let extent_um = distance_um(tree, tip);
        for k in (1..=count).rev() {
            let aim_um = extent_um * k as f64 / count as f64;
            let off_um = |id: &CompartmentId| (distance_um(tree, *id) - aim_um).abs();
            selected.extend(way.iter().copied().min_by(|a, b| off_um(a).total_cmp(&off_um(b))));
        }
    }
    let morphology = tree.morphology();
    let soma = morphology.sections_of(SectionType::Soma).next().unwrap_or(morphology.root());
    selected.extend(Site::new(soma, 0.5).map(|middle| tree.compartment_at(middle)));
    selected.extend(apical.and(basal));
    let mut unique = Vec::with_capacity(selected.len());
    for id in selected {
        if !unique.contains(&id) {
            unique.push(id);
        }
    }
    unique
}

fn distance_um(tree: &CompartmentTree, id: CompartmentId) -> f64 {
    tree.compartment(id).path_distance_um
}

/// The compartments passed on the way from one, itself included, to the root.
fn way_to_root(tree: &CompartmentTree, from: CompartmentId) -> Vec<CompartmentId> {
    let mut way = Vec::new();
    let mut place = Some((tree.compartment(from).section, tree.compartment(from).x));
    while let Some((section, x)) = place {
        way.extend(tree.compartments_of(section).rev().filter(|&id| tree.compartment(id).x <= x));
        let attachment = tree.morphology().section(section).attachment();
        place = attachment.map(|at| (at.parent, at.x));
    }
    way
}

#[cfg(test)]
mod tests {
    use apical_core::Region;
    use apical_morphology::{MaxLength, default_cell};

    use super::*;

    #[test]
    fn shows_tip_to_soma_and_a_basal_tip() {
        let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
        let shown = depth_selection(&tree, 5);
        let regions: Vec<Region> =
            shown.iter().map(|&id| tree.region(tree.compartment(id).section)).collect();
        assert_eq!(shown.len(), 7);
        assert_eq!(regions[0], Region::Tuft);
        assert_eq!(regions[5..], [Region::Soma, Region::Basal]);
        let farthest_um = distance_um(&tree, shown[0]);
        for (k, &id) in shown[..5].iter().enumerate() {
            // To half a compartment, which is no longer than 40 µm.
            let aim_um = farthest_um * (5 - k) as f64 / 5.0;
            assert!((distance_um(&tree, id) - aim_um).abs() <= 20.0, "{k}");
        }
    }
}
