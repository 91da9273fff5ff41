//! The result, as a table for docs/benchmarks.md.

use super::measurement::{Measurement, median};
use super::side::Side;
use super::{Kind, Options};

/// Voltages are compared over so many steps of 0.025 ms: 100 ms. Where spikes come later or earlier, all else is lost in
/// that difference.
const COMPARED_STEPS: usize = 4000;

/// All runs of one side.
pub(super) struct Row<'a> {
    pub(super) side: &'a Side,
    pub(super) runs: Vec<Measurement>,
    pub(super) failure: Option<String>,
    /// From NEURON's voltage at the soma, mV.
    largest_difference_mv: f64,
}

impl<'a> Row<'a> {
    pub(super) const fn new(side: &'a Side) -> Self {
        Self { side, runs: Vec::new(), failure: None, largest_difference_mv: f64::NAN }
    }

    /// Spikes of the first neuron, if all runs agree.
    pub(super) fn spikes(&self) -> Option<u64> {
        let first = self.runs.first()?.spikes;
        self.runs.iter().all(|run| run.spikes == first).then_some(first)
    }

    pub(super) fn compare(&mut self, trace: &[f64], reference: &[f64]) {
        self.largest_difference_mv = largest_difference(trace, reference);
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

/// Prints one kind's table, and under it what was not the same.
pub(super) fn print(rows: &[Row<'_>], absent: &[String], kind: Kind, options: &Options) {
    println!("\n{kind}, {} ms, median of {}:\n", options.duration_ms, options.alternations);
    println!("| {kind} | wall, s | processor, s | NEURON takes | spikes | soma differs by, mV |");
    println!("|---|---|---|---|---|---|");
    let neuron_s = rows.first().map_or(f64::NAN, |row| row.median_s(options, |run| run.cpu_s));
    for row in rows {
        let version = row.runs.first().map_or("", |run| &run.version);
        let name = row.side.name().replacen(',', &format!(" {version},"), 1);
        if row.failure.is_some() {
            println!("| {name} | failed | | | | |");
            continue;
        }
        let cpu_s = row.median_s(options, |run| run.cpu_s);
        println!(
            "| {name} | {:.3} | {cpu_s:.3} | {:.1} × | {} | {} |",
            row.median_s(options, |run| run.wall_s),
            neuron_s / cpu_s,
            row.spikes().map_or_else(|| "differ".to_owned(), |spikes| spikes.to_string()),
            shown(row.largest_difference_mv),
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
}
