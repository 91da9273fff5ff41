use apical_core::{SectionId, SectionType};
use serde::{Deserialize, Serialize};

use crate::Point;

/// Where a section begins: at position `x` (0 to 1) along its parent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The parent section.
    pub parent: SectionId,
    /// Normalised position along the parent.
    pub x: f64,
}

/// The form of a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionShape {
    /// A chain of frusta through at least two points.
    Points(Vec<Point>),
    /// A cylinder without a place in space.
    Cylinder {
        /// Length, µm.
        length_um: f64,
        /// Diameter, µm.
        diameter_um: f64,
    },
}

/// An unbranched run of a neurite (Arbor, Jaxley: branch).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    section_type: SectionType,
    shape: SectionShape,
    attachment: Option<Attachment>,
}

impl Section {
    /// A section; the root has no attachment.
    #[must_use]
    pub const fn new(
        section_type: SectionType,
        shape: SectionShape,
        attachment: Option<Attachment>,
    ) -> Self {
        Self { section_type, shape, attachment }
    }

    /// Its type.
    #[must_use]
    pub const fn section_type(&self) -> SectionType {
        self.section_type
    }

    /// Its form.
    #[must_use]
    pub const fn shape(&self) -> &SectionShape {
        &self.shape
    }

    /// Where it begins; none for the root.
    #[must_use]
    pub const fn attachment(&self) -> Option<Attachment> {
        self.attachment
    }

    /// Its points; none for a cylinder.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        match &self.shape {
            SectionShape::Points(points) => points,
            SectionShape::Cylinder { .. } => &[],
        }
    }

    /// Length along the section, µm.
    #[must_use]
    pub fn length_um(&self) -> f64 {
        match &self.shape {
            SectionShape::Points(points) => {
                points.windows(2).map(|pair| pair[0].distance_um(&pair[1])).sum()
            }
            SectionShape::Cylinder { length_um, .. } => *length_um,
        }
    }

    pub(crate) fn set_parent(&mut self, parent: SectionId) {
        if let Some(attachment) = &mut self.attachment {
            attachment.parent = parent;
        }
    }
}
