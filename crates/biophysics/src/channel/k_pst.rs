use super::{ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, compiled_here};
use crate::Real;

/// Persistent, slowly inactivating potassium current, m²h.
///
/// With u = v + 10 mV (junction potential) and q = 2.3^1.3, τ in ms:
/// m∞ = 1/(1 + exp(−(u + 1)/12)), τ_m = (1.25 + 175.03·exp(0.026·u))/q for u < −50, else (1.25 + 13·exp(−0.026·u))/q
/// (where they meet, the two differ by 8·10⁻⁶ of their value);
/// h∞ = 1/(1 + exp((u + 54)/11)), τ_h = (360 + (1010 + 24·(u + 55))·exp(−((u + 75)/48)²))/q.
///
/// Korngreen & Sakmann 2000 (doi:10.1111/j.1469-7793.2000.00621.x), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KPst;

impl ChannelKinetics<2> for KPst {
    const NAME: &'static str = "K_Pst";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        let u = context.v_mv + 10.0;
        let one = u.constant(1.0);
        let q = FACTOR_21_TO_34_CELSIUS;
        let scale = u.select_below(-50.0, u.constant(175.03), u.constant(13.0));
        let exponent = u.select_below(-50.0, u * 0.026, u * -0.026);
        let tau_m = exponent.exp() * scale + 1.25;
        let y = (u + 75.0) / 48.0;
        let tau_h = ((u + 55.0) * 24.0 + 1010.0) * (-(y * y)).exp() + 360.0;
        let m = u.scaled(1.0, -12.0).exp() + 1.0;
        let h = u.scaled(54.0, 11.0).exp() + 1.0;
        [
            Gate::from_quotients([one, m], [one, tau_m], q),
            Gate::from_quotients([one, h], [one, tau_h], q),
        ]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * m * m * h
    }

    compiled_here!();
}
