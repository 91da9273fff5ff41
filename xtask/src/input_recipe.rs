//! The synaptic input process against the published recipe in NumPy.

use std::path::Path;

use apical_core::{EventTrain, SectionType};
use apical_dataset::{DendriticTrees, InputProcess};
use apical_morphology::{CompartmentTree, MaxLength, default_cell};
use serde_json::Value;

use crate::python::PythonOptions;
use crate::timing::median;
use crate::workspace::root;
use crate::{Outcome, command};

/// Two means that differ by chance alone are further apart than this many standard errors once in 1.7 million times, one of
/// the 20 statistics here once in 87,000 runs.
const STANDARD_ERRORS: f64 = 5.0;

/// How much is drawn.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Trials of each side.
    #[arg(long, default_value_t = 400)]
    trials: u32,
    /// Duration of a trial, ms.
    #[arg(long, default_value_t = 6000)]
    duration_ms: u32,
    /// Seed of both.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    python: PythonOptions,
}

const NAMES: [(&str, &str); 2] = [("excitatory", "basal"), ("inhibitory", "apical")];
const LAGS_MS: [usize; 4] = [1, 20, 100, 300];
const BLOCK_MS: usize = 100;

/// Draws trials on both sides and compares the means of their statistics.
pub(crate) fn run(options: &Options) -> Outcome {
    let version = options.python.require_numpy()?;
    let trees = Trees::of_default_cell()?;
    let folder = root().join("target").join("input-recipe");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let (of_trees, output) = (folder.join("trees.json"), folder.join("statistics.json"));
    let json = serde_json::to_string(&trees.lengths_um).map_err(|error| error.to_string())?;
    std::fs::write(&of_trees, json).map_err(|error| error.to_string())?;
    println!("{} trials of {} ms, NumPy {version} first", options.trials, options.duration_ms);
    let script = Path::new("xtask").join("peers").join("input_recipe.py");
    command::run(options.python.command().arg(script).args([&of_trees, &output]).args([
        options.seed.to_string(),
        options.trials.to_string(),
        options.duration_ms.to_string(),
    ]))?;
    let text = std::fs::read_to_string(&output).map_err(|error| error.to_string())?;
    let theirs: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;

    let process = InputProcess::default();
    let mut ours: Vec<(String, Vec<f64>)> = Vec::new();
    for trial in 0..u64::from(options.trials) {
        let events = process
            .generate(options.seed, trial, options.duration_ms, &trees.synapses)
            .map_err(|error| error.to_string())?;
        for (k, (name, value)) in
            trees.statistics(&events, options.duration_ms as usize).into_iter().enumerate()
        {
            match ours.get_mut(k) {
                Some((_, values)) => values.push(value),
                None => ours.push((name, vec![value])),
            }
        }
    }
    print_table(&ours, &theirs["statistics"])
}

fn print_table(ours: &[(String, Vec<f64>)], theirs: &Value) -> Outcome {
    println!("\n| mean over trials | apical | NumPy | apart, standard errors |\n|---|---|---|---|");
    let mut different = Vec::new();
    for (name, values) in ours {
        let listed = theirs[name].as_array().ok_or_else(|| format!("NumPy has no {name:?}"))?;
        let listed: Vec<f64> = listed.iter().filter_map(Value::as_f64).collect();
        let ([mean, error], [their_mean, their_error]) = (mean(values), mean(&listed));
        let apart = (mean - their_mean).abs() / error.hypot(their_error);
        println!(
            "| {name} | {mean:.4} ± {error:.4} | {their_mean:.4} ± {their_error:.4} | {apart:.1} |"
        );
        if apart.is_nan() || apart > STANDARD_ERRORS {
            different.push(name.as_str());
        }
    }
    if different.is_empty() { Ok(()) } else { Err(format!("different: {}", different.join("; "))) }
}

/// A mean and its standard error.
fn mean(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    [mean, (variance / count).sqrt()]
}

/// The dendritic compartments of the default cell.
struct Trees {
    synapses: DendriticTrees,
    /// Of the basal and of the apical tree.
    lengths_um: [Vec<f64>; 2],
    /// Tree of every compartment, and whether it is longer than half of the tree's.
    places: Vec<(usize, bool)>,
}

impl Trees {
    fn of_default_cell() -> Outcome<Self> {
        let tree = CompartmentTree::new(default_cell(), &MaxLength::default())
            .map_err(|error| error.to_string())?;
        let table = tree.compartment_table();
        let synapses =
            DendriticTrees::basal_and_apical(&table).map_err(|error| error.to_string())?;
        let dendritic: Vec<(usize, f64)> = table
            .dendritic()
            .filter_map(|id| table.get(id))
            .map(|record| {
                (usize::from(record.section_type == SectionType::Apical), record.length_um)
            })
            .collect();
        let lengths_um: [Vec<f64>; 2] = [0, 1].map(|of| {
            dendritic.iter().filter(|(tree, _)| *tree == of).map(|&(_, length)| length).collect()
        });
        let medians = [0, 1].map(|of: usize| median(lengths_um[of].iter().copied()));
        let places =
            dendritic.iter().map(|&(tree, length)| (tree, length > medians[tree])).collect();
        Ok(Self { synapses, lengths_um, places })
    }

    /// Those of one trial, by name, in the order of the script.
    fn statistics(&self, events: &EventTrain, duration: usize) -> Vec<(String, f64)> {
        let compartments = self.places.len();
        let mut counts = [0; 4].map(|_| vec![0.0; duration]);
        let mut longer = [[0.0_f64; 2]; 4];
        for event in events.events() {
            let synapse = event.synapse.index();
            let (tree, is_longer) = self.places[synapse % compartments];
            let place = 2 * (synapse / compartments) + tree;
            counts[place][event.time_ms as usize] += 1.0;
            longer[place][usize::from(is_longer)] += 1.0;
        }
        let mut named = Vec::new();
        for (kind, (kind_name, _)) in NAMES.iter().enumerate() {
            for (tree, (_, tree_name)) in NAMES.iter().enumerate() {
                let (count, [shorter, longer]) =
                    (&counts[2 * kind + tree], longer[2 * kind + tree]);
                let per_ms = count.iter().sum::<f64>() / duration as f64;
                let total = (shorter + longer).max(1.0);
                named.extend([
                    (format!("{kind_name} spikes per ms, {tree_name}"), per_ms),
                    (
                        format!("variance of {kind_name} spikes in 100 ms, {tree_name}"),
                        spread(&blocks(count))[1],
                    ),
                    (
                        format!("share of the longer half in {kind_name} spikes, {tree_name}"),
                        longer / total,
                    ),
                ]);
            }
        }
        let total: Vec<f64> = counts[0].iter().zip(&counts[1]).map(|(a, b)| a + b).collect();
        let [center, _] = spread(&total);
        for lag in LAGS_MS {
            let products = total.iter().zip(&total[lag..]);
            let sum: f64 = products.map(|(a, b)| (a - center) * (b - center)).sum();
            let name = format!("covariance of excitatory spikes {lag} ms apart");
            named.push((name, sum / (duration - lag) as f64));
        }
        for (tree, (_, tree_name)) in NAMES.iter().enumerate() {
            let pairs = counts[2 + tree].iter().zip(&counts[tree]);
            let difference: Vec<f64> = pairs.map(|(i, e)| i - e).collect();
            let [mean, variance] = spread(&blocks(&difference));
            let name = format!("inhibitory less excitatory spikes in 100 ms, {tree_name}");
            named.extend([(name, mean), (format!("variance of that, {tree_name}"), variance)]);
        }
        named
    }
}

/// Sums of whole blocks.
fn blocks(counts: &[f64]) -> Vec<f64> {
    counts.chunks_exact(BLOCK_MS).map(|block| block.iter().sum()).collect()
}

/// Mean and variance.
fn spread(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    [mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count]
}
