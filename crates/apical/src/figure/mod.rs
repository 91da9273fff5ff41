//! Figures as SVG, and with the feature `png` as PNG.
//!
//! Text stays text, in a generic sans-serif font, and colors are perceptually ordered, so that a figure can go into a
//! paper as it is or be edited there.

#[cfg(feature = "surrogate")]
mod architecture;
mod axis;
mod cell;
mod color;
mod color_bar;
mod comparison;
mod course;
#[cfg(feature = "dataset")]
mod dataset;
#[cfg(feature = "dataset")]
mod histogram;
mod page;
#[cfg(feature = "png")]
mod png;
#[cfg(feature = "extracellular")]
mod potential;
#[cfg(feature = "extracellular")]
mod prediction;
mod selection;
#[cfg(feature = "extracellular")]
mod stack;
mod swarm;
#[cfg(feature = "extracellular")]
mod view;
mod voltage;
mod weights;

#[cfg(feature = "surrogate")]
pub use architecture::network_diagrams;
pub use comparison::{ComparedTraces, compared_voltages};
#[cfg(feature = "dataset")]
pub use dataset::dataset_overview;
#[cfg(feature = "png")]
pub use png::{PngError, png};
#[cfg(feature = "extracellular")]
pub use potential::cell_and_potentials;
#[cfg(feature = "extracellular")]
pub use prediction::{Prediction, cell_and_predictions};
pub use selection::depth_selection;
pub use swarm::{Baseline, Swarm, loss_swarms};
pub use voltage::cell_and_traces;
pub use weights::{WeightRow, cell_weights};
