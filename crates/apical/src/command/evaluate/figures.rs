use apical::core::CompartmentId;
use apical::eval::{ReportedRegion, Table};
use apical::evaluation::{Evaluation, Mode, PROTOCOLS, ProtocolCourse, expert_columns};
use apical::figure::{
    Baseline, ComparedTraces, Swarm, WeightRow, cell_weights, compared_voltages, loss_swarms,
};
use apical::morphology::CompartmentTree;

/// Regions that have a swarm of their own: that of a soma would have one dot.
const REGIONS: [ReportedRegion; 3] =
    [ReportedRegion::Basal, ReportedRegion::Oblique, ReportedRegion::Apical];

/// The loss of every compartment in the first way that the first network was evaluated in, of all networks that were evaluated
/// so.
pub(in crate::command) fn losses(networks: &[(&str, &Evaluation)]) -> Option<String> {
    let (_, first) = networks.first()?;
    let regions = first.table("regions")?;
    let mode = regions.rows.first()?.get(regions.place("mode")?)?.to_string();
    let mse = |name: &str, region: ReportedRegion| {
        let region = region.to_string();
        let is = [("predictor", name), ("mode", mode.as_str()), ("region", region.as_str())];
        let row = regions.rows_with(&is).next()?;
        regions.number(row, "standardized_mse")
    };
    let baselines = ["linear step", "persistence"].map(|name| {
        let of = |&region: &ReportedRegion| mse(name, region).unwrap_or(f64::NAN);
        Baseline { name: format!("{name} (mean)"), losses: REGIONS.iter().map(of).collect() }
    });
    let are_there = |baseline: &Baseline| baseline.losses.iter().any(|loss| loss.is_finite());
    let baselines: Vec<_> = baselines.into_iter().filter(are_there).collect();

    let swarm = |&(name, evaluation): &(&str, &Evaluation)| {
        let table = evaluation.table("compartments")?;
        let losses: Vec<_> =
            REGIONS.iter().map(|&region| losses_of(table, &mode, region)).collect();
        let is_there = losses.iter().any(|losses| !losses.is_empty());
        is_there.then(|| Swarm { name: name.to_owned(), losses })
    };
    let swarms: Vec<Swarm> = networks.iter().filter_map(swarm).collect();
    let how = match mode == Mode::OneStep.to_string() {
        true => "one millisecond ahead",
        false => "from the input alone",
    };
    let title = format!("Loss of every compartment, {how}");
    let groups = REGIONS.map(|region| region.to_string());
    let quantity = "Mean square error / variance";
    Some(loss_swarms(&title, quantity, &groups, &swarms, &baselines))
}

/// The losses of the network's compartments in a region.
fn losses_of(table: &Table, mode: &str, region: ReportedRegion) -> Vec<f64> {
    let parts = match region {
        ReportedRegion::Apical => vec!["trunk".to_owned(), "tuft".to_owned()],
        region => vec![region.to_string()],
    };
    let mut losses = Vec::new();
    for part in &parts {
        let is = [("predictor", "network"), ("mode", mode), ("region", part.as_str())];
        let rows = table.rows_with(&is);
        losses.extend(rows.filter_map(|row| table.number(row, "standardized_mse")));
    }
    losses
}

/// Weights of experts, of networks that have any, laid over the neuron.
pub(in crate::command) fn experts(
    networks: &[(&str, &Evaluation)],
    tree: &CompartmentTree,
) -> Option<String> {
    let row = |&(name, evaluation): &(&str, &Evaluation)| {
        let table = evaluation.table("experts")?;
        let panels = weights(table, tree.len());
        Some(WeightRow { name: format!("{name}: {} experts", panels.len()), panels })
    };
    let rows: Vec<WeightRow> = networks.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| cell_weights("Mean weight of every expert", tree, &rows))
}

/// Of every expert the weight of every compartment.
fn weights(table: &Table, compartments: usize) -> Vec<Vec<Option<f64>>> {
    let of = |column: String| {
        let mut weights = vec![None; compartments];
        for row in &table.rows {
            let id = table.number(row, "task").map(|task| CompartmentId::new(task as usize));
            if let Some(weight) = id.and_then(|id| weights.get_mut(id.index())) {
                *weight = table.number(row, &column);
            }
        }
        weights
    };
    expert_columns(table).into_iter().map(of).collect()
}

/// A kind of course of a protocol: how it is named in the figure, and which courses are of it.
pub(in crate::command) struct Kind<'a> {
    pub(in crate::command) name: String,
    pub(in crate::command) courses: &'a [ProtocolCourse],
    pub(in crate::command) predictor: &'a str,
    pub(in crate::command) mode: Option<Mode>,
}

impl<'a> Kind<'a> {
    pub(in crate::command) fn new(
        name: &str,
        courses: &'a [ProtocolCourse],
        predictor: &'a str,
        mode: Option<Mode>,
    ) -> Self {
        Self { name: name.to_owned(), courses, predictor, mode }
    }

    fn course(&self, protocol: apical::biophysics::protocol::Protocol) -> Option<&ProtocolCourse> {
        let is_it = |course: &&ProtocolCourse| {
            course.protocol == protocol && course.name == self.predictor && course.mode == self.mode
        };
        self.courses.iter().find(is_it)
    }

    fn is_there(&self) -> bool {
        PROTOCOLS.iter().any(|&protocol| self.course(protocol).is_some())
    }
}

/// What a network makes of protocols, beside the simulation and its linear step.
pub(super) fn protocols(courses: &[ProtocolCourse]) -> Option<String> {
    let kinds = [
        Kind::new("simulation", courses, "truth", None),
        Kind::new("network, one step", courses, "network", Some(Mode::OneStep)),
        Kind::new("network, free", courses, "network", Some(Mode::Free)),
        Kind::new("linear step, free", courses, "linear step", Some(Mode::Free)),
    ];
    compared_protocols(kinds.into())
}

/// A row for each protocol, the soma on the left and the calcium site on the right.
pub(in crate::command) fn compared_protocols(mut kinds: Vec<Kind<'_>>) -> Option<String> {
    kinds.retain(Kind::is_there);
    let first_ms = kinds.first()?.courses.first()?.first_ms;
    let rows: Vec<Vec<ComparedTraces>> = PROTOCOLS
        .iter()
        .map(|&protocol| {
            let of = |trace: fn(&ProtocolCourse) -> &Vec<f64>| {
                let traces = kinds.iter().map(|kind| kind.course(protocol).map(trace).cloned());
                traces.map(Option::unwrap_or_default).collect()
            };
            let soma = of(|course| &course.soma_mv);
            let site = of(|course| &course.calcium_site_mv);
            vec![
                ComparedTraces { title: format!("{protocol}: soma"), traces: soma },
                ComparedTraces { title: format!("{protocol}: apical dendrite"), traces: site },
            ]
        })
        .collect();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    Some(compared_voltages("Current injection (Hay et al. 2011)", &names, first_ms, &rows))
}
