//! Error against cost, both logarithmic: one panel a measure, one line a method.

use svg::Document;
use svg::node::element::path::Data;
use svg::node::element::{Circle, Group, Rectangle, Text};

use crate::chart::{
    Axis, COLORS, Frame, INK, ORIGIN, SMALL_PX, TEXT_PX, line_path, page, px, stroke, text,
};

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

/// The step whose error is drawn through, ms.
const DEFAULT_STEP_MS: f64 = super::DEFAULT_STEP_MS;

/// The whole figure.
pub(super) fn draw(panels: &[Panel]) -> Document {
    let mut document = page(panels.len());
    if let Some(panel) = panels.first() {
        document = document.add(legend(panel));
    }
    for (index, panel) in panels.iter().enumerate() {
        document = document.add(panel.draw(&Frame::new(index)));
    }
    document
}

impl Panel {
    fn draw(&self, frame: &Frame) -> Group {
        let Frame { left, right, top, bottom, .. } = *frame;
        let shown = || self.lines.iter().flat_map(Line::shown);
        let x = Axis::around(shown().map(|point| point.cost_s), [left, right], 0.18);
        let y = Axis::around(shown().map(|point| point.error), [bottom, top], 0.1);
        let names = ["Processor time per simulated second (s)", self.axis];
        let mut group = frame.draw(self.title, &x, &y, names);
        let default = self.lines[0].shown().find(|point| point.dt_ms == DEFAULT_STEP_MS);
        if let Some(default) = default {
            let at = y.at(default.error);
            group =
                group.add(stroke([left, at], [right, at], INK, 1.0).set("stroke-dasharray", "4 3"));
        }
        for (method, line) in self.lines.iter().enumerate() {
            group = group.add(line.draw(method, &x, &y));
        }
        group
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_left_out() {
        let points = [0.1, f64::NAN]
            .map(|error| Point { dt_ms: 0.1, cost_s: 1.0, error, same_spikes: true })
            .to_vec();
        let line = Line { name: "a", points };
        assert_eq!(line.shown().count(), 1);
    }
}
