use super::{ChannelKinetics, Gate, Ion, RateContext, compiled_here, with_exp_m1};
use crate::{Real, Temperature};

/// Rates of the squid axon grow threefold per 10 °C from 6.3 °C.
fn rate_factor(temperature: Temperature) -> f64 {
    temperature.q10_factor(3.0, Temperature::celsius(6.3))
}

/// Sodium current of the squid giant axon, m³h.
///
/// With r(x) = x/(eˣ − 1), v in mV and the resting potential at −65 mV, rates in 1/ms at 6.3 °C:
/// α_m = r(−(v + 40)/10), β_m = 4·exp(−(v + 65)/18),
/// α_h = 0.07·exp(−(v + 65)/20), β_h = 1/(1 + exp(−(v + 35)/10)).
/// They grow by 3^((T − 6.3 °C)/10).
///
/// Published together with ḡ = 0.12 S/cm² and a reversal potential of 50 mV; the leak of that model is
/// [`Pas`](super::Pas) with 0.0003 S/cm² and −54.3 mV.
///
/// Hodgkin & Huxley 1952 (doi:10.1113/jphysiol.1952.sp004764).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SquidSodium {
    rate_factor: f64,
}

impl SquidSodium {
    /// The current at this temperature.
    #[must_use]
    pub fn new(temperature: Temperature) -> Self {
        Self { rate_factor: rate_factor(temperature) }
    }
}

/// At 6.3 °C.
impl Default for SquidSodium {
    fn default() -> Self {
        Self { rate_factor: 1.0 }
    }
}

impl ChannelKinetics<2> for SquidSodium {
    const NAME: &'static str = "squid_na";
    const ION: Ion = Ion::Sodium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        let v = context.v_mv;
        let (x, denominator) = with_exp_m1(v.scaled(40.0, -10.0));
        let beta_m = v.scaled(65.0, -18.0).exp() * 4.0;
        let alpha_h = v.scaled(65.0, -20.0).exp() * 0.07;
        let divisor_h = v.scaled(35.0, -10.0).exp() + 1.0;
        let factor = self.rate_factor;
        [
            Gate::from_rates_over(x, beta_m * denominator, denominator, factor),
            Gate::from_rates_over(alpha_h * divisor_h, v.constant(1.0), divisor_h, factor),
        ]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * m * m * m * h
    }

    compiled_here!();
}

/// Potassium current of the squid giant axon, n⁴.
///
/// With r(x) = x/(eˣ − 1), v in mV and the resting potential at −65 mV, rates in 1/ms at 6.3 °C:
/// α_n = 0.1·r(−(v + 55)/10), β_n = 0.125·exp(−(v + 65)/80). They grow by 3^((T − 6.3 °C)/10).
///
/// Published together with ḡ = 0.036 S/cm² and a reversal potential of −77 mV.
///
/// Hodgkin & Huxley 1952 (doi:10.1113/jphysiol.1952.sp004764).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SquidPotassium {
    rate_factor: f64,
}

impl SquidPotassium {
    /// The current at this temperature.
    #[must_use]
    pub fn new(temperature: Temperature) -> Self {
        Self { rate_factor: rate_factor(temperature) }
    }
}

/// At 6.3 °C.
impl Default for SquidPotassium {
    fn default() -> Self {
        Self { rate_factor: 1.0 }
    }
}

impl ChannelKinetics<1> for SquidPotassium {
    const NAME: &'static str = "squid_k";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 1] = ["n"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 1] {
        let v = context.v_mv;
        let (x, denominator) = with_exp_m1(v.scaled(55.0, -10.0));
        let beta = v.scaled(65.0, -80.0).exp() * 0.125;
        [Gate::from_rates_over(x * 0.1, beta * denominator, denominator, self.rate_factor)]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [n]: [R; 1]) -> R {
        maximal * (n * n) * (n * n)
    }

    compiled_here!();
}
