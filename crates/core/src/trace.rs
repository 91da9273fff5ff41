use serde::{Deserialize, Serialize};

use crate::CoreError;

/// What the values of [`Traces`] are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// Voltage, mV.
    Millivolt,
    /// Current, nA.
    Nanoampere,
}

/// A quantity of several compartments or electrodes over time: values `[rows × times]`, time fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Traces {
    unit: Unit,
    rows: usize,
    times_ms: Vec<f64>,
    values: Vec<f64>,
}

impl Traces {
    /// Traces from their values, `[rows × times]`, time fastest.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] if the number of values is not rows × times.
    pub fn new(
        unit: Unit,
        rows: usize,
        times_ms: Vec<f64>,
        values: Vec<f64>,
    ) -> Result<Self, CoreError> {
        let expected = rows * times_ms.len();
        if values.len() != expected {
            return Err(CoreError::Shape {
                what: "traces [rows × times]",
                expected,
                found: values.len(),
            });
        }
        Ok(Self { unit, rows, times_ms, values })
    }

    /// Traces whose value in each row and column is computed.
    #[must_use]
    pub fn from_fn(
        unit: Unit,
        rows: usize,
        times_ms: Vec<f64>,
        mut value: impl FnMut(usize, usize) -> f64,
    ) -> Self {
        let mut values = Vec::with_capacity(rows * times_ms.len());
        for row in 0..rows {
            values.extend((0..times_ms.len()).map(|column| value(row, column)));
        }
        Self { unit, rows, times_ms, values }
    }

    /// The unit of the values.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Sample times, ms.
    #[must_use]
    pub fn times_ms(&self) -> &[f64] {
        &self.times_ms
    }

    /// All values, `[rows × times]`, time fastest.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The trace in one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        let n = self.times_ms.len();
        &self.values[row * n..(row + 1) * n]
    }
}
