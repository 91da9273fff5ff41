use std::path::Path;

use apical::ApicalError;
use apical::eval::Table;
use apical::evaluation::{Evaluation, Mode, ProtocolCourse};
use apical::input::{Matrix, read_json, read_matrix};
use apical::morphology::CompartmentTree;
use apical::output::read_manifest;
use apical::surrogate::{Checkpoint, Network};
use apical::training::Device;
use serde::Deserialize;

use super::plan::Plan;
use super::{DATA, SPEED, evaluation};
use crate::command::evaluate::COURSES;
use crate::command::network_file;
use crate::command::reconstruction::{MAX_COMPARTMENT_LENGTH_UM, PRESET, Reconstruction};

/// What the stages have left.
pub(super) struct Results {
    pub(super) tree: CompartmentTree,
    pub(super) dataset: Dataset,
    /// In the order of the plan.
    pub(super) networks: Vec<NetworkResult>,
    pub(super) speed: Table,
    /// If it was measured.
    pub(super) neuron: Option<Peer>,
}

/// Another simulator of the same neuron, one at a time, as `cargo xtask neuron-speed` has timed it.
#[derive(Deserialize)]
pub(super) struct Peer {
    pub(super) model: String,
    pub(super) ms_per_ms: f64,
}

/// What a network can do.
pub(super) struct NetworkResult {
    pub(super) title: String,
    /// Whether it is one of those that see past voltages.
    pub(super) is_published: bool,
    pub(super) network: Network,
    pub(super) evaluation: Evaluation,
    pub(super) courses: Vec<ProtocolCourse>,
    /// The figure of the example.
    pub(super) example_svg: Option<String>,
    /// True and predicted voltages of the example, `[compartments × ms]`.
    pub(super) example: Option<[Matrix; 2]>,
}

/// What the manifest says of the data set.
#[derive(Deserialize)]
pub(super) struct Dataset {
    pub(super) seal: Seal,
}

#[derive(Deserialize)]
pub(super) struct Seal {
    pub(super) checksum: String,
    pub(super) spikes: u64,
    pub(super) calcium_events: u64,
}

#[derive(Deserialize)]
struct Speed {
    tables: Vec<Table>,
}

impl Results {
    pub(super) fn load(out: &Path, plan: &Plan) -> Result<Self, ApicalError> {
        let reconstruction = Reconstruction::load(&plan.morphology())?;
        let (_, tree) = reconstruction.divided(PRESET, MAX_COMPARTMENT_LENGTH_UM)?;
        let networks = plan.networks.iter().map(|planned| {
            let folder = out.join(evaluation(&planned.folder));
            let text = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
            let courses = folder.join(COURSES);
            let matrix = |name: &str| read_matrix(&folder.join(name));
            let checkpoint = network_file(&out.join(&planned.folder))?;
            let evaluation: Evaluation = read_manifest(&folder)?;
            let example = match &evaluation.example {
                Some(_) => {
                    Some([matrix("example_truth_mv.npy")?, matrix("example_predicted_mv.npy")?])
                }
                None => None,
            };
            Ok(NetworkResult {
                title: planned.title.clone(),
                is_published: planned.is_published(),
                network: Checkpoint::load(&checkpoint, &Device::Cpu)?.network,
                evaluation,
                courses: if courses.exists() { read_json(&courses)? } else { Vec::new() },
                example_svg: text("example.svg"),
                example,
            })
        });
        let networks = networks.collect::<Result<_, ApicalError>>()?;
        let dataset = read_manifest(&out.join(DATA))?;
        let speed: Speed = read_manifest(&out.join(SPEED))?;
        let nothing = || Table::new("speed", &[]);
        let speed = speed.tables.into_iter().next().unwrap_or_else(nothing);
        let neuron = out.join(SPEED).join("neuron.json");
        let neuron = neuron.exists().then(|| read_json(&neuron)).transpose()?;
        Ok(Self { tree, dataset, networks, speed, neuron })
    }

    /// Those that see past voltages.
    pub(super) fn published(&self) -> impl Iterator<Item = &NetworkResult> {
        self.networks.iter().filter(|network| network.is_published)
    }
}

impl NetworkResult {
    /// How it is evaluated first.
    pub(super) const fn mode(&self) -> Mode {
        if self.is_published { Mode::OneStep } else { Mode::Free }
    }
}
