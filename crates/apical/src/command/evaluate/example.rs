use apical::ApicalError;
use apical::core::{CompartmentId, Traces, Unit};
use apical::evaluation::{Electrodes, Evaluation, Example, Mode};
use apical::extracellular::Probe;
use apical::figure::{Prediction, cell_and_predictions, depth_selection};
use apical::morphology::CompartmentTree;
use apical::output::{Dtype, RunDirectory};

/// How many depths of the apical dendrite the figure shows.
const DEPTHS: usize = 5;

const FIGURE: &str = "example.svg";
const VOLTAGES: [&str; 2] = ["example_truth_mv.npy", "example_predicted_mv.npy"];
const POTENTIALS: [&str; 2] =
    ["example_potential_truth_mv.npy", "example_potential_predicted_mv.npy"];

/// Writes the arrays of the example and its figure; removes those that there are not.
pub(super) fn write(
    directory: &mut RunDirectory,
    evaluation: &Evaluation,
    probed: Option<(&CompartmentTree, &(Probe, Electrodes))>,
) -> Result<(), ApicalError> {
    let Some(example) = &evaluation.example else {
        let files = VOLTAGES.iter().chain(&POTENTIALS).chain([&FIGURE]);
        return files.copied().try_for_each(|file| directory.remove(file));
    };
    let voltages = [&example.truth_mv, &example.predicted_mv].map(|v_mv| by_row(example, v_mv));
    for (name, values) in VOLTAGES.iter().zip(&voltages) {
        let what =
            "membrane potential, mV, of the example's compartments at every ms from first_ms";
        array(directory, name, Dtype::Float32, values, example.times(), what)?;
    }
    let Some((tree, (probe, electrodes))) = probed else {
        POTENTIALS.iter().try_for_each(|file| directory.remove(file))?;
        return directory.remove(FIGURE);
    };
    let potentials = [&voltages[0], &voltages[1]].map(|v_mv| potentials(example, electrodes, v_mv));
    for (name, values) in POTENTIALS.iter().zip(&potentials) {
        let what = "extracellular potential, mV, at every electrode at every ms from first_ms";
        array(directory, name, Dtype::Float64, values, example.times(), what)?;
    }
    let figure = figure(example, tree, probe, &voltages, potentials)?;
    directory.write_text(FIGURE, &figure)
}

/// `[compartments × ms]`.
fn by_row(example: &Example, v_mv: &[f32]) -> Vec<f64> {
    let columns = example.compartments.len();
    let row = |column| v_mv.iter().skip(column).step_by(columns).copied().map(f64::from);
    (0..columns).flat_map(row).collect()
}

/// `[electrodes × ms]`, mV.
fn potentials(example: &Example, electrodes: &Electrodes, v_mv: &[f64]) -> Vec<f64> {
    let (times, count) = (example.times(), electrodes.names.len());
    let mut potentials_mv = vec![0.0; count * times];
    let compartments = electrodes.operator.len() / count.max(1);
    let rows = electrodes.operator.chunks_exact(compartments.max(1));
    for (row, potential_mv) in rows.zip(potentials_mv.chunks_exact_mut(times.max(1))) {
        for (id, v_mv) in example.compartments.iter().zip(v_mv.chunks_exact(times.max(1))) {
            for (potential_mv, v_mv) in potential_mv.iter_mut().zip(v_mv) {
                *potential_mv += row[id.index()] * v_mv;
            }
        }
    }
    potentials_mv
}

fn array(
    directory: &mut RunDirectory,
    name: &str,
    dtype: Dtype,
    values: &[f64],
    times: usize,
    content: &'static str,
) -> Result<(), ApicalError> {
    let rows = values.len() / times.max(1);
    directory.write_array(name, dtype, &[rows as u64, times as u64], values, content)
}

fn figure(
    example: &Example,
    tree: &CompartmentTree,
    probe: &Probe,
    voltages: &[Vec<f64>; 2],
    potentials: [Vec<f64>; 2],
) -> Result<String, ApicalError> {
    let times = example.times();
    let times_ms: Vec<f64> = (0..times).map(|ms| (example.first_ms + ms) as f64).collect();
    let row_of = |id: &CompartmentId| example.compartments.iter().position(|other| other == id);
    let shown: Vec<CompartmentId> =
        depth_selection(tree, DEPTHS).into_iter().filter(|id| row_of(id).is_some()).collect();
    let traces = |rows: usize, values: Vec<f64>| {
        Traces::new(Unit::Millivolt, rows, times_ms.clone(), values)
    };
    let of_shown = |v_mv: &Vec<f64>| {
        let rows = shown.iter().filter_map(row_of);
        traces(shown.len(), rows.flat_map(|row| &v_mv[row * times..][..times]).copied().collect())
    };
    let [truth, predicted] = voltages;
    let (truth, predicted) = (of_shown(truth)?, of_shown(predicted)?);
    let voltages = Prediction { truth: &truth, predicted: &predicted };
    let electrodes = probe.electrodes().len();
    let [truth, predicted] = potentials;
    let (truth, predicted) = (traces(electrodes, truth)?, traces(electrodes, predicted)?);
    let potentials = Prediction { truth: &truth, predicted: &predicted };
    let how = match example.mode {
        Mode::OneStep => "one millisecond ahead",
        Mode::Free => "from the input alone",
    };
    let title = format!("Trial {}, predicted {how}", example.trial);
    Ok(cell_and_predictions(&title, tree, &shown, voltages, Some((probe, potentials))))
}
