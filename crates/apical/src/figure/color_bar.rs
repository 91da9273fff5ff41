use svg::node::element::{Group, LinearGradient, Rectangle, Stop};

use super::axis::{INK, SMALL_PX, Scale, line, text, tick_label, ticks, upward_text};
use super::cell::Panel;
use super::color;

/// The sequential colors from 0 to the greatest value, upwards; what they are is written `away_px` to the right. The id is
/// unique within a figure.
pub(super) fn color_bar(
    id: &str,
    panel: Panel,
    greatest: f64,
    quantity: &str,
    away_px: f64,
) -> Group {
    const STOPS: usize = 12;
    let mut gradient =
        LinearGradient::new().set("id", id).set("x1", 0).set("y1", 1).set("x2", 0).set("y2", 0);
    for k in 0..=STOPS {
        let share = k as f64 / STOPS as f64;
        gradient = gradient
            .add(Stop::new().set("offset", share).set("stop-color", color::sequential(share)));
    }
    let Panel { left, top, width, height } = panel;
    let scale = Scale { from: [0.0, greatest], to: [top + height, top] };
    let mut group = Group::new().add(gradient).add(
        Rectangle::new()
            .set("x", left)
            .set("y", top)
            .set("width", width)
            .set("height", height)
            .set("fill", format!("url(#{id})")),
    );
    let right = left + width;
    for tick in ticks(scale.from, 5) {
        let y = scale.at(tick);
        group = group.add(line([right, y], [right + 3.0, y], INK, 0.8)).add(text(
            tick_label(tick),
            [right + 6.0, y + 3.0],
            "start",
            SMALL_PX,
        ));
    }
    group.add(upward_text(quantity, [right + away_px, top + 0.5 * height]))
}
