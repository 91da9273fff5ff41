//! The published stimulation protocols of the layer 5 pyramidal cell.

use std::fmt;
use std::str::FromStr;

use apical_core::{CompartmentId, SectionType};
use apical_morphology::{CompartmentTree, Selection};
use serde::{Deserialize, Serialize};

use crate::{BiophysicsError, CurrentStep, EpspCurrent, Simulation};

/// Path distance of the distal stimulation site from the base of the apical trunk, µm.
pub const DISTAL_SITE_UM: f64 = 620.0;

/// Which published experiment to repeat.
///
/// BAC firing and its parts are Fig. 4 of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107): a somatic pulse, an
/// EPSP-like current into the apical dendrite [`DISTAL_SITE_UM`] from the trunk's base, or both, 5 ms apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Protocol {
    /// Nothing is injected.
    Rest,
    /// A current step into the soma.
    Step,
    /// Back-propagating action potential: the somatic pulse alone.
    Bap,
    /// The apical EPSP-like current alone.
    Epsp,
    /// Back-propagating action potential activated calcium spike: pulse and EPSP-like current.
    Bac,
    /// A strong apical EPSP-like current that fires a calcium spike by itself.
    CaBurst,
    /// Synaptic bombardment.
    Synaptic,
}

/// Initial voltage, duration and currents of a protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProtocolStimuli {
    /// Voltage at t = 0, mV.
    pub v_init_mv: f64,
    /// Duration, ms.
    pub duration_ms: f64,
    /// Current into the soma.
    pub soma: Option<CurrentStep>,
    /// Current into the apical dendrite.
    pub apical: Option<EpspCurrent>,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 7] =
        [Self::Rest, Self::Step, Self::Bap, Self::Epsp, Self::Bac, Self::CaBurst, Self::Synaptic];

    /// The published stimulus, duration and initial voltage.
    #[must_use]
    pub const fn published(self) -> ProtocolStimuli {
        let pulse = CurrentStep { delay_ms: 295.0, duration_ms: 5.0, amplitude_na: 1.9 };
        let epsp = EpspCurrent { onset_ms: 300.0, rise_ms: 0.5, decay_ms: 5.0, peak_na: 0.5 };
        let step = CurrentStep { delay_ms: 100.0, duration_ms: 400.0, amplitude_na: 0.793 };
        let burst = EpspCurrent { peak_na: 1.5, ..epsp };
        let (v_init_mv, duration_ms, soma, apical) = match self {
            Self::Rest => (-76.0, 300.0, None, None),
            Self::Step => (-80.0, 600.0, Some(step), None),
            Self::Bap => (-80.0, 450.0, Some(pulse), None),
            Self::Epsp => (-80.0, 450.0, None, Some(epsp)),
            Self::Bac => (-80.0, 450.0, Some(pulse), Some(epsp)),
            Self::CaBurst => (-80.0, 450.0, None, Some(burst)),
            Self::Synaptic => (-76.0, 600.0, None, None),
        };
        ProtocolStimuli { v_init_mv, duration_ms, soma, apical }
    }
}

impl ProtocolStimuli {
    /// Injects these currents into one trial.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError`] if a value is out of range, or the neuron has no soma or no distal apical site for a current
    /// that needs it.
    pub fn inject(&self, simulation: &mut Simulation, trial: usize) -> Result<(), BiophysicsError> {
        if let Some(pulse) = self.soma {
            let site = soma_compartment(simulation.model().tree())?;
            simulation.inject(trial, site, pulse.build()?)?;
        }
        if let Some(epsp) = self.apical {
            let site = distal_compartment(simulation.model().tree())?;
            simulation.inject(trial, site, epsp.build()?)?;
        }
        Ok(())
    }
}

/// The compartment in the middle of the soma.
///
/// # Errors
///
/// [`BiophysicsError::NoSoma`] if there is no section of this type.
pub fn soma_compartment(tree: &CompartmentTree) -> Result<CompartmentId, BiophysicsError> {
    let soma = Selection::Type(SectionType::Soma).compartments(tree);
    soma.get(soma.len() / 2).copied().ok_or(BiophysicsError::NoSoma)
}

/// The thickest apical compartment at [`DISTAL_SITE_UM`] from the base of the apical trunk.
///
/// # Errors
///
/// [`BiophysicsError::NoDistalSite`] if the apical dendrite does not reach that far.
pub fn distal_compartment(tree: &CompartmentTree) -> Result<CompartmentId, BiophysicsError> {
    tree.thickest_apical_site(DISTAL_SITE_UM)
        .map(|site| tree.compartment_at(site))
        .ok_or(BiophysicsError::NoDistalSite { distance_um: DISTAL_SITE_UM })
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rest => "rest",
            Self::Step => "step",
            Self::Bap => "bap",
            Self::Epsp => "epsp",
            Self::Bac => "bac",
            Self::CaBurst => "ca-burst",
            Self::Synaptic => "synaptic",
        })
    }
}

impl FromStr for Protocol {
    type Err = BiophysicsError;

    fn from_str(name: &str) -> Result<Self, BiophysicsError> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.to_string() == name)
            .ok_or_else(|| BiophysicsError::UnknownProtocol { name: name.to_owned() })
    }
}
