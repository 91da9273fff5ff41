//! A neuron of a soma and a dendrite.

#[allow(dead_code, reason = "not every test needs all of it")]
pub(crate) mod linear_neuron;

use apical_core::{
    CompartmentId, CompartmentRecord, CompartmentTable, Region, SectionType, TrialLayout,
};

/// With so many synapses, and a site of injection at the soma.
pub(crate) fn layout(synapse_count: usize, duration_ms: usize) -> TrialLayout {
    let record = |section_type, region| CompartmentRecord::new(section_type, region, "section");
    let compartments = CompartmentTable::new(vec![
        record(SectionType::Soma, Region::Soma),
        record(SectionType::Basal, Region::Basal),
    ]);
    let soma = CompartmentId::new(0);
    let mut layout = TrialLayout::new(compartments, soma, synapse_count, duration_ms);
    layout.injection_sites = vec![soma];
    layout
}
