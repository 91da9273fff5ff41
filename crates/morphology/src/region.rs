//! The regions of a neuron.

use apical_core::{Region, SectionType};

use crate::Morphology;

/// Region of each section, in order.
pub(crate) fn of_sections(morphology: &Morphology) -> Vec<Region> {
    morphology
        .sections()
        .iter()
        .map(|section| match section.section_type() {
            SectionType::Soma => Region::Soma,
            SectionType::Basal => Region::Basal,
            SectionType::Apical => Region::Trunk,
            SectionType::Axon => Region::Axon,
            SectionType::Other(_) => Region::Other,
        })
        .collect()
}
