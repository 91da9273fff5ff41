use apical_core::{CompartmentId, StepObserver, StepView, Traces, Unit};

/// Records voltages or membrane currents of chosen compartments at every n-th step.
///
/// Runs that follow each other are recorded one after the other.
///
/// # Panics
///
/// A compartment that the model does not have, a unit of neither voltages nor currents, or a batch of another size than before, makes the run panic.
#[derive(Clone, Debug)]
pub struct TraceRecorder {
    unit: Unit,
    compartments: Vec<CompartmentId>,
    every: u64,
    times_ms: Vec<f64>,
    batch_size: usize,
    /// `[times × compartments × batch]`.
    samples: Vec<f64>,
}

impl TraceRecorder {
    /// Voltages at every step, t = 0 included.
    #[must_use]
    pub fn every_step(compartments: &[CompartmentId]) -> Self {
        Self::new(Unit::Millivolt, compartments, 1)
    }

    /// Voltages (mV) or membrane currents (nA, outward positive) at t = 0 and every `steps`-th step; 0 is taken for 1.
    #[must_use]
    pub fn new(unit: Unit, compartments: &[CompartmentId], steps: u64) -> Self {
        Self {
            unit,
            compartments: compartments.to_vec(),
            every: steps.max(1),
            times_ms: Vec::new(),
            batch_size: 1,
            samples: Vec::new(),
        }
    }

    /// The compartments recorded, in order of the rows.
    #[must_use]
    pub fn compartments(&self) -> &[CompartmentId] {
        &self.compartments
    }

    /// The traces of one trial, `[compartments × times]`, rows in the order the compartments were given.
    ///
    /// # Panics
    ///
    /// If the trial is not in the batch.
    #[must_use]
    pub fn trial(&self, trial: usize) -> Traces {
        assert!(trial < self.batch_size, "trial {trial} is not in the batch");
        let rows = self.compartments.len();
        Traces::from_fn(self.unit, rows, self.times_ms.clone(), |row, column| {
            self.samples[(column * rows + row) * self.batch_size + trial]
        })
    }
}

impl StepObserver for TraceRecorder {
    fn observe(&mut self, view: &StepView<'_>) {
        if !view.step.is_multiple_of(self.every) {
            return;
        }
        let batch_size = view.batch_size;
        let is_first = self.times_ms.is_empty();
        assert!(is_first || batch_size == self.batch_size, "a batch of another size");
        self.batch_size = batch_size;
        self.times_ms.push(view.time_ms);
        let values = match self.unit {
            Unit::Millivolt => view.voltages_mv,
            Unit::Nanoampere => view.membrane_currents_na,
            // of units that no view has there are no values
            _ => &[],
        };
        for id in &self.compartments {
            let first = id.index() * batch_size;
            self.samples.extend_from_slice(&values[first..first + batch_size]);
        }
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        self.unit == Unit::Nanoampere && step.is_multiple_of(self.every)
    }
}
