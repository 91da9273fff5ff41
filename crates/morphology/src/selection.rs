use apical_core::{CompartmentId, Region, SectionId, SectionType};
use serde::{Deserialize, Serialize};

use crate::{CompartmentTree, Site};

/// Which compartments: a condition on each, to be combined with [`and`](Self::and), [`or`](Self::or) and
/// [`not`](Self::not).
///
/// ```
/// use apical_core::{Region, SectionType};
/// use apical_morphology::Selection;
///
/// // Terminal branches of the apical tree outside the tuft.
/// let selection = Selection::Type(SectionType::Apical)
///     .and(Selection::Terminal)
///     .and(Selection::Region(Region::Tuft).not());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Selection {
    /// Every compartment.
    All,
    /// Those of sections of this type.
    Type(SectionType),
    /// Those of this region.
    Region(Region),
    /// Those of one section.
    Section(SectionId),
    /// Those of a section and of all that descends from it.
    Subtree(SectionId),
    /// Those of sections that nothing is attached to.
    Terminal,
    /// Those of sections of this centrifugal branch order (see [`CompartmentTree::branch_order`]).
    BranchOrder(usize),
    /// Those whose centre lies at a path distance from `from_um`, included, to `to_um`, excluded.
    Distance {
        /// Where distance is measured from.
        origin: Site,
        /// Least distance, µm.
        from_um: f64,
        /// Bound of the distance, µm.
        to_um: f64,
    },
    /// Those of both.
    And(Box<[Self; 2]>),
    /// Those of either.
    Or(Box<[Self; 2]>),
    /// All others.
    Not(Box<Self>),
}

impl Selection {
    /// Those of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::And(Box::new([self, other]))
    }

    /// Those of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::Or(Box::new([self, other]))
    }

    /// All others.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads like and, or")]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// The compartments of a tree that it holds for, in order. A section that the tree does not have holds for none, and so
    /// does a distance from one.
    #[must_use]
    pub fn compartments(&self, tree: &CompartmentTree) -> Vec<CompartmentId> {
        let holds = self.mask(tree);
        tree.iter().map(|(id, _)| id).filter(|id| holds[id.index()]).collect()
    }

    /// Whether it holds, per compartment.
    fn mask(&self, tree: &CompartmentTree) -> Vec<bool> {
        match self {
            Self::All => vec![true; tree.len()],
            Self::Type(section_type) => {
                by_section(tree, |id| tree.morphology().section(id).section_type() == *section_type)
            }
            Self::Region(region) => by_section(tree, |id| tree.region(id) == *region),
            Self::Section(section) => by_section(tree, |id| id == *section),
            Self::Subtree(root) => {
                let mut inside = vec![false; tree.morphology().sections().len()];
                for id in tree.morphology().topological_order() {
                    let attachment = tree.morphology().section(id).attachment();
                    inside[id.index()] =
                        id == *root || attachment.is_some_and(|at| inside[at.parent.index()]);
                }
                by_section(tree, |id| inside[id.index()])
            }
            Self::Terminal => by_section(tree, |id| tree.is_terminal(id)),
            Self::BranchOrder(order) => by_section(tree, |id| tree.branch_order(id) == *order),
            Self::Distance { origin, .. }
                if origin.section().index() >= tree.morphology().sections().len() =>
            {
                vec![false; tree.len()]
            }
            Self::Distance { origin, from_um, to_um } => tree
                .iter()
                .map(|(id, _)| tree.path_distance_um(*origin, tree.site_of(id)))
                .map(|distance_um| (*from_um..*to_um).contains(&distance_um))
                .collect(),
            Self::And(pair) => both(&pair[0].mask(tree), &pair[1].mask(tree), |a, b| a && b),
            Self::Or(pair) => both(&pair[0].mask(tree), &pair[1].mask(tree), |a, b| a || b),
            Self::Not(inner) => inner.mask(tree).into_iter().map(|holds| !holds).collect(),
        }
    }
}

fn by_section(tree: &CompartmentTree, holds: impl Fn(SectionId) -> bool) -> Vec<bool> {
    tree.compartments().iter().map(|compartment| holds(compartment.section)).collect()
}

fn both(first: &[bool], second: &[bool], combine: impl Fn(bool, bool) -> bool) -> Vec<bool> {
    first.iter().zip(second).map(|(&a, &b)| combine(a, b)).collect()
}
