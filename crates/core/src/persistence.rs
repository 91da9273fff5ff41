use crate::{CompartmentTable, CoreError, NeuronModel, TrialInput};

/// The baseline v(t + 1) = v(t): ignores its input and holds the voltages it was given.
///
/// At one millisecond this is a strong predictor, so a loss says little without it.
#[derive(Clone, Debug)]
pub struct Persistence {
    table: CompartmentTable,
    batch_size: usize,
    initial_mv: Vec<f64>,
    voltages_mv: Vec<f64>,
    milliseconds: u64,
}

impl Persistence {
    /// Holds `voltages_mv`, `[compartments × batch]`.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] if the number of voltages is not compartments × batch.
    pub fn new(
        table: CompartmentTable,
        batch_size: usize,
        voltages_mv: Vec<f64>,
    ) -> Result<Self, CoreError> {
        check_shape(table.len() * batch_size, voltages_mv.len())?;
        Ok(Self {
            table,
            batch_size,
            initial_mv: voltages_mv.clone(),
            voltages_mv,
            milliseconds: 0,
        })
    }
}

fn check_shape(expected: usize, found: usize) -> Result<(), CoreError> {
    if expected == found {
        Ok(())
    } else {
        Err(CoreError::Shape { what: "voltages [compartments × batch]", expected, found })
    }
}

impl NeuronModel for Persistence {
    type Error = CoreError;
    type Snapshot = (u64, Vec<f64>);

    fn compartment_table(&self) -> &CompartmentTable {
        &self.table
    }

    fn batch_size(&self) -> usize {
        self.batch_size
    }

    fn synapse_count(&self) -> usize {
        0
    }

    fn time_ms(&self) -> f64 {
        self.milliseconds as f64
    }

    fn voltages_mv(&self) -> &[f64] {
        &self.voltages_mv
    }

    fn reset(&mut self) -> Result<(), CoreError> {
        self.milliseconds = 0;
        self.voltages_mv.copy_from_slice(&self.initial_mv);
        Ok(())
    }

    fn advance(&mut self, input: &[TrialInput<'_>]) -> Result<(), CoreError> {
        if input.len() != self.batch_size {
            return Err(CoreError::Shape {
                what: "trial inputs",
                expected: self.batch_size,
                found: input.len(),
            });
        }
        self.milliseconds += 1;
        Ok(())
    }

    fn snapshot(&self) -> Self::Snapshot {
        (self.milliseconds, self.voltages_mv.clone())
    }

    fn restore(&mut self, snapshot: &Self::Snapshot) -> Result<(), CoreError> {
        check_shape(self.voltages_mv.len(), snapshot.1.len())?;
        self.milliseconds = snapshot.0;
        self.voltages_mv.copy_from_slice(&snapshot.1);
        Ok(())
    }
}
