use apical_core::{StepObserver, StepView, Traces, Unit};

use crate::product::{MatrixView, multiply};
use crate::{TransferMatrix, VoltageOperator};

/// Records potentials at electrodes while a simulation steps, without keeping its voltages or currents.
///
/// Samples are collected and multiplied together, so that the operator is read from memory once for many of them.
/// Runs that follow each other are recorded one after the other. A model of another number of compartments makes the run
/// panic.
///
/// ```
/// use apical_core::{StepObserver, StepView};
/// use apical_extracellular::{PotentialRecorder, TransferMatrix};
///
/// // One electrode, two compartments.
/// let matrix = TransferMatrix::from_values(1, 2, vec![0.03, 0.01])?;
/// let mut recorder = PotentialRecorder::of_currents(matrix, 1);
/// recorder.observe(&StepView::new(0, 0.0, 1, &[-70.0, -70.0], &[-1.0, 1.0]));
/// recorder.observe(&StepView::new(1, 0.025, 1, &[-69.0, -69.5], &[-2.0, 2.0]));
/// let potentials = recorder.trial(0);
/// assert_eq!(potentials.times_ms(), [0.0, 0.025]);
/// assert!((potentials.row(0)[1] + 0.04).abs() < 1e-12);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PotentialRecorder {
    operator: Operator,
    every: u64,
    times_ms: Vec<f64>,
    batch_size: usize,
    /// Samples that are not multiplied yet, `[samples × batch × compartments]`.
    block: Vec<f64>,
    /// `[times × batch × electrodes]`.
    potentials_mv: Vec<f64>,
}

#[derive(Clone, Debug)]
enum Operator {
    Currents(TransferMatrix),
    Voltages(VoltageOperator),
}

impl Operator {
    fn view(&self) -> MatrixView<'_> {
        match self {
            Self::Currents(matrix) => matrix.view(),
            Self::Voltages(operator) => operator.view(),
        }
    }
}

/// Samples multiplied at once: so many reach the processor's speed, and stay in its second-level cache.
const BLOCK: usize = 64;

impl PotentialRecorder {
    /// From membrane currents, at t = 0 and every `steps`-th step; 0 is taken for 1.
    #[must_use]
    pub const fn of_currents(matrix: TransferMatrix, steps: u64) -> Self {
        Self::new(Operator::Currents(matrix), steps)
    }

    /// From voltages, at t = 0 and every `steps`-th step; 0 is taken for 1. Cheaper than from membrane currents, which the
    /// simulation has to compute; but without what electrodes inject (see [`VoltageOperator`]).
    #[must_use]
    pub const fn of_voltages(operator: VoltageOperator, steps: u64) -> Self {
        Self::new(Operator::Voltages(operator), steps)
    }

    const fn new(operator: Operator, steps: u64) -> Self {
        Self {
            operator,
            every: if steps == 0 { 1 } else { steps },
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
        let electrodes = self.operator.view().rows;
        Traces::from_fn(Unit::Millivolt, electrodes, self.times_ms.clone(), |electrode, time| {
            self.potentials_mv[(time * self.batch_size + trial) * electrodes + electrode]
        })
    }

    /// Potentials of the samples collected.
    fn multiply(&mut self) {
        let operator = self.operator.view();
        let (electrodes, compartments) = (operator.rows, operator.columns);
        let samples = self.block.len().checked_div(compartments).unwrap_or(0);
        let first = self.potentials_mv.len();
        self.potentials_mv.resize(first + samples * electrodes, 0.0);
        multiply(
            MatrixView::row_major(&self.block, samples, compartments),
            operator.transposed(),
            &mut self.potentials_mv[first..],
        );
        self.block.clear();
    }
}

impl StepObserver for PotentialRecorder {
    fn observe(&mut self, view: &StepView<'_>) {
        if !view.step.is_multiple_of(self.every) {
            return;
        }
        let values = match self.operator {
            Operator::Currents(_) => view.membrane_currents_na,
            Operator::Voltages(_) => view.voltages_mv,
        };
        let (batch_size, compartments) = (view.batch_size, self.operator.view().columns);
        assert_eq!(values.len(), compartments * batch_size, "of another number of compartments");
        self.batch_size = batch_size;
        self.times_ms.push(view.time_ms);
        if batch_size == 1 {
            self.block.extend_from_slice(values);
        } else {
            for trial in 0..batch_size {
                self.block.extend(values[trial..].iter().step_by(batch_size));
            }
        }
        if self.block.len() >= BLOCK * compartments {
            self.multiply();
        }
    }

    fn needs_membrane_currents(&self) -> bool {
        matches!(self.operator, Operator::Currents(_))
    }
}
