//! Synapses against closed forms.

use apical_biophysics::BiophysicsError;
use apical_biophysics::synapse::{
    DoubleExponential, Exponential, MagnesiumBlock, ShortTermPlasticity, ShortTermPlasticityState,
    SynapseModel,
};
use proptest::prelude::*;

/// Relative; a few roundings of 1e-16, and exponentials of arguments of some tens.
const ROUNDING: f64 = 1e-14;
/// Relative; thousands of multiplications by a rounded decay factor.
const ACCUMULATED: f64 = 1e-12;

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs(), "{found:e}, not {expected:e}");
}

/// For decay = 2·rise: tp = decay·ln 2, where the difference of exponentials is 1/2 − 1/4.
#[test]
fn factor_in_closed_form() {
    let kinetics = DoubleExponential::new(3.0, 6.0).unwrap();
    assert_close(kinetics.peak_time_ms(), 6.0 * std::f64::consts::LN_2, ROUNDING);
    assert_close(kinetics.factor(), 4.0, ROUNDING);
}

#[test]
fn one_event_peaks_at_the_peak_conductance() {
    for (rise_ms, decay_ms) in [(0.3, 3.0), (2.0, 70.0), (0.2, 8.0), (0.5, 5.0)] {
        let kinetics = DoubleExponential::new(rise_ms, decay_ms).unwrap();
        let peak_ms = kinetics.peak_time_ms();
        assert_close(kinetics.at(peak_ms), 1.0, ROUNDING);
        for offset in [-0.01, 0.01] {
            assert!(kinetics.at(peak_ms + offset) < 1.0);
        }
        assert_eq!(kinetics.at(-1e-9), 0.0);
        assert_eq!(kinetics.at(0.0), 0.0);
    }
}

#[test]
fn exponential_halves_in_its_half_life() {
    let kinetics = Exponential::new(5.0).unwrap();
    assert_close(kinetics.decay_factor(5.0 * std::f64::consts::LN_2), 0.5, ROUNDING);
}

/// At 0 mV 3.57/(3.57 + 1); where the exponential equals 3.57, one half.
#[test]
fn magnesium_block() {
    for block in [MagnesiumBlock::default(), MagnesiumBlock::JAHR_STEVENS] {
        assert_close(block.open_fraction(0.0), 3.57 / 4.57, ROUNDING);
        assert_close(block.open_fraction(-3.57_f64.ln() / block.slope_per_mv), 0.5, ROUNDING);
    }
    assert_eq!(MagnesiumBlock::default().slope_per_mv, 0.08);
}

/// Current of the published synapses a time after one event, against the formula written out.
#[test]
fn published_currents() {
    let (t, v) = (1.7_f64, -60.0_f64);
    let wave = |rise: f64, decay: f64| {
        let peak = rise * decay / (decay - rise) * (decay / rise).ln();
        let shape = |t: f64| (-t / decay).exp() - (-t / rise).exp();
        shape(t) / shape(peak)
    };
    let current = |model: &SynapseModel| -> f64 {
        let components = model.components().iter();
        components.map(|c| c.current_na(c.waveform.peak_fraction(t), v)).sum()
    };
    let unblocked = 1.0 / (1.0 + (0.08 * 60.0_f64).exp() / 3.57);
    let excitatory = 4e-4 * (wave(0.3, 3.0) + wave(2.0, 70.0) * unblocked) * v;
    assert_close(current(&SynapseModel::ampa_nmda()), excitatory, ROUNDING);
    let inhibitory = 1e-3 * wave(0.2, 8.0) * (v + 80.0);
    assert_close(current(&SynapseModel::gaba_a()), inhibitory, ROUNDING);
}

/// What a regular train settles to: u = U/(1 − (1 − U)·f), R = (1 − d)/(1 − (1 − u)·d), with f and d what is left of
/// facilitation and of depression after an interval.
#[test]
fn regular_trains_settle() {
    for (utilization, depression_ms, facilitation_ms) in
        [(0.5, 800.0, 0.0), (0.1, 100.0, 500.0), (0.2, 0.0, 300.0), (1.0, 50.0, 20.0)]
    {
        let plasticity =
            ShortTermPlasticity::new(utilization, depression_ms, facilitation_ms).unwrap();
        let mut state = ShortTermPlasticityState::default();
        let interval_ms = 25.0_f64;
        let left = |time_constant_ms: f64| (-interval_ms / time_constant_ms).exp();
        let u = utilization / (1.0 - (1.0 - utilization) * left(facilitation_ms));
        let available = (1.0 - left(depression_ms)) / (1.0 - (1.0 - u) * left(depression_ms));
        let mut released = 0.0;
        for k in 0..2000 {
            released = plasticity.release(&mut state, 7.0 + interval_ms * f64::from(k));
        }
        assert_close(released, u * available, ACCUMULATED);
    }
}

#[test]
fn depression_and_facilitation_over_the_first_events() {
    let events = |use_, depression_ms, facilitation_ms| {
        let plasticity = ShortTermPlasticity::new(use_, depression_ms, facilitation_ms).unwrap();
        let mut state = ShortTermPlasticityState::default();
        [30.0, 40.0].map(|t| plasticity.release(&mut state, t))
    };
    let left = (-0.1_f64).exp();
    // 10 ms with a time constant of 100 ms
    let [first, second] = events(0.4, 100.0, 0.0);
    assert_close(first, 0.4, ROUNDING);
    assert_close(second, 0.4 * (1.0 - 0.4 * left), ROUNDING);
    let [first, second] = events(0.1, 0.0, 100.0);
    assert_close(first, 0.1, ROUNDING);
    assert_close(second, 0.1 * left + 0.1 * (1.0 - 0.1 * left), ROUNDING);
    assert!(second > first);
}

#[test]
fn no_plasticity_releases_the_same_at_every_event() {
    let plasticity = ShortTermPlasticity::new(0.3, 0.0, 0.0).unwrap();
    let mut state = ShortTermPlasticityState::default();
    for time_ms in [0.0, 0.0, 0.025, 1e6] {
        assert_eq!(plasticity.release(&mut state, time_ms), 0.3);
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let error = DoubleExponential::new(3.0, 3.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "double exponential: rise_ms is 3, which is not shorter than decay_ms"
    );
    assert!(DoubleExponential::new(0.0, 3.0).is_err());
    assert!(DoubleExponential::new(1.0, f64::INFINITY).is_err());
    assert!(Exponential::new(f64::NAN).is_err());
    assert!(matches!(
        ShortTermPlasticity::new(1.5, 0.0, 0.0),
        Err(BiophysicsError::Parameter { parameter: "utilization", value: 1.5, .. })
    ));
    assert!(ShortTermPlasticity::new(0.5, -1.0, 0.0).is_err());
    assert!(ShortTermPlasticity::new(0.5, 0.0, f64::NAN).is_err());
}

proptest! {
    #[test]
    fn releases_are_fractions(
        utilization in 0.0..=1.0_f64,
        depression_ms in 0.0..2000.0_f64,
        facilitation_ms in 0.0..2000.0_f64,
        intervals_ms in prop::collection::vec(0.0..300.0_f64, 1..50),
    ) {
        let plasticity =
            ShortTermPlasticity::new(utilization, depression_ms, facilitation_ms).unwrap();
        let mut state = ShortTermPlasticityState::default();
        let mut time_ms = 0.0;
        for interval_ms in intervals_ms {
            time_ms += interval_ms;
            let released = plasticity.release(&mut state, time_ms);
            prop_assert!((0.0..=1.0).contains(&released));
        }
    }
}
