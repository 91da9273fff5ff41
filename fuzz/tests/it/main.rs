//! Tests of what is public, in one program: each more is linked with all that it uses.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod adversarial_files;
mod common;
mod damaged_files;
