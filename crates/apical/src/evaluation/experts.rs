use apical_core::CompartmentRecord;
use apical_eval::{EvalError, ReportedRegion, Table};
use apical_surrogate::{Architecture, Network, SurrogateError, Task, TrialBatch};

/// How much each task trusts each expert, mean over trials.
pub(super) struct Experts<'a> {
    network: &'a Network,
    stride_ms: usize,
    trials: usize,
    /// Sum over trials, `[tasks × experts]`; empty without experts.
    gates: Vec<f64>,
}

impl<'a> Experts<'a> {
    pub(super) fn new(network: &'a Network, stride_ms: usize) -> Self {
        Self { network, stride_ms: stride_ms.max(1), trials: 0, gates: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        batch: &TrialBatch,
        first_bin: usize,
    ) -> Result<(), SurrogateError> {
        if matches!(self.network.model().config().architecture, Architecture::HardSharing { .. }) {
            return Ok(());
        }
        let places = (first_bin..batch.bins).step_by(self.stride_ms).map(|bin| (0, bin));
        let framed = self.network.frame().of(batch)?;
        let gates = self.network.mean_gates(&framed, &places.collect::<Vec<_>>())?;
        self.trials += 1;
        self.gates.resize(gates.len(), 0.0);
        for (sum, gate) in self.gates.iter_mut().zip(gates) {
            *sum += gate;
        }
        Ok(())
    }

    /// `experts`: the weight of every expert for every task, and their entropy; `expert_regions`: means by region, entropy,
    /// and how much weights differ between neighbours of a section, of how much they differ between any two compartments.
    pub(super) fn tables(&self) -> Result<Vec<Table>, EvalError> {
        let tasks = self.network.frame().tasks.tasks();
        let experts = self.gates.len() / tasks.len().max(1);
        if experts == 0 {
            return Ok(Vec::new());
        }
        let rows: Vec<Vec<f64>> = self
            .gates
            .chunks_exact(experts)
            .map(|row| row.iter().map(|sum| sum / self.trials as f64).collect())
            .collect();
        let weights: Vec<String> = (0..experts).map(column).collect();
        let weights: Vec<&str> = weights.iter().map(String::as_str).collect();

        let names = [&["task", "section", "x", "region"][..], &weights, &["entropy_bits"]].concat();
        let mut of_tasks = Table::new("experts", &names);
        let compartments = &self.network.layout().compartments;
        let mut known: Vec<(&CompartmentRecord, &[f64])> = Vec::new();
        for (task, row) in tasks.iter().zip(&rows) {
            let record = match task {
                Task::Voltage(id) => compartments.get(*id),
                _ => None,
            };
            let mut cells = match (task, record) {
                (Task::Voltage(id), Some(record)) => vec![
                    id.index().into(),
                    record.section.clone().into(),
                    record.x.into(),
                    record.region.to_string().into(),
                ],
                _ => vec!["spike".into(), None.into(), None.into(), None.into()],
            };
            cells.extend(row.iter().map(|&weight| weight.into()));
            cells.push(entropy_bits(row).into());
            of_tasks.push(cells)?;
            known.extend(record.map(|record| (record, row.as_slice())));
        }

        let names =
            [&["region", "compartments"][..], &weights, &["entropy_bits", "roughness"]].concat();
        let mut of_regions = Table::new("expert_regions", &names);
        for region in ReportedRegion::ALL {
            let members: Vec<_> =
                known.iter().filter(|(record, _)| region.contains(record.region)).collect();
            if members.is_empty() {
                continue;
            }
            let mean = |value: &dyn Fn(&[f64]) -> f64| {
                members.iter().map(|(_, row)| value(row)).sum::<f64>() / members.len() as f64
            };
            let mut cells = vec![region.to_string().into(), members.len().into()];
            cells.extend((0..experts).map(|expert| mean(&|row| row[expert]).into()));
            cells.push(mean(&entropy_bits).into());
            cells.push(roughness(&members).into());
            of_regions.push(cells)?;
        }
        Ok(vec![of_tasks, of_regions])
    }
}

/// The columns of a table that are weights of experts, in order.
#[must_use]
pub fn expert_columns(table: &Table) -> Vec<String> {
    (0..).map(column).take_while(|column| table.place(column).is_some()).collect()
}

/// The name of the column of an expert.
fn column(expert: usize) -> String {
    format!("expert_{expert}")
}

/// 0 where one expert has all weight, log₂ of their number where all have the same.
fn entropy_bits(weights: &[f64]) -> f64 {
    let terms = weights.iter().filter(|&&weight| weight > 0.0);
    // not −0
    0.0 - terms.map(|weight| weight * weight.log2()).sum::<f64>()
}

/// Mean squared difference of weights between neighbours in a section, over that between any two: near 0 where weights vary
/// smoothly along dendrites, 1 where neighbours are as different as any. NaN where there are no neighbours, or all are the
/// same.
fn roughness(members: &[&(&CompartmentRecord, &[f64])]) -> f64 {
    let difference = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
    };
    let pairs = members.windows(2).filter(|pair| pair[0].0.section == pair[1].0.section);
    let near: Vec<f64> = pairs.map(|pair| difference(pair[0].1, pair[1].1)).collect();
    let mut any = (0.0, 0.0);
    for (place, a) in members.iter().enumerate() {
        for b in &members[place + 1..] {
            any = (any.0 + difference(a.1, b.1), any.1 + 1.0);
        }
    }
    near.iter().sum::<f64>() / near.len() as f64 / (any.0 / any.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::basal_record;

    #[test]
    fn entropy_is_between_one_expert_and_all() {
        assert_eq!(entropy_bits(&[0.0, 1.0, 0.0]), 0.0);
        assert_eq!(entropy_bits(&[0.25; 4]), 2.0);
        assert_eq!(entropy_bits(&[0.5, 0.25, 0.25]), 1.5);
    }

    /// Weights that rise along two sections, and weights that change from one neighbour to the next.
    #[test]
    fn smooth_weights_are_not_rough() {
        let records: Vec<_> =
            (0..20).map(|k| basal_record(if k < 10 { "a" } else { "b" })).collect();
        let rough = |weight: &dyn Fn(usize) -> f64| {
            let rows: Vec<_> = (0..20).map(|k| [weight(k), 1.0 - weight(k)]).collect();
            let members: Vec<_> =
                records.iter().zip(&rows).map(|(record, row)| (record, &row[..])).collect();
            roughness(&members.iter().collect::<Vec<_>>())
        };
        // neighbours differ by 1/20, any two of n by (n² − 1)/6 of its square: 66.5 + 3.5
        assert!((rough(&|k| k as f64 / 20.0) - 1.0 / 70.0).abs() < 1e-12);
        // half of all pairs differ, and 100 of 190 are pairs of different ones
        assert!((rough(&|k| (k % 2) as f64) - 1.9).abs() < 1e-12);
        assert!(rough(&|_| 0.5).is_nan());
    }
}
