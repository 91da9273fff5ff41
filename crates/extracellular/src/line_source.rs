use std::f64::consts::PI;

use apical_morphology::CompartmentGeometry;
use fearless_simd::{Select, Simd, SimdBase, SimdFloat, SimdMask, f64x8};

use crate::kernel::{
    self, Potential, Segments, Source, cross_squared, dot, from_start, mean_inverse_distance,
};
use crate::{Conductivity, ForwardModel, Moved};

/// Every compartment is a line from end to end, its current spread evenly along it (Holt & Koch 1999,
/// doi:10.1023/A:1008832702585): φ = I/(4π·σ·L) · ln((a + b + L)/(a + b − L)) with the length L of the line and the distances
/// a and b from its ends. Exact to rounding on the axis, at the ends, far away, and for lines without length, which are
/// points.
///
/// Where the conductivity depends on the direction, space is stretched by 1/√σ along each axis.
///
/// An electrode nearer than the radius is moved away from the axis as in LFPykit 0.6: in an isotropic medium, it is kept out
/// of the endless cylinder of that radius around the axis, elsewhere off the line from end to end. Where it is on the axis,
/// it is moved at a right angle to it, for anisotropic media in the plane of x and y (of a line without extent in x, in that
/// of y and z).
///
/// ```
/// use apical_extracellular::{Conductivity, Electrode, LineSource, TransferMatrix};
/// use apical_morphology::CompartmentGeometry;
///
/// let geometry = CompartmentGeometry::new(&[[[0.0; 3], [0.0, 40.0, 0.0]]], &[2.0])?;
/// let model = LineSource::new(Conductivity::isotropic(0.3)?);
/// let electrodes = [Electrode::point([10.0, 20.0, 0.0]), Electrode::point([0.5, 20.0, 0.0])];
/// let matrix = TransferMatrix::new(&model, &geometry, &electrodes)?;
/// // The second electrode lies within the membrane: its potential is that at the radius.
/// assert_eq!(matrix.moved().len(), 1);
/// assert_eq!((matrix.moved()[0].point, matrix.moved()[0].distance_um), (1, 0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LineSource {
    conductivity: Conductivity,
}

impl LineSource {
    /// Line sources in a medium of this conductivity.
    #[must_use]
    pub const fn new(conductivity: Conductivity) -> Self {
        Self { conductivity }
    }
}

impl ForwardModel for LineSource {
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

struct Isotropic(Conductivity);

impl Source for Isotropic {
    #[inline(always)]
    fn potential<S: Simd>(&self, segments: &Segments<S>, point_um: [f64; 3]) -> Potential<S> {
        let v = from_start(segments, point_um);
        let along = dot(v, segments.axis);
        let is_line = segments.length.simd_gt(f64x8::splat(segments.simd, 0.0));
        // A line without length has no axis.
        let across_squared = is_line.select(cross_squared(v, segments.axis), dot(v, v));
        let mean = mean_inverse_distance(
            segments.simd,
            along,
            across_squared.max(segments.radius_squared),
            segments.length,
            segments.inverse_length,
        );
        let per_na = mean * (1.0 / (4.0 * PI * self.0.s_per_m()[0]));
        Potential { per_na, distance_squared: across_squared }
    }
}

struct Anisotropic(Conductivity);

impl Source for Anisotropic {
    #[inline(always)]
    fn potential<S: Simd>(&self, segments: &Segments<S>, point_um: [f64; 3]) -> Potential<S> {
        let simd = segments.simd;
        let (v, distance_squared) = outside_radius(segments, from_start(segments, point_um));
        let sigma = self.0.s_per_m();
        let scale = sigma.map(|sigma| 1.0 / sigma.sqrt());
        let v = [0, 1, 2].map(|axis| v[axis] * scale[axis]);
        let extent = [0, 1, 2].map(|axis| segments.extent[axis] * scale[axis]);
        let length = dot(extent, extent).sqrt();
        let inverse_length = f64x8::splat(simd, 1.0) / length;
        let zero = f64x8::splat(simd, 0.0);
        let is_line = length.simd_gt(zero);
        let axis = extent.map(|component| is_line.select(component * inverse_length, zero));
        let along = dot(v, axis);
        let across_squared = is_line.select(cross_squared(v, axis), dot(v, v));
        let mean = mean_inverse_distance(simd, along, across_squared, length, inverse_length);
        let [x, y, z] = sigma;
        Potential { per_na: mean * (1.0 / (4.0 * PI * (x * y * z).sqrt())), distance_squared }
    }
}

/// A point as seen from the first end, moved out of the membrane, and the square of its distance from the line before.
#[inline(always)]
fn outside_radius<S: Simd>(segments: &Segments<S>, v: [f64x8<S>; 3]) -> ([f64x8<S>; 3], f64x8<S>) {
    let splat = |value| f64x8::splat(segments.simd, value);
    let along = dot(v, segments.axis).max(splat(0.0)).min(segments.length);
    let nearest = segments.axis.map(|component| component * along);
    let away = [0, 1, 2].map(|axis| v[axis] - nearest[axis]);
    let distance_squared = dot(away, away);
    let too_near = distance_squared.simd_lt(segments.radius_squared);
    if !too_near.any_true() {
        return (v, distance_squared);
    }
    let distance = distance_squared.sqrt();
    let [x, y, z] = segments.extent;
    let upright = x.abs().simd_le(splat(ON_THE_AXIS_UM));
    let square =
        [upright.select(splat(0.0), -y), upright.select(z, x), upright.select(-y, splat(0.0))];
    // A point has no axis either.
    let square_norm = dot(square, square).sqrt();
    let no_square = square_norm.simd_le(splat(0.0));
    let square = [no_square.select(splat(1.0), square[0]), square[1], square[2]];
    let square_norm = no_square.select(splat(1.0), square_norm);
    let on_axis = distance.simd_lt(splat(ON_THE_AXIS_UM));
    let norm = on_axis.select(square_norm, distance);
    let stretch = segments.radius / norm;
    let moved = [0, 1, 2].map(|axis| {
        let direction = on_axis.select(square[axis], away[axis]);
        too_near.select(direction.mul_add(stretch, nearest[axis]), v[axis])
    });
    (moved, distance_squared)
}

/// A point so near to the axis has no direction from it.
const ON_THE_AXIS_UM: f64 = 1e-8;
