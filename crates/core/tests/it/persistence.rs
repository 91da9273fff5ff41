//! The simplest neuron model keeps the promises of the trait.

use apical_core::{
    CompartmentRecord, CompartmentTable, CoreError, NeuronModel, Persistence, Region, SectionType,
    TrialInput,
};

fn neurons() -> Persistence {
    let record = |section| CompartmentRecord::new(SectionType::Basal, Region::Basal, section);
    let table = CompartmentTable::new(vec![record("dend[0]"), record("dend[1]")]);
    Persistence::new(table, 2, vec![-80.0, -70.0, -60.0, -50.0]).unwrap()
}

#[test]
fn time_goes_on_and_voltages_stay() {
    let mut model = neurons();
    assert_eq!((model.batch_size(), model.synapse_count()), (2, 0));
    let input = [TrialInput::default(); 2];
    model.advance(&input).unwrap();
    let snapshot = model.snapshot();
    for _ in 0..3 {
        model.advance(&input).unwrap();
    }
    assert_eq!(model.time_ms(), 4.0);
    model.restore(&snapshot).unwrap();
    assert_eq!(model.time_ms(), 1.0);
    model.reset().unwrap();
    assert_eq!(model.time_ms(), 0.0);
    assert_eq!(model.voltages_mv(), [-80.0, -70.0, -60.0, -50.0]);
}

#[test]
fn another_voltage_is_that_of_the_snapshot() {
    let mut model = neurons();
    model.restore(&(7, vec![1.0, 2.0, 3.0, 4.0])).unwrap();
    assert_eq!((model.time_ms(), model.voltages_mv()), (7.0, &[1.0, 2.0, 3.0, 4.0][..]));
    model.reset().unwrap();
    assert_eq!(model.voltages_mv(), [-80.0, -70.0, -60.0, -50.0]);
}

#[test]
fn other_numbers_of_trials_are_refused_and_change_nothing() {
    let mut model = neurons();
    let refused = model.advance(&[TrialInput::default()]).unwrap_err();
    assert!(matches!(refused, CoreError::Shape { expected: 2, found: 1, .. }), "{refused}");
    let refused = model.restore(&(3, vec![0.0; 3])).unwrap_err();
    assert!(matches!(refused, CoreError::Shape { expected: 4, found: 3, .. }), "{refused}");
    assert_eq!((model.time_ms(), model.voltages_mv()[0]), (0.0, -80.0));
    let table = model.compartment_table().clone();
    let refused = Persistence::new(table, 3, vec![0.0; 4]).unwrap_err();
    assert!(matches!(refused, CoreError::Shape { expected: 6, found: 4, .. }), "{refused}");
}
