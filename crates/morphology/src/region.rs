//! The regions of a neuron, and the order of its branches.

use apical_core::{Region, SectionId, SectionType};

use crate::Morphology;

/// A branch point of the apical tree is its main bifurcation where a second branch reaches at least this part of the
/// way that the farthest-reaching branch reaches beyond it. Obliques end near the trunk, while the branches of the tuft
/// all make for the surface; in the cell of Hay et al. 2011 the largest value at an oblique is 0.20, and 0.97 at the
/// main bifurcation.
const MAIN_BIFURCATION_REACH: f64 = 0.5;

/// Region of each section, in order.
///
/// The reach of an apical section is the path length from its 0 end to the farthest tip beyond it. The trunk begins with
/// the apical section on another type (the soma) that reaches farthest, and continues at each branch point into the
/// section that reaches farthest, until the main bifurcation: the first branch point where a second section reaches at
/// least half as far. All beyond is tuft. Every other apical section, a second apical tree at the soma included, is
/// oblique. A tree without a main bifurcation has no tuft. Whatever is attached inside a section counts as attached to its
/// far end.
pub(crate) fn of_sections(morphology: &Morphology) -> Vec<Region> {
    let mut regions: Vec<Region> = morphology
        .sections()
        .iter()
        .map(|section| match section.section_type() {
            SectionType::Soma => Region::Soma,
            SectionType::Basal => Region::Basal,
            SectionType::Apical => Region::Oblique,
            SectionType::Axon => Region::Axon,
            SectionType::Other(_) => Region::Other,
        })
        .collect();
    let tree = ApicalTree::new(morphology);
    let mut branches = &tree.roots;
    while let Some(&trunk) = branches.first() {
        regions[trunk.index()] = Region::Trunk;
        branches = &tree.branches[trunk.index()];
        if let [first, second, ..] = branches[..]
            && tree.reach_um(second) >= MAIN_BIFURCATION_REACH * tree.reach_um(first)
        {
            let mut stack = branches.clone();
            while let Some(id) = stack.pop() {
                regions[id.index()] = Region::Tuft;
                stack.extend(&tree.branches[id.index()]);
            }
            break;
        }
    }
    regions
}

/// The apical sections alone, the farthest-reaching branch first everywhere.
struct ApicalTree {
    roots: Vec<SectionId>,
    branches: Vec<Vec<SectionId>>,
    reaches_um: Vec<f64>,
}

impl ApicalTree {
    fn new(morphology: &Morphology) -> Self {
        let count = morphology.sections().len();
        let mut tree = Self {
            roots: Vec::new(),
            branches: vec![Vec::new(); count],
            reaches_um: vec![0.0; count],
        };
        let is_apical = |id| morphology.section(id).section_type() == SectionType::Apical;
        let mut order = morphology.topological_order();
        order.retain(|&id| is_apical(id));
        for &id in order.iter().rev() {
            tree.sort(id);
            let beyond_um = tree.branches[id.index()].first().map_or(0.0, |&b| tree.reach_um(b));
            tree.reaches_um[id.index()] = morphology.section(id).length_um() + beyond_um;
            match branched_from(morphology, id) {
                Some(parent) if is_apical(parent) => tree.branches[parent.index()].push(id),
                _ => tree.roots.push(id),
            }
        }
        let reaches_um = &tree.reaches_um;
        tree.roots.sort_by(|a, b| farthest_first(reaches_um, *a, *b));
        tree
    }

    fn sort(&mut self, id: SectionId) {
        let reaches_um = &self.reaches_um;
        self.branches[id.index()].sort_by(|a, b| farthest_first(reaches_um, *a, *b));
    }

    fn reach_um(&self, id: SectionId) -> f64 {
        self.reaches_um[id.index()]
    }
}

fn farthest_first(reaches_um: &[f64], a: SectionId, b: SectionId) -> std::cmp::Ordering {
    reaches_um[b.index()].total_cmp(&reaches_um[a.index()]).then(a.cmp(&b))
}

/// The section that this one branches from: one on the 0 end of its parent branches from what the parent branches from.
fn branched_from(morphology: &Morphology, id: SectionId) -> Option<SectionId> {
    let mut attachment = morphology.section(id).attachment()?;
    while attachment.x == 0.0 {
        match morphology.section(attachment.parent).attachment() {
            Some(above) => attachment = above,
            None => break,
        }
    }
    Some(attachment.parent)
}

/// Centrifugal branch order of each section: 0 for the soma, 1 for what leaves it (or for a root that is no soma), one
/// more after every branch point. A section that alone continues the end of its parent keeps the parent's order, as does
/// one on the parent's 0 end.
pub(crate) fn branch_orders(morphology: &Morphology) -> Vec<usize> {
    let children = morphology.children();
    let is_soma = |id| morphology.section(id).section_type() == SectionType::Soma;
    let mut orders = vec![0; children.len()];
    for id in morphology.topological_order() {
        orders[id.index()] = match morphology.section(id).attachment() {
            _ if is_soma(id) => 0,
            None => 1,
            Some(at) if is_soma(at.parent) => 1,
            Some(at) => {
                let alone = children[at.parent.index()].len() == 1 && at.x == 1.0;
                orders[at.parent.index()] + usize::from(!(alone || at.x == 0.0))
            }
        };
    }
    orders
}
