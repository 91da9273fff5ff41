mod grid;
mod layer;

pub use grid::RectilinearGrid;
pub use layer::{LaminarAxis, Layer};

use apical_morphology::CompartmentGeometry;
use sprs::{CsMat, TriMat};

use crate::ExtracellularError;
use crate::error::check_shape;

/// The true density of current sources, nA/µm³, that estimates from potentials are measured against: the operator from
/// membrane currents, nA, to their sum in each of some volumes, divided by the volume.
///
/// The current of a compartment is spread evenly along the line from end to end, of which a volume gets the share of length
/// within it, exactly. A compartment without length is in the volume that its place is in. Volumes have their lower
/// boundary, but not their upper one, so that adjacent ones count every current once.
///
/// ```
/// use apical_extracellular::{CurrentSourceDensity, LaminarAxis, Layer};
/// use apical_morphology::CompartmentGeometry;
///
/// let geometry = CompartmentGeometry::new(&[[[0.0, -10.0, 0.0], [0.0, 30.0, 0.0]]], &[2.0])?;
/// let layers = Layer::stack(&[-100.0, 0.0, 100.0], 50.0)?;
/// let density = CurrentSourceDensity::laminar(&geometry, &LaminarAxis::default(), &layers);
/// let per_um3 = density.apply(&[1.0])?;
/// // A quarter of the current is in the first layer.
/// assert!((per_um3[0] * layers[0].volume_um3() - 0.25).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "CSD")]
pub struct CurrentSourceDensity {
    operator: CsMat<f64>,
    volumes_um3: Vec<f64>,
}

impl CurrentSourceDensity {
    /// In cylinders around an axis (Pettersen et al. 2008, doi:10.1007/s10827-007-0056-4; Hagen et al. 2017, Eq. 11,
    /// doi:10.1523/JNEUROSCI.2715-16.2017). Layers may leave gaps or overlap.
    #[must_use]
    #[doc(alias = "LaminarCurrentSourceDensity")]
    pub fn laminar(geometry: &CompartmentGeometry, axis: &LaminarAxis, layers: &[Layer]) -> Self {
        let volumes_um3 = layers.iter().map(Layer::volume_um3).collect();
        Self::new(geometry, volumes_um3, |start, end| {
            let shares = layers.iter().map(|layer| layer.share(axis, start, end));
            shares.enumerate().filter(|&(_, share)| share > 0.0).collect()
        })
    }

    /// In the boxes of a grid, in the grid's order.
    ///
    /// ```
    /// use apical_extracellular::{CurrentSourceDensity, RectilinearGrid};
    /// use apical_morphology::CompartmentGeometry;
    ///
    /// let geometry = CompartmentGeometry::new(&[[[5.0, 5.0, 5.0], [25.0, 5.0, 5.0]]], &[2.0])?;
    /// let grid = RectilinearGrid::new([vec![0.0, 10.0, 20.0], vec![0.0, 10.0], vec![0.0, 10.0]])?;
    /// let density = CurrentSourceDensity::volumetric(&geometry, &grid);
    /// // A quarter of the current, half of it, and a quarter outside.
    /// assert_eq!(density.apply(&[1.0])?, [0.25e-3, 0.5e-3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "VolumetricCurrentSourceDensity")]
    pub fn volumetric(geometry: &CompartmentGeometry, grid: &RectilinearGrid) -> Self {
        let volumes_um3 = (0..grid.len()).map(|index| grid.volume_um3(index)).collect();
        Self::new(geometry, volumes_um3, |start, end| grid.shares(start, end))
    }

    fn new(
        geometry: &CompartmentGeometry,
        volumes_um3: Vec<f64>,
        shares: impl Fn([f64; 3], [f64; 3]) -> Vec<(usize, f64)>,
    ) -> Self {
        let mut triplets = TriMat::new((volumes_um3.len(), geometry.len()));
        for compartment in 0..geometry.len() {
            let (start, end) = (geometry.start_um(compartment), geometry.end_um(compartment));
            for (volume, share) in shares(start, end) {
                triplets.add_triplet(volume, compartment, share / volumes_um3[volume]);
            }
        }
        Self { operator: triplets.to_csc(), volumes_um3 }
    }

    /// The operator, `[volumes × compartments]`, 1/µm³, in compressed columns.
    #[must_use]
    pub const fn operator(&self) -> &CsMat<f64> {
        &self.operator
    }

    /// All volumes, µm³.
    #[must_use]
    pub fn volumes_um3(&self) -> &[f64] {
        &self.volumes_um3
    }

    /// Densities, nA/µm³, `[volumes × times]`, from membrane currents, nA, `[compartments × times]`, outward positive, both
    /// with time fastest.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless there are as many values for each compartment.
    pub fn apply(&self, currents_na: &[f64]) -> Result<Vec<f64>, ExtracellularError> {
        let compartments = self.operator.cols();
        let times = currents_na.len().checked_div(compartments).unwrap_or(0);
        check_shape("currents [compartments × times]", compartments * times, currents_na.len())?;
        let mut densities = vec![0.0; self.volumes_um3.len() * times];
        for (compartment, column) in self.operator.outer_iterator().enumerate() {
            let currents = &currents_na[compartment * times..][..times];
            for (volume, per_um3) in column.iter() {
                let sums = &mut densities[volume * times..][..times];
                sums.iter_mut().zip(currents).for_each(|(sum, current)| *sum += per_um3 * current);
            }
        }
        Ok(densities)
    }
}
