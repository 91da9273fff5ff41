//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;
mod csd_analytic;
mod csd_invariants;
mod csd_reference;
mod dipole_analytic;
mod dipole_invariants;
mod dipole_reference;
mod potential_analytic;
mod potential_invariants;
mod probe_builders;
mod probe_description;
mod probe_files;
mod reference;
mod slice_analytic;
mod slice_invariants;
mod slice_reference;
