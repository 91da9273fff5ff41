use std::path::{Path, PathBuf};

use apical::ApicalError;
use apical::input::read_json;
use apical::surrogate::SeenVoltages;
use apical::training::{ModelName, TrainingConfig};
use serde::{Deserialize, Serialize};

use super::RESERVED;
use super::args::ReproduceArgs;
use crate::command::reconstruction::DEFAULT;

/// Name of the file that says what is done.
pub(super) const PLAN: &str = "plan.json";

/// What is done: all that a report depends on, besides versions and the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// What it is called.
    pub(super) name: String,
    /// Of trials, splits, weights and batches.
    pub(super) seed: u64,
    /// None for the embedded cell.
    pub(super) morphology: Option<PathBuf>,
    /// Number of trials, and their duration, ms.
    pub(super) trials: usize,
    pub(super) duration_ms: usize,
    pub(super) networks: Vec<PlannedNetwork>,
    /// Neurons at a time whose speed is measured, and the least time of a measurement, s.
    pub(super) batch_sizes: Vec<u32>,
    pub(super) measured_s: f64,
    /// Where networks compute.
    #[serde(default = "cpu")]
    pub(super) device: String,
}

fn cpu() -> String {
    "cpu".to_owned()
}

/// A network that is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedNetwork {
    /// Its folder.
    pub(super) folder: String,
    /// What it is called.
    pub(super) title: String,
    /// How it is trained; its seed is that of the plan.
    pub(super) config: TrainingConfig,
}

impl PlannedNetwork {
    /// Whether it sees past voltages, as published.
    pub(super) fn is_published(&self) -> bool {
        self.config.inputs.voltages == SeenVoltages::Past
    }
}

/// Folders, names, models, and whether past voltages are seen.
const NETWORKS: [(&str, &str, ModelName, SeenVoltages); 4] = [
    ("mh", "MH", ModelName::Mh, SeenVoltages::Past),
    ("mmoe", "MMoE", ModelName::Mmoe, SeenVoltages::Past),
    ("mmoeex", "MMoEEx", ModelName::Mmoeex, SeenVoltages::Past),
    ("mh-input", "MH, input alone", ModelName::Mh, SeenVoltages::Estimated),
];

impl Plan {
    /// What was asked for, by name, by a file, or before.
    pub(super) fn of(args: &ReproduceArgs) -> Result<Self, ApicalError> {
        if args.resume {
            return Self::read(&args.out.join(PLAN));
        }
        let mut plan = match &args.plan {
            Some(path) => Self::read(path)?,
            None if args.full => Self::full(),
            None if args.standard => Self::standard(),
            None => Self::quick(),
        };
        plan.seed = args.seed.unwrap_or(plan.seed);
        plan.device = args.device.clone().unwrap_or(plan.device);
        match &args.morphology {
            Some(path) if path == Path::new(DEFAULT) => plan.morphology = None,
            Some(path) => {
                let absolute = std::path::absolute(path).map_err(ApicalError::io(path))?;
                plan.morphology = Some(absolute);
            }
            None => {}
        }
        for network in &mut plan.networks {
            network.config.seed = plan.seed;
        }
        Ok(plan)
    }

    fn read(path: &Path) -> Result<Self, ApicalError> {
        let plan: Self = read_json(path)?;
        let mut known: Vec<&str> = RESERVED.to_vec();
        for PlannedNetwork { folder, .. } in &plan.networks {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let is_free = !folder.is_empty() && folder.chars().all(is_plain);
            if !is_free || known.contains(&folder.as_str()) {
                let folder = folder.clone();
                return Err(ApicalError::PlannedFolder { path: path.to_owned(), folder });
            }
            known.push(folder);
        }
        Ok(plan)
    }

    /// A quarter of an hour on two cores.
    fn quick() -> Self {
        let mut plan = Self::standard();
        (plan.name, plan.measured_s) = ("quick".to_owned(), 0.2);
        (plan.trials, plan.duration_ms) = (48, 4000);
        for (network, steps) in plan.networks.iter_mut().zip([150, 60, 60, 120]) {
            let config = &mut network.config;
            config.steps = steps;
            config.trainer.schedule.warm_up = 20;
            config.validate_every = steps.div_ceil(2);
            // towers of 100 units have 51 million weights
            config.units = (config.model == ModelName::Mmoeex).then_some(10);
        }
        plan
    }

    /// About an hour on two cores.
    fn standard() -> Self {
        let networks = NETWORKS.into_iter().zip([500, 120, 60, 400]);
        let networks = networks.map(|((folder, title, model, voltages), steps)| {
            let mut config = TrainingConfig::default();
            (config.model, config.steps, config.inputs.voltages) = (model, steps, voltages);
            config.trainer.schedule.warm_up = (steps / 8).min(50);
            config.validate_every = (steps / 2).min(100);
            PlannedNetwork { folder: folder.to_owned(), title: title.to_owned(), config }
        });
        Self {
            name: "standard".to_owned(),
            seed: 1,
            morphology: None,
            trials: 96,
            duration_ms: 6000,
            networks: networks.collect(),
            batch_sizes: vec![1, 8, 32, 128],
            measured_s: 1.0,
            device: cpu(),
        }
    }

    /// As much as was published.
    fn full() -> Self {
        let mut plan = Self::standard();
        (plan.name, plan.trials, plan.measured_s) = ("full".to_owned(), 1024, 3.0);
        for network in &mut plan.networks {
            network.config.steps = 53_000;
            network.config.trainer.schedule.warm_up = 50;
            network.config.validate_every = 500;
        }
        plan
    }

    /// The networks that see past voltages, as published.
    pub(super) fn published(&self) -> impl Iterator<Item = &PlannedNetwork> {
        self.networks.iter().filter(|network| network.is_published())
    }

    /// The reconstruction as commands take it.
    pub(super) fn morphology(&self) -> PathBuf {
        self.morphology.clone().unwrap_or_else(|| DEFAULT.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_longer_than_what_networks_remember() {
        let [quick, standard, full] = [Plan::quick(), Plan::standard(), Plan::full()];
        for plan in [&quick, &standard, &full] {
            let longest = plan.networks.iter().map(|network| network.config.context_ms()).max();
            assert!(longest.is_some_and(|ms| ms + 600 < plan.duration_ms));
            assert_eq!((plan.published().count(), plan.networks.len()), (3, 4));
        }
        assert!(quick.trials < standard.trials && standard.trials < full.trials);
        // published sizes where there is time for them
        assert!(standard.networks.iter().all(|network| network.config.units.is_none()));
    }

    #[test]
    fn folders_of_networks_are_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        for (name, is_refused) in [("mine", false), ("data", true), ("../mh", true), ("", true)] {
            let mut plan = Plan::quick();
            plan.networks[1].folder = name.to_owned();
            std::fs::write(&path, serde_json::to_string(&plan).unwrap()).unwrap();
            let read = Plan::read(&path);
            match read {
                Ok(read) => assert!(!is_refused && read == plan, "{name}"),
                Err(error) => assert!(is_refused && error.to_string().contains("plan.json")),
            }
        }
    }
}
