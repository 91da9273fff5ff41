//! Figures as SVG.
//!
//! Text stays text, in a generic sans-serif font, and colors are perceptually ordered, so that a figure can go into a
//! paper as it is or be edited there.

mod axis;
mod cell;
mod color;
mod selection;
mod voltage;

pub use selection::depth_selection;
pub use voltage::cell_and_traces;
