use apical_core::{StepObserver, StepView, Traces, Unit};

use crate::product::{MatrixView, multiply};
use crate::{TransferMatrix, VoltageOperator};

/// Records potentials at electrodes while a simulation steps, without keeping its voltages or currents.
///
/// Samples are collected and multiplied together, so that the operator is read from memory once for many of them; in float32,
/// which takes half the time. That is off by less than 10⁻⁶ of the largest share that a compartment has in a potential, and
/// from 10⁻⁸ to 10⁻⁷ mV beside a cell, where amplifiers have 10⁻³ mV of noise. Potentials in float64 are found from stored
/// currents or voltages.
///
/// Runs that follow each other are recorded one after the other. A model of another number of compartments, or a batch of
/// another size, makes the run panic.
///
/// ```
/// use apical_core::{StepObserver, StepView};
/// use apical_extracellular::{PotentialRecorder, TransferMatrix};
///
/// // One electrode, two compartments.
/// let matrix = TransferMatrix::from_values(1, 2, vec![0.03, 0.01])?;
/// let mut recorder = PotentialRecorder::of_currents(&matrix, 1);
/// recorder.observe(&StepView::new(0, 0.0, 1, &[-70.0, -70.0], &[-1.0, 1.0]));
/// recorder.observe(&StepView::new(1, 0.025, 1, &[-69.0, -69.5], &[-2.0, 2.0]));
/// let potentials = recorder.trial(0);
/// assert_eq!(potentials.times_ms(), [0.0, 0.025]);
/// assert!((potentials.row(0)[1] + 0.04).abs() < 1e-8);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PotentialRecorder {
    /// `[compartments × electrodes]`, electrode fastest.
    operator: Vec<f32>,
    electrodes: usize,
    compartments: usize,
    /// A compartment whose voltage others are taken against; none where the operator is on membrane currents.
    origin: Option<usize>,
    every: u64,
    times_ms: Vec<f64>,
    batch_size: usize,
    /// Samples that are not multiplied yet, `[samples × batch × compartments]`.
    block: Vec<f32>,
    /// Of each block, `[electrodes × samples × batch]`.
    potentials_mv: Vec<Vec<f32>>,
}

/// Samples multiplied at once: so many that what the product drives out of the caches is small against what steps compute
/// meanwhile.
const BLOCK: usize = 256;

impl PotentialRecorder {
    /// From membrane currents, at t = 0 and every `steps`-th step; 0 is taken for 1.
    #[must_use]
    pub fn of_currents(matrix: &TransferMatrix, steps: u64) -> Self {
        Self::new(matrix.view(), None, steps)
    }

    /// From voltages, at t = 0 and every `steps`-th step; 0 is taken for 1. Cheaper than from membrane currents, which the
    /// simulation has to compute; but without what electrodes inject (see [`VoltageOperator`]).
    #[must_use]
    pub fn of_voltages(operator: &VoltageOperator, steps: u64) -> Self {
        // One whose voltage counts.
        let origin = operator.values().iter().position(|value| *value != 0.0);
        let origin = origin.map_or(0, |at| at % operator.compartment_count());
        Self::new(operator.view(), Some(origin), steps)
    }

    fn new(operator: MatrixView<'_, f64>, origin: Option<usize>, steps: u64) -> Self {
        let columns = (0..operator.columns).flat_map(|compartment| {
            operator.values[compartment..]
                .iter()
                .step_by(operator.columns)
                .map(|&value| value as f32)
        });
        Self {
            operator: columns.collect(),
            electrodes: operator.rows,
            compartments: operator.columns,
            origin,
            every: steps.max(1),
            times_ms: Vec::new(),
            batch_size: 1,
            block: Vec::new(),
            potentials_mv: Vec::new(),
        }
    }

    /// The potentials of one trial so far, mV, `[electrodes × times]`.
    ///
    /// # Panics
    ///
    /// If the trial is not in the batch.
    #[must_use]
    pub fn trial(&mut self, trial: usize) -> Traces {
        assert!(trial < self.batch_size, "trial {trial} is not in the batch");
        self.multiply();
        let times = self.times_ms.len();
        let mut values: Vec<f32> = Vec::with_capacity(self.electrodes * times);
        for electrode in 0..self.electrodes {
            for block in &self.potentials_mv {
                let samples = block.len() / self.electrodes;
                let row = &block[electrode * samples..][..samples];
                values.extend(row[trial..].iter().step_by(self.batch_size));
            }
        }
        // Of a neuron without compartments, nothing.
        values.resize(self.electrodes * times, 0.0);
        let value = |electrode: usize, time: usize| values[electrode * times + time].into();
        Traces::from_fn(Unit::Millivolt, self.electrodes, self.times_ms.clone(), value)
    }

    const fn is_of_currents(&self) -> bool {
        self.origin.is_none()
    }

    /// Potentials of the samples collected.
    fn multiply(&mut self) {
        let samples = self.block.len().checked_div(self.compartments).unwrap_or(0);
        if samples == 0 {
            return;
        }
        let mut potentials_mv = vec![0.0_f32; self.electrodes * samples];
        multiply(
            MatrixView::columns(&self.operator, self.electrodes, self.compartments),
            MatrixView::columns(&self.block, self.compartments, samples),
            &mut potentials_mv,
        );
        self.potentials_mv.push(potentials_mv);
        self.block.clear();
    }
}

impl StepObserver for PotentialRecorder {
    fn observe(&mut self, view: &StepView<'_>) {
        if !view.step.is_multiple_of(self.every) {
            return;
        }
        let values =
            if self.is_of_currents() { view.membrane_currents_na } else { view.voltages_mv };
        let batch_size = view.batch_size;
        assert_eq!(values.len(), self.compartments * batch_size, "compartments × batch");
        let is_first = self.times_ms.is_empty();
        assert!(is_first || batch_size == self.batch_size, "a batch of another size");
        self.batch_size = batch_size;
        self.times_ms.push(view.time_ms);
        for trial in 0..batch_size {
            // Rows of the operator on voltages sum to zero: less is lost of differences from one of them.
            // A neuron without compartments has none either.
            let origin = self.origin.and_then(|known| values.get(known * batch_size + trial));
            let origin = origin.copied().unwrap_or(0.0);
            let rounded = |value: &f64| (value - origin) as f32;
            self.block.extend(values[trial..].iter().step_by(batch_size).map(rounded));
        }
        if self.block.len() >= BLOCK * self.compartments {
            self.multiply();
        }
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        self.is_of_currents() && step.is_multiple_of(self.every)
    }
}
