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
        self.config.batch_size
    }

    fn synapse_count(&self) -> usize {
        self.model.synapse_count()
    }

    fn time_ms(&self) -> f64 {
        self.time_ms()
    }

    fn voltages_mv(&self) -> &[f64] {
        &self.workspace.voltages_mv
    }

    fn reset(&mut self) -> Result<(), BiophysicsError> {
        self.state = Snapshot::initial(&self.model, &self.config);
        self.held.clear();
        self.initialize();
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
        self.held.clear();
        for (trial, input) in input.iter().enumerate() {
            self.enqueue(trial, input.events)?;
            self.hold(trial, input.injected)?;
        }
        for _ in 0..steps {
            self.step()?;
        }
        self.held.clear();
        Ok(())
    }

    fn snapshot(&self) -> Snapshot {
        self.snapshot()
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), BiophysicsError> {
        self.restore(snapshot)
    }
}
