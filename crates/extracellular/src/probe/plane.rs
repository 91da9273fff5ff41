use nalgebra::Vector3;

use crate::electrode::norm;
use crate::error::{finite, positive};
use crate::{Contact, ExtracellularError};

/// The face of a shank: a plane, in which contacts have a place along the shank and across it.
pub(super) struct Plane {
    origin_um: Vector3<f64>,
    along: Vector3<f64>,
    across: Vector3<f64>,
    normal: Vector3<f64>,
}

impl Plane {
    /// The plane through a place along an axis, facing a direction, of which only what is at a right angle to the axis
    /// counts. Who looks at its face, the axis upward, has the direction across it to the right.
    pub(super) fn new(
        origin_um: [f64; 3],
        axis: [f64; 3],
        facing: [f64; 3],
    ) -> Result<Self, ExtracellularError> {
        let origin_um = finite("place of the probe (µm)", origin_um)?.into();
        let along = unit("length of the axis", axis)?;
        let facing = unit("length of the direction faced", facing)?;
        let across = right_angle("the axis and the direction faced", along, facing)?;
        Ok(Self { origin_um, along, across, normal: across.cross(&along) })
    }

    /// A place in it, µm.
    pub(super) fn at(&self, across_um: f64, along_um: f64) -> [f64; 3] {
        (self.origin_um + self.across * across_um + self.along * along_um).into()
    }

    /// A disc in it; without a radius, a point.
    pub(super) fn disc(&self, radius_um: Option<f64>) -> Result<Contact, ExtracellularError> {
        radius_um.map_or(Ok(Contact::Point), |radius| Contact::disc(radius, self.normal.into()))
    }

    /// A square in it, its sides across and along the shank.
    pub(super) fn square(&self, side_um: f64) -> Result<Contact, ExtracellularError> {
        Contact::rectangle([side_um; 2], [self.across.into(), self.along.into()])
    }
}

/// The unit vector of a direction.
pub(super) fn unit(
    what: &'static str,
    direction: [f64; 3],
) -> Result<Vector3<f64>, ExtracellularError> {
    let length = positive(what, norm(direction))?;
    Ok(Vector3::from(direction) / length)
}

/// The unit vector at a right angle to two others.
pub(super) fn right_angle(
    what: &'static str,
    a: Vector3<f64>,
    b: Vector3<f64>,
) -> Result<Vector3<f64>, ExtracellularError> {
    let cross = a.cross(&b);
    let sine = cross.norm();
    if sine < 1e-6 {
        return Err(ExtracellularError::Parallel { what, sine });
    }
    Ok(cross / sine)
}
