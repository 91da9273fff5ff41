use super::{ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext};

/// Muscarine-sensitive potassium current, m.
///
/// α = 3.3·10⁻³·exp(0.1·(v + 35)), β = 3.3·10⁻³·exp(−0.1·(v + 35)), 1/ms at 21 °C; v in mV.
///
/// Adams et al. 1982 (doi:10.1113/jphysiol.1982.sp014357), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Im;

impl ChannelKinetics<1> for Im {
    const NAME: &'static str = "Im";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 1] = ["m"];

    #[inline]
    fn rates(&self, context: RateContext) -> [Gate; 1] {
        let x = 0.1 * (context.v_mv + 35.0);
        let alpha = 3.3e-3 * x.exp();
        let beta = 3.3e-3 * (-x).exp();
        [Gate::from_rates(alpha, beta, FACTOR_21_TO_34_CELSIUS)]
    }

    #[inline]
    fn open_fraction(&self, [m]: [f64; 1]) -> f64 {
        m
    }
}
