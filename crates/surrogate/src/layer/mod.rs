//! Layers: weights and what is computed with them.

mod convolution;
mod dropout;
mod temporal;
mod towers;

pub(crate) use convolution::WeightNormConvolution;
pub use dropout::Dropout;
pub(crate) use temporal::{Entry, TemporalNetworks};
pub use temporal::{StreamState, TemporalConfig};
pub(crate) use towers::Towers;
