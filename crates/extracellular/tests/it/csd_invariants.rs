//! What holds for the current-source density of all neurons.

use apical_extracellular::{CurrentSourceDensity, LaminarAxis, Layer, RectilinearGrid};
use apical_morphology::CompartmentGeometry;
use proptest::prelude::*;

/// Sums of up to some tens of shares.
const SUMMATION: f64 = 1e-12;

type Ends = [[f64; 3]; 2];

/// Often on the planes between volumes.
fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![-100.0..100.0, (-9..=9_i32).prop_map(|k| 10.0 * f64::from(k))]
}

fn line() -> impl Strategy<Value = Ends> {
    let place = || [coordinate(), coordinate(), coordinate()];
    prop_oneof![
        4 => [place(), place()],
        1 => place().prop_map(|place| [place; 2]),
    ]
}

/// Ascending edges from -100 to 100 (and beyond, if wanted), some at multiples of 10.
fn edges() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(coordinate(), 0..20).prop_map(|mut inner| {
        inner.extend([-100.0, 100.5]);
        inner.sort_by(f64::total_cmp);
        inner.dedup_by(|a, b| *a - *b < 1e-6);
        inner
    })
}

fn geometry(lines: &[Ends]) -> CompartmentGeometry {
    CompartmentGeometry::new(lines, &vec![1.0; lines.len()]).unwrap()
}

/// Shares of the current of each compartment, summed over all volumes.
fn totals(density: &CurrentSourceDensity) -> Vec<f64> {
    let columns = density.operator().outer_iterator();
    columns
        .map(|column| column.iter().map(|(i, value)| value * density.volumes_um3()[i]).sum())
        .collect()
}

proptest! {
    #[test]
    fn boxes_that_fill_space_hold_every_current_once(
        lines in prop::collection::vec(line(), 1..20),
        edges in [edges(), edges(), edges()],
    ) {
        let grid = RectilinearGrid::new(edges).unwrap();
        let density = CurrentSourceDensity::volumetric(&geometry(&lines), &grid);
        for total in totals(&density) {
            prop_assert!((total - 1.0).abs() < SUMMATION, "{}", total);
        }
        prop_assert!(density.operator().data().iter().all(|&value| value > 0.0));
        // A line crosses no more boxes than planes, and one.
        let planes: usize = grid.edges_um().iter().map(Vec::len).sum();
        let columns = density.operator().outer_iterator();
        prop_assert!(columns.map(|column| column.nnz()).all(|boxes| boxes <= planes + 1));
    }

    #[test]
    fn layers_that_fill_space_hold_every_current_once(
        lines in prop::collection::vec(line(), 1..20),
        edges in edges(),
    ) {
        let layers = Layer::stack(&edges, 1000.0).unwrap();
        let axis = LaminarAxis::default();
        let density = CurrentSourceDensity::laminar(&geometry(&lines), &axis, &layers);
        for total in totals(&density) {
            prop_assert!((total - 1.0).abs() < SUMMATION, "{}", total);
        }
    }

    /// A layer divided along an oblique axis holds what it did.
    #[test]
    fn divided_layers_hold_what_the_whole_does(
        lines in prop::collection::vec(line(), 1..20),
        edges in edges(),
        direction in [-1.0..1.0, 0.1..1.0, -1.0..1.0],
        radius_um in 1.0..150.0,
    ) {
        let axis = LaminarAxis::new([3.0, 4.0, 5.0], direction).unwrap();
        let whole = Layer::new([edges[0], edges[edges.len() - 1]], radius_um).unwrap();
        let parts = Layer::stack(&edges, radius_um).unwrap();
        let geometry = geometry(&lines);
        let in_whole = totals(&CurrentSourceDensity::laminar(&geometry, &axis, &[whole]));
        let in_parts = totals(&CurrentSourceDensity::laminar(&geometry, &axis, &parts));
        for (a, b) in in_whole.iter().zip(in_parts) {
            prop_assert!((a - b).abs() < SUMMATION, "{} {}", a, b);
        }
    }

    /// Shares are those of many points along the line.
    #[test]
    fn shares_are_counts_of_points(line in line(), edges in [edges(), edges(), edges()]) {
        let points = 2000;
        let [start, end] = line;
        let at = |k: i32| {
            let share = (f64::from(k) + 0.5) / f64::from(points);
            [[0, 1, 2].map(|i| start[i] + share * (end[i] - start[i])); 2]
        };
        let many = geometry(&(0..points).map(at).collect::<Vec<_>>());
        let one = geometry(&[line]);
        let layers = Layer::stack(&edges[1], 40.0).unwrap();
        let grid = RectilinearGrid::new(edges).unwrap();
        let axis = LaminarAxis::default();
        for [exact, counted] in [
            [&one, &many].map(|lines| CurrentSourceDensity::volumetric(lines, &grid)),
            [&one, &many].map(|lines| CurrentSourceDensity::laminar(lines, &axis, &layers)),
        ] {
            let counted = counted.apply(&vec![1.0 / f64::from(points); many.len()]).unwrap();
            let exact = exact.apply(&[1.0]).unwrap().into_iter().zip(exact.volumes_um3());
            for ((exact, volume), counted) in exact.zip(counted) {
                // At each end of a stretch, less than a point.
                prop_assert!((exact - counted).abs() * volume < 2.0 / f64::from(points));
            }
        }
    }
}
