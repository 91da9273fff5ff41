//! A neuron of a soma and a dendrite.

#[allow(dead_code, reason = "not every test needs all of it")]
pub(crate) mod linear_neuron;

use apical_core::{
    CompartmentId, CompartmentRecord, CompartmentTable, Region, SectionType, TrialLayout,
};

/// With so many synapses, and a site of injection at the soma.
pub(crate) fn layout(synapse_count: usize, duration_ms: usize) -> TrialLayout {
    let record = |section_type, region| CompartmentRecord {
        section_type,
        region,
        section: "section".to_owned(),
        x: 0.5,
        center_um: None,
        path_distance_um: 0.0,
        area_um2: 1.0,
        diameter_um: 1.0,
        length_um: 1.0,
    };
    TrialLayout {
        compartments: CompartmentTable::new(vec![
            record(SectionType::Soma, Region::Soma),
            record(SectionType::Basal, Region::Basal),
        ]),
        soma: CompartmentId::new(0),
        calcium_site: None,
        synapse_count,
        injection_sites: vec![CompartmentId::new(0)],
        duration_ms,
    }
}
