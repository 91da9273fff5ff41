use apical_core::{CompartmentId, StepObserver, StepView};

/// Records the voltage of every compartment at every millisecond and that of the soma at every step, trial by trial.
#[derive(Debug)]
pub(super) struct TrialRecorder {
    soma: CompartmentId,
    steps_per_ms: u64,
    /// By trial: `[times × compartments]`.
    pub(super) voltage_mv: Vec<Vec<f32>>,
    /// By trial: `[steps + 1]`.
    pub(super) soma_mv: Vec<Vec<f32>>,
}

impl TrialRecorder {
    /// With room for trials of some milliseconds.
    pub(super) fn new(
        soma: CompartmentId,
        steps_per_ms: usize,
        [trials, duration_ms, compartments]: [usize; 3],
    ) -> Self {
        let room = |samples| (0..trials).map(|_| Vec::with_capacity(samples)).collect();
        Self {
            soma,
            steps_per_ms: steps_per_ms as u64,
            voltage_mv: room((duration_ms + 1) * compartments),
            soma_mv: room(duration_ms * steps_per_ms + 1),
        }
    }
}

impl StepObserver for TrialRecorder {
    fn observe(&mut self, view: &StepView<'_>) {
        let trials = view.batch_size;
        let of_soma = &view.voltages_mv[self.soma.index() * trials..][..trials];
        for (samples, &v) in self.soma_mv.iter_mut().zip(of_soma) {
            samples.push(v as f32);
        }
        if view.step.is_multiple_of(self.steps_per_ms) {
            for (trial, samples) in self.voltage_mv.iter_mut().enumerate() {
                let of_trial = view.voltages_mv.iter().skip(trial).step_by(trials);
                samples.extend(of_trial.map(|&v| v as f32));
            }
        }
    }
}
