use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use apical::dataset::store::TrialRecord;
use apical::generation::FillProgress;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::command::to_stderr;

/// How often a line is written where there is no terminal, such as to the log of a cluster's job.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// Shows trials done, the rate of simulation and the time left on standard error: a bar on a terminal, else a line a minute.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    trials: usize,
    total_ms: u64,
    started: Instant,
    written: AtomicUsize,
    simulated_ms: AtomicU64,
    /// When the last line was written; none where there are no lines.
    last_line: Option<Mutex<Instant>>,
}

impl Progress {
    pub(super) fn new(trials: usize, duration_ms: u32, quiet: bool) -> Self {
        let total_ms = trials as u64 * u64::from(duration_ms);
        let is_terminal = io::stderr().is_terminal();
        let hidden = quiet || !is_terminal || trials == 0;
        let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::new(total_ms) };
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            trials,
            total_ms,
            started: Instant::now(),
            written: AtomicUsize::new(0),
            simulated_ms: AtomicU64::new(0),
            last_line: (!quiet && !is_terminal).then(|| Mutex::new(Instant::now())),
        }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// `24/128 trials, 5.9 s/s, 2 minutes left`
    fn message(&self) -> String {
        let simulated_ms = self.simulated_ms.load(Ordering::Relaxed);
        let elapsed = self.started.elapsed();
        let written = self.written.load(Ordering::Relaxed);
        let rate = simulated_ms as f64 / 1000.0 / elapsed.as_secs_f64();
        let left_s = (self.total_ms.saturating_sub(simulated_ms)) as f64 / 1000.0 / rate;
        let left = Duration::try_from_secs_f64(left_s).unwrap_or_default();
        format!("{written}/{} trials, {rate:.2} s/s, {} left", self.trials, HumanDuration(left))
    }
}

impl FillProgress for Progress {
    fn simulated_ms(&self, milliseconds: u64) {
        let before = self.simulated_ms.fetch_add(milliseconds, Ordering::Relaxed);
        // a batch comes by about a thousand times a second
        if before / 1000 != (before + milliseconds) / 1000 && !self.bar.is_hidden() {
            self.bar.set_position(before + milliseconds);
            self.bar.set_message(self.message());
        }
    }

    fn written(&self, _record: &TrialRecord) {
        self.written.fetch_add(1, Ordering::Relaxed);
        if let Some(last) = &self.last_line
            && let Ok(mut last) = last.lock()
            && last.elapsed() >= LINE_EVERY
        {
            *last = Instant::now();
            to_stderr(&self.message());
        }
    }
}
