use apical_core::Trial;
use apical_eval::{
    BandMetric, CalciumMetric, Cell, Columns, EvalError, Horizons, Metric, PotentialMetric,
    Prediction, RegionMetric, SpikeMetric, Table,
};
use apical_surrogate::{Network, SeenVoltages};

use super::predictor::Said;
use super::{Electrodes, EvaluationConfig, Mode};

/// All metrics of everything that is predicted, in the order in which it was first added.
pub(super) struct Panels<'a> {
    network: &'a Network,
    columns: &'a Columns,
    electrodes: Option<&'a Electrodes>,
    config: &'a EvaluationConfig,
    first_bin: usize,
    panels: Vec<Panel>,
}

/// The metrics of one way to predict.
struct Panel {
    name: &'static str,
    mode: Mode,
    regions: RegionMetric,
    others: Vec<Box<dyn Metric>>,
}

impl<'a> Panels<'a> {
    pub(super) const fn new(
        network: &'a Network,
        columns: &'a Columns,
        electrodes: Option<&'a Electrodes>,
        config: &'a EvaluationConfig,
        first_bin: usize,
    ) -> Self {
        Self { network, columns, electrodes, config, first_bin, panels: Vec::new() }
    }

    /// What a way to predict says of a trial.
    pub(super) fn add(
        &mut self,
        (name, mode): (&'static str, Mode),
        (index, trial): (usize, &Trial),
        said: &Said,
    ) -> Result<(), EvalError> {
        let known = self.panels.iter().position(|panel| (panel.name, panel.mode) == (name, mode));
        let place = match known {
            Some(place) => place,
            None => {
                self.panels.push(self.panel(name, mode)?);
                self.panels.len() - 1
            }
        };
        let prediction = Prediction {
            trial: index,
            truth: trial,
            columns: self.columns,
            first_bin: self.first_bin,
            voltage_mv: &said.voltage_mv,
            spike_logits: said.spike_logits.as_deref(),
        };
        let Panel { regions, others, .. } = &mut self.panels[place];
        regions.add(&prediction)?;
        others.iter_mut().try_for_each(|metric| metric.add(&prediction))
    }

    fn panel(&self, name: &'static str, mode: Mode) -> Result<Panel, EvalError> {
        let Self { network, columns, electrodes, config, .. } = *self;
        let layout = network.layout();
        let table = columns.table(&layout.compartments)?;
        let mean_mv = columns.of(&network.frame().mean_mv);
        let spikes = SpikeMetric::new(layout.soma, config.spike);
        let calcium = layout
            .calcium_site
            .map(|site| CalciumMetric::new(site, config.calcium, layout.soma, config.spike));
        let regions = RegionMetric::new(table.clone(), mean_mv, config.bootstrap)?;
        let mut others: Vec<Box<dyn Metric>> =
            vec![Box::new(BandMetric::new(&table, config.bands)), Box::new(spikes.clone())];
        if let Some(calcium) = &calcium {
            others.push(Box::new(calcium.clone()));
        }
        // of a network that never saw the truth there is no moment at which it was last known
        if network.frame().inputs.voltages == SeenVoltages::Past && name != "persistence" {
            let starts = &config.horizons_ms;
            others.push(Box::new(Horizons::new("horizon", starts, regions.clone())?));
            others.push(Box::new(Horizons::new("horizon_spikes", starts, spikes)?));
            if let Some(calcium) = calcium {
                others.push(Box::new(Horizons::new("horizon_calcium", starts, calcium)?));
            }
        }
        if let Some(Electrodes { names, operator }) = electrodes {
            let rows = operator.chunks_exact(columns.layout_compartments().max(1));
            let operator = rows.flat_map(|row| columns.of(row)).collect();
            others.push(Box::new(PotentialMetric::new(names, operator)?));
        }
        Ok(Panel { name, mode, regions, others })
    }

    /// A table for every metric, of all that is predicted.
    pub(super) fn tables(&self) -> Result<Vec<Table>, EvalError> {
        let mut tables: Vec<Table> = Vec::new();
        for panel in &self.panels {
            let mut found = vec![panel.regions.table()?, panel.regions.compartment_table()?];
            for metric in &panel.others {
                found.push(metric.table()?);
            }
            // what the network adds to, and the voltage before
            let baselines = self.panels.iter().filter(|other| {
                panel.name == "network" && other.name != "network" && other.mode == panel.mode
            });
            for other in baselines {
                found.push(panel.regions.gain_table(other.name, &other.regions)?);
            }
            for table in found {
                let whose = [Cell::from(panel.name), Cell::from(panel.mode.to_string())];
                let place = tables.iter().position(|known| known.name == table.name);
                let place = place.unwrap_or_else(|| {
                    let names = ["predictor", "mode"].into_iter();
                    let names: Vec<_> =
                        names.chain(table.columns.iter().map(String::as_str)).collect();
                    tables.push(Table::new(&table.name, &names));
                    tables.len() - 1
                });
                for row in table.rows {
                    tables[place].push(whose.iter().cloned().chain(row).collect())?;
                }
            }
        }
        Ok(tables)
    }
}
