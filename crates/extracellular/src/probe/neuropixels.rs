use serde::{Deserialize, Serialize};

use super::Probe;
use super::description::{Described, Key, coordinates, key};
use super::plane::Plane;
use crate::{Electrode, ExtracellularError};

/// Sites of the whole shank.
const SITES: usize = 960;
/// Side of a site, µm.
const SIDE_UM: f64 = 12.0;
const ROW_PITCH_UM: f64 = 20.0;
/// Places of the two sites of even and odd rows, µm from the mid-line of the shank.
const COLUMNS_UM: [[f64; 2]; 2] = [[-8.0, 24.0], [-24.0, 8.0]];

/// Neuropixels 1.0 (Jun et al. 2017, doi:10.1038/nature24636): squares of 12 µm in rows of two, 20 µm apart, in four
/// columns, 16 µm apart, of which even rows have the second and fourth, odd rows the first and third.
///
/// Sites are numbered from the tip up and from left to right, and have the ids `e0`, `e1`, … as in probeinterface. By default
/// the 384 nearest to the tip are recorded from: the uppermost row is at y = 1200 µm, the lowest at −2620 µm, the mid-line of
/// the shank at x = 50 µm, and contacts face −x.
///
/// ```
/// use apical_extracellular::Neuropixels;
///
/// let probe = Neuropixels::default().build()?;
/// assert_eq!(probe.electrodes().len(), 384);
/// assert_eq!(probe[0].position_um(), [50.0, -2620.0, -8.0]);
/// assert_eq!(probe[probe.index_of("e383").unwrap()].position_um(), [50.0, 1200.0, 8.0]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Neuropixels {
    /// Number of sites, from the tip up; the shank has 960.
    pub contacts: usize,
    /// Mid-line of the shank at the lowest row, µm.
    pub base_um: [f64; 3],
    /// Direction of the shank from its tip up, of any length.
    pub axis: [f64; 3],
    /// Direction that sites face, of any length; only what is at a right angle to the axis counts. Left and right are those of
    /// who looks at the sites, the axis upward.
    pub facing: [f64; 3],
}

impl Default for Neuropixels {
    fn default() -> Self {
        Self {
            contacts: 384,
            base_um: [50.0, -2620.0, 0.0],
            axis: [0.0, 1.0, 0.0],
            facing: [-1.0, 0.0, 0.0],
        }
    }
}

impl Neuropixels {
    /// The probe.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::ContactCount`] unless there are 1 to 960 sites, [`ExtracellularError::Parameter`] for a direction
    /// without length, [`ExtracellularError::NotFinite`] for a place that is not finite, [`ExtracellularError::Parallel`] for
    /// sites that face along the shank.
    pub fn build(&self) -> Result<Probe, ExtracellularError> {
        if !(1..=SITES).contains(&self.contacts) {
            let (value, limit) = (self.contacts, SITES);
            return Err(ExtracellularError::ContactCount { what: "contacts", value, limit });
        }
        let plane = Plane::new(self.base_um, self.axis, self.facing)?;
        let contact = plane.square(SIDE_UM)?;
        let electrode = |site: usize| {
            let row = site / 2;
            let across_um = COLUMNS_UM[row % 2][site % 2];
            Electrode::new(plane.at(across_um, row as f64 * ROW_PITCH_UM), contact)
        };
        let ids = (0..self.contacts).map(|site| format!("e{site}")).collect();
        Probe::new("neuropixels", ids, (0..self.contacts).map(electrode).collect())
    }
}

impl Described for Neuropixels {
    fn keys(&mut self) -> Vec<Key<'_>> {
        let mut keys = vec![key("n", "sites from the tip up, at most 960", &mut self.contacts)];
        keys.extend(coordinates("mid-line of the shank at the lowest row", &mut self.base_um));
        keys.extend([
            key("axis", "direction of the shank from its tip up", &mut self.axis),
            key("facing", "direction that sites face", &mut self.facing),
        ]);
        keys
    }

    fn build(&self) -> Result<Probe, ExtracellularError> {
        self.build()
    }
}
