use apical_core::CompartmentId;
use serde::Serialize;

use crate::{CompartmentTree, MorphologyError, Site};

/// Where compartments lie in space and how thick they are: all that field potentials need to know of a neuron.
///
/// Made of plain arrays, or by [`CompartmentTree::geometry`].
///
/// ```
/// use apical_morphology::CompartmentGeometry;
///
/// let ends_um = [[[0.0, 0.0, 0.0], [0.0, 20.0, 0.0]], [[0.0, 20.0, 0.0], [0.0, 60.0, 0.0]]];
/// let geometry = CompartmentGeometry::new(&ends_um, &[20.0, 2.0])?;
/// assert_eq!(geometry.len(), 2);
/// assert_eq!(geometry.center_um(1), [0.0, 40.0, 0.0]);
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CompartmentGeometry {
    starts_um: [Vec<f64>; 3],
    ends_um: [Vec<f64>; 3],
    diameters_um: Vec<f64>,
}

impl CompartmentGeometry {
    /// Compartments with these two ends and these diameters, µm.
    ///
    /// The ends of a compartment may be one place: it then is a point.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::GeometryLength`] unless there are as many diameters as pairs of ends,
    /// [`MorphologyError::CompartmentShape`] for a coordinate or diameter that is not finite, or a diameter that is not
    /// positive.
    pub fn new(ends_um: &[[[f64; 3]; 2]], diameters_um: &[f64]) -> Result<Self, MorphologyError> {
        if ends_um.len() != diameters_um.len() {
            return Err(MorphologyError::GeometryLength {
                ends: ends_um.len(),
                diameters: diameters_um.len(),
            });
        }
        for (i, (ends, &diameter)) in ends_um.iter().zip(diameters_um).enumerate() {
            let bad = |what, value| {
                let compartment = CompartmentId::new(i);
                Err(MorphologyError::CompartmentShape { compartment, what, value })
            };
            if let Some(&value) = ends.iter().flatten().find(|value| !value.is_finite()) {
                return bad("coordinate", value);
            }
            if !(diameter.is_finite() && diameter > 0.0) {
                return bad("diameter", diameter);
            }
        }
        let column = |end: usize, axis: usize| ends_um.iter().map(|e| e[end][axis]).collect();
        Ok(Self {
            starts_um: std::array::from_fn(|axis| column(0, axis)),
            ends_um: std::array::from_fn(|axis| column(1, axis)),
            diameters_um: diameters_um.to_vec(),
        })
    }

    /// Number of compartments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.diameters_um.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diameters_um.is_empty()
    }

    /// The x, y and z of all first ends, µm.
    #[must_use]
    pub const fn starts_um(&self) -> &[Vec<f64>; 3] {
        &self.starts_um
    }

    /// The x, y and z of all second ends, µm.
    #[must_use]
    pub const fn ends_um(&self) -> &[Vec<f64>; 3] {
        &self.ends_um
    }

    /// All diameters, µm.
    #[must_use]
    pub fn diameters_um(&self) -> &[f64] {
        &self.diameters_um
    }

    /// The first end of a compartment, µm.
    ///
    /// # Panics
    ///
    /// If there is no such compartment.
    #[must_use]
    pub fn start_um(&self, compartment: usize) -> [f64; 3] {
        std::array::from_fn(|axis| self.starts_um[axis][compartment])
    }

    /// The second end of a compartment, µm.
    ///
    /// # Panics
    ///
    /// If there is no such compartment.
    #[must_use]
    pub fn end_um(&self, compartment: usize) -> [f64; 3] {
        std::array::from_fn(|axis| self.ends_um[axis][compartment])
    }

    /// Halfway between the ends of a compartment, µm.
    ///
    /// # Panics
    ///
    /// If there is no such compartment.
    #[must_use]
    pub fn center_um(&self, compartment: usize) -> [f64; 3] {
        let (start, end) = (self.start_um(compartment), self.end_um(compartment));
        std::array::from_fn(|axis| 0.5 * (start[axis] + end[axis]))
    }

    /// The first `count` compartments alone; all if there are fewer.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.len());
        Self {
            starts_um: [0, 1, 2].map(|axis| self.starts_um[axis][..count].to_vec()),
            ends_um: [0, 1, 2].map(|axis| self.ends_um[axis][..count].to_vec()),
            diameters_um: self.diameters_um[..count].to_vec(),
        }
    }

    /// The same neuron elsewhere: rotated about the origin, then moved.
    ///
    /// ```
    /// # use apical_morphology::CompartmentGeometry;
    /// let along_x = CompartmentGeometry::new(&[[[0.0; 3], [10.0, 0.0, 0.0]]], &[1.0])?;
    /// // x to y, y to -x.
    /// let turned = along_x.placed([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], [0.0, 0.0, 5.0])?;
    /// assert_eq!(turned.end_um(0), [0.0, 10.0, 5.0]);
    /// # Ok::<(), apical_morphology::MorphologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Rotation`] unless `rotation` (rows of the matrix) is orthogonal to 1e-9 with determinant 1,
    /// [`MorphologyError::CompartmentShape`] if a coordinate is not finite after it.
    pub fn placed(
        &self,
        rotation: [[f64; 3]; 3],
        translation_um: [f64; 3],
    ) -> Result<Self, MorphologyError> {
        let matrix = nalgebra::Matrix3::from_fn(|row, column| rotation[row][column]);
        let defect = (matrix * matrix.transpose() - nalgebra::Matrix3::identity()).abs().max();
        let determinant = matrix.determinant();
        // Not a number compares as false.
        if !(defect < 1e-9 && determinant > 0.0) {
            return Err(MorphologyError::Rotation { rotation });
        }
        let place = |position: [f64; 3]| {
            let placed = matrix * nalgebra::Vector3::from(position);
            std::array::from_fn(|axis| placed[axis] + translation_um[axis])
        };
        let ends: Vec<[[f64; 3]; 2]> =
            (0..self.len()).map(|i| [place(self.start_um(i)), place(self.end_um(i))]).collect();
        Self::new(&ends, &self.diameters_um)
    }
}

impl CompartmentTree {
    /// Where all compartments lie in space.
    ///
    /// A section without points has no place of its own ([`unplaced`](Self::unplaced) lists their compartments).
    /// It is laid straight down, in −y, from where it is attached; a root, from the origin. So a stub axon hangs from
    /// the middle of the soma, away from an apical dendrite that ascends in y as in most reconstructions.
    #[must_use]
    pub fn geometry(&self) -> CompartmentGeometry {
        let mut ends_um = vec![[[0.0; 3]; 2]; self.len()];
        for id in self.morphology().topological_order() {
            let section = self.morphology().section(id);
            let mut start = section.attachment().map_or([0.0; 3], |attachment| {
                let site = Site::unchecked(attachment.parent, attachment.x);
                let parent = self.compartment_at(site);
                let count = self.compartments_of(attachment.parent).len();
                let fraction = attachment.x * count as f64 - self.compartment(parent).index as f64;
                let [from, to]: [[f64; 3]; 2] = ends_um[parent.index()];
                std::array::from_fn(|axis| from[axis] * (1.0 - fraction) + to[axis] * fraction)
            });
            for compartment in self.compartments_of(id) {
                let compartment_ends = &mut ends_um[compartment.index()];
                *compartment_ends = self.compartment(compartment).ends_um.unwrap_or_else(|| {
                    let [x, y, z] = start;
                    let end = [x, y - self.compartment(compartment).length_um, z];
                    [std::mem::replace(&mut start, end), end]
                });
            }
        }
        let column = |end: usize, axis: usize| ends_um.iter().map(|e| e[end][axis]).collect();
        CompartmentGeometry {
            starts_um: std::array::from_fn(|axis| column(0, axis)),
            ends_um: std::array::from_fn(|axis| column(1, axis)),
            diameters_um: self.compartments().iter().map(|c| c.diameter_um).collect(),
        }
    }

    /// The compartments that have no place in space, since their section has no points.
    pub fn unplaced(&self) -> impl Iterator<Item = CompartmentId> {
        self.iter().filter(|(_, c)| c.ends_um.is_none()).map(|(id, _)| id)
    }
}
