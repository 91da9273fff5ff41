//! Kinetics of channels, Nernst potentials and the calcium pool against values computed with 50 digits.

use apical_biophysics::channel::{
    CaHva, CaLvast, ChannelKinetics, Ih, Im, Ion, KPst, KTst, NaTaT, NaTs2T, NapEt2, Pas,
    RateContext, SkE2, Skv31, SquidPotassium, SquidSodium, exprelr,
};
use apical_biophysics::{CalciumPool, Nernst, Temperature};
use proptest::prelude::*;
use serde_json::Value;

/// Relative. Rounding v + offset (to 6e-14 mV at most) before an exponential of steepness 1/2.63 mV gives 2e-14;
/// the rest is a few roundings of 1e-16.
const TOLERANCE: f64 = 1e-13;

fn golden() -> Value {
    serde_json::from_str(include_str!("../data/channel_rates.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(error <= TOLERANCE * expected.abs(), "{what}: {found:e}, expected {expected:e}");
}

fn at(v_mv: f64, calcium_millimolar: f64) -> RateContext<f64> {
    RateContext::new(v_mv, calcium_millimolar)
}

fn check<const GATES: usize>(
    channel: &impl ChannelKinetics<GATES>,
    contexts: &[RateContext<f64>],
    table: &Value,
) {
    fn gate_count<const GATES: usize>(_: &impl ChannelKinetics<GATES>) -> usize {
        GATES
    }
    fn names<const GATES: usize, C: ChannelKinetics<GATES>>(_: &C) -> [&'static str; GATES] {
        C::GATE_NAMES
    }
    assert_eq!(table.as_object().unwrap().len(), gate_count(channel));
    for (gate, name) in names(channel).into_iter().enumerate() {
        let (x_inf, tau) = (floats(&table[name]["x_inf"]), floats(&table[name]["tau_ms"]));
        assert_eq!(x_inf.len(), contexts.len());
        for (i, &context) in contexts.iter().enumerate() {
            let found = channel.rates(context)[gate];
            assert_close(
                found.x_inf(),
                x_inf[i],
                &format!("{channel:?} {name}_inf at {context:?}"),
            );
            assert_close(found.tau_ms(), tau[i], &format!("{channel:?} tau_{name} at {context:?}"));
        }
    }
}

#[test]
fn rates_are_those_of_the_published_equations() {
    let golden = golden();
    let voltages: Vec<_> = floats(&golden["v_mv"]).iter().map(|&v| at(v, 5e-5)).collect();
    let table = |name: &str| &golden["by_voltage"][name];
    check(&NaTaT, &voltages, table("NaTa_t"));
    check(&NaTs2T, &voltages, table("NaTs2_t"));
    check(&NapEt2, &voltages, table("Nap_Et2"));
    check(&KTst, &voltages, table("K_Tst"));
    check(&KPst, &voltages, table("K_Pst"));
    check(&Skv31, &voltages, table("SKv3_1"));
    check(&CaHva, &voltages, table("Ca_HVA"));
    check(&CaLvast, &voltages, table("Ca_LVAst"));
    check(&Ih::default(), &voltages, table("Ih"));
    check(&Im, &voltages, table("Im"));
    check(&SquidSodium::default(), &voltages, table("squid_na"));
    check(&SquidPotassium::default(), &voltages, table("squid_k"));
    let warm = Temperature::celsius(18.5);
    check(&SquidSodium::new(warm), &voltages, table("squid_na_18.5"));
    check(&SquidPotassium::new(warm), &voltages, table("squid_k_18.5"));

    let concentrations: Vec<_> =
        floats(&golden["calcium_mm"]).iter().map(|&c| at(-65.0, c)).collect();
    check(&SkE2, &concentrations, &golden["by_calcium"]["SK_E2"]);
}

#[test]
fn nernst_potentials() {
    for row in golden()["nernst"].as_array().unwrap() {
        let get = |key: &str| row[key].as_f64().unwrap();
        let nernst = Nernst::new(2, Temperature::celsius(get("celsius")));
        let found = nernst.reversal_potential_mv(get("inside_mm"), 2.0);
        assert_close(found, get("reversal_potential_mv"), &row.to_string());
    }
}

#[test]
fn calcium_pool_steps() {
    for row in golden()["calcium_pool"].as_array().unwrap() {
        let get = |key: &str| row[key].as_f64().unwrap();
        let pool = CalciumPool::new(get("decay_ms"), get("gamma"));
        let found =
            advance_millimolar(&pool, get("from_mm"), get("current_ma_per_cm2"), get("dt_ms"));
        assert_close(found, get("to_mm"), &row.to_string());
    }
}

/// The exact step of a pool, as the simulation takes it.
fn advance_millimolar(
    pool: &CalciumPool,
    calcium_millimolar: f64,
    current_ma_per_cm2: f64,
    dt_ms: f64,
) -> f64 {
    let steady_millimolar = pool.steady_state_millimolar(current_ma_per_cm2);
    calcium_millimolar + pool.relaxation(dt_ms) * (steady_millimolar - calcium_millimolar)
}

/// The step is exact, so that many small ones make a large one.
#[test]
fn calcium_pool_steps_compose() {
    let pool = CalciumPool::new(122.0, 0.000_509);
    let small = (0..400).fold(5e-5, |c, _| advance_millimolar(&pool, c, -0.01, 0.025));
    assert_close(small, advance_millimolar(&pool, 5e-5, -0.01, 10.0), "400 steps of 0.025 ms");
    let late = advance_millimolar(&pool, 5e-5, -0.01, 1e5);
    assert_close(late, pool.steady_state_millimolar(-0.01), "after 820 time constants");
}

#[test]
fn ih_moves_with_its_shift() {
    let shifted = Ih { shift_mv: 7.5, ..Ih::default() };
    assert_eq!(shifted.rates(at(-72.5, 0.0)), Ih::default().rates(at(-80.0, 0.0)));
}

#[test]
fn ions_and_reversal_potentials() {
    fn ion<const GATES: usize, C: ChannelKinetics<GATES>>(channel: &C) -> (Ion, Option<f64>) {
        (C::ION, channel.reversal_potential_mv())
    }
    for found in [ion(&NaTaT), ion(&NaTs2T), ion(&NapEt2), ion(&SquidSodium::default())] {
        assert_eq!(found, (Ion::Sodium, None));
    }
    for found in [ion(&KTst), ion(&KPst), ion(&Skv31), ion(&SkE2), ion(&Im)] {
        assert_eq!(found, (Ion::Potassium, None));
    }
    assert_eq!(ion(&SquidPotassium::default()), (Ion::Potassium, None));
    assert_eq!(ion(&CaHva), (Ion::Calcium, None));
    assert_eq!(ion(&CaLvast), (Ion::Calcium, None));
    assert_eq!(ion(&Ih::default()), (Ion::Nonspecific, Some(-45.0)));
    let leak = Pas { reversal_potential_mv: -90.0 };
    assert_eq!(ion(&leak), (Ion::Nonspecific, Some(-90.0)));
    assert_eq!(leak.conductance(1.0, leak.rates(at(-65.0, 0.0)).map(|g| g.x_inf())), 1.0);
}

#[test]
fn conductances_are_products_of_powers() {
    let (m, h) = (0.5, 0.25);
    assert_eq!(NaTaT.conductance(1.0, [m, h]), 0.031_25);
    assert_eq!(NaTs2T.conductance(1.0, [m, h]), 0.031_25);
    assert_eq!(NapEt2.conductance(1.0, [m, h]), 0.031_25);
    assert_eq!(SquidSodium::default().conductance(1.0, [m, h]), 0.031_25);
    assert_eq!(KTst.conductance(1.0, [m, h]), 0.015_625);
    assert_eq!(KPst.conductance(1.0, [m, h]), 0.0625);
    assert_eq!(CaHva.conductance(1.0, [m, h]), 0.0625);
    assert_eq!(CaLvast.conductance(1.0, [m, h]), 0.0625);
    assert_eq!(SquidPotassium::default().conductance(1.0, [m]), 0.0625);
    assert_eq!(Skv31.conductance(1.0, [m]), m);
    assert_eq!(SkE2.conductance(1.0, [m]), m);
    assert_eq!(Ih::default().conductance(1.0, [m]), m);
    assert_eq!(Im.conductance(1.0, [m]), m);
}

fn assert_sane<const GATES: usize>(
    channel: &impl ChannelKinetics<GATES>,
    context: RateContext<f64>,
) {
    for gate in channel.rates(context) {
        assert!((0.0..=1.0).contains(&gate.x_inf()), "{channel:?} at {context:?}: {gate:?}");
        assert!(
            gate.tau_ms().is_finite() && gate.tau_ms() > 0.0,
            "{channel:?} at {context:?}: {gate:?}"
        );
    }
}

proptest! {
    #[test]
    fn rates_are_finite_everywhere(v in -300.0..=300.0_f64, calcium in -1e-3..=10.0_f64) {
        let context = at(v, calcium);
        assert_sane(&NaTaT, context);
        assert_sane(&NaTs2T, context);
        assert_sane(&NapEt2, context);
        assert_sane(&KTst, context);
        assert_sane(&KPst, context);
        assert_sane(&Skv31, context);
        assert_sane(&SkE2, context);
        assert_sane(&CaHva, context);
        assert_sane(&CaLvast, context);
        assert_sane(&Ih::default(), context);
        assert_sane(&Im, context);
        assert_sane(&SquidSodium::default(), context);
        assert_sane(&SquidPotassium::default(), context);
    }

    /// The series 1 − x/2 + x²/12 − x⁴/720, whose next term is below 4e-17 for |x| < 0.01.
    #[test]
    fn exprelr_is_smooth_through_zero(x in -0.01..=0.01_f64, scale in -300_i32..=0) {
        let x = x * 10_f64.powi(scale);
        let series = 1.0 - x / 2.0 + x * x / 12.0 - x.powi(4) / 720.0;
        prop_assert!((exprelr(x) - series).abs() <= 4.0 * f64::EPSILON);
    }

    #[test]
    fn exprelr_of_opposite_signs(x in -700.0..=700.0_f64) {
        let difference = exprelr(-x) - exprelr(x);
        prop_assert!((difference - x).abs() <= 4.0 * f64::EPSILON * x.abs().max(1.0));
    }
}
