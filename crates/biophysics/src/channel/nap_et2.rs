use super::{
    ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, compiled_here, na_ta_t,
    with_exp_m1,
};
use crate::Real;

/// Persistent sodium current, m³h.
///
/// With r(x) = x/(eˣ − 1), v in mV, rates in 1/ms at 21 °C and q = 2.3^1.3:
/// m∞ = 1/(1 + exp(−(v + 52.6)/4.6)), τ_m = 6/((α_m + β_m)·q) with the α_m and β_m of [`NaTaT`](super::NaTaT);
/// h∞ = 1/(1 + exp((v + 48.8)/10)), τ_h = 1/((α_h + β_h)·q),
/// α_h = 2.88·10⁻⁶·4.63·r((v + 17)/4.63), β_h = 6.94·10⁻⁶·2.63·r(−(v + 64.4)/2.63).
///
/// Magistretti & Alonso 1999 (doi:10.1085/jgp.114.4.491), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NapEt2;

impl ChannelKinetics<2> for NapEt2 {
    const NAME: &'static str = "Nap_Et2";
    const ION: Ion = Ion::Sodium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        let v = context.v_mv;
        let one = v.constant(1.0);
        let q = FACTOR_21_TO_34_CELSIUS;
        let [alpha_m, beta_m, denominator_m] = na_ta_t::activation_rates(v, 38.0);
        let m = v.scaled(52.6, -4.6).exp() + 1.0;
        let (x, denominator_x) = with_exp_m1(v.scaled(17.0, 4.63));
        let (y, denominator_y) = with_exp_m1(v.scaled(64.4, -2.63));
        let h = v.scaled(48.8, 10.0).exp() + 1.0;
        let rate_h = x * denominator_y * (2.88e-6 * 4.63) + y * denominator_x * (6.94e-6 * 2.63);
        [
            Gate::from_quotients([one, m], [alpha_m + beta_m, denominator_m], q / 6.0),
            Gate::from_quotients([one, h], [rate_h, denominator_x * denominator_y], q),
        ]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * m * m * m * h
    }

    compiled_here!();
}
