//! Distances along the neurites.

use std::collections::BTreeMap;

use apical_core::{SectionId, SectionType};

use crate::{CompartmentTree, Site};

/// Distances that differ by no more are one distance, so that no place is lost where sections meet.
const ROUNDING_UM: f64 = 1e-9;

impl CompartmentTree {
    /// Path distance between two places along the neurites, µm. Both are taken where they are, not at the centre of
    /// their compartments; an attachment costs nothing.
    ///
    /// # Panics
    ///
    /// If a site's section is of another morphology and out of range.
    #[must_use]
    pub fn path_distance_um(&self, from: Site, to: Site) -> f64 {
        let passed: BTreeMap<SectionId, f64> = self.way_to_root(from).collect();
        // The root section is common to all ways.
        let common_um = self
            .way_to_root(to)
            .find_map(|(section, arc_um)| {
                let common_um = passed.get(&section)?.min(arc_um);
                Some(self.start_um(section) + common_um)
            })
            .unwrap_or_default();
        (self.root_distance_um(from) - common_um) + (self.root_distance_um(to) - common_um)
    }

    /// All places at a path distance, µm, from a place, ordered by section. A branch point at that distance is listed
    /// for every section that meets there.
    ///
    /// # Panics
    ///
    /// If the site's section is of another morphology and out of range.
    #[must_use]
    pub fn sites_at_distance(&self, origin: Site, distance_um: f64) -> Vec<Site> {
        let passed: BTreeMap<SectionId, f64> = self.way_to_root(origin).collect();
        let mut sites = Vec::new();
        for (section, _) in self.morphology().iter() {
            let length_um = self.section_length_um(section);
            // Distance is that of a turning point and what lies between: of the 0 end, or of the place where the way
            // to the root meets the section.
            let turn_um = passed.get(&section).copied().unwrap_or(0.0);
            let turn = Site::unchecked(section, turn_um / length_um);
            let beyond_um = distance_um - self.path_distance_um(origin, turn);
            let arcs_um = if beyond_um.abs() <= ROUNDING_UM {
                vec![turn_um]
            } else if beyond_um > 0.0 {
                vec![turn_um - beyond_um, turn_um + beyond_um]
            } else {
                Vec::new()
            };
            let inside = -ROUNDING_UM..=length_um + ROUNDING_UM;
            let within = arcs_um.into_iter().filter(|arc_um| inside.contains(arc_um));
            sites.extend(within.map(|arc_um| Site::unchecked(section, arc_um / length_um)));
        }
        sites
    }

    /// The 0 end of the first apical section (`apic[0]`): from here the models of Hay et al. 2011
    /// (doi:10.1371/journal.pcbi.1002107) measure distances along the apical tree. None without apical sections.
    #[must_use]
    pub fn apical_origin(&self) -> Option<Site> {
        self.morphology().sections_of(SectionType::Apical).next().map(Site::start)
    }

    /// The largest path distance, µm, of a tip of the apical tree from the [apical origin](Self::apical_origin).
    #[must_use]
    pub fn apical_extent_um(&self) -> Option<f64> {
        let origin = self.apical_origin()?;
        self.morphology()
            .sections_of(SectionType::Apical)
            .filter(|&id| self.is_terminal(id))
            .map(|id| self.path_distance_um(origin, Site::end(id)))
            .max_by(f64::total_cmp)
    }

    /// The apical place at this path distance, µm, from the [apical origin](Self::apical_origin) whose compartment is
    /// thickest: where a dendritic electrode would go. None if the apical tree does not reach that far.
    #[must_use]
    pub fn thickest_apical_site(&self, distance_um: f64) -> Option<Site> {
        let is_apical = |id| self.morphology().section(id).section_type() == SectionType::Apical;
        let diameter_um = |site: &Site| self.compartment(self.compartment_at(*site)).diameter_um;
        self.sites_at_distance(self.apical_origin()?, distance_um)
            .into_iter()
            .filter(|site| is_apical(site.section()))
            .reduce(|best, site| if diameter_um(&site) > diameter_um(&best) { site } else { best })
    }

    fn root_distance_um(&self, site: Site) -> f64 {
        self.start_um(site.section()) + site.x() * self.section_length_um(site.section())
    }

    /// The sections from a place to the root, with the arc length at which each is met.
    fn way_to_root(&self, site: Site) -> impl Iterator<Item = (SectionId, f64)> {
        let met = |section, x| (section, x * self.section_length_um(section));
        std::iter::successors(Some(met(site.section(), site.x())), move |&(section, _)| {
            let attachment = self.morphology().section(section).attachment()?;
            Some(met(attachment.parent, attachment.x))
        })
    }
}
