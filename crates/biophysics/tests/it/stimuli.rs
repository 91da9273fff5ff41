//! Stimuli against closed forms.

use apical_biophysics::{
    BiophysicsError, ClampLevel, CurrentStep, EpspCurrent, NoiseCurrent, RampCurrent,
    SampledCurrent, SineCurrent, Stimulus, VoltageClamp,
};

/// Relative to nA: a few roundings.
const ROUNDING: f64 = 1e-14;

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found:e}, not {expected:e}");
}

/// The steps of 0.025 ms whose midpoint lies in 100 … 500 ms: 4000 … 19999.
#[test]
fn a_step_drives_the_time_steps_within_it() {
    let step = CurrentStep { delay_ms: 100.0, duration_ms: 400.0, amplitude_na: -0.5 };
    let stimulus = step.build().unwrap();
    let driven: Vec<_> = (0..24_000)
        .filter(|&k| stimulus.current_na(f64::from(k) * 0.025 + 0.0125) != 0.0)
        .collect();
    assert_eq!((driven[0], driven[driven.len() - 1], driven.len()), (4000, 19_999, 16_000));
    let endless = CurrentStep { duration_ms: f64::INFINITY, ..step }.build().unwrap();
    assert_eq!(endless.current_na(1e12), -0.5);
}

/// 5 and 0.5 ms peak at 5·0.5/4.5·ln 10 ms.
#[test]
fn an_epsp_current_peaks_at_its_peak() {
    let stimulus = EpspCurrent { onset_ms: 300.0, rise_ms: 0.5, decay_ms: 5.0, peak_na: 0.5 };
    let stimulus = stimulus.build().unwrap();
    let peak_ms = 300.0 + 2.5 / 4.5 * 10.0_f64.ln();
    assert_close(stimulus.current_na(peak_ms), 0.5, ROUNDING);
    assert_eq!(stimulus.current_na(299.999), 0.0);
    // k = 10^(10/9)/9, from exp(−tp/5) = 10^(−1/9) and exp(−tp/0.5) = 10^(−10/9)
    let k = 10.0_f64.powf(10.0 / 9.0) / 9.0;
    assert_close(
        stimulus.current_na(310.0),
        0.5 * k * ((-2.0_f64).exp() - (-20.0_f64).exp()),
        ROUNDING,
    );
}

#[test]
fn ramps_and_sines() {
    let ramp =
        RampCurrent { delay_ms: 10.0, duration_ms: 100.0, start_na: -1.0, end_na: 1.0 }.build();
    let ramp = ramp.unwrap();
    for (time_ms, na) in [(9.9, 0.0), (10.0, -1.0), (35.0, -0.5), (60.0, 0.0), (110.0, 0.0)] {
        assert_close(ramp.current_na(time_ms), na, ROUNDING);
    }
    let sine = SineCurrent {
        delay_ms: 5.0,
        duration_ms: 1000.0,
        offset_na: 0.1,
        amplitude_na: 0.2,
        frequency_hz: 50.0,
        phase_rad: 0.0,
    };
    let sine = sine.build().unwrap();
    for (time_ms, na) in [(4.0, 0.0), (5.0, 0.1), (10.0, 0.3), (20.0, -0.1), (1005.0, 0.0)] {
        assert_close(sine.current_na(time_ms), na, ROUNDING);
    }
}

#[test]
fn samples_are_held() {
    let samples_na: Vec<_> = (0..1000).map(f64::from).collect();
    let stimulus = SampledCurrent { delay_ms: 0.3, dt_ms: 0.1, samples_na }.build().unwrap();
    assert_eq!(stimulus.current_na(0.25), 0.0);
    for k in 0..1000_u32 {
        for time_ms in [0.3 + f64::from(k) * 0.1 + 1e-12, 0.35 + f64::from(k) * 0.1] {
            assert_eq!(stimulus.current_na(time_ms), f64::from(k));
        }
    }
    assert_eq!(stimulus.current_na(100.35), 0.0);
}

fn noise() -> NoiseCurrent {
    NoiseCurrent {
        delay_ms: 0.0,
        duration_ms: 1e5,
        mean_na: 0.3,
        standard_deviation_na: 0.1,
        correlation_ms: 5.0,
        dt_ms: 1.0,
        seed: 7,
        index: 0,
    }
}

fn samples(stimulus: &Stimulus) -> Vec<f64> {
    (0..100_000).map(|k| stimulus.current_na(f64::from(k) + 0.5)).collect()
}

fn correlation(deviations: &[f64], lag: usize) -> f64 {
    let pairs = deviations.iter().zip(&deviations[lag..]);
    pairs.map(|(a, b)| a * b).sum::<f64>() / (deviations.len() - lag) as f64
}

/// The seed is fixed, so this is no matter of chance; bounds are 5 standard errors. With ρ = exp(−1/5), n = 10⁵
/// samples are worth n·(1 − ρ)/(1 + ρ) ≈ 9967 independent ones for the mean, n·(1 − ρ²)/(1 + ρ²) ≈ 19738 for the
/// variance and, roughly, the correlation.
#[test]
fn noise_has_its_moments() {
    let samples = samples(&noise().build().unwrap());
    let mean = samples.iter().sum::<f64>() / samples.len() as f64;
    assert_close(mean, 0.3, 5.0 * 0.1 / 9967.0_f64.sqrt());
    let deviations: Vec<_> = samples.iter().map(|x| (x - 0.3) / 0.1).collect();
    let error = 5.0 * (2.0 / 19_738.0_f64).sqrt();
    assert_close(correlation(&deviations, 0), 1.0, error);
    assert_close(correlation(&deviations, 5), (-1.0_f64).exp(), error);
    assert_close(correlation(&deviations, 60), 0.0, error);
}

#[test]
fn noise_without_correlation_is_white() {
    let white = NoiseCurrent { correlation_ms: 0.0, ..noise() }.build().unwrap();
    let deviations: Vec<_> = samples(&white).iter().map(|x| (x - 0.3) / 0.1).collect();
    // 5 standard errors of a product of independent normal numbers
    assert_close(correlation(&deviations, 1), 0.0, 5.0 / 1e5_f64.sqrt());
}

#[test]
fn noise_follows_from_seed_and_index() {
    let built = |noise: NoiseCurrent| noise.build().unwrap();
    assert_eq!(built(noise()), built(noise()));
    assert_ne!(built(noise()), built(NoiseCurrent { index: 1, ..noise() }));
    assert_ne!(built(noise()), built(NoiseCurrent { seed: 8, ..noise() }));
    let short = built(NoiseCurrent { duration_ms: 10.0, ..noise() });
    assert_eq!(short.current_na(9.5), built(noise()).current_na(9.5));
    assert_eq!(short.current_na(10.5), 0.0);
}

#[test]
fn a_voltage_clamp_commands_its_levels_in_order() {
    let level = |duration_ms, v_mv| ClampLevel { duration_ms, v_mv };
    let levels = vec![level(10.0, -80.0), level(0.0, 0.0), level(5.0, -20.0)];
    let clamp = VoltageClamp::new(levels, 2.0).unwrap();
    for (time_ms, command) in [
        (-1.0, None),
        (0.0, Some(-80.0)),
        (9.99, Some(-80.0)),
        (10.0, Some(-20.0)),
        (14.99, Some(-20.0)),
        (15.0, None),
    ] {
        assert_eq!(clamp.command_mv(time_ms), command);
    }
    assert_eq!(clamp.current_na(12.0, -30.0), 5.0);
    assert_eq!(clamp.current_na(15.0, -30.0), 0.0);
    assert_eq!(clamp.conductance_us(), 0.5);
}

#[test]
fn parameters_out_of_range_are_named() {
    let step = CurrentStep { delay_ms: 0.0, duration_ms: -1.0, amplitude_na: 1.0 };
    assert_eq!(
        step.build().unwrap_err().to_string(),
        "current step: duration_ms is -1, which is not a number at or above 0"
    );
    let nan = CurrentStep { duration_ms: f64::NAN, ..step };
    assert!(nan.build().is_err());
    let epsp = EpspCurrent { onset_ms: 0.0, rise_ms: 5.0, decay_ms: 0.5, peak_na: 1.0 };
    assert!(matches!(
        epsp.build(),
        Err(BiophysicsError::Parameter { parameter: "rise_ms", value: 5.0, .. })
    ));
    let samples_na = vec![0.0, f64::INFINITY];
    let sampled = SampledCurrent { delay_ms: 0.0, dt_ms: 1.0, samples_na };
    assert!(matches!(
        sampled.build(),
        Err(BiophysicsError::Sample { index: 1, value_na: f64::INFINITY })
    ));
    assert!(NoiseCurrent { duration_ms: f64::INFINITY, ..noise() }.build().is_err());
    assert!(NoiseCurrent { dt_ms: 0.0, ..noise() }.build().is_err());
    assert!(VoltageClamp::new(vec![], 0.0).is_err());
}
