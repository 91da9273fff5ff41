//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod compartments_analytic;
mod compartments_invariants;
mod compartments_reference;
mod neurolucida_reference;
mod neurolucida_robustness;
mod swc_faults;
mod swc_reference;
mod swc_round_trip;
mod synthetic;
