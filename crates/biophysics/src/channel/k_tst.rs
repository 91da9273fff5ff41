use super::{ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, logistic};

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

    #[inline]
    fn rates(&self, context: RateContext) -> [Gate; 2] {
        let u = context.v_mv + 10.0;
        let y = (u + 71.0) / 59.0;
        let z = (u + 73.0) / 23.0;
        [
            Gate {
                x_inf: logistic(u / 19.0),
                tau_ms: (0.34 + 0.92 * (-y * y).exp()) / FACTOR_21_TO_34_CELSIUS,
            },
            Gate {
                x_inf: logistic(-(u + 66.0) / 10.0),
                tau_ms: (8.0 + 49.0 * (-z * z).exp()) / FACTOR_21_TO_34_CELSIUS,
            },
        ]
    }

    #[inline]
    fn open_fraction(&self, [m, h]: [f64; 2]) -> f64 {
        let m2 = m * m;
        m2 * m2 * h
    }
}
