//! Networks on disk.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use apical_core::TrialLayout;
use candle_core::{DType, Device, Tensor, Var};
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Adam, Frame, ModelConfig, Moments, MultitaskModel, Network, Parameters, SurrogateError,
    Trainer, TrainerConfig, Validations,
};

/// Version of what is written. Another one is refused.
const FORMAT: u32 = 1;

/// Key of the description in the header of a file.
const DESCRIPTION: &str = "apical";

/// Prefixes of the names of tensors.
const WEIGHT: &str = "weight/";
const FIRST_MOMENT: &str = "first-moment/";
const SECOND_MOMENT: &str = "second-moment/";
const LINEAR_STEP: &str = "linear-step";

/// A network as it was saved, and its training if that can go on.
///
/// # File
///
/// One safetensors file, which Python's `safetensors` opens: weights are `weight/…`, the means of Adam `first-moment/…` and
/// `second-moment/…`, the weights of a linear step `linear-step`. The header's entry `apical` is JSON: sizes of the model, the
/// frame (tasks, units, residual path), the layout of the neuron, a SHA-256 checksum of the tensors, and the state of training.
/// It is written under another name, flushed to the disk and renamed, so that a file is whole or not there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The network.
    pub network: Network,
    /// Where its training has come to; none in a file that was saved without it.
    pub trainer: Option<Trainer>,
    /// What the caller has added: where its data is from, and at which batch it is.
    pub notes: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    format: u32,
    /// Version of the crate that wrote it.
    version: String,
    model: ModelConfig,
    frame: Value,
    layout: TrialLayout,
    training: Option<Training>,
    notes: Value,
    checksum: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Training {
    config: TrainerConfig,
    steps: u64,
    validations: Validations,
}

impl Checkpoint {
    /// Writes a network to a file, with its training if that is to go on.
    ///
    /// Of the network it has the sizes and the weights; one of another implementation of [`MultitaskModel`] than this crate's is
    /// read by [`load_with`](Self::load_with).
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Io`] with the path, [`SurrogateError::File`] for what JSON cannot hold.
    pub fn save(
        path: &Path,
        network: &Network,
        trainer: Option<&Trainer>,
        notes: Value,
    ) -> Result<(), SurrogateError> {
        let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
        let mut add = |prefix: &str, name: &str, values: &Tensor| -> Result<(), SurrogateError> {
            let values = values.to_device(&Device::Cpu)?.contiguous()?;
            tensors.insert(format!("{prefix}{name}"), values);
            Ok(())
        };
        for (name, var) in network.model().parameters().iter() {
            add(WEIGHT, name, var)?;
        }
        for (name, moments) in trainer.iter().flat_map(|trainer| trainer.adam().moments()) {
            add(FIRST_MOMENT, name, &moments.first)?;
            add(SECOND_MOMENT, name, &moments.second)?;
        }
        let broken = |what: serde_json::Error| {
            let source = Box::new(SurrogateError::Checkpoint(what.to_string()));
            SurrogateError::File { path: path.to_owned(), source }
        };
        let mut frame = serde_json::to_value(network.frame()).map_err(broken)?;
        if let Some(weights) = linear_weights(&mut frame) {
            let values: Vec<f32> = serde_json::from_value(weights.take()).map_err(broken)?;
            add(LINEAR_STEP, "", &Tensor::new(values, &Device::Cpu)?)?;
        }
        let description = Description {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: network.model().config().clone(),
            frame,
            layout: network.layout().clone(),
            training: trainer.map(|trainer| Training {
                config: trainer.config().clone(),
                steps: trainer.adam().steps(),
                validations: trainer.validations().clone(),
            }),
            notes,
            checksum: checksum(tensors.iter().map(|(name, values)| {
                use safetensors::View;
                (name.as_str(), values.data())
            })),
        };
        let text = serde_json::to_string(&description).map_err(broken)?;
        let header = HashMap::from([(DESCRIPTION.to_owned(), text)]);

        let partial = partial(path);
        let written = safetensors::serialize_to_file(&tensors, Some(header), &partial)
            .map_err(|error| match error {
                SafeTensorError::IoError(error) => error,
                error => io::Error::other(error),
            })
            .and_then(|()| File::open(&partial)?.sync_all())
            .and_then(|()| fs::rename(&partial, path));
        written.map_err(|source| {
            // the first error is the one to report
            let _ = fs::remove_file(&partial);
            SurrogateError::Io { path: path.to_owned(), source }
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Io`] for a file that cannot be read, [`SurrogateError::File`] for one that is of another kind, was cut or
    /// changed, describes something that cannot be, or has other weights than its network.
    pub fn load(path: &Path, device: &Device) -> Result<Self, SurrogateError> {
        Self::load_with(path, device, ModelConfig::build_with)
    }

    /// Reads a file of a network of one's own: `build` makes it from its sizes and takes its weights from the parameters, all of
    /// them.
    ///
    /// ```no_run
    /// use apical_surrogate::candle_core::Device;
    /// use apical_surrogate::{Checkpoint, HardSharing, MultitaskModel};
    ///
    /// let path = "network/best.safetensors".as_ref();
    /// let checkpoint = Checkpoint::load_with(path, &Device::Cpu, |config, parameters| {
    ///     // or a type that implements the trait elsewhere
    ///     let model: Box<dyn MultitaskModel> = Box::new(HardSharing::new(config, parameters)?);
    ///     Ok(model)
    /// })?;
    /// println!("{} tasks", checkpoint.network.frame().tasks.len());
    /// # Ok::<(), apical_surrogate::SurrogateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and what `build` refuses, in [`SurrogateError::File`].
    pub fn load_with(
        path: &Path,
        device: &Device,
        build: impl FnOnce(ModelConfig, Parameters) -> Result<Box<dyn MultitaskModel>, SurrogateError>,
    ) -> Result<Self, SurrogateError> {
        let io = |source| SurrogateError::Io { path: path.to_owned(), source };
        let bytes = fs::read(path).map_err(io)?;
        Self::from_bytes(&bytes, device, build)
            .map_err(|source| SurrogateError::File { path: path.to_owned(), source: source.into() })
    }

    fn from_bytes(
        bytes: &[u8],
        device: &Device,
        build: impl FnOnce(ModelConfig, Parameters) -> Result<Box<dyn MultitaskModel>, SurrogateError>,
    ) -> Result<Self, SurrogateError> {
        let wrong = |what: String| SurrogateError::Checkpoint(what);
        let (_, header) =
            SafeTensors::read_metadata(bytes).map_err(|error| wrong(error.to_string()))?;
        let text = header.metadata().as_ref().and_then(|entries| entries.get(DESCRIPTION));
        let text = text.ok_or_else(|| wrong("is not a checkpoint of apical".to_owned()))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| wrong(error.to_string()))?;
        let format = serde_json::from_str::<Value>(text)
            .map_err(|error| wrong(error.to_string()))?["format"]
            .as_u64();
        if format != Some(u64::from(FORMAT)) {
            let found = format.map_or_else(|| "none".to_owned(), |found| found.to_string());
            return Err(wrong(format!("is of format {found}: this version reads {FORMAT}")));
        }
        let description: Description =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut views: Vec<(String, TensorView<'_>)> = tensors.tensors();
        views.sort_by(|a, b| a.0.cmp(&b.0));
        let found = checksum(views.iter().map(|(name, view)| (name.as_str(), view.data().into())));
        if found != description.checksum {
            return Err(wrong(format!(
                "has changed: its checksum is {found}, was {}",
                description.checksum
            )));
        }

        let Description { model, mut frame, layout, training, notes, .. } = description;
        let dtype = views
            .iter()
            .find(|(name, _)| name.starts_with(WEIGHT))
            .map_or(Ok(DType::F32), |(_, view)| number_type(view))?;
        let tensor = |name: &str| -> Result<Tensor, SurrogateError> {
            let view = tensors.tensor(name).map_err(|error| wrong(error.to_string()))?;
            let dtype = number_type(&view)?;
            Ok(Tensor::from_raw_buffer(view.data(), dtype, view.shape(), device)?)
        };
        if let Some(weights) = linear_weights(&mut frame) {
            let values = tensor(LINEAR_STEP)?.flatten_all()?.to_vec1::<f32>()?;
            *weights = values.into();
        }
        let frame: Frame =
            serde_json::from_value(frame).map_err(|error| wrong(error.to_string()))?;
        let mut weights = BTreeMap::new();
        for name in views.iter().filter_map(|(name, _)| name.strip_prefix(WEIGHT)) {
            weights.insert(name.to_owned(), tensor(&format!("{WEIGHT}{name}"))?);
        }
        let model = build(model, Parameters::stored(weights, dtype, device.clone()))?;
        if let Some(name) = model.parameters().unused() {
            let (name, what) = (name.to_owned(), "is none of this network".to_owned());
            return Err(SurrogateError::Weight { name, what });
        }
        let names = model.parameters().iter().map(|(name, _)| name);
        let trainer = training.map(|training| -> Result<Trainer, SurrogateError> {
            let moment = |prefix: &str, name: &str| {
                let values = tensor(&format!("{prefix}{name}"))?;
                model.parameters().check(name, &values)?;
                Ok::<Var, SurrogateError>(Var::from_tensor(&values)?)
            };
            let moments = names.map(|name| {
                let [first, second] =
                    [FIRST_MOMENT, SECOND_MOMENT].map(|prefix| moment(prefix, name));
                Ok((name.to_owned(), Moments { first: first?, second: second? }))
            });
            let moments = moments.collect::<Result<_, SurrogateError>>()?;
            let adam = Adam::from_moments(training.config.adam, training.steps, moments);
            Trainer::resume(training.config, adam, training.validations)
        });
        let trainer = trainer.transpose()?;
        Ok(Self { network: Network::new(model, frame, layout)?, trainer, notes })
    }
}

/// Where the weights of a linear step are in the JSON of a frame: two million numbers, kept as a tensor instead.
fn linear_weights(frame: &mut Value) -> Option<&mut Value> {
    frame.pointer_mut("/residual/linear/weights")
}

fn number_type(view: &TensorView<'_>) -> Result<DType, SurrogateError> {
    match view.dtype() {
        Dtype::F32 => Ok(DType::F32),
        Dtype::F64 => Ok(DType::F64),
        other => Err(SurrogateError::Checkpoint(format!("has numbers of type {other:?}"))),
    }
}

/// Of names and bytes of tensors, in order of names.
fn checksum<'a>(tensors: impl Iterator<Item = (&'a str, std::borrow::Cow<'a, [u8]>)>) -> String {
    let mut hash = Sha256::new();
    for (name, bytes) in tensors {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Another name in the same folder.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}
