//! Arrangements of electrodes: by hand, of common devices, from files and from a line of text.

mod description;
mod laminar;
mod neuropixels;
mod planar_array;
mod plane;
mod polytrode;
mod probeinterface;
mod spherical_grid;
mod tetrode;

use std::collections::HashMap;
use std::ops::Index;

use apical_morphology::MorphologyError;
use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

use crate::error::{check_shape, finite};
use crate::{Contact, Electrode, ExtracellularError};

pub use laminar::Laminar;
pub use neuropixels::Neuropixels;
pub use planar_array::PlanarArray;
pub use polytrode::Polytrode;
pub use spherical_grid::SphericalGrid;
pub use tetrode::Tetrode;

/// Electrodes that belong together, each with an id.
///
/// There is at least one, and no two have the same id. Where nothing else gives them one, ids are `"0"`, `"1"`, …
///
/// ```
/// use apical_extracellular::{Laminar, Probe};
///
/// let points = Probe::points(&[[30.0, 0.0, 0.0], [0.0, 200.0, 50.0]])?;
/// assert_eq!(points[1].position_um(), [0.0, 200.0, 50.0]);
/// assert_eq!(points.ids(), ["0", "1"]);
///
/// // A laminar probe beside a cell whose soma is at x = 100 µm.
/// let laminar = Laminar::default().build()?.translated([100.0, 0.0, 0.0])?;
/// assert_eq!(laminar.electrodes().len(), 16);
/// assert_eq!(laminar[0].position_um(), [150.0, 1200.0, 0.0]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedProbe")]
pub struct Probe {
    name: String,
    ids: Vec<String>,
    electrodes: Vec<Electrode>,
}

#[derive(Deserialize)]
struct UncheckedProbe {
    name: String,
    ids: Vec<String>,
    electrodes: Vec<Electrode>,
}

impl TryFrom<UncheckedProbe> for Probe {
    type Error = ExtracellularError;

    fn try_from(probe: UncheckedProbe) -> Result<Self, ExtracellularError> {
        Self::new(probe.name, probe.ids, probe.electrodes)
    }
}

/// Sites around a cell, µm from the middle of its soma.
const SIX_UM: [[f64; 3]; 6] = [
    [30.0, 0.0, 0.0],
    [-50.0, -100.0, 20.0],
    [40.0, 300.0, 0.0],
    [60.0, 620.0, 10.0],
    [-80.0, 800.0, -20.0],
    [100.0, 1000.0, 30.0],
];

impl Probe {
    /// A probe of this name, with an id for each electrode.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::NoContacts`] without electrodes, [`ExtracellularError::Shape`] unless there are as many ids,
    /// [`ExtracellularError::RepeatedId`] for an id that occurs twice, [`ExtracellularError::Coordinate`] for an electrode
    /// without a place, and [`ExtracellularError::InContact`] for a contact that is not a disc or rectangle with a size.
    pub fn new(
        name: impl Into<String>,
        ids: Vec<String>,
        electrodes: Vec<Electrode>,
    ) -> Result<Self, ExtracellularError> {
        if electrodes.is_empty() {
            return Err(ExtracellularError::NoContacts);
        }
        check_shape("ids of contacts", electrodes.len(), ids.len())?;
        let mut seen = HashMap::with_capacity(ids.len());
        for (second, id) in ids.iter().enumerate() {
            if let Some(first) = seen.insert(id, second) {
                return Err(ExtracellularError::RepeatedId { first, second, id: id.clone() });
            }
        }
        let check = |(index, electrode): (usize, Electrode)| checked(index, &electrode);
        let electrodes = electrodes.into_iter().enumerate().map(check).collect::<Result<_, _>>()?;
        Ok(Self { name: name.into(), ids, electrodes })
    }

    /// A probe of this name, with ids that count its electrodes.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn numbered(
        name: impl Into<String>,
        electrodes: Vec<Electrode>,
    ) -> Result<Self, ExtracellularError> {
        let ids = (0..electrodes.len()).map(|index| index.to_string()).collect();
        Self::new(name, ids, electrodes)
    }

    /// Points at these places, µm.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::NoContacts`] without places, [`ExtracellularError::Coordinate`] for one that is not finite.
    pub fn points(positions_um: &[[f64; 3]]) -> Result<Self, ExtracellularError> {
        Self::numbered("points", positions_um.iter().copied().map(Electrode::point).collect())
    }

    /// Six points around a cell with an apical dendrite that ascends in y, near its soma, basal dendrites, trunk, nexus and
    /// tuft: at (30, 0, 0), (−50, −100, 20), (40, 300, 0), (60, 620, 10), (−80, 800, −20) and (100, 1000, 30) µm from the
    /// middle of the soma. Like the sites of Verhellen et al. 2024 (doi:10.1371/journal.pcbi.1011728, Fig. 1D).
    ///
    /// ```
    /// use apical_extracellular::Probe;
    ///
    /// let six = Probe::six_around([0.0, -10.0, 0.0])?;
    /// assert_eq!(six[2].position_um(), [40.0, 290.0, 0.0]);
    /// # Ok::<(), apical_extracellular::ExtracellularError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::NotFinite`] if the middle of the soma, µm, is nowhere.
    pub fn six_around(soma_center_um: [f64; 3]) -> Result<Self, ExtracellularError> {
        Self::numbered("six", SIX_UM.map(Electrode::point).to_vec())?.translated(soma_center_um)
    }

    /// What the probe is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The electrodes, as [`TransferMatrix::new`](crate::TransferMatrix::new) takes them.
    #[must_use]
    pub fn electrodes(&self) -> &[Electrode] {
        &self.electrodes
    }

    /// The id of each electrode.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Index of the electrode with this id.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.ids.iter().position(|other| other == id)
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The same moved, µm.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::NotFinite`] for a translation that is not finite, [`ExtracellularError::Coordinate`] if it ends
    /// out of the range of numbers.
    pub fn translated(&self, translation_um: [f64; 3]) -> Result<Self, ExtracellularError> {
        let translation_um = finite("translation (µm)", translation_um)?;
        self.with_electrodes(|electrode| {
            let position_um = electrode.position_um();
            let moved = std::array::from_fn(|axis| position_um[axis] + translation_um[axis]);
            Electrode::new(moved, electrode.contact())
        })
    }

    /// The same turned around the origin, contacts included, by the matrix with these rows, as
    /// [`CompartmentGeometry::placed`](apical_morphology::CompartmentGeometry::placed) does.
    ///
    /// ```
    /// use apical_extracellular::{Contact, Laminar};
    ///
    /// let mut laminar = Laminar::default();
    /// laminar.first_um = [50.0, 0.0, 0.0];
    /// laminar.contact_radius_um = Some(7.5);
    /// // A quarter turn from x to y.
    /// let turned = laminar.build()?.rotated([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])?;
    /// assert_eq!(turned[1].position_um(), [100.0, 50.0, 0.0]);
    /// assert_eq!(turned[1].contact(), Contact::disc(7.5, [0.0, -1.0, 0.0])?);
    /// # Ok::<(), apical_extracellular::ExtracellularError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Rotation`] if the matrix does more than rotate.
    pub fn rotated(&self, rotation: [[f64; 3]; 3]) -> Result<Self, ExtracellularError> {
        let matrix = Matrix3::from_fn(|row, column| rotation[row][column]);
        let defect = (matrix * matrix.transpose() - Matrix3::identity()).abs().max();
        // Not a number compares as false.
        if !(defect < 1e-9 && matrix.determinant() > 0.0) {
            return Err(MorphologyError::Rotation { rotation }.into());
        }
        let turn = |vector: [f64; 3]| (matrix * Vector3::from(vector)).into();
        self.with_electrodes(|electrode| {
            let contact = match electrode.contact() {
                Contact::Point => Contact::Point,
                Contact::Disc { radius_um, normal } => {
                    Contact::Disc { radius_um, normal: turn(normal) }
                }
                Contact::Rectangle { half_sides_um } => {
                    Contact::Rectangle { half_sides_um: half_sides_um.map(turn) }
                }
            };
            Electrode::new(turn(electrode.position_um()), contact)
        })
    }

    fn with_electrodes(
        &self,
        change: impl Fn(&Electrode) -> Electrode,
    ) -> Result<Self, ExtracellularError> {
        let electrodes = self.electrodes.iter().map(change).collect();
        Self::new(self.name.clone(), self.ids.clone(), electrodes)
    }
}

/// The electrode at this index.
///
/// # Panics
///
/// If there is no such electrode.
impl Index<usize> for Probe {
    type Output = Electrode;

    fn index(&self, index: usize) -> &Electrode {
        &self.electrodes[index]
    }
}

/// An electrode that has a place and a size.
fn checked(index: usize, electrode: &Electrode) -> Result<Electrode, ExtracellularError> {
    let position_um = electrode.position_um();
    if let Some(&value) = position_um.iter().find(|value| !value.is_finite()) {
        return Err(ExtracellularError::Coordinate { electrode: index, value });
    }
    let contact = electrode.contact().checked().map_err(in_contact(index))?;
    Ok(Electrode::new(position_um, contact))
}

/// Says which contact an error is about.
fn in_contact(contact: usize) -> impl FnOnce(ExtracellularError) -> ExtracellularError {
    move |error| ExtracellularError::InContact { contact, source: Box::new(error) }
}

/// More contacts than any device has come of a mistake, and may not fit in memory.
const MAX_CONTACTS: usize = 100_000;

/// A number of contacts that can be meant.
fn check_count(what: &'static str, value: usize) -> Result<usize, ExtracellularError> {
    if (1..=MAX_CONTACTS).contains(&value) {
        Ok(value)
    } else {
        Err(ExtracellularError::ContactCount { what, value, limit: MAX_CONTACTS })
    }
}
