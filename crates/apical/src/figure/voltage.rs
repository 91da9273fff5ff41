use apical_core::{CompartmentId, Traces, Unit};
use apical_morphology::CompartmentTree;
use svg::node::element::{Group, Path};

use super::axis::{FAINT, SMALL_PX, Scale, line, text, tick_label, ticks, time_axis, upward_text};
use super::cell::{self, Panel};
use super::color;
use super::color_bar::color_bar;
use super::course::course;
use super::page::page;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 620.0;
const CELL: Panel = Panel { left: 24.0, top: 52.0, width: 300.0, height: 506.0 };
const TRACES: Panel = Panel { left: 466.0, top: 52.0, width: 400.0, height: 506.0 };
const COLOR_BAR: Panel = Panel { left: 334.0, top: 120.0, width: 10.0, height: 330.0 };

/// Space between two rows of traces, px.
const GAP_PX: f64 = 8.0;

/// The neuron seen along z beside the traces of some of its compartments, both colored by path distance from the root.
///
/// Row k of `traces` is the k-th of `compartments`, drawn from top to bottom on one common scale. Where there are more
/// samples than pixels, the least and the greatest of each pixel are drawn: no spike is lost. Compartments are drawn as
/// wide as they are, but no thinner than can be seen; the neuron's points alone are drawn, cylinders without a place in
/// space are not.
#[must_use]
pub fn cell_and_traces(
    title: &str,
    tree: &CompartmentTree,
    compartments: &[CompartmentId],
    traces: &Traces,
) -> String {
    let distances = tree.compartments().iter().map(|c| c.path_distance_um);
    let farthest_um = distances.fold(f64::MIN_POSITIVE, f64::max);
    let mut document = page(title, WIDTH, HEIGHT);
    if let Some(group) = cell::draw(tree, compartments, farthest_um, CELL) {
        document = document.add(group);
    }
    document = document.add(color_bar(
        "path-distance",
        COLOR_BAR,
        farthest_um,
        "Path distance from soma (µm)",
        44.0,
    ));
    for group in rows(tree, compartments, traces, farthest_um) {
        document = document.add(group);
    }
    format!("{document}\n")
}

fn rows(
    tree: &CompartmentTree,
    compartments: &[CompartmentId],
    traces: &Traces,
    farthest_um: f64,
) -> Vec<Group> {
    let count = compartments.len().min(traces.rows());
    let (Some(&first_ms), Some(&last_ms), 1..) =
        (traces.times_ms().first(), traces.times_ms().last(), count)
    else {
        return Vec::new();
    };
    let time = Scale {
        from: [first_ms, if last_ms > first_ms { last_ms } else { first_ms + 1.0 }],
        to: [TRACES.left, TRACES.left + TRACES.width],
    };
    let range = padded(traces.values());
    let height = (TRACES.height - GAP_PX * (count - 1) as f64) / count as f64;
    let mut groups = Vec::new();
    for (row, &id) in compartments.iter().enumerate().take(count) {
        let top = TRACES.top + row as f64 * (height + GAP_PX);
        let scale = Scale { from: range, to: [top + height, top] };
        let mut group = Group::new();
        for tick in ticks(range, ((height / 24.0) as usize).min(6)) {
            let y = scale.at(tick);
            group = group.add(line([time.to[0], y], [time.to[1], y], FAINT, 0.6)).add(text(
                tick_label(tick),
                [time.to[0] - 6.0, y + 3.0],
                "end",
                SMALL_PX,
            ));
        }
        let stroke = color::sequential(tree.compartment(id).path_distance_um / farthest_um);
        let path = Path::new()
            .set("d", course(traces.times_ms(), traces.row(row), &time, &scale))
            .set("fill", "none")
            .set("stroke", stroke)
            .set("stroke-width", 1)
            .set("stroke-linejoin", "round");
        let middle = 0.5 * (scale.to[0] + scale.to[1]);
        let label =
            text(cell::label(tree, id), [time.to[1] + 8.0, middle + 3.0], "start", SMALL_PX + 1.0);
        groups.push(group.add(path).add(label));
    }
    let quantity = match traces.unit() {
        Unit::Millivolt => "Membrane potential (mV)",
        Unit::Nanoampere => "Membrane current (nA)",
    };
    let middle = TRACES.top + 0.5 * TRACES.height;
    groups.push(
        Group::new()
            .add(upward_text(quantity, [TRACES.left - 38.0, middle]))
            .add(time_axis(&time, TRACES.top + TRACES.height + 6.0)),
    );
    groups
}

/// The range of the values with a margin, and never empty.
fn padded(values: &[f64]) -> [f64; 2] {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !(low.is_finite() && high.is_finite()) {
        return [0.0, 1.0];
    }
    let margin = (0.03 * (high - low)).max(0.25);
    [low - margin, high + margin]
}
