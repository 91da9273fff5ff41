//! The file format of probeinterface (doi:10.3389/fninf.2022.823056), JSON.

mod read;
mod strict;
mod write;

use super::Probe;
use crate::ExtracellularError;

impl Probe {
    /// All probes of a file of probeinterface, given as text.
    ///
    /// Lengths are converted to µm. A probe of two dimensions is laid into the plane z = 0, its x along x and its y along y.
    /// A contact lies in the plane of its two axes, which are taken as directions; a circle of radius 0 is a point. What is
    /// not geometry is left out: the wiring to channels, too, so that electrodes have the order of the file's contacts.
    ///
    /// A probe is called what its annotations give as its name or else model, or the file as its id, or else by its index.
    ///
    /// ```
    /// use apical_extracellular::{Contact, Probe};
    ///
    /// let json = r#"{"specification": "probeinterface", "version": "0.4.2", "probes": [{
    ///     "ndim": 2, "si_units": "mm", "annotations": {"name": "pair"},
    ///     "contact_positions": [[0.0, 0.0], [0.0, 0.1]], "contact_ids": ["a", "b"],
    ///     "contact_shapes": ["circle", "rect"],
    ///     "contact_shape_params": [{"radius": 0.005}, {"width": 0.01, "height": 0.02}]}]}"#;
    /// let probes = Probe::from_probeinterface(json)?;
    /// assert_eq!(probes[0].name(), "pair");
    /// assert_eq!(probes[0][1].position_um(), [0.0, 100.0, 0.0]);
    /// assert_eq!(probes[0][0].contact(), Contact::disc(5.0, [0.0, 0.0, 1.0])?);
    /// # Ok::<(), apical_extracellular::ExtracellularError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::NotJson`], or [`ExtracellularError::Field`] for a text that is no file of probeinterface;
    /// otherwise [`ExtracellularError::InProbe`] around what is wrong with a probe, within
    /// [`ExtracellularError::InContact`] where it is a contact: [`ExtracellularError::Field`] for what is missing or cannot be
    /// there, [`ExtracellularError::FieldLength`] for lists of different lengths, and those of [`new`](Self::new),
    /// [`Contact::disc`](crate::Contact::disc) and [`Contact::rectangle`](crate::Contact::rectangle).
    pub fn from_probeinterface(json: &str) -> Result<Vec<Self>, ExtracellularError> {
        read::read(json)
    }

    /// The file of probeinterface with these probes, for `probeinterface.read_probeinterface`.
    ///
    /// All have three dimensions, in µm; points are circles of radius 0. Probeinterface refuses to read a probe two of whose
    /// contacts are at one place.
    ///
    /// ```
    /// use apical_extracellular::{Neuropixels, Probe};
    ///
    /// let probes = [Probe::six_around([0.0; 3])?, Neuropixels::default().build()?];
    /// let json = Probe::to_probeinterface(&probes);
    /// assert_eq!(Probe::from_probeinterface(&json)?, probes);
    /// # Ok::<(), apical_extracellular::ExtracellularError>(())
    /// ```
    #[must_use]
    pub fn to_probeinterface(probes: &[Self]) -> String {
        write::write(probes)
    }
}
