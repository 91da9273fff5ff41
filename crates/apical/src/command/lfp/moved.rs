//! Electrodes within the membrane, where potentials are those at its surface.

use apical::core::CompartmentTable;
use apical::extracellular::{Electrode, Moved, Probe, TransferMatrix};
use apical::morphology::CompartmentGeometry;
use serde::Serialize;

use crate::command::{compartment_name, counted};

/// An electrode and a compartment that are nearer to each other than the compartment's radius.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MovedPair {
    /// Id of the electrode.
    electrode: String,
    compartment: String,
    /// From what stands for the compartment; of a contact, of its nearest point.
    distance_um: f64,
    /// At which the potential was computed.
    radius_um: f64,
    /// Whether the electrode is beside the compartment, not beside the line that prolongs it.
    between_ends: bool,
}

/// Sentences at most.
const MOST_NOTES: usize = 10;

/// Each pair once.
pub(super) fn pairs(
    matrix: &TransferMatrix,
    probe: &Probe,
    geometry: &CompartmentGeometry,
    table: &CompartmentTable,
) -> Vec<MovedPair> {
    let is_same = |a: &Moved, b: &Moved| (a.point, a.compartment) == (b.point, b.compartment);
    let pair = |points: &[Moved]| {
        let &Moved { point, compartment, radius_um, .. } = points.first()?;
        let distances = points.iter().map(|moved| moved.distance_um);
        Some(MovedPair {
            electrode: probe.ids()[point].clone(),
            compartment: compartment_name(table.records().get(compartment)?),
            distance_um: distances.fold(f64::INFINITY, f64::min),
            radius_um,
            between_ends: is_between_ends(&probe[point], geometry, compartment),
        })
    };
    matrix.moved().chunk_by(is_same).filter_map(pair).collect()
}

/// Whether a point of the contact is within the compartment's cylinder.
fn is_between_ends(
    electrode: &Electrode,
    geometry: &CompartmentGeometry,
    compartment: usize,
) -> bool {
    let (start, end) = (geometry.start_um(compartment), geometry.end_um(compartment));
    let radius_um = 0.5 * geometry.diameters_um()[compartment];
    let extent: [f64; 3] = std::array::from_fn(|axis| end[axis] - start[axis]);
    let length_squared = dot(extent, extent);
    electrode.sample_points_um().into_iter().any(|point| {
        let from_start: [f64; 3] = std::array::from_fn(|axis| point[axis] - start[axis]);
        let along =
            if length_squared > 0.0 { dot(from_start, extent) / length_squared } else { 0.0 };
        let across: [f64; 3] = std::array::from_fn(|axis| from_start[axis] - along * extent[axis]);
        (0.0..=1.0).contains(&along) && dot(across, across) < radius_um * radius_um
    })
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// What is to be said of the pairs: a sentence for each electrode beside a compartment, the number of the others.
pub(super) fn notes(pairs: &[MovedPair]) -> Vec<String> {
    let (beside, beyond): (Vec<&MovedPair>, Vec<&MovedPair>) =
        pairs.iter().partition(|pair| pair.between_ends);
    let mut notes: Vec<String> = beside
        .iter()
        .take(MOST_NOTES)
        .map(|MovedPair { electrode, compartment, distance_um, radius_um, .. }| {
            format!(
                "electrode {electrode} is {distance_um:.2} µm from {compartment}, within its radius of \
                 {radius_um:.2} µm, and was moved out to it"
            )
        })
        .collect();
    if beside.len() > MOST_NOTES {
        let count = counted(beside.len() - MOST_NOTES, "more pair");
        notes.push(format!("so were {count} of electrode and compartment, listed in the manifest"));
    }
    if !beyond.is_empty() {
        let count = counted(beyond.len(), "pair");
        notes.push(format!(
            "{count} of electrode and compartment within the radius, but beyond the compartment's ends: moved out \
             likewise, listed in the manifest"
        ));
    }
    notes
}
