use super::{ChannelKinetics, Gate, Ion, RateContext, compiled_here};
use crate::Real;

/// Passive leak: I = ḡ·(v − E), always open, with a reversal potential of its own.
///
/// Hodgkin & Huxley 1952 (doi:10.1113/jphysiol.1952.sp004764).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pas {
    /// Reversal potential, mV.
    pub reversal_potential_mv: f64,
}

impl ChannelKinetics<0> for Pas {
    const NAME: &'static str = "pas";
    const ION: Ion = Ion::Nonspecific;
    const GATE_NAMES: [&'static str; 0] = [];

    #[inline(always)]
    fn rates<R: Real>(&self, _context: RateContext<R>) -> [Gate<R>; 0] {
        []
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, []: [R; 0]) -> R {
        maximal
    }

    fn reversal_potential_mv(&self) -> Option<f64> {
        Some(self.reversal_potential_mv)
    }

    compiled_here!();
}
