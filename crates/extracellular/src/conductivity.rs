use serde::{Deserialize, Serialize};

use crate::ExtracellularError;

/// Conductivity of the extracellular medium, S/m: the same in all directions, or one for each axis.
///
/// ```
/// use apical_extracellular::Conductivity;
///
/// let cortex = Conductivity::isotropic(0.3)?;
/// assert_eq!(cortex, Conductivity::default());
/// assert!(Conductivity::anisotropic([0.3, 0.4, 0.0]).is_err());
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 3]", into = "[f64; 3]")]
#[doc(alias = "sigma")]
pub struct Conductivity([f64; 3]);

impl Conductivity {
    /// The same in all directions, S/m.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Conductivity`] unless it is positive and finite.
    pub fn isotropic(s_per_m: f64) -> Result<Self, ExtracellularError> {
        Self::anisotropic([s_per_m; 3])
    }

    /// Along x, y and z, S/m.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Conductivity`] unless all are positive and finite.
    pub fn anisotropic(s_per_m: [f64; 3]) -> Result<Self, ExtracellularError> {
        match s_per_m.into_iter().find(|value| !(value.is_finite() && *value > 0.0)) {
            Some(value) => Err(ExtracellularError::Conductivity { value }),
            None => Ok(Self(s_per_m)),
        }
    }

    /// Along x, y and z, S/m.
    #[must_use]
    pub const fn s_per_m(self) -> [f64; 3] {
        self.0
    }

    /// Whether it is the same in all directions.
    #[must_use]
    pub fn is_isotropic(self) -> bool {
        let [x, y, z] = self.0;
        x == y && y == z
    }
}

/// 0.3 S/m, the usual value for cortex (Goto et al. 2010, doi:10.1152/jn.00009.2010).
impl Default for Conductivity {
    fn default() -> Self {
        Self([0.3; 3])
    }
}

impl TryFrom<[f64; 3]> for Conductivity {
    type Error = ExtracellularError;

    fn try_from(s_per_m: [f64; 3]) -> Result<Self, ExtracellularError> {
        Self::anisotropic(s_per_m)
    }
}

impl From<Conductivity> for [f64; 3] {
    fn from(conductivity: Conductivity) -> Self {
        conductivity.0
    }
}
