//! What holds for every slice on an array, and what is refused.

use apical_core::CompartmentId;
use apical_extracellular::{
    Contact, Electrode, ExtracellularError, SliceConfig, SourceShape, TransferMatrix,
};
use apical_morphology::CompartmentGeometry;
use proptest::prelude::*;

/// Sums of some tens of float64 terms, that nearly cancel by up to a factor of 100.
const SUMMATION: f64 = 1e-12;

type Ends = [[f64; 3]; 2];

fn place() -> impl Strategy<Value = [f64; 3]> {
    (-200.0..200.0, -200.0..200.0, 0.0..=300.0).prop_map(|(x, y, z)| [x, y, z])
}

fn config() -> impl Strategy<Value = SliceConfig> {
    let glass = prop_oneof![Just(0.0), 0.01..3.0];
    let shape = prop_oneof![
        Just(SourceShape::Point),
        Just(SourceShape::Line),
        Just(SourceShape::RootAsPoint)
    ];
    (0.1..1.0, 0.05..3.0, glass, shape).prop_map(|(tissue, saline, glass, sources)| {
        let mut config = SliceConfig::default();
        config.tissue_s_per_m = tissue;
        config.saline_s_per_m = saline;
        config.glass_s_per_m = glass;
        config.sources = sources;
        config
    })
}

fn values(config: &SliceConfig, ends: &[Ends], electrode: [f64; 3]) -> Vec<f64> {
    let geometry = CompartmentGeometry::new(ends, &vec![1.0; ends.len()]).unwrap();
    let model = config.build().unwrap();
    TransferMatrix::new(&model, &geometry, &[Electrode::point(electrode)])
        .unwrap()
        .values()
        .to_vec()
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= SUMMATION * a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn moving_all_in_the_plane_changes_nothing(
        config in config(),
        ends in prop::collection::vec([place(), place()], 1..12),
        electrode in place(),
    ) {
        // Multiples of a power of two are added without rounding errors that matter.
        let there = |[x, y, z]: [f64; 3]| [x + 64.0, y - 128.0, z];
        let moved: Vec<Ends> = ends.iter().map(|ends| ends.map(there)).collect();
        let found = values(&config, &moved, there(electrode));
        prop_assert!(close(&found, &values(&config, &ends, electrode)));
    }

    #[test]
    fn raising_all_changes_nothing(
        config in config(),
        ends in prop::collection::vec([place(), place()], 1..12),
        electrode in place(),
    ) {
        let there = |[x, y, z]: [f64; 3]| [x, y, z + 512.0];
        let raised: Vec<Ends> = ends.iter().map(|ends| ends.map(there)).collect();
        let expected = values(&config, &ends, electrode);
        let mut config = config;
        config.array_z_um = 512.0;
        prop_assert!(close(&values(&config, &raised, there(electrode)), &expected));
    }

    #[test]
    fn a_slice_upside_down_exchanges_glass_and_saline(
        config in config(),
        ends in prop::collection::vec([place(), place()], 1..12),
        electrode in place(),
    ) {
        let turned = |[x, y, z]: [f64; 3]| [x, y, 300.0 - z];
        let mut upside_down = config.clone();
        upside_down.saline_s_per_m = config.glass_s_per_m;
        upside_down.glass_s_per_m = config.saline_s_per_m;
        let below: Vec<Ends> = ends.iter().map(|ends| ends.map(turned)).collect();
        let found = values(&upside_down, &below, turned(electrode));
        prop_assert!(close(&found, &values(&config, &ends, electrode)));
    }

    #[test]
    fn conductivities_scale_potentials(
        config in config(),
        ends in prop::collection::vec([place(), place()], 1..12),
        electrode in place(),
    ) {
        let mut twice = config.clone();
        twice.tissue_s_per_m *= 2.0;
        twice.saline_s_per_m *= 2.0;
        twice.glass_s_per_m *= 2.0;
        let found: Vec<f64> =
            values(&twice, &ends, electrode).iter().map(|value| 2.0 * value).collect();
        prop_assert!(close(&found, &values(&config, &ends, electrode)));
    }

    #[test]
    fn a_line_is_the_mean_of_its_halves(
        config in config(),
        line in [place(), place()],
        electrode in place(),
    ) {
        let mut config = config;
        config.sources = SourceShape::Line;
        let [start, end] = line;
        let middle = [0, 1, 2].map(|i| 0.5 * (start[i] + end[i]));
        let halves = values(&config, &[[start, middle], [middle, end]], electrode);
        let whole = values(&config, &[line], electrode);
        prop_assert!((whole[0] - 0.5 * (halves[0] + halves[1])).abs() <= 1e-10 * whole[0].abs());
    }
}

#[test]
fn electrodes_are_independent() {
    let ends = [[[0.0, 0.0, 100.0], [10.0, 5.0, 130.0]], [[10.0, 5.0, 130.0], [10.0, 9.0, 200.0]]];
    let geometry = CompartmentGeometry::new(&ends, &[2.0; 2]).unwrap();
    let model = SliceConfig::default().build().unwrap();
    let electrodes: Vec<_> =
        (0..40).map(|i| Electrode::point([f64::from(i) - 10.0, 3.0, f64::from(i % 3)])).collect();
    let together = TransferMatrix::new(&model, &geometry, &electrodes).unwrap();
    for (i, electrode) in electrodes.iter().enumerate() {
        let alone =
            TransferMatrix::new(&model, &geometry, std::slice::from_ref(electrode)).unwrap();
        assert_eq!(alone.row(0), together.row(i));
    }
}

#[test]
fn a_neuron_without_compartments_has_an_empty_matrix() {
    let model = SliceConfig::default().build().unwrap();
    let electrodes = [Electrode::point([0.0; 3])];
    let matrix = TransferMatrix::new(&model, &CompartmentGeometry::default(), &electrodes).unwrap();
    assert_eq!((matrix.electrode_count(), matrix.compartment_count()), (1, 0));
}

#[test]
fn what_is_outside_the_slice_is_refused() {
    let mut config = SliceConfig::default();
    config.array_z_um = -50.0;
    let model = config.build().unwrap();
    let electrode = [Electrode::point([0.0, 0.0, -50.0])];
    let inside = [[0.0, 0.0, -50.0], [9.0, 0.0, 250.0]];
    let geometry = |ends: &[Ends]| CompartmentGeometry::new(ends, &vec![1.0; ends.len()]).unwrap();
    assert!(TransferMatrix::new(&model, &geometry(&[inside]), &electrode).is_ok());

    for (z, ends) in
        [(250.5, [[0.0; 3], [0.0, 0.0, 250.5]]), (-51.0, [[0.0, 0.0, -51.0], [0.0; 3]])]
    {
        match TransferMatrix::new(&model, &geometry(&[inside, ends]), &electrode) {
            Err(ExtracellularError::CompartmentOutsideSlice { compartment, z_um, z_range_um }) => {
                assert_eq!((compartment, z_um), (CompartmentId::new(1), z));
                assert_eq!(z_range_um, [-50.0, 250.0]);
            }
            other => panic!("{other:?}"),
        }
    }
    // Of a contact of many points, the electrode is named.
    let upright = Contact::disc(10.0, [1.0, 0.0, 0.0]).unwrap();
    let flat = Contact::disc(10.0, [0.0, 0.0, 1.0]).unwrap();
    let electrodes = [flat, upright].map(|contact| Electrode::new([50.0, 0.0, -50.0], contact));
    match TransferMatrix::new(&model, &geometry(&[inside]), &electrodes) {
        Err(ExtracellularError::ElectrodeOutsideSlice { electrode: 1, z_um, .. }) => {
            assert!(z_um < -50.0);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    let refused = |change: fn(&mut SliceConfig)| {
        let mut config = SliceConfig::default();
        change(&mut config);
        config.build().unwrap_err()
    };
    use ExtracellularError as Error;
    let error = refused(|config| config.tissue_s_per_m = 0.0);
    assert!(matches!(error, Error::Conductivity { value: 0.0 }), "{error}");
    let error = refused(|config| config.saline_s_per_m = -1.0);
    assert!(matches!(error, Error::Negative { value: -1.0, .. }), "{error}");
    let error = refused(|config| config.glass_s_per_m = f64::INFINITY);
    assert!(matches!(error, Error::Negative { value: f64::INFINITY, .. }), "{error}");
    let error = refused(|config| config.thickness_um = 0.0);
    assert!(matches!(error, Error::Parameter { value: 0.0, .. }), "{error}");
    let error = refused(|config| config.array_z_um = f64::NAN);
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    let error = refused(|config| config.saline_s_per_m = 0.0);
    assert!(matches!(error, Error::Images { product: 1.0 }), "{error}");
    let error = refused(|config| config.saline_s_per_m = 1e-15);
    assert!(matches!(error, Error::Images { .. }), "{error}");
    // Far worse conductors than any medium still converge, and so do perfect ones on an insulator.
    for saline_s_per_m in [1e-9, 1e15] {
        let mut config = SliceConfig::default();
        config.saline_s_per_m = saline_s_per_m;
        assert!(config.build().is_ok());
    }
}
