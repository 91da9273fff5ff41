use serde::{Deserialize, Serialize};

/// A temperature, °C.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Temperature {
    celsius: f64,
}

impl Temperature {
    /// A temperature in °C.
    #[must_use]
    pub const fn celsius(celsius: f64) -> Self {
        Self { celsius }
    }

    /// In °C.
    #[must_use]
    pub const fn in_celsius(self) -> f64 {
        self.celsius
    }

    /// In K.
    #[must_use]
    pub const fn in_kelvin(self) -> f64 {
        self.celsius + 273.15
    }

    /// Factor by which rates grow from `reference` to this temperature.
    #[must_use]
    pub fn q10_factor(self, q10: f64, reference: Self) -> f64 {
        q10.powf((self.celsius - reference.celsius) / 10.0)
    }
}
