//! Differences of both sides, and the table of them.

use std::collections::BTreeMap;

use super::doubt::Doubt;
use crate::Outcome;

/// Of values that both compute in float64 by formulas of some dozens of operations; what loses more digits is doubtful.
pub(super) const TOLERANCE: f64 = 1e-8;

/// A model's differences.
pub(super) struct Row {
    title: &'static str,
    pairs: usize,
    largest: Worst,
    excluded: BTreeMap<Doubt, Excluded>,
}

/// Pairs of one doubt, whose values are compared with exact ones.
#[derive(Default)]
struct Excluded {
    count: usize,
    ours: Worst,
    /// Without those that are no numbers.
    theirs: Worst,
    without_number: usize,
}

impl Excluded {
    /// What LFPykit's values are.
    fn shown(&self) -> String {
        let others = format!("up to {} from exact", self.theirs.shown());
        match self.without_number {
            0 => others,
            all if all == self.count => "no numbers".to_owned(),
            some => format!("{some} no numbers, others {others}"),
        }
    }
}

#[derive(Clone, Default)]
struct Worst {
    difference: f64,
    place: String,
}

impl Worst {
    fn take(&mut self, difference: f64, place: impl Fn() -> String) {
        if difference > self.difference {
            *self = Self { difference, place: place() };
        }
    }

    fn shown(&self) -> String {
        match self.difference {
            0.0 => "0".to_owned(),
            f64::INFINITY => "no number".to_owned(),
            difference => format!("{difference:.1e}"),
        }
    }
}

/// The largest difference of a pair's values, relative to the largest of those expected; infinite if one is no number.
///
/// The potential of a source is one positive number, and its own measure. Components of a vector, or what the components of a
/// moment do, vanish in some directions, where the sum of rounded terms is not 0: their measure is the largest of them.
fn difference(found: &[f64], expected: &[f64]) -> f64 {
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    found.iter().zip(expected).fold(0.0, |worst, (a, b)| {
        let difference = if a == b { 0.0 } else { (a - b).abs() / largest };
        if difference.is_nan() { f64::INFINITY } else { worst.max(difference) }
    })
}

impl Row {
    pub(super) fn new(title: &'static str) -> Self {
        Self { title, pairs: 0, largest: Worst::default(), excluded: BTreeMap::new() }
    }

    /// A pair that both should agree on.
    pub(super) fn add(&mut self, ours: &[f64], theirs: &[f64], place: impl Fn() -> String) {
        self.pairs += 1;
        self.largest.take(difference(ours, theirs), place);
    }

    /// A pair that LFPykit may be wrong on.
    pub(super) fn add_doubtful(
        &mut self,
        doubt: Doubt,
        [ours, theirs, exact]: [&[f64]; 3],
        place: impl Fn() -> String,
    ) {
        let excluded = self.excluded.entry(doubt).or_default();
        excluded.count += 1;
        excluded.ours.take(difference(ours, exact), &place);
        let theirs = difference(theirs, exact);
        if theirs.is_finite() {
            excluded.theirs.take(theirs, &place);
        } else {
            excluded.without_number += 1;
        }
    }

    /// Of the pairs that were excluded, apical's largest difference from what is exact.
    fn worst_from_exact(&self) -> Worst {
        let worst = self.excluded.values().map(|excluded| &excluded.ours);
        let worst = worst.max_by(|a, b| a.difference.total_cmp(&b.difference));
        worst.cloned().unwrap_or_default()
    }

    /// What is beyond the tolerance.
    fn complaint(&self) -> Option<String> {
        let from_exact = self.worst_from_exact();
        let title = self.title;
        if self.pairs == 0 {
            Some(format!("{title}: no pairs"))
        } else if self.largest.difference > TOLERANCE {
            Some(format!("{title}: {} at {}", self.largest.shown(), self.largest.place))
        } else if from_exact.difference > TOLERANCE {
            Some(format!("{title}: {} from exact at {}", from_exact.shown(), from_exact.place))
        } else {
            None
        }
    }
}

/// Prints all rows and why pairs were excluded; an error that names the models beyond the tolerance.
pub(super) fn print(rows: &[Row]) -> Outcome {
    println!();
    println!(
        "| model | pairs | largest relative difference | where | excluded | of these, apical from exact |"
    );
    println!("|---|---|---|---|---|---|");
    for row in rows {
        let excluded: usize = row.excluded.values().map(|excluded| excluded.count).sum();
        let from_exact = if excluded == 0 { String::new() } else { row.worst_from_exact().shown() };
        println!(
            "| {} | {} | {} | {} | {excluded} | {from_exact} |",
            row.title,
            row.pairs,
            row.largest.shown(),
            row.largest.place,
        );
    }
    println!();
    for row in rows {
        for (doubt, excluded) in &row.excluded {
            println!(
                "- {}: {} excluded: {doubt}; {}.",
                row.title,
                excluded.count,
                excluded.shown()
            );
        }
    }
    let beyond: Vec<String> = rows.iter().filter_map(Row::complaint).collect();
    if beyond.is_empty() {
        return Ok(());
    }
    Err(format!("apical and LFPykit differ by more than {TOLERANCE:e}:\n  {}", beyond.join("\n  ")))
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn differences_are_relative_to_the_largest_value_expected() {
        assert_eq!(difference(&[1.5], &[1.0]), 0.5);
        assert_eq!(difference(&[0.5, 10.0], &[0.0, 10.0]), 0.05);
        assert_eq!(difference(&[0.0; 3], &[0.0; 3]), 0.0);
    }

    #[test]
    fn what_is_no_number_differs() {
        assert!(difference(&[1.0, 2.0], &[f64::NAN, 2.0]).is_infinite());
        assert!(difference(&[f64::NAN], &[1.0]).is_infinite());
        assert!(difference(&[1.0], &[0.0]).is_infinite());
    }
}
