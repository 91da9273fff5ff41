//! Published neurons, ready to be put on a reconstruction, and the protocols they were published with.
//!
//! A preset paints a [`CompartmentTree`] and returns the builder, so that temperature, synapses or further channels can
//! be added before the model is built.

mod hay;
mod published_rule;
mod training_condition;

use std::fmt;
use std::str::FromStr;

use apical_core::{CompartmentId, SectionType};
use apical_morphology::{
    Attachment, CompartmentTree, MaxLength, Morphology, Section, SectionShape,
};
use serde::{Deserialize, Serialize};

pub use training_condition::{TrainingCondition, training_synapses};

use crate::channel::{Pas, SquidPotassium, SquidSodium};
use crate::{BiophysicsError, CellModel, CellModelBuilder, Density, Temperature};

/// A published parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Preset {
    /// The layer 5 pyramidal cell of Shai et al. 2015 (doi:10.1371/journal.pcbi.1004090), which the training data of
    /// Beniaguev et al. 2021 and Verhellen et al. 2024 come from.
    Shai2015,
    /// The layer 5 pyramidal cell of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107), constrained for both BAC
    /// firing and step currents.
    Hay2011,
    /// The squid axon of Hodgkin & Huxley 1952 (doi:10.1113/jphysiol.1952.sp004764) on every compartment.
    Hh,
    /// The passive properties of Shai et al. 2015 alone.
    Passive,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 4] = [Self::Shai2015, Self::Hay2011, Self::Hh, Self::Passive];

    /// The temperature at which the published simulations ran: NEURON's default, 6.3 °C.
    pub const TEMPERATURE: Temperature = Temperature::celsius(6.3);

    /// Axial resistivity (NEURON: `Ra`), Ω·cm, of every section: with a neuron's geometry, what turns voltages into
    /// membrane currents.
    #[must_use]
    pub const fn axial_resistivity_ohm_cm(self) -> f64 {
        match self {
            Self::Shai2015 | Self::Hay2011 | Self::Passive => hay::AXIAL_RESISTIVITY_OHM_CM,
            Self::Hh => 35.4,
        }
    }

    /// Paints a neuron at [`Self::TEMPERATURE`]. The layer 5 presets expect an apical dendrite and the stub axon of
    /// [`Morphology::with_stub_axon`].
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::NoApicalDendrite`] if the preset's densities depend on an apical dendrite and there is none,
    /// [`BiophysicsError::UnknownSectionType`] for sections that are no soma, axon or dendrite, on which only
    /// [`Hh`](Self::Hh) has channels.
    pub fn paint(self, tree: CompartmentTree) -> Result<CellModelBuilder, BiophysicsError> {
        self.paint_at(tree, Self::TEMPERATURE)
    }

    /// The same at another temperature. It sets the Nernst potential of calcium, and the rates of the squid channels;
    /// those of the layer 5 presets are constants of the published model.
    ///
    /// # Errors
    ///
    /// As for [`paint`](Self::paint).
    pub fn paint_at(
        self,
        tree: CompartmentTree,
        temperature: Temperature,
    ) -> Result<CellModelBuilder, BiophysicsError> {
        let is_other = |section_type| matches!(section_type, SectionType::Other(_));
        let table = tree.compartment_table();
        let other = table.records().iter().find(|record| is_other(record.section_type));
        if let Some(record) = other.filter(|_| self != Self::Hh) {
            let section = record.section.clone();
            return Err(BiophysicsError::UnknownSectionType { preset: self, section });
        }
        let builder = match self {
            Self::Shai2015 => hay::shai2015(tree)?,
            Self::Hay2011 => hay::hay2011(tree)?,
            Self::Hh => hh(tree, temperature),
            Self::Passive => hay::passive(tree),
        };
        Ok(builder.temperature(temperature))
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shai2015 => "shai2015",
            Self::Hay2011 => "hay2011",
            Self::Hh => "hh",
            Self::Passive => "passive",
        })
    }
}

impl FromStr for Preset {
    type Err = BiophysicsError;

    fn from_str(name: &str) -> Result<Self, BiophysicsError> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.to_string() == name)
            .ok_or_else(|| BiophysicsError::UnknownPreset { name: name.to_owned() })
    }
}

fn hh(tree: CompartmentTree, temperature: Temperature) -> CellModelBuilder {
    let everywhere: Vec<CompartmentId> = tree.iter().map(|(id, _)| id).collect();
    CellModel::builder(tree)
        .axial_resistivity_ohm_cm(Preset::Hh.axial_resistivity_ohm_cm())
        .reversal_potentials_mv(50.0, -77.0)
        .channel(SquidSodium::new(temperature), Density::uniform(&everywhere, 0.12))
        .channel(SquidPotassium::new(temperature), Density::uniform(&everywhere, 0.036))
        .channel(Pas { reversal_potential_mv: -54.3 }, Density::uniform(&everywhere, 0.0003))
}

/// A single compartment of squid axon, 20 µm long and thick: the smallest model that spikes.
///
/// # Errors
///
/// Never; the signature is that of every way to a model.
pub fn hh_cylinder() -> Result<CellModel, BiophysicsError> {
    let shape = SectionShape::Cylinder { length_um: 20.0, diameter_um: 20.0 };
    let soma = Section::new(SectionType::Soma, shape, None::<Attachment>);
    let morphology = Morphology::new(vec![soma])?;
    Preset::Hh.paint(CompartmentTree::new(morphology, &MaxLength::default())?)?.build()
}
