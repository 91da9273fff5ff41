use apical_core::CompartmentId;
use apical_morphology::CompartmentTree;

use super::axis::{TEXT_PX, text, upward_text};
use super::cell::{Outlines, Panel, Projection, scale_bar};
use super::color;
use super::color_bar::color_bar;
use super::page::{MARGIN, page};

const TOP: f64 = 58.0;
/// Of a neuron.
const SIZE: [f64; 2] = [150.0, 300.0];
const GAP: f64 = 14.0;
/// For the name of a row.
const NAME_WIDTH: f64 = 22.0;
/// For a color bar and its labels.
const BAR_WIDTH: f64 = 84.0;
/// A compartment that has no weight.
const NONE: &str = "#d4d4d4";

/// Weights laid over a neuron: a row of panels.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightRow {
    /// What the weights are of.
    pub name: String,
    /// By panel: the weight of every compartment of the tree, from 0; none where there is none.
    pub panels: Vec<Vec<Option<f64>>>,
}

/// A neuron for every expert, colored by how much its compartments trust the expert, a row a network; each row has one
/// color bar.
///
/// ```
/// use apical::figure::{WeightRow, cell_weights};
/// use apical::morphology::{CompartmentTree, MaxLength, default_cell};
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let first: Vec<_> = (0..tree.len()).map(|k| Some(k as f64 / tree.len() as f64)).collect();
/// let second = first.iter().map(|weight| weight.map(|weight| 1.0 - weight)).collect();
/// let row = WeightRow { name: "MMoE".to_owned(), panels: vec![first, second] };
/// let figure = cell_weights("experts", &tree, &[row]);
/// assert!(figure.contains("expert 1") && figure.contains("url(#weights-0)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn cell_weights(title: &str, tree: &CompartmentTree, rows: &[WeightRow]) -> String {
    let columns = rows.iter().map(|row| row.panels.len()).max().unwrap_or(0);
    let left = MARGIN + NAME_WIDTH;
    let across = columns as f64 * (SIZE[0] + GAP);
    let width = left + across + BAR_WIDTH + MARGIN;
    let down = SIZE[1] + 58.0;
    let height = TOP + rows.len() as f64 * down + MARGIN;
    let mut document = page(title, width, height);
    let outlines = Outlines::new(tree);
    for (place, row) in rows.iter().enumerate() {
        let top = TOP + place as f64 * down;
        let weights = row.panels.iter().flatten().flatten();
        let greatest = weights.copied().fold(0.0, f64::max);
        let name_at = [MARGIN + 8.0, top + 0.5 * SIZE[1]];
        document = document.add(upward_text(&row.name, name_at));
        for (expert, weights) in row.panels.iter().enumerate() {
            let panel = Panel {
                left: left + expert as f64 * (SIZE[0] + GAP),
                top,
                width: SIZE[0],
                height: SIZE[1],
            };
            let Some(view) = Projection::new(outlines.discs(), panel) else { continue };
            let of = |id: CompartmentId| match weights.get(id.index()) {
                Some(Some(weight)) => color::sequential(weight / greatest),
                _ => NONE.to_owned(),
            };
            let middle = panel.left + 0.5 * panel.width;
            document = document.add(outlines.lines(&view, of)).add(text(
                format!("expert {expert}"),
                [middle, top - 8.0],
                "middle",
                TEXT_PX,
            ));
            if expert == 0 {
                document = document.add(scale_bar(view.px_per_um, panel, 0.5 * panel.width));
            }
        }
        if greatest > 0.0 {
            let bar = Panel {
                left: left + across + 6.0,
                top: top + 0.2 * SIZE[1],
                width: 10.0,
                height: 0.6 * SIZE[1],
            };
            let id = format!("weights-{place}");
            document = document.add(color_bar(&id, bar, greatest, "Mean gate weight", 52.0));
        }
    }
    format!("{document}\n")
}
