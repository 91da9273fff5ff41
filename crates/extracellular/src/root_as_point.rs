use apical_morphology::CompartmentGeometry;

use crate::{Conductivity, ForwardModel, LineSource, Moved, PointSource};

/// The first compartment is a point, as a soma is round; all others are lines.
///
/// The order of compartments puts the soma first. A soma of several compartments is a point and lines.
///
/// ```
/// use apical_extracellular::{Electrode, LineSource, PointSource, RootAsPoint, TransferMatrix};
/// use apical_morphology::CompartmentGeometry;
///
/// let ends_um = [[[0.0, -8.0, 0.0], [0.0, 8.0, 0.0]], [[0.0, 8.0, 0.0], [0.0, 48.0, 0.0]]];
/// let geometry = CompartmentGeometry::new(&ends_um, &[16.0, 2.0])?;
/// let electrodes = [Electrode::point([20.0, 0.0, 0.0])];
/// let matrix = TransferMatrix::new(&RootAsPoint::default(), &geometry, &electrodes)?;
/// let points = TransferMatrix::new(&PointSource::default(), &geometry, &electrodes)?;
/// let lines = TransferMatrix::new(&LineSource::default(), &geometry, &electrodes)?;
/// assert_eq!(matrix.row(0), [points.row(0)[0], lines.row(0)[1]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[doc(alias = "soma_as_point")]
pub struct RootAsPoint {
    point: PointSource,
    line: LineSource,
}

impl RootAsPoint {
    /// A point and lines in a medium of this conductivity.
    #[must_use]
    pub const fn new(conductivity: Conductivity) -> Self {
        Self { point: PointSource::new(conductivity), line: LineSource::new(conductivity) }
    }
}

impl ForwardModel for RootAsPoint {
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
        let mut of_lines = Vec::new();
        self.line.fill(geometry, points_um, values, &mut of_lines);
        moved.extend(of_lines.into_iter().filter(|moved| moved.compartment != 0));
        let mut roots = vec![0.0; points_um.len()];
        self.point.fill(&geometry.first(1), points_um, &mut roots, moved);
        for (row, root) in values.chunks_exact_mut(geometry.len()).zip(roots) {
            row[0] = root;
        }
    }
}
