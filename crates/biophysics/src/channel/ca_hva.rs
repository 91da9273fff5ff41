use super::{ChannelKinetics, Gate, Ion, RateContext, exprelr, logistic};

/// High-voltage-activated calcium current, m²h.
///
/// With r(x) = x/(eˣ − 1) and v in mV, rates in 1/ms, used as they are at any temperature:
/// α_m = 0.055·3.8·r(−(v + 27)/3.8), β_m = 0.94·exp(−(v + 75)/17),
/// α_h = 0.000457·exp(−(v + 13)/50), β_h = 0.0065/(1 + exp(−(v + 15)/28)).
///
/// Reuveni et al. 1993 (doi:10.1523/JNEUROSCI.13-11-04609.1993), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaHva;

impl ChannelKinetics<2> for CaHva {
    const NAME: &'static str = "Ca_HVA";
    const ION: Ion = Ion::Calcium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline]
    fn rates(&self, context: RateContext) -> [Gate; 2] {
        let v = context.v_mv;
        let alpha_m = 0.055 * 3.8 * exprelr(-(v + 27.0) / 3.8);
        let beta_m = 0.94 * (-(v + 75.0) / 17.0).exp();
        let alpha_h = 0.000_457 * (-(v + 13.0) / 50.0).exp();
        let beta_h = 0.0065 * logistic((v + 15.0) / 28.0);
        [Gate::from_rates(alpha_m, beta_m, 1.0), Gate::from_rates(alpha_h, beta_h, 1.0)]
    }

    #[inline]
    fn open_fraction(&self, [m, h]: [f64; 2]) -> f64 {
        m * m * h
    }
}
