use std::sync::Arc;

use apical_biophysics::protocol::Protocol;
use apical_eval::{Cell, Columns, Table, calcium_spikes};
use apical_surrogate::{Network, SeenVoltages};
use serde::{Deserialize, Serialize};

use super::predictor::{Baselines, Said, free};
use super::{EvaluationConfig, Mode};
use crate::ApicalError;
use crate::generation::TrialGenerator;
use crate::training::whole_trial;

/// The protocols of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107), Fig. 4: a back-propagating action potential, an
/// EPSP-like current, both, and one that fires a calcium spike by itself.
pub const PROTOCOLS: [Protocol; 4] =
    [Protocol::Bap, Protocol::Epsp, Protocol::Bac, Protocol::CaBurst];

/// The first millisecond that is predicted and shown: the first current sets in at 295 ms.
pub const SHOWN_FROM_MS: usize = 201;

/// What a protocol does at two places, in truth or as it is predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProtocolCourse {
    /// The protocol.
    pub protocol: Protocol,
    /// `truth`, `network` or `linear step`.
    pub name: String,
    /// How it is predicted; none for the truth.
    pub mode: Option<Mode>,
    /// Time of the first sample in the protocol, ms; others follow every ms.
    pub first_ms: usize,
    /// Voltage of the soma, mV.
    pub soma_mv: Vec<f64>,
    /// Voltage where calcium spikes are looked for, mV.
    pub calcium_site_mv: Vec<f64>,
}

/// Predicts the [`PROTOCOLS`], which a generator of the network's neuron simulates, as [`evaluate`](super::evaluate) predicts
/// trials. They begin with as much more rest as the memory of the network takes, and are shown from [`SHOWN_FROM_MS`] on.
///
/// # Errors
///
/// Where the generator is of another neuron or without currents.
pub fn evaluate_protocols(
    network: &Arc<Network>,
    generator: &TrialGenerator,
    config: &EvaluationConfig,
) -> Result<Vec<ProtocolCourse>, ApicalError> {
    let frame = network.frame();
    let layout = network.layout();
    let columns = Columns::new(layout.compartments.len(), frame.tasks.compartments())?;
    let needed = super::first_bin(network, config);
    let rest_ms = (needed + 1).saturating_sub(SHOWN_FROM_MS);
    let first_bin = rest_ms + SHOWN_FROM_MS - 1;
    let sees_truth = frame.inputs.voltages == SeenVoltages::Past;
    let baselines = Baselines::of(frame);
    let mut courses = Vec::new();
    for (place, protocol) in PROTOCOLS.into_iter().enumerate() {
        let trial = Arc::new(generator.protocol(protocol, rest_ms as u32)?.trial);
        trial.check(layout)?;
        let mut all: Vec<(&'static str, Option<Mode>, Said)> = Vec::new();
        let truth = columns.targets(&trial)?.split_off(first_bin * columns.len());
        all.push(("truth", None, Said::voltages(truth)));
        let mode = if sees_truth { Mode::OneStep } else { Mode::Free };
        let said = baselines.at_once(network, &whole_trial(layout, &trial), first_bin)?;
        let is_shown = |name: &str| name != "persistence";
        all.extend(
            said.into_iter()
                .filter(|(name, _)| is_shown(name))
                .map(|(name, said)| (name, Some(mode), said)),
        );
        if sees_truth {
            let trials = [(place, Arc::clone(&trial))];
            let said = free(network, &trials, &columns, first_bin)?;
            all.extend(said.into_iter().map(|said| ("network", Some(Mode::Free), said)));
            let said = baselines.linear_free(&trial, first_bin)?;
            all.extend(said.map(|said| ("linear step", Some(Mode::Free), said)));
        }
        let sites = [Some(layout.soma), layout.calcium_site].map(|site| {
            let ids = columns.compartments();
            site.and_then(|site| ids.iter().position(|&id| id == site))
        });
        for (name, mode, said) in all {
            let [soma_mv, calcium_site_mv] = sites.map(|column| {
                let rows = said.voltage_mv.chunks_exact(columns.len());
                column.map_or_else(Vec::new, |k| rows.map(|row| f64::from(row[k])).collect())
            });
            courses.push(ProtocolCourse {
                protocol,
                name: name.to_owned(),
                mode,
                first_ms: SHOWN_FROM_MS,
                soma_mv,
                calcium_site_mv,
            });
        }
    }
    Ok(courses)
}

/// What happens in each course: somatic spikes, and the calcium spike if there is one.
///
/// # Errors
///
/// Never: rows are as long as they should be.
pub fn protocol_table(
    courses: &[ProtocolCourse],
    config: &EvaluationConfig,
) -> Result<Table, ApicalError> {
    let mut table = Table::new(
        "protocols",
        &[
            "protocol",
            "predictor",
            "mode",
            "somatic_spikes",
            "first_spike_ms",
            "calcium_spikes",
            "onset_ms",
            "peak_ms",
            "peak_mv",
            "duration_ms",
            "area_mv_ms",
        ],
    );
    for course in courses {
        let spikes_ms = config.spike.spikes_ms(&course.soma_mv);
        let calcium = calcium_spikes(config.calcium, &course.calcium_site_mv, &spikes_ms);
        let first = calcium.first();
        let start_ms = course.first_ms as f64;
        let highest = course.calcium_site_mv.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        table.push(vec![
            course.protocol.to_string().into(),
            course.name.as_str().into(),
            course.mode.map_or(Cell::Nothing, |mode| mode.to_string().into()),
            spikes_ms.len().into(),
            spikes_ms.first().map(|ms| start_ms + ms).into(),
            calcium.len().into(),
            first.map(|spike| start_ms + spike.event.onset_ms).into(),
            first.map(|spike| start_ms + spike.peak_ms).into(),
            highest.into(),
            first.map(apical_eval::CalciumSpike::duration_ms).into(),
            first.map(|spike| spike.area_mv_ms).into(),
        ])?;
    }
    Ok(table)
}
