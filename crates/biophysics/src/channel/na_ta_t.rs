use super::{
    ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, exprelr_of_both_signs,
};

/// Transient sodium current of the axon and soma, m³h.
///
/// With r(x) = x/(eˣ − 1) and v in mV, rates in 1/ms at 21 °C:
/// α_m = 0.182·6·r(−(v + 38)/6), β_m = 0.124·6·r((v + 38)/6),
/// α_h = 0.015·6·r((v + 66)/6), β_h = 0.015·6·r(−(v + 66)/6).
///
/// Colbert & Pan 2002 (doi:10.1038/nn0602-857), as given by Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NaTaT;

/// Rates α and β, 1/ms at 21 °C, of the activation m whose curves meet at `half_mv`.
#[inline]
pub(super) fn activation_rates(v_mv: f64, half_mv: f64) -> (f64, f64) {
    let (falling, rising) = exprelr_of_both_signs((v_mv - half_mv) / 6.0);
    (0.182 * 6.0 * rising, 0.124 * 6.0 * falling)
}

/// Gates m and h of a transient sodium current whose rates meet at these voltages, 34 °C.
#[inline]
pub(super) fn gates(v_mv: f64, activation_half_mv: f64, inactivation_half_mv: f64) -> [Gate; 2] {
    let (alpha_m, beta_m) = activation_rates(v_mv, activation_half_mv);
    let (falling, rising) = exprelr_of_both_signs((v_mv - inactivation_half_mv) / 6.0);
    [
        Gate::from_rates(alpha_m, beta_m, FACTOR_21_TO_34_CELSIUS),
        Gate::from_rates(0.015 * 6.0 * falling, 0.015 * 6.0 * rising, FACTOR_21_TO_34_CELSIUS),
    ]
}

impl ChannelKinetics<2> for NaTaT {
    const NAME: &'static str = "NaTa_t";
    const ION: Ion = Ion::Sodium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline]
    fn rates(&self, context: RateContext) -> [Gate; 2] {
        gates(context.v_mv, -38.0, -66.0)
    }

    #[inline]
    fn open_fraction(&self, [m, h]: [f64; 2]) -> f64 {
        m * m * m * h
    }
}
