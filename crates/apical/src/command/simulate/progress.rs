use apical::core::{StepObserver, StepView};
use indicatif::{ProgressBar, ProgressStyle};

/// Shows simulated milliseconds on standard error, where that is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    steps_per_ms: u64,
}

impl Progress {
    pub(super) fn new(steps: u64, steps_per_ms: u64, quiet: bool) -> Self {
        let milliseconds = steps / steps_per_ms;
        // A bar on standard error hides itself where that is no terminal.
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(milliseconds) };
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} ms, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, steps_per_ms }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl StepObserver for Progress {
    fn observe(&mut self, view: &StepView<'_>) {
        if view.step.is_multiple_of(self.steps_per_ms) {
            self.bar.set_position(view.step / self.steps_per_ms);
        }
    }
}
