use apical_core::Traces;
use apical_extracellular::{Electrode, Probe};
use apical_morphology::CompartmentTree;
use svg::node::element::{Circle, Group, Path};

use super::axis::{FAINT, INK, SMALL_PX, Scale, TEXT_PX, line, px, round_down, text, tick_label};
use super::cell::{Outlines, Panel, Projection, scale_bar};
use super::color;
use super::course::course;
use super::page::{MARGIN, page};
use super::stack::stacked;
use super::view::{View, place};

const TOP: f64 = 74.0;
const HEIGHT: f64 = 540.0;
/// Largest width of the neuron.
const CELL_WIDTH: f64 = 420.0;
const TRACE_WIDTH: f64 = 220.0;
const TRACE_HEIGHT: f64 = 68.0;
/// Between two traces, one below the other.
const GAP: f64 = 9.0;
/// Between the neuron and the traces beside it.
const GUTTER: f64 = 20.0;
/// Beside a trace, for the scale of its potential and the electrode's id.
const LABEL_WIDTH: f64 = 62.0;
/// Holds a title.
const NARROWEST: f64 = 400.0;

const NEURON: &str = "#b9b9b9";
const OTHER_ELECTRODE: &str = "#5f5f5f";

/// More traces would be too small to read.
const MOST_TRACES: usize = 16;

/// The neuron seen along z with its electrodes, and the potential at each electrode beside it, at the height where the
/// electrode is.
///
/// Row k of `potentials`, mV, is of the k-th electrode. Each trace has a scale of its own, in µV, and a line at 0, since
/// potentials fall off steeply with the distance from the soma; time has one scale. A trace has the color of its electrode's
/// dot. Of more than sixteen electrodes, sixteen have traces, evenly spaced in order of height, the others are small dots.
/// Electrodes far from the neuron are left out, and counted below the title, unless all are.
///
/// ```
/// use apical::core::{Traces, Unit};
/// use apical::extracellular::Probe;
/// use apical::figure::cell_and_potentials;
/// use apical::morphology::{CompartmentTree, MaxLength, default_cell};
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let probe = Probe::six_around(tree.geometry().center_um(0))?;
/// let times_ms = vec![0.0, 1.0, 2.0];
/// let potentials = Traces::from_fn(Unit::Millivolt, 6, times_ms, |electrode, time| {
///     -0.02 * time as f64 / (1 + electrode) as f64
/// });
/// let figure = cell_and_potentials("six sites", &tree, &probe, &potentials);
/// assert!(figure.contains("20 µV") && figure.contains("5 µV"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn cell_and_potentials(
    title: &str,
    tree: &CompartmentTree,
    probe: &Probe,
    potentials: &Traces,
) -> String {
    let outlines = Outlines::new(tree);
    let electrodes = &probe.electrodes()[..probe.electrodes().len().min(potentials.rows())];
    let view = View::new(&outlines, electrodes);
    let mut inside: Vec<usize> =
        (0..electrodes.len()).filter(|&k| view.contains(place(&electrodes[k]))).collect();
    // From top to bottom.
    inside.sort_by(|&a, &b| place(&electrodes[b])[1].total_cmp(&place(&electrodes[a])[1]));
    let shown = evenly(&inside, MOST_TRACES);

    let root_x_um = tree.geometry().center_um(0)[0];
    let is_right = |&electrode: &usize| place(&electrodes[electrode])[0] >= root_x_um;
    let (right, left): (Vec<usize>, Vec<usize>) = shown.iter().copied().partition(is_right);
    let column = |rows: &[usize]| {
        if rows.is_empty() { 0.0 } else { GUTTER + TRACE_WIDTH + LABEL_WIDTH }
    };
    let panel = Panel {
        left: MARGIN + column(&left),
        top: TOP,
        width: view.width_px([CELL_WIDTH, HEIGHT]),
        height: HEIGHT,
    };
    let width = (panel.left + panel.width + column(&right) + MARGIN).max(NARROWEST);
    let height = TOP + HEIGHT + 44.0;

    let mut document =
        page(title, width, height).add(text(SUBTITLE, [MARGIN, 43.0], "start", TEXT_PX)).add(text(
            left_out(electrodes.len(), inside.len(), shown.len()),
            [MARGIN, 58.0],
            "start",
            TEXT_PX,
        ));
    let Some(projection) = Projection::new(view.corners(), panel) else {
        return format!("{document}\n");
    };
    document = document.add(outlines.lines(&projection, |_| NEURON.to_owned()));
    let mut page = Page { electrodes, probe, potentials, projection, panel, dots: Vec::new() };
    document = document.add(page.other_electrodes(&inside, &shown));
    let most = left.len().max(right.len());
    for (rows, is_right) in [(&left, false), (&right, true)] {
        for group in page.column(rows, most, is_right, &shown) {
            document = document.add(group);
        }
    }
    document = document
        .add(page.shown_electrodes())
        .add(scale_bar(page.projection.px_per_um, panel, 0.9 * panel.width.min(0.3 * HEIGHT)))
        .add(page.time_bar(!right.is_empty()));
    format!("{document}\n")
}

const SUBTITLE: &str = "Extracellular potential, each trace on its own scale";

/// Which electrodes have no trace.
fn left_out(all: usize, inside: usize, shown: usize) -> String {
    match (all - inside, shown < inside) {
        (0, false) => String::new(),
        (0, true) => format!("{shown} of {all} electrodes"),
        (outside, _) => format!("{shown} of {all} electrodes; {outside} lie outside"),
    }
}

/// At most `count` of these, evenly spaced in their order, with the first and the last.
fn evenly(all: &[usize], count: usize) -> Vec<usize> {
    if all.len() <= count {
        return all.to_vec();
    }
    (0..count).map(|k| all[(k * (all.len() - 1) + (count - 1) / 2) / (count - 1)]).collect()
}

/// What is drawn on.
struct Page<'a> {
    electrodes: &'a [Electrode],
    probe: &'a Probe,
    potentials: &'a Traces,
    projection: Projection,
    panel: Panel,
    /// Of electrodes with traces: where, and in which color.
    dots: Vec<((f64, f64), String)>,
}

impl Page<'_> {
    fn other_electrodes(&self, inside: &[usize], shown: &[usize]) -> Group {
        let mut group = Group::new().set("fill", OTHER_ELECTRODE);
        for &electrode in inside.iter().filter(|electrode| !shown.contains(electrode)) {
            let (x, y) = self.projection.at(place(&self.electrodes[electrode]));
            group = group.add(Circle::new().set("cx", x).set("cy", y).set("r", 1.3));
        }
        group
    }

    /// The dots of electrodes with traces. Where several are seen at one place, they are rings around each other.
    fn shown_electrodes(&self) -> Group {
        let mut group = Group::new().set("stroke", "white").set("stroke-width", 1);
        for (k, ((x, y), color)) in self.dots.iter().enumerate() {
            let below = self.dots[..k].iter().filter(|(at, _)| (at.0 - x).hypot(at.1 - y) < 4.0);
            let radius = (4.5 - 2.0 * below.count() as f64).max(1.0);
            let dot = Circle::new().set("cx", *x).set("cy", *y).set("r", radius);
            group = group.add(dot.set("fill", color.as_str()));
        }
        group
    }

    /// Left edge of the traces on one side of the neuron.
    fn traces_left(&self, is_right: bool) -> f64 {
        if is_right {
            self.panel.left + self.panel.width + GUTTER
        } else {
            self.panel.left - GUTTER - TRACE_WIDTH
        }
    }

    fn time(&self, is_right: bool) -> Scale {
        let left = self.traces_left(is_right);
        let times_ms = self.potentials.times_ms();
        let first_ms = times_ms.first().copied().unwrap_or(0.0);
        let last_ms = times_ms.last().copied().unwrap_or(0.0);
        let last_ms = if last_ms > first_ms { last_ms } else { first_ms + 1.0 };
        Scale { from: [first_ms, last_ms], to: [left, left + TRACE_WIDTH] }
    }

    /// The traces on one side, where one side has at `most` so many.
    fn column(
        &mut self,
        rows: &[usize],
        most: usize,
        is_right: bool,
        shown: &[usize],
    ) -> Vec<Group> {
        let step = (HEIGHT / most.max(1) as f64).min(TRACE_HEIGHT + GAP);
        let half = 0.5 * (step - GAP);
        let dots: Vec<(f64, f64)> =
            rows.iter().map(|&row| self.projection.at(place(&self.electrodes[row]))).collect();
        let wanted: Vec<f64> = dots.iter().map(|dot| dot.1).collect();
        let middles = stacked(&wanted, step, [TOP + half, TOP + HEIGHT - half]);
        let mut groups = Vec::new();
        for ((&row, dot), middle) in rows.iter().zip(dots).zip(middles) {
            let rank = shown.iter().position(|&other| other == row).unwrap_or_default();
            // Those below are as dark as what is near the soma in other figures.
            let share = 1.0 - rank as f64 / (shown.len() - 1).max(1) as f64;
            let color = color::sequential(share);
            groups.push(self.trace(row, dot, [middle - half, middle + half], is_right, &color));
            self.dots.push((dot, color));
        }
        groups
    }

    /// A trace with its scale, and a line to where its electrode is.
    fn trace(
        &self,
        row: usize,
        dot: (f64, f64),
        [top, bottom]: [f64; 2],
        is_right: bool,
        color: &str,
    ) -> Group {
        let time = self.time(is_right);
        let values_uv: Vec<f64> =
            self.potentials.row(row).iter().map(|potential_mv| 1e3 * potential_mv).collect();
        let range = with_zero(&values_uv);
        let scale = Scale { from: range, to: [bottom, top] };
        // Towards the neuron, and away from it.
        let (near, far, outward, anchor) = if is_right {
            (time.to[0], time.to[1], 1.0, "start")
        } else {
            (time.to[1], time.to[0], -1.0, "end")
        };
        let zero = scale.at(0.0);
        let middle = 0.5 * (top + bottom);
        let leader = Path::new()
            .set("d", format!("M{},{} L{},{}", dot.0, dot.1, px(near - 4.0 * outward), px(zero)))
            .set("fill", "none")
            .set("stroke", color)
            .set("stroke-width", 0.7)
            .set("opacity", 0.7);
        let trace = Path::new()
            .set("d", course(self.potentials.times_ms(), &values_uv, &time, &scale))
            .set("fill", "none")
            .set("stroke", color)
            .set("stroke-width", 1)
            .set("stroke-linejoin", "round");
        let bar_uv = round_down(0.6 * (range[1] - range[0]));
        let bar_px = (bottom - top) * bar_uv / (range[1] - range[0]);
        let x = far + 8.0 * outward;
        let id = text(&self.probe.ids()[row], [x + 5.0 * outward, middle - 3.0], anchor, SMALL_PX);
        Group::new()
            .add(leader)
            .add(line([time.to[0], zero], [time.to[1], zero], FAINT, 0.8))
            .add(trace)
            .add(line([x, middle - 0.5 * bar_px], [x, middle + 0.5 * bar_px], INK, 1.2))
            .add(id.set("font-weight", "bold").set("fill", color))
            .add(text(microvolts(bar_uv), [x + 5.0 * outward, middle + 8.0], anchor, SMALL_PX))
    }

    fn time_bar(&self, is_right: bool) -> Group {
        let time = self.time(is_right);
        let length_ms = round_down(0.4 * (time.from[1] - time.from[0]));
        let y = TOP + HEIGHT + 16.0;
        let right = time.to[0] + TRACE_WIDTH * length_ms / (time.from[1] - time.from[0]);
        Group::new().add(line([time.to[0], y], [right, y], INK, 2.0)).add(text(
            format!("{} ms", tick_label(length_ms)),
            [time.to[0], y + 14.0],
            "start",
            TEXT_PX,
        ))
    }
}

/// The range of the values and of 0, never empty.
fn with_zero(values: &[f64]) -> [f64; 2] {
    let low = values.iter().copied().fold(0.0, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    if high > low { [low, high] } else { [-1.0, 1.0] }
}

fn microvolts(value: f64) -> String {
    if value < 1e-3 { format!("{value:e} µV") } else { format!("{} µV", tick_label(value)) }
}

#[cfg(test)]
mod tests {
    use apical_core::Unit;
    use apical_morphology::{CompartmentTree, MaxLength, default_cell};

    use super::*;

    fn figure(description: &str) -> String {
        let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
        let probe = Probe::from_description(description, [0.0; 3]).unwrap();
        let times_ms = (0..100).map(f64::from).collect();
        let value = |row: usize, time: usize| 0.01 * ((row + time) as f64).sin();
        let count = probe.electrodes().len();
        let traces = Traces::from_fn(Unit::Millivolt, count, times_ms, value);
        cell_and_potentials("title", &tree, &probe, &traces)
    }

    #[test]
    fn electrodes_have_traces_dots_and_scales() {
        let six = figure("six");
        assert_eq!(six.matches("<circle").count(), 6);
        assert_eq!(six.matches("10 µV").count(), 6);
        assert!(six.contains("20 ms") && six.contains("200 µm"), "scale bars");
        assert!(!six.contains("NaN") && !six.contains("inf"));
        assert!(!six.contains("of 6 electrodes"));
    }

    #[test]
    fn many_electrodes_are_counted() {
        let many = figure("neuropixels");
        assert!(many.contains("16 of 384 electrodes; "), "some are far below the cell");
        assert_eq!(many.matches("10 µV").count(), 16);
        // All are far away.
        let far = figure("site:0,9000,0;10,9000,0");
        assert_eq!(far.matches("<circle").count(), 2);
    }

    #[test]
    fn evenly_spaced_ones_have_both_ends() {
        let all: Vec<usize> = (0..20).collect();
        let chosen = evenly(&all, 16);
        assert_eq!((chosen[0], chosen[15], chosen.len()), (0, 19, 16));
        assert!(chosen.is_sorted_by(|a, b| a < b));
        assert_eq!(evenly(&all[..3], 16), [0, 1, 2]);
    }
}
