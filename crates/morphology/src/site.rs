use apical_core::SectionId;
use serde::{Deserialize, Serialize};

use crate::MorphologyError;

/// A place on a neuron: a normalised position along a section (NEURON: `section(x)`; Arbor: `location`).
///
/// ```
/// use apical_core::SectionId;
/// use apical_morphology::Site;
///
/// let site = Site::new(SectionId::new(3), 0.5)?;
/// assert_eq!(site.x(), 0.5);
/// assert!(Site::new(SectionId::new(3), 1.5).is_err());
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[doc(alias = "location")]
#[serde(try_from = "UncheckedSite")]
pub struct Site {
    section: SectionId,
    x: f64,
}

#[derive(Deserialize)]
struct UncheckedSite {
    section: SectionId,
    x: f64,
}

impl TryFrom<UncheckedSite> for Site {
    type Error = MorphologyError;

    fn try_from(site: UncheckedSite) -> Result<Self, MorphologyError> {
        Self::new(site.section, site.x)
    }
}

impl Site {
    /// The place at `x`, 0 to 1, along a section.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Position`] if `x` is not in 0 to 1.
    pub fn new(section: SectionId, x: f64) -> Result<Self, MorphologyError> {
        if (0.0..=1.0).contains(&x) {
            Ok(Self { section, x })
        } else {
            Err(MorphologyError::Position { section, x })
        }
    }

    /// The 0 end of a section.
    #[must_use]
    pub const fn start(section: SectionId) -> Self {
        Self { section, x: 0.0 }
    }

    /// The far end of a section.
    #[must_use]
    pub const fn end(section: SectionId) -> Self {
        Self { section, x: 1.0 }
    }

    /// The place at an `x` known to be in 0 to 1 but for rounding.
    pub(crate) const fn unchecked(section: SectionId, x: f64) -> Self {
        Self { section, x: x.clamp(0.0, 1.0) }
    }

    /// The section.
    #[must_use]
    pub const fn section(self) -> SectionId {
        self.section
    }

    /// Normalised position along the section.
    #[must_use]
    pub const fn x(self) -> f64 {
        self.x
    }
}
