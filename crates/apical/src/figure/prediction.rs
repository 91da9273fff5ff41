use apical_core::{CompartmentId, Traces};
use apical_extracellular::Probe;
use apical_morphology::CompartmentTree;
use svg::node::element::{Circle, Group, Path, Text};

use super::axis::{INK, SMALL_PX, Scale, TEXT_PX, line, text, time_axis, upward_text};
use super::cell::{self, Outlines, Panel, Projection, scale_bar};
use super::color::{self, CATEGORIES};
use super::course::course;
use super::page::{MARGIN, page};
use super::view::{View, place};
use super::voltage::{GAP_PX, Layer, grid, rows};

const HEIGHT: f64 = 640.0;
const CELL: Panel = Panel { left: MARGIN, top: 62.0, width: 290.0, height: 500.0 };
const COLOR_BAR: Panel = Panel { left: 330.0, top: 130.0, width: 10.0, height: 320.0 };
const VOLTAGES: Panel = Panel { left: 452.0, top: 62.0, width: 330.0, height: 506.0 };
const POTENTIALS: Panel = Panel { left: 940.0, top: 62.0, width: 260.0, height: 506.0 };
/// Right of traces, for what they are of.
const LABELS: f64 = 96.0;
const PREDICTED: &str = CATEGORIES[1];

/// What was, and what is predicted: traces of the same rows and times.
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    /// As it was.
    pub truth: &'a Traces,
    /// As it is predicted.
    pub predicted: &'a Traces,
}

/// The neuron colored by path distance; voltages of some of its compartments in the same colors, as they were (wide and pale)
/// and as they are predicted (thin); and potentials at electrodes, each on a scale of its own, the truth in black over the
/// prediction.
///
/// Row k of `voltages` is the k-th of `compartments`, row k of `potentials`, mV, the k-th electrode of the probe.
///
/// ```
/// use apical::core::{Traces, Unit};
/// use apical::extracellular::Probe;
/// use apical::figure::{Prediction, cell_and_predictions, depth_selection};
/// use apical::morphology::{CompartmentTree, MaxLength, default_cell};
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let shown = depth_selection(&tree, 3);
/// let traces = |rows: usize, of: fn(usize) -> f64| {
///     Traces::from_fn(Unit::Millivolt, rows, vec![0.0, 1.0, 2.0], move |row, _| of(row))
/// };
/// let (truth, predicted) = (traces(shown.len(), |row| row as f64), traces(shown.len(), |_| 1.0));
/// let voltages = Prediction { truth: &truth, predicted: &predicted };
/// let probe = Probe::six_around(tree.geometry().center_um(0))?;
/// let (truth, predicted) = (traces(6, |row| 1e-3 * row as f64), traces(6, |_| 1e-3));
/// let potentials = Prediction { truth: &truth, predicted: &predicted };
/// let figure =
///     cell_and_predictions("a network", &tree, &shown, voltages, Some((&probe, potentials)));
/// assert!(figure.contains("predicted") && figure.contains("Potential (µV)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn cell_and_predictions(
    title: &str,
    tree: &CompartmentTree,
    compartments: &[CompartmentId],
    voltages: Prediction<'_>,
    potentials: Option<(&Probe, Prediction<'_>)>,
) -> String {
    let farthest_um = cell::farthest_um(tree);
    let last = if potentials.is_some() { POTENTIALS } else { VOLTAGES };
    let mut document = page(title, last.left + last.width + LABELS + MARGIN, HEIGHT);
    let probe = potentials.map(|(probe, _)| probe);
    if let Some(group) = cell_and_electrodes(tree, compartments, farthest_um, probe) {
        document = document.add(group);
    }
    document = document.add(cell::distance_bar(COLOR_BAR, farthest_um));
    let layers = [
        Layer { traces: voltages.truth, width_px: 3.0, opacity: 0.35 },
        Layer { traces: voltages.predicted, width_px: 1.0, opacity: 1.0 },
    ];
    document = document.add(legend(
        VOLTAGES.left,
        [
            ("simulated", 3.0, color::sequential(0.5), 0.35),
            ("predicted", 1.0, color::sequential(0.5), 1.0),
        ],
    ));
    for group in rows(tree, compartments, &layers, farthest_um, VOLTAGES) {
        document = document.add(group);
    }
    if let Some((probe, potentials)) = potentials {
        let [ink, predicted] = [INK, PREDICTED].map(str::to_owned);
        document = document
            .add(legend(
                POTENTIALS.left,
                [("simulated", 0.9, ink, 1.0), ("predicted", 2.2, predicted, 0.8)],
            ))
            .add(potential_rows(probe, potentials));
    }
    format!("{document}\n")
}

/// The neuron with dots where voltages are shown, and rings where potentials are.
fn cell_and_electrodes(
    tree: &CompartmentTree,
    marked: &[CompartmentId],
    farthest_um: f64,
    probe: Option<&Probe>,
) -> Option<Group> {
    let outlines = Outlines::new(tree);
    let electrodes = probe.map_or(&[][..], Probe::electrodes);
    let view = View::new(&outlines, electrodes);
    let projection = Projection::new(view.corners(), CELL)?;
    let mut group = cell::colored(tree, &outlines, marked, farthest_um, &projection);
    for (k, electrode) in electrodes.iter().enumerate() {
        if !view.contains(place(electrode)) {
            continue;
        }
        let (x, y) = projection.at(place(electrode));
        let ring = Circle::new().set("cx", x).set("cy", y).set("r", 3).set("fill", "white");
        let id = probe.map_or("", |probe| &probe.ids()[k]);
        let name = text(id, [x + 6.0, y + 3.0], "start", SMALL_PX);
        group = group.add(ring.set("stroke", INK).set("stroke-width", 1)).add(over_lines(name));
    }
    Some(group.add(scale_bar(projection.px_per_um, CELL, 0.3 * CELL.width)))
}

/// Text that can be read where lines cross it.
fn over_lines(text: Text) -> Text {
    text.set("paint-order", "stroke").set("stroke", "white").set("stroke-width", 2.5)
}

fn legend(left: f64, entries: [(&str, f64, String, f64); 2]) -> Group {
    let mut group = Group::new();
    for (k, (name, width_px, color, opacity)) in entries.into_iter().enumerate() {
        let x = left + 96.0 * k as f64;
        group = group
            .add(line([x, 46.0], [x + 22.0, 46.0], &color, width_px).set("stroke-opacity", opacity))
            .add(text(name, [x + 28.0, 50.0], "start", TEXT_PX));
    }
    group
}

fn potential_rows(probe: &Probe, Prediction { truth, predicted }: Prediction<'_>) -> Group {
    let count = probe.electrodes().len().min(truth.rows()).min(predicted.rows());
    let mut group = Group::new();
    let (Some(&first_ms), Some(&last_ms)) = (truth.times_ms().first(), truth.times_ms().last())
    else {
        return group;
    };
    let panel = POTENTIALS;
    let time = Scale {
        from: [first_ms, last_ms.max(first_ms + 1.0)],
        to: [panel.left, panel.left + panel.width],
    };
    let height = (panel.height - GAP_PX * count.saturating_sub(1) as f64) / count.max(1) as f64;
    for row in 0..count {
        let top = panel.top + row as f64 * (height + GAP_PX);
        let microvolts =
            |traces: &Traces| -> Vec<f64> { traces.row(row).iter().map(|mv| 1e3 * mv).collect() };
        let [truth_uv, predicted_uv] = [truth, predicted].map(microvolts);
        let bounds = truth_uv.iter().chain(&predicted_uv).copied();
        let (low, high) = bounds
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (v.min(low), v.max(high)));
        let margin = (0.03 * (high - low)).max(1e-6);
        let scale = Scale { from: [low - margin, high + margin], to: [top + height, top] };
        let path = |values: &[f64], times: &Traces| {
            Path::new()
                .set("d", course(times.times_ms(), values, &time, &scale))
                .set("fill", "none")
                .set("stroke-linejoin", "round")
        };
        let below = path(&predicted_uv, predicted).set("stroke", PREDICTED);
        let above = path(&truth_uv, truth).set("stroke", INK).set("stroke-width", 0.9);
        let middle = top + 0.5 * height + 3.0;
        group = group
            .add(grid(&time, &scale, 3))
            .add(below.set("stroke-width", 2.2).set("stroke-opacity", 0.8))
            .add(above)
            .add(text(&probe.ids()[row], [time.to[1] + 8.0, middle], "start", SMALL_PX + 1.0));
    }
    let middle = panel.top + 0.5 * panel.height;
    group
        .add(upward_text("Potential (µV)", [panel.left - 44.0, middle]))
        .add(time_axis(&time, panel.top + panel.height + 6.0))
}
