//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod cli;
mod cli_dataset;
mod cli_dataset_info;
mod cli_evaluate;
mod cli_lfp;
mod cli_reproduce;
mod cli_speed;
mod cli_train;
mod common;
mod field_potential;
mod generation;
mod lfdeep;
mod neuronio;
mod own_network;
mod session;
