//! One trial over time.

use apical_core::{BinnedEvents, CompartmentId, Trial, TrialLayout, TrialSource};
use apical_dataset::store::{Store, StoreError, TrialRecord};
use svg::node::element::{Group, Path, Rectangle};

use super::{EXCITATORY, INHIBITORY, NEUTRAL, heading, nothing};
use crate::figure::axis::{
    FAINT, SMALL_PX, Scale, line, text, tick_label, ticks, time_axis, upward_text,
};
use crate::figure::cell::Panel;
use crate::figure::color;
use crate::figure::course::course;

/// Space between two rows, px.
const GAP_PX: f64 = 10.0;
/// Standard deviation of the Gaussian that rates are smoothed with, ms.
const SMOOTHING_MS: f64 = 10.0;
/// What lies behind calcium events.
const SHADE: &str = "#f7e3b0";
/// Lines of currents: further ones would not be told apart.
const MOST_CURRENTS: usize = 4;

/// A quantity over time.
struct Curve {
    label: String,
    color: String,
    /// Time of its first value and between two, ms.
    start_and_step_ms: [f64; 2],
    values: Vec<f64>,
}

/// Curves on one scale.
struct Row {
    quantity: &'static str,
    /// Of the height, compared with other rows.
    weight: f64,
    /// Where 0 is the least that there can be.
    from_zero: bool,
    shaded: bool,
    curves: Vec<Curve>,
}

pub(super) fn draw(store: &Store, panel: Panel) -> Result<Group, StoreError> {
    let Some(record) = example(store) else {
        return Ok(heading(panel, "a", "An example trial").add(nothing(panel, "no trial yet")));
    };
    let trial = store.trial(record.trial)?;
    let soma_mv = store.soma_mv(record.trial)?;
    let layout = &store.manifest().layout;
    let rows = rows(layout, &trial, &soma_mv, store.manifest().steps_per_ms);
    let shaded = layout.calcium_site.filter(|_| !trial.marks.calcium_events.is_empty());
    let shaded = shaded
        .map_or(String::new(), |site| format!(": calcium events at {} shaded", name(layout, site)));
    let mut group = heading(panel, "a", &format!("Trial {}{shaded}", record.trial));
    let time = Scale {
        from: [0.0, layout.duration_ms.max(1) as f64],
        to: [panel.left, panel.left + panel.width],
    };
    let weights: f64 = rows.iter().map(|row| row.weight).sum();
    let height = (panel.height - GAP_PX * (rows.len() - 1) as f64) / weights;
    let mut top = panel.top;
    for row in &rows {
        let bottom = top + height * row.weight;
        group = group.add(draw_row(row, &trial, &time, [top, bottom]));
        top = bottom + GAP_PX;
    }
    Ok(group.add(time_axis(&time, panel.top + panel.height + 6.0)))
}

/// The trial to show.
fn example(store: &Store) -> Option<&TrialRecord> {
    let first = |wanted: fn(&TrialRecord) -> bool| store.records().find(|record| wanted(record));
    first(|record| !record.marks.calcium_events.is_empty())
        .or_else(|| first(|record| !record.marks.spikes_ms.is_empty()))
        .or_else(|| store.records().next())
}

fn rows(layout: &TrialLayout, trial: &Trial, soma_mv: &[f32], steps_per_ms: usize) -> Vec<Row> {
    let floats = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
    let input = rates(layout, &trial.events);
    let mut rows = vec![Row {
        quantity: "Events/ms",
        weight: 1.0,
        from_zero: true,
        shaded: false,
        curves: input,
    }];
    let sites = layout.injection_sites.len();
    let current = |site: usize| -> Vec<f64> {
        trial.injected_na.iter().skip(site).step_by(sites).map(|&na| f64::from(na)).collect()
    };
    let currents: Vec<(usize, Vec<f64>)> = (0..sites)
        .map(|site| (site, current(site)))
        .filter(|(_, values)| values.iter().any(|&na| na != 0.0))
        .take(MOST_CURRENTS)
        .collect();
    if !currents.is_empty() {
        let count = currents.len();
        let curves = currents.into_iter().enumerate().map(|(k, (site, values))| Curve {
            label: name(layout, layout.injection_sites[site]),
            color: color::sequential(k as f64 / count as f64),
            start_and_step_ms: [0.5, 1.0],
            values,
        });
        let curves = curves.collect();
        rows.push(Row { quantity: "nA", weight: 0.6, from_zero: false, shaded: false, curves });
    }
    let mut voltage = |label: String, step_ms, values| {
        let color = "#222222".to_owned();
        let curves = vec![Curve { label, color, start_and_step_ms: [0.0, step_ms], values }];
        rows.push(Row {
            quantity: "Voltage (mV)",
            weight: 1.2,
            from_zero: false,
            shaded: true,
            curves,
        });
    };
    voltage(name(layout, layout.soma), 1.0 / steps_per_ms as f64, floats(soma_mv));
    if let Some(site) = layout.calcium_site {
        let values: Vec<f32> = trial.trace_mv(site).collect();
        voltage(name(layout, site), 1.0, floats(&values));
    }
    rows
}

/// Name of a compartment's section and place.
fn name(layout: &TrialLayout, id: CompartmentId) -> String {
    layout.compartments.get(id).map_or(id.to_string(), |record| {
        format!("{}({})", record.section, (1e2 * record.x).round() / 1e2)
    })
}

/// Events of all synapses together, by kind where it is known.
fn rates(layout: &TrialLayout, events: &BinnedEvents) -> Vec<Curve> {
    let rate = |label: &str, color: &str, wanted: &dyn Fn(usize) -> bool| {
        let count = |bin| events.bin(bin).iter().filter(|synapse| wanted(synapse.index())).count();
        let counts: Vec<f64> = (0..events.bins()).map(|bin| count(bin) as f64).collect();
        Curve {
            label: label.to_owned(),
            color: color.to_owned(),
            start_and_step_ms: [0.5, 1.0],
            values: smoothed(&counts),
        }
    };
    match layout.excitatory_count() {
        Some(excitatory) => vec![
            rate("excitatory", EXCITATORY, &|synapse| synapse < excitatory),
            rate("inhibitory", INHIBITORY, &|synapse| synapse >= excitatory),
        ],
        None => vec![rate("all synapses", NEUTRAL, &|_| true)],
    }
}

/// Values a millisecond apart, smoothed with a Gaussian whose weights within the trial sum to 1.
fn smoothed(values: &[f64]) -> Vec<f64> {
    let reach = (4.0 * SMOOTHING_MS) as usize;
    let weights: Vec<f64> =
        (0..=reach).map(|k| (-0.5 * (k as f64 / SMOOTHING_MS).powi(2)).exp()).collect();
    let at = |place: usize| {
        let near = place.saturating_sub(reach)..(place + reach + 1).min(values.len());
        let [mut sum, mut total] = [0.0; 2];
        for other in near {
            let weight = weights[place.abs_diff(other)];
            sum += weight * values[other];
            total += weight;
        }
        sum / total
    };
    (0..values.len()).map(at).collect()
}

fn draw_row(row: &Row, trial: &Trial, time: &Scale, [top, bottom]: [f64; 2]) -> Group {
    let scale = Scale { from: range(row), to: [bottom, top] };
    let mut group = Group::new();
    for event in trial.marks.calcium_events.iter().filter(|_| row.shaded) {
        // an event that the trial cuts off ends after its last sample
        let [left, right] =
            [event.onset_ms, event.end_ms].map(|ms| time.at(ms.clamp(time.from[0], time.from[1])));
        let shade = Rectangle::new().set("x", left).set("y", top);
        let shade = shade.set("width", right - left).set("height", bottom - top);
        group = group.add(shade.set("fill", SHADE));
    }
    for tick in ticks(scale.from, ((bottom - top) / 24.0) as usize) {
        let y = scale.at(tick);
        let label = text(tick_label(tick), [time.to[0] - 6.0, y + 3.0], "end", SMALL_PX);
        group = group.add(line([time.to[0], y], [time.to[1], y], FAINT, 0.6)).add(label);
    }
    let middle = 0.5 * (top + bottom);
    let first = middle - 6.5 * (row.curves.len() - 1) as f64;
    for (k, curve) in row.curves.iter().enumerate() {
        let [start, step] = curve.start_and_step_ms;
        let times: Vec<f64> = (0..curve.values.len()).map(|k| start + k as f64 * step).collect();
        let path = Path::new()
            .set("d", course(&times, &curve.values, time, &scale))
            .set("fill", "none")
            .set("stroke", curve.color.as_str())
            .set("stroke-width", 1)
            .set("stroke-linejoin", "round");
        let place = [time.to[1] + 8.0, first + 13.0 * k as f64 + 3.0];
        let label = text(curve.label.as_str(), place, "start", SMALL_PX + 1.0);
        group = group.add(path).add(label.set("fill", curve.color.as_str()));
    }
    group.add(upward_text(row.quantity, [time.to[0] - 38.0, middle]))
}

/// The range of the values with a margin, and never empty.
fn range(row: &Row) -> [f64; 2] {
    let values = || row.curves.iter().flat_map(|curve| curve.values.iter().copied());
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    if !(low.is_finite() && high.is_finite()) {
        return [0.0, 1.0];
    }
    let margin = if high > low { 0.04 * (high - low) } else { 0.5 };
    [if row.from_zero { 0.0 } else { low - margin }, high + margin]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_keeps_constants_and_spreads_one_event() {
        for value in smoothed(&[3.0; 25]) {
            assert!((value - 3.0).abs() < 1e-12);
        }
        let mut counts = vec![0.0; 201];
        counts[100] = 1.0;
        let rates = smoothed(&counts);
        let gaussian = 1.0 / (SMOOTHING_MS * (2.0 * std::f64::consts::PI).sqrt());
        // 6e-5 of a Gaussian are beyond 4 standard deviations
        assert!((rates[100] / gaussian - 1.0).abs() < 1e-4, "{}", rates[100]);
        assert!((rates[110] / rates[100] - (-0.5_f64).exp()).abs() < 1e-12);
    }
}
