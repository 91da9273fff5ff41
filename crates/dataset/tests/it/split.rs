//! Splits by trial.

use apical_dataset::{DatasetError, Split, SplitFractions};
use proptest::prelude::*;

fn parts(split: &Split) -> [&[usize]; 3] {
    [split.train(), split.validation(), split.test()]
}

proptest! {
    /// With fractions of less than 0.3 rounding up leaves at least one of three trials to train with.
    #[test]
    fn every_trial_is_in_one_part(seed: u64, trials in 3_usize..400, validation in 0.0..0.3, test in 0.0..0.3) {
        let split = Split::new(seed, trials, SplitFractions { validation, test }).unwrap();
        let mut all = parts(&split).concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..trials).collect::<Vec<_>>());
        for (part, fraction) in [(split.validation(), validation), (split.test(), test)] {
            let off = (part.len() as f64 - fraction * trials as f64).abs();
            prop_assert!(part.len() == 1 || off <= 0.5 + 1e-9, "{} of {trials} for {fraction}", part.len());
            prop_assert_eq!(part.is_empty(), fraction == 0.0);
            prop_assert!(part.is_sorted());
        }
        let json = serde_json::to_string(&split).unwrap();
        prop_assert_eq!(serde_json::from_str::<Split>(&json).unwrap(), split);
    }
}

/// Over 2,000 seeds each trial is tested with as often as any other: 5 standard errors of a share of 0.3.
#[test]
fn trials_are_equally_likely() {
    let fractions = SplitFractions { validation: 0.2, test: 0.3 };
    let mut tested = [0; 10];
    for seed in 0..2000 {
        for &trial in Split::new(seed, 10, fractions).unwrap().test() {
            tested[trial] += 1;
        }
    }
    let error = 5.0 * (2000.0_f64 * 0.3 * 0.7).sqrt();
    assert!(tested.iter().all(|&n| (f64::from(n) - 600.0).abs() < error), "{tested:?}");
}

#[test]
fn small_fractions_still_have_a_trial() {
    let fractions = SplitFractions { validation: 0.01, test: 0.01 };
    let split = Split::new(5, 3, fractions).unwrap();
    assert_eq!(parts(&split).map(<[usize]>::len), [1, 1, 1]);
    assert_eq!(
        Split::new(5, 2, fractions),
        Err(DatasetError::Split { trials: 2, validation: 1, test: 1 })
    );
    let none = SplitFractions { validation: 0.0, test: 0.0 };
    assert_eq!(Split::new(5, 2, none).unwrap().train(), [0, 1]);
    assert!(matches!(Split::new(5, 0, none), Err(DatasetError::Split { trials: 0, .. })));
}

#[test]
fn what_is_wrong_is_named() {
    for (validation, test, wrong) in [
        (-0.1, 0.1, "validation"),
        (1.0, 0.0, "validation"),
        (f64::NAN, 0.0, "validation"),
        (0.5, 0.5, "test"),
    ] {
        let found = Split::new(1, 100, SplitFractions { validation, test });
        assert!(
            matches!(found, Err(DatasetError::Parameter { parameter, .. }) if parameter == wrong)
        );
    }
    let twice = Split::from_parts(vec![0, 1, 4], vec![2], vec![3, 1]);
    assert_eq!(twice, Err(DatasetError::TrialTwice { trial: 1 }));
    let json = r#"{"train": [0, 1], "validation": [2], "test": [0]}"#;
    let error = serde_json::from_str::<Split>(json).unwrap_err();
    assert!(error.to_string().starts_with("trial 0 is listed twice"), "{error}");
}
