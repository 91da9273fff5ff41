//! Events and trials, as data sets and networks ask for them.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use apical_benches::tree;
use apical_core::{
    BinnedEvents, CompartmentId, EventTrain, SynapseId, SynapticEvent, Trial, TrialLayout,
    TrialMarks,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const MS: usize = 6000;
/// Of the published training data: 14 excitatory and 5 inhibitory events.
const EVENTS_PER_MS: usize = 19;
const SYNAPSES: usize = 1278;

/// Events of a trial, in no order of time: a stride that is coprime to their number visits all.
fn unsorted() -> Vec<SynapticEvent> {
    let count = MS * EVENTS_PER_MS;
    let event = |k: usize| SynapticEvent {
        time_ms: (k * 1009 % count) as f64 / EVENTS_PER_MS as f64,
        synapse: SynapseId::new(k * 100 % SYNAPSES),
    };
    (0..count).map(event).collect()
}

fn events(c: &mut Criterion) {
    let unsorted = unsorted();
    let size = unsorted.len();
    let train = EventTrain::new(unsorted.clone()).unwrap();
    let binned = BinnedEvents::from_train(&train, MS);
    let mut group = c.benchmark_group("core");
    group.throughput(Throughput::Elements(size as u64));
    group.bench_function(format!("event_train/{size}"), |bencher| {
        let events = || unsorted.clone();
        bencher.iter_batched(
            events,
            |events| EventTrain::new(events).unwrap(),
            BatchSize::LargeInput,
        );
    });
    group.bench_function(format!("binned_events/from_train/{size}"), |bencher| {
        bencher.iter(|| BinnedEvents::from_train(black_box(&train), MS));
    });
    group.bench_function(format!("binned_events/to_train/{size}"), |bencher| {
        bencher.iter(|| black_box(&binned).to_train());
    });
    group.finish();
}

fn stretch(c: &mut Criterion) {
    let compartments = tree().unwrap().compartment_table();
    let count = compartments.len();
    let layout = TrialLayout::new(compartments, CompartmentId::new(0), SYNAPSES, MS);
    let events = BinnedEvents::from_train(&EventTrain::new(unsorted()).unwrap(), MS);
    let voltages = vec![-70.0; count * (MS + 1)];
    let trial = Trial::new(&layout, events, vec![], voltages, TrialMarks::default()).unwrap();
    let mut group = c.benchmark_group("core/trial/stretch");
    group.throughput(Throughput::Bytes((count * 601 * size_of::<f32>()) as u64));
    group.bench_function(format!("{count}x600"), |bencher| {
        bencher.iter(|| black_box(&trial).stretch(3000..3600));
    });
    group.finish();
}

criterion_group!(benches, events, stretch);
criterion_main!(benches);
