use apical_core::CompartmentId;

use crate::CellModelBuilder;
use crate::synapse::SynapseModel;

/// One excitatory (AMPA and NMDA) and one inhibitory (GABA-A) synapse on each dendritic compartment, as in the training
/// data of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002).
///
/// With N dendritic compartments, the excitatory synapse of the k-th has id k, the inhibitory one N + k. Each
/// presynaptic spike is released with `release_probability`; the published data has 1 − 1/e.
#[must_use]
pub fn training_synapses(builder: CellModelBuilder, release_probability: f64) -> CellModelBuilder {
    let dendritic: Vec<CompartmentId> = builder.tree().compartment_table().dendritic().collect();
    let releasing = |model: SynapseModel| model.with_release_probability(release_probability);
    builder
        .synapses(releasing(SynapseModel::ampa_nmda()), &dendritic)
        .synapses(releasing(SynapseModel::gaba_a()), &dendritic)
}
