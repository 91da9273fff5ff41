mod config;
mod image_series;

pub use config::SliceConfig;

use apical_core::CompartmentId;
use apical_morphology::CompartmentGeometry;

use crate::{Conductivity, ExtracellularError, ForwardModel, Moved, SourceShape};

/// A brain slice on a planar microelectrode array, by the method of images (Ness et al. 2015,
/// doi:10.1007/s12021-015-9265-6). Made by [`SliceConfig::build`].
///
/// Tissue of conductivity σ_T goes from the array's plane z = 0 up to z = h. Below it is glass, σ_G, above it saline, σ_S.
/// With W_S = (σ_T − σ_S)/(σ_T + σ_S), W_G likewise, q = W_S·W_G, and f(z) for what a compartment in endless tissue of
/// conductivity σ_T does at the electrode if z stands for the electrode's, the potential is
///
/// f(z) + W_S·f(2h − z) + W_G·f(−z)
/// + Σ_{n ≥ 1} qⁿ·(W_S·f(2(n + 1)h − z) + W_G·f(−2nh − z) + f(2nh + z) + f(−2nh + z)),
///
/// since the distance from an electrode to a mirrored compartment is that from the mirrored electrode to the compartment.
/// So every [`SourceShape`] can be at any depth, over any glass, and so can electrodes within the slice.
///
/// What is left out of the sum is at most 10⁻¹⁵ of a compartment's potential at the distance h in endless tissue, by a
/// rigorous bound: it takes 18 terms for saline of 5·σ_T over an insulator, and never more than 21 where q < 0. Many
/// thicknesses away from a current, where better conductors leave little of the potential, fewer digits of it are right.
/// Electrodes on the array need half of the images.
///
/// An electrode nearer to a compartment than its radius is moved as in an endless medium, and so it is for the images by one
/// reflection, since a soma on the glass also touches its image there. [`Moved`] lists the compartments themselves only.
/// Images by more reflections are further away than h: they have no thickness.
///
/// ```
/// use apical_extracellular::{Electrode, LineSource, SliceConfig, TransferMatrix};
/// use apical_morphology::CompartmentGeometry;
///
/// let geometry = CompartmentGeometry::new(&[[[0.0, 0.0, 40.0], [0.0, 30.0, 40.0]]], &[2.0])?;
/// let electrodes = [Electrode::point([0.0; 3])];
/// let slice = SliceConfig::default().build()?;
/// let in_slice = TransferMatrix::new(&slice, &geometry, &electrodes)?;
/// let endless = TransferMatrix::new(&LineSource::default(), &geometry, &electrodes)?;
/// // The glass nearly doubles the potential.
/// let gain = in_slice.row(0)[0] / endless.row(0)[0];
/// assert!(1.8 < gain && gain < 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias("RecMEAElectrode", "MEA", "method of images"))]
pub struct SliceOnArray {
    sources: SourceShape,
    tissue: Conductivity,
    array_z_um: f64,
    thickness_um: f64,
    /// By one reflection.
    single: [Image; 2],
    /// By more.
    multiple: Vec<Image>,
}

/// A source mirrored and shifted: z from the array becomes sign·z + shift.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Image {
    sign: f64,
    shift_um: f64,
    weight: f64,
}

impl Image {
    /// The site whose distance from a source is that of this site, z from the array, from the image, with the image's
    /// weight.
    fn mirrored_site(self, z_um: f64) -> (f64, f64) {
        (self.sign * (z_um - self.shift_um), self.weight)
    }
}

impl SliceOnArray {
    /// Of the array's z and the thickness, the reflection factors to saline and glass, and pairs of n and the weight of the
    /// images by n round trips.
    fn new(
        (sources, tissue): (SourceShape, Conductivity),
        [array_z_um, thickness_um]: [f64; 2],
        [to_saline, to_glass]: [f64; 2],
        series: &[(f64, f64)],
    ) -> Self {
        let image = |sign, thicknesses: f64, weight| Image {
            sign,
            shift_um: thicknesses * thickness_um,
            weight,
        };
        let round_trips = |&(n, weight): &(f64, f64)| {
            let trips = 2.0 * n;
            [
                image(-1.0, trips + 2.0, weight * to_saline),
                image(-1.0, -trips, weight * to_glass),
                image(1.0, trips, weight),
                image(1.0, -trips, weight),
            ]
        };
        Self {
            sources,
            tissue,
            array_z_um,
            thickness_um,
            single: [image(-1.0, 0.0, to_glass), image(-1.0, 2.0, to_saline)],
            multiple: series.iter().flat_map(round_trips).collect(),
        }
    }

    /// Lowest and highest z, µm.
    fn z_range_um(&self) -> [f64; 2] {
        [self.array_z_um, self.array_z_um + self.thickness_um]
    }

    /// Adds what the sources do at a point's mirrored sites, with their weights, to a row.
    fn add(
        &self,
        geometry: &CompartmentGeometry,
        [x, y, _]: [f64; 3],
        sites: &[(f64, f64)],
        row: &mut [f64],
    ) {
        let mut images = vec![0.0; SITES_AT_ONCE.min(sites.len()) * row.len()];
        for sites in sites.chunks(SITES_AT_ONCE) {
            let points: Vec<_> = sites.iter().map(|(z, _)| [x, y, z + self.array_z_um]).collect();
            let images = &mut images[..points.len() * row.len()];
            self.sources.fill(self.tissue, geometry, &points, images, &mut Vec::new());
            for (image, (_, weight)) in images.chunks_exact(row.len()).zip(sites) {
                row.iter_mut().zip(image).for_each(|(sum, value)| *sum += weight * value);
            }
        }
    }
}

/// Few enough that their rows stay in the cache.
const SITES_AT_ONCE: usize = 16;

impl ForwardModel for SliceOnArray {
    fn check(
        &self,
        geometry: &CompartmentGeometry,
        points_um: &[[f64; 3]],
    ) -> Result<(), ExtracellularError> {
        let z_range_um = self.z_range_um();
        let [bottom, top] = z_range_um;
        let is_outside = |z_um: f64| !(bottom..=top).contains(&z_um);
        for i in 0..geometry.len() {
            for z_um in [geometry.start_um(i)[2], geometry.end_um(i)[2]] {
                if is_outside(z_um) {
                    let compartment = CompartmentId::new(i);
                    return Err(ExtracellularError::CompartmentOutsideSlice {
                        compartment,
                        z_um,
                        z_range_um,
                    });
                }
            }
        }
        match points_um.iter().enumerate().find(|(_, point)| is_outside(point[2])) {
            Some((electrode, &[_, _, z_um])) => {
                Err(ExtracellularError::ElectrodeOutsideSlice { electrode, z_um, z_range_um })
            }
            None => Ok(()),
        }
    }

    fn fill(
        &self,
        geometry: &CompartmentGeometry,
        points_um: &[[f64; 3]],
        values: &mut [f64],
        moved: &mut Vec<Moved>,
    ) {
        if geometry.is_empty() {
            return;
        }
        self.sources.fill(self.tissue, geometry, points_um, values, moved);
        let thin = without_thickness(geometry);
        for (row, &point) in values.chunks_exact_mut(geometry.len()).zip(points_um) {
            let z_um = point[2] - self.array_z_um;
            self.add(geometry, point, &mirrored_sites(&self.single, z_um), row);
            self.add(&thin, point, &mirrored_sites(&self.multiple, z_um), row);
        }
    }
}

/// The sites of a site at this z from the array, and their weights. Those at the same z are one, with the sum of the
/// weights: so are pairs of images for an electrode on the array.
fn mirrored_sites(images: &[Image], z_um: f64) -> Vec<(f64, f64)> {
    let sites = images.iter().map(|image| image.mirrored_site(z_um));
    let mut sites: Vec<_> = sites.filter(|&(_, weight)| weight != 0.0).collect();
    sites.sort_by(|a, b| a.0.total_cmp(&b.0));
    sites.dedup_by(|site, kept| {
        let is_same = site.0 == kept.0;
        if is_same {
            kept.1 += site.1;
        }
        is_same
    });
    sites
}

/// The same lines, so thin that no electrode is within them.
fn without_thickness(geometry: &CompartmentGeometry) -> CompartmentGeometry {
    let ends: Vec<_> =
        (0..geometry.len()).map(|i| [geometry.start_um(i), geometry.end_um(i)]).collect();
    let thin = CompartmentGeometry::new(&ends, &vec![f64::MIN_POSITIVE; ends.len()]);
    // Ends of a geometry make a geometry.
    thin.unwrap_or_else(|_| geometry.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn electrodes_on_the_array_need_half_of_the_images() {
        for (glass_s_per_m, array_z_um) in [(0.0, 0.0), (0.05, -33.3)] {
            let config = SliceConfig { glass_s_per_m, array_z_um, ..SliceConfig::default() };
            let slice = config.build().unwrap();
            let count = |z_um: f64| mirrored_sites(&slice.multiple, z_um).len();
            assert_eq!(count(100.0), slice.multiple.len());
            assert!(count(0.0) <= slice.multiple.len() / 2 + 1);
        }
    }
}
