use serde::{Deserialize, Serialize};

use super::Probe;
use super::description::{Described, Key, coordinates, key};
use super::plane::unit;
use crate::electrode::across;
use crate::error::{finite, positive};
use crate::{Contact, Electrode, ExtracellularError};

/// The cut end of four wires that are twisted together (Gray et al. 1995, doi:10.1016/0165-0270(95)00085-2): discs at the
/// corners of a square at a right angle to the wires, numbered around it.
///
/// By default the corners are 25 µm apart, and the wire is 12.7 µm (half a thousandth of an inch) thick; the end is at
/// x = 50 µm and points to −y, so that its sides are along x and z.
///
/// ```
/// use apical_extracellular::Tetrode;
///
/// let probe = Tetrode::default().build()?;
/// let [a, b] = [probe[0].position_um(), probe[1].position_um()];
/// assert_eq!((a[1], b[1]), (0.0, 0.0));
/// assert_eq!((a[0] - b[0]).hypot(a[2] - b[2]), 25.0);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Tetrode {
    /// Side of the square, µm: the thickness of a wire with its insulation, where wires touch.
    pub spacing_um: f64,
    /// Middle of the square, µm.
    pub center_um: [f64; 3],
    /// Direction that the wires are advanced in, and that contacts face, of any length.
    pub axis: [f64; 3],
    /// Radius of the contacts, µm, which are discs; without one they are points.
    pub contact_radius_um: Option<f64>,
}

impl Default for Tetrode {
    fn default() -> Self {
        Self {
            spacing_um: 25.0,
            center_um: [50.0, 0.0, 0.0],
            axis: [0.0, -1.0, 0.0],
            contact_radius_um: Some(6.35),
        }
    }
}

impl Tetrode {
    /// The probe.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Parameter`] for a distance, radius or length of the axis that is not positive,
    /// [`ExtracellularError::NotFinite`] for a middle that is not finite.
    pub fn build(&self) -> Result<Probe, ExtracellularError> {
        let half_um = 0.5 * positive("distance between contacts (µm)", self.spacing_um)?;
        let center_um = finite("place of the probe (µm)", self.center_um)?;
        let normal = unit("length of the axis", self.axis)?.into();
        let contact = match self.contact_radius_um {
            None => Contact::Point,
            Some(radius_um) => Contact::disc(radius_um, normal)?,
        };
        let [u, v] = across(normal);
        let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        let electrode = |(a, b): (f64, f64)| {
            let at = |i: usize| center_um[i] + half_um * (a * u[i] + b * v[i]);
            Electrode::new(std::array::from_fn(at), contact)
        };
        Probe::numbered("tetrode", corners.map(electrode).to_vec())
    }
}

impl Described for Tetrode {
    fn keys(&mut self) -> Vec<Key<'_>> {
        let mut keys = vec![key("spacing", "side of the square, µm", &mut self.spacing_um)];
        keys.extend(coordinates("middle", &mut self.center_um));
        keys.extend([
            key("axis", "direction that the wires are advanced in", &mut self.axis),
            key("radius", "radius of contacts, µm", &mut self.contact_radius_um),
        ]);
        keys
    }

    fn build(&self) -> Result<Probe, ExtracellularError> {
        self.build()
    }
}
