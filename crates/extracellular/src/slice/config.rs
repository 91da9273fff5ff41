use serde::{Deserialize, Serialize};

use super::SliceOnArray;
use super::image_series::power_series;
use crate::error::{finite, not_negative, positive};
use crate::{Conductivity, ExtracellularError, SourceShape};

/// A brain slice on an array, before it is checked: the default is 300 µm of cortex in saline on glass, with the array at
/// z = 0 (Ness et al. 2015, doi:10.1007/s12021-015-9265-6).
///
/// ```
/// use apical_extracellular::SliceConfig;
///
/// let mut slice = SliceConfig::default();
/// slice.thickness_um = 200.0;
/// slice.build()?;
/// // Between two insulators, the potential of a current that does not return has no limit.
/// slice.saline_s_per_m = 0.0;
/// assert!(slice.build().is_err());
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SliceConfig {
    /// Conductivity of the slice, the same in all directions, S/m.
    #[doc(alias = "sigma_T")]
    pub tissue_s_per_m: f64,
    /// Conductivity of what is above the slice, S/m.
    #[doc(alias = "sigma_S")]
    pub saline_s_per_m: f64,
    /// Conductivity of the array, S/m; 0 for an insulator.
    #[doc(alias = "sigma_G")]
    pub glass_s_per_m: f64,
    /// Thickness of the slice, µm.
    #[doc(alias = "h")]
    pub thickness_um: f64,
    /// z of the array's plane, from which the slice goes up, µm.
    #[doc(alias = "z_shift")]
    pub array_z_um: f64,
    /// What stands for a compartment.
    pub sources: SourceShape,
}

impl Default for SliceConfig {
    fn default() -> Self {
        Self {
            tissue_s_per_m: 0.3,
            saline_s_per_m: 1.5,
            glass_s_per_m: 0.0,
            thickness_um: 300.0,
            array_z_um: 0.0,
            sources: SourceShape::Line,
        }
    }
}

impl SliceConfig {
    /// The model with these parameters.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Conductivity`] unless the tissue's conductivity is positive and finite,
    /// [`ExtracellularError::Negative`] unless those of saline and glass are finite and at least 0,
    /// [`ExtracellularError::Parameter`] unless the thickness is positive and finite,
    /// [`ExtracellularError::NotFinite`] for the array's z,
    /// [`ExtracellularError::Images`] if both are so much worse (or better) conductors than the tissue that the images do
    /// not converge.
    pub fn build(&self) -> Result<SliceOnArray, ExtracellularError> {
        let tissue = Conductivity::isotropic(self.tissue_s_per_m)?;
        let saline = not_negative("conductivity of the saline (S/m)", self.saline_s_per_m)?;
        let glass = not_negative("conductivity of the glass (S/m)", self.glass_s_per_m)?;
        let thickness_um = positive("thickness of the slice (µm)", self.thickness_um)?;
        let [array_z_um] = finite("z of the array (µm)", [self.array_z_um])?;

        let sigma = self.tissue_s_per_m;
        let to_saline = (sigma - saline) / (sigma + saline);
        let to_glass = (sigma - glass) / (sigma + glass);
        let product = to_saline * to_glass;
        let log_magnitude = if product > 0.0 {
            // 1 − product, which decides how fast the sum converges, without cancellation.
            let complement = 2.0 * sigma / (sigma + saline) * ((saline + glass) / (sigma + glass));
            (-complement).ln_1p()
        } else {
            product.abs().ln()
        };
        let series = power_series(product < 0.0, log_magnitude)
            .ok_or(ExtracellularError::Images { product })?;
        Ok(SliceOnArray::new(
            (self.sources, tissue),
            [array_z_um, thickness_um],
            [to_saline, to_glass],
            &series,
        ))
    }
}
