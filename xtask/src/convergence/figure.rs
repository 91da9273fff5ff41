//! Error against cost, both logarithmic: one panel a measure, one line a method.

use svg::Document;
use svg::node::element::path::Data;
use svg::node::element::{Circle, Group, Line as Stroke, Path, Rectangle, Text};

/// One measure of error.
pub(super) struct Panel {
    pub(super) title: &'static str,
    /// What the error is, with its unit.
    pub(super) axis: &'static str,
    /// Implicit Euler, Crank–Nicolson.
    pub(super) lines: [Line; 2],
}

/// One method.
pub(super) struct Line {
    pub(super) name: &'static str,
    /// dt ascending. An error that is not a number is left out.
    pub(super) points: Vec<Point>,
}

/// One time step of a method.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) dt_ms: f64,
    pub(super) cost_s: f64,
    pub(super) error: f64,
    /// Whether the run has as many spikes as the reference.
    pub(super) same_spikes: bool,
}

/// Vermilion and blue, which differ to every eye and in gray (Okabe & Ito).
const COLORS: [&str; 2] = ["#d55e00", "#0072b2"];
const INK: &str = "#333333";
const FAINT: &str = "#e2e2e2";
const TITLE_PX: f64 = 13.0;
const TEXT_PX: f64 = 12.0;
const SMALL_PX: f64 = 11.0;
/// The step whose error is drawn through, ms.
const DEFAULT_STEP_MS: f64 = super::DEFAULT_STEP_MS;

/// Width and height of a panel's frame, and where its first one is, px.
const FRAME: [f64; 2] = [260.0, 260.0];
const ORIGIN: [f64; 2] = [70.0, 64.0];
/// From one panel to the next, px.
const PITCH_PX: f64 = 345.0;

/// The whole figure.
pub(super) fn draw(panels: &[Panel]) -> Document {
    let width_px = ORIGIN[0] + PITCH_PX * (panels.len() - 1) as f64 + FRAME[0] + 20.0;
    let height_px = ORIGIN[1] + FRAME[1] + 58.0;
    let mut document = Document::new()
        .set("viewBox", (0, 0, width_px, height_px))
        .set("width", width_px)
        .set("height", height_px)
        .set("font-family", "Helvetica, Arial, DejaVu Sans, sans-serif")
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"));
    if let Some(panel) = panels.first() {
        document = document.add(legend(panel));
    }
    for (index, panel) in panels.iter().enumerate() {
        let left_px = ORIGIN[0] + PITCH_PX * index as f64;
        let letter = char::from(b'a' + index as u8);
        document = document.add(panel.draw(letter, [left_px, ORIGIN[1]]));
    }
    document
}

impl Panel {
    /// With its frame's upper left corner there.
    fn draw(&self, letter: char, [left, top]: [f64; 2]) -> Group {
        let [right, bottom] = [left + FRAME[0], top + FRAME[1]];
        let shown = || self.lines.iter().flat_map(Line::shown);
        let x = Axis::around(shown().map(|point| point.cost_s), [left, right], 0.18);
        let y = Axis::around(shown().map(|point| point.error), [bottom, top], 0.1);
        let mut group = Group::new()
            .add(
                text(letter.to_string(), [left - 56.0, top - 14.0], "start", TITLE_PX)
                    .set("font-weight", "bold"),
            )
            .add(text(self.title, [left, top - 14.0], "start", TITLE_PX));
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
        let default = self.lines[0].shown().find(|point| point.dt_ms == DEFAULT_STEP_MS);
        if let Some(default) = default {
            let at = y.at(default.error);
            group =
                group.add(stroke([left, at], [right, at], INK, 1.0).set("stroke-dasharray", "4 3"));
        }
        group = group.add(stroke([left, bottom], [right, bottom], INK, 0.8));
        group = group.add(stroke([left, top], [left, bottom], INK, 0.8));
        for (method, line) in self.lines.iter().enumerate() {
            group = group.add(line.draw(method, &x, &y));
        }
        let middle = [0.5 * (left + right), 0.5 * (top + bottom)];
        let cost = "Processor time per simulated second (s)";
        group
            .add(text(cost, [middle[0], bottom + 40.0], "middle", TEXT_PX))
            .add(upward_text(self.axis, [left - 46.0, middle[1]]))
    }
}

impl Line {
    fn shown(&self) -> impl Iterator<Item = Point> {
        self.points.iter().copied().filter(|point| point.error > 0.0 && point.cost_s > 0.0)
    }

    /// Whether the next longer step is hardly longer, so that two labels on one side would touch.
    fn is_close_to_next(&self, point: Point) -> bool {
        self.points.iter().any(|p| p.dt_ms > point.dt_ms && p.dt_ms < 1.5 * point.dt_ms)
    }

    /// Labels of the first method stand above its points, of the second below, if there is room.
    fn draw(&self, method: usize, x: &Axis, y: &Axis) -> Group {
        let mut data = Data::new();
        let mut marks = Group::new();
        for (index, point) in self.shown().enumerate() {
            let at = [x.at(point.cost_s), y.at(point.error)];
            data = if index == 0 {
                data.move_to((at[0], at[1]))
            } else {
                data.line_to((at[0], at[1]))
            };
            let (place, anchor) = if (method == 0) != self.is_close_to_next(point) {
                ([at[0] + 7.0, at[1] - 5.0], "start")
            } else {
                ([at[0] - 7.0, at[1] + 13.0], "end")
            };
            let dt =
                text(point.dt_ms.to_string(), place, anchor, SMALL_PX).set("fill", COLORS[method]);
            marks = marks.add(mark(method, at, point.same_spikes)).add(halo(dt.clone())).add(dt);
        }
        Group::new().add(line_path(data, method)).add(marks)
    }
}

fn line_path(data: Data, method: usize) -> Path {
    Path::new()
        .set("d", data)
        .set("fill", "none")
        .set("stroke", COLORS[method])
        .set("stroke-width", 1.8)
        .set("stroke-linejoin", "round")
}

/// A square for the first method, a disc for the second; hollow where spikes are missing or too many.
fn mark(method: usize, [x, y]: [f64; 2], is_full: bool) -> Group {
    let [fill, edge] = if is_full { [COLORS[method], "white"] } else { ["white", COLORS[method]] };
    let group = Group::new().set("fill", fill).set("stroke", edge).set("stroke-width", 1.4);
    if method == 0 {
        let square = Rectangle::new().set("width", 8).set("height", 8);
        group.add(square.set("x", px(x - 4.0)).set("y", px(y - 4.0)))
    } else {
        group.add(Circle::new().set("cx", x).set("cy", y).set("r", 4.5))
    }
}

/// What keeps lines away from a text that is drawn over it.
fn halo(text: Text) -> Text {
    text.set("fill", "white")
        .set("stroke", "white")
        .set("stroke-width", 3)
        .set("stroke-linejoin", "round")
}

/// Above the panels: the methods, what labels say, and what the broken line is.
fn legend(panel: &Panel) -> Group {
    let y = 20.0;
    let mut group = Group::new();
    let mut left = ORIGIN[0];
    for (method, line) in panel.lines.iter().enumerate() {
        let data = Data::new().move_to((left, y)).line_to((left + 28.0, y));
        group = group
            .add(line_path(data, method))
            .add(mark(method, [left + 14.0, y], true))
            .add(text(line.name, [left + 35.0, y + 4.0], "start", TEXT_PX));
        left += 140.0;
    }
    for method in 0..panel.lines.len() {
        group = group.add(mark(method, [left + 6.0 + 14.0 * method as f64, y], false));
    }
    let default = format!("error of implicit Euler at {DEFAULT_STEP_MS} ms");
    group
        .add(text("other number of spikes", [left + 32.0, y + 4.0], "start", TEXT_PX))
        .add(stroke([left + 190.0, y], [left + 218.0, y], INK, 1.0).set("stroke-dasharray", "4 3"))
        .add(text(default, [left + 225.0, y + 4.0], "start", TEXT_PX))
        .add(text("numbers: time step (ms)", [left + 460.0, y + 4.0], "start", TEXT_PX))
}

/// A logarithmic map from data to pixels.
struct Axis {
    /// Logarithms of its ends, to the base of ten.
    from: [f64; 2],
    to_px: [f64; 2],
}

impl Axis {
    /// All values with this share of their range as room at either end.
    fn around(values: impl Iterator<Item = f64>, to_px: [f64; 2], room: f64) -> Self {
        let start = [f64::INFINITY, f64::NEG_INFINITY];
        let [low, high] =
            values.map(f64::log10).fold(start, |[low, high], log| [low.min(log), high.max(log)]);
        let margin = room * (high - low).max(0.5);
        Self { from: [low - margin, high + margin], to_px }
    }

    fn at(&self, value: f64) -> f64 {
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

    /// Powers of ten; where they are few, 2 and 5 times these too.
    fn is_labelled(&self, value: f64) -> bool {
        let digit = (value / 10_f64.powf((value.log10() + 1e-9).floor())).round();
        digit == 1.0 || (self.from[1] - self.from[0] < 2.0 && [2.0, 5.0].contains(&digit))
    }
}

/// Without noise of the last digits.
fn label(value: f64) -> String {
    let decimals = (-(value.log10() + 1e-9).floor()).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// Coordinates to a hundredth of a pixel.
fn px(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

fn stroke(from: [f64; 2], to: [f64; 2], color: &str, width_px: f64) -> Stroke {
    Stroke::new()
        .set("x1", px(from[0]))
        .set("y1", px(from[1]))
        .set("x2", px(to[0]))
        .set("y2", px(to[1]))
        .set("stroke", color)
        .set("stroke-width", width_px)
}

fn text(content: impl Into<String>, at: [f64; 2], anchor: &str, size_px: f64) -> Text {
    Text::new(content)
        .set("x", px(at[0]))
        .set("y", px(at[1]))
        .set("text-anchor", anchor)
        .set("font-size", size_px)
        .set("fill", INK)
}

fn upward_text(content: &str, at: [f64; 2]) -> Text {
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

    #[test]
    fn what_is_not_a_number_is_left_out() {
        let points = [0.1, f64::NAN]
            .map(|error| Point { dt_ms: 0.1, cost_s: 1.0, error, same_spikes: true })
            .to_vec();
        let line = Line { name: "a", points };
        assert_eq!(line.shown().count(), 1);
    }
}
