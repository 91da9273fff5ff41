//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use apical_biophysics::BiophysicsError;

mod analytic;
mod channels;
mod default_cell;
mod golden;
mod instruction_sets;
mod invariants;
mod reference;
/// With its unit tests: the library is not compiled once more for them.
#[allow(dead_code, unused_imports, unreachable_pub, reason = "a part of the library")]
#[path = "../../src/simd/mod.rs"]
mod simd;
mod stimuli;
mod synapses;
mod training_conditions;
