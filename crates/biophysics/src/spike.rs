use apical_core::{CompartmentId, StepObserver, StepView};

/// Detects spikes while a simulation runs: upward crossings of a threshold, timed at the first step at or above it.
///
/// A compartment that the model does not have makes the run panic.
#[derive(Clone, Debug)]
pub struct SpikeDetector {
    compartment: CompartmentId,
    threshold_mv: f64,
    /// Whether each trial was at or above the threshold at the step before; none before the first.
    above: Vec<Option<bool>>,
    times_ms: Vec<Vec<f64>>,
}

impl SpikeDetector {
    /// Watches one compartment.
    #[must_use]
    pub const fn new(compartment: CompartmentId, threshold_mv: f64) -> Self {
        Self { compartment, threshold_mv, above: Vec::new(), times_ms: Vec::new() }
    }

    /// Spike times of one trial, ms.
    #[must_use]
    pub fn times_ms(&self, trial: usize) -> &[f64] {
        self.times_ms.get(trial).map_or(&[], Vec::as_slice)
    }
}

impl StepObserver for SpikeDetector {
    fn observe(&mut self, view: &StepView<'_>) {
        self.above.resize(view.batch_size, None);
        self.times_ms.resize(view.batch_size, Vec::new());
        let first = self.compartment.index() * view.batch_size;
        let voltages = &view.voltages_mv[first..first + view.batch_size];
        for ((v, above), times) in voltages.iter().zip(&mut self.above).zip(&mut self.times_ms) {
            let now = *v >= self.threshold_mv;
            if now && *above == Some(false) {
                times.push(view.time_ms);
            }
            *above = Some(now);
        }
    }
}

/// Spikes by the rule of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002): samples of a somatic voltage trace at
/// 8 samples per millisecond that exceed both neighbors and −25 mV.
///
/// Returns the indices of these samples.
///
/// ```
/// use apical_biophysics::local_maximum_spikes;
/// let trace_mv = [-70.0, -30.0, 10.0, -10.0, -60.0, -50.0, -61.0];
/// assert_eq!(local_maximum_spikes(&trace_mv), [2]);
/// ```
#[must_use]
pub fn local_maximum_spikes(trace_mv: &[f64]) -> Vec<usize> {
    const THRESHOLD_MV: f64 = -25.0;
    (1..trace_mv.len().saturating_sub(1))
        .filter(|&i| {
            let v = trace_mv[i];
            v > THRESHOLD_MV && v > trace_mv[i - 1] && v > trace_mv[i + 1]
        })
        .collect()
}
