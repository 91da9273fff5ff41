use std::fs;
use std::path::Path;

use apical::ApicalError;
use apical::evaluation::Evaluation;
use apical::figure::{network_diagrams, png};
use apical::output::write_whole;

use super::results::Results;
use crate::command::evaluate::figures::{Kind, compared_protocols, experts, losses};

/// Pixels of the PNG for every px of the SVG.
const PIXELS: f64 = 2.0;

/// A figure of the publication.
pub(super) struct Figure {
    /// Its number there.
    pub(super) number: usize,
    pub(super) svg: String,
    pub(super) caption: &'static str,
}

/// Those that can be drawn: without an apical dendrite there are no protocols.
pub(super) fn figures(results: &Results) -> Result<Vec<Figure>, ApicalError> {
    let published: Vec<(&str, &Evaluation)> =
        results.published().map(|network| (network.title.as_str(), &network.evaluation)).collect();
    let models: Vec<_> = results
        .published()
        .map(|network| (network.title.as_str(), network.network.model()))
        .collect();
    let example = results.networks.first().and_then(|network| network.example_svg.clone());
    let drawn = [
        (
            example,
            "The neuron, colored by the path distance from its soma; voltages of compartments in the same colors, simulated \
             (wide) and predicted by MH one millisecond ahead (thin); and the extracellular potentials that follow from both, \
             at the six sites that are rings beside the neuron.",
        ),
        (
            losses(&published),
            "The mean square error of every dendritic compartment, in units of its variance, on trials that the networks were \
             not trained with. Lines: the mean over compartments of what the networks are to be compared with.",
        ),
        (
            protocols(results),
            "A somatic pulse (BAP), an apical EPSP-like current (EPSP), both (BAC), and a current that fires a calcium spike \
             by itself (CaBurst): simulated, and predicted. Networks that see voltages are told the true ones a millisecond before \
             what they predict; the one of the input alone runs freely from the start.",
        ),
        (
            experts(&published, &results.tree),
            "How much every compartment trusts every expert: the mean weight of its gate over test trials.",
        ),
        (
            Some(network_diagrams("From input to voltages", &models)),
            "The networks as they were trained, with their sizes.",
        ),
    ];
    let figures = drawn.into_iter().enumerate().filter_map(|(place, (svg, caption))| {
        Some(Figure { number: place + 1, svg: svg?, caption })
    });
    Ok(figures.collect())
}

/// All networks one step ahead, and that which sees no voltages.
fn protocols(results: &Results) -> Option<String> {
    let first = results.networks.first()?;
    let mut kinds = vec![Kind::new("simulation", &first.courses, "truth", None)];
    for network in &results.networks {
        kinds.push(Kind::new(&network.title, &network.courses, "network", Some(network.mode())));
    }
    compared_protocols(kinds)
}

/// Writes figures as SVG and PNG.
pub(super) fn write(folder: &Path, figures: &[Figure]) -> Result<(), ApicalError> {
    fs::create_dir_all(folder).map_err(ApicalError::io(folder))?;
    for Figure { number, svg, .. } in figures {
        write_whole(&folder.join(format!("figure{number}.svg")), svg.as_bytes())?;
        write_whole(&folder.join(format!("figure{number}.png")), &png(svg, PIXELS)?)?;
    }
    Ok(())
}
