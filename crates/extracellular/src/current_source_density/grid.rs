use crate::ExtracellularError;
use crate::error::{check_edges, positive};

/// Boxes between edges along x, y and z.
///
/// A box has its lower edges, but not its upper ones. Boxes are counted with z fastest, as numpy does in an array
/// `[x × y × z]`.
///
/// ```
/// use apical_extracellular::RectilinearGrid;
///
/// let grid = RectilinearGrid::new([vec![-10.0, 10.0], vec![0.0, 20.0, 30.0], vec![0.0, 5.0]])?;
/// assert_eq!((grid.len(), grid.shape()), (2, [1, 2, 1]));
/// assert_eq!(grid.index_at([0.0, 20.0, 0.0]), Some(1));
/// assert_eq!(grid.volume_um3(1), 1000.0);
/// assert!(RectilinearGrid::new([vec![0.0, 0.0], vec![0.0, 1.0], vec![0.0, 1.0]]).is_err());
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RectilinearGrid {
    edges_um: [Vec<f64>; 3],
}

/// A gigabyte of volumes; one that asks for more has a wrong unit.
const MOST_BOXES: usize = 1 << 27;

const AXES: [&str; 3] = ["x", "y", "z"];

impl RectilinearGrid {
    /// Boxes between these edges along x, y and z, µm, ascending.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::TooFewEdges`], [`ExtracellularError::Edge`] for an edge that is not finite or not above the one
    /// before, [`ExtracellularError::TooManyBoxes`], [`ExtracellularError::Parameter`] if the volume of a box is not a
    /// positive finite number.
    pub fn new(edges_um: [Vec<f64>; 3]) -> Result<Self, ExtracellularError> {
        let (mut narrowest, mut widest) = (1.0, 1.0);
        for (along, edges) in AXES.into_iter().zip(&edges_um) {
            check_edges(along, edges)?;
            let widths = edges.windows(2).map(|pair| pair[1] - pair[0]);
            narrowest *= widths.clone().fold(f64::INFINITY, f64::min);
            widest *= widths.fold(0.0, f64::max);
        }
        positive("volume of a box (µm³)", narrowest)?;
        positive("volume of a box (µm³)", widest)?;
        let grid = Self { edges_um };
        let boxes @ [x, y, z] = grid.shape();
        match x.checked_mul(y).and_then(|boxes| boxes.checked_mul(z)) {
            Some(boxes) if boxes <= MOST_BOXES => Ok(grid),
            _ => Err(ExtracellularError::TooManyBoxes { boxes }),
        }
    }

    /// Number of boxes along x, y and z.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        [0, 1, 2].map(|axis| self.edges_um[axis].len() - 1)
    }

    /// Number of boxes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are none: there always are some.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The edges along x, y and z, µm.
    #[must_use]
    pub const fn edges_um(&self) -> &[Vec<f64>; 3] {
        &self.edges_um
    }

    /// The box that a place, µm, is in.
    #[must_use]
    pub fn index_at(&self, position_um: [f64; 3]) -> Option<usize> {
        let mut index = 0;
        for (edges, value) in self.edges_um.iter().zip(position_um) {
            let cell = cell(edges, value).filter(|&cell| cell + 1 < edges.len())?;
            index = index * (edges.len() - 1) + cell;
        }
        Some(index)
    }

    /// Volume of a box, µm³.
    ///
    /// # Panics
    ///
    /// If there is no such box.
    #[must_use]
    pub fn volume_um3(&self, index: usize) -> f64 {
        let [_, y, z] = self.shape();
        let cells = [index / (y * z), index / z % y, index % z];
        let width =
            |axis: usize| self.edges_um[axis][cells[axis] + 1] - self.edges_um[axis][cells[axis]];
        width(0) * width(1) * width(2)
    }

    /// The boxes that the line between two places crosses, in order, with the share of its length in each; the box that a
    /// line without length is in, with 1.
    ///
    /// Takes time in proportion to the planes that are crossed.
    pub(super) fn shares(&self, start_um: [f64; 3], end_um: [f64; 3]) -> Vec<(usize, f64)> {
        let [_, y, z] = self.shape();
        let mut paths = [0, 1, 2].map(|axis| {
            path(&self.edges_um[axis], start_um[axis], end_um[axis]).into_iter().peekable()
        });
        let mut shares = Vec::new();
        let mut from = 0.0;
        while let [Some(a), Some(b), Some(c)] = paths.each_mut().map(|path| path.peek().copied()) {
            let to = a.to.min(b.to).min(c.to);
            if let ([Some(i), Some(j), Some(k)], true) = ([a.cell, b.cell, c.cell], to > from) {
                shares.push(((i * y + j) * z + k, to - from));
            }
            from = to;
            for path in &mut paths {
                path.next_if(|stretch| stretch.to <= to);
            }
        }
        shares
    }
}

/// A part of a line between the same two edges along one axis.
#[derive(Clone, Copy)]
struct Stretch {
    /// Where it ends, as a share of the line's length.
    to: f64,
    /// The lower of its edges; none outside.
    cell: Option<usize>,
}

/// The stretches of a line from one value to another. The last ends at 1.
fn path(edges: &[f64], start: f64, end: f64) -> Vec<Stretch> {
    let inside = |above: usize| above.checked_sub(1).filter(|_| above < edges.len());
    // At most 1 even if the differences of huge coordinates are infinite.
    let crossing = |edge: f64, above: usize| Stretch {
        to: ((edge - start) / (end - start)).min(1.0),
        cell: inside(above),
    };
    // Edges below or at both ends.
    let first = edges.partition_point(|&edge| edge <= start);
    let last = edges.partition_point(|&edge| edge <= end);
    let mut stretches: Vec<Stretch> = if first <= last {
        (first..last).map(|above| crossing(edges[above], above)).collect()
    } else {
        (last..first).rev().map(|below| crossing(edges[below], below + 1)).collect()
    };
    stretches.push(Stretch { to: 1.0, cell: inside(last) });
    stretches
}

/// The last edge at or below a value.
fn cell(edges: &[f64], value: f64) -> Option<usize> {
    edges.partition_point(|&edge| edge <= value).checked_sub(1)
}
