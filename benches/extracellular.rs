//! Field potentials: building transfer matrices, applying them, and recording while a simulation steps.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use apical_benches::{bombarded, column, model, tree, tree_of};
use apical_biophysics::preset::Preset;
use apical_extracellular::{
    Conductivity, ForwardModel, LineSource, PointSource, PotentialRecorder, RootAsPoint,
    TransferMatrix, VoltageOperator,
};
use apical_morphology::AxialTree;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

/// Matrices of 642 compartments and of the default cell in pieces of 0.25 µm, `[electrodes × compartments]`.
fn transfer_matrix(c: &mut Criterion) {
    let mut group = c.benchmark_group("extracellular/transfer_matrix");
    let coarse = tree().unwrap().geometry();
    let fine = tree_of(0.25).unwrap().geometry();
    assert!((95_000..105_000).contains(&fine.len()), "{}", fine.len());
    let anisotropic = Conductivity::anisotropic([0.3, 0.4, 0.35]).unwrap();
    let models: [(&str, Box<dyn ForwardModel>); 4] = [
        ("line", Box::new(LineSource::default())),
        ("line_anisotropic", Box::new(LineSource::new(anisotropic))),
        ("point", Box::new(PointSource::default())),
        ("root_as_point", Box::new(RootAsPoint::default())),
    ];
    for (name, model) in &models {
        for sites in [6, 384] {
            let electrodes = column(sites);
            group.throughput(Throughput::Elements((sites * coarse.len()) as u64));
            group.bench_function(format!("{name}/642x{sites}"), |bencher| {
                bencher.iter(|| TransferMatrix::new(&**model, &coarse, &electrodes).unwrap());
            });
        }
    }
    let electrodes = column(384);
    group.sample_size(10).throughput(Throughput::Elements(384 * fine.len() as u64));
    group.bench_function("line/100000x384", |bencher| {
        bencher.iter(|| TransferMatrix::new(&LineSource::default(), &fine, &electrodes).unwrap());
    });
    group.finish();
}

/// Potentials of a second of stored currents, 1 kHz.
fn apply(c: &mut Criterion) {
    let mut group = c.benchmark_group("extracellular/apply");
    let geometry = tree().unwrap().geometry();
    let currents_na = vec![0.1; geometry.len() * 1000];
    for sites in [6, 384] {
        let matrix =
            TransferMatrix::new(&LineSource::default(), &geometry, &column(sites)).unwrap();
        group.throughput(Throughput::Elements(1000));
        group.bench_function(format!("642x{sites}x1000"), |bencher| {
            bencher.iter(|| matrix.apply(black_box(&currents_na)).unwrap());
        });
    }
    group.finish();
}

/// A millisecond of simulation (40 steps) alone and with 384 sites recorded: at every step (40 kHz), at every fourth (10 kHz)
/// and once (1 kHz).
fn record(c: &mut Criterion) {
    let mut group = c.benchmark_group("extracellular/record_384");
    group.sample_size(20);
    let model = model(Preset::Shai2015, true).unwrap();
    let geometry = model.tree().geometry();
    let matrix = TransferMatrix::new(&LineSource::default(), &geometry, &column(384)).unwrap();
    let axial = AxialTree::new(model.tree(), 100.0).unwrap().membrane_current_operator();
    let operator = VoltageOperator::new(&matrix, &axial).unwrap();
    let mut run = |name: &str, observer: &dyn Fn() -> Option<PotentialRecorder>| {
        let mut warm = bombarded(&model, 1, 110).unwrap();
        warm.run(50.0, &mut ()).unwrap();
        let start = warm.snapshot();
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                observer,
                |recorder| {
                    warm.restore(&start).unwrap();
                    warm.run(48.0, recorder).unwrap();
                    // The samples that are left.
                    recorder.as_mut().map(|recorder| recorder.trial(0))
                },
                BatchSize::PerIteration,
            );
        });
    };
    run("none/48ms", &|| None);
    for (name, steps) in [("40kHz", 1), ("10kHz", 4), ("1kHz", 40)] {
        run(&format!("voltages_{name}/48ms"), &|| {
            Some(PotentialRecorder::of_voltages(&operator, steps))
        });
        run(&format!("currents_{name}/48ms"), &|| {
            Some(PotentialRecorder::of_currents(&matrix, steps))
        });
    }
    group.finish();
}

criterion_group!(benches, transfer_matrix, apply, record);
criterion_main!(benches);
