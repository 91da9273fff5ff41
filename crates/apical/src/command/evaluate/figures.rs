use apical::core::CompartmentId;
use apical::eval::{Cell, ReportedRegion, Table};
use apical::evaluation::{Evaluation, Mode};
use apical::figure::{Baseline, Swarm, WeightRow, cell_weights, loss_swarms, network_diagrams};
use apical::morphology::CompartmentTree;
use apical::surrogate::Network;

/// Regions that have a swarm of their own: that of a soma would have one dot.
const REGIONS: [ReportedRegion; 3] =
    [ReportedRegion::Basal, ReportedRegion::Oblique, ReportedRegion::Apical];

/// Files and what is in them; none for figures that cannot be drawn.
pub(super) fn all(
    evaluation: &Evaluation,
    network: &Network,
    tree: Option<&CompartmentTree>,
) -> [(&'static str, Option<String>); 3] {
    let experts = tree.and_then(|tree| experts(evaluation, network, tree));
    let diagram = network_diagrams("From input to voltages", &[("Network", network.model())]);
    [("losses.svg", losses(evaluation)), ("experts.svg", experts), ("network.svg", Some(diagram))]
}

/// The loss of every compartment in the first way that the network was evaluated in.
fn losses(evaluation: &Evaluation) -> Option<String> {
    let table = evaluation.table("regions")?;
    let mode = table.rows.first()?.get(table.place("mode")?)?;
    let mse = |name: &str, region: &str| -> Option<f64> {
        let is_it = |row: &&Vec<Cell>| {
            let is = |column: &str, what: &Cell| {
                table.place(column).is_some_and(|place| row[place] == *what)
            };
            is("mode", mode) && is("predictor", &name.into()) && is("region", &region.into())
        };
        table.rows.iter().find(is_it)?[table.place("standardized_mse")?].number()
    };
    let baselines = ["linear step", "persistence"].map(|name| {
        let of = |region: &ReportedRegion| mse(name, &region.to_string()).unwrap_or(f64::NAN);
        Baseline { name: format!("{name} (mean)"), losses: REGIONS.iter().map(of).collect() }
    });
    let are_there = |baseline: &Baseline| baseline.losses.iter().any(|loss| loss.is_finite());
    let baselines: Vec<_> = baselines.into_iter().filter(are_there).collect();

    let compartments = evaluation.table("compartments")?;
    let losses = REGIONS.map(|region| losses_of(compartments, mode, region).unwrap_or_default());
    let swarm = Swarm { name: "network".to_owned(), losses: losses.to_vec() };
    let how = match mode.to_string() == Mode::OneStep.to_string() {
        true => "one millisecond ahead",
        false => "from the input alone",
    };
    let title = format!("Loss of every compartment, {how}");
    let groups = REGIONS.map(|region| region.to_string());
    let quantity = "Mean square error / variance";
    Some(loss_swarms(&title, quantity, &groups, &[swarm], &baselines))
}

/// The losses of the network's compartments in a region.
fn losses_of(table: &Table, mode: &Cell, region: ReportedRegion) -> Option<Vec<f64>> {
    let [whose, how, place, loss] = [
        table.place("predictor")?,
        table.place("mode")?,
        table.place("region")?,
        table.place("standardized_mse")?,
    ];
    let is_of = |name: &Cell| match region {
        ReportedRegion::Apical => *name == "trunk".into() || *name == "tuft".into(),
        region => *name == region.to_string().into(),
    };
    let rows = table.rows.iter();
    let members = rows
        .filter(|row| row[whose] == "network".into() && row[how] == *mode && is_of(&row[place]));
    Some(members.filter_map(|row| row[loss].number()).collect())
}

/// Weights of experts, where there are any, laid over the neuron.
fn experts(evaluation: &Evaluation, network: &Network, tree: &CompartmentTree) -> Option<String> {
    let table = evaluation.table("experts")?;
    let task = table.place("task")?;
    let columns = (0..).map_while(|expert| table.place(&format!("expert_{expert}")));
    let panels: Vec<Vec<Option<f64>>> = columns
        .map(|column| {
            let mut weights = vec![None; tree.len()];
            for row in &table.rows {
                let id = row[task].number().map(|task| CompartmentId::new(task as usize));
                if let Some(weight) = id.and_then(|id| weights.get_mut(id.index())) {
                    *weight = row[column].number();
                }
            }
            weights
        })
        .collect();
    let count = panels.len();
    let tasks = network.frame().tasks.len();
    let row = WeightRow { name: format!("{count} experts, {tasks} tasks"), panels };
    Some(cell_weights("Mean weight of every expert", tree, &[row]))
}
