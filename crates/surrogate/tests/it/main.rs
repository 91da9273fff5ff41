//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;
mod devices;
mod golden;
mod public;
mod residual;
mod streaming;
mod training;
