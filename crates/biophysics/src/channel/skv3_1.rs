use super::{ChannelKinetics, Gate, Ion, RateContext, logistic};

/// Fast, non-inactivating potassium current (Kv3.1), m.
///
/// m∞ = 1/(1 + exp((18.7 − v)/9.7)), τ_m = 4/(1 + exp((−46.56 − v)/44.14)) ms; v in mV.
///
/// Rettig et al. 1992 (EMBO J. 11:2473), as given by Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Skv31;

impl ChannelKinetics<1> for Skv31 {
    const NAME: &'static str = "SKv3_1";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 1] = ["m"];

    #[inline]
    fn rates(&self, context: RateContext) -> [Gate; 1] {
        let v = context.v_mv;
        [Gate { x_inf: logistic((v - 18.7) / 9.7), tau_ms: 4.0 * logistic((v + 46.56) / 44.14) }]
    }

    #[inline]
    fn open_fraction(&self, [m]: [f64; 1]) -> f64 {
        m
    }
}
