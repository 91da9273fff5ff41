//! Files made to exhaust whoever reads them.

use std::fs;
use std::io::{Cursor, Write};

use apical::dataset::store::{Manifest, Store, StoreError};
use apical::extracellular::Probe;
use apical::input::{NeuronioFiles, read_electrodes, read_events, read_matrix};
use apical::morphology::{
    CompartmentTree, ImportOptions, MaxLength, MorphologyError, read_neurolucida, read_swc,
};
use apical::surrogate::Checkpoint;
use apical_fuzz::READERS;
use candle_core::Device;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::common::within_limits;

fn seed(reader: &str) -> Vec<u8> {
    let reader = READERS.iter().find(|found| found.name == reader).unwrap();
    (reader.seeds)().swap_remove(0)
}

/// Header of an npy file of version 1, and nothing behind it.
fn npy_header(shape: &str) -> Vec<u8> {
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

#[test]
fn arrays_that_are_not_there_take_no_memory_and_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    // 8 GB; more than there can be; more than a 64-bit number says
    for shape in ["(1000000000, 1)", "(4000000000, 4000000000)", "(99999999999999999999, 1)"] {
        fs::write(&path, npy_header(shape)).unwrap();
        within_limits(shape, || assert!(read_matrix(&path).is_err()));
        within_limits(shape, || assert!(read_electrodes(&path).is_err()));
        let integers = npy_header(shape).into_iter();
        let integers: Vec<u8> =
            integers.map(|byte| if byte == b'f' { b'i' } else { byte }).collect();
        fs::write(&path, integers).unwrap();
        within_limits(shape, || assert!(read_events(&path, &path, 10).is_err()));
    }
    // brackets that the reader of headers would go through again and again, found by a search
    for shape in [format!("{}1, 2)", "(".repeat(25)), "[{".repeat(12), "{".repeat(30_000)] {
        fs::write(&path, npy_header(&shape)).unwrap();
        within_limits("nested header", || assert!(read_matrix(&path).is_err()));
        within_limits("nested header", || assert!(read_events(&path, &path, 10).is_err()));
    }
    // a header of 4 GB
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend(u32::MAX.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    within_limits("long header", || assert!(read_matrix(&path).is_err()));
}

#[test]
fn a_decompression_bomb_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.npz");
    // a gigabyte of zeros, in a megabyte
    let header = String::from_utf8_lossy(&npy_header("(1073741824,)")[10..]).replace("<f8", "|u1");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("header.npy", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
    zip.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
    zip.write_all(header.as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        zip.write_all(&zeros).unwrap();
    }
    fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
    within_limits("npz", || assert!(NeuronioFiles::open(folder.path()).is_err()));
}

#[test]
fn deep_nesting_needs_no_stack() {
    let depth = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    for text in ["[".repeat(depth), "{\"a\":".repeat(depth), "(".repeat(depth)] {
        within_limits("probe", || assert!(Probe::from_probeinterface(&text).is_err()));
        within_limits("asc", || {
            assert!(read_neurolucida(text.as_bytes(), &ImportOptions::default()).is_err());
        });
        fs::write(folder.path().join("manifest.json"), &text).unwrap();
        within_limits("manifest", || assert!(Manifest::read(folder.path()).is_err()));
    }
}

#[test]
fn dendrites_of_a_kilometer_are_refused() {
    let options = ImportOptions::default();
    for far in ["1e6", "1e30", "3e38", "1e300"] {
        let text = format!("1 1 0 0 0 5 -1\n2 3 5 0 0 1 1\n3 3 {far} 0 0 1 2\n");
        within_limits(far, || match read_swc(text.as_bytes(), &options) {
            Ok(import) => {
                // 25 thousand compartments of 40 µm are not too many
                let divided = CompartmentTree::new(import.morphology, &MaxLength::default());
                match divided {
                    Ok(tree) => assert!(far == "1e6" && tree.len() > 25_000),
                    Err(error) => {
                        assert!(matches!(error, MorphologyError::TooManyCompartments { .. }));
                    }
                }
            }
            Err(error) => assert!(error.to_string().contains("line 3"), "{error}"),
        });
    }
}

/// With one entry of the description in its header another one.
fn checkpoint_with(pointer: &str, value: Value) -> Vec<u8> {
    let bytes = seed("checkpoint");
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let entry = header.pointer_mut("/__metadata__/apical").unwrap();
    let mut description: Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
    *description.pointer_mut(pointer).unwrap() = value;
    *entry = description.to_string().into();
    let header = header.to_string();
    let mut changed = (header.len() as u64).to_le_bytes().to_vec();
    changed.extend(header.as_bytes());
    changed.extend(&bytes[8 + length..]);
    changed
}

#[test]
fn networks_larger_than_their_file_are_not_built() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    let load = |what: &str, bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        within_limits(what, || {
            let error = Checkpoint::load(&path, &Device::Cpu).unwrap_err();
            assert!(error.to_string().contains("network.safetensors"), "{error}");
        });
    };
    let mut claims = seed("checkpoint");
    for length in [u64::MAX, 1 << 62, 1 << 40, 100_000_000] {
        claims[..8].copy_from_slice(&length.to_le_bytes());
        load("header", &claims);
    }
    for pointer in [
        "/model/synapses",
        "/model/numbers",
        "/model/tasks",
        "/model/window",
        "/model/temporal/taps",
        "/model/temporal/channels/0",
        "/layout/synapse_count",
    ] {
        for value in [1_000_000_000_u64, u64::MAX] {
            load(pointer, &checkpoint_with(pointer, value.into()));
        }
    }
}

#[test]
fn data_sets_of_more_trials_than_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest: Value = serde_json::from_slice(&seed("manifest")).unwrap();
    for trials in [1_000_000_000_u64, u64::MAX] {
        manifest["trials"] = trials.into();
        fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
        within_limits("trials", || {
            let error = Store::open(folder.path()).unwrap_err();
            assert!(matches!(error, StoreError::Count { .. } | StoreError::Json { .. }), "{error}");
        });
    }
}
