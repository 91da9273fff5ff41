//! Numbers side by side: the arithmetic of kernels, at the instruction set that the machine has.
//!
//! Kinetics are written once, over [`Real`]. With `f64` they compute one number by the standard library; a simulation
//! computes eight at a time with the vector instructions of its [`InstructionSet`], chosen while the program runs, so that
//! nothing has to be set when it is compiled.
//!
//! What lies beside a number never changes it: each of the eight is computed by the same operations in the same order.
//! Bits are equal at one instruction set. From one to another they may differ by the errors that [`Real`] states,
//! since AVX-512 takes its exponential from a table, and SSE2 has no fused multiplication and addition.

mod aligned;
mod exponential;
mod instruction_set;
mod lanes;
mod logarithm;
mod real;
mod sweep;
#[cfg(test)]
mod tests;

pub(crate) use aligned::{Aligned, zeros};
pub use instruction_set::InstructionSet;
pub(crate) use instruction_set::Kernel;
pub(crate) use lanes::Lanes;
pub use real::Real;
pub(crate) use sweep::{Inputs, Instances, sweep};
