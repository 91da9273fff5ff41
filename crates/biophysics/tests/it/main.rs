//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod analytic;
mod channels;
mod default_cell;
mod golden;
mod instruction_sets;
mod invariants;
mod reference;
mod stimuli;
mod synapses;
mod training_conditions;
