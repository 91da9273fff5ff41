use apical::core::CompartmentId;
use apical::input::Matrix;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::command::compartment_name;
use crate::command::reconstruction::soma_or_root;
use crate::command::reproduce::results::Results;

/// What the page's script shows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    first_ms: usize,
    times: usize,
    /// Place of the soma among the compartments.
    soma: usize,
    compartments: Vec<Compartment>,
    /// The simulation, then the networks.
    sources: Vec<Source>,
}

#[derive(Serialize)]
struct Compartment {
    name: String,
    region: String,
    /// µm.
    diameter: f64,
    /// x, y, z of both ends, µm.
    ends: [[f64; 3]; 2],
}

#[derive(Serialize)]
struct Source {
    name: String,
    /// Base64 of hundredths of a mV in 16 bits, little endian, `[compartments × ms]`.
    voltage: String,
}

/// What the script reads, as JSON that ends no element of the page; none where no network has an example.
pub(super) fn data(results: &Results) -> Option<String> {
    let (example, voltages) = results.networks.iter().find_map(|network| {
        Some((network.evaluation.example.as_ref()?, network.example.as_ref()?))
    })?;
    let table = results.tree.compartment_table();
    // those that have a place in space
    let placed = |&(_, id): &(usize, CompartmentId)| {
        let ends = results.tree.compartment(id).ends_um?;
        let record = table.get(id)?;
        Some(Compartment {
            name: compartment_name(record),
            region: record.region.to_string(),
            diameter: rounded(record.diameter_um),
            ends: ends.map(|point| point.map(rounded)),
        })
    };
    let ids: Vec<(usize, CompartmentId)> =
        example.compartments.iter().copied().enumerate().collect();
    let (rows, compartments): (Vec<usize>, Vec<Compartment>) =
        ids.iter().filter_map(|id| Some((id.0, placed(id)?))).unzip();
    let (soma, _) = soma_or_root(&results.tree);
    let soma = rows.iter().position(|&row| example.compartments[row] == soma);
    let mut sources =
        vec![Source { name: "simulation".to_owned(), voltage: encoded(&voltages[0], &rows) }];
    for network in &results.networks {
        let (Some(other), Some([_, predicted])) = (&network.evaluation.example, &network.example)
        else {
            continue;
        };
        // those that show the same
        let is_same = (other.trial, other.first_ms) == (example.trial, example.first_ms)
            && other.compartments == example.compartments
            && predicted.columns == voltages[0].columns;
        if is_same {
            let voltage = encoded(predicted, &rows);
            sources.push(Source { name: network.title.clone(), voltage });
        }
    }
    let data = Data {
        first_ms: example.first_ms,
        times: voltages[0].columns,
        soma: soma.unwrap_or_default(),
        compartments,
        sources,
    };
    Some(serde_json::to_string(&data).ok()?.replace("</", "<\\/"))
}

/// To a hundredth.
fn rounded(value: f64) -> f64 {
    (100.0 * value).round() / 100.0
}

fn encoded(voltages: &Matrix, rows: &[usize]) -> String {
    let row = |&row: &usize| &voltages.values[row * voltages.columns..][..voltages.columns];
    let hundredths = |mv: &f64| ((100.0 * mv).round() as i16).to_le_bytes();
    let bytes: Vec<u8> = rows.iter().flat_map(row).flat_map(hundredths).collect();
    STANDARD.encode(bytes)
}
