use super::{
    ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, compiled_here, not_zero,
};
use crate::Real;

/// Transient sodium current of the axon and soma, m³h.
///
/// With r(x) = x/(eˣ − 1) and v in mV, rates in 1/ms at 21 °C:
/// α_m = 0.182·6·r(−(v + 38)/6), β_m = 0.124·6·r((v + 38)/6),
/// α_h = 0.015·6·r((v + 66)/6), β_h = 0.015·6·r(−(v + 66)/6).
///
/// Colbert & Pan 2002 (doi:10.1038/nn0602-857), as given by Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NaTaT;

/// Rates α and β, 1/ms at 21 °C, of the activation m whose curves meet at −`shift_mv`, as quotients of one denominator:
/// [α, β, denominator].
#[inline(always)]
pub(super) fn activation_rates<R: Real>(v_mv: R, shift_mv: f64) -> [R; 3] {
    // r(x) = x/d and r(−x) = x·eˣ/d with d = eˣ − 1.
    let x = not_zero(v_mv.scaled(shift_mv, 6.0));
    let [e, d] = x.exp_and_exp_m1();
    [x * e * (0.182 * 6.0), x * (0.124 * 6.0), d]
}

/// Gates m and h of a transient sodium current whose rates meet at minus these voltages, 34 °C.
#[inline(always)]
pub(super) fn gates<R: Real>(v_mv: R, activation_mv: f64, inactivation_mv: f64) -> [Gate<R>; 2] {
    let [alpha_m, beta_m, denominator_m] = activation_rates(v_mv, activation_mv);
    let x = not_zero(v_mv.scaled(inactivation_mv, 6.0));
    let [e, d] = x.exp_and_exp_m1();
    [
        Gate::from_rates_over(alpha_m, beta_m, denominator_m, FACTOR_21_TO_34_CELSIUS),
        Gate::from_rates_over(x, x * e, d, 0.015 * 6.0 * FACTOR_21_TO_34_CELSIUS),
    ]
}

impl ChannelKinetics<2> for NaTaT {
    const NAME: &'static str = "NaTa_t";
    const ION: Ion = Ion::Sodium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        gates(context.v_mv, 38.0, 66.0)
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * m * m * m * h
    }

    compiled_here!();
}
