//! Data sets on disk: what is written comes back, and damage is found.
#![cfg(feature = "store")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use apical_core::{
    BinnedEvents, CalciumEvent, CalciumRule, CompartmentId, CompartmentRecord, CompartmentTable,
    Region, SectionType, SynapseId, Trial, TrialLayout, TrialMarks, TrialSource, TrialsInMemory,
};
use apical_dataset::store::{
    Damage, DamagedFile, FORMAT_VERSION, Manifest, Store, StoreError, StoreWriter,
    VoltagePrecision, discard, seal, verify,
};
use apical_dataset::{Loader, LoaderConfig, Position, Scaling, ScalingMethod};
use serde_json::{Value, json};

const STEPS_PER_MS: usize = 4;

fn layout(duration_ms: usize) -> TrialLayout {
    let record = |section_type, region| {
        let mut record = CompartmentRecord::new(section_type, region, "section");
        record.x = 0.1;
        record.center_um = Some([0.1, 1.0 / 3.0, 1e-7]);
        record.path_distance_um = 12.3;
        record
    };
    let compartments = CompartmentTable::new(vec![
        record(SectionType::Soma, Region::Soma),
        record(SectionType::Basal, Region::Basal),
        record(SectionType::Apical, Region::Trunk),
    ]);
    let mut layout = TrialLayout::new(compartments, CompartmentId::new(0), 4, duration_ms);
    layout.calcium_site = Some(CompartmentId::new(2));
    layout.injection_sites = vec![CompartmentId::new(0), CompartmentId::new(2)];
    layout
}

fn manifest(trials: usize, duration_ms: usize) -> Manifest {
    let generator = json!({"seed": 1, "third": 1.0 / 3.0});
    let spikes = "upward crossing of -20 mV".to_owned();
    Manifest::new(
        trials,
        layout(duration_ms),
        STEPS_PER_MS,
        spikes,
        CalciumRule::default(),
        generator,
    )
}

/// A trial whose numbers follow from its own; trial 1 has no events, spikes and currents.
fn trial(number: usize, duration_ms: usize) -> (Trial, Vec<f32>) {
    let busy = number != 1;
    let bins = (0..duration_ms).map(|bin| if busy { (bin * 7 + number) % 4 } else { 0 });
    let mut offsets = vec![0];
    offsets.extend(bins.scan(0, |sum, count| {
        *sum += count as u32;
        Some(*sum)
    }));
    let events = offsets[duration_ms] as usize;
    let synapses = (0..events).map(|k| SynapseId::new((k * k + number) % 4)).collect();
    let injected = |k: usize| if busy && k % 50 == 3 { 0.1 * k as f32 } else { 0.0 };
    let voltage = |k: usize| -70.0 + ((k + number) as f32 * 0.37).sin() * 20.0;
    let marks = TrialMarks {
        spikes_ms: if busy { vec![1.025, 2.5, duration_ms as f64] } else { Vec::new() },
        calcium_events: vec![CalciumEvent { onset_ms: 1.0, end_ms: 3.0, peak_mv: 0.1 }],
    };
    let trial = Trial::new(
        &layout(duration_ms),
        BinnedEvents::new(offsets, synapses).unwrap(),
        (0..2 * duration_ms).map(injected).collect(),
        (0..3 * (duration_ms + 1)).map(voltage).collect(),
        marks,
    );
    (trial.unwrap(), (0..=duration_ms * STEPS_PER_MS).map(voltage).collect())
}

fn write(writer: &StoreWriter, number: usize) {
    let (trial, soma) = trial(number, writer.manifest().layout.duration_ms);
    writer.write(number, trial, soma, json!({"number": number})).unwrap();
}

fn complete(root: &Path, duration_ms: usize) -> Manifest {
    let writer = StoreWriter::open(root, &manifest(3, duration_ms)).unwrap();
    (0..3).for_each(|number| write(&writer, number));
    seal(root).unwrap()
}

#[test]
fn trials_come_back_as_written() {
    // shorter than a chunk of 100 ms, as long, longer
    for duration_ms in [7, 99, 100, 250] {
        let folder = tempfile::tempdir().unwrap();
        let sealed = complete(folder.path(), duration_ms);
        let store = Store::open(folder.path()).unwrap();
        store.check_complete().unwrap();
        assert_eq!(store.manifest(), &sealed);
        let mut begun = sealed;
        begun.seal = None;
        assert_eq!(begun, manifest(3, duration_ms));
        for number in 0..3 {
            let (expected, soma_mv) = trial(number, duration_ms);
            assert_eq!(*store.trial(number).unwrap(), expected);
            assert_eq!(store.marks(number).unwrap(), expected.marks);
            assert_eq!(store.soma_mv(number).unwrap(), soma_mv);
            let bins = duration_ms / 3..duration_ms - 1;
            assert_eq!(
                store.stretch(number, bins.clone()).unwrap(),
                expected.stretch(bins.clone())
            );
            assert_eq!(store.events(number).unwrap(), expected.events);
            assert_eq!(store.record(number).unwrap().origin, json!({"number": number}));
        }
    }
}

#[test]
fn half_precision_rounds_to_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = manifest(1, 120);
    manifest.precision = VoltagePrecision::Float16;
    write(&StoreWriter::open(folder.path(), &manifest).unwrap(), 0);
    let store = Store::open(folder.path()).unwrap();
    let (expected, _) = trial(0, 120);
    for (found, expected) in store.trial(0).unwrap().voltage_mv.iter().zip(&expected.voltage_mv) {
        // half of the distance of neighbors between 64 and 128
        assert!((found - expected).abs() <= 0.03125, "{found} {expected}");
    }
}

/// What is loaded from disk is what is loaded from memory, from the start and after a restart.
#[test]
fn batches_are_those_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    complete(folder.path(), 150);
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let trials = (0..3).map(|number| trial(number, 150).0).collect();
    let memory = Arc::new(TrialsInMemory::new(layout(150), trials).unwrap());
    let mut config = LoaderConfig::default();
    config.batch_size = 4;
    let scaling = Scaling::fit(&*memory, &[0, 2], ScalingMethod::PerCompartment).unwrap();
    let fitted = Scaling::fit(&*store, &[0, 2], ScalingMethod::PerCompartment).unwrap();
    assert_eq!(fitted, scaling);
    config.scaling = Some(scaling);
    let from = Position { epoch: 0, batch: 3 };
    for position in [Position::default(), from] {
        let of_store = Loader::new(Arc::clone(&store), &[0, 2], &config, position).unwrap();
        let of_memory = Loader::new(Arc::clone(&memory), &[0, 2], &config, position).unwrap();
        for (a, b) in of_store.zip(of_memory).take(40) {
            assert_eq!(a.unwrap(), b.unwrap());
        }
    }
}

/// More than two chunks of 2^17.
#[test]
fn many_events_need_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = manifest(1, 3);
    manifest.layout.synapse_count = 100_000;
    let writer = StoreWriter::open(folder.path(), &manifest).unwrap();
    let (mut trial, soma) = trial(0, 3);
    let synapses = (0..300_000).map(|k| SynapseId::new(k % 99_991)).collect();
    trial.events = BinnedEvents::new(vec![0, 10, 299_999, 300_000], synapses).unwrap();
    let record = writer.write(0, trial.clone(), soma, Value::Null).unwrap();
    assert_eq!(record.files.keys().filter(|name| name.starts_with("event_synapse")).count(), 3);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.events(0).unwrap(), trial.events);
}

#[test]
fn what_has_no_room_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let writer = StoreWriter::open(folder.path(), &manifest(1, 3)).unwrap();
    let refused = |trial: &Trial, soma: &[f32]| {
        let error = writer.write(0, trial.clone(), soma.to_vec(), Value::Null).unwrap_err();
        assert!(matches!(error, StoreError::Trial { trial: 0, .. }), "{error}");
    };
    // one event a synapse and bin
    let (mut events, soma) = trial(0, 3);
    events.events = BinnedEvents::new(vec![0, 13, 13, 13], vec![SynapseId::new(0); 13]).unwrap();
    refused(&events, &soma);
    // one spike in two steps
    let (mut spikes, _) = trial(0, 3);
    spikes.marks.spikes_ms = vec![1.0; 8];
    refused(&spikes, &soma);
    let (longer, _) = trial(0, 4);
    refused(&longer, &soma);
    let (mut no_number, _) = trial(0, 3);
    no_number.voltage_mv[5] = f32::NAN;
    refused(&no_number, &soma);
    let (whole, mut no_number) = trial(0, 3);
    no_number[7] = f32::INFINITY;
    refused(&whole, &no_number);
}

#[test]
fn going_on_is_the_same_as_not_stopping() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let checksum = |root: &Path| seal(root).unwrap().seal.unwrap().checksum;
    let whole = complete(folders[0].path(), 110).seal.unwrap().checksum;
    // backwards, by three writers
    for number in [2, 0, 1] {
        let writer = StoreWriter::open(folders[1].path(), &manifest(3, 110)).unwrap();
        assert!(!writer.has(number).unwrap());
        write(&writer, number);
        assert!(writer.has(number).unwrap());
    }
    assert_eq!(checksum(folders[1].path()), whole);
    // another trial is another content
    let writer = StoreWriter::open(folders[2].path(), &manifest(3, 110)).unwrap();
    (0..2).for_each(|number| write(&writer, number));
    let (other, soma) = trial(7, 110);
    writer.write(2, other, soma, Value::Null).unwrap();
    assert_ne!(checksum(folders[2].path()), whole);
}

#[test]
fn a_part_of_a_data_set_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let writer = StoreWriter::open(folder.path(), &manifest(4, 20)).unwrap();
    write(&writer, 1);
    write(&writer, 3);
    let error = seal(folder.path()).unwrap_err();
    assert!(
        matches!(error, StoreError::Incomplete { missing: 2, trials: 4, first: 0, .. }),
        "{error}"
    );
    let store = Store::open(folder.path()).unwrap();
    assert!(store.trial(1).is_ok());
    assert!(matches!(store.trial(2), Err(StoreError::Incomplete { first: 2, .. })));
    assert!(matches!(store.trial(4), Err(StoreError::NoTrial { trial: 4, .. })));
    assert_eq!(store.missing().collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn another_data_set_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    complete(folder.path(), 20);
    let mut other = manifest(3, 20);
    other.generator["seed"] = json!(2);
    let error = StoreWriter::open(folder.path(), &other).unwrap_err().to_string();
    assert!(error.contains("/generator/seed = 1, not 2"), "{error}");
    let error = StoreWriter::open(folder.path(), &manifest(5, 20)).unwrap_err().to_string();
    assert!(error.contains("/trials = 3, not 5"), "{error}");
    let mut older = manifest(3, 20);
    older.numerics -= 1;
    assert!(matches!(StoreWriter::open(folder.path(), &older), Err(StoreError::Differs { .. })));
    // a program of another version with the same numerics may
    let mut newer = manifest(3, 20);
    newer.apical = "99.0.0".to_owned();
    assert!(StoreWriter::open(folder.path(), &newer).is_ok());
}

#[test]
fn damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let before = complete(root, 250).seal.unwrap();
    let clean = verify(root, |_| ()).unwrap();
    assert_eq!((clean.trials, clean.missing.len(), clean.damaged.len()), (3, 0, 0));

    let flipped = root.join("voltage_mv/c/0/0/0");
    let mut bytes = fs::read(&flipped).unwrap();
    bytes[150] ^= 1;
    fs::write(&flipped, bytes).unwrap();
    let cut = root.join("soma_mv/c/1/0");
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[1..]).unwrap();
    let lost = root.join("event_offset/c/2/0");
    fs::remove_file(&lost).unwrap();

    let found = verify(root, |_| ()).unwrap();
    let written = bytes.len() as u64;
    let damaged = found.damaged.iter().map(|file| (file.trial, &file.path, &file.damage));
    let expected = [
        (0, &flipped, &Damage::Content),
        (1, &cut, &Damage::Size { written, found: written - 1 }),
        (2, &lost, &Damage::Missing),
    ];
    assert_eq!(damaged.collect::<Vec<_>>(), expected);
    // reading does not pass it by either
    let store = Store::open(root).unwrap();
    let error = store.trial(0).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("voltage_mv"), "{error}");
    assert!(matches!(store.trial(1), Err(StoreError::Damaged { .. })));
    assert!(matches!(store.trial(2), Err(StoreError::Damaged { damage: Damage::Missing, .. })));

    // what is forgotten is made again, and is as before
    discard(root, found.damaged.iter().map(|file| file.trial)).unwrap();
    assert_eq!(Manifest::read(root).unwrap().seal, None);
    let writer = StoreWriter::open(root, &manifest(3, 250)).unwrap();
    (0..3).filter(|&number| !writer.has(number).unwrap()).for_each(|number| write(&writer, number));
    assert_eq!(seal(root).unwrap().seal.unwrap(), before);
    assert_eq!(verify(root, |_| ()).unwrap(), clean);
}

/// A record that is cut, changed, of another trial or of another data set is found, and mended like any damage.
#[test]
fn damaged_records_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let before = complete(root, 20).seal.unwrap();
    let record = |number: usize| root.join(format!("trials/{number:06}.json"));
    let texts = [0, 1, 2].map(|number| fs::read_to_string(record(number)).unwrap());
    let other = tempfile::tempdir().unwrap();
    let mut manifest_of_other = manifest(3, 20);
    manifest_of_other.generator["seed"] = json!(2);
    write(&StoreWriter::open(other.path(), &manifest_of_other).unwrap(), 1);
    let foreign = fs::read_to_string(other.path().join("trials/000001.json")).unwrap();

    for (number, text, expected) in [
        (0, &texts[0][..100], "EOF while parsing"),
        (1, &texts[1].replace("\"peak_mv\": 0.1", "\"peak_mv\": 0.2"), "is not what was written"),
        (2, &texts[0], "it is of trial 0"),
        (1, &foreign, "of another data set"),
    ] {
        fs::write(record(number), text).unwrap();
        let found = verify(root, |_| ()).unwrap();
        assert!(!found.is_whole());
        assert_eq!((found.trials, found.damaged.len()), (3, 1));
        let DamagedFile { trial, path, damage, .. } = &found.damaged[0];
        assert_eq!((*trial, path), (number, &record(number)));
        assert!(damage.to_string().contains(expected), "{damage}");
        let writer = StoreWriter::open(root, &manifest(3, 20)).unwrap();
        for error in [
            writer.has(number).map(|_| ()).unwrap_err(),
            seal(root).map(|_| ()).unwrap_err(),
            Store::open(root).unwrap().trial(number).map(|_| ()).unwrap_err(),
        ] {
            assert!(matches!(&error, StoreError::Damaged { path, .. } if *path == record(number)));
        }
        discard(root, [number]).unwrap();
        assert!(!writer.has(number).unwrap());
        write(&writer, number);
        assert_eq!(seal(root).unwrap().seal.unwrap(), before);
    }
    assert!(verify(root, |_| ()).unwrap().is_whole());

    // a manifest that was changed is not the trials' fault; nor is one whose checksum was
    let path = root.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"seed\": 1", "\"seed\": 3")).unwrap();
    assert!(matches!(verify(root, |_| ()), Err(StoreError::Changed { .. })));
    fs::write(&path, text.replace(&before.checksum, &"0".repeat(64))).unwrap();
    let found = verify(root, |_| ()).unwrap();
    assert_eq!((found.damaged.len(), found.sealed_as_found, found.is_whole()), (0, false, false));
}

/// A trial that is written again leaves nothing of the one before: here currents and events that the second has not.
#[test]
fn a_trial_that_is_written_again_replaces_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let writer = StoreWriter::open(root, &manifest(2, 20)).unwrap();
    write(&writer, 0);
    let (quiet, soma) = trial(1, 20);
    writer.write(0, quiet.clone(), soma, Value::Null).unwrap();
    assert_eq!(*Store::open(root).unwrap().trial(0).unwrap(), quiet);
    assert!(!root.join("injected_na/c/0").exists());
    // nor is a file that the record does not name taken for its own
    fs::create_dir_all(root.join("injected_na/c/0/0")).unwrap();
    fs::write(root.join("injected_na/c/0/0/0"), "left by something else").unwrap();
    assert_eq!(*Store::open(root).unwrap().trial(0).unwrap(), quiet);
}

/// Of many who begin a folder at once, those who want the same share it and the others are told.
#[test]
fn one_of_several_that_begin_at_once_is_first() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let opened: Vec<_> = std::thread::scope(|scope| {
            let open = |seed: u32| {
                let root = folder.path();
                scope.spawn(move || {
                    let mut manifest = manifest(3, 20);
                    manifest.generator["seed"] = json!(seed);
                    StoreWriter::open(root, &manifest)
                })
            };
            let threads: Vec<_> = [1, 2, 1, 2].map(open).into_iter().collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let first = &Manifest::read(folder.path()).unwrap().generator["seed"];
        for (opened, seed) in opened.iter().zip([1, 2, 1, 2]) {
            match opened {
                Ok(_) => assert_eq!(first, &json!(seed)),
                Err(error) => {
                    assert!(matches!(error, StoreError::Differs { .. }), "{error}");
                    assert_ne!(first, &json!(seed));
                }
            }
        }
        assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 2);
    }
}

/// What describes an array follows from the manifest, and is written again.
#[test]
fn a_lost_description_of_an_array_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    complete(root, 20);
    let path = root.join("soma_mv/zarr.json");
    let before = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let error = Store::open(root).unwrap_err();
    assert!(matches!(&error, StoreError::Array { path: p, .. } if *p == path), "{error}");
    StoreWriter::open(root, &manifest(3, 20)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(verify(root, |_| ()).unwrap().is_whole());
}

#[test]
fn what_is_no_data_set_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert!(matches!(Store::open(root), Err(StoreError::NoManifest { .. })));
    let path = root.join("manifest.json");
    let refused = |text: &str| {
        fs::write(&path, text).unwrap();
        let error = Store::open(root).unwrap_err();
        assert!(error.to_string().contains("manifest.json"), "{error}");
        assert!(StoreWriter::open(root, &manifest(3, 20)).is_err());
        error
    };
    assert!(matches!(refused("{\"format\": "), StoreError::Json { .. }));
    assert!(matches!(refused("{\"arrays\": []}"), StoreError::Format { .. }));
    let mut value = serde_json::to_value(manifest(3, 20)).unwrap();
    value["format_version"] = json!(FORMAT_VERSION + 1);
    let found = u64::from(FORMAT_VERSION) + 1;
    let error = refused(&value.to_string());
    assert!(matches!(error, StoreError::FormatVersion { found: f, .. } if f == found), "{error}");
    value["format_version"] = json!(FORMAT_VERSION);
    value["trials"] = json!(-3);
    assert!(matches!(refused(&value.to_string()), StoreError::Json { .. }));
    value["trials"] = json!(10_u64.pow(15));
    assert!(matches!(refused(&value.to_string()), StoreError::Count { field: "trials", .. }));
    value["trials"] = json!(3);
    value["layout"]["soma"] = json!(99_999);
    assert!(matches!(refused(&value.to_string()), StoreError::Layout { .. }));
    value["layout"]["soma"] = json!(0);
    value["layout"]["duration_ms"] = json!(u64::MAX);
    assert!(matches!(refused(&value.to_string()), StoreError::Layout { .. }));
    value["layout"]["duration_ms"] = json!(20);
    value["steps_per_ms"] = json!(0);
    assert!(matches!(refused(&value.to_string()), StoreError::Count { field: "steps_per_ms", .. }));
}

#[test]
fn what_cannot_be_written_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    fs::write(&root, "a file where the folder should be").unwrap();
    let error = StoreWriter::open(&root, &manifest(3, 20)).unwrap_err();
    assert!(error.to_string().contains("data"), "{error}");

    let root = folder.path().join("other");
    let writer = StoreWriter::open(&root, &manifest(3, 20)).unwrap();
    fs::write(root.join("voltage_mv/c"), "a file where a folder should be").unwrap();
    let (trial, soma) = trial(0, 20);
    let error = writer.write(0, trial.clone(), soma.clone(), Value::Null).unwrap_err();
    assert!(
        matches!(&error, StoreError::Io { path, .. } if path.ends_with("voltage_mv/c/0")),
        "{error}"
    );
    assert!(!writer.has(0).unwrap());
    let error = writer.write(0, trial.clone(), soma[1..].to_vec(), Value::Null).unwrap_err();
    assert!(matches!(error, StoreError::SomaLength { found: 80, expected: 81, .. }), "{error}");
    let error = writer.write(3, trial, soma, Value::Null).unwrap_err();
    assert!(matches!(error, StoreError::NoTrial { trial: 3, trials: 3, .. }), "{error}");
}
