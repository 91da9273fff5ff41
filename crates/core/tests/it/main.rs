//! Tests of what is public, in one program.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod persistence;
