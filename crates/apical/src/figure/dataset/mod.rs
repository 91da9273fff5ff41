mod distribution;
mod example;

use apical_dataset::store::{Store, StoreError, TrialInput};
use svg::node::element::{Group, Text};

use super::axis::{TEXT_PX, text};
use super::cell::Panel;
use super::page::page;

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 700.0;
const EXAMPLE: Panel = Panel { left: 66.0, top: 64.0, width: 808.0, height: 340.0 };
const RATES: Panel = Panel { left: 66.0, top: 506.0, width: 160.0, height: 140.0 };
const INTERVALS: Panel = Panel { left: 296.0, ..RATES };
const INPUT: Panel = Panel { left: 524.0, width: 150.0, ..RATES };
const VOLTAGES: Panel = Panel { left: 804.0, width: 170.0, ..RATES };

/// Colors of what excites and what inhibits, and of what is neither (Okabe & Ito): told apart by anyone.
const EXCITATORY: &str = "#d55e00";
const INHIBITORY: &str = "#0072b2";
const NEUTRAL: &str = "#6a6a6a";

/// A data set at a glance: one trial over time, and how rates, intervals, input and voltages are distributed.
///
/// The trial is the first with a calcium event, else the first with a spike, else the first. `input` is what
/// [`count_input`](apical_dataset::store::count_input) has counted. Of voltages no more than nine trials are read. A data
/// set without trials, spikes or a site of calcium events has empty panels.
///
/// # Errors
///
/// As [`Store`]'s [`TrialSource::trial`](apical_core::TrialSource::trial).
pub fn dataset_overview(
    title: &str,
    store: &Store,
    input: &[TrialInput],
) -> Result<String, StoreError> {
    let mut document = page(title, WIDTH, HEIGHT);
    for group in [
        example::draw(store, EXAMPLE)?,
        distribution::rates(store, RATES),
        distribution::intervals(store, INTERVALS),
        distribution::input(store, input, INPUT),
        distribution::voltages(store, VOLTAGES)?,
    ] {
        document = document.add(group);
    }
    Ok(format!("{document}\n"))
}

/// The letter and the title of a panel.
fn heading(panel: Panel, letter: &str, title: &str) -> Group {
    let y = panel.top - 12.0;
    let letter = text(letter, [panel.left - 42.0, y], "start", 13.0).set("font-weight", "bold");
    Group::new().add(letter).add(text(title, [panel.left, y], "start", TEXT_PX))
}

/// What a panel without data says.
fn nothing(panel: Panel, why: &str) -> Text {
    let middle = [panel.left + 0.5 * panel.width, panel.top + 0.5 * panel.height];
    text(why, middle, "middle", TEXT_PX).set("fill", NEUTRAL)
}
