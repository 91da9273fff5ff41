use apical_core::{CompartmentId, Traces, Unit};
use apical_morphology::CompartmentTree;
use svg::node::element::{Group, Path};

use super::axis::{FAINT, SMALL_PX, Scale, labeled_ticks, line, text, time_axis, upward_text};
use super::cell::{self, Panel};
use super::color;
use super::course::course;
use super::page::page;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 620.0;
const CELL: Panel = Panel { left: 24.0, top: 52.0, width: 300.0, height: 506.0 };
const TRACES: Panel = Panel { left: 466.0, top: 52.0, width: 400.0, height: 506.0 };
const COLOR_BAR: Panel = Panel { left: 334.0, top: 120.0, width: 10.0, height: 330.0 };

/// Space between two rows of traces, px.
pub(super) const GAP_PX: f64 = 8.0;

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
    let farthest_um = cell::farthest_um(tree);
    let mut document = page(title, WIDTH, HEIGHT);
    if let Some(group) = cell::draw(tree, compartments, farthest_um, CELL) {
        document = document.add(group);
    }
    document = document.add(cell::distance_bar(COLOR_BAR, farthest_um));
    let layers = [Layer { traces, width_px: 1.0, opacity: 1.0 }];
    for group in rows(tree, compartments, &layers, farthest_um, TRACES) {
        document = document.add(group);
    }
    format!("{document}\n")
}

/// Traces of the same compartments that are drawn over each other.
pub(super) struct Layer<'a> {
    pub(super) traces: &'a Traces,
    pub(super) width_px: f64,
    pub(super) opacity: f64,
}

/// A row for each compartment, the first layer below the others.
pub(super) fn rows(
    tree: &CompartmentTree,
    compartments: &[CompartmentId],
    layers: &[Layer<'_>],
    farthest_um: f64,
    panel: Panel,
) -> Vec<Group> {
    let count = layers.iter().map(|layer| layer.traces.rows()).fold(compartments.len(), usize::min);
    let times_ms = layers.first().map_or(&[][..], |layer| layer.traces.times_ms());
    let (Some(&first_ms), Some(&last_ms), 1..) = (times_ms.first(), times_ms.last(), count) else {
        return Vec::new();
    };
    let time = Scale {
        from: [first_ms, if last_ms > first_ms { last_ms } else { first_ms + 1.0 }],
        to: [panel.left, panel.left + panel.width],
    };
    let range = padded(layers);
    let height = (panel.height - GAP_PX * (count - 1) as f64) / count as f64;
    let mut groups = Vec::new();
    for (row, &id) in compartments.iter().enumerate().take(count) {
        let top = panel.top + row as f64 * (height + GAP_PX);
        let scale = Scale { from: range, to: [top + height, top] };
        let mut group = Group::new();
        group = group.add(grid(&time, &scale, ((height / 24.0) as usize).min(6)));
        let stroke = color::sequential(tree.compartment(id).path_distance_um / farthest_um);
        for Layer { traces, width_px, opacity } in layers {
            let mut path = Path::new()
                .set("d", course(traces.times_ms(), traces.row(row), &time, &scale))
                .set("fill", "none")
                .set("stroke", stroke.as_str())
                .set("stroke-width", *width_px)
                .set("stroke-linejoin", "round");
            if *opacity < 1.0 {
                path = path.set("stroke-opacity", *opacity);
            }
            group = group.add(path);
        }
        let middle = 0.5 * (scale.to[0] + scale.to[1]);
        let label =
            text(cell::label(tree, id), [time.to[1] + 8.0, middle + 3.0], "start", SMALL_PX + 1.0);
        groups.push(group.add(label));
    }
    let quantity = match layers.first().map(|layer| layer.traces.unit()) {
        Some(Unit::Nanoampere) => "Membrane current (nA)",
        _ => "Membrane potential (mV)",
    };
    let middle = panel.top + 0.5 * panel.height;
    groups.push(
        Group::new()
            .add(upward_text(quantity, [panel.left - 38.0, middle]))
            .add(time_axis(&time, panel.top + panel.height + 6.0)),
    );
    groups
}

/// Lines behind traces at about so many round values, which are written before them.
pub(super) fn grid(time: &Scale, scale: &Scale, count: usize) -> Group {
    let mut group = Group::new();
    for (tick, label) in labeled_ticks(scale, count) {
        let y = scale.at(tick);
        let label = text(label, [time.to[0] - 6.0, y + 3.0], "end", SMALL_PX);
        group = group.add(line([time.to[0], y], [time.to[1], y], FAINT, 0.6)).add(label);
    }
    group
}

/// The range of the values with a margin, and never empty.
fn padded(layers: &[Layer<'_>]) -> [f64; 2] {
    let values = || layers.iter().flat_map(|layer| layer.traces.values()).copied();
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    if !(low.is_finite() && high.is_finite()) {
        return [0.0, 1.0];
    }
    let margin = (0.03 * (high - low)).max(0.25);
    [low - margin, high + margin]
}
