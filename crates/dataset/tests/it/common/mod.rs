//! Trials whose numbers all differ.

#![allow(dead_code, reason = "each test uses some of it")]

use apical_core::{
    BinnedEvents, CalciumEvent, CompartmentId, CompartmentRecord, CompartmentTable, Region,
    SectionType, SynapseId, Trial, TrialLayout, TrialMarks, TrialsInMemory,
};

pub(crate) const SITES: usize = 2;
pub(crate) const SYNAPSES: usize = 50;

pub(crate) fn layout(compartments: usize, duration_ms: usize) -> TrialLayout {
    let record = CompartmentRecord::new(SectionType::Soma, Region::Soma, "soma[0]");
    let compartments = CompartmentTable::new(vec![record; compartments]);
    let mut layout = TrialLayout::new(compartments, CompartmentId::new(0), SYNAPSES, duration_ms);
    layout.calcium_site = Some(CompartmentId::new(0));
    layout.injection_sites = vec![CompartmentId::new(0); SITES];
    layout
}

/// A trial of which no two voltages or currents are the same, nor those of two trials; all are whole numbers below 2²⁴
/// and thus exact.
pub(crate) fn trial(layout: &TrialLayout, index: usize, marks: TrialMarks) -> Trial {
    let bins = layout.duration_ms;
    let mut offsets = vec![0];
    let mut synapses = Vec::new();
    for bin in 0..bins {
        synapses.extend((0..(bin + index) % 4).map(|k| SynapseId::new((bin * 7 + k) % SYNAPSES)));
        offsets.push(synapses.len() as u32);
    }
    let numbers = |columns: usize, rows: usize| {
        let first = index * rows * columns;
        (first..first + rows * columns).map(|number| number as f32).collect()
    };
    let (injected, voltages) = (numbers(SITES, bins), numbers(layout.compartments.len(), bins + 1));
    let events = BinnedEvents::new(offsets, synapses).unwrap();
    let mut trial = Trial::new(layout, events, injected, voltages, TrialMarks::default()).unwrap();
    // those of other sources may be anywhere
    trial.marks = marks;
    trial
}

/// A spike every 90 ms, off the grid of milliseconds but for one, and a calcium event of 30 ms in every other trial.
pub(crate) fn marks(index: usize, duration_ms: usize) -> TrialMarks {
    let duration = duration_ms as f64;
    let first = 13.0 + index as f64 + if index.is_multiple_of(2) { 0.0 } else { 0.3 };
    let spikes = (0..).map(|k| first + 90.0 * f64::from(k)).take_while(|&ms| ms <= duration);
    let event = CalciumEvent { onset_ms: 40.0, end_ms: 70.0, peak_mv: -10.0 };
    TrialMarks {
        spikes_ms: spikes.collect(),
        calcium_events: if index.is_multiple_of(2) { vec![event] } else { Vec::new() },
    }
}

pub(crate) fn in_memory(trials: usize, compartments: usize, duration_ms: usize) -> TrialsInMemory {
    let layout = layout(compartments, duration_ms);
    let trials = (0..trials).map(|k| trial(&layout, k, marks(k, duration_ms))).collect();
    TrialsInMemory::new(layout, trials).unwrap()
}
