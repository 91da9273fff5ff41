//! Logarithmic charts: what the figures of tasks have in common.

use svg::Document;
use svg::node::element::path::Data;
use svg::node::element::{Group, Line as Stroke, Path, Rectangle, Text};

/// Vermilion, blue and bluish green, which differ to every eye (Okabe & Ito), the first two in gray as well.
pub(crate) const COLORS: [&str; 3] = ["#d55e00", "#0072b2", "#009e73"];
pub(crate) const INK: &str = "#333333";
const FAINT: &str = "#e2e2e2";
pub(crate) const TITLE_PX: f64 = 13.0;
pub(crate) const TEXT_PX: f64 = 12.0;
pub(crate) const SMALL_PX: f64 = 11.0;

/// Width and height of a panel's frame, and where its first one is, px.
pub(crate) const FRAME: [f64; 2] = [260.0, 260.0];
pub(crate) const ORIGIN: [f64; 2] = [70.0, 64.0];
/// From one panel to the next, px.
const PITCH_PX: f64 = 345.0;

/// A page for so many panels side by side.
pub(crate) fn page(panels: usize) -> Document {
    let width_px = ORIGIN[0] + PITCH_PX * (panels - 1) as f64 + FRAME[0] + 20.0;
    let height_px = ORIGIN[1] + FRAME[1] + 58.0;
    Document::new()
        .set("viewBox", (0, 0, width_px, height_px))
        .set("width", width_px)
        .set("height", height_px)
        .set("font-family", "Helvetica, Arial, DejaVu Sans, sans-serif")
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"))
}

/// A panel's frame, which is the `index`-th of the page, with its letter and title, and the axes on it.
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    index: usize,
}

impl Frame {
    pub(crate) fn new(index: usize) -> Self {
        let left = ORIGIN[0] + PITCH_PX * index as f64;
        let top = ORIGIN[1];
        Self { left, right: left + FRAME[0], top, bottom: top + FRAME[1], index }
    }

    /// Letter, title, axes with ticks and grid, and what the axes are.
    pub(crate) fn draw(
        &self,
        title: &str,
        x: &Axis,
        y: &Axis,
        [x_name, y_name]: [&str; 2],
    ) -> Group {
        let Self { left, right, top, bottom, index } = *self;
        let letter = char::from(b'a' + index as u8);
        let middle = [0.5 * (left + right), 0.5 * (top + bottom)];
        let mut group = Group::new()
            .add(
                text(letter.to_string(), [left - 56.0, top - 14.0], "start", TITLE_PX)
                    .set("font-weight", "bold"),
            )
            .add(text(title, [left, top - 14.0], "start", TITLE_PX))
            .add(text(x_name, [middle[0], bottom + 40.0], "middle", TEXT_PX))
            .add(upward_text(y_name, [left - 46.0, middle[1]]));
        for (value, is_power) in x.ticks() {
            let at = x.at(value);
            if is_power {
                group = group.add(stroke([at, top], [at, bottom], FAINT, 0.8));
            }
            let length = if is_power { 5.0 } else { 3.0 };
            group = group.add(stroke([at, bottom], [at, bottom + length], INK, 0.8));
            if x.is_labelled(value) {
                group = group.add(text(label(value), [at, bottom + 18.0], "middle", SMALL_PX));
            }
        }
        for (value, is_power) in y.ticks() {
            let at = y.at(value);
            if is_power {
                group = group.add(stroke([left, at], [right, at], FAINT, 0.8));
            }
            let length = if is_power { 5.0 } else { 3.0 };
            group = group.add(stroke([left - length, at], [left, at], INK, 0.8));
            if y.is_labelled(value) {
                group = group.add(text(label(value), [left - 8.0, at + 4.0], "end", SMALL_PX));
            }
        }
        group.add(stroke([left, bottom], [right, bottom], INK, 0.8)).add(stroke(
            [left, top],
            [left, bottom],
            INK,
            0.8,
        ))
    }
}

/// A line of one of the colors.
pub(crate) fn line_path(data: Data, line: usize) -> Path {
    Path::new()
        .set("d", data)
        .set("fill", "none")
        .set("stroke", COLORS[line])
        .set("stroke-width", 1.8)
        .set("stroke-linejoin", "round")
}

/// A logarithmic map from data to pixels.
pub(crate) struct Axis {
    /// Logarithms of its ends, to the base of ten.
    from: [f64; 2],
    to_px: [f64; 2],
}

impl Axis {
    /// All values with this share of their range as room at either end.
    pub(crate) fn around(values: impl Iterator<Item = f64>, to_px: [f64; 2], room: f64) -> Self {
        let start = [f64::INFINITY, f64::NEG_INFINITY];
        let [low, high] =
            values.map(f64::log10).fold(start, |[low, high], log| [low.min(log), high.max(log)]);
        let margin = room * (high - low).max(0.5);
        Self { from: [low - margin, high + margin], to_px }
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = (value.log10() - self.from[0]) / (self.from[1] - self.from[0]);
        px(self.to_px[0] + share * (self.to_px[1] - self.to_px[0]))
    }

    /// 1 to 9 times every power of ten, and whether it is a power itself.
    fn ticks(&self) -> Vec<(f64, bool)> {
        let powers = self.from[0].floor() as i32..=self.from[1].ceil() as i32;
        powers
            .flat_map(|power| (1..10).map(move |digit| (digit, power)))
            .map(|(digit, power)| (f64::from(digit) * 10_f64.powi(power), digit == 1))
            .filter(|(value, _)| (self.from[0]..=self.from[1]).contains(&value.log10()))
            .collect()
    }

    /// Powers of ten; where they are few, 2 and 5 times these too, or all.
    fn is_labelled(&self, value: f64) -> bool {
        if self.from[1] - self.from[0] < 0.7 {
            return true;
        }
        let digit = (value / 10_f64.powf((value.log10() + 1e-9).floor())).round();
        digit == 1.0 || (self.from[1] - self.from[0] < 2.0 && [2.0, 5.0].contains(&digit))
    }
}

/// Without noise of the last digits.
pub(crate) fn label(value: f64) -> String {
    let decimals = (-(value.log10() + 1e-9).floor()).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// Coordinates to a hundredth of a pixel.
pub(crate) fn px(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

pub(crate) fn stroke(from: [f64; 2], to: [f64; 2], color: &str, width_px: f64) -> Stroke {
    Stroke::new()
        .set("x1", px(from[0]))
        .set("y1", px(from[1]))
        .set("x2", px(to[0]))
        .set("y2", px(to[1]))
        .set("stroke", color)
        .set("stroke-width", width_px)
}

pub(crate) fn text(content: impl Into<String>, at: [f64; 2], anchor: &str, size_px: f64) -> Text {
    Text::new(content)
        .set("x", px(at[0]))
        .set("y", px(at[1]))
        .set("text-anchor", anchor)
        .set("font-size", size_px)
        .set("fill", INK)
}

pub(crate) fn upward_text(content: &str, at: [f64; 2]) -> Text {
    text(content, at, "middle", TEXT_PX)
        .set("transform", format!("rotate(-90 {} {})", px(at[0]), px(at[1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_logarithmic() {
        let axis = Axis { from: [-1.0, 1.0], to_px: [0.0, 200.0] };
        assert_eq!([0.1, 1.0, 10.0].map(|value| axis.at(value)), [0.0, 100.0, 200.0]);
        assert_eq!(axis.ticks().iter().filter(|(_, is_power)| *is_power).count(), 3);
        assert_eq!([0.001, 0.05, 2.0, 100.0].map(label), ["0.001", "0.05", "2", "100"]);
    }
}
