//! What is said of a data set, on trials whose rates, intervals and events are known.
#![cfg(feature = "store")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use apical_core::{
    BinnedEvents, CalciumEvent, CalciumRule, CompartmentId, CompartmentRecord, CompartmentTable,
    Region, SectionType, SynapseId, Trial, TrialLayout, TrialMarks,
};
use apical_dataset::store::{
    ByTree, DatasetSummary, Manifest, Store, StoreWriter, count_input, seal,
};
use serde_json::{Value, json};

const DURATION_MS: usize = 500;

/// A soma, a basal compartment, two apical ones: synapses 0, 1, 2 excite, 3, 4, 5 inhibit.
fn layout() -> TrialLayout {
    let record = |section_type: SectionType, region, x| {
        let mut record = CompartmentRecord::new(section_type, region, format!("{section_type}[0]"));
        record.x = x;
        record
    };
    let compartments = CompartmentTable::new(vec![
        record(SectionType::Soma, Region::Soma, 0.5),
        record(SectionType::Basal, Region::Basal, 0.5),
        record(SectionType::Apical, Region::Trunk, 0.25),
        record(SectionType::Apical, Region::Trunk, 0.75),
    ]);
    let mut layout = TrialLayout::new(compartments, CompartmentId::new(0), 6, DURATION_MS);
    layout.calcium_site = Some(CompartmentId::new(3));
    layout.injection_sites = vec![CompartmentId::new(0)];
    layout
}

fn manifest(layout: TrialLayout) -> Manifest {
    let rule = "upward crossing of -20 mV".to_owned();
    Manifest::new(4, layout, 1, rule, CalciumRule::default(), json!({"seed": 7}))
}

/// A trial in which synapse k receives an event in each of the first `events[k]` bins.
fn write(
    writer: &StoreWriter,
    number: usize,
    events: &[usize],
    marks: TrialMarks,
    na: f32,
    origin: Value,
) {
    let mut offsets = vec![0];
    let mut synapses = Vec::new();
    for bin in 0..DURATION_MS {
        synapses.extend((0..events.len()).filter(|&k| bin < events[k]).map(SynapseId::new));
        offsets.push(synapses.len() as u32);
    }
    let layout = &writer.manifest().layout;
    let mut injected = vec![0.0; DURATION_MS];
    injected[40] = na;
    let voltages = vec![-70.0; (DURATION_MS + 1) * 4];
    let events = BinnedEvents::new(offsets, synapses).unwrap();
    let trial = Trial::new(layout, events, injected, voltages, marks).unwrap();
    writer.write(number, trial, vec![-70.0; DURATION_MS + 1], origin).unwrap();
}

fn marks(spikes_ms: &[f64], calcium: &[[f64; 3]]) -> TrialMarks {
    let event =
        |&[onset_ms, end_ms, peak_mv]: &[f64; 3]| CalciumEvent { onset_ms, end_ms, peak_mv };
    TrialMarks {
        spikes_ms: spikes_ms.to_vec(),
        calcium_events: calcium.iter().map(event).collect(),
    }
}

fn summarized(root: &Path) -> DatasetSummary {
    let store = Store::open(root).unwrap();
    let done = AtomicUsize::new(0);
    let input = count_input(&store, |_| {
        done.fetch_add(1, Ordering::Relaxed);
    });
    let summary = DatasetSummary::new(&store, &input.unwrap());
    assert_eq!(done.into_inner(), summary.trials);
    summary
}

/// Three of four trials: one with spikes, calcium events and a current, a silent one, a quiet one with a current.
fn grown(root: &Path) -> StoreWriter {
    let writer = StoreWriter::open(root, &manifest(layout())).unwrap();
    // intervals of 10, 30, 260 ms; of the events, the first holds 2 spikes, the third one at its onset, the second none at its end
    let spikes = [90.0, 100.0, 130.0, 390.0];
    let calcium = [[95.0, 135.0, -5.0], [350.0, 390.0, -15.0], [390.0, 410.0, 5.0]];
    write(&writer, 0, &[10, 20, 40, 100, 0, 60], marks(&spikes, &calcium), 0.5, json!({}));
    write(&writer, 2, &[20, 0, 0, 0, 0, 0], TrialMarks::default(), 0.0, Value::Null);
    let quiet = json!({"stimuli": {"quiet": true, "currents": []}});
    write(&writer, 3, &[0; 6], marks(&[250.0], &[]), -0.1, quiet);
    writer
}

/// Sums and quotients of few numbers: rounding alone.
fn close(found: impl Into<Option<f64>>, expected: f64) {
    let found: f64 = found.into().unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found}, not {expected}");
}

#[test]
fn says_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let writer = grown(folder.path());
    let summary = summarized(folder.path());
    assert_eq!((summary.trials, summary.trials_in_all), (3, 4));
    close(summary.simulated_s, 1.5);
    assert_eq!(summary.checksum, None);
    let bytes: u64 =
        Store::open(folder.path()).unwrap().records().map(|record| record.bytes()).sum();
    assert_eq!(summary.bytes, bytes);
    close(summary.share_of_uncompressed, bytes as f64 / (3 * 501 * 4 * 4) as f64);
    assert_eq!((summary.quiet_trials, summary.current_trials), (1, 2));
    let neuron = &summary.neuron;
    let regions = [(Region::Soma, 1), (Region::Basal, 1), (Region::Trunk, 2)];
    assert_eq!(neuron.regions, BTreeMap::from(regions));
    assert_eq!((neuron.compartments, neuron.synapses), (4, 6));
    assert_eq!(neuron.soma, "soma[0](0.5)");
    assert_eq!(neuron.calcium_site.as_deref(), Some("apic[0](0.75)"));
    assert_eq!(neuron.injection_sites, ["soma[0](0.5)"]);

    // over the 1 s of the two trials that are not quiet
    let input = summary.input.unwrap();
    let rates = |found: ByTree<_>, expected: [[f64; 2]; 3]| {
        for (found, expected) in [found.all, found.basal, found.apical].into_iter().zip(expected) {
            let found: apical_dataset::store::InputRate = found;
            close(found.events_per_s, expected[0]);
            close(found.per_synapse_hz, expected[0] / expected[1]);
            assert_eq!(found.synapses as f64, expected[1]);
        }
    };
    assert_eq!(input.all.events, 250);
    close(input.all.per_synapse_hz, 250.0 / 6.0);
    rates(input.excitatory.unwrap(), [[90.0, 3.0], [30.0, 1.0], [60.0, 2.0]]);
    rates(input.inhibitory.unwrap(), [[160.0, 3.0], [100.0, 1.0], [60.0, 2.0]]);

    let output = summary.output;
    assert_eq!((output.spikes, output.silent_trials), (5, 1));
    let rate = output.rate_hz.unwrap();
    // 8, 0 and 2 Hz
    close(rate.mean, 10.0 / 3.0);
    close(rate.sd, (52.0_f64 / 3.0).sqrt());
    assert_eq!((rate.least, rate.greatest), (0.0, 8.0));
    let intervals = output.intervals.unwrap();
    assert_eq!((intervals.count, intervals.median_ms), (3, 30.0));
    // deviations from 100 are −90, −70 and 160
    close(intervals.coefficient_of_variation, 19_300_f64.sqrt() / 100.0);

    let calcium = summary.calcium.unwrap();
    assert_eq!(calcium.events, 3);
    close(calcium.rate_hz, 2.0);
    close(calcium.median_duration_ms, 40.0);
    close(calcium.median_peak_mv, -5.0);
    close(calcium.share_with_spike, 2.0 / 3.0);
    close(calcium.spikes_per_event, 1.0);
    close(calcium.share_of_spikes_within, 3.0 / 5.0);

    write(&writer, 1, &[0; 6], TrialMarks::default(), 0.0, Value::Null);
    let checksum = seal(folder.path()).unwrap().seal.unwrap().checksum;
    assert_eq!(summarized(folder.path()).checksum, Some(checksum));
}

#[test]
fn nothing_is_said_of_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut bare = layout();
    bare.calcium_site = None;
    let writer = StoreWriter::open(folder.path(), &manifest(bare)).unwrap();
    let summary = summarized(folder.path());
    assert_eq!((summary.trials, summary.bytes, summary.share_of_uncompressed), (0, 0, None));
    assert_eq!((summary.input, summary.calcium), (None, None));
    assert_eq!((summary.output.rate_hz, summary.output.intervals), (None, None));

    // a single spike has no interval, a single trial no standard deviation
    write(&writer, 0, &[0; 6], marks(&[3.0], &[]), 0.0, Value::Null);
    let summary = summarized(folder.path());
    assert_eq!(summary.output.intervals, None);
    let rate = summary.output.rate_hz.unwrap();
    assert_eq!((rate.mean, rate.sd), (2.0, None));
    assert_eq!(summary.input.unwrap().all.events_per_s, 0.0);

    // without events nothing can be said of them
    let folder = tempfile::tempdir().unwrap();
    let writer = StoreWriter::open(folder.path(), &manifest(layout())).unwrap();
    write(&writer, 0, &[0; 6], TrialMarks::default(), 0.0, Value::Null);
    let calcium = summarized(folder.path()).calcium.unwrap();
    assert_eq!((calcium.events, calcium.rate_hz), (0, Some(0.0)));
    assert_eq!((calcium.median_peak_mv, calcium.share_of_spikes_within), (None, None));
}

/// Five synapses on three dendritic compartments: which of them excite is not known.
#[test]
fn synapses_of_unknown_kinds_are_counted_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut unknown = layout();
    unknown.synapse_count = 5;
    let writer = StoreWriter::open(folder.path(), &manifest(unknown)).unwrap();
    write(&writer, 0, &[5, 0, 0, 0, 10], TrialMarks::default(), 0.0, Value::Null);
    let input = summarized(folder.path()).input.unwrap();
    assert_eq!((input.excitatory, input.inhibitory), (None, None));
    close(input.all.per_synapse_hz, 6.0);
}
