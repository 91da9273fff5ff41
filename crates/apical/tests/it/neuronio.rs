//! Published simulations, as their converter leaves them, become a data set.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use apical::ApicalError;
use apical::core::{CompartmentId, Region, SectionType, SynapseId, TrialSource};
use apical::dataset::store::{Store, VoltagePrecision};
use apical::input::{NEURONIO_CONVERTER, NeuronioError, NeuronioFiles, import_neuronio};
use half::f16;
use npyz::{Order, WriterBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::common::{apical, array, stderr, stdout};

const SEGMENTS: usize = 4;
const T: usize = 30;

fn npy<V: npyz::AutoSerialize>(order: Order, shape: &[usize], values: &[V]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape).order(order);
    let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
    values.iter().for_each(|value| writer.push(value).unwrap());
    writer.finish().unwrap();
    bytes
}

fn halves(shape: &[usize], value: impl Fn(usize) -> f64) -> Vec<u8> {
    let count = shape.iter().product();
    let values: Vec<f16> = (0..count).map(|k| f16::from_f64(value(k))).collect();
    npy(Order::C, shape, &values)
}

fn header(simulations: usize) -> Value {
    json!({
        "format": "neuronio npz",
        "version": 1,
        "simulations": simulations,
        "soma_samples_per_ms": 8,
        "params": {
            "totalSimDurationInSec": T as f64 / 1000.0,
            "randomSeed": 7,
            "listOfISIs": [1.0, 2.0],
            "allSegmentsType": ["basal", "basal", "basal", "apical"],
            "allSegmentsLength": [10.0, 10.0, 25.0, 40.0],
            "allSegments_DistFromSoma": [5.0, 15.0, 12.5, 20.0],
            "allSegments_SectionInd": [0, 0, 1, 2],
        },
    })
}

/// Voltage of a segment at a time, mV: none that float16 cannot hold.
fn dendritic_mv(segment: usize, ms: usize) -> f64 {
    -80.0 + 8.0 * segment as f64 + 0.25 * ms as f64
}

fn soma_mv(sample: usize) -> f64 {
    // a spike of two equal samples at 12 ms, one of a single sample in the last ms
    match sample {
        96 | 97 | 237 => 16.0,
        _ => -70.0,
    }
}

/// The members of one simulation.
fn simulation(number: usize) -> Vec<(String, Vec<u8>)> {
    let events = |rows: &[[i32; 2]]| npy(Order::C, &[rows.len(), 2], rows.as_flattened());
    let of = |name: &str| format!("{name}_{number:03}");
    vec![
        (of("dendritic_mv"), halves(&[SEGMENTS, T], |k| dendritic_mv(k / T, k % T))),
        (of("soma_mv"), halves(&[8 * T], soma_mv)),
        (of("nexus_mv"), halves(&[T], |ms| if (5..18).contains(&ms) { -20.0 } else { -60.0 })),
        (of("excitatory"), events(&[[3, 2], [0, 2], [1, 0], [2, 29]])),
        (of("inhibitory"), events(&[[0, 2], [3, 28]])),
        (of("spikes_ms"), halves(&[2], |k| [12.125, 29.625][k])),
    ]
}

fn members(simulations: usize) -> Vec<(String, Vec<u8>)> {
    let text = header(simulations).to_string().into_bytes();
    let header = ("header".to_owned(), npy(Order::C, &[text.len()], &text));
    std::iter::once(header).chain((0..simulations).flat_map(simulation)).collect()
}

fn write_npz(path: &Path, members: &[(String, Vec<u8>)], method: CompressionMethod) {
    let mut zip = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn folder(files: &[(&str, usize)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for &(name, simulations) in files {
        let path = folder.path().join(name);
        write_npz(&path, &members(simulations), CompressionMethod::Stored);
    }
    folder
}

#[test]
fn every_number_arrives() {
    let published = folder(&[("b.npz", 2), ("a.npz", 1)]);
    let compressed = published.path().join("b.npz");
    write_npz(&compressed, &members(2), CompressionMethod::Deflated);
    fs::write(published.path().join("notes.txt"), "no npz file").unwrap();
    let files = NeuronioFiles::open(published.path()).unwrap();
    let out = tempfile::tempdir().unwrap();
    let mut done = 0;
    let manifest = import_neuronio(&files, out.path(), || done += 1).unwrap();
    assert_eq!((files.simulations(), done, manifest.trials), (3, 3, 3));
    assert_eq!((manifest.precision, manifest.steps_per_ms), (VoltagePrecision::Float16, 8));
    let named: Vec<_> = (0..2).map(|k| manifest.generator["files"][k]["name"].clone()).collect();
    assert_eq!(named, ["a.npz", "b.npz"]);
    let params = &manifest.generator["files"][0]["params"];
    assert_eq!(*params, json!({"randomSeed": 7, "totalSimDurationInSec": 0.03}));

    let store = Store::open(out.path()).unwrap();
    let layout = store.layout();
    assert_eq!((layout.duration_ms, layout.synapse_count), (T - 1, 2 * SEGMENTS));
    let rows: Vec<_> = layout.compartments.records().iter().collect();
    let names: Vec<_> = rows.iter().map(|row| (row.section.as_str(), row.x)).collect();
    assert_eq!(
        names,
        [
            ("soma[0]", 0.5),
            ("dend[0]", 0.25),
            ("dend[0]", 0.75),
            ("dend[1]", 0.5),
            ("apic[0]", 0.5)
        ]
    );
    assert_eq!((rows[4].section_type, rows[4].region), (SectionType::Apical, Region::Other));
    assert_eq!((rows[4].length_um, rows[4].path_distance_um), (40.0, 20.0));

    for index in 0..3 {
        let trial = store.trial(index).unwrap();
        for ms in 0..T {
            assert_eq!(trial.voltages_at(ms)[0], soma_mv(8 * ms) as f32, "{ms} ms");
            for segment in 0..SEGMENTS {
                let found = trial.voltages_at(ms)[1 + segment];
                assert_eq!(found, dendritic_mv(segment, ms) as f32, "segment {segment}, {ms} ms");
            }
        }
        let expected: Vec<f32> = (0..=8 * (T - 1)).map(|k| soma_mv(k) as f32).collect();
        assert_eq!(store.soma_mv(index).unwrap(), expected);
        let bin = |bin: usize| -> Vec<usize> {
            trial.events.bin(bin).iter().copied().map(SynapseId::index).collect()
        };
        assert_eq!((bin(0), bin(1), bin(2), bin(28)), (vec![1], vec![], vec![0, 3, 4], vec![7]));
        assert_eq!(trial.events.synapses().len(), 5, "the event of the last bin is left out");
        assert_eq!(trial.marks.spikes_ms, [12.125], "the spike of the last ms is left out");
        let calcium = &trial.marks.calcium_events;
        let found: Vec<_> = calcium.iter().map(|e| (e.onset_ms, e.end_ms, e.peak_mv)).collect();
        assert_eq!(found, [(5.0, 18.0, -20.0)]);
    }
    let origin = &store.record(2).unwrap().origin;
    assert_eq!(*origin, json!({"file": "b.npz", "simulation": 1, "spikes_of_rounded_time": 0}));
    assert_eq!(layout.soma, CompartmentId::new(0));
}

#[test]
fn an_import_goes_on_where_it_stopped() {
    let published = folder(&[("a.npz", 3)]);
    let files = NeuronioFiles::open(published.path()).unwrap();
    let out = tempfile::tempdir().unwrap();
    let whole = import_neuronio(&files, out.path(), || ()).unwrap().seal;
    fs::remove_file(out.path().join("trials/000001.json")).unwrap();
    let kept = out.path().join("trials/000002.json");
    let before = fs::metadata(&kept).unwrap().modified().unwrap();
    assert_eq!(import_neuronio(&files, out.path(), || ()).unwrap().seal, whole);
    assert_eq!(fs::metadata(&kept).unwrap().modified().unwrap(), before);

    // with another file added it is another data set
    write_npz(&published.path().join("b.npz"), &members(1), CompressionMethod::Stored);
    let files = NeuronioFiles::open(published.path()).unwrap();
    assert!(matches!(import_neuronio(&files, out.path(), || ()), Err(ApicalError::Store(_))));
}

/// The error for a file in which one member is replaced, or left out.
fn refused(member: &str, bytes: Option<Vec<u8>>) -> NeuronioError {
    let mut members = members(2);
    let at = members.iter().position(|(name, _)| name == member).unwrap();
    match bytes {
        Some(bytes) => members[at].1 = bytes,
        None => drop(members.remove(at)),
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    write_npz(&path, &members, CompressionMethod::Stored);
    error_of(folder.path(), &path)
}

fn error_of(folder: &Path, file: &Path) -> NeuronioError {
    let out = tempfile::tempdir().unwrap();
    let files = NeuronioFiles::open(folder);
    match files.and_then(|files| import_neuronio(&files, out.path(), || ())) {
        Err(ApicalError::Neuronio { path, source }) => {
            assert_eq!(path, file);
            source
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn members_that_are_not_as_they_should_be() {
    use NeuronioError as E;
    let rows = |rows: &[[i32; 2]]| npy(Order::C, &[rows.len(), 2], rows.as_flattened());
    let error = refused("dendritic_mv_001", None);
    assert!(matches!(&error, E::NoDendrites { member } if member == "dendritic_mv_001"), "{error}");
    let error = refused("nexus_mv_001", None);
    assert!(matches!(&error, E::Missing { member } if member == "nexus_mv_001"), "{error}");
    let error = refused("nexus_mv_000", Some(npy(Order::C, &[T], &[0.0_f32; T])));
    assert!(matches!(&error, E::Dtype { found, .. } if found == "'<f4'"), "{error}");
    let error = refused("soma_mv_000", Some(halves(&[T], |_| 0.0)));
    assert!(matches!(&error, E::Shape { found, expected, .. }
        if *found == [T as u64] && expected == "[240]"));
    for shape in [&[SEGMENTS, T - 1][..], &[T, SEGMENTS], &[SEGMENTS * T]] {
        let error = refused("dendritic_mv_000", Some(halves(shape, |_| 0.0)));
        assert!(matches!(error, E::Shape { .. }), "{error}");
    }
    let fortran = npy(Order::Fortran, &[SEGMENTS, T], &[f16::ZERO; SEGMENTS * T]);
    assert!(matches!(refused("dendritic_mv_000", Some(fortran)), E::Shape { .. }));
    let error =
        refused("dendritic_mv_001", Some(halves(&[SEGMENTS, T], |k| 1.0 / (k as f64 - 31.0))));
    assert!(matches!(error, E::NotFinite { index: 31, value: f32::INFINITY, .. }), "{error}");
    let error = refused("excitatory_000", Some(rows(&[[0, 0], [SEGMENTS as i32, 1]])));
    assert!(matches!(error, E::EventSegment { row: 1, found: 4, segments: 4, .. }), "{error}");
    let error = refused("inhibitory_000", Some(rows(&[[-1, 0]])));
    assert!(matches!(error, E::EventSegment { row: 0, found: -1, .. }), "{error}");
    for ms in [T as i32, -1] {
        let error = refused("inhibitory_001", Some(rows(&[[0, 5], [0, ms]])));
        assert!(
            matches!(&error, E::EventTime { member, row: 1, found, duration_ms: T }
                if *found == ms && member == "inhibitory_001"),
            "{error}"
        );
    }
    let error = refused("excitatory_000", Some(npy(Order::C, &[1, 2], &[0_i64, 0])));
    assert!(matches!(error, E::Dtype { .. }), "{error}");
    let error = refused("excitatory_000", Some(npy(Order::C, &[1, 3], &[0_i32; 3])));
    assert!(matches!(error, E::Shape { .. }), "{error}");
    let error = refused("spikes_ms_000", Some(halves(&[1], |_| 13.0)));
    assert!(matches!(error, E::UnpublishedSpike { time_ms: 12.0, .. }), "{error}");
    let error = refused("spikes_ms_000", Some(halves(&[2], |k| [12.125, 11.0][k])));
    assert!(matches!(error, E::SpikeTime { index: 1, value: 11.0, .. }), "{error}");
    let mut short = halves(&[T], |_| 0.0);
    short.truncate(short.len() - 1);
    assert!(matches!(refused("nexus_mv_000", Some(short)), E::Member { .. }));
    let mut long = halves(&[T], |_| 0.0);
    long.push(0);
    assert!(matches!(refused("nexus_mv_000", Some(long)), E::Member { .. }));
}

#[test]
fn headers_that_are_not_as_they_should_be() {
    use NeuronioError as E;
    let with = |place: &str, value: Value| {
        let mut header = header(2);
        *header.pointer_mut(place).unwrap() = value;
        let text = header.to_string().into_bytes();
        refused("header", Some(npy(Order::C, &[text.len()], &text)))
    };
    assert!(matches!(with("/simulations", json!("two")), E::Header(_)));
    assert!(matches!(with("/params/allSegmentsLength", Value::Null), E::Header(_)));
    for (place, value, expected) in [
        ("/version", json!(2), "format and version"),
        ("/format", json!("npz"), "format and version"),
        ("/soma_samples_per_ms", json!(0), "soma_samples_per_ms"),
        ("/params/totalSimDurationInSec", json!(0.0305), "totalSimDurationInSec"),
        ("/params/totalSimDurationInSec", json!(-6), "totalSimDurationInSec"),
        ("/params/totalSimDurationInSec", json!(1e300), "totalSimDurationInSec"),
        ("/params/allSegmentsType/1", json!("axon"), "allSegmentsType"),
        ("/params/allSegmentsLength", json!([1.0]), "number of allSegmentsLength"),
        (
            "/params/allSegments_SectionInd/3",
            json!(1),
            "allSegments_SectionInd of an apical segment",
        ),
    ] {
        let error = with(place, value);
        assert!(matches!(&error, E::HeaderValue { what, .. } if *what == expected), "{error}");
    }
    let simulations = with("/simulations", json!(3));
    assert!(matches!(simulations, E::NoDendrites { .. }), "{simulations}");
}

#[test]
fn files_that_do_not_belong_together() {
    let published = folder(&[("a.npz", 1)]);
    let second = published.path().join("b.npz");
    let mut other = members(1);
    let mut header = header(1);
    header["params"]["allSegmentsLength"][2] = json!(26.0);
    let text = header.to_string().into_bytes();
    other[0].1 = npy(Order::C, &[text.len()], &text);
    write_npz(&second, &other, CompressionMethod::Stored);
    let error = error_of(published.path(), &second);
    assert!(
        matches!(&error, NeuronioError::Differs { what: "its list of segments", first } if first == "a.npz"),
        "{error}"
    );

    fs::write(&second, "no zip").unwrap();
    assert!(matches!(error_of(published.path(), &second), NeuronioError::Npz(_)));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(error_of(empty.path(), empty.path()), NeuronioError::NoFiles));
}

#[test]
fn changed_bytes_are_noticed() {
    let published = folder(&[("a.npz", 1)]);
    let path = published.path().join("a.npz");
    let mut bytes = fs::read(&path).unwrap();
    let value = npy(Order::C, &[1], &[f16::from_f64(dendritic_mv(3, 29))]);
    let value = &value[value.len() - 2..];
    let at = bytes.windows(2).position(|pair| pair == value).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = error_of(published.path(), &path);
    assert!(matches!(&error, NeuronioError::Member { member, .. } if member == "dendritic_mv_000"));
}

#[test]
fn on_the_command_line() {
    let output = apical(&["dataset", "import-neuronio", "--print-converter"]);
    assert_eq!(stdout(&output), NEURONIO_CONVERTER);

    let published = folder(&[("a.npz", 3)]);
    let [data, out] = ["data", "out"].map(|name| published.path().join(name));
    let [from, data, out] = [published.path(), &data, &out].map(|path| path.to_str().unwrap());
    let output = apical(&["dataset", "import-neuronio", from, "--out", data]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("3 trials of 29 ms, 3 spikes, 3 calcium events, checksum ")
    );

    let again = apical(&["dataset", "import-neuronio", from, "--out", data, "--quiet"]);
    assert!(again.status.success() && again.stdout.is_empty(), "{}", stdout(&again));

    let line = ["dataset", "export-lfdeep", "--dataset", data, "--out", out, "--trials", "1..3"];
    let windows = ["--window-ms", "10", "--stride-ms", "5", "--past-voltages"];
    let output = apical(&[&line[..], &windows].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("input_data_new.npy [8, 13, 10] float16, 2.08 kB"));
    let again = apical(&[&line[..], &windows, &["--quiet"]].concat());
    assert!(again.status.success() && again.stdout.is_empty() && again.stderr.is_empty());
    let out = Path::new(out);
    assert_eq!(array::<f16>(&out.join("input_data_new.npy")).0, [8, 13, 10]);
    assert_eq!(array::<f16>(&out.join("output_data_new.npy")).0, [8, 6]);

    for (more, message) in [
        (&["--form", "simulations", "--window-ms", "5"][..], "are of --form windows"),
        (&["--standardize", "3..1"], "the first below the second"),
    ] {
        let output = apical(&[&line[..], more].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    let output = apical(&[&line[..7], &["0..4"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: there are no trials 0..4: there are 3\n");
}
