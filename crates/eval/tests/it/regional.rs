//! Errors that are planted are found where they are.

use crate::common::{Draw, record};
use apical_core::{CompartmentTable, Region, SectionType};
use apical_eval::{CompartmentErrors, EvalError, ReportedRegion};
use proptest::prelude::*;

/// Two of each region but the soma and axon.
fn table() -> CompartmentTable {
    let apical = [Region::Trunk, Region::Tuft, Region::Oblique, Region::Tuft, Region::Trunk];
    let records = [(SectionType::Soma, Region::Soma), (SectionType::Basal, Region::Basal)]
        .into_iter()
        .chain(apical.map(|region| (SectionType::Apical, region)))
        .chain([
            (SectionType::Apical, Region::Oblique),
            (SectionType::Basal, Region::Basal),
            (SectionType::Axon, Region::Axon),
        ]);
    CompartmentTable::new(records.map(|(kind, region)| record(kind, region)).collect())
}

/// Voltages that go up and down by k + 1 mV around −70 mV in compartment k, predicted too high by (k + 1)² / 10 mV: the
/// standardized error of compartment k is (k + 1)² / 100.
#[test]
fn planted_errors_are_found() {
    let table = table();
    let size = |k: usize| (k + 1) as f32;
    let mut errors = CompartmentErrors::new(10);
    for trial in [3, 1] {
        let rows = (0..10).map(|ms| if ms % 2 == 0 { 1.0 } else { -1.0_f32 });
        let truth: Vec<f32> =
            rows.flat_map(|sign| (0..10).map(move |k| -70.0 + sign * size(k))).collect();
        let places = truth.iter().enumerate();
        let predicted: Vec<f32> =
            places.map(|(place, mv)| mv + size(place % 10).powi(2) / 10.0).collect();
        errors.add(trial, &predicted, &truth).unwrap();
    }
    assert_eq!(errors.trials().collect::<Vec<_>>(), [1, 3]);

    // voltages in f32 are wrong by 4e-6 of 0.1 mV
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-4 * expected.abs(), "{found} {expected}");
    };
    for (k, error) in errors.by_compartment(&[-70.0; 10]).unwrap().iter().enumerate() {
        let squared = f64::from(size(k)).powi(2);
        close(error.mse_mv2, squared * squared / 100.0);
        close(error.variance_mv2, squared);
        close(error.standardized_mse, squared / 100.0);
        assert_eq!(error.explained_variance, 1.0 - error.standardized_mse);
    }
    // around another mean the deviation from that counts as well
    close(errors.by_compartment(&[-73.0; 10]).unwrap()[0].variance_mv2, 10.0);

    let regions = errors.by_region(&table, &[-70.0; 10]).unwrap();
    assert_eq!(regions.iter().map(|error| error.region).collect::<Vec<_>>(), ReportedRegion::ALL);
    let members: [&[usize]; 6] = [&[0], &[1, 8], &[4, 7], &[2, 3, 5, 6], &[2, 6], &[3, 5]];
    for (error, members) in regions.iter().zip(members) {
        let sum = |power| members.iter().map(|&k| f64::from(size(k)).powi(power)).sum::<f64>();
        let count = members.len() as f64;
        assert_eq!(error.compartments, members.len());
        close(error.mse_mv2, sum(4) / 100.0 / count);
        close(error.standardized_mse, sum(2) / 100.0 / count);
        close(error.explained_variance, 1.0 - sum(4) / 100.0 / sum(2));
    }
}

#[test]
fn regions_without_compartments_are_left_out_and_results_are_saved() {
    let soma = CompartmentTable::new(table().records()[..1].to_vec());
    let mut errors = CompartmentErrors::new(1);
    errors.add(0, &[-69.0, -71.0], &[-70.0, -72.0]).unwrap();
    let regions = errors.by_region(&soma, &[-71.0]).unwrap();
    let expected = serde_json::json!([{
        "region": "soma", "compartments": 1, "mse_mv2": 1.0, "standardized_mse": 1.0,
        "explained_variance": 0.0,
    }]);
    assert_eq!(serde_json::to_value(regions).unwrap(), expected);
}

#[test]
fn refuses_what_has_no_error() {
    let mut errors = CompartmentErrors::new(2);
    assert!(matches!(errors.by_compartment(&[0.0; 2]), Err(EvalError::Empty { .. })));
    assert!(matches!(errors.add(0, &[1.0; 3], &[1.0; 3]), Err(EvalError::Core(_))));
    assert!(matches!(errors.add(0, &[1.0; 2], &[1.0; 4]), Err(EvalError::Core(_))));
    let bad = [0.0, f32::NAN];
    assert!(matches!(errors.add(0, &bad, &[1.0; 2]), Err(EvalError::Value { index: 1, .. })));
    assert!(matches!(errors.add(0, &[1.0; 2], &bad), Err(EvalError::Value { index: 1, .. })));
    assert_eq!(errors, CompartmentErrors::new(2));
    errors.add(0, &[0.0; 4], &[-70.0, -64.1, -72.0, -64.1]).unwrap();
    let constant = errors.by_compartment(&[-71.0, f64::from(-64.1_f32)]).unwrap_err();
    assert!(
        matches!(constant, EvalError::Constant { compartment, .. } if compartment.index() == 1)
    );
    assert!(errors.by_compartment(&[0.0]).is_err());
    assert!(errors.by_region(&table(), &[0.0; 2]).is_err());
    assert!(errors.merge(&CompartmentErrors::new(3)).is_err());
}

/// Predicted and true voltages of two compartments.
fn voltages(seed: u64, times: usize) -> [Vec<f32>; 2] {
    let mut draw = Draw(seed);
    [(); 2].map(|()| (0..2 * times).map(|_| -70.0 + 20.0 * draw.next() as f32).collect())
}

proptest! {
    /// Trials in any order, over any two accumulators, give the same bits.
    #[test]
    fn the_order_of_trials_does_not_matter(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        split in 0..=6_usize,
        times in 1..20_usize,
    ) {
        let add = |trials: &[usize]| {
            let mut errors = CompartmentErrors::new(2);
            for &trial in trials {
                let [predicted, truth] = voltages(trial as u64, times);
                errors.add(trial, &predicted, &truth).unwrap();
            }
            errors
        };
        let sorted = add(&[0, 1, 2, 3, 4, 5]);
        let mut merged = add(&order[..split]);
        merged.merge(&add(&order[split..])).unwrap();
        prop_assert_eq!(&merged, &sorted);
        prop_assert_eq!(
            merged.by_compartment(&[-60.0; 2]).unwrap(),
            sorted.by_compartment(&[-60.0; 2]).unwrap()
        );
    }

    /// Compartments in another order are the same compartments, and times in another order or in parts the same times,
    /// up to the rounding of sums of 40 numbers of 5000 mV².
    #[test]
    fn the_order_of_times_and_compartments_does_not_matter(seed: u64, part in 0..=20_usize) {
        let [predicted, truth] = voltages(seed, 20);
        let mut whole = CompartmentErrors::new(2);
        whole.add(0, &predicted, &truth).unwrap();
        let reversed = |values: &[f32]| values.iter().rev().copied().collect::<Vec<_>>();
        let [back, back_truth] = [reversed(&predicted), reversed(&truth)];
        let mut parts = CompartmentErrors::new(2);
        parts.add(0, &back[..2 * part], &back_truth[..2 * part]).unwrap();
        parts.add(0, &back[2 * part..], &back_truth[2 * part..]).unwrap();
        let [a, b] = [whole, parts].map(|errors| errors.by_compartment(&[-60.0; 2]).unwrap());
        for (a, b) in a.iter().zip(b.iter().rev()) {
            prop_assert!((a.mse_mv2 - b.mse_mv2).abs() < 1e-10);
            prop_assert!((a.variance_mv2 - b.variance_mv2).abs() < 1e-10);
        }
    }
}
