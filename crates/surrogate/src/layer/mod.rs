//! Layers: weights and what is computed with them.

mod convolution;
mod decoder;
mod dropout;
mod temporal;
mod towers;

pub(crate) use convolution::{Convolution, WeightNormConvolution};
pub(crate) use decoder::FoldedGates;
pub use decoder::{Decoder, Precision};
pub use dropout::Dropout;
pub(crate) use temporal::TemporalNetworks;
pub use temporal::{StreamState, Temporal, TemporalConfig};
pub(crate) use towers::Towers;
