use svg::node::element::{Group, Path};

use super::axis::{
    FAINT, INK, Scale, TEXT_PX, labeled_ticks, line, text, time_axis, vertical_axis,
};
use super::color::CATEGORIES;
use super::course::course;
use super::page::{MARGIN, page};

const TOP: f64 = 84.0;
const AXIS_WIDTH: f64 = 58.0;
const PANEL: [f64; 2] = [330.0, 110.0];
const GAP: [f64; 2] = [30.0, 30.0];

/// Traces that are to be compared: in every panel the same kinds, in the order of their names.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedTraces {
    /// What is to be seen; above the panel.
    pub title: String,
    /// A value every millisecond, by kind; empty for a kind that is not there.
    pub traces: Vec<Vec<f64>>,
}

/// Voltages over time in rows of panels, the first kind, the truth, in black. All panels of a column have one scale, which is that
/// of the first kind and a little more: traces that leave it are cut off.
///
/// ```
/// use apical::figure::{ComparedTraces, compared_voltages};
///
/// let panel = ComparedTraces {
///     title: "soma".to_owned(),
///     traces: vec![vec![-70.0, 20.0, -60.0], vec![-70.0, 5.0, -60.0]],
/// };
/// let figure = compared_voltages("a spike", &["simulation", "network"], 226, &[vec![panel]]);
/// assert!(figure.contains("simulation") && figure.matches("<path").count() == 2);
/// ```
#[must_use]
pub fn compared_voltages(
    title: &str,
    names: &[&str],
    first_ms: usize,
    rows: &[Vec<ComparedTraces>],
) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let pitch = [AXIS_WIDTH + PANEL[0] + GAP[0], PANEL[1] + GAP[1]];
    let width = MARGIN + columns as f64 * pitch[0] + MARGIN;
    let height = TOP + rows.len() as f64 * pitch[1] + 24.0;
    let mut document = page(title, width.max(150.0 * names.len() as f64 + 2.0 * MARGIN), height);
    for (kind, name) in names.iter().enumerate() {
        let left = MARGIN + 150.0 * kind as f64;
        document = document
            .add(line([left, 48.0], [left + 24.0, 48.0], color(kind), 1.6))
            .add(text(*name, [left + 30.0, 52.0], "start", TEXT_PX));
    }
    for column in 0..columns {
        let panels = rows.iter().filter_map(|row| row.get(column));
        let truth = panels.filter_map(|panel| panel.traces.first()).flatten();
        let (low, high) = truth
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (v.min(low), v.max(high)));
        if low > high {
            continue;
        }
        let margin = 0.08 * (high - low) + 1.0;
        let left = MARGIN + AXIS_WIDTH + column as f64 * pitch[0];
        for (place, row) in rows.iter().enumerate() {
            let Some(panel) = row.get(column) else { continue };
            let top = TOP + place as f64 * pitch[1];
            let scale = Scale { from: [low - margin, high + margin], to: [top + PANEL[1], top] };
            let samples = panel.traces.iter().map(Vec::len).max().unwrap_or(0);
            let times_ms: Vec<f64> = (0..samples).map(|k| (first_ms + k) as f64).collect();
            let Some((&start, &end)) = times_ms.first().zip(times_ms.last()) else { continue };
            let time = Scale { from: [start, end.max(start + 1.0)], to: [left, left + PANEL[0]] };
            let ticks = labeled_ticks(&scale, 3);
            for (tick, _) in &ticks {
                let y = scale.at(*tick);
                document = document.add(line([left, y], [left + PANEL[0], y], FAINT, 0.8));
            }
            let mut lines = Group::new().set("fill", "none").set("stroke-width", 1.1);
            // the truth in front
            for (kind, values) in panel.traces.iter().enumerate().rev() {
                if values.is_empty() {
                    continue;
                }
                let [bottom, greatest] = scale.from;
                let shown: Vec<f64> = values.iter().map(|v| v.clamp(bottom, greatest)).collect();
                let data = course(&times_ms, &shown, &time, &scale);
                lines = lines.add(Path::new().set("d", data).set("stroke", color(kind)));
            }
            document = document
                .add(lines)
                .add(text(panel.title.as_str(), [left + 4.0, top - 6.0], "start", TEXT_PX))
                .add(vertical_axis(&scale, left, &ticks, "mV", 36.0));
            if place + 1 == rows.len() {
                document = document.add(time_axis(&time, top + PANEL[1] + 4.0));
            }
        }
    }
    format!("{document}\n")
}

/// Black, then colors that are told apart.
fn color(kind: usize) -> &'static str {
    kind.checked_sub(1).map_or(INK, |kind| CATEGORIES[kind % CATEGORIES.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trace that runs away is drawn at the edge of its panel.
    #[test]
    fn what_leaves_the_scale_is_cut_off() {
        let panel = |far: f64| ComparedTraces {
            title: String::new(),
            traces: vec![vec![-70.0, 30.0], vec![0.0, far], Vec::new()],
        };
        let draw = |far: f64| compared_voltages("t", &["a", "b", "c"], 0, &[vec![panel(far)]]);
        assert_eq!(draw(1e9), draw(1e3));
        assert_ne!(draw(1e9), draw(0.0));
        assert_eq!(draw(0.0).matches("<path").count(), 2);
        let nothing = compared_voltages("t", &[], 0, &[]);
        assert!(nothing.starts_with("<svg"));
    }
}
