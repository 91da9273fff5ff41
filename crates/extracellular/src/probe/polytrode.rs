use serde::{Deserialize, Serialize};

use super::description::{Described, Key, coordinates, key};
use super::plane::Plane;
use super::{Probe, check_count};
use crate::error::{finite, positive};
use crate::{Electrode, ExtracellularError};

/// Columns of discs on one shank, every second column shifted along it: a polytrode (Blanche et al. 2005,
/// doi:10.1152/jn.01023.2004), numbered column by column, each from the tip of the shank up.
///
/// By default 2 columns of 16 discs of 177 µm² in triangles with sides of 50 µm, like NeuroNexus's A1x32-Poly2, at x = 50 µm
/// from y = −300 to 475 µm, facing −x.
///
/// ```
/// use apical_extracellular::Polytrode;
///
/// // The middle of NeuroNexus's A1x32-Poly3.
/// let mut polytrode = Polytrode::default();
/// (polytrode.columns, polytrode.rows) = (3, 10);
/// (polytrode.column_pitch_um, polytrode.row_pitch_um) = (18.0, 25.0);
/// polytrode.stagger_um = -12.5;
/// let probe = polytrode.build()?;
/// assert_eq!(probe[0].position_um(), [50.0, -300.0, -18.0]);
/// assert_eq!(probe[10].position_um(), [50.0, -312.5, 0.0]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Polytrode {
    /// Number of columns.
    pub columns: usize,
    /// Number of contacts of each column.
    pub rows: usize,
    /// Distance between neighboring columns, µm.
    pub column_pitch_um: f64,
    /// Distance between neighbors within a column, µm.
    pub row_pitch_um: f64,
    /// How far every second column is shifted along the axis, µm.
    pub stagger_um: f64,
    /// Middle of the lowest row, before columns are shifted, µm.
    pub base_um: [f64; 3],
    /// Direction of the shank from its tip up, of any length.
    pub axis: [f64; 3],
    /// Direction that contacts face, of any length; only what is at a right angle to the axis counts. Columns are counted
    /// from left to right, as seen by who looks at the contacts, the axis upward.
    pub facing: [f64; 3],
    /// Radius of the contacts, µm, which are discs; without one they are points.
    pub contact_radius_um: Option<f64>,
}

impl Default for Polytrode {
    fn default() -> Self {
        Self {
            columns: 2,
            rows: 16,
            column_pitch_um: 43.3,
            row_pitch_um: 50.0,
            stagger_um: 25.0,
            base_um: [50.0, -300.0, 0.0],
            axis: [0.0, 1.0, 0.0],
            facing: [-1.0, 0.0, 0.0],
            contact_radius_um: Some(7.5),
        }
    }
}

impl Polytrode {
    /// The probe.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::ContactCount`] for no contacts or too many, [`ExtracellularError::Parameter`] for a distance,
    /// radius or length of a direction that is not positive, [`ExtracellularError::NotFinite`] for a shift or place that is
    /// not finite, [`ExtracellularError::Parallel`] for contacts that face along the shank.
    pub fn build(&self) -> Result<Probe, ExtracellularError> {
        let columns = check_count("columns", self.columns)?;
        let rows = check_count("rows", self.rows)?;
        check_count("contacts", columns.saturating_mul(rows))?;
        let column_pitch_um = positive("distance between columns (µm)", self.column_pitch_um)?;
        let row_pitch_um = positive("distance between rows (µm)", self.row_pitch_um)?;
        let [stagger_um] = finite("shift of columns (µm)", [self.stagger_um])?;
        let plane = Plane::new(self.base_um, self.axis, self.facing)?;
        let contact = plane.disc(self.contact_radius_um)?;
        let middle = 0.5 * (columns - 1) as f64;
        let mut electrodes = Vec::with_capacity(columns * rows);
        for column in 0..columns {
            let across_um = (column as f64 - middle) * column_pitch_um;
            let shift_um = if column % 2 == 0 { 0.0 } else { stagger_um };
            electrodes.extend((0..rows).map(|row| {
                let along_um = row as f64 * row_pitch_um + shift_um;
                Electrode::new(plane.at(across_um, along_um), contact)
            }));
        }
        Probe::numbered("polytrode", electrodes)
    }
}

impl Described for Polytrode {
    fn keys(&mut self) -> Vec<Key<'_>> {
        let mut keys = vec![
            key("columns", "columns", &mut self.columns),
            key("rows", "contacts of each column", &mut self.rows),
            key("column_pitch", "distance between columns, µm", &mut self.column_pitch_um),
            key("row_pitch", "distance within a column, µm", &mut self.row_pitch_um),
            key("stagger", "shift of every second column, µm", &mut self.stagger_um),
        ];
        keys.extend(coordinates("middle of the lowest row", &mut self.base_um));
        keys.extend([
            key("axis", "direction of the shank from its tip up", &mut self.axis),
            key("facing", "direction that contacts face", &mut self.facing),
            key("radius", "radius of contacts, µm", &mut self.contact_radius_um),
        ]);
        keys
    }

    fn build(&self) -> Result<Probe, ExtracellularError> {
        self.build()
    }
}
