use serde::{Deserialize, Serialize};

use super::description::{Described, Key, coordinates, key};
use super::plane::{Plane, unit};
use super::{Probe, check_count};
use crate::error::{finite, positive};
use crate::{Contact, Electrode, ExtracellularError};

/// Contacts in a row at the same distance from each other: a laminar probe, numbered from the first, at the surface, down.
///
/// By default 16 points 100 µm apart, from y = 1200 to −300 µm at x = 50 µm: beside a layer 5 pyramidal cell with its soma at
/// the origin, from the tip of its tuft to below its basal dendrites.
///
/// ```
/// use apical_extracellular::Laminar;
///
/// let mut laminar = Laminar::default();
/// laminar.contacts = 32;
/// laminar.pitch_um = 50.0;
/// let probe = laminar.build()?;
/// assert_eq!(probe[0].position_um(), [50.0, 1200.0, 0.0]);
/// assert_eq!(probe[31].position_um(), [50.0, -350.0, 0.0]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[doc(alias = "linear")]
pub struct Laminar {
    /// Number of contacts.
    pub contacts: usize,
    /// Distance between neighbors, µm.
    pub pitch_um: f64,
    /// Place of the first contact, µm.
    pub first_um: [f64; 3],
    /// Direction from the first contact to the last, of any length.
    pub axis: [f64; 3],
    /// Direction that discs face, of any length; only what is at a right angle to the axis counts. Points face nowhere.
    pub facing: [f64; 3],
    /// Radius of the contacts, µm, which are discs; without one they are points.
    pub contact_radius_um: Option<f64>,
}

impl Default for Laminar {
    fn default() -> Self {
        Self {
            contacts: 16,
            pitch_um: 100.0,
            first_um: [50.0, 1200.0, 0.0],
            axis: [0.0, -1.0, 0.0],
            facing: [-1.0, 0.0, 0.0],
            contact_radius_um: None,
        }
    }
}

impl Laminar {
    /// The probe.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::ContactCount`] for no contacts or too many, [`ExtracellularError::Parameter`] for a distance,
    /// radius or length of a direction that is not positive, [`ExtracellularError::NotFinite`] for a first contact that is
    /// nowhere, [`ExtracellularError::Parallel`] for discs that face along the probe.
    pub fn build(&self) -> Result<Probe, ExtracellularError> {
        let contacts = check_count("contacts", self.contacts)?;
        let pitch_um = positive("distance between contacts (µm)", self.pitch_um)?;
        let first_um = finite("place of the probe (µm)", self.first_um)?;
        let axis = unit("length of the axis", self.axis)?;
        let contact = match self.contact_radius_um {
            None => Contact::Point,
            radius_um => Plane::new(first_um, self.axis, self.facing)?.disc(radius_um)?,
        };
        let electrode = |index| {
            let along_um = index as f64 * pitch_um;
            let position_um = std::array::from_fn(|i| first_um[i] + axis[i] * along_um);
            Electrode::new(position_um, contact)
        };
        Probe::numbered("laminar", (0..contacts).map(electrode).collect())
    }
}

impl Described for Laminar {
    fn keys(&mut self) -> Vec<Key<'_>> {
        let mut keys = vec![
            key("n", "contacts", &mut self.contacts),
            key("pitch", "distance between neighbors, µm", &mut self.pitch_um),
        ];
        keys.extend(coordinates("first contact", &mut self.first_um));
        keys.extend([
            key("axis", "direction from the first contact to the last", &mut self.axis),
            key("facing", "direction that discs face", &mut self.facing),
            key("radius", "radius of contacts, µm", &mut self.contact_radius_um),
        ]);
        keys
    }

    fn build(&self) -> Result<Probe, ExtracellularError> {
        self.build()
    }
}
