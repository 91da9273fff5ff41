use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Everything that the facade can fail with. Where a file is concerned, the message names it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApicalError {
    /// A file or folder that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is no npy file, or not a whole one.
    #[error("{}: not a readable npy file: {source}", path.display())]
    Npy {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An npy file of another type of values.
    #[error("{}: holds values of type {found}, expected {expected}", path.display())]
    NpyType {
        /// The file.
        path: PathBuf,
        /// The dtype found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An npy file of another shape.
    #[error("{}: holds an array of shape {found:?}, expected {expected}", path.display())]
    NpyShape {
        /// The file.
        path: PathBuf,
        /// The shape found.
        found: Vec<u64>,
        /// What was expected.
        expected: &'static str,
    },
    /// A value of an npy file that is not finite.
    #[error("{}: row {row}, column {column}: {value} is not a finite number", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Row of the matrix, from 0.
        row: usize,
        /// Column of the matrix, from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// An array over compartments of another number of rows.
    #[error(
        "{}: has {found} rows, but the neuron has {compartments} compartments{}",
        path.display(), without_axon(*compartments, *axon)
    )]
    Rows {
        /// The file.
        path: PathBuf,
        /// Number of rows found.
        found: usize,
        /// Number of compartments.
        compartments: usize,
        /// How many of them are axon and need no row.
        axon: usize,
    },
    /// A folder that is not that of a complete run.
    #[error("{}: there is no manifest.json: not the folder of a complete run", path.display())]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// A figure that cannot be drawn in pixels.
    #[cfg(feature = "png")]
    #[error(transparent)]
    Png(#[from] crate::figure::PngError),
    /// A plan of a network in a folder that is no plain name, or is another's.
    #[error(
        "{}: {folder:?} cannot be the folder of a network: a name of letters, digits, - and _ that nothing else has",
        path.display()
    )]
    PlannedFolder {
        /// The file of the plan.
        path: PathBuf,
        /// The folder.
        folder: String,
    },
    /// A folder that files would be removed from, which something else has made.
    #[error(
        "{}: is there already, and not of a reproduction that could be gone on with: choose another folder, or delete this one \
         first",
        path.display()
    )]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// A folder of a reproduction that was made from other inputs than those that it is to be made from.
    #[error(
        "{}: was made from another plan, version or file: choose another --out, or --overwrite makes it again",
        path.display()
    )]
    OtherInputs {
        /// The folder.
        path: PathBuf,
    },
    /// A folder for the files of a run or an export that is a data set.
    #[error(
        "{}: holds a data set, whose manifest.json would be replaced: choose another folder, or delete this one first",
        path.display()
    )]
    IsDataset {
        /// The folder.
        path: PathBuf,
    },
    /// A run whose neuron cannot be made again.
    #[error(
        "{}: compartment {compartment}, {name}: its {what} is not that of {morphology}: has the reconstruction \
         changed since the run?",
        path.display()
    )]
    Compartment {
        /// The folder of the run.
        path: PathBuf,
        /// The first compartment that differs.
        compartment: apical_core::CompartmentId,
        /// Its name in the run's manifest or, if it is not there, in the neuron.
        name: String,
        /// What of it differs.
        what: &'static str,
        /// Where the morphology comes from.
        morphology: String,
    },
    /// Electrodes of a file that cannot be used.
    #[cfg(feature = "extracellular")]
    #[error("{}: {source}", path.display())]
    Electrodes {
        /// The file.
        path: PathBuf,
        /// Why.
        source: apical_extracellular::ExtracellularError,
    },
    /// A file of electrodes of an unknown format.
    #[error("{}: electrodes are read from .json, .npy, .csv and .txt files", path.display())]
    ElectrodeFormat {
        /// The file.
        path: PathBuf,
    },
    /// A line of a file of electrodes that is no place.
    #[error("{}: line {line}: expected x, y and z in µm, found {found:?}", path.display())]
    ElectrodeLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is there.
        found: String,
    },
    /// A reconstruction that cannot be understood.
    #[cfg(feature = "morphology")]
    #[error("{}: {source}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        source: apical_morphology::MorphologyError,
    },
    /// A neuron that cannot be built or run.
    #[cfg(feature = "biophysics")]
    #[error("{morphology}: {source}")]
    Neuron {
        /// Where its morphology comes from.
        morphology: String,
        /// Why.
        source: apical_biophysics::BiophysicsError,
    },
    /// A run with synapses on a neuron without dendrites.
    #[error("{morphology}: the neuron has no basal or apical dendrite to put synapses on")]
    NoDendrites {
        /// Where its morphology comes from.
        morphology: String,
    },
    /// A synaptic event at a dendritic compartment that does not exist.
    #[error(
        "{}: row {row}: there is no dendritic compartment {value}: they are 0 to {}",
        path.display(), *compartments as i64 - 1
    )]
    EventCompartment {
        /// The file.
        path: PathBuf,
        /// Row of the array, from 0.
        row: usize,
        /// The index found.
        value: i128,
        /// Number of dendritic compartments.
        compartments: usize,
    },
    /// A synaptic event outside the run.
    #[error(
        "{}: row {row}: time {value} ms is before the run, which starts at 0 ms",
        path.display()
    )]
    EventTime {
        /// The file.
        path: PathBuf,
        /// Row of the array, from 0.
        row: usize,
        /// The time found, ms.
        value: i128,
    },
    /// JSON that does not say what it should, or values that JSON cannot hold.
    #[cfg(any(feature = "files", feature = "training"))]
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// From the shared vocabulary.
    #[error(transparent)]
    Core(#[from] apical_core::CoreError),
    /// From the morphology.
    #[cfg(feature = "morphology")]
    #[error(transparent)]
    Morphology(#[from] apical_morphology::MorphologyError),
    /// From the simulator.
    #[cfg(feature = "biophysics")]
    #[error(transparent)]
    Biophysics(#[from] apical_biophysics::BiophysicsError),
    /// From field potentials.
    #[cfg(feature = "extracellular")]
    #[error(transparent)]
    Extracellular(#[from] apical_extracellular::ExtracellularError),
    /// From the synaptic input.
    #[cfg(feature = "dataset")]
    #[error(transparent)]
    Dataset(#[from] apical_dataset::DatasetError),
    /// From a data set on disk.
    #[cfg(feature = "dataset")]
    #[error(transparent)]
    Store(#[from] apical_dataset::store::StoreError),
    /// From what goes through the trials of a data set on disk.
    #[cfg(feature = "dataset")]
    #[error(transparent)]
    Trials(#[from] apical_dataset::LoaderError<apical_dataset::store::StoreError>),
    /// From losses and baselines.
    #[cfg(feature = "eval")]
    #[error(transparent)]
    Eval(#[from] apical_eval::EvalError),
    /// A device to compute on that cannot be had.
    #[error("device {name:?}: {what}")]
    Device {
        /// What was asked for.
        name: String,
        /// Why.
        what: String,
    },
    /// From networks.
    #[cfg(feature = "surrogate")]
    #[error(transparent)]
    Surrogate(#[from] apical_surrogate::SurrogateError),
    /// From a baseline that is fitted to the trials of a data set.
    #[cfg(all(feature = "dataset", feature = "eval"))]
    #[error(transparent)]
    Baseline(#[from] apical_eval::TrialsError<apical_dataset::store::StoreError>),
    /// A name of no network.
    #[error("there is no network '{name}'; there are mh, mmoe, mmoeex")]
    UnknownModel {
        /// The name.
        name: String,
    },
    /// A folder for a new training that has one already.
    #[error(
        "{}: has a training already: --resume goes on with it, --overwrite replaces it",
        path.display()
    )]
    HasTraining {
        /// The folder.
        path: PathBuf,
    },
    /// A network of a training that is to go on with other trials.
    #[error("{}: is not a training with the trials of {}", path.display(), dataset.display())]
    OtherDataset {
        /// The file of the network.
        path: PathBuf,
        /// The data set.
        dataset: PathBuf,
    },
    /// A network whose training is to go on, in a file that was saved without it.
    #[error(
        "{}: holds a network without the state of its training: only last.safetensors can be gone on with",
        path.display()
    )]
    NoTrainer {
        /// The file of the network.
        path: PathBuf,
    },
    /// The folder of a training before its first validation.
    #[error(
        "{}: the training has not been validated yet, and has no best.safetensors: wait, or name its last.safetensors",
        path.display()
    )]
    NotValidated {
        /// The folder.
        path: PathBuf,
    },
    /// A network of another neuron than that of a data set.
    #[error(
        "{}: is a network of another neuron than that of {}: {}",
        path.display(), dataset.display(), other_neuron(*compartments)
    )]
    OtherNeuron {
        /// The file of the network.
        path: PathBuf,
        /// The data set.
        dataset: PathBuf,
        /// Number of compartments of the network's neuron and of that of the data set.
        compartments: [usize; 2],
    },
    /// A network that stops while it goes through trials.
    #[cfg(feature = "surrogate")]
    #[error(transparent)]
    Rollout(#[from] apical_eval::RolloutError<apical_surrogate::SurrogateError>),
    /// A simulation that stops while it goes through trials.
    #[cfg(all(feature = "biophysics", feature = "eval"))]
    #[error(transparent)]
    SimulatedRollout(#[from] apical_eval::RolloutError<apical_biophysics::BiophysicsError>),
    /// Networks whose experts cannot be compared.
    #[error(
        "experts cannot be compared: {} and {} of them, for {} and {} compartments; 1 to 8 can, if they are as many",
        experts[0], experts[1], tasks[0], tasks[1]
    )]
    OtherExperts {
        /// Compartments of both networks.
        tasks: [usize; 2],
        /// Experts of both networks.
        experts: [usize; 2],
    },
    /// A trial that is over before a network knows enough of it.
    #[error("trial {trial} has {bins} ms: the network needs {needed}")]
    ShortTrial {
        /// The trial.
        trial: usize,
        /// Its length, ms.
        bins: usize,
        /// The shortest that something can be said of, ms.
        needed: usize,
    },
    /// From trials that are simulated.
    #[cfg(feature = "generation")]
    #[error(transparent)]
    Generation(#[from] crate::generation::GenerationError),
    /// MPI does not start.
    #[error("MPI cannot be started")]
    Mpi,
    /// Another of the processes that work together has failed, and says why.
    #[error("another process has failed; the data set is not complete")]
    OtherRank,
    /// Trials that cannot be made into arrays for LFDeep.
    #[cfg(all(feature = "files", feature = "dataset"))]
    #[error(transparent)]
    Lfdeep(#[from] crate::output::LfdeepError),
    /// A file or folder of converted simulations of NeuronIO.
    #[cfg(all(feature = "files", feature = "dataset"))]
    #[error("{}: {source}", path.display())]
    Neuronio {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: crate::input::NeuronioError,
    },
    /// A data set with damaged or missing trials.
    #[error(
        "{}: {damaged} trials are damaged, {missing} are missing: {}",
        path.display(), mend(*missing, *damaged)
    )]
    NotWhole {
        /// The data set.
        path: PathBuf,
        /// Number of missing trials.
        missing: usize,
        /// Number of damaged trials.
        damaged: usize,
    },
}

impl ApicalError {
    /// An input or output error at this file or folder.
    #[cfg(any(feature = "files", feature = "training"))]
    /// Of a file or folder, from why it cannot be read or written.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// What differs between two neurons, of so many compartments.
fn other_neuron([network, dataset]: [usize; 2]) -> String {
    if network == dataset {
        format!("both have {network} compartments, which are not the same")
    } else {
        format!("its compartments are {network}, those of the data set {dataset}")
    }
}

/// What to do about a data set with so many missing and damaged trials.
fn mend(missing: usize, damaged: usize) -> &'static str {
    match (missing, damaged) {
        (0, 0) => {
            "the checksum in manifest.json is not that of the trials; `apical dataset merge` writes it again"
        }
        (_, 0) => {
            "the command that makes the data set, such as `apical dataset generate`, goes on when it is repeated"
        }
        _ => {
            "`apical dataset verify --discard` removes those that are damaged, and the command that makes the data set, such as \
             `apical dataset generate`, makes them again when it is repeated"
        }
    }
}

/// How many rows would do as well.
fn without_axon(compartments: usize, axon: usize) -> String {
    if axon == 0 { String::new() } else { format!(", {} without its axon", compartments - axon) }
}
