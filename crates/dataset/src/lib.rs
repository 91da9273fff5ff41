//! Synaptic input processes for simulated data sets.
