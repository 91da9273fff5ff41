//! The published simulations of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002), NeuronIO.
//!
//! They are Python pickles, which only Python reads: [`NEURONIO_CONVERTER`] makes an npz file of each, and says what is in
//! it. [`NeuronioFiles`] reads a folder of these, [`import_neuronio`] makes a data set of them.
//!
//! A simulation of T ms has voltages at 0, 1, …, T − 1 ms and input in bins 0 … T − 1. The trial made of it has T − 1 bins:
//! what the events of the last one do was not recorded, nor are spikes of the last millisecond part of it.

mod error;
mod header;
mod npz;
mod simulation;
mod spikes;

use std::fs;
use std::path::{Path, PathBuf};

use apical_core::{CalciumRule, TrialLayout};
use apical_dataset::store::{Manifest, StoreWriter, VoltagePrecision, seal};
use serde_json::{Value, json};

pub use error::NeuronioError;
pub use simulation::NeuronioSimulation;

use crate::ApicalError;
use header::{Header, Recording};
use npz::Archive;

/// The Python program that makes npz files of the published ones: the text of `neuronio_to_npz.py`. It needs numpy alone,
/// changes no value, and begins with the members of these files, their types and shapes.
pub const NEURONIO_CONVERTER: &str = include_str!("../../../python/neuronio_to_npz.py");

/// A folder of converted simulations of one neuron, in the order of file names.
#[derive(Clone, Debug)]
pub struct NeuronioFiles {
    files: Vec<NeuronioFile>,
    recording: Recording,
    layout: TrialLayout,
}

#[derive(Clone, Debug)]
struct NeuronioFile {
    path: PathBuf,
    bytes: u64,
    header: Header,
}

impl NeuronioFile {
    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn open(path: PathBuf) -> Result<(Self, Recording), ApicalError> {
        let metadata = fs::metadata(&path).map_err(ApicalError::io(&path))?;
        let failed = |source| ApicalError::Neuronio { path: path.clone(), source };
        let header = Header::read(&mut Archive::open(&path)?).map_err(failed)?;
        let recording = header.recording().map_err(failed)?;
        Ok((Self { bytes: metadata.len(), header, path }, recording))
    }
}

impl NeuronioFiles {
    /// Looks what the npz files of a folder hold, without reading any simulation.
    ///
    /// # Errors
    ///
    /// [`ApicalError::Neuronio`] naming the file: [`NeuronioError::NoFiles`] for a folder without npz files,
    /// [`NeuronioError::Differs`] for files of another neuron or duration than the first, and the others for a file that
    /// the converter did not make. [`ApicalError::Io`] if a file or the folder cannot be read.
    pub fn open(folder: &Path) -> Result<Self, ApicalError> {
        let failed = |path: &Path, source| ApicalError::Neuronio { path: path.to_owned(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(ApicalError::io(folder))? {
            let path = entry.map_err(ApicalError::io(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "npz") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut files: Vec<NeuronioFile> = Vec::new();
        let mut common: Option<Recording> = None;
        for path in paths {
            let (file, recording) = NeuronioFile::open(path)?;
            if let (Some(first), Some(common)) = (files.first(), &common)
                && let Some(what) = recording.difference(common)
            {
                let first = first.name();
                return Err(failed(&file.path, NeuronioError::Differs { what, first }));
            }
            common.get_or_insert(recording);
            files.push(file);
        }
        let recording = common.ok_or_else(|| failed(folder, NeuronioError::NoFiles))?;
        let layout = recording.layout();
        Ok(Self { files, recording, layout })
    }

    /// Number of simulations in all files.
    #[must_use]
    pub fn simulations(&self) -> usize {
        self.files.iter().map(|file| file.header.simulations).sum()
    }

    /// What the numbers of the trials are: the soma, then the dendritic segments as published; excitatory synapse k is on
    /// segment k, as is the inhibitory synapse N + k.
    ///
    /// The files do not say where the segments are and how thick, nor how the apical tree is divided: places are none,
    /// areas and diameters, and the length of the soma, are 0, and apical segments are in
    /// [`Region::Other`](apical_core::Region::Other).
    #[must_use]
    pub const fn layout(&self) -> &TrialLayout {
        &self.layout
    }

    /// The manifest of a data set of these simulations. Voltages are float16, as they were published.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        let samples = self.recording.samples_per_ms;
        let spike_rule = if samples == 1 {
            "local maxima above -25 mV, times as published: rounded to float16".to_owned()
        } else {
            format!("local maxima above -25 mV of the soma voltage at {samples} samples per ms")
        };
        let files: Vec<Value> = self.files.iter().map(describe).collect();
        let generator = json!({
            "source": "neuronio",
            "doi": "10.1016/j.neuron.2021.07.002",
            "calcium_events": "of the published nexus voltage, apic[50](0.9), at 1 sample per ms; it is no compartment here",
            "unknown": "areas and diameters of compartments and the length of the soma are 0, apical regions are other",
            "files": files,
        });
        let calcium = CalciumRule::default();
        let layout = self.layout.clone();
        let mut manifest =
            Manifest::new(self.simulations(), layout, samples, spike_rule, calcium, generator);
        manifest.precision = VoltagePrecision::Float16;
        manifest
    }

    /// Reads one simulation, numbered through all files.
    ///
    /// # Errors
    ///
    /// [`ApicalError::Neuronio`] naming the file, with the member and the value that is not as it should be.
    ///
    /// # Panics
    ///
    /// If there is no such simulation.
    pub fn read(&self, simulation: usize) -> Result<NeuronioSimulation, ApicalError> {
        let mut number = simulation;
        let mut files = self.files.iter();
        let file = files.find(|file| {
            let here = number < file.header.simulations;
            number -= if here { 0 } else { file.header.simulations };
            here
        });
        let file = file.expect("simulations are numbered up to their number");
        let mut archive = Archive::open(&file.path)?;
        let failed = |source| ApicalError::Neuronio { path: file.path.clone(), source };
        let mut read = simulation::read(&mut archive, number, &self.recording, &self.layout)
            .map_err(failed)?;
        read.origin["file"] = json!(file.name());
        Ok(read)
    }
}

/// A file as the manifest names it, with what was published about it and is not too long.
fn describe(file: &NeuronioFile) -> Value {
    let long = |key: &str| key.starts_with("allSe") || key == "listOfISIs";
    let published = file.header.params.iter().filter(|(key, _)| !long(key));
    let params: serde_json::Map<_, _> = published.map(|(k, v)| (k.clone(), v.clone())).collect();
    json!({
        "name": file.name(),
        "bytes": file.bytes,
        "simulations": file.header.simulations,
        "params": params,
    })
}

/// Makes a data set of all simulations, or goes on with one that was begun; `done` is called after each trial. One
/// simulation is in memory at a time.
///
/// # Errors
///
/// What [`NeuronioFiles::read`] refuses, and [`ApicalError::Store`] if the folder holds another data set or cannot be
/// written to.
pub fn import_neuronio(
    files: &NeuronioFiles,
    dataset: &Path,
    mut done: impl FnMut(),
) -> Result<Manifest, ApicalError> {
    let writer = StoreWriter::open(dataset, &files.manifest())?;
    for index in 0..files.simulations() {
        if !writer.has(index)? {
            let NeuronioSimulation { trial, soma_mv, origin } = files.read(index)?;
            writer.write(index, trial, soma_mv, origin)?;
        }
        done();
    }
    Ok(seal(dataset)?)
}
