use super::{ChannelKinetics, Gate, Ion, RateContext, compiled_here, na_ta_t};
use crate::Real;

/// Transient sodium current of the soma and dendrites, m³h: [`NaTaT`](super::NaTaT) with its curves 6 mV higher.
///
/// Colbert & Pan 2002 (doi:10.1038/nn0602-857), as in the cell of Shai et al. 2015 (doi:10.1371/journal.pcbi.1004090).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NaTs2T;

impl ChannelKinetics<2> for NaTs2T {
    const NAME: &'static str = "NaTs2_t";
    const ION: Ion = Ion::Sodium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        na_ta_t::gates(context.v_mv, 32.0, 60.0)
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * m * m * m * h
    }

    compiled_here!();
}
