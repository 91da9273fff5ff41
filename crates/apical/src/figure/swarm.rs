use svg::node::element::{Circle, Group};

use super::axis::{FAINT, INK, Scale, TEXT_PX, line, px, text, tick_label, vertical_axis};
use super::color::CATEGORIES;
use super::page::{MARGIN, page};

const TOP: f64 = 74.0;
const HEIGHT: f64 = 320.0;
/// For the axis of losses.
const AXIS_WIDTH: f64 = 58.0;
/// Of one swarm.
const SWARM_WIDTH: f64 = 74.0;
/// Between groups.
const GAP: f64 = 22.0;
const RADIUS: f64 = 1.7;

/// Dashes of baselines.
const DASHES: [&str; 3] = ["none", "6 3", "2 2"];

/// A dot for every compartment, in groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Swarm {
    /// What has these losses.
    pub name: String,
    /// Losses by group, in any order; those that are not positive are left out.
    pub losses: Vec<Vec<f64>>,
}

/// A line through every group.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// What it is.
    pub name: String,
    /// Its loss by group; one that is not positive is left out.
    pub losses: Vec<f64>,
}

/// The loss of every compartment, a dot each, by region: swarms side by side within each group, with baselines as lines. Losses
/// are on a logarithmic axis, since regions differ by orders of magnitude.
///
/// ```
/// use apical::figure::{Baseline, Swarm, loss_swarms};
///
/// let groups = ["basal".to_owned(), "apical".to_owned()];
/// let network = Swarm {
///     name: "MH".to_owned(),
///     losses: vec![vec![0.02, 0.021, 0.03], vec![0.01, 0.012]],
/// };
/// let persistence = Baseline { name: "persistence".to_owned(), losses: vec![0.07, 0.03] };
/// let figure = loss_swarms("one step ahead", "Loss", &groups, &[network], &[persistence]);
/// assert_eq!(figure.matches("<circle").count(), 5 + 1);
/// ```
#[must_use]
pub fn loss_swarms(
    title: &str,
    quantity: &str,
    groups: &[String],
    swarms: &[Swarm],
    baselines: &[Baseline],
) -> String {
    let group_width = SWARM_WIDTH * swarms.len() as f64;
    let left = MARGIN + AXIS_WIDTH;
    let width = left + groups.len() as f64 * (group_width + GAP) + MARGIN;
    let legend = 140.0 * (swarms.len() + baselines.len()) as f64 + 2.0 * MARGIN;
    let width = width.max(legend);
    let height = TOP + HEIGHT + 44.0;
    let mut document = page(title, width, height);
    for (place, swarm) in swarms.iter().enumerate() {
        let x = MARGIN + 140.0 * place as f64;
        document = document.add(dot([x + 4.0, 48.0], place).set("r", 3.5)).add(text(
            swarm.name.as_str(),
            [x + 14.0, 52.0],
            "start",
            TEXT_PX,
        ));
    }
    for (place, baseline) in baselines.iter().enumerate() {
        let x = MARGIN + 140.0 * (swarms.len() + place) as f64;
        document = document.add(dashed([x, 48.0], [x + 24.0, 48.0], place)).add(text(
            baseline.name.as_str(),
            [x + 30.0, 52.0],
            "start",
            TEXT_PX,
        ));
    }
    let logs = swarms
        .iter()
        .flat_map(|swarm| swarm.losses.iter().flatten())
        .chain(baselines.iter().flat_map(|baseline| &baseline.losses))
        .filter_map(|&loss| log(loss));
    let (least, greatest) = logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), log| {
        (log.min(least), log.max(most))
    });
    if least > greatest {
        return format!("{document}\n");
    }
    let scale = Scale { from: [least - 0.05, greatest + 0.05], to: [TOP + HEIGHT, TOP] };
    let ticks = decades(scale.from);
    for (tick, _) in &ticks {
        let y = scale.at(*tick);
        document = document.add(line([left, y], [width - MARGIN, y], FAINT, 0.8));
    }
    document = document.add(vertical_axis(&scale, left, &ticks, quantity, 44.0));
    for (place, name) in groups.iter().enumerate() {
        let start = left + 0.5 * GAP + place as f64 * (group_width + GAP);
        for (which, baseline) in baselines.iter().enumerate() {
            if let Some(log) = baseline.losses.get(place).copied().and_then(log) {
                let y = scale.at(log);
                document = document.add(dashed([start, y], [start + group_width, y], which));
            }
        }
        for (which, swarm) in swarms.iter().enumerate() {
            let center = start + (which as f64 + 0.5) * SWARM_WIDTH;
            let losses = swarm.losses.get(place).map_or(&[][..], Vec::as_slice);
            let heights = losses.iter().filter_map(|&loss| Some(scale.at(log(loss)?)));
            let mut dots = Group::new();
            for [x, y] in spread(heights.collect()) {
                dots = dots.add(dot([center + x, y], which));
            }
            document = document.add(dots);
        }
        let middle = start + 0.5 * group_width;
        document =
            document.add(text(name.as_str(), [middle, TOP + HEIGHT + 18.0], "middle", TEXT_PX));
    }
    format!("{document}\n")
}

/// Dots of one swarm, beside each other where they would overlap: (distance from the middle, height).
fn spread(mut heights: Vec<f64>) -> Vec<[f64; 2]> {
    heights.sort_by(f64::total_cmp);
    let widest = 0.5 * SWARM_WIDTH - 2.0 * RADIUS;
    let mut placed: Vec<[f64; 2]> = Vec::with_capacity(heights.len());
    for y in heights {
        let near = placed.iter().rev().take_while(|dot| y - dot[1] < 2.0 * RADIUS);
        let near: Vec<[f64; 2]> = near.copied().collect();
        let is_free =
            |x: &f64| near.iter().all(|dot| (dot[0] - x).hypot(dot[1] - y) >= 2.0 * RADIUS - 1e-9);
        // right and left of the middle in turn, by a quarter of a dot
        let steps = (widest / (0.5 * RADIUS)) as usize;
        let places = (0..=2 * steps).map(|k| {
            let away = k.div_ceil(2) as f64 * 0.5 * RADIUS;
            if k % 2 == 0 { -away } else { away }
        });
        let x = places.into_iter().find(is_free).unwrap_or(0.0);
        placed.push([x, y]);
    }
    placed
}

/// Of a loss that has one.
fn log(loss: f64) -> Option<f64> {
    (loss > 0.0 && loss.is_finite()).then(|| loss.log10())
}

/// 1, 2 and 5 of every power of ten within a range of logarithms.
fn decades(range: [f64; 2]) -> Vec<(f64, String)> {
    let powers = range[0].floor() as i32..=range[1].floor() as i32;
    let all = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(power)));
    let inside = all.map(|loss| (loss.log10(), tick_label(loss)));
    inside.filter(|(log, _)| (range[0]..=range[1]).contains(log)).collect()
}

fn dot(at: [f64; 2], which: usize) -> Circle {
    Circle::new()
        .set("cx", px(at[0]))
        .set("cy", px(at[1]))
        .set("r", RADIUS)
        .set("fill", CATEGORIES[which % CATEGORIES.len()])
        .set("fill-opacity", 0.75)
}

fn dashed(from: [f64; 2], to: [f64; 2], which: usize) -> svg::node::element::Line {
    line(from, to, INK, 1.2).set("stroke-dasharray", DASHES[which % DASHES.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_do_not_overlap_while_there_is_room() {
        let heights: Vec<f64> = (0..200).map(|k| f64::from(k * k % 97)).collect();
        let placed = spread(heights);
        assert_eq!(placed.len(), 200);
        for (k, a) in placed.iter().enumerate() {
            assert!(a[0].abs() <= 0.5 * SWARM_WIDTH);
            for b in &placed[..k] {
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) >= 2.0 * RADIUS - 1e-6, "{a:?} {b:?}");
            }
        }
        // a single dot is in the middle
        assert_eq!(spread(vec![3.0]), [[0.0, 3.0]]);
    }

    #[test]
    fn what_is_not_positive_is_left_out() {
        let swarm = Swarm { name: "a".to_owned(), losses: vec![vec![0.0, f64::NAN, -1.0]] };
        let figure = loss_swarms("t", "q", &["g".to_owned()], &[swarm], &[]);
        assert_eq!(figure.matches("<circle").count(), 1, "the legend's");
        let labels: Vec<_> = decades([-2.1, 0.4]).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]);
    }
}
