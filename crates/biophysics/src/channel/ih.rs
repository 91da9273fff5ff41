use super::{ChannelKinetics, Gate, Ion, RateContext, compiled_here, with_exp_m1};
use crate::Real;

/// Hyperpolarization-activated cation current, m.
///
/// With r(x) = x/(eˣ − 1), s the shift and v in mV, rates in 1/ms, used as they are at any temperature:
/// α_m = 0.001·6.43·11.9·r((v + 154.9 − s)/11.9), β_m = 0.001·193·exp((v − s)/33.1).
///
/// Kole et al. 2006 (doi:10.1523/JNEUROSCI.3664-05.2006), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ih {
    /// By how much both rates are moved along the voltage axis, mV; positive opens the channel at higher voltages.
    pub shift_mv: f64,
    /// Reversal potential, mV.
    pub reversal_potential_mv: f64,
}

/// As published: no shift, reversal at −45 mV.
impl Default for Ih {
    fn default() -> Self {
        Self { shift_mv: 0.0, reversal_potential_mv: -45.0 }
    }
}

impl ChannelKinetics<1> for Ih {
    const NAME: &'static str = "Ih";
    const ION: Ion = Ion::Nonspecific;
    const GATE_NAMES: [&'static str; 1] = ["m"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 1] {
        let v = context.v_mv - self.shift_mv;
        let (x, denominator) = with_exp_m1(v.scaled(154.9, 11.9));
        let beta = v.scaled(0.0, 33.1).exp() * (0.001 * 193.0);
        let alpha = x * (0.001 * 6.43 * 11.9);
        [Gate::from_rates_over(alpha, beta * denominator, denominator, 1.0)]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m]: [R; 1]) -> R {
        maximal * m
    }

    fn reversal_potential_mv(&self) -> Option<f64> {
        Some(self.reversal_potential_mv)
    }

    compiled_here!();
}
