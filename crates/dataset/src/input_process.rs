use apical_core::{EventTrain, RandomStreams, SynapseId, SynapticEvent};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1};
use serde::{Deserialize, Serialize};

use crate::error::parameter;
use crate::smoothing::Smoothing;
use crate::{DatasetError, DendriticTrees};

/// Places of the two kinds of synapses in pairs.
const EXCITATORY: usize = 0;
const INHIBITORY: usize = 1;

/// What the sum of a Gaussian's weights, 1 but for rounding, stays below: each of them adds an error of 10⁻¹⁶ at most, and
/// there are fewer than 10⁹.
const ROUNDING_MARGIN: f64 = 1.0 + 1e-6;

/// How many spikes arrive at one tree; ranges of uniform distributions, from low to high.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeRates {
    /// Excitatory spikes E per 100 ms.
    pub excitatory_per_100_ms: [f64; 2],
    /// Inhibitory less excitatory spikes per 100 ms, [a, b]: the inhibitory ones are uniform in max(0, E + a) … E + b.
    pub inhibitory_excess_per_100_ms: [f64; 2],
}

/// Random synaptic input whose rates change in time and over the trees.
///
/// One excitatory and one inhibitory synapse on every dendritic compartment, in bins of 1 ms:
///
/// 1. The time that rates are held for, and the width σ of their smoothing, are each drawn from a list, plus a jitter.
/// 2. For every tree and interval, the number of excitatory and then inhibitory spikes per 100 ms is drawn.
/// 3. They are spread over the tree's compartments in proportion to 10 µm + length, each synapse and interval times a
///    uniform number of mean 1.
/// 4. The rates are convolved in time with a Gaussian of width σ; they are 0 outside the trial.
/// 5. In each bin, an exponentially distributed number with the rate as its mean is the probability of a spike.
///
/// The default is the process of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002), for a basal and an apical
/// tree.
///
/// # Random numbers
///
/// All of a trial's come from the stream "input process" of its index, so that it is the same whatever other trials are
/// drawn. Their order: choice and jitter of the held time, choice and jitter of σ; for every tree, for every interval,
/// the excitatory and the inhibitory number of spikes; for every interval, for every synapse, its factor; for every bin,
/// for every synapse, the uniform and the exponential number. Synapses in order of their id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct InputProcess {
    /// What the time that rates are held for is chosen from, ms.
    pub hold_ms: Vec<u32>,
    /// What the standard deviation of the smoothing is chosen from, ms.
    pub smoothing_ms: Vec<u32>,
    /// Bound of the jitter of either, ms: uniform within ± this, truncated toward 0 to whole milliseconds (which makes
    /// 0 twice as likely as other values, as published). The result is at least 1 ms.
    pub jitter_ms: f64,
    /// Rates of every tree.
    pub tree_rates: Vec<TreeRates>,
    /// What is added to a compartment's length, µm.
    pub base_length_um: f64,
    /// Half of the range of a synapse's factor, which is uniform within 1 ± this.
    pub factor_spread: f64,
}

/// The published process: the same rates for both trees.
impl Default for InputProcess {
    fn default() -> Self {
        let rates = TreeRates {
            excitatory_per_100_ms: [0.0, 800.0],
            inhibitory_excess_per_100_ms: [-600.0, 200.0],
        };
        Self {
            hold_ms: vec![
                25, 30, 35, 40, 45, 55, 60, 65, 70, 75, 80, 85, 90, 100, 150, 200, 300, 450,
            ],
            smoothing_ms: vec![25, 30, 35, 40, 50, 60, 80, 100, 150, 200, 300, 400, 500, 600],
            jitter_ms: 20.0,
            tree_rates: vec![rates; 2],
            base_length_um: 10.0,
            factor_spread: 0.5,
        }
    }
}

impl InputProcess {
    /// The published rates for a cell whose excitatory synapses lack NMDA receptors.
    #[must_use]
    pub fn ampa() -> Self {
        Self::basal_and_apical([1900.0, 2000.0], [-1650.0, 150.0])
    }

    /// The published rates for a cell without NMDA receptors and with a tenth of its SK conductance.
    #[must_use]
    pub fn ampa_reduced_sk() -> Self {
        Self::basal_and_apical([1900.0, 2000.0], [-1500.0, 300.0])
    }

    fn basal_and_apical(most_excitatory: [f64; 2], inhibitory_excess: [f64; 2]) -> Self {
        let rates = most_excitatory.map(|most| TreeRates {
            excitatory_per_100_ms: [0.0, most],
            inhibitory_excess_per_100_ms: inhibitory_excess,
        });
        Self { tree_rates: rates.to_vec(), ..Self::default() }
    }

    /// The events of one trial, at whole milliseconds from 0 to `duration_ms` − 1.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn generate(
        &self,
        seed: u64,
        trial: u64,
        duration_ms: u32,
        trees: &DendriticTrees,
    ) -> Result<EventTrain, DatasetError> {
        self.check(trees)?;
        let mut rng = RandomStreams::new(seed).stream("input process", trial);
        let hold = self.draw_ms(&self.hold_ms, &mut rng);
        let sigma = self.draw_ms(&self.smoothing_ms, &mut rng);
        let duration = duration_ms as usize;
        let intervals = duration.div_ceil(hold);
        let tree_spikes = self.draw_tree_spikes(intervals, &mut rng);
        let held = self.draw_rates(&tree_spikes, intervals, trees, &mut rng);

        let smoothing = Smoothing::new(duration, hold, sigma);
        // No smoothed rate exceeds the largest held one. So the sum over intervals waits until a spike is possible, a few
        // per cent of all bins.
        let bounds: Vec<f64> = held
            .chunks_exact(intervals.max(1))
            .map(|held| ROUNDING_MARGIN * held.iter().copied().fold(0.0, f64::max))
            .collect();
        let mut weights = Vec::new();
        let mut events = Vec::new();
        for t in 0..duration {
            weights.clear();
            weights.extend(smoothing.weights(t));
            for (synapse, &bound) in bounds.iter().enumerate() {
                let uniform: f64 = rng.random();
                let exponential: f64 = Exp1.sample(&mut rng);
                if uniform < bound * exponential {
                    let held = &held[synapse * intervals..][..intervals];
                    let rate: f64 = weights.iter().map(|&(j, weight)| weight * held[j]).sum();
                    if uniform < rate * exponential {
                        let synapse = SynapseId::new(synapse);
                        events.push(SynapticEvent { time_ms: t as f64, synapse });
                    }
                }
            }
        }
        Ok(EventTrain::new(events)?)
    }

    /// One of the choices, jittered.
    fn draw_ms(&self, choices: &[u32], rng: &mut impl Rng) -> usize {
        let choice = f64::from(choices[rng.random_range(0..choices.len())]);
        let jitter = uniform([-self.jitter_ms, self.jitter_ms], rng).trunc();
        (choice + jitter).max(1.0) as usize
    }

    /// Excitatory and inhibitory spikes per 100 ms, `[trees × intervals]`.
    fn draw_tree_spikes(&self, intervals: usize, rng: &mut impl Rng) -> Vec<[f64; 2]> {
        let mut spikes = Vec::with_capacity(self.tree_rates.len() * intervals);
        for rates in &self.tree_rates {
            for _ in 0..intervals {
                let excitatory = uniform(rates.excitatory_per_100_ms, rng);
                let range =
                    rates.inhibitory_excess_per_100_ms.map(|excess| (excitatory + excess).max(0.0));
                spikes.push([excitatory, uniform(range, rng)]);
            }
        }
        spikes
    }

    /// Expected spikes per millisecond, `[synapses × intervals]`.
    fn draw_rates(
        &self,
        tree_spikes: &[[f64; 2]],
        intervals: usize,
        trees: &DendriticTrees,
        rng: &mut impl Rng,
    ) -> Vec<f64> {
        let mut total_um = vec![0.0; trees.tree_count()];
        for (&tree, length_um) in trees.trees().iter().zip(trees.lengths_um()) {
            total_um[tree] += self.base_length_um + length_um;
        }
        let range = [1.0 - self.factor_spread, 1.0 + self.factor_spread];
        let compartments = trees.compartment_count();
        let mut rates = vec![0.0; 2 * compartments * intervals];
        for interval in 0..intervals {
            for kind in [EXCITATORY, INHIBITORY] {
                let members = trees.trees().iter().zip(trees.lengths_um());
                for (k, (&tree, length_um)) in members.enumerate() {
                    let share = (self.base_length_um + length_um) / total_um[tree];
                    let per_ms = tree_spikes[tree * intervals + interval][kind] / 100.0;
                    rates[(kind * compartments + k) * intervals + interval] =
                        per_ms * share * uniform(range, rng);
                }
            }
        }
        rates
    }

    /// Whether every parameter is in its range, and rates are given for these trees.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Parameter`] or [`DatasetError::Empty`] for a parameter out of range, [`DatasetError::Trees`] if
    /// rates are given for another number of trees.
    pub fn check(&self, trees: &DendriticTrees) -> Result<(), DatasetError> {
        let not_negative = |value: f64| value.is_finite() && value >= 0.0;
        for (name, choices) in [("hold_ms", &self.hold_ms), ("smoothing_ms", &self.smoothing_ms)] {
            if choices.is_empty() {
                return Err(DatasetError::Empty { parameter: name });
            }
        }
        let expected = "a finite number at or above 0";
        parameter(not_negative(self.jitter_ms), "jitter_ms", self.jitter_ms, expected)?;
        parameter(
            not_negative(self.base_length_um),
            "base_length_um",
            self.base_length_um,
            expected,
        )?;
        parameter(
            (0.0..=1.0).contains(&self.factor_spread),
            "factor_spread",
            self.factor_spread,
            "between 0 and 1",
        )?;
        for rates in &self.tree_rates {
            let [low, high] = rates.excitatory_per_100_ms;
            let name = "excitatory_per_100_ms";
            parameter(not_negative(low), name, low, expected)?;
            parameter(high.is_finite() && high >= low, name, high, "at or above its low end")?;
            let [low, high] = rates.inhibitory_excess_per_100_ms;
            let name = "inhibitory_excess_per_100_ms";
            parameter(low.is_finite(), name, low, "a finite number")?;
            parameter(high.is_finite() && high >= low, name, high, "at or above its low end")?;
        }
        if self.tree_rates.len() != trees.tree_count() {
            return Err(DatasetError::Trees {
                rates: self.tree_rates.len(),
                trees: trees.tree_count(),
            });
        }
        Ok(())
    }
}

/// Uniform from low to high, which may be equal.
pub(crate) fn uniform([low, high]: [f64; 2], rng: &mut impl Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inhibition_follows_excitation() {
        let mut rng = RandomStreams::new(1).stream("test", 0);
        for (process, most, [low, high]) in [
            (InputProcess::default(), [800.0, 800.0], [-600.0, 200.0]),
            (InputProcess::ampa(), [1900.0, 2000.0], [-1650.0, 150.0]),
            (InputProcess::ampa_reduced_sk(), [1900.0, 2000.0], [-1500.0, 300.0]),
        ] {
            let spikes = process.draw_tree_spikes(10_000, &mut rng);
            assert_eq!(spikes.len(), 20_000);
            for (tree, most) in spikes.chunks(10_000).zip(most) {
                let mut clipped = 0;
                for &[excitatory, inhibitory] in tree {
                    assert!((0.0..=most).contains(&excitatory));
                    assert!(inhibitory >= (excitatory + low).max(0.0));
                    assert!(inhibitory <= excitatory + high);
                    clipped += usize::from(excitatory + low < 0.0);
                }
                // E is uniform: 5 standard errors of the share below −low
                let share = -low / most;
                let error = 5.0 * (share * (1.0 - share) / 1e4).sqrt();
                assert!((clipped as f64 / 1e4 - share).abs() < error);
            }
        }
    }

    /// Of 40 equally likely outcomes −20 … 19 before truncation, two give 0: 5 standard errors of 40,000 draws.
    #[test]
    fn jitter_is_truncated_toward_zero() {
        let process = InputProcess { hold_ms: vec![100], ..InputProcess::default() };
        let mut rng = RandomStreams::new(2).stream("test", 0);
        let mut counts = vec![0; 200];
        for _ in 0..40_000 {
            counts[process.draw_ms(&process.hold_ms, &mut rng)] += 1;
        }
        assert!(counts[..81].iter().chain(&counts[120..]).all(|&n| n == 0));
        for (ms, &count) in counts.iter().enumerate().take(120).skip(81) {
            let expected = if ms == 100 { 2000.0_f64 } else { 1000.0 };
            assert!((f64::from(count) - expected).abs() < 5.0 * expected.sqrt(), "{ms}: {count}");
        }
        let short = InputProcess { hold_ms: vec![3], ..process };
        assert!((0..1000).all(|_| short.draw_ms(&short.hold_ms, &mut rng) >= 1));
    }
}
