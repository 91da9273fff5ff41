use apical::eval::{Cell, ReportedRegion, Table};
use apical::evaluation::{Evaluation, Mode, PROTOCOLS, expert_columns};

use crate::command::reproduce::results::{NetworkResult, Results};

/// A table of the report, as text.
pub(super) struct Shown {
    pub(super) caption: &'static str,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// A row of a table of an evaluation, and what it is called.
struct Way<'a> {
    name: String,
    evaluation: &'a Evaluation,
    predictor: &'static str,
    mode: String,
}

impl<'a> Way<'a> {
    fn new(network: &'a NetworkResult, name: &str, predictor: &'static str) -> Self {
        let (name, mode) = (name.to_owned(), network.mode().to_string());
        Self { name, evaluation: &network.evaluation, predictor, mode }
    }

    /// Its rows in a table, of which the columns have these texts.
    fn rows(&self, table: &str, more: &[(&str, &str)]) -> Option<(&'a Table, Vec<&'a [Cell]>)> {
        let table = self.evaluation.table(table)?;
        let mut is = vec![("predictor", self.predictor), ("mode", self.mode.as_str())];
        is.extend(more);
        Some((table, table.rows_with(&is).collect()))
    }
}

/// Numbers in columns of a row, with so many digits.
fn numbers(table: &Table, row: &[Cell], columns: &Columns<'_>) -> Vec<String> {
    let number = |&(column, _, digits): &(&str, &str, usize)| {
        table.number(row, column).map_or_else(String::new, |x| format!("{x:.digits$}"))
    };
    columns.iter().map(number).collect()
}

/// All ways to predict that are compared: networks one step ahead, what they are compared with, then those that are told
/// nothing.
fn ways(results: &Results) -> Vec<Way<'_>> {
    let mut ways = Vec::new();
    let mut add = |network, name: &str, predictor| ways.push(Way::new(network, name, predictor));
    results.published().for_each(|network| add(network, &network.title, "network"));
    if let Some(first) = results.published().next() {
        add(first, "linear step", "linear step");
        add(first, "persistence", "persistence");
    }
    for network in results.networks.iter().filter(|network| !network.is_published) {
        add(network, &network.title, "network");
        add(network, "linear step, input alone", "linear step");
    }
    ways
}

pub(super) fn all(results: &Results) -> Vec<Shown> {
    let ways = ways(results);
    let tables = [
        Some(regions(&ways)),
        Some(gains(results)),
        Some(listed(&ways, "spikes", "Somatic spikes", &SPIKES)),
        Some(listed(&ways, "calcium", "Calcium spikes of test trials", &CALCIUM)),
        Some(protocols(results)),
        horizon(results),
        potentials(&ways),
        Some(experts(results)),
    ];
    tables.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect()
}

/// Columns of a table, what they are called, and digits after the point.
type Columns<'a> = [(&'a str, &'a str, usize)];

const SPIKES: [(&str, &str, usize); 8] = [
    ("roc_auc", "ROC AUC", 3),
    ("average_precision", "average precision", 3),
    ("f1", "F1", 3),
    ("gamma_1ms", "Γ ± 1 ms", 3),
    ("gamma_2ms", "Γ ± 2 ms", 3),
    ("true_rate_hz", "true rate, Hz", 2),
    ("predicted_rate_hz", "predicted rate, Hz", 2),
    ("time_error_ms", "time error, ms", 2),
];

const CALCIUM: [(&str, &str, usize); 8] = [
    ("true_events", "true", 0),
    ("predicted_events", "predicted", 0),
    ("precision", "precision", 2),
    ("recall", "recall", 2),
    ("onset_error_ms", "onset error, ms", 1),
    ("peak_error_mv", "peak error, mV", 1),
    ("duration_error_ms", "duration error, ms", 1),
    ("somatic_spikes_error", "error of somatic spikes", 1),
];

const PROTOCOL: [(&str, &str, usize); 6] = [
    ("somatic_spikes", "somatic spikes", 0),
    ("calcium_spikes", "calcium spikes", 0),
    ("onset_ms", "onset, ms", 0),
    ("peak_mv", "peak, mV", 1),
    ("duration_ms", "duration, ms", 0),
    ("area_mv_ms", "area, mV ms", 0),
];

/// Explained variance with intervals.
fn regions(ways: &[Way<'_>]) -> Shown {
    let regions = ReportedRegion::ALL.map(|region| region.to_string());
    let of_region = |way: &Way<'_>, region: &String| -> Option<String> {
        let (table, rows) = way.rows("regions", &[("region", region.as_str())])?;
        let percent = |column: &str| table.number(rows.first()?, column).map(|share| 100.0 * share);
        let mean = percent("explained_variance")?;
        let [low, high] = ["explained_variance_low", "explained_variance_high"].map(percent);
        Some(match low.zip(high) {
            Some((low, high)) => format!("{mean:.2} ({low:.1}–{high:.1})"),
            None => format!("{mean:.2}"),
        })
    };
    let rows = ways.iter().map(|way| {
        let cells = regions.iter().map(|region| of_region(way, region).unwrap_or_default());
        std::iter::once(way.name.clone()).chain(cells).collect()
    });
    let caption = "Explained variance by region, %, with 95 % intervals over test trials";
    Shown { caption, columns: headed(&regions), rows: rows.collect() }
}

/// What networks remove of the errors of baselines.
fn gains(results: &Results) -> Shown {
    let regions = ReportedRegion::ALL.map(|region| region.to_string());
    let mut rows = Vec::new();
    for network in &results.networks {
        let Some(table) = network.evaluation.table("gains") else { continue };
        let mode = network.mode().to_string();
        for baseline in ["linear step", "persistence"] {
            let cells = regions.iter().map(|region| {
                let is =
                    [("mode", mode.as_str()), ("baseline", baseline), ("region", region.as_str())];
                let row = table.rows_with(&is).next()?;
                let percent = |column: &str| table.number(row, column).map(|share| 100.0 * share);
                let mean = percent("error_removed")?;
                let [low, high] = ["error_removed_low", "error_removed_high"].map(percent);
                let shown = |share: f64| format!("{share:.1}").replace('-', "−");
                Some(match low.zip(high) {
                    Some((low, high)) => {
                        format!("{} ({} to {})", shown(mean), shown(low), shown(high))
                    }
                    None => shown(mean),
                })
            });
            let cells: Vec<Option<String>> = cells.collect();
            if cells.iter().any(Option::is_some) {
                let name = format!("{} over {baseline}", network.title);
                let cells = cells.into_iter().map(Option::unwrap_or_default);
                rows.push(std::iter::once(name).chain(cells).collect());
            }
        }
    }
    let caption = "Share of the baseline's mean square error that is gone, %, with 95 % intervals over the same test trials";
    Shown { caption, columns: headed(&regions), rows }
}

/// A row for every way to predict.
fn listed(ways: &[Way<'_>], table: &str, caption: &'static str, columns: &Columns<'_>) -> Shown {
    let rows = ways.iter().filter_map(|way| {
        let (table, rows) = way.rows(table, &[])?;
        let mut cells = numbers(table, rows.first()?, columns);
        cells.insert(0, way.name.clone());
        Some(cells)
    });
    Shown { caption, columns: headed(&names(columns)), rows: rows.collect() }
}

/// What happens in each protocol.
fn protocols(results: &Results) -> Shown {
    let mut rows = Vec::new();
    for protocol in PROTOCOLS.map(|protocol| protocol.to_string()) {
        let mut add = |name: &str, table: &Table, is: &[(&str, &str)]| {
            let is = [&[("protocol", protocol.as_str())], is].concat();
            for row in table.rows_with(&is) {
                let mut cells = numbers(table, row, &PROTOCOL);
                cells.insert(0, format!("{protocol}: {name}"));
                rows.push(cells);
            }
        };
        for (place, network) in results.networks.iter().enumerate() {
            let Some(table) = network.evaluation.table("protocols") else { continue };
            if place == 0 {
                add("simulation", table, &[("predictor", "truth")]);
            }
            let mode = network.mode().to_string();
            add(&network.title, table, &[("predictor", "network"), ("mode", mode.as_str())]);
        }
    }
    let caption = "Protocols: somatic spikes, and the calcium spike in the apical dendrite";
    Shown { caption, columns: headed(&names(&PROTOCOL)), rows }
}

/// How long networks that were told the truth run freely.
fn horizon(results: &Results) -> Option<Shown> {
    let first = results.published().next()?;
    let soma = ReportedRegion::Soma.to_string();
    let region = ("region", soma.as_str());
    let mut starts = Vec::new();
    let mut rows = Vec::new();
    let mut add = |network: &NetworkResult, name: &str, predictor: &str, mode: Mode| {
        let Some(table) = network.evaluation.table("horizon") else { return };
        let mode = mode.to_string();
        let mut cells = vec![name.to_owned()];
        starts.clear();
        for row in table.rows_with(&[("predictor", predictor), ("mode", mode.as_str()), region]) {
            let start = table.number(row, "from_ms").unwrap_or_default();
            starts.push(format!("from {start} ms"));
            let share = table.number(row, "explained_variance").map(|share| 100.0 * share);
            cells.push(match share {
                None => String::new(),
                // what has run away has no share that says anything
                Some(..-1000.0) => "< −1000".to_owned(),
                Some(share) => format!("{share:.1}").replace('-', "−"),
            });
        }
        rows.push(cells);
    };
    for network in results.published() {
        add(network, &format!("{}, free", network.title), "network", Mode::Free);
    }
    add(first, "linear step, free", "linear step", Mode::Free);
    add(first, &format!("{}, told the truth", first.title), "network", Mode::OneStep);
    let caption = "Running freely: explained variance of the soma, %, by the time since the truth was last known";
    Some(Shown { caption, columns: headed(&starts), rows })
}

/// Correlations by electrode.
fn potentials(ways: &[Way<'_>]) -> Option<Shown> {
    let (table, rows) = ways.first()?.rows("potentials", &[])?;
    let place = table.place("electrode")?;
    let electrodes: Vec<String> =
        rows.iter().filter_map(|row| Some(row.get(place)?.to_string())).collect();
    let rows = ways.iter().filter_map(|way| {
        let (table, rows) = way.rows("potentials", &[])?;
        let cells = rows.into_iter().flat_map(|row| numbers(table, row, &[("correlation", "", 3)]));
        Some(std::iter::once(way.name.clone()).chain(cells).collect())
    });
    let caption = "Extracellular potentials: correlation of predicted with true ones, by electrode";
    Some(Shown { caption, columns: headed(&electrodes), rows: rows.collect() })
}

/// Weights of experts by region.
fn experts(results: &Results) -> Shown {
    let tables = results.published().filter_map(|network| {
        Some((network.title.as_str(), network.evaluation.table("expert_regions")?))
    });
    let tables: Vec<(&str, &Table)> = tables.collect();
    let most = tables.iter().map(|(_, table)| expert_columns(table));
    let most = most.max_by_key(Vec::len).unwrap_or_default();
    let mut columns = ["entropy_bits", "roughness"].map(str::to_owned).to_vec();
    columns.extend(most);
    let mut rows = Vec::new();
    for (title, table) in tables {
        for row in &table.rows {
            let region = row.first().map(Cell::to_string).unwrap_or_default();
            let mut cells = vec![format!("{title}: {region}")];
            for column in &columns {
                cells.extend(numbers(table, row, &[(column, "", 3)]));
            }
            rows.push(cells);
        }
    }
    let columns: Vec<String> = columns.iter().map(|column| column.replace('_', " ")).collect();
    let caption = "Experts: mean gate weights by region, their entropy, and how much neighbors differ (1: as any two)";
    Shown { caption, columns: headed(&columns), rows }
}

/// Wall time of networks and of the simulation: it differs from run to run.
pub(super) fn speed(results: &Results) -> Shown {
    let table = &results.speed;
    let text = |row: &[Cell], column: &str| {
        table
            .place(column)
            .and_then(|place| row.get(place))
            .map(Cell::to_string)
            .unwrap_or_default()
    };
    let columns: &Columns<'_> = &[("ms_per_ms", "", 4), ("times_simulation", "", 2)];
    let of_row = |row: &Vec<Cell>| {
        let mut cells = ["model", "device", "batch"].map(|column| text(row, column)).to_vec();
        cells.extend(numbers(table, row, columns));
        cells
    };
    let mut rows: Vec<Vec<String>> = table.rows.iter().map(of_row).collect();
    if let Some(neuron) = &results.neuron {
        let own = table.rows_with(&[("model", "simulation")]).next();
        let own = own.and_then(|row| table.number(row, "ms_per_ms"));
        let times = own.map(|own| format!("{:.2}", own / neuron.ms_per_ms));
        let mut cells = [neuron.model.as_str(), "cpu", "1"].map(str::to_owned).to_vec();
        cells.extend([format!("{:.4}", neuron.ms_per_ms), times.unwrap_or_default()]);
        rows.insert(0, cells);
    }
    let names = ["device", "neurons at a time", "ms per simulated ms of a neuron", "× simulation"];
    let caption =
        "Table 1. Wall time of networks and of the simulation that they stand for, on one thread";
    Shown { caption, columns: headed(&names.map(str::to_owned)), rows }
}

fn names(columns: &Columns<'_>) -> Vec<String> {
    columns.iter().map(|(_, name, _)| (*name).to_owned()).collect()
}

/// After a column of names.
fn headed(others: &[String]) -> Vec<String> {
    std::iter::once(String::new()).chain(others.iter().cloned()).collect()
}
