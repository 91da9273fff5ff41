use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use apical_core::TrialSource;
use apical_dataset::store::Store;
use apical_dataset::{Position, Split};
use apical_eval::RegionError;
use apical_surrogate::{
    Alone, Checkpoint, Losses, ModelConfig, MultitaskModel, Network, Parameters, SurrogateError,
    Team, Trainer,
};
use candle_core::Device;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::batches::stretch_of;
use super::config::TrainingConfig;
use super::record::{LOSSES, Record, VALIDATION};
use super::report::{Report, report, validate};
use super::start;
use crate::ApicalError;
use crate::replace::replace_json;

/// Name of the file that a training goes on from.
pub const LAST: &str = "last.safetensors";

/// Name of the file of the network with the least validation loss.
pub const BEST: &str = "best.safetensors";

/// Name of the file of errors on test trials.
pub const TEST: &str = "test.json";

/// Name of the file of all parameters.
const CONFIG: &str = "config.json";

/// Makes a network from its sizes, and takes its weights from the parameters, all of them: [`ModelConfig::build_with`] for those
/// of this project.
pub type BuildModel =
    fn(ModelConfig, Parameters) -> Result<Box<dyn MultitaskModel>, SurrogateError>;

/// The training of one network with the trials of a data set, in a folder.
///
/// The folder has the networks [`LAST`] and [`BEST`], `config.json`, the losses of every step in `losses.csv`, those of
/// validations in `validation.csv`, and both in an event file of TensorBoard. A training that was killed loses what
/// followed its last validation, one that was told to stop loses nothing; resumed, it goes on to the same bits as if it had
/// not been (on the processor).
#[derive(Debug)]
pub struct Training {
    config: TrainingConfig,
    store: Arc<Store>,
    /// Which data set it is.
    identity: String,
    split: Split,
    position: Position,
    network: Network,
    build: BuildModel,
    trainer: Trainer,
    out: PathBuf,
}

/// What a checkpoint says of its training besides what the network and the trainer say.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    config: TrainingConfig,
    /// That of the data set, as it says how its trials are made.
    dataset: String,
    split: Split,
    position: Position,
}

/// Trials of a data set that a network was not trained with, from the notes of its [`Checkpoint`]: those that were kept for
/// its test, or all of another data set, which should not have the same seed.
///
/// # Errors
///
/// Where the data set is not whole, or the notes are not those of a training.
pub fn untouched_trials(
    checkpoint: &Path,
    notes: Value,
    store: &Store,
) -> Result<Vec<usize>, ApicalError> {
    let notes: Notes = serde_json::from_value(notes)
        .map_err(|source| ApicalError::Json { path: checkpoint.to_owned(), source })?;
    store.check_complete()?;
    Ok(if notes.dataset == store.manifest().identity() {
        notes.split.test().to_vec()
    } else {
        (0..store.trial_count()).collect()
    })
}

/// What happens in a training.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TrainingEvent<'a> {
    /// A step was made, counted from 1.
    Step {
        /// Steps so far.
        step: u64,
        /// Its losses.
        losses: Losses,
    },
    /// Trials that are not trained with were predicted.
    Validated {
        /// Steps so far.
        step: u64,
        /// Their losses.
        losses: Losses,
        /// Errors by region.
        regions: &'a [RegionError],
        /// Whether the loss is the least so far.
        is_best: bool,
    },
}

impl Training {
    /// Before the first step, in a folder that has no training yet.
    ///
    /// # Errors
    ///
    /// [`ApicalError::HasTraining`] if it has one. Where the data set cannot be read, is not whole or has too few trials, the
    /// configuration makes no sense, or the folder cannot be written to.
    pub fn start(
        dataset: &Path,
        out: &Path,
        config: TrainingConfig,
        device: &Device,
    ) -> Result<Self, ApicalError> {
        Self::start_with(dataset, out, config, device, ModelConfig::build_with)
    }

    /// Before the first step of a network of one's own, in a folder that has no training yet. Its sizes are those that the
    /// configuration says, with an architecture that does not matter.
    ///
    /// # Errors
    ///
    /// As [`Training::start`], and what `build` refuses.
    pub fn start_with(
        dataset: &Path,
        out: &Path,
        config: TrainingConfig,
        device: &Device,
        build: BuildModel,
    ) -> Result<Self, ApicalError> {
        if [LAST, BEST].iter().any(|file| out.join(file).exists()) {
            return Err(ApicalError::HasTraining { path: out.to_owned() });
        }
        Self::begin(dataset, out, config, device, build)
    }

    /// Before the first step. The files of a training that is in the folder are removed, once all that can be wrong with
    /// the input is known.
    ///
    /// # Errors
    ///
    /// As [`Training::start`], but that the folder may have a training.
    pub fn start_over(
        dataset: &Path,
        out: &Path,
        config: TrainingConfig,
        device: &Device,
    ) -> Result<Self, ApicalError> {
        Self::begin(dataset, out, config, device, ModelConfig::build_with)
    }

    fn begin(
        dataset: &Path,
        out: &Path,
        config: TrainingConfig,
        device: &Device,
        build: BuildModel,
    ) -> Result<Self, ApicalError> {
        let (store, identity) = open(dataset)?;
        let split = Split::new(config.seed, store.trial_count(), config.split)?;
        let network = start::network(&store, &split, &config, device, build)?;
        let trainer = Trainer::new(config.trainer(), network.model())?;
        fs::create_dir_all(out).map_err(ApicalError::io(out))?;
        let position = Position::default();
        let training = Self {
            config,
            store,
            identity,
            split,
            position,
            network,
            build,
            trainer,
            out: out.to_owned(),
        };
        training.remove_what_was()?;
        replace_json(&out.join(CONFIG), &training.config)?;
        training.save(LAST)?;
        Ok(training)
    }

    /// Where the folder's training has come to.
    ///
    /// # Errors
    ///
    /// As [`Training::start`], and where there is no checkpoint, it is damaged, was saved without its training, or is one of
    /// another data set.
    pub fn resume(dataset: &Path, out: &Path, device: &Device) -> Result<Self, ApicalError> {
        Self::resume_with(dataset, out, device, ModelConfig::build_with)
    }

    /// Where the folder's training of a network of one's own has come to.
    ///
    /// # Errors
    ///
    /// As [`Training::resume`], and what `build` refuses.
    pub fn resume_with(
        dataset: &Path,
        out: &Path,
        device: &Device,
        build: BuildModel,
    ) -> Result<Self, ApicalError> {
        let (store, identity) = open(dataset)?;
        let path = out.join(LAST);
        let Checkpoint { network, trainer, notes, .. } =
            Checkpoint::load_with(&path, device, build)?;
        let notes: Notes = serde_json::from_value(notes)
            .map_err(|source| ApicalError::Json { path: path.clone(), source })?;
        if notes.dataset != identity {
            return Err(ApicalError::OtherDataset { path, dataset: dataset.to_owned() });
        }
        let trainer = trainer.ok_or(ApicalError::NoTrainer { path })?;
        let Notes { config, split, position, .. } = notes;
        let out = out.to_owned();
        Ok(Self { config, store, identity, split, position, network, build, trainer, out })
    }

    /// How it trains.
    #[must_use]
    pub const fn config(&self) -> &TrainingConfig {
        &self.config
    }

    /// Number of steps made.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.trainer.adam().steps()
    }

    /// The network as it is.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// Which trials are for what.
    #[must_use]
    pub const fn split(&self) -> &Split {
        &self.split
    }

    /// Whether all steps were made that were asked for, or validations have shown no improvement for too long.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.steps() >= self.config.steps || self.trainer.is_over()
    }

    /// Makes steps until the training [is over](Training::is_over), or `tell` breaks off: the training is then saved as it is, and
    /// goes on where it is run or resumed.
    ///
    /// # Errors
    ///
    /// Where a trial cannot be read, a file cannot be written, or a loss is no number.
    pub fn run(
        &mut self,
        tell: impl FnMut(TrainingEvent<'_>) -> ControlFlow<()>,
    ) -> Result<(), ApicalError> {
        self.run_in(&Alone, tell)
    }

    /// Makes steps together with other processes, that are told the same and have the same folder. The first of them validates
    /// and writes. All stop where one of them breaks off.
    ///
    /// # Errors
    ///
    /// As [`Training::run`]. The others are then to be stopped: they wait for what will not come.
    pub fn run_in(
        &mut self,
        team: &dyn Team,
        mut tell: impl FnMut(TrainingEvent<'_>) -> ControlFlow<()>,
    ) -> Result<(), ApicalError> {
        if self.is_over() {
            return Ok(());
        }
        let is_first = team.index() == 0;
        let mut record = is_first.then(|| Record::open(&self.out, self.steps())).transpose()?;
        let context = self.config.context_ms();
        let loader = start::loader(&self.store, &self.split, &self.config, self.position)?;
        for batch in loader {
            let started = Instant::now();
            let batch = batch?;
            let next = batch.next;
            let rate = self.trainer.rate();
            let losses = self.trainer.step_in(team, &self.network, &stretch_of(batch)?, context)?;
            self.position = next;
            let step = self.steps();
            if let Some(record) = &mut record {
                record.step(step, &losses, rate, started.elapsed().as_secs_f64())?;
            }
            let mut is_stopped = tell(TrainingEvent::Step { step, losses }).is_break();
            let is_validated =
                step >= self.config.steps || step.is_multiple_of(self.config.validate_every.max(1));
            if is_validated {
                let (losses, regions) =
                    if is_first { self.validate()? } else { Default::default() };
                let losses = losses.shared(team);
                let is_best = self.trainer.validated(&losses);
                if let Some(record) = &mut record {
                    record.validation(step, &losses, &regions)?;
                    if is_best {
                        self.save(BEST)?;
                    }
                }
                let event = TrainingEvent::Validated { step, losses, regions: &regions, is_best };
                is_stopped |= tell(event).is_break();
            }
            is_stopped = is_any(team, is_stopped);
            if is_first && (is_validated || is_stopped) {
                self.save(LAST)?;
            }
            if is_stopped || self.is_over() {
                break;
            }
        }
        Ok(())
    }

    /// How well the best network so far predicts the trials that are kept for the end; also written to `test.json`.
    ///
    /// # Errors
    ///
    /// Where a trial or the network cannot be read, or the file cannot be written.
    pub fn test(&self) -> Result<Report, ApicalError> {
        let device = self.network.model().parameters().device();
        let best = Checkpoint::load_with(&self.out.join(BEST), device, self.build)?.network;
        let (context, stride) = (self.config.context_ms(), self.config.stride_ms);
        let report = report(&best, &self.store, self.split.test(), context, stride)?;
        replace_json(&self.out.join(TEST), &report)?;
        Ok(report)
    }

    fn validate(&self) -> Result<(Losses, Vec<RegionError>), ApicalError> {
        let trials = self.split.validation();
        let trials = &trials[..trials.len().min(self.config.validation_trials.max(1))];
        let times = [self.config.context_ms(), self.config.stride_ms];
        validate(&self.trainer, &self.network, &self.store, trials, times)
    }

    fn save(&self, file: &str) -> Result<(), ApicalError> {
        let path = self.out.join(file);
        let notes = Notes {
            config: self.config.clone(),
            dataset: self.identity.clone(),
            split: self.split.clone(),
            position: self.position,
        };
        let notes = serde_json::to_value(notes)
            .map_err(|source| ApicalError::Json { path: path.clone(), source })?;
        let trainer = (file == LAST).then_some(&self.trainer);
        Ok(Checkpoint::save(&path, &self.network, trainer, notes)?)
    }

    /// Removes what another training has left in the folder.
    fn remove_what_was(&self) -> Result<(), ApicalError> {
        let entries = fs::read_dir(&self.out).map_err(ApicalError::io(&self.out))?;
        for entry in entries {
            let path = entry.map_err(ApicalError::io(&self.out))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if is_of_training(&name) {
                fs::remove_file(&path).map_err(ApicalError::io(&path))?;
            }
        }
        Ok(())
    }
}

/// Whether a file of this name is one of a training, or what is left of one that was being written when a process was killed:
/// `last.safetensors.7.partial`, `.losses.csv.7.partial`.
fn is_of_training(name: &str) -> bool {
    let partial = name.strip_suffix(".partial").and_then(|name| name.rsplit_once('.'));
    let is_process = |id: &str| id.parse::<u32>().is_ok();
    let name = match partial {
        Some((name, id)) if is_process(id) => name.strip_prefix('.').unwrap_or(name),
        _ => name,
    };
    name.starts_with("events.out.tfevents.")
        || [BEST, LAST, TEST, CONFIG, LOSSES, VALIDATION].contains(&name)
}

/// Whether it is so in any process.
fn is_any(team: &dyn Team, is_here: bool) -> bool {
    let mut count = [f64::from(u8::from(is_here))];
    team.sum_f64(&mut count);
    count[0] > 0.0
}

/// A data set that is whole, and which one it is.
fn open(dataset: &Path) -> Result<(Arc<Store>, String), ApicalError> {
    let store = Store::open(dataset)?;
    store.check_complete()?;
    let identity = store.manifest().identity();
    Ok((Arc::new(store), identity))
}
