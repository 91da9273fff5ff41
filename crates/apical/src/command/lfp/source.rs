//! What potentials are found from: the neuron, and its membrane currents or voltages.

use std::path::{Path, PathBuf};

use apical::ApicalError;
use apical::biophysics::Integration;
use apical::biophysics::preset::Preset;
use apical::biophysics::protocol::{ProtocolStimuli, soma_compartment};
use apical::core::{CompartmentId, CompartmentRecord, CompartmentTable, SectionType, TimeGrid};
use apical::input::{Matrix, read_matrix};
use apical::morphology::CompartmentTree;
use apical::output::{MorphologyEntry, read_manifest};
use serde::{Deserialize, Serialize};

use super::args::LfpArgs;
use super::model::Signal;
use crate::command::reconstruction::{DEFAULT, MAX_COMPARTMENT_LENGTH_UM, Reconstruction};
use crate::command::{compartment_name, to_stderr};

/// A neuron and its membrane currents, nA, or voltages, mV.
pub(super) struct Source {
    pub(super) morphology: MorphologyEntry,
    pub(super) tree: CompartmentTree,
    pub(super) geometry: GeometryParameters,
    pub(super) signal: Signal,
    /// `[compartments × times]`; rows of unknown compartments are 0.
    pub(super) values: Vec<f64>,
    pub(super) times_ms: Vec<f64>,
    pub(super) sample_ms: f64,
    /// Compartments without a row.
    pub(super) unknown: Vec<CompartmentId>,
    /// What an electrode injects, which voltages do not tell.
    pub(super) injected: Option<Injected>,
    /// What the manifest of the run says.
    pub(super) run: Option<RunEntry>,
}

/// What made compartments of the morphology.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct GeometryParameters {
    pub(super) preset: Preset,
    pub(super) max_compartment_length_um: f64,
    pub(super) axial_resistivity_ohm_cm: f64,
}

/// A current into one compartment.
pub(super) struct Injected {
    pub(super) compartment: CompartmentId,
    /// At each time.
    pub(super) current_na: Vec<f64>,
}

/// The run that voltages or currents are of.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct RunEntry {
    versions: serde_json::Value,
    parameters: serde_json::Value,
}

/// What is needed of the manifest of `apical simulate`.
#[derive(Deserialize)]
struct StoredRun {
    parameters: StoredParameters,
    morphology: StoredMorphology,
    compartments: CompartmentTable,
}

/// What tells a folder of `apical predict`.
#[derive(Deserialize)]
struct PerhapsPrediction {
    checkpoint: Option<PathBuf>,
}

/// What is needed of the manifest of `apical predict`.
#[derive(Deserialize)]
struct StoredPrediction {
    morphology: Option<PathBuf>,
    compartments: CompartmentTable,
}

#[derive(Deserialize)]
struct StoredParameters {
    preset: Preset,
    #[serde(flatten)]
    stimuli: ProtocolStimuli,
    dt_ms: f64,
    integration: Integration,
    max_compartment_length_um: f64,
}

#[derive(Deserialize)]
struct StoredMorphology {
    source: String,
}

const CURRENTS: &str = "membrane_current_na.npy";
const VOLTAGES: &str = "voltage_mv.npy";

impl Source {
    pub(super) fn open(args: &LfpArgs) -> Result<Self, ApicalError> {
        let path = args.voltages.as_path();
        if !path.is_dir() {
            return Self::of_file(args, path, None);
        }
        match read_manifest::<PerhapsPrediction>(path)?.checkpoint {
            Some(_) => Self::of_prediction(args),
            None => Self::of_run(args),
        }
    }

    fn of_prediction(args: &LfpArgs) -> Result<Self, ApicalError> {
        let folder = args.voltages.as_path();
        let stored: StoredPrediction = read_manifest(folder)?;
        let source = Self::of_file(args, &folder.join(VOLTAGES), stored.morphology.as_deref())?;
        let table = source.tree.compartment_table();
        let rows = table.iter().filter(|(id, _)| !source.unknown.contains(id));
        let made = CompartmentTable::new(rows.map(|(_, record)| record.clone()).collect());
        check_table(folder, &stored.compartments, &made, &source.morphology.source)?;
        Ok(source)
    }

    fn of_run(args: &LfpArgs) -> Result<Self, ApicalError> {
        let folder = args.voltages.as_path();
        let stored: StoredRun = read_manifest(folder)?;
        let has_currents = folder.join(CURRENTS).exists();
        let signal =
            args.from.unwrap_or(if has_currents { Signal::Currents } else { Signal::Voltages });
        let path = folder.join(match signal {
            Signal::Currents => CURRENTS,
            Signal::Voltages => VOLTAGES,
        });
        let matrix = read_matrix(&path)?;
        let StoredParameters { preset, stimuli, dt_ms, integration, max_compartment_length_um } =
            stored.parameters;
        if signal == Signal::Currents && integration == Integration::CrankNicolson {
            to_stderr(&format!(
                "note: membrane currents of a run by Crank-Nicolson are those of the middle of the step before each sample, \
                 {} ms early; --from voltages has those of the sample",
                0.5 * dt_ms
            ));
        }
        let file = args.morphology.as_deref().unwrap_or(Path::new(&stored.morphology.source));
        let reconstruction = Reconstruction::load(file)?;
        let (morphology, tree) = reconstruction.divided(preset, max_compartment_length_um)?;
        check_table(folder, &stored.compartments, &tree.compartment_table(), &morphology.source)?;
        if matrix.rows != tree.len() {
            let (found, compartments) = (matrix.rows, tree.len());
            return Err(ApicalError::Rows { path, found, compartments, axon: 0 });
        }
        let injected = match signal {
            Signal::Currents => None,
            Signal::Voltages => injected(&stimuli, dt_ms, &tree, matrix.columns, &morphology)?,
        };
        Ok(Self {
            morphology,
            tree,
            geometry: GeometryParameters {
                preset,
                max_compartment_length_um,
                axial_resistivity_ohm_cm: preset.axial_resistivity_ohm_cm(),
            },
            signal,
            times_ms: times_ms(matrix.columns, 1.0),
            sample_ms: 1.0,
            values: matrix.values,
            unknown: Vec::new(),
            injected,
            run: Some(read_manifest(folder)?),
        })
    }

    /// Voltages in a file, of the neuron that was asked for, or else of the one that they are known to be of.
    fn of_file(args: &LfpArgs, path: &Path, known: Option<&Path>) -> Result<Self, ApicalError> {
        let matrix = read_matrix(path)?;
        let preset = args.preset.unwrap_or(Preset::Shai2015);
        let max_compartment_length_um =
            args.max_compartment_length_um.unwrap_or(MAX_COMPARTMENT_LENGTH_UM);
        let file = args.morphology.as_deref().or(known).unwrap_or(Path::new(DEFAULT));
        let reconstruction = Reconstruction::load(file)?;
        let (morphology, tree) = reconstruction.divided(preset, max_compartment_length_um)?;
        let sample_ms = args.sample_ms.unwrap_or(1.0);
        let times_ms = times_ms(matrix.columns, sample_ms);
        let (values, unknown) = complete(path, matrix, &tree.compartment_table())?;
        Ok(Self {
            morphology,
            tree,
            geometry: GeometryParameters {
                preset,
                max_compartment_length_um,
                axial_resistivity_ohm_cm: args
                    .axial_resistivity_ohm_cm
                    .unwrap_or(preset.axial_resistivity_ohm_cm()),
            },
            signal: Signal::Voltages,
            values,
            times_ms,
            sample_ms,
            unknown,
            injected: None,
            run: None,
        })
    }

    /// What the potentials are of, for a title.
    pub(super) fn title(&self, args: &LfpArgs) -> String {
        let parameter = |run: &RunEntry, name: &str| {
            run.parameters.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
        };
        match &self.run {
            Some(run) => format!("{}, {}", parameter(run, "preset"), parameter(run, "protocol")),
            None => {
                let name = args.voltages.file_name().unwrap_or_default();
                name.to_string_lossy().into_owned()
            }
        }
    }
}

fn times_ms(count: usize, sample_ms: f64) -> Vec<f64> {
    (0..count).map(|time| time as f64 * sample_ms).collect()
}

/// A row for every compartment, and those that had none: the axon.
fn complete(
    path: &Path,
    matrix: Matrix,
    table: &CompartmentTable,
) -> Result<(Vec<f64>, Vec<CompartmentId>), ApicalError> {
    let is_axon = |record: &CompartmentRecord| record.section_type == SectionType::Axon;
    let axon: Vec<CompartmentId> =
        table.iter().filter(|(_, record)| is_axon(record)).map(|(id, _)| id).collect();
    let (compartments, found) = (table.len(), matrix.rows);
    if found == compartments {
        return Ok((matrix.values, Vec::new()));
    }
    if found + axon.len() != compartments {
        let axon = axon.len();
        return Err(ApicalError::Rows { path: path.to_owned(), found, compartments, axon });
    }
    let mut values = Vec::with_capacity(compartments * matrix.columns);
    let mut rows = matrix.values.chunks_exact(matrix.columns);
    for record in table.records() {
        match if is_axon(record) { None } else { rows.next() } {
            Some(row) => values.extend_from_slice(row),
            None => values.resize(values.len() + matrix.columns, 0.0),
        }
    }
    Ok((values, axon))
}

/// The current that a protocol injects into the soma, at t = 0, 1, … ms.
///
/// What a step injects is evaluated in its middle, and belongs to the state at its end. Before the first step there is none.
/// The EPSP-like current of a protocol is a membrane current, which voltages tell.
fn injected(
    stimuli: &ProtocolStimuli,
    dt_ms: f64,
    tree: &CompartmentTree,
    times: usize,
    morphology: &MorphologyEntry,
) -> Result<Option<Injected>, ApicalError> {
    let Some(pulse) = stimuli.soma else { return Ok(None) };
    let about = |source| ApicalError::Neuron { morphology: morphology.source.clone(), source };
    let stimulus = pulse.build().map_err(about)?;
    let compartment = soma_compartment(tree).map_err(about)?;
    let grid = TimeGrid::new(dt_ms, times as f64)?;
    let steps_per_ms = grid.steps_per_ms()?;
    let at = |time: usize| match (time as u64 * steps_per_ms).checked_sub(1) {
        Some(step) => stimulus.current_na(grid.time_ms(step) + 0.5 * dt_ms),
        None => 0.0,
    };
    Ok(Some(Injected { compartment, current_na: (0..times).map(at).collect() }))
}

/// Refuses a neuron that is not that of the run.
fn check_table(
    folder: &Path,
    stored: &CompartmentTable,
    made: &CompartmentTable,
    morphology: &str,
) -> Result<(), ApicalError> {
    for index in 0..stored.len().max(made.len()) {
        let compartment = CompartmentId::new(index);
        let (of_run, now) = (stored.get(compartment), made.get(compartment));
        let what = match (of_run, now) {
            (Some(of_run), Some(now)) => difference(of_run, now),
            _ => Some("presence"),
        };
        if let Some(what) = what {
            return Err(ApicalError::Compartment {
                path: folder.to_owned(),
                compartment,
                name: of_run.or(now).map(compartment_name).unwrap_or_default(),
                what,
                morphology: morphology.to_owned(),
            });
        }
    }
    Ok(())
}

/// What of a compartment is not the same, to what another machine may round differently.
fn difference(a: &CompartmentRecord, b: &CompartmentRecord) -> Option<&'static str> {
    let far = |a: f64, b: f64| (a - b).abs() > 1e-9 * a.abs().max(b.abs()).max(1.0);
    let is_moved = match (a.center_um, b.center_um) {
        (Some(a), Some(b)) => (0..3).any(|axis| far(a[axis], b[axis])),
        (a, b) => a != b,
    };
    let differences = [
        ("section", a.section != b.section),
        ("type", a.section_type != b.section_type),
        ("region", a.region != b.region),
        ("place in its section", far(a.x, b.x)),
        ("center", is_moved),
        ("path distance", far(a.path_distance_um, b.path_distance_um)),
        ("length", far(a.length_um, b.length_um)),
        ("diameter", far(a.diameter_um, b.diameter_um)),
        ("area", far(a.area_um2, b.area_um2)),
    ];
    differences.into_iter().find(|(_, differs)| *differs).map(|(what, _)| what)
}
