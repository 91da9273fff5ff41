//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;
mod input_process;
mod loader;
mod sampling;
mod scaling;
mod split;
mod stimulus_process;
mod store;
mod summary;
