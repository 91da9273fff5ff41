use serde::{Deserialize, Serialize};

use super::description::{Described, Key, coordinates, key};
use super::plane::Plane;
use super::{Probe, check_count};
use crate::error::positive;
use crate::{Electrode, ExtracellularError};

/// A grid of discs in a plane of constant z, facing +z: an electrode array under a slice, numbered row by row, both along x
/// within a row and along y from row to row upward.
///
/// By default 16 rows of 11 discs of 10 µm diameter, 100 µm apart, from x = −500 to 500 µm and y = −300 to 1200 µm at
/// z = −50 µm.
///
/// ```
/// use apical_extracellular::PlanarArray;
///
/// let mut array = PlanarArray::default();
/// (array.rows, array.columns, array.pitch_um) = (2, 3, 30.0);
/// array.center_um = [0.0, 0.0, -20.0];
/// let probe = array.build()?;
/// assert_eq!(probe[0].position_um(), [-30.0, -15.0, -20.0]);
/// assert_eq!(probe[5].position_um(), [30.0, 15.0, -20.0]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[doc(alias = "MEA")]
pub struct PlanarArray {
    /// Number of rows, along y.
    pub rows: usize,
    /// Number of contacts of each row, along x.
    pub columns: usize,
    /// Distance between neighbors, µm.
    pub pitch_um: f64,
    /// Middle of the array, µm.
    pub center_um: [f64; 3],
    /// Radius of the contacts, µm, which are discs; without one they are points.
    pub contact_radius_um: Option<f64>,
}

impl Default for PlanarArray {
    fn default() -> Self {
        Self {
            rows: 16,
            columns: 11,
            pitch_um: 100.0,
            center_um: [0.0, 450.0, -50.0],
            contact_radius_um: Some(5.0),
        }
    }
}

impl PlanarArray {
    /// The probe.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::ContactCount`] for no contacts or too many, [`ExtracellularError::Parameter`] for a distance or
    /// radius that is not positive, [`ExtracellularError::NotFinite`] for a middle that is not finite.
    pub fn build(&self) -> Result<Probe, ExtracellularError> {
        let rows = check_count("rows", self.rows)?;
        let columns = check_count("columns", self.columns)?;
        check_count("contacts", rows.saturating_mul(columns))?;
        let pitch_um = positive("distance between contacts (µm)", self.pitch_um)?;
        let plane = Plane::new(self.center_um, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])?;
        let contact = plane.disc(self.contact_radius_um)?;
        let along =
            |index: usize, count: usize| (index as f64 - 0.5 * (count - 1) as f64) * pitch_um;
        let electrode = |index| {
            let (row, column) = (index / columns, index % columns);
            Electrode::new(plane.at(along(column, columns), along(row, rows)), contact)
        };
        Probe::numbered("array", (0..rows * columns).map(electrode).collect())
    }
}

impl Described for PlanarArray {
    fn keys(&mut self) -> Vec<Key<'_>> {
        let mut keys = vec![
            key("rows", "rows, along y", &mut self.rows),
            key("columns", "contacts of each row, along x", &mut self.columns),
            key("pitch", "distance between neighbors, µm", &mut self.pitch_um),
        ];
        keys.extend(coordinates("middle", &mut self.center_um));
        keys.push(key("radius", "radius of contacts, µm", &mut self.contact_radius_um));
        keys
    }

    fn build(&self) -> Result<Probe, ExtracellularError> {
        self.build()
    }
}
