//! The input process against its expectations in closed form.
//!
//! Seeds are fixed, so none of this is a matter of chance; bounds are five standard errors, which a wrong
//! implementation of the right size of effect would not meet, and a right one misses once in two million.

use apical_core::{
    CompartmentRecord, CompartmentTable, EventTrain, Region, SectionType, SynapseId,
};
use apical_dataset::{DatasetError, DendriticTrees, InputProcess, TreeRates};

/// Two trees of 84 and 126 compartments, lengths 20 to 40 µm, each length equally often in either.
fn trees() -> DendriticTrees {
    let tree = |ids: std::ops::Range<usize>| {
        ids.map(|k| (SynapseId::new(k), 20.0 + (k % 21) as f64)).collect()
    };
    DendriticTrees::new(&[tree(0..84), tree(84..210)]).unwrap()
}

/// Rates that do not vary: E and I the same number of spikes per 100 ms in every interval, σ = 20 ms.
fn constant_rates() -> InputProcess {
    let mut process = InputProcess::default();
    process.hold_ms = vec![25];
    process.smoothing_ms = vec![20];
    process.jitter_ms = 0.0;
    process.tree_rates = vec![
        TreeRates {
            excitatory_per_100_ms: [400.0, 400.0],
            inhibitory_excess_per_100_ms: [-100.0, -100.0],
        },
        TreeRates {
            excitatory_per_100_ms: [600.0, 600.0],
            inhibitory_excess_per_100_ms: [50.0, 50.0],
        },
    ];
    process
}

fn counts(train: &EventTrain, synapses: usize) -> Vec<f64> {
    let mut counts = vec![0.0; synapses];
    for event in train.events() {
        counts[event.synapse.index()] += 1.0;
    }
    counts
}

#[track_caller]
fn assert_within(found: f64, expected: f64, error: f64) {
    assert!((found - expected).abs() < error, "{found}, not {expected} ± {error}");
}

/// Spikes of a tree: rate·(T − σ·√(2/π)), what the zeros beyond both ends take away; the probability min(1, rate·e)
/// is below the rate by exp(−1/rate), at most 1e-4 of it. The Gaussian ends at 3.5σ, which changes σ·√(2/π) = 16 ms by 0.3 %
/// and the number by 1e-5 of itself. The variance is that of a Poisson process (a Bernoulli one has less) and of the
/// factors U(0.5, 1.5): (expected spikes in an interval)²/12 a synapse and interval, a tenth of
/// the former.
#[test]
fn spikes_per_tree() {
    let duration_ms = 6000;
    let train = constant_rates().generate(1, 0, duration_ms, &trees()).unwrap();
    let counts = counts(&train, 420);
    let effective_ms = f64::from(duration_ms) - 20.0 * (2.0 / std::f64::consts::PI).sqrt();
    for (range, per_ms) in [(0..84, 4.0), (84..210, 6.0), (210..294, 3.0), (294..420, 6.5)] {
        let expected = per_ms * effective_ms;
        let found = counts[range].iter().sum::<f64>();
        assert_within(found, expected, 5.0 * (1.1 * expected).sqrt());
    }
}

/// The share of every length, in either tree and of both kinds, over 20 trials. Compartment k is of length 20 + k % 21 µm.
#[test]
fn spikes_are_spread_by_length() {
    let (process, trees) = (constant_rates(), trees());
    let mut spikes = vec![0.0; 420];
    for trial in 0..20 {
        let train = process.generate(2, trial, 3000, &trees).unwrap();
        for (sum, count) in spikes.iter_mut().zip(counts(&train, 420)) {
            *sum += count;
        }
    }
    for range in [0..84, 84..210, 210..294, 294..420] {
        let total: f64 = spikes[range.clone()].iter().sum();
        let mut by_length = [0.0; 21];
        for k in range {
            by_length[k % 21] += spikes[k];
        }
        for (i, found) in by_length.iter().enumerate() {
            // 10 µm + length is 30 … 50 µm, 40 on average
            let expected = total * (30.0 + i as f64) / (21.0 * 40.0);
            assert_within(*found, expected, 5.0 * (1.1 * expected).sqrt());
        }
    }
}

/// Mean of the published process: E has mean 400, and I that of (max(0, E − 600) + E + 200)/2: 600 + E[max(0, E − 600)]
/// halved, with E[max(0, E − 600)] = 200²/(2·800) = 25. Smoothing is as drawn, so the loss at the ends is bounded:
/// between none and that of σ = 619 ms.
///
/// The error is that of a mean over T = 120 s of numbers uniform in 0 … 800 and held for K ms, 800²/12·K/T; K is 104 ms
/// on average, of 20 trials rarely more than 150 ms. I varies no more than E does.
#[test]
fn published_rates() {
    let (process, trees) = (InputProcess::default(), trees());
    let (trials, duration_ms) = (20, 6000);
    let mut counts = vec![0.0; 420];
    for trial in 0..trials {
        let train = process.generate(3, trial, duration_ms, &trees).unwrap();
        for (sum, count) in counts.iter_mut().zip(self::counts(&train, 420)) {
            *sum += count;
        }
    }
    let hundreds = f64::from(duration_ms) * trials as f64 / 100.0;
    let most_lost = 619.0 * (2.0 / std::f64::consts::PI).sqrt() / f64::from(duration_ms);
    let error = 5.0 * 800.0 / 12.0_f64.sqrt() * (150.0 / 120_000.0_f64).sqrt();
    for (range, mean) in [(0..84, 400.0), (84..210, 400.0), (210..294, 312.5), (294..420, 312.5)] {
        let found = counts[range].iter().sum::<f64>() / hundreds;
        assert!(found < mean + error && found > mean * (1.0 - most_lost) - error, "{found}");
    }
}

/// σ = 1 ms and rates held for 500 ms: within an interval counts vary as a Poisson process, between intervals the rates
/// do. So the numbers of neighbouring 100 ms are alike within an interval.
#[test]
fn rates_are_held() {
    let mut process = InputProcess::default();
    process.hold_ms = vec![500];
    process.smoothing_ms = vec![1];
    process.jitter_ms = 0.0;
    let train = process.generate(4, 0, 50_000, &trees()).unwrap();
    let mut per_100_ms = vec![0.0; 500];
    for event in train.events().iter().filter(|e| e.synapse.index() < 84) {
        per_100_ms[event.time_ms as usize / 100] += 1.0;
    }
    let difference = |i: usize| f64::powi(per_100_ms[i] - per_100_ms[i + 1], 2);
    let mean_square = |at: usize| (0..99).map(|j| difference(5 * j + at)).sum::<f64>() / 99.0;
    // E of two Poisson numbers is 2·400; of two rates U(0, 800) besides, 2·800²/12 = 106667. Both ± 60 %: 5 standard
    // errors of a mean of 99 squares whose distribution has a kurtosis below 3
    assert_within(mean_square(1), 800.0, 0.7 * 800.0);
    assert_within(mean_square(4), 107_467.0, 0.7 * 107_467.0);
}

/// How rates vary and follow one another, with K = 50 ms, σ = 40 ms, E ~ U(200, 800) and I ~ U(E − 200, E + 200).
///
/// Rates held for K have the autocovariance V·(1 − lag/K), V their variance; smoothing convolves it with a Gaussian of
/// variance 2σ². Up to a thousandth that is a Gaussian of area V·K and variance s² = 2σ² + K²/6. V is 600²/12 for E,
/// 400²/12 more for I; that of E with I is that of E, for I − E does not depend on E; trees are independent. Spikes
/// themselves, independent from bin to bin and synapse to synapse, add to none of these.
///
/// The error is Bartlett's for the covariance of Gaussian processes over time T: 2/T times the sum over lags of the
/// product of the autocovariances, s·√π·C·C' of the rates and at lag 0 the spikes' own variance, their mean.
#[test]
fn rates_vary_together_as_long_as_they_should() {
    let mut process = InputProcess::default();
    process.hold_ms = vec![50];
    process.smoothing_ms = vec![40];
    process.jitter_ms = 0.0;
    let rates = TreeRates {
        excitatory_per_100_ms: [200.0, 800.0],
        inhibitory_excess_per_100_ms: [-200.0, 200.0],
    };
    process.tree_rates = vec![rates; 2];
    let (trials, duration_ms, margin_ms) = (12, 20_000, 200);

    // spikes less their mean, by basal E, apical E, basal I, apical I and bin, without the ends
    let mean = 5.0;
    let bins = duration_ms as usize - 2 * margin_ms;
    let mut series =
        vec![[vec![-mean; bins], vec![-mean; bins], vec![-mean; bins], vec![-mean; bins]]; trials];
    for (trial, series) in series.iter_mut().enumerate() {
        let train = process.generate(8, trial as u64, duration_ms, &trees()).unwrap();
        for event in train.events() {
            let k = event.synapse.index();
            let group = 2 * usize::from(k >= 210) + usize::from(k % 210 >= 84);
            let bin = (event.time_ms as usize).checked_sub(margin_ms);
            if let Some(spikes) = bin.and_then(|bin| series[group].get_mut(bin)) {
                *spikes += 1.0;
            }
        }
    }
    let covariance = |a: usize, b: usize, lag: usize| {
        let of = |series: &[Vec<f64>; 4]| -> f64 {
            series[a].iter().zip(&series[b][lag..]).map(|(a, b)| a * b).sum()
        };
        series.iter().map(of).sum::<f64>() / (trials * (bins - lag)) as f64
    };

    let width: f64 = (2.0 * 40.0 * 40.0 + 50.0 * 50.0 / 6.0_f64).sqrt();
    let peak =
        |variance: f64| variance / 1e4 * 50.0 / ((2.0 * std::f64::consts::PI).sqrt() * width);
    let (e, i) = (peak(600.0 * 600.0 / 12.0), peak((600.0 * 600.0 + 400.0 * 400.0) / 12.0));
    let own = [e, e, i, i];
    for (a, b, shared) in [
        (0, 0, e),
        (1, 1, e),
        (2, 2, i),
        (3, 3, i),
        (0, 2, e),
        (1, 3, e),
        (0, 1, 0.0),
        (2, 3, 0.0),
        (0, 3, 0.0),
    ] {
        for lag in [0, 1, 40, 85, 120, 200] {
            if a == b && lag == 0 {
                continue;
            }
            let expected = shared * (-0.5 * (lag as f64 / width).powi(2)).exp();
            let products = width * std::f64::consts::PI.sqrt() * own[a] * own[b]
                + mean * (own[a] + own[b])
                + mean * mean;
            let error = 5.0 * (2.0 * products / (trials * (bins - lag)) as f64).sqrt();
            assert_within(covariance(a, b, lag), expected, error);
        }
    }
}

#[test]
fn a_trial_is_the_same_whatever_else_is_drawn() {
    let (process, trees) = (InputProcess::default(), trees());
    let alone = process.generate(5, 7, 200, &trees).unwrap();
    let all: Vec<_> = (0..9).map(|i| process.generate(5, i, 200, &trees).unwrap()).collect();
    assert_eq!(alone, all[7]);
    for pair in all.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
    assert_ne!(alone, process.generate(6, 7, 200, &trees).unwrap());
}

/// Pins the draws and the sums: a change of their order changes what a seed means, and has to raise the version of the
/// numerics. Trials of several held times and widths, so that a few and many intervals bear on a bin.
#[test]
fn bits_of_trials() {
    let fixed = |hold_ms, smoothing_ms, rates: InputProcess| {
        let mut process = rates;
        process.hold_ms = vec![hold_ms];
        process.smoothing_ms = vec![smoothing_ms];
        process
    };
    let (nmda, ampa) = (InputProcess::default(), InputProcess::ampa());
    let found = [
        (nmda.clone(), 0, 0, 1000),
        (nmda.clone(), 1, 3, 6000),
        (ampa.clone(), 2, 1, 2000),
        (fixed(25, 600, nmda.clone()), 3, 0, 3000),
        (fixed(450, 25, ampa), 4, 9, 3000),
        (fixed(1, 1, nmda), 5, 2, 700),
    ]
    .map(|(process, seed, trial, duration_ms)| {
        let train = process.generate(seed, trial, duration_ms, &trees()).unwrap();
        let hash = train.events().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, event| {
            let word = (event.time_ms as u64) << 32 | event.synapse.index() as u64;
            (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3)
        });
        (train.len(), hash)
    });
    assert_eq!(
        found,
        [
            (13_628, 13_917_370_927_397_351_997),
            (82_060, 7_100_175_085_264_718_747),
            (61_294, 16_243_763_366_096_123_428),
            (34_924, 17_208_543_222_373_148_640),
            (94_290, 11_577_571_764_191_951_173),
            (9230, 17_018_822_694_319_248_571),
        ]
    );
}

/// Synapses belong to compartments, whatever the order in which trees list them.
#[test]
fn trees_may_list_compartments_in_any_order() {
    let listed = |order: [usize; 3]| {
        let lengths_um = [10.0, 20.0, 30.0];
        let tree = order.iter().map(|&k| (SynapseId::new(k), lengths_um[k])).collect();
        DendriticTrees::new(&[tree, vec![(SynapseId::new(3), 15.0)]]).unwrap()
    };
    assert_eq!(listed([0, 1, 2]), listed([2, 0, 1]));
}

#[test]
fn trees_of_a_compartment_table() {
    let record = |section_type, length_um| {
        let mut record = CompartmentRecord::new(section_type, Region::Other, "section");
        record.length_um = length_um;
        record
    };
    let table = CompartmentTable::new(vec![
        record(SectionType::Soma, 23.0),
        record(SectionType::Basal, 30.0),
        record(SectionType::Apical, 40.0),
        record(SectionType::Axon, 30.0),
        record(SectionType::Basal, 35.0),
    ]);
    let id = SynapseId::new;
    let expected =
        DendriticTrees::new(&[vec![(id(0), 30.0), (id(2), 35.0)], vec![(id(1), 40.0)]]).unwrap();
    let trees = DendriticTrees::basal_and_apical(&table).unwrap();
    assert_eq!(trees, expected);
    assert_eq!((trees.tree_count(), trees.compartment_count()), (2, 3));
}

#[test]
fn no_compartments_and_no_time_make_no_events() {
    let process = InputProcess::default();
    let none = DendriticTrees::new(&[vec![], vec![]]).unwrap();
    assert!(process.generate(1, 0, 100, &none).unwrap().is_empty());
    assert!(process.generate(1, 0, 0, &trees()).unwrap().is_empty());
}

#[test]
fn what_is_wrong_is_named() {
    let id = SynapseId::new;
    assert_eq!(
        DendriticTrees::new(&[vec![(id(0), 1.0), (id(0), 1.0)]]),
        Err(DatasetError::Synapse { synapse: id(0), compartments: 2 })
    );
    assert_eq!(
        DendriticTrees::new(&[vec![(id(1), 1.0)]]),
        Err(DatasetError::Synapse { synapse: id(1), compartments: 1 })
    );
    assert_eq!(
        DendriticTrees::new(&[vec![(id(0), 0.0)]]),
        Err(DatasetError::Length { synapse: id(0), length_um: 0.0 })
    );

    let error = |change: fn(&mut InputProcess)| {
        let mut process = InputProcess::default();
        change(&mut process);
        process.generate(1, 0, 10, &trees()).unwrap_err().to_string()
    };
    assert_eq!(error(|p| p.hold_ms.clear()), "hold_ms is empty");
    assert_eq!(
        error(|p| p.factor_spread = 1.5),
        "factor_spread is 1.5, which is not between 0 and 1"
    );
    assert_eq!(
        error(|p| p.jitter_ms = -1.0),
        "jitter_ms is -1, which is not a finite number at or above 0"
    );
    assert_eq!(
        error(|p| p.tree_rates[1].excitatory_per_100_ms = [5.0, 4.0]),
        "excitatory_per_100_ms is 4, which is not at or above its low end"
    );
    assert_eq!(
        error(|p| p.tree_rates.truncate(1)),
        "rates are given for 1 trees, the neuron has 2"
    );
}
