//! How rates, intervals, input and voltages are distributed.

use apical_core::{Region, TrialSource};
use apical_dataset::store::{BySynapse, Store, StoreError, TrialInput, TrialRecord};
use svg::node::element::{Circle, Group};

use super::{NEUTRAL, heading, nothing};
use crate::figure::axis::{
    FAINT, INK, SMALL_PX, Scale, horizontal_axis, labeled_ticks, line, text, vertical_axis,
};
use crate::figure::cell::Panel;
use crate::figure::color;
use crate::figure::color_bar::color_bar;
use crate::figure::histogram::Histogram;

/// Bars of a histogram at most.
const MOST_BARS: usize = 32;
/// Trials that are shown as dots at most.
const MOST_DOTS: usize = 2000;
/// Trials whose voltages are read.
const VOLTAGE_TRIALS: usize = 8;
/// Voltages beyond are taken to be at the ends, mV.
const VOLTAGE_RANGE_MV: [f64; 2] = [-200.0, 200.0];
const VOLTAGE_BIN_MV: f64 = 0.25;

/// Number of spikes of trials.
pub(super) fn rates(store: &Store, panel: Panel) -> Group {
    let group = heading(panel, "b", "Output rate of trials");
    let Some(most) = store.records().map(|record| record.marks.spikes_ms.len()).max() else {
        return group.add(nothing(panel, "no trial yet"));
    };
    // bars as wide as whole numbers of spikes: others would hold unlike many of them
    let spikes_per_bar = (most + 1).div_ceil(MOST_BARS);
    let bars = (most + 1).div_ceil(spikes_per_bar).max(5);
    let per_spike_hz = 1e3 / store.manifest().layout.duration_ms.max(1) as f64;
    let end_hz = (bars * spikes_per_bar) as f64 * per_spike_hz;
    let mut histogram = Histogram::new([0.0, end_hz], bars);
    store.records().for_each(|record| {
        histogram.add(record.marks.spikes_ms.len() as f64 * per_spike_hz);
    });
    let scale = histogram.scale(panel);
    let axis = horizontal_axis(
        &scale,
        panel.top + panel.height,
        &labeled_ticks(&scale, 4),
        "Somatic spikes (Hz)",
    );
    group.add(histogram.draw(panel, NEUTRAL, "Trials")).add(axis)
}

/// Times between successive spikes of a trial.
pub(super) fn intervals(store: &Store, panel: Panel) -> Group {
    const PER_DECADE: f64 = 10.0;
    let group = heading(panel, "c", "Inter-spike intervals");
    let spikes = store.records().map(|record| &record.marks.spikes_ms);
    let logs: Vec<f64> = spikes
        .flat_map(|spikes| spikes.windows(2).map(|pair| (pair[1] - pair[0]).log10()))
        .filter(|log| log.is_finite())
        .collect();
    if logs.is_empty() {
        return group.add(nothing(panel, "no trial has two spikes"));
    }
    let least = logs.iter().copied().fold(f64::INFINITY, f64::min).floor();
    let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let greatest = (greatest.floor() + 1.0).max(least + 2.0);
    let mut histogram =
        Histogram::new([least, greatest], (PER_DECADE * (greatest - least)) as usize);
    logs.into_iter().for_each(|log| histogram.add(log));
    let decades = (least as i32..=greatest as i32)
        .map(|power| (f64::from(power), format!("{}", 10_f64.powi(power))));
    let axis = horizontal_axis(
        &histogram.scale(panel),
        panel.top + panel.height,
        &decades.collect::<Vec<_>>(),
        "Interval (ms)",
    );
    group.add(histogram.draw(panel, NEUTRAL, "Intervals")).add(axis)
}

/// A dot a trial: excitation, inhibition, and the output as its color; where kinds are unknown, input and output.
pub(super) fn input(store: &Store, input: &[TrialInput], panel: Panel) -> Group {
    let layout = &store.manifest().layout;
    let seconds = 1e-3 * layout.duration_ms.max(1) as f64;
    let output_hz = |trial: usize| {
        store.record(trial).map_or(0.0, |record| record.marks.spikes_ms.len() as f64 / seconds)
    };
    let known = input.iter().any(|trial| trial.events.excitatory.is_some());
    let place = |trial: &TrialInput| match (trial.events, layout.excitatory_count()) {
        (
            BySynapse { excitatory: Some(excitatory), inhibitory: Some(inhibitory), .. },
            Some(synapses),
        ) => [excitatory, inhibitory].map(|of| of.all as f64 / seconds / synapses as f64),
        (BySynapse { all, .. }, _) => {
            [all as f64 / seconds / layout.synapse_count.max(1) as f64, output_hz(trial.trial)]
        }
    };
    let mut shown: Vec<&TrialInput> =
        input.iter().step_by(input.len().div_ceil(MOST_DOTS).max(1)).collect();
    // the few that spike much are not to be hidden by others
    shown.sort_by(|a, b| output_hz(a.trial).total_cmp(&output_hz(b.trial)));
    let greatest_hz = shown.iter().map(|trial| output_hz(trial.trial)).fold(0.0, f64::max);
    let greatest_hz = if greatest_hz > 0.0 { greatest_hz } else { 1.0 };
    let [x_label, y_label] = if known {
        ["Excitation (Hz a synapse)", "Inhibition (Hz a synapse)"]
    } else {
        ["Input (Hz a synapse)", "Somatic spikes (Hz)"]
    };
    let group = heading(panel, "d", "Input and output, a dot a trial");
    if input.is_empty() {
        return group.add(nothing(panel, "no trial yet"));
    }
    let bottom = panel.top + panel.height;
    let range = |axis: usize| padded(shown.iter().map(|trial| place(trial)[axis]));
    let x = Scale { from: range(0), to: [panel.left, panel.left + panel.width] };
    let y = Scale { from: range(1), to: [bottom, panel.top] };
    let (radius, opacity) = if input.len() > 200 { (1.5, 0.6) } else { (2.5, 0.8) };
    let mut dots = Group::new().set("fill-opacity", opacity);
    for &trial in &shown {
        let [excitation, inhibition] = place(trial);
        let dot = Circle::new().set("cx", x.at(excitation)).set("cy", y.at(inhibition));
        let color = color::sequential(output_hz(trial.trial) / greatest_hz);
        dots = dots.add(dot.set("r", radius).set("fill", color));
    }
    let group = group
        .add(horizontal_axis(&x, bottom, &labeled_ticks(&x, 4), x_label))
        .add(vertical_axis(&y, panel.left, &labeled_ticks(&y, 4), y_label, 38.0))
        .add(dots);
    let bar = Panel { left: panel.left + panel.width + 12.0, width: 8.0, ..panel };
    group.add(color_bar("output-rate", bar, greatest_hz, "Somatic spikes (Hz)", 34.0))
}

/// A range with a margin, and never empty.
fn padded(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [low.min(value), high.max(value)]
    });
    let margin = if high > low { 0.06 * (high - low) } else { 0.1 * high.abs().max(1.0) };
    [low - margin, high + margin]
}

/// Quantiles of the voltages of every region, in a few trials spread over the data set.
pub(super) fn voltages(store: &Store, panel: Panel) -> Result<Group, StoreError> {
    const REGIONS: [Region; 5] =
        [Region::Soma, Region::Basal, Region::Oblique, Region::Trunk, Region::Tuft];
    let records: Vec<&TrialRecord> = store.records().collect();
    let count = records.len().min(VOLTAGE_TRIALS);
    let title = match count {
        1 => "Voltage, 1 trial".to_owned(),
        _ => format!("Voltage, {count} trials"),
    };
    let mut group = heading(panel, "e", &title);
    let bins = (VOLTAGE_RANGE_MV[1] - VOLTAGE_RANGE_MV[0]) / VOLTAGE_BIN_MV;
    let table = &store.manifest().layout.compartments;
    let mut of_region = REGIONS.map(|_| Histogram::new(VOLTAGE_RANGE_MV, bins as usize));
    let places: Vec<Option<usize>> = table
        .records()
        .iter()
        .map(|record| REGIONS.iter().position(|&region| region == record.region))
        .collect();
    for k in 0..count {
        let trial = store.trial(records[k * records.len() / count].trial)?;
        for (v, place) in trial.voltage_mv.iter().zip(places.iter().cycle()) {
            if let &Some(place) = place {
                of_region[place].add(f64::from(*v));
            }
        }
    }
    let quantiles = |histogram: &Histogram| -> Option<[f64; 5]> {
        let [a, b, c, d, e] = [0.01, 0.25, 0.5, 0.75, 0.99].map(|share| histogram.quantile(share));
        Some([a?, b?, c?, d?, e?])
    };
    let boxes: Vec<(Region, [f64; 5])> = REGIONS
        .into_iter()
        .zip(&of_region)
        .filter_map(|(region, histogram)| Some((region, quantiles(histogram)?)))
        .collect();
    if boxes.is_empty() {
        return Ok(group.add(nothing(panel, "no trial yet")));
    }
    let x = Scale {
        from: padded(boxes.iter().flat_map(|(_, quantiles)| *quantiles)),
        to: [panel.left, panel.left + panel.width],
    };
    let bottom = panel.top + panel.height;
    let ticks = labeled_ticks(&x, 4);
    for (tick, _) in &ticks {
        let x = x.at(*tick);
        group = group.add(line([x, panel.top], [x, bottom], FAINT, 0.6));
    }
    let height = panel.height / boxes.len() as f64;
    for (row, (region, quantiles)) in boxes.iter().enumerate() {
        let y = panel.top + (row as f64 + 0.5) * height;
        let [first, low, median, high, last] = quantiles.map(|v| x.at(v));
        group = group
            .add(text(region.to_string(), [panel.left - 6.0, y + 3.0], "end", SMALL_PX + 1.0))
            .add(line([first, y], [last, y], NEUTRAL, 1.2))
            .add(line([low, y], [high, y], NEUTRAL, 8.0))
            .add(line([median, y - 7.0], [median, y + 7.0], INK, 2.0));
    }
    let legend = "line 1–99 %, bar 25–75 %, tick median";
    let right = panel.left + panel.width;
    Ok(group.add(horizontal_axis(&x, bottom, &ticks, "Membrane potential (mV)")).add(text(
        legend,
        [right, panel.top + panel.height + 44.0],
        "end",
        SMALL_PX,
    )))
}
