use apical_core::{CompartmentId, SectionType};
use apical_morphology::{CompartmentTree, Site};

use crate::{BiophysicsError, Density};

/// How the published scripts of Hay et al. 2011 distribute densities over the apical dendrite.
///
/// The distance is the path distance from the 0 end of the first apical section, not from the soma. Each compartment
/// takes the value at its centre, but the last one of every section takes the value at the section's far end (the
/// script also visits x = 1, which lands there). Values are rounded to ten decimals.
#[derive(Debug)]
pub(super) struct PublishedRule<'a> {
    tree: &'a CompartmentTree,
    origin: Site,
    /// The largest distance of the far end of a terminal apical section, µm.
    pub(super) farthest_um: f64,
}

impl<'a> PublishedRule<'a> {
    pub(super) fn new(tree: &'a CompartmentTree) -> Result<Self, BiophysicsError> {
        let origin = tree.apical_origin().ok_or(BiophysicsError::NoApicalDendrite)?;
        let farthest_um = tree.apical_extent_um().ok_or(BiophysicsError::NoApicalDendrite)?;
        Ok(Self { tree, origin, farthest_um })
    }

    /// The density over the apical compartments that `value` gives as a function of distance (µm).
    pub(super) fn density(&self, value: impl Fn(f64) -> f64) -> Density {
        let mut density = Density::default();
        for section in self.tree.morphology().sections_of(SectionType::Apical) {
            let compartments: Vec<CompartmentId> = self.tree.compartments_of(section).collect();
            density = density.and(Density::from_fn(&compartments, |id| {
                let is_last = compartments.last() == Some(&id);
                let site = if is_last { Site::end(section) } else { self.tree.site_of(id) };
                round_to_ten_decimals(value(self.tree.path_distance_um(self.origin, site)))
            }));
        }
        density
    }
}

/// The decimal number nearest to the value, as printing and reading it gives.
fn round_to_ten_decimals(value: f64) -> f64 {
    format!("{value:.10}").parse().unwrap_or(value)
}
