//! `apical lfp`

mod args;
mod manifest;
mod model;
mod moved;
mod source;
mod summary;

use apical::ApicalError;
use apical::core::{CompartmentId, Traces, Unit};
use apical::extracellular::{Probe, TransferMatrix, VoltageOperator, without_unknown};
use apical::figure::cell_and_potentials;
use apical::morphology::AxialTree;
use apical::output::{Dtype, RunDirectory, Versions};

pub(super) use args::LfpArgs;
use manifest::{Manifest, Parameters, electrode_entries};
use model::Signal;
use source::Source;

use super::{Failure, compartment_name, counted, to_stderr};

pub(super) fn run(args: &LfpArgs) -> Result<(), Failure> {
    args.check()?;
    let mut source = Source::open(args)?;
    let probe = args.electrodes.probe(&source.tree, &source.morphology.source)?;
    let geometry = source.tree.geometry();
    let model = args.model.build(args.sigma, args.slice()).map_err(ApicalError::from)?;
    let matrix =
        TransferMatrix::new(&*model, &geometry, probe.electrodes()).map_err(ApicalError::from)?;
    let operator = operator(&source, &matrix)?;
    let potentials = potentials(&source, &matrix, &operator)?;
    let noise_gain = operator.noise_gain();

    // Only now, when all that can be wrong with the input is known, is an earlier run replaced.
    let mut directory = RunDirectory::create(&args.out)?;
    write_arrays(&mut directory, &matrix, &probe, &potentials)?;
    let title =
        format!("{}: {}", source.title(args), counted(matrix.electrode_count(), "electrode"));
    let figure = cell_and_potentials(&title, &source.tree, &probe, &potentials);
    directory.write_text("potentials.svg", &figure)?;
    let probes = std::slice::from_ref(&probe);
    directory.write_text("electrodes.json", &Probe::to_probeinterface(probes))?;
    let table = source.tree.compartment_table();
    let name = |id: CompartmentId| table.get(id).map(compartment_name).unwrap_or_default();
    let manifest = Manifest {
        versions: Versions::current(),
        parameters: Parameters::new(args, &source),
        run: source.run.take(),
        morphology: &source.morphology,
        probe: probe.name(),
        electrodes: electrode_entries(&probe, &noise_gain),
        moved: moved::pairs(&matrix, &probe, &geometry, &table),
        unknown: source.unknown.iter().copied().map(name).collect(),
        unplaced: source.tree.unplaced().map(name).collect(),
        injected: source.injected.as_ref().map(|injected| name(injected.compartment)),
        arrays: directory.arrays().to_vec(),
        compartments: &table,
    };
    for note in manifest.notes() {
        to_stderr(&format!("note: {note}"));
    }
    directory.finish(&manifest)?;
    if !args.quiet {
        summary::write(&manifest, &potentials, &args.out)?;
    }
    Ok(())
}

/// From voltages to potentials.
fn operator(source: &Source, matrix: &TransferMatrix) -> Result<VoltageOperator, ApicalError> {
    let axial = AxialTree::new(&source.tree, source.geometry.axial_resistivity_ohm_cm)?;
    let axial = axial.membrane_current_operator();
    let axial =
        if source.unknown.is_empty() { axial } else { without_unknown(&axial, &source.unknown)? };
    Ok(VoltageOperator::new(matrix, &axial)?)
}

fn potentials(
    source: &Source,
    matrix: &TransferMatrix,
    operator: &VoltageOperator,
) -> Result<Traces, ApicalError> {
    let mut potentials_mv = match source.signal {
        Signal::Currents => matrix.apply(&source.values)?,
        Signal::Voltages => operator.apply(&source.values)?,
    };
    let times_ms = source.times_ms.clone();
    if let Some(injected) = &source.injected {
        for (electrode, row) in potentials_mv.chunks_exact_mut(times_ms.len()).enumerate() {
            let mv_per_na = matrix.row(electrode)[injected.compartment.index()];
            for (potential_mv, current_na) in row.iter_mut().zip(&injected.current_na) {
                *potential_mv += mv_per_na * current_na;
            }
        }
    }
    Ok(Traces::new(Unit::Millivolt, matrix.electrode_count(), times_ms, potentials_mv)?)
}

fn write_arrays(
    directory: &mut RunDirectory,
    matrix: &TransferMatrix,
    probe: &Probe,
    potentials: &Traces,
) -> Result<(), ApicalError> {
    let count = matrix.electrode_count() as u64;
    directory.write_array(
        "potential_mv.npy",
        Dtype::Float64,
        &[count, potentials.times_ms().len() as u64],
        potentials.values(),
        "extracellular potential, mV, at every electrode every sample_ms from t = 0",
    )?;
    let places: Vec<f64> =
        probe.electrodes().iter().flat_map(|electrode| electrode.position_um()).collect();
    directory.write_array(
        "electrode_um.npy",
        Dtype::Float64,
        &[count, 3],
        &places,
        "middle of every electrode along x, y and z, µm",
    )?;
    directory.write_array(
        "transfer_matrix.npy",
        Dtype::Float64,
        &[count, matrix.compartment_count() as u64],
        matrix.values(),
        "potential at every electrode for 1 nA of membrane current of every compartment, mV/nA",
    )
}
