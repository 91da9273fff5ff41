use apical_morphology::CompartmentGeometry;
use serde::{Deserialize, Serialize};

use crate::{Conductivity, ForwardModel, LineSource, Moved, PointSource, RootAsPoint};

/// What stands for a compartment, in models that add boundaries to the medium.
///
/// ```
/// use apical_extracellular::{SliceConfig, SourceShape};
///
/// let mut slice = SliceConfig::default();
/// assert_eq!(slice.sources, SourceShape::Line);
/// slice.sources = SourceShape::RootAsPoint;
/// # slice.build()?;
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SourceShape {
    /// Its middle, as in [`PointSource`].
    Point,
    /// The line from end to end, as in [`LineSource`].
    #[default]
    Line,
    /// The middle of the first compartment and the lines of all others, as in [`RootAsPoint`].
    RootAsPoint,
}

impl SourceShape {
    /// [`ForwardModel::fill`] in an endless medium.
    pub(crate) fn fill(
        self,
        conductivity: Conductivity,
        geometry: &CompartmentGeometry,
        points_um: &[[f64; 3]],
        values: &mut [f64],
        moved: &mut Vec<Moved>,
    ) {
        match self {
            Self::Point => PointSource::new(conductivity).fill(geometry, points_um, values, moved),
            Self::Line => LineSource::new(conductivity).fill(geometry, points_um, values, moved),
            Self::RootAsPoint => {
                RootAsPoint::new(conductivity).fill(geometry, points_um, values, moved);
            }
        }
    }
}
