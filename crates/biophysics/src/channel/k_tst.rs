use super::{ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, compiled_here};
use crate::Real;

/// Transient, fast inactivating potassium current, m⁴h.
///
/// With u = v + 10 mV (junction potential) and q = 2.3^1.3, τ in ms:
/// m∞ = 1/(1 + exp(−u/19)), τ_m = (0.34 + 0.92·exp(−((u + 71)/59)²))/q;
/// h∞ = 1/(1 + exp((u + 66)/10)), τ_h = (8 + 49·exp(−((u + 73)/23)²))/q.
///
/// Korngreen & Sakmann 2000 (doi:10.1111/j.1469-7793.2000.00621.x), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KTst;

impl ChannelKinetics<2> for KTst {
    const NAME: &'static str = "K_Tst";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        let u = context.v_mv + 10.0;
        let one = u.constant(1.0);
        let q = FACTOR_21_TO_34_CELSIUS;
        let y = (u + 71.0) / 59.0;
        let z = (u + 73.0) / 23.0;
        let tau_m = (-(y * y)).exp() * 0.92 + 0.34;
        let tau_h = (-(z * z)).exp() * 49.0 + 8.0;
        let m = u.scaled(0.0, -19.0).exp() + 1.0;
        let h = u.scaled(66.0, 10.0).exp() + 1.0;
        [
            Gate::from_quotients([one, m], [one, tau_m], q),
            Gate::from_quotients([one, h], [one, tau_h], q),
        ]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * (m * m) * (m * m) * h
    }

    compiled_here!();
}
