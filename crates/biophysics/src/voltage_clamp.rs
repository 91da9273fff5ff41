use serde::{Deserialize, Serialize};

use crate::BiophysicsError;
use crate::error::Check;

/// A voltage that a clamp holds for some time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClampLevel {
    /// How long, ms; may be infinite.
    pub duration_ms: f64,
    /// Commanded voltage, mV.
    pub v_mv: f64,
}

/// Single-electrode voltage clamp: a voltage source behind a series resistance, current (v_command − v)/resistance.
///
/// It commands its levels one after the other from t = 0, and is disconnected after the last.
///
/// ```
/// use apical_biophysics::{ClampLevel, VoltageClamp};
///
/// let hold = ClampLevel { duration_ms: 50.0, v_mv: -80.0 };
/// let test = ClampLevel { duration_ms: 20.0, v_mv: -20.0 };
/// let clamp = VoltageClamp::new(vec![hold, test], 0.5)?;
/// assert_eq!(clamp.command_mv(50.0), Some(-20.0));
/// assert_eq!(clamp.current_na(60.0, -21.0), 2.0);
/// assert_eq!(clamp.command_mv(70.0), None);
/// # Ok::<(), apical_biophysics::BiophysicsError>(())
/// ```
#[doc(alias("SEClamp"))]
#[derive(Clone, Debug, PartialEq)]
pub struct VoltageClamp {
    levels: Vec<ClampLevel>,
    series_resistance_mohm: f64,
}

impl VoltageClamp {
    /// Of these levels, with this series resistance.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] if a duration is negative, a voltage is not finite, or the resistance is not
    /// positive and finite.
    pub fn new(
        levels: Vec<ClampLevel>,
        series_resistance_mohm: f64,
    ) -> Result<Self, BiophysicsError> {
        let check = Check("voltage clamp");
        for level in &levels {
            check.not_negative("duration_ms", level.duration_ms)?;
            check.finite("v_mv", level.v_mv)?;
        }
        check.positive("series_resistance_mohm", series_resistance_mohm)?;
        Ok(Self { levels, series_resistance_mohm })
    }

    /// The levels in order.
    #[must_use]
    pub fn levels(&self) -> &[ClampLevel] {
        &self.levels
    }

    /// Series resistance, MΩ.
    #[must_use]
    pub const fn series_resistance_mohm(&self) -> f64 {
        self.series_resistance_mohm
    }

    /// Conductance of the electrode while connected, µS.
    #[must_use]
    pub fn conductance_us(&self) -> f64 {
        1.0 / self.series_resistance_mohm
    }

    /// The voltage commanded at a time, mV; none while disconnected.
    #[must_use]
    pub fn command_mv(&self, time_ms: f64) -> Option<f64> {
        if time_ms < 0.0 {
            return None;
        }
        let mut end_ms = 0.0;
        self.levels
            .iter()
            .find(|level| {
                end_ms += level.duration_ms;
                time_ms < end_ms
            })
            .map(|level| level.v_mv)
    }

    /// The current into a compartment at this voltage, nA; positive depolarizes.
    #[must_use]
    pub fn current_na(&self, time_ms: f64, v_mv: f64) -> f64 {
        self.command_mv(time_ms)
            .map_or(0.0, |command_mv| (command_mv - v_mv) / self.series_resistance_mohm)
    }
}
