use super::{ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, compiled_here};
use crate::Real;

/// Low-voltage-activated calcium current, m²h.
///
/// With u = v + 10 mV (junction potential) and q = 2.3^1.3, τ in ms:
/// m∞ = 1/(1 + exp(−(u + 30)/6)), τ_m = (5 + 20/(1 + exp((u + 25)/5)))/q;
/// h∞ = 1/(1 + exp((u + 80)/6.4)), τ_h = (20 + 50/(1 + exp((u + 40)/7)))/q.
///
/// Avery & Johnston 1996 (doi:10.1523/JNEUROSCI.16-18-05567.1996) and, for τ, Randall & Tsien 1997
/// (doi:10.1016/S0028-3908(97)00086-5), as given by Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaLvast;

impl ChannelKinetics<2> for CaLvast {
    const NAME: &'static str = "Ca_LVAst";
    const ION: Ion = Ion::Calcium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        let u = context.v_mv + 10.0;
        let one = u.constant(1.0);
        let m = u.scaled(30.0, -6.0).exp() + 1.0;
        let tau_m = u.scaled(25.0, 5.0).exp() + 1.0;
        let h = u.scaled(80.0, 6.4).exp() + 1.0;
        let tau_h = u.scaled(40.0, 7.0).exp() + 1.0;
        [
            Gate::from_quotients([one, m], [tau_m, tau_m * 5.0 + 20.0], FACTOR_21_TO_34_CELSIUS),
            Gate::from_quotients([one, h], [tau_h, tau_h * 20.0 + 50.0], FACTOR_21_TO_34_CELSIUS),
        ]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * m * m * h
    }

    compiled_here!();
}
