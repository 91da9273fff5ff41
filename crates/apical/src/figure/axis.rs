use svg::node::element::{Group, Line, Text};

/// Size of ordinary text, px.
pub(super) const TEXT_PX: f64 = 11.0;
/// Size of tick labels, px.
pub(super) const SMALL_PX: f64 = 9.0;
/// Color of axes.
pub(super) const INK: &str = "#333333";
/// Color of lines behind data.
pub(super) const FAINT: &str = "#e2e2e2";

/// Coordinates to a hundredth of a pixel.
pub(super) fn px(value: f64) -> f64 {
    // No negative zero, which would print as -0.
    (value * 100.0).round() / 100.0 + 0.0
}

/// A linear map from data to pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) from: [f64; 2],
    pub(super) to: [f64; 2],
}

impl Scale {
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value - self.from[0]) / (self.from[1] - self.from[0]);
        px(self.to[0] + share * (self.to[1] - self.to[0]))
    }
}

/// The largest of 1, 2, 5 times a power of ten that is at most this.
pub(super) fn round_down(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [5.0, 2.0, 1.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&m| m <= value * 1.000_001)
        .unwrap_or(power)
}

/// Round values within a range, about `count` of them.
pub(super) fn ticks(range: [f64; 2], count: usize) -> Vec<f64> {
    let span = range[1] - range[0];
    if !(span.is_finite() && span > 0.0) {
        return vec![range[0]];
    }
    let mut step = round_down(span / count.max(1) as f64);
    if span / step > 1.6 * count as f64 {
        step = round_down(2.5 * step);
    }
    let first = (range[0] / step - 1e-9).ceil() as i64;
    let last = (range[1] / step + 1e-9).floor() as i64;
    (first..=last).map(|k| k as f64 * step).collect()
}

/// A tick's value without trailing noise, with a true minus sign.
pub(super) fn tick_label(value: f64) -> String {
    let text = format!("{}", (value * 1e6).round() / 1e6 + 0.0);
    text.replacen('-', "\u{2212}", 1)
}

pub(super) fn line(from: [f64; 2], to: [f64; 2], color: &str, width_px: f64) -> Line {
    Line::new()
        .set("x1", px(from[0]))
        .set("y1", px(from[1]))
        .set("x2", px(to[0]))
        .set("y2", px(to[1]))
        .set("stroke", color)
        .set("stroke-width", width_px)
}

/// Text whose baseline is centered on `at` where it is turned or anchored in the middle.
pub(super) fn text(content: impl Into<String>, at: [f64; 2], anchor: &str, size_px: f64) -> Text {
    Text::new(content)
        .set("x", px(at[0]))
        .set("y", px(at[1]))
        .set("text-anchor", anchor)
        .set("font-size", size_px)
        .set("fill", INK)
}

/// Text that reads upwards.
pub(super) fn upward_text(content: &str, at: [f64; 2]) -> Text {
    text(content, at, "middle", TEXT_PX)
        .set("transform", format!("rotate(-90 {} {})", px(at[0]), px(at[1])))
}

/// Round values within the range of a scale, with their labels.
pub(super) fn labeled_ticks(scale: &Scale, count: usize) -> Vec<(f64, String)> {
    ticks(scale.from, count).into_iter().map(|tick| (tick, tick_label(tick))).collect()
}

/// A horizontal axis below a panel.
pub(super) fn horizontal_axis(
    scale: &Scale,
    y: f64,
    ticks: &[(f64, String)],
    quantity: &str,
) -> Group {
    let mut group = Group::new().add(line([scale.to[0], y], [scale.to[1], y], INK, 0.8));
    for (tick, label) in ticks {
        let x = scale.at(*tick);
        let label = text(label, [x, y + 14.0], "middle", SMALL_PX);
        group = group.add(line([x, y], [x, y + 4.0], INK, 0.8)).add(label);
    }
    let middle = 0.5 * (scale.to[0] + scale.to[1]);
    group.add(text(quantity, [middle, y + 30.0], "middle", TEXT_PX))
}

/// A horizontal axis of time below a panel.
pub(super) fn time_axis(scale: &Scale, y: f64) -> Group {
    horizontal_axis(scale, y, &labeled_ticks(scale, 6), "Time (ms)")
}

/// A vertical axis on the left of a panel, its quantity `away_px` from it.
pub(super) fn vertical_axis(
    scale: &Scale,
    x: f64,
    ticks: &[(f64, String)],
    quantity: &str,
    away_px: f64,
) -> Group {
    let mut group = Group::new().add(line([x, scale.to[0]], [x, scale.to[1]], INK, 0.8));
    for (tick, label) in ticks {
        let y = scale.at(*tick);
        let label = text(label, [x - 6.0, y + 3.0], "end", SMALL_PX);
        group = group.add(line([x - 4.0, y], [x, y], INK, 0.8)).add(label);
    }
    let middle = 0.5 * (scale.to[0] + scale.to[1]);
    group.add(upward_text(quantity, [x - away_px, middle]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks([0.0, 600.0], 6), [0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0]);
        assert_eq!(ticks([-85.3, 41.0], 3), [-50.0, 0.0]);
        assert_eq!(ticks([-76.5, -76.1], 2), [-76.4, -76.2].map(|v: f64| v));
        assert_eq!(ticks([3.0, 3.0], 2), [3.0]);
        assert_eq!(tick_label(-0.30000000000000004), "\u{2212}0.3");
        assert_eq!(tick_label(-0.0), "0");
    }

    #[test]
    fn rounds_down() {
        for (value, expected) in [(1.0, 1.0), (199.0, 100.0), (0.07, 0.05), (2.0, 2.0)] {
            assert!((round_down(value) - expected).abs() < 1e-12, "{value}");
        }
    }
}
