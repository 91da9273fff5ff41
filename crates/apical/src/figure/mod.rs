//! Figures as SVG.
//!
//! Text stays text, in a generic sans-serif font, and colors are perceptually ordered, so that a figure can go into a
//! paper as it is or be edited there.

mod axis;
mod cell;
mod color;
mod color_bar;
mod course;
#[cfg(feature = "dataset")]
mod dataset;
#[cfg(feature = "dataset")]
mod histogram;
#[cfg(feature = "extracellular")]
mod potential;
mod selection;
#[cfg(feature = "extracellular")]
mod stack;
#[cfg(feature = "extracellular")]
mod view;
mod voltage;

#[cfg(feature = "dataset")]
pub use dataset::dataset_overview;
#[cfg(feature = "extracellular")]
pub use potential::cell_and_potentials;
pub use selection::depth_selection;
pub use voltage::cell_and_traces;
