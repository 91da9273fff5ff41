use std::f64::consts::PI;

use nalgebra::Vector3;

use crate::error::{DIPOLE_LOCATION, check_point, check_shape, finite};
use crate::sphere_series::{Interfaces, Series};
use crate::{Conductivity, ExtracellularError, VolumeConductor};

/// A conducting sphere around the origin and any number of shells around it, in air: a head. The dipole is in the inner
/// sphere, electrodes anywhere in the head.
///
/// For a dipole p at z₀·ẑ and an electrode at r·r̂, with c = r̂·ẑ, the potential is
///
/// φ = Σₙ fₙ(r)·[n·Pₙ(c)·(p·ẑ) + Pₙ′(c)·(p·(r̂ − c·ẑ))]/(4π·σ₁),
///
/// where fₙ = z₀ⁿ⁻¹/rⁿ⁺¹ in an endless medium, and elsewhere what the potential and the current across the interfaces ask
/// for, found degree by degree from outside inwards (the model of Næss et al. 2017, doi:10.3389/fnhum.2017.00490, for any
/// number of shells). In the inner sphere, the part of the endless medium is taken in closed form. The series ends where
/// what is left of it is below 10⁻¹⁸ of the sum of its terms' magnitudes.
///
/// A flat contact on the scalp has its rim in the air, and is refused: EEG electrodes are points, or lie deeper by what the
/// sphere is curved, radius²/2R.
///
/// ```
/// use apical_extracellular::{LayeredSphere, VolumeConductor};
///
/// let head = LayeredSphere::four_sphere();
/// // 1 mm below the surface of the brain, which is towards z; electrodes above it on brain and scalp.
/// let location_um = [0.0, 0.0, 78e3];
/// let rows = head.point_potentials(location_um, &[[0.0, 0.0, 79e3], [0.0, 0.0, 90e3]])?;
/// // The skull spares the scalp most of the potential.
/// assert!(rows[0][2] > 100.0 * rows[1][2]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "FourSphereVolumeConductor")]
pub struct LayeredSphere {
    radii_um: Vec<f64>,
    conductivities_s_per_m: Vec<f64>,
}

/// Terms after which the series is given up: a dipole 4 µm below an electrode on the surface of a brain of 79 mm needs as
/// many.
pub(crate) const MAX_TERMS: usize = 1_000_000;

/// An electrode may exceed the outer radius by this much, relative, as coordinates on a sphere do by rounding.
const OUTER_RADIUS_TOLERANCE: f64 = 1e-9;

impl LayeredSphere {
    /// A sphere and shells of these outer radii, µm, and conductivities, S/m, from inside outwards.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Radius`] unless there is a radius, and each is finite and larger than the one before (the first,
    /// than zero),
    /// [`ExtracellularError::Shape`] unless there are as many conductivities,
    /// [`ExtracellularError::Conductivity`] unless all are positive and finite.
    pub fn new(
        radii_um: &[f64],
        conductivities_s_per_m: &[f64],
    ) -> Result<Self, ExtracellularError> {
        if radii_um.is_empty() {
            return Err(ExtracellularError::Radius { shell: 0, value_um: 0.0 });
        }
        let mut inside_um = 0.0;
        for (shell, &value_um) in radii_um.iter().enumerate() {
            if !(value_um.is_finite() && value_um > inside_um) {
                return Err(ExtracellularError::Radius { shell, value_um });
            }
            inside_um = value_um;
        }
        check_shape("conductivities [shells]", radii_um.len(), conductivities_s_per_m.len())?;
        for &value in conductivities_s_per_m {
            Conductivity::isotropic(value)?;
        }
        Ok(Self {
            radii_um: radii_um.to_vec(),
            conductivities_s_per_m: conductivities_s_per_m.to_vec(),
        })
    }

    /// The usual head of Næss et al. 2017: brain, cerebrospinal fluid, skull and scalp with outer radii of 79, 80, 85 and
    /// 90 mm and 0.3, 1.5, 0.015 and 0.3 S/m.
    #[must_use]
    pub fn four_sphere() -> Self {
        Self {
            radii_um: vec![79e3, 80e3, 85e3, 90e3],
            conductivities_s_per_m: vec![0.3, 1.5, 0.015, 0.3],
        }
    }

    /// Outer radii of the sphere and the shells, µm, ascending.
    #[must_use]
    pub fn radii_um(&self) -> &[f64] {
        &self.radii_um
    }

    /// Conductivities of the sphere and the shells, S/m.
    #[must_use]
    pub fn conductivities_s_per_m(&self) -> &[f64] {
        &self.conductivities_s_per_m
    }

    /// Radius of the head, µm.
    pub(crate) fn outer_radius_um(&self) -> f64 {
        self.radii_um[self.radii_um.len() - 1]
    }

    /// A dipole in the inner sphere.
    pub(crate) fn check_dipole(&self, location_um: [f64; 3]) -> Result<(), ExtracellularError> {
        finite(DIPOLE_LOCATION, location_um)?;
        let distance_um = Vector3::from(location_um).norm();
        let radius_um = self.radii_um[0];
        if distance_um < radius_um {
            Ok(())
        } else {
            Err(ExtracellularError::DipoleOutside { distance_um, radius_um })
        }
    }
}

/// A point on its way through the series.
struct Field {
    /// Potential, mV per nA·µm along each axis, that is not in the series, times 4π·σ₁.
    direct: Vector3<f64>,
    /// The sums of the series are multiplied by this, 1/µm².
    scale: f64,
    /// ẑ and r̂ − c·ẑ.
    axes: [Vector3<f64>; 2],
    series: Series,
}

impl LayeredSphere {
    fn field(
        &self,
        location: Vector3<f64>,
        index: usize,
        point_um: [f64; 3],
    ) -> Result<Field, ExtracellularError> {
        check_point(index, point_um)?;
        let outer_um = self.outer_radius_um();
        let point = Vector3::from(point_um);
        let distance_um = point.norm();
        if distance_um > outer_um * (1.0 + OUTER_RADIUS_TOLERANCE) {
            return Err(ExtracellularError::OutsideHead {
                electrode: index,
                distance_um,
                radius_um: outer_um,
            });
        }
        let r = distance_um.min(outer_um);
        let shell = self.radii_um.partition_point(|&radius| radius < r);
        let z0 = location.norm();
        // At the centre any direction serves.
        let outward = point.try_normalize(0.0).unwrap_or_else(Vector3::z);
        let up = location.try_normalize(0.0).unwrap_or(outward);
        let inner_um = self.radii_um[0];
        let (direct, scale, ratio) = if shell == 0 {
            let away = point - location;
            let gap_um = away.norm();
            if gap_um == 0.0 {
                return Err(ExtracellularError::AtDipole {
                    electrode: index,
                    position_um: point_um,
                });
            }
            let (fraction, image) = (r / inner_um, 1.0 / (inner_um * inner_um));
            (away / gap_um / gap_um / gap_um, fraction * image, z0 / inner_um * fraction)
        } else {
            (Vector3::zeros(), 1.0 / (r * r), z0 / r)
        };
        let series = Series::new(shell, r / self.radii_um[shell], ratio, [outward, up]);
        let axes = [up, outward - up * outward.dot(&up)];
        Ok(Field { direct, scale, axes, series })
    }
}

impl VolumeConductor for LayeredSphere {
    fn point_potentials(
        &self,
        location_um: [f64; 3],
        points_um: &[[f64; 3]],
    ) -> Result<Vec<[f64; 3]>, ExtracellularError> {
        self.check_dipole(location_um)?;
        let location = Vector3::from(location_um);
        let mut fields = points_um
            .iter()
            .enumerate()
            .map(|(index, &point)| self.field(location, index, point))
            .collect::<Result<Vec<Field>, _>>()?;
        let mut interfaces = Interfaces::new(&self.radii_um, &self.conductivities_s_per_m);
        let mut open: Vec<usize> = (0..fields.len()).collect();
        for degree in 1..=MAX_TERMS {
            if open.is_empty() {
                break;
            }
            interfaces.find(degree);
            open.retain(|&index| {
                fields[index].series.add(&interfaces);
                !fields[index].series.is_done()
            });
        }
        if let Some(&electrode) = open.first() {
            return Err(ExtracellularError::TooManyTerms {
                electrode,
                ratio: fields[electrode].series.ratio(),
                terms: MAX_TERMS,
            });
        }
        let factor = 1.0 / (4.0 * PI * self.conductivities_s_per_m[0]);
        let potential = |field: Field| {
            let [along, across] = field.series.sums();
            let series = field.axes[0] * along + field.axes[1] * across;
            ((field.direct + series * field.scale) * factor).into()
        };
        Ok(fields.into_iter().map(potential).collect())
    }
}
