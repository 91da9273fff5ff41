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
pub use temporal::{StreamState, Temporal, TemporalConfig, TemporalNetworks};
pub(crate) use towers::Towers;
