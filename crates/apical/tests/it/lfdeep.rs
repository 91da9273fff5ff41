//! Trials as arrays for LFDeep, against the same computed value by value.

use std::fs;
use std::path::Path;

use apical::ApicalError;
use apical::core::{
    BinnedEvents, CompartmentId, CompartmentRecord, CompartmentTable, CoreError, Region,
    SectionType, SynapseId, Trial, TrialLayout, TrialMarks, TrialSource, TrialsInMemory,
};
use apical::dataset::{Scaling, ScalingMethod};
use apical::output::{LfdeepError, LfdeepExport, LfdeepForm, LfdeepOptions, LfdeepWindows};
use half::f16;
use npyz::{NpyFile, Order};
use serde_json::Value;

use crate::common::array;

/// Bins of a trial; one column less.
const BINS: usize = 31;
const COLUMNS: usize = BINS - 1;
/// Compartments of the rows: two dendrites with an axon between them, the soma.
const DENDRITES: [usize; 2] = [1, 3];
const SPIKES_MS: [f64; 6] = [0.25, 1.4, 9.5, 10.625, 30.0, 30.5];
/// ⌊t − 0.5⌋ of these; the last spike is beyond the columns' end.
const SPIKE_COLUMNS: [usize; 5] = [0, 0, 9, 10, 29];

fn layout() -> TrialLayout {
    let record = |(index, section_type): (usize, SectionType)| {
        CompartmentRecord::new(section_type, Region::Other, format!("{section_type}[{index}]"))
    };
    use SectionType::{Apical, Axon, Basal, Soma};
    let records = [Soma, Basal, Axon, Apical].into_iter().enumerate().map(record);
    let (compartments, soma) = (CompartmentTable::new(records.collect()), CompartmentId::new(0));
    let mut layout = TrialLayout::new(compartments, soma, 4, BINS);
    layout.injection_sites = vec![soma];
    layout
}

fn voltage_mv(trial: usize, ms: usize, compartment: usize) -> f32 {
    -70.0 + 10.0 * compartment as f32 + 0.5 * ms as f32 + trial as f32
}

/// Synapses that receive an event in a bin.
fn synapses(trial: usize, bin: usize) -> Vec<usize> {
    (0..4).filter(|synapse| (bin + trial).is_multiple_of(synapse + 2)).collect()
}

fn trial(index: usize) -> Trial {
    let bins: Vec<_> = (0..BINS).map(|bin| synapses(index, bin)).collect();
    let mut offsets = vec![0];
    offsets.extend(bins.iter().scan(0, |sum, bin| {
        *sum += bin.len() as u32;
        Some(*sum)
    }));
    let synapses = bins.concat().into_iter().map(SynapseId::new).collect();
    let events = BinnedEvents::new(offsets, synapses).unwrap();
    let voltages = (0..=BINS).flat_map(|ms| (0..4).map(move |c| voltage_mv(index, ms, c)));
    let marks = TrialMarks { spikes_ms: SPIKES_MS.to_vec(), calcium_events: Vec::new() };
    Trial::new(&layout(), events, vec![0.0; BINS], voltages.collect(), marks).unwrap()
}

fn source() -> TrialsInMemory {
    TrialsInMemory::new(layout(), (0..3).map(trial).collect()).unwrap()
}

fn windows(window_ms: usize, stride_ms: usize, past_voltages: bool) -> LfdeepForm {
    LfdeepForm::Windows(LfdeepWindows { window_ms, stride_ms, past_voltages })
}

/// Dendrites, spike, soma.
fn column(trial: usize, ms: usize) -> Vec<f32> {
    let spike = if SPIKE_COLUMNS.contains(&ms) { 1.0 } else { 0.0 };
    let [a, b] = DENDRITES.map(|compartment| voltage_mv(trial, ms, compartment));
    vec![a, b, spike, voltage_mv(trial, ms, 0)]
}

fn export(options: LfdeepOptions, folder: &Path) -> Vec<(String, Vec<u64>)> {
    let source = source();
    let export = LfdeepExport::new(&source, options).unwrap();
    export.write(folder, "nothing", || ()).unwrap();
    for array in export.arrays() {
        let bytes = fs::read(folder.join(array.name)).unwrap();
        let file = NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), array.shape);
        let header = bytes.len() as u64 - array.bytes();
        assert!(header.is_multiple_of(64) && header > 0, "{header}");
    }
    export.arrays().into_iter().map(|array| (array.name.to_owned(), array.shape)).collect()
}

#[test]
fn windows_hold_what_goes_before_the_column_to_predict() {
    let folder = tempfile::tempdir().unwrap();
    let options = LfdeepOptions { form: windows(10, 7, false), trials: 1..3, scaling: None };
    let arrays = export(options, folder.path());
    // starts 0, 7 and 14: the columns after them are 10, 17 and 24, the next would be beyond column 29
    assert_eq!(arrays[0], ("input_data_new.npy".to_owned(), vec![6, 4, 10]));
    let (_, inputs) = array::<bool>(&folder.path().join("input_data_new.npy"));
    let (_, targets) = array::<f16>(&folder.path().join("output_data_new.npy"));
    let starts = [(1, 0), (1, 7), (1, 14), (2, 0), (2, 7), (2, 14)];
    for (sample, (trial, start)) in starts.into_iter().enumerate() {
        for (synapse, ms) in (0..4).flat_map(|s| (0..10).map(move |ms| (s, ms))) {
            let found = inputs[(sample * 4 + synapse) * 10 + ms];
            assert_eq!(found, synapses(trial, start + ms).contains(&synapse));
        }
        let found: Vec<f32> = targets[4 * sample..][..4].iter().map(|v| v.to_f32()).collect();
        assert_eq!(found, column(trial, start + 10));
    }
}

#[test]
fn the_last_window_ends_before_the_last_column() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        LfdeepOptions { form: windows(COLUMNS - 1, 1, false), trials: 0..1, scaling: None };
    assert_eq!(export(options, folder.path())[0].1, [1, 4, COLUMNS as u64 - 1]);
    let (_, targets) = array::<f16>(&folder.path().join("output_data_new.npy"));
    let found: Vec<f32> = targets.iter().map(|v| v.to_f32()).collect();
    assert_eq!(found, column(0, COLUMNS - 1));
}

#[test]
fn simulations_are_whole_trials() {
    let folder = tempfile::tempdir().unwrap();
    let options = LfdeepOptions { form: LfdeepForm::Simulations, trials: 0..3, scaling: None };
    let arrays = export(options, folder.path());
    let columns = COLUMNS as u64;
    assert_eq!(arrays[0], ("input_spikes.npy".to_owned(), vec![4, columns, 3]));
    assert_eq!(arrays[1], ("output.npy".to_owned(), vec![4, columns, 3]));
    let bytes = fs::read(folder.path().join("input_spikes.npy")).unwrap();
    let file = NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(file.order(), Order::Fortran);
    let inputs: Vec<bool> = file.into_vec().unwrap();
    let bytes = fs::read(folder.path().join("output.npy")).unwrap();
    let outputs: Vec<f16> = NpyFile::new(&bytes[..]).unwrap().into_vec().unwrap();
    for (trial, ms) in (0..3).flat_map(|trial| (0..COLUMNS).map(move |ms| (trial, ms))) {
        let place = 4 * (trial * COLUMNS + ms);
        let found: Vec<usize> = (0..4).filter(|&row| inputs[place + row]).collect();
        assert_eq!(found, synapses(trial, ms));
        let found: Vec<f32> = outputs[place..][..4].iter().map(|v| v.to_f32()).collect();
        assert_eq!(found, column(trial, ms));
    }
}

#[test]
fn standardized_by_other_trials() {
    let folder = tempfile::tempdir().unwrap();
    let scaling = Scaling::fit(&source(), &[0, 1], ScalingMethod::PerCompartment).unwrap();
    let options =
        LfdeepOptions { form: windows(10, 10, true), trials: 2..3, scaling: Some(scaling) };
    assert_eq!(export(options, folder.path())[0].1, [2, 7, 10]);
    let (shape, statistics) = array::<f64>(&folder.path().join("voltage_statistics.npy"));
    assert_eq!(shape, [2, 3]);
    // 0.5 mV · 0 … 31 and 1 mV more in the second trial: variances of both add up, (n² − 1) / 12 and 1/4
    let mean = |compartment: usize| f64::from(voltage_mv(0, 0, compartment)) + 0.25 * 31.0 + 0.5;
    let deviation = (0.25 * (1024.0 - 1.0) / 12.0 + 0.25_f64).sqrt();
    for (channel, compartment) in [1, 3, 0].into_iter().enumerate() {
        // sums of 64 numbers, exact but for rounding
        assert!((statistics[channel] - mean(compartment)).abs() < 1e-12);
        assert!((statistics[3 + channel] - deviation).abs() < 1e-12);
    }
    let standardized = |ms: usize, compartment: usize| {
        let v = f64::from(voltage_mv(2, ms, compartment));
        (v - mean(compartment)) / deviation
    };
    let close = |found: f16, expected: f64| {
        // float16 has 11 bits: values below 4 are off by 2⁻¹⁰ at most
        assert!((found.to_f64() - expected).abs() < 1.0 / 1024.0, "{found} {expected}");
    };
    let (_, inputs) = array::<f16>(&folder.path().join("input_data_new.npy"));
    let (_, targets) = array::<f16>(&folder.path().join("output_data_new.npy"));
    for (sample, start) in [0, 10].into_iter().enumerate() {
        for ms in 0..10 {
            let at = |channel: usize| inputs[(7 * sample + channel) * 10 + ms];
            for synapse in 0..4 {
                let is_there = synapses(2, start + ms).contains(&synapse);
                assert_eq!(at(synapse), if is_there { f16::ONE } else { f16::ZERO });
            }
            for (channel, compartment) in [1, 3, 0].into_iter().enumerate() {
                close(at(4 + channel), standardized(start + ms, compartment));
            }
        }
        let row = &targets[4 * sample..][..4];
        for (place, compartment) in [(0, 1), (1, 3), (3, 0)] {
            close(row[place], standardized(start + 10, compartment));
        }
        assert_eq!(row[2].to_f32(), column(2, start + 10)[2]);
    }
    let text = fs::read_to_string(folder.path().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["arrays"][2]["name"], "voltage_statistics.npy");
    assert_eq!(manifest["dataset"], "nothing");
}

fn refused(source: &TrialsInMemory, options: LfdeepOptions) -> LfdeepError {
    match LfdeepExport::new(source, options) {
        Err(ApicalError::Lfdeep(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn refuses_what_cannot_be() {
    let source = source();
    let of = |form: LfdeepForm| LfdeepOptions { form, trials: 0..3, scaling: None };
    let beyond = LfdeepOptions { trials: 1..4, ..of(LfdeepForm::Simulations) };
    assert_eq!(refused(&source, beyond), LfdeepError::Trials { range: 1..4, trials: 3 });
    let none = LfdeepOptions { trials: 2..2, ..of(LfdeepForm::Simulations) };
    assert_eq!(refused(&source, none), LfdeepError::Trials { range: 2..2, trials: 3 });
    let scaling = Some(Scaling::new(vec![0.0; 3], vec![1.0; 3]).unwrap());
    let other = LfdeepOptions { scaling, ..of(LfdeepForm::Simulations) };
    assert!(matches!(
        LfdeepExport::new(&source, other),
        Err(ApicalError::Core(CoreError::Shape { expected: 4, found: 3, .. }))
    ));
    let error = refused(&source, of(windows(10, 0, false)));
    assert_eq!(error, LfdeepError::Zero { window_ms: 10, stride_ms: 0 });
    let error = refused(&source, of(windows(COLUMNS, 1, false)));
    assert_eq!(error, LfdeepError::WindowTooLong { window_ms: COLUMNS, columns: COLUMNS });
    let with = |change: fn(&mut TrialLayout)| {
        let mut layout = layout();
        change(&mut layout);
        let trials = TrialsInMemory::new(layout, Vec::new()).unwrap();
        // nothing else is wrong: there is a trial of any number
        match LfdeepExport::new(&Endless(trials), of(LfdeepForm::Simulations)) {
            Err(ApicalError::Lfdeep(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let error = with(|layout| layout.synapse_count = 6);
    assert_eq!(error, LfdeepError::Synapses { synapses: 6, dendrites: 2 });
    let error = with(|layout| layout.duration_ms = 1);
    assert_eq!(error, LfdeepError::TooShort { duration_ms: 1 });
}

/// As if there were any number of trials.
#[derive(Debug)]
struct Endless(TrialsInMemory);

impl TrialSource for Endless {
    type Error = CoreError;

    fn layout(&self) -> &TrialLayout {
        self.0.layout()
    }

    fn trial_count(&self) -> usize {
        usize::MAX
    }

    fn trial(&self, index: usize) -> Result<std::sync::Arc<Trial>, Self::Error> {
        self.0.trial(index)
    }
}

#[test]
fn a_failed_export_leaves_nothing() {
    let mut trials: Vec<Trial> = (0..3).map(trial).collect();
    trials[1].injected_na[5] = -0.25;
    let source = TrialsInMemory::new(layout(), trials).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = LfdeepOptions {
        form: LfdeepForm::Windows(LfdeepWindows { window_ms: 5, ..Default::default() }),
        trials: 0..3,
        scaling: None,
    };
    let export = LfdeepExport::new(&source, options).unwrap();
    let error = export.write(folder.path(), (), || ()).unwrap_err();
    let expected =
        LfdeepError::InjectedCurrent { trial: 1, bin: 5, current_na: "-0.25".to_owned() };
    assert!(matches!(error, ApicalError::Lfdeep(error) if error == expected));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
