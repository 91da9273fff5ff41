use svg::node::element::{Group, Rectangle};

use super::axis::{Scale, labeled_ticks, px, vertical_axis};
use super::cell::Panel;

/// Counts in bins of equal width.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    range: [f64; 2],
    counts: Vec<u64>,
}

impl Histogram {
    /// No values yet. There is at least one bin, and the range is not empty.
    pub(super) fn new(range: [f64; 2], bins: usize) -> Self {
        Self { range, counts: vec![0; bins.max(1)] }
    }

    /// Counts a value; one beyond the range in the first or last bin, none that is no number.
    pub(super) fn add(&mut self, value: f64) {
        let bins = self.counts.len();
        let share = (value - self.range[0]) / (self.range[1] - self.range[0]);
        if !share.is_nan() {
            // converting takes what is below 0 to 0; a value at an edge, up to rounding, is in the bin above it
            self.counts[((share * bins as f64 + 1e-9) as usize).min(bins - 1)] += 1;
        }
    }

    /// The value that a share of all is below, taking those of a bin to be spread evenly; none of none.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let wanted = share * total as f64;
        let mut below = 0.0;
        for (bin, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = count as f64;
            if below + count >= wanted {
                return Some(self.edge(bin as f64 + (wanted - below) / count));
            }
            below += count;
        }
        None
    }

    /// Where so many bins end.
    fn edge(&self, bins: f64) -> f64 {
        self.range[0] + (self.range[1] - self.range[0]) * bins / self.counts.len() as f64
    }

    /// The horizontal scale of a panel.
    pub(super) fn scale(&self, panel: Panel) -> Scale {
        Scale { from: self.range, to: [panel.left, panel.left + panel.width] }
    }

    /// Bars, and on their left an axis of what is counted.
    pub(super) fn draw(&self, panel: Panel, color: &str, counted: &str) -> Group {
        let most = self.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
        let bottom = panel.top + panel.height;
        let height = Scale { from: [0.0, 1.05 * most], to: [bottom, panel.top] };
        let scale = self.scale(panel);
        let mut group = Group::new();
        for (bin, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let [left, right] = [bin, bin + 1].map(|edge| scale.at(self.edge(edge as f64)));
            let top = height.at(count as f64);
            let bar = Rectangle::new()
                .set("x", left)
                .set("y", top)
                .set("width", px((right - left - 0.5).max(0.5)))
                .set("height", px(bottom - top));
            group = group.add(bar.set("fill", color));
        }
        let mut ticks = labeled_ticks(&height, 4);
        ticks.retain(|(tick, _)| tick.fract() == 0.0);
        group.add(vertical_axis(&height, panel.left, &ticks, counted, 38.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_at_edges_and_beyond() {
        let mut histogram = Histogram::new([0.0, 0.3], 3);
        let values = [-1.0, 0.0, 0.1, 0.2, 0.25, 0.3, 7.0, f64::NAN];
        values.into_iter().for_each(|value| histogram.add(value));
        assert_eq!(histogram.counts, [2, 1, 4]);
    }

    #[test]
    fn quantiles_of_evenly_spread_values() {
        let mut histogram = Histogram::new([-10.0, 10.0], 50);
        assert_eq!(histogram.quantile(0.5), None);
        (0..1000).for_each(|k| histogram.add(0.01 * k as f64));
        for share in [0.01, 0.25, 0.5, 0.99] {
            // one of 1000 values is 0.01
            let found = histogram.quantile(share).unwrap();
            assert!((found - 10.0 * share).abs() <= 0.01, "{share}: {found}");
        }
    }
}
