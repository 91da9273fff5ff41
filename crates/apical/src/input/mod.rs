//! Files that are read: synaptic events, matrices of voltages or currents, electrodes, published simulations.

#[cfg(feature = "extracellular")]
mod electrodes;
mod events;
mod json;
mod matrix;
#[cfg(feature = "dataset")]
mod neuronio;
mod npy;

#[cfg(feature = "extracellular")]
pub use electrodes::read_electrodes;
pub use events::read_events;
pub use json::read_json;
pub use matrix::{Matrix, read_matrix};
#[cfg(feature = "dataset")]
pub use neuronio::{
    NEURONIO_CONVERTER, NeuronioError, NeuronioFiles, NeuronioSimulation, import_neuronio,
};
