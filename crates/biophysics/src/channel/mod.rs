//! Density channels: one file each, with source and units.

mod kinetics;

pub use kinetics::{ChannelKinetics, Gate, Ion, RateContext, exprelr};
