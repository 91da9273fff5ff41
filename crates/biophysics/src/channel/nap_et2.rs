use super::{
    ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, exprelr, logistic, na_ta_t,
};

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

    #[inline]
    fn rates(&self, context: RateContext) -> [Gate; 2] {
        let v = context.v_mv;
        let (alpha_m, beta_m) = na_ta_t::activation_rates(v, -38.0);
        let alpha_h = 2.88e-6 * 4.63 * exprelr((v + 17.0) / 4.63);
        let beta_h = 6.94e-6 * 2.63 * exprelr(-(v + 64.4) / 2.63);
        [
            Gate {
                x_inf: logistic((v + 52.6) / 4.6),
                tau_ms: 6.0 / ((alpha_m + beta_m) * FACTOR_21_TO_34_CELSIUS),
            },
            Gate {
                x_inf: logistic(-(v + 48.8) / 10.0),
                tau_ms: 1.0 / ((alpha_h + beta_h) * FACTOR_21_TO_34_CELSIUS),
            },
        ]
    }

    #[inline]
    fn open_fraction(&self, [m, h]: [f64; 2]) -> f64 {
        m * m * m * h
    }
}
