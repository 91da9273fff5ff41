//! A neuron of six compartments, one in each region, that is linear, so that its weights are known.

#![allow(dead_code, reason = "each test uses some of it")]

use apical_core::{
    BinnedEvents, CompartmentId, CompartmentRecord, CompartmentTable, Region, SectionType,
    SynapseId, Trial, TrialLayout, TrialMarks, TrialsInMemory,
};

pub(crate) const COMPARTMENTS: usize = 6;
pub(crate) const SYNAPSES: usize = 4;
/// Scaling, of which the axon (the last) has one as well.
pub(crate) const MEAN_MV: [f64; COMPARTMENTS] = [-70.0, -65.0, -68.0, -66.0, -60.0, -75.0];
pub(crate) const DEVIATION_MV: [f64; COMPARTMENTS] = [4.0, 5.0, 3.0, 6.0, 8.0, 2.0];

pub(crate) fn record(section_type: SectionType, region: Region) -> CompartmentRecord {
    CompartmentRecord::new(section_type, region, "section")
}

pub(crate) fn layout(duration_ms: usize) -> TrialLayout {
    let records = vec![
        record(SectionType::Soma, Region::Soma),
        record(SectionType::Basal, Region::Basal),
        record(SectionType::Apical, Region::Trunk),
        record(SectionType::Apical, Region::Oblique),
        record(SectionType::Apical, Region::Tuft),
        record(SectionType::Axon, Region::Axon),
    ];
    let (compartments, soma) = (CompartmentTable::new(records), CompartmentId::new(0));
    let mut layout = TrialLayout::new(compartments, soma, SYNAPSES, duration_ms);
    layout.injection_sites = vec![soma, CompartmentId::new(4)];
    layout
}

/// Numbers in 0 … 1 that look random.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }
}

/// The weight of a feature (5 voltages, 4 events, 4 events before, 2 currents, 1) in the change of a compartment, in
/// standard deviations: a leak of a fifth, and coupling and input that differ everywhere.
pub(crate) fn true_weight(feature: usize, compartment: usize) -> f64 {
    let differing = ((7 * feature + 3 * compartment) as f64).sin();
    match feature {
        _ if feature == compartment => -0.2,
        0..5 => 0.02 * differing,
        5..13 => 0.5 * differing,
        13..15 => 0.3 * differing,
        _ => 0.05 * differing,
    }
}

/// A trial of the linear neuron, whose axon does what it wants, and its input: events of probability 0.3 in a
/// millisecond, now and then two at once, and currents in the second half.
pub(crate) fn linear_trial(layout: &TrialLayout, seed: u64) -> Trial {
    let mut draw = Draw(seed);
    let dendrites = COMPARTMENTS - 1;
    let mut z: Vec<f64> = (0..dendrites).map(|_| 2.0 * draw.next() - 1.0).collect();
    let (mut offsets, mut synapses) = (vec![0], Vec::new());
    let (mut injected, mut voltages) = (Vec::new(), Vec::new());
    let mut before = [0.0; SYNAPSES];
    for bin in 0..=layout.duration_ms {
        let shown = z.iter().enumerate().map(|(k, z)| (MEAN_MV[k] + z * DEVIATION_MV[k]) as f32);
        voltages.extend(shown);
        voltages.push(-75.0 + 4.0 * draw.next() as f32);
        if bin == layout.duration_ms {
            break;
        }
        let mut counts = [0.0; SYNAPSES];
        for synapse in (0..SYNAPSES).chain([1]) {
            if draw.next() < 0.3 {
                synapses.push(SynapseId::new(synapse));
                counts[synapse] += 1.0;
            }
        }
        offsets.push(synapses.len() as u32);
        let on = if 2 * bin >= layout.duration_ms { 1.0 } else { 0.0 };
        let currents = [on * draw.next() as f32, on * draw.next() as f32];
        injected.extend(currents);
        let features: Vec<f64> = z
            .iter()
            .copied()
            .chain(counts)
            .chain(before)
            .chain(currents.map(f64::from))
            .chain([1.0])
            .collect();
        for (k, z) in z.iter_mut().enumerate() {
            let changes = features.iter().enumerate().map(|(f, x)| x * true_weight(f, k));
            *z += changes.sum::<f64>();
        }
        before = counts;
    }
    let events = BinnedEvents::new(offsets, synapses).unwrap();
    Trial::new(layout, events, injected, voltages, TrialMarks::default()).unwrap()
}

pub(crate) fn linear_trials(count: u64, duration_ms: usize) -> TrialsInMemory {
    let layout = layout(duration_ms);
    let trials = (1..=count).map(|seed| linear_trial(&layout, seed)).collect();
    TrialsInMemory::new(layout, trials).unwrap()
}
