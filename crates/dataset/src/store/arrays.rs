//! The arrays of a data set: shapes, chunks and compression, and the way of their values to bytes and back.

use std::path::Path;
use std::sync::Arc;

use half::f16;
use serde_json::json;
use zarrs::array::builder::ArrayBuilderFillValue;
use zarrs::array::codec::{BloscCodec, Crc32cCodec};
use zarrs::array::{Array, ArrayBuilder, CodecOptions, DataType, Element, ElementOwned, data_type};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::GroupBuilder;
use zarrs::metadata_ext::codec::blosc::{BloscCompressionLevel, BloscCompressor, BloscShuffleMode};
use zarrs::storage::store::MemoryStore;
use zarrs::storage::{ReadableStorageTraits, StoreKey};

use super::{Manifest, StoreError, TrialRecord, VoltagePrecision, file};

/// Milliseconds of voltages that are compressed together: a window of as many is in two of them at most.
const BINS_PER_CHUNK: u64 = 100;

/// Events that are compressed together: what synaptic bombardment makes in some seconds.
const EVENTS_PER_CHUNK: u64 = 1 << 17;

/// Spikes that are compressed together.
const SPIKES_PER_CHUNK: u64 = 1 << 10;

/// The arrays of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArrayName {
    Voltage,
    EventOffset,
    EventSynapse,
    Injected,
    Soma,
    Spike,
}

/// How an array is laid out; the first axis is the trial.
struct Plan {
    data_type: DataType,
    bytes_per_value: usize,
    fill: ArrayBuilderFillValue,
    /// Of one trial.
    shape: Vec<u64>,
    /// What is in one file.
    chunk: Vec<u64>,
    /// What is compressed together, where that is less.
    inner: Option<Vec<u64>>,
    axes: &'static [&'static str],
    unit: &'static str,
    content: &'static str,
}

impl ArrayName {
    pub(super) const ALL: [Self; 6] = [
        Self::Voltage,
        Self::EventOffset,
        Self::EventSynapse,
        Self::Injected,
        Self::Soma,
        Self::Spike,
    ];

    /// Name of its folder.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Voltage => "voltage_mv",
            Self::EventOffset => "event_offset",
            Self::EventSynapse => "event_synapse",
            Self::Injected => "injected_na",
            Self::Soma => "soma_mv",
            Self::Spike => "spike_ms",
        }
    }

    fn plan(self, manifest: &Manifest) -> Plan {
        let layout = &manifest.layout;
        let bins = layout.duration_ms as u64;
        let steps = bins * manifest.steps_per_ms as u64;
        let compartments = layout.compartments.len() as u64;
        let sites = layout.injection_sites.len() as u64;
        match self {
            Self::Voltage => {
                let (data_type, bytes_per_value, fill) = match manifest.precision {
                    VoltagePrecision::Float32 => (data_type::float32(), 4, f32::NAN.into()),
                    VoltagePrecision::Float16 => (data_type::float16(), 2, f16::NAN.into()),
                };
                Plan {
                    data_type,
                    bytes_per_value,
                    fill,
                    shape: vec![bins + 1, compartments],
                    chunk: vec![(bins + 1).next_multiple_of(BINS_PER_CHUNK), compartments],
                    inner: Some(vec![BINS_PER_CHUNK, compartments]),
                    axes: &["trial", "time", "compartment"],
                    unit: "mV",
                    content: "membrane potential of every compartment at t = 0, 1, ... ms",
                }
            }
            Self::EventOffset => Plan {
                data_type: data_type::uint32(),
                bytes_per_value: 4,
                fill: 0_u32.into(),
                shape: vec![bins + 1],
                chunk: vec![bins + 1],
                inner: None,
                axes: &["trial", "time"],
                unit: "1",
                content: "where in event_synapse the events of bin k start; its last entry is their number",
            },
            Self::EventSynapse => Plan {
                data_type: data_type::uint32(),
                bytes_per_value: 4,
                fill: u32::MAX.into(),
                shape: vec![(manifest.most_events() as u64).max(1)],
                chunk: vec![EVENTS_PER_CHUNK],
                inner: None,
                axes: &["trial", "event"],
                unit: "1",
                content: "synapse that each event reaches, bin after bin",
            },
            Self::Injected => Plan {
                data_type: data_type::float32(),
                bytes_per_value: 4,
                fill: 0_f32.into(),
                shape: vec![bins, sites],
                chunk: vec![bins, sites],
                inner: None,
                axes: &["trial", "bin", "site"],
                unit: "nA",
                content: "injected current, mean over each bin of a millisecond; positive depolarizes",
            },
            Self::Soma => Plan {
                data_type: data_type::float32(),
                bytes_per_value: 4,
                fill: f32::NAN.into(),
                shape: vec![steps + 1],
                chunk: vec![steps + 1],
                inner: None,
                axes: &["trial", "step"],
                unit: "mV",
                content: "membrane potential of the soma at every time step",
            },
            Self::Spike => Plan {
                data_type: data_type::float64(),
                bytes_per_value: 8,
                fill: f64::NAN.into(),
                shape: vec![manifest.most_spikes() as u64],
                chunk: vec![SPIKES_PER_CHUNK],
                inner: None,
                axes: &["trial", "spike"],
                unit: "ms",
                content: "times of somatic spikes",
            },
        }
    }

    /// Whether the array has any values: there may be no places that currents are injected into.
    pub(super) fn is_there(self, manifest: &Manifest) -> bool {
        self != Self::Injected || !manifest.layout.injection_sites.is_empty()
    }

    /// The files of a trial of so many events that cannot be missing, by name.
    pub(super) fn files_needed(
        self,
        manifest: &Manifest,
        trial: usize,
        events: usize,
    ) -> impl Iterator<Item = String> {
        let files = match self {
            Self::Voltage | Self::Soma => 1,
            Self::EventOffset => u64::from(events > 0),
            Self::EventSynapse => (events as u64).div_ceil(EVENTS_PER_CHUNK),
            // currents of 0 have no file; spikes are in the record as well
            Self::Injected | Self::Spike => 0,
        };
        let rest = "/0".repeat(self.plan(manifest).chunk.len() - 1);
        (0..files).map(move |file| format!("{}/{file}{rest}", self.folder(trial)))
    }

    /// Where the files of a trial are.
    pub(super) fn folder(self, trial: usize) -> String {
        format!("{}/c/{trial}", self.name())
    }

    /// Files that describe the array.
    pub(super) fn metadata(self) -> String {
        format!("{}/zarr.json", self.name())
    }

    fn build(
        self,
        manifest: &Manifest,
    ) -> Result<(Array<MemoryStore>, Arc<MemoryStore>), StoreError> {
        let path = Path::new(self.name());
        let plan = self.plan(manifest);
        let with_trial = |first: u64, rest: &[u64]| [&[first], rest].concat();
        let level = BloscCompressionLevel::try_from(5).map_err(|level| StoreError::Array {
            path: path.to_owned(),
            source: format!("no level {level}").into(),
        })?;
        let blosc = BloscCodec::new(
            BloscCompressor::LZ4,
            level,
            None,
            BloscShuffleMode::Shuffle,
            Some(plan.bytes_per_value),
        )
        .map_err(StoreError::array(path))?;
        let mut builder = ArrayBuilder::new(
            with_trial(manifest.trials as u64, &plan.shape),
            with_trial(1, &plan.chunk),
            plan.data_type,
            plan.fill,
        );
        let mut attributes = serde_json::Map::new();
        attributes.insert("units".to_owned(), json!(plan.unit));
        attributes.insert("description".to_owned(), json!(plan.content));
        builder
            .subchunk_shape(plan.inner.map(|inner| with_trial(1, &inner)))
            // the checksum over what is compressed: damage is found before it is decompressed
            .bytes_to_bytes_codecs(vec![Arc::new(blosc), Arc::new(Crc32cCodec::new())])
            .attributes(attributes)
            .dimension_names(Some(plan.axes.iter().copied()));
        let memory = Arc::new(MemoryStore::new());
        let array = builder
            .build(Arc::clone(&memory), &format!("/{}", self.name()))
            .map_err(StoreError::array(path))?;
        Ok((array, memory))
    }

    /// Writes what describes the array, where it is not there: all of it follows from the manifest.
    pub(super) fn complete_metadata(
        self,
        manifest: &Manifest,
        root: &Path,
    ) -> Result<(), StoreError> {
        let name = self.metadata();
        let path = root.join(&name);
        if path.exists() {
            return Ok(());
        }
        let (array, memory) = self.build(manifest)?;
        array.store_metadata().map_err(StoreError::array(&path))?;
        file::write(root, &name, &taken(&memory, &name, &path)?.unwrap_or_default())
    }

    /// The files that hold a trial's values, by name: none where all are the fill value.
    pub(super) fn encode<T: Element>(
        self,
        manifest: &Manifest,
        trial: usize,
        values: Vec<T>,
        fill: &T,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let (array, memory) = self.build(manifest)?;
        let chunk: Vec<u64> = self.plan(manifest).chunk;
        let per_chunk = chunk.iter().product::<u64>() as usize;
        let mut files = Vec::new();
        let mut indices = vec![0; chunk.len() + 1];
        indices[0] = trial as u64;
        // only an array that is longer than a chunk along its one axis has more than one
        let mut rest = values;
        while !rest.is_empty() {
            let next = rest.split_off(rest.len().min(per_chunk));
            rest.resize(per_chunk, fill.clone());
            let key = array.chunk_key(&indices);
            let path = Path::new(key.as_str());
            array.store_chunk_opt(&indices, rest, &options()).map_err(StoreError::array(path))?;
            if let Some(bytes) = taken(&memory, key.as_str(), path)? {
                files.push((key.as_str().to_owned(), bytes));
            }
            indices[1] += 1;
            rest = next;
        }
        Ok(files)
    }
}

/// The threads of the caller are enough: it has many trials. Nor may a thread that waits for its part of one trial take
/// up another trial in the meantime.
fn options() -> CodecOptions {
    CodecOptions::default().with_concurrent_target(1)
}

fn taken(memory: &MemoryStore, key: &str, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let key = StoreKey::new(key).map_err(StoreError::array(path))?;
    let bytes = memory.get(&key).map_err(StoreError::array(path))?;
    Ok(bytes.map(|bytes| bytes.to_vec()))
}

/// Writes what describes the group of the arrays.
pub(super) fn write_group(root: &Path) -> Result<(), StoreError> {
    const NAME: &str = "zarr.json";
    let path = root.join(NAME);
    let memory = Arc::new(MemoryStore::new());
    let mut attributes = serde_json::Map::new();
    attributes.insert("description".to_owned(), json!("simulated trials of one neuron"));
    attributes.insert("manifest".to_owned(), json!("manifest.json"));
    GroupBuilder::new()
        .attributes(attributes)
        .build(Arc::clone(&memory), "/")
        .map_err(StoreError::array(&path))?
        .store_metadata()
        .map_err(StoreError::array(&path))?;
    file::write(root, NAME, &taken(&memory, NAME, &path)?.unwrap_or_default())
}

/// The arrays of a data set on disk, open for reading.
#[derive(Debug)]
pub(super) struct Arrays(Vec<(ArrayName, Array<FilesystemStore>)>);

impl Arrays {
    pub(super) fn open(root: &Path, manifest: &Manifest) -> Result<Self, StoreError> {
        let files = FilesystemStore::new(root).map_err(StoreError::array(root))?;
        let files = Arc::new(files);
        let there = ArrayName::ALL.into_iter().filter(|name| name.is_there(manifest));
        let open = |name: ArrayName| {
            let path = root.join(name.metadata());
            let array = Array::open(Arc::clone(&files), &format!("/{}", name.name()))
                .map_err(StoreError::array(&path))?;
            // what the values are is in the manifest as well
            let expected = [&[manifest.trials as u64], &name.plan(manifest).shape[..]].concat();
            if array.shape() == expected {
                return Ok((name, array));
            }
            let source = format!("shape {:?}, but the manifest says {expected:?}", array.shape());
            Err(StoreError::Array { path, source: source.into() })
        };
        Ok(Self(there.map(open).collect::<Result<_, _>>()?))
    }

    /// The first `count` values of a trial; none if there is no such array. A file that its record does not name was not
    /// written, since all of its values are 0.
    ///
    /// Whole chunks are decompressed, whose checksums are compared; of parts they are not.
    pub(super) fn read<T: ElementOwned + Default>(
        &self,
        name: ArrayName,
        root: &Path,
        record: &TrialRecord,
        count: usize,
    ) -> Result<Vec<T>, StoreError> {
        let mut values = Vec::new();
        let Some((_, array)) = self.0.iter().find(|(of, _)| *of == name) else {
            return Ok(values);
        };
        let mut indices = vec![0; array.dimensionality()];
        indices[0] = record.trial as u64;
        while values.len() < count {
            let key = array.chunk_key(&indices);
            if !record.files.contains_key(key.as_str()) {
                break;
            }
            let path = root.join(key.as_str());
            let chunk: Vec<T> =
                array.retrieve_chunk_opt(&indices, &options()).map_err(StoreError::array(&path))?;
            if values.is_empty() {
                values = chunk;
            } else {
                values.extend(chunk);
            }
            indices[1] += 1;
        }
        values.resize(count, T::default());
        Ok(values)
    }
}
