use std::fmt;
use std::str::FromStr;

use apical_core::CompartmentId;
use serde::{Deserialize, Serialize};

use crate::channel::{ChannelKinetics, SkE2};
use crate::synapse::SynapseModel;
use crate::{BiophysicsError, CellModelBuilder};

/// Which of the three cells of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002) the training data come from.
///
/// They differ in excitatory synapses and SK conductance, and each was published with input rates of its own; those
/// are three input processes of `apical-dataset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TrainingCondition {
    /// Excitatory synapses of AMPA and NMDA receptors. Published rates: `InputProcess::default()`.
    #[default]
    Nmda,
    /// Excitatory synapses without NMDA receptors. Published rates: `InputProcess::ampa()`.
    Ampa,
    /// Without NMDA receptors, and a tenth of the SK conductance (SK_E2) wherever there is any: on soma, axon and apical
    /// dendrite. Published rates: `InputProcess::ampa_reduced_sk()`.
    AmpaReducedSk,
}

impl TrainingCondition {
    /// All conditions.
    pub const ALL: [Self; 3] = [Self::Nmda, Self::Ampa, Self::AmpaReducedSk];

    /// What the SK conductance is multiplied by where it is reduced.
    const SK_FACTOR: f64 = 0.1;

    /// One excitatory and one inhibitory (GABA-A) synapse on each dendritic compartment, and the condition's SK
    /// conductance.
    ///
    /// With N dendritic compartments, the excitatory synapse of the k-th has id k, the inhibitory one N + k. Each
    /// presynaptic spike is released with `release_probability`; the published data has 1 − 1/e.
    ///
    /// [`AmpaReducedSk`](Self::AmpaReducedSk) needs a preset with SK_E2, which are the layer 5 ones: without it
    /// [`CellModelBuilder::build`] returns [`BiophysicsError::NoSuchChannel`].
    ///
    /// ```
    /// use apical_biophysics::preset::{Preset, TrainingCondition};
    /// use apical_morphology::{CompartmentTree, MaxLength, default_cell};
    ///
    /// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
    /// let model = TrainingCondition::Ampa.apply(Preset::Shai2015.paint(tree)?, 1.0).build()?;
    /// assert_eq!(model.synapse_count(), 1278);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn apply(self, builder: CellModelBuilder, release_probability: f64) -> CellModelBuilder {
        let dendritic: Vec<CompartmentId> =
            builder.tree().compartment_table().dendritic().collect();
        let releasing = |model: SynapseModel| model.with_release_probability(release_probability);
        let excitatory = match self {
            Self::Nmda => SynapseModel::ampa_nmda(),
            Self::Ampa | Self::AmpaReducedSk => SynapseModel::ampa(),
        };
        let builder = builder
            .synapses(releasing(excitatory), &dendritic)
            .synapses(releasing(SynapseModel::gaba_a()), &dendritic);
        match self {
            Self::Nmda | Self::Ampa => builder,
            Self::AmpaReducedSk => builder.scale_channel(SkE2::NAME, Self::SK_FACTOR),
        }
    }
}

/// One excitatory (AMPA and NMDA) and one inhibitory (GABA-A) synapse on each dendritic compartment, as in the training
/// data of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002): [`TrainingCondition::Nmda`], which says which
/// synapse has which id.
///
/// Each presynaptic spike is released with `release_probability`; the published data has 1 − 1/e.
#[must_use]
pub fn training_synapses(builder: CellModelBuilder, release_probability: f64) -> CellModelBuilder {
    TrainingCondition::Nmda.apply(builder, release_probability)
}

impl fmt::Display for TrainingCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nmda => "nmda",
            Self::Ampa => "ampa",
            Self::AmpaReducedSk => "ampa-reduced-sk",
        })
    }
}

impl FromStr for TrainingCondition {
    type Err = BiophysicsError;

    fn from_str(name: &str) -> Result<Self, BiophysicsError> {
        Self::ALL
            .into_iter()
            .find(|condition| condition.to_string() == name)
            .ok_or_else(|| BiophysicsError::UnknownTrainingCondition { name: name.to_owned() })
    }
}
