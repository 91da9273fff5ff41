//! Multitask neural networks that predict the voltage of every compartment of a neuron, one millisecond at a time.
//!
//! Those of Verhellen et al. 2024 (doi:10.1371/journal.pcbi.1011728): temporal convolutional networks see synaptic events
//! and, if wanted, voltages; one small tower a task says what comes next. [`HardSharing`] has one such network for all
//! tasks (MH), [`Mixture`] several experts that every task weighs in its own way (MMoE), some of which may be open to few
//! tasks (MMoEEx). All are a [`MultitaskModel`].
//!
//! A network has two parts. The first goes along time and is computed once for all windows that overlap:
//! [`MultitaskModel::encode`] for whole stretches, [`Temporal::advance`] as time goes on. The second,
//! [`MultitaskModel::decode`], turns each of the [`windows`] of what the first says into one number a task. [`ModelStream`]
//! is both, one millisecond after the other.
//!
//! ```
//! use apical_core::{BinnedEvents, SynapseId};
//! use apical_surrogate::{
//!     Adam, AdamConfig, Architecture, HardSharing, ModelConfig, ModelInput, MultitaskModel, Parameters,
//!     windows,
//! };
//! use candle_core::{DType, Device, Tensor};
//!
//! // three synapses, two tasks, windows of 30 ms
//! let mut config = ModelConfig::new(3, 0, 2, Architecture::HardSharing { units: 4 });
//! config.window = 30;
//! let model = HardSharing::new(config, Parameters::new(1, DType::F32, Device::Cpu))?;
//!
//! // two stretches of 40 ms; synapse 0 is active in the first bin of each, synapse 2 twice in the last of the second
//! let mut offsets = vec![1; 81];
//! offsets[0] = 0;
//! offsets[41..].fill(2);
//! offsets[80] = 4;
//! let events = BinnedEvents::new(offsets, [0, 0, 2, 2].map(SynapseId::new).to_vec())?;
//! let input = ModelInput::new(2, events.into(), None)?;
//! let ends = [(0, 39), (1, 38), (1, 39)];
//! let predict = || {
//!     let encoded = model.encode(&input, None)?;
//!     Ok::<_, apical_surrogate::SurrogateError>(model.decode(&windows(&encoded, &ends, 30)?)?.predictions)
//! };
//! let before = predict()?;
//! assert_eq!(before.dims(), [3, 2]);
//!
//! // toward what should come next
//! let target = Tensor::new(&[[0.0_f32, 1.0], [0.0, 1.0], [1.0, -1.0]], &Device::Cpu)?;
//! let loss = |x: &Tensor| (x - &target)?.sqr()?.mean_all();
//! let mut adam = Adam::new(AdamConfig::default(), model.parameters())?;
//! for _ in 0..50 {
//!     adam.step(model.parameters(), &loss(&predict()?)?.backward()?, 1e-2, 1.0)?;
//! }
//! let [before, after] = [loss(&before)?, loss(&predict()?)?].map(|loss| loss.to_scalar::<f32>());
//! assert!(after? < 0.9 * before?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Devices
//!
//! Weights follow from a seed and their names, and are the same on every device. On the processor, products with events,
//! groups of matrices and mixtures of experts are computed by this crate, on all threads of rayon; other devices (feature
//! `cuda`) compute the same with what candle has.

/// What tensors, devices and errors of public items are of.
pub use candle_core;

mod batch;
mod checkpoint;
mod error;
mod frame;
mod layer;
pub mod lfdeep;
mod memory;
mod model;
mod network;
mod noise;
mod ops;
mod optimizer;
mod parameters;
mod predictor;
mod tasks;
mod team;
mod trainer;
mod validations;

pub use batch::TrialBatch;
pub use checkpoint::Checkpoint;
pub use error::SurrogateError;
pub use frame::{Frame, FramedBatch, Residual, SeenInputs, SeenVoltages, SpikePath};
pub use layer::{
    Decoder, Dropout, Precision, StreamState, Temporal, TemporalConfig, TemporalNetworks,
};
pub use memory::keep_freed_memory;
pub use model::{
    Architecture, ExpertAccess, GateInit, HardSharing, Mixture, MixtureConfig, ModelConfig,
    ModelInput, ModelStream, MultitaskModel, Outputs, Padding, windows,
};
pub use network::Network;
pub use noise::VoltageNoise;
pub use ops::Activation;
pub use optimizer::{Adam, AdamConfig, Decay, Moments};
pub use parameters::{Init, Parameters};
pub use predictor::{Predictor, PredictorState};
pub use tasks::{Task, TaskTable};
pub use team::{Alone, Team};
pub use trainer::{Losses, Schedule, Trainer, TrainerConfig};
pub use validations::{Patience, Validations};
