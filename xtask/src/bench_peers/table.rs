//! The result, as a table for docs/src/benchmarks.md.

use super::measurement::Measurement;
use super::side::Side;
use super::{Kind, Options};
use crate::timing::median;

const DT_MS: f64 = 0.025;
/// Voltages are compared over so many steps: 100 ms. Where a spike comes later or earlier, all else is lost in that
/// difference, which is why the times of spikes are compared too.
const COMPARED_STEPS: usize = 4000;
const SPIKE_THRESHOLD_MV: f64 = -20.0;

/// All runs of one side.
pub(super) struct Row<'a> {
    pub(super) side: &'a Side,
    pub(super) runs: Vec<Measurement>,
    pub(super) failure: Option<String>,
    /// From NEURON's voltage at the soma, mV.
    largest_difference_mv: f64,
    /// From the times of NEURON's spikes, if there are as many, ms.
    largest_shift_ms: Option<f64>,
}

impl<'a> Row<'a> {
    pub(super) const fn new(side: &'a Side) -> Self {
        Self {
            side,
            runs: Vec::new(),
            failure: None,
            largest_difference_mv: f64::NAN,
            largest_shift_ms: None,
        }
    }

    /// Spikes of the first neuron, if all runs agree.
    pub(super) fn spikes(&self) -> Option<u64> {
        let first = self.runs.first()?.spikes;
        self.runs.iter().all(|run| run.spikes == first).then_some(first)
    }

    pub(super) fn compare(&mut self, trace: &[f64], reference: &[f64]) {
        self.largest_difference_mv = largest_difference(trace, reference);
        self.largest_shift_ms = largest_shift(trace, reference);
    }

    /// Seconds per simulated second of one neuron.
    fn median_s(&self, options: &Options, of: impl Fn(&Measurement) -> f64) -> f64 {
        let neurons_s = self.side.cells as f64 * f64::from(options.duration_ms) / 1000.0;
        median(self.runs.iter().map(of)) / neurons_s
    }
}

/// Not a number if one of the voltages is none.
fn largest_difference(trace: &[f64], reference: &[f64]) -> f64 {
    let pairs = trace.iter().zip(reference).take(COMPARED_STEPS + 1);
    let differences = pairs.map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |largest, d| if largest.is_nan() || d <= largest { largest } else { d })
}

/// None without spikes, or if one trace has more than the other.
fn largest_shift(trace: &[f64], reference: &[f64]) -> Option<f64> {
    let (spikes, expected) = (spike_steps(trace), spike_steps(reference));
    let same_count = spikes.len() == expected.len();
    let steps = spikes.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
    steps.filter(|_| same_count).map(|steps| steps as f64 * DT_MS)
}

fn spike_steps(trace: &[f64]) -> Vec<usize> {
    let crosses = |pair: &[f64]| pair[0] < SPIKE_THRESHOLD_MV && pair[1] >= SPIKE_THRESHOLD_MV;
    trace.windows(2).enumerate().filter(|(_, pair)| crosses(pair)).map(|(step, _)| step).collect()
}

/// Prints one kind's table, and under it what was not the same.
pub(super) fn print(rows: &[Row<'_>], absent: &[String], kind: Kind, options: &Options) {
    println!("\n{kind}, {} ms, median of {}:\n", options.duration_ms, options.alternations);
    println!(
        "| {kind} | wall, s | processor, s | NEURON takes | soma differs by, mV | spikes | shifted by, ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    let neuron_s = rows.first().map_or(f64::NAN, |row| row.median_s(options, |run| run.cpu_s));
    for row in rows {
        let version = row.runs.first().map_or("", |run| &run.version);
        let name = row.side.name().replacen(',', &format!(" {version},"), 1);
        if row.failure.is_some() {
            println!("| {name} | failed | | | | | |");
            continue;
        }
        let cpu_s = row.median_s(options, |run| run.cpu_s);
        println!(
            "| {name} | {:.3} | {cpu_s:.3} | {:.1} × | {} | {} | {} |",
            row.median_s(options, |run| run.wall_s),
            neuron_s / cpu_s,
            shown(row.largest_difference_mv),
            row.spikes().map_or_else(|| "differ".to_owned(), |spikes| spikes.to_string()),
            row.largest_shift_ms.map_or_else(|| "–".to_owned(), |shift| format!("{shift:.3}")),
        );
    }
    println!();
    let mut notes: Vec<String> = absent.to_vec();
    for row in rows {
        let name = row.side.peer.name();
        if let Some(message) = &row.failure {
            notes.push(format!("{} failed: {message}.", row.side.name()));
        }
        for note in row.runs.iter().flat_map(|run| &run.notes) {
            notes.push(format!("{name}: {note}."));
        }
    }
    for (index, note) in notes.iter().enumerate() {
        if !notes[..index].contains(note) {
            println!("- {note}");
        }
    }
}

fn shown(difference_mv: f64) -> String {
    if difference_mv == 0.0 { "0".to_owned() } else { format!("{difference_mv:.1e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_absolute_and_keep_what_is_no_number() {
        assert_eq!(largest_difference(&[1.0, 2.0], &[1.5, 4.0]), 2.0);
        assert!(largest_difference(&[f64::NAN, 2.0], &[1.5, 4.0]).is_nan());
    }

    #[test]
    fn spikes_are_compared_in_order() {
        let (early, late) = ([-70.0, 0.0, -70.0, -70.0], [-70.0, -70.0, -70.0, 0.0]);
        assert_eq!(largest_shift(&late, &early), Some(0.05));
        assert_eq!(largest_shift(&early, &[-70.0; 4]), None);
        assert_eq!(largest_shift(&[-70.0; 4], &[-70.0; 4]), None);
    }
}
