use apical_core::{CompartmentTable, CoreError, NeuronModel, TrialInput};

use super::{Simulation, Snapshot};
use crate::BiophysicsError;

impl NeuronModel for Simulation {
    type Error = BiophysicsError;
    type Snapshot = Snapshot;

    fn compartment_table(&self) -> &CompartmentTable {
        self.model.compartment_table()
    }

    fn batch_size(&self) -> usize {
        self.batch_size()
    }

    fn synapse_count(&self) -> usize {
        self.synapse_count()
    }

    fn time_ms(&self) -> f64 {
        self.time_ms()
    }

    fn voltages_mv(&self) -> &[f64] {
        self.voltages_mv()
    }

    fn reset(&mut self) -> Result<(), BiophysicsError> {
        self.reset();
        Ok(())
    }

    fn advance(&mut self, input: &[TrialInput<'_>]) -> Result<(), BiophysicsError> {
        if input.len() != self.config.batch_size {
            return Err(BiophysicsError::Core(CoreError::Shape {
                what: "trial inputs",
                expected: self.config.batch_size,
                found: input.len(),
            }));
        }
        let steps = self.grid.steps_per_ms()?;
        let done = self.take(input).and_then(|()| (0..steps).try_for_each(|_| self.step()));
        // Also after a failure: what is held belongs to this millisecond.
        self.held.clear();
        done
    }

    fn snapshot(&self) -> Snapshot {
        self.snapshot()
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), BiophysicsError> {
        self.restore(snapshot)
    }
}
