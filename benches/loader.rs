//! Batches from trials in memory.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;
use std::time::Instant;

use apical_benches::tree;
use apical_core::{
    BinnedEvents, CompartmentId, SynapseId, Trial, TrialLayout, TrialMarks, TrialsInMemory,
};
use apical_dataset::{Loader, LoaderConfig, Position, Scaling, ScalingMethod, WindowShape};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const DURATION_MS: usize = 6000;
/// 0.5 GB: many times what caches hold.
const TRIALS: usize = 32;

/// Trials of 642 compartments and 1,278 synapses, 19 events/ms and a spike every 800 ms.
fn source() -> Arc<TrialsInMemory> {
    let (compartments, soma) = (tree().unwrap().compartment_table(), CompartmentId::new(0));
    let mut layout = TrialLayout::new(compartments, soma, 1278, DURATION_MS);
    layout.injection_sites = vec![soma];
    let compartments = layout.compartments.len();
    let trial = |k: usize| {
        let offsets = (0..=DURATION_MS as u32).map(|bin| 19 * bin).collect();
        let synapses = (0..19 * DURATION_MS).map(|i| SynapseId::new((i + k) * 100 % 1278));
        let voltage = |i: usize| -70.0 + ((i * 7919 + k) % 1024) as f32 / 64.0;
        Trial::new(
            &layout,
            BinnedEvents::new(offsets, synapses.collect()).unwrap(),
            vec![0.0; DURATION_MS],
            (0..(DURATION_MS + 1) * compartments).map(voltage).collect(),
            TrialMarks {
                spikes_ms: (0..7).map(|spike| (400 + 800 * spike + k) as f64).collect(),
                calcium_events: Vec::new(),
            },
        )
        .unwrap()
    };
    let trials = (0..TRIALS).map(trial).collect();
    Arc::new(TrialsInMemory::new(layout, trials).unwrap())
}

fn loader(c: &mut Criterion) {
    let source = source();
    let trials: Vec<usize> = (0..TRIALS).collect();
    let scaling = Scaling::fit(&*source, &trials, ScalingMethod::PerCompartment).unwrap();
    let mut group = c.benchmark_group("dataset");
    group.sample_size(20);
    group.throughput(Throughput::Bytes((4 * TRIALS * (DURATION_MS + 1) * 642) as u64));
    group.bench_function("scaling/642x6000x32", |bencher| {
        bencher.iter(|| Scaling::fit(&*source, &trials, ScalingMethod::PerCompartment).unwrap());
    });

    for (name, batch_size, window) in [
        ("loader/windows/642x100x32", 32, WindowShape::PUBLISHED),
        ("loader/stretches/642x600x8", 8, WindowShape::STRETCH),
    ] {
        let mut config = LoaderConfig::default();
        config.batch_size = batch_size;
        config.window = window;
        config.scaling = Some(scaling.clone());
        let mut loader =
            Loader::new(Arc::clone(&source), &trials, &config, Position::default()).unwrap();
        let batch = loader.next().unwrap().unwrap();
        let bytes = 4
            * (batch.voltages.len()
                + batch.injected_na.len()
                + batch.event_offsets.len()
                + batch.event_synapses.len()
                + batch.spikes.len());
        group.throughput(Throughput::ElementsAndBytes {
            elements: batch_size as u64,
            bytes: bytes as u64,
        });
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|batches| {
                // what was prefetched while nobody asked is not part of it
                loader.by_ref().take(8).for_each(drop);
                let start = Instant::now();
                loader.by_ref().take(batches as usize).for_each(drop);
                start.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, loader);
criterion_main!(benches);
