use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use apical::training::TrainingEvent;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::to_stderr;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// Shows losses, the time left and validations on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    steps: u64,
    /// A mean of training losses that follows the last fifty or so.
    loss: Option<f64>,
    is_quiet: bool,
    last_line: Instant,
}

impl Progress {
    pub(super) fn new(done: u64, steps: u64, is_quiet: bool) -> Self {
        let is_hidden = is_quiet || !io::stderr().is_terminal();
        let bar = if is_hidden { ProgressBar::hidden() } else { ProgressBar::new(steps) };
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta} left, {msg}")
        {
            bar.set_style(style);
        }
        bar.set_position(done);
        bar.reset_eta();
        Self { bar, steps, loss: None, is_quiet, last_line: Instant::now() }
    }

    pub(super) fn tell(&mut self, event: &TrainingEvent<'_>) {
        if self.is_quiet {
            return;
        }
        match event {
            TrainingEvent::Step { step, losses } => {
                let loss = self.loss.map_or(losses.total, |mean| 0.98 * mean + 0.02 * losses.total);
                self.loss = Some(loss);
                self.bar.set_position(*step);
                self.bar.set_message(format!("loss {loss:.3}"));
                if self.bar.is_hidden() && self.last_line.elapsed() >= LINE_EVERY {
                    self.last_line = Instant::now();
                    to_stderr(&format!("step {step} of {}: loss {loss:.3}", self.steps));
                }
            }
            TrainingEvent::Validated { step, losses, regions, is_best } => {
                let regions: Vec<_> = regions
                    .iter()
                    .map(|error| {
                        format!("{} {:.1} %", error.region, 100.0 * error.explained_variance)
                    })
                    .collect();
                let best = if *is_best { ", the best so far" } else { "" };
                let line = format!(
                    "step {step}: validation loss {:.4}{best}; explained: {}",
                    losses.total,
                    regions.join(", ")
                );
                self.bar.suspend(|| to_stderr(&line));
            }
            _ => {}
        }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
