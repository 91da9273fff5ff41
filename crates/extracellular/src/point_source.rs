use std::f64::consts::PI;

use apical_morphology::CompartmentGeometry;
use fearless_simd::{Select, Simd, SimdBase, SimdFloat, SimdMask, f64x8};

use crate::kernel::{self, Potential, Segments, Source, dot};
use crate::{Conductivity, ForwardModel, Moved};

/// Every compartment is a point halfway between its ends: φ = I/(4π·σ·r), and where the conductivity depends on the
/// direction, φ = I/(4π·√(σ_y·σ_z·x² + σ_x·σ_z·y² + σ_x·σ_y·z²)) with (x, y, z) from the compartment to the electrode.
///
/// An electrode nearer than the radius is moved away along the line from the middle; one in the very middle, along x.
///
/// ```
/// use apical_extracellular::{Conductivity, Electrode, PointSource, TransferMatrix};
/// use apical_morphology::CompartmentGeometry;
///
/// let geometry = CompartmentGeometry::new(&[[[-5.0, 0.0, 0.0], [5.0, 0.0, 0.0]]], &[2.0])?;
/// let model = PointSource::new(Conductivity::isotropic(0.3)?);
/// let matrix = TransferMatrix::new(&model, &geometry, &[Electrode::point([0.0, 100.0, 0.0])])?;
/// let expected_mv = 1.0 / (4.0 * std::f64::consts::PI * 0.3 * 100.0);
/// assert!((matrix.row(0)[0] - expected_mv).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PointSource {
    conductivity: Conductivity,
}

impl PointSource {
    /// Point sources in a medium of this conductivity.
    #[must_use]
    pub const fn new(conductivity: Conductivity) -> Self {
        Self { conductivity }
    }
}

impl ForwardModel for PointSource {
    fn fill(
        &self,
        geometry: &CompartmentGeometry,
        points_um: &[[f64; 3]],
        values: &mut [f64],
        moved: &mut Vec<Moved>,
    ) {
        if self.conductivity.is_isotropic() {
            kernel::fill(&Isotropic(self.conductivity), geometry, points_um, values, moved);
        } else {
            kernel::fill(&Anisotropic(self.conductivity), geometry, points_um, values, moved);
        }
    }
}

/// From the middle of each compartment to the point.
#[inline(always)]
fn from_middle<S: Simd>(segments: &Segments<S>, point_um: [f64; 3]) -> [f64x8<S>; 3] {
    let from_start = kernel::from_start(segments, point_um);
    [0, 1, 2].map(|axis| segments.extent[axis].mul_add(-0.5, from_start[axis]))
}

struct Isotropic(Conductivity);

impl Source for Isotropic {
    #[inline(always)]
    fn potential<S: Simd>(&self, segments: &Segments<S>, point_um: [f64; 3]) -> Potential<S> {
        let from_middle = from_middle(segments, point_um);
        let distance_squared = dot(from_middle, from_middle);
        let factor = 1.0 / (4.0 * PI * self.0.s_per_m()[0]);
        let distance = distance_squared.max(segments.radius_squared).sqrt();
        let per_na = f64x8::splat(segments.simd, factor) / distance;
        Potential { per_na, distance_squared }
    }
}

struct Anisotropic(Conductivity);

impl Source for Anisotropic {
    #[inline(always)]
    fn potential<S: Simd>(&self, segments: &Segments<S>, point_um: [f64; 3]) -> Potential<S> {
        let simd = segments.simd;
        let [x, y, z] = from_middle(segments, point_um);
        let distance_squared = dot([x, y, z], [x, y, z]);
        let too_near = distance_squared.simd_lt(segments.radius_squared);
        let [x, y, z] = if too_near.any_true() {
            let one = f64x8::splat(simd, 1.0);
            let distance = distance_squared.sqrt();
            let in_middle = distance.simd_lt(f64x8::splat(simd, IN_THE_MIDDLE_UM));
            let stretch = in_middle.select(one, (segments.radius / distance).max(one));
            let moved = [in_middle.select(segments.radius, x), y, z];
            let moved = moved.map(|component| component * stretch);
            [0, 1, 2].map(|axis| too_near.select(moved[axis], [x, y, z][axis]))
        } else {
            [x, y, z]
        };
        let [sx, sy, sz] = self.0.s_per_m();
        let weighted = [x * (sy * sz).sqrt(), y * (sx * sz).sqrt(), z * (sx * sy).sqrt()];
        let per_na = f64x8::splat(simd, 1.0 / (4.0 * PI)) / dot(weighted, weighted).sqrt();
        Potential { per_na, distance_squared }
    }
}

/// A point so near to the middle has no direction from it.
const IN_THE_MIDDLE_UM: f64 = 1e-4;
