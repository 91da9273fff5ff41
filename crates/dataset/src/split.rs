use apical_core::RandomStreams;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::DatasetError;
use crate::trial_access::check_distinct;

/// What share of the trials is kept from training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitFractions {
    /// To choose with: when to stop, which network, which parameters.
    pub validation: f64,
    /// To report on, once.
    pub test: f64,
}

/// A tenth each.
impl Default for SplitFractions {
    fn default() -> Self {
        Self { validation: 0.1, test: 0.1 }
    }
}

/// Which trials are there to train, to validate and to test with; no trial is in two of the parts.
///
/// The parts are of whole trials. Windows that start a millisecond apart are nearly the same data: the published
/// surrogates (Verhellen et al. 2024) were split at random by window, so that almost every window they were tested on
/// overlaps with windows they were trained on, and their losses say little of trials they have not seen. Slow states of
/// the neuron and the rates of its input are moreover shared by windows of a trial that do not overlap.
///
/// ```
/// use apical_dataset::{Split, SplitFractions};
///
/// let split = Split::new(1, 20, SplitFractions { validation: 0.1, test: 0.25 })?;
/// assert_eq!([split.train(), split.validation(), split.test()].map(<[usize]>::len), [13, 2, 5]);
/// # Ok::<(), apical_dataset::DatasetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Split {
    parts: Parts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
}

impl Split {
    /// A random split of the trials 0 … `trials` − 1: a permutation from the stream "split" of the seed, of which the
    /// first trials are there to test, the next to validate, and all others to train with. Parts are in ascending
    /// order.
    ///
    /// A part of fraction f has the whole number nearest to f · `trials`, and at least one trial unless f is 0.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Parameter`] for a fraction that is negative or leaves nothing to train with,
    /// [`DatasetError::Split`] if there are too few trials.
    pub fn new(seed: u64, trials: usize, fractions: SplitFractions) -> Result<Self, DatasetError> {
        let SplitFractions { validation, test } = fractions;
        for (parameter, value, others) in
            [("validation", validation, 0.0), ("test", test, validation)]
        {
            if !(value >= 0.0 && value + others < 1.0) {
                let expected = "at or above 0 and, with the other fraction, below 1";
                return Err(DatasetError::Parameter { parameter, value, expected });
            }
        }
        let [validation, test] = [validation, test].map(|fraction| {
            let nearest = (fraction * trials as f64).round() as usize;
            nearest.max(usize::from(fraction > 0.0))
        });
        if validation + test >= trials {
            return Err(DatasetError::Split { trials, validation, test });
        }
        let mut order: Vec<usize> = (0..trials).collect();
        order.shuffle(&mut RandomStreams::new(seed).stream("split", 0));
        let (test, others) = order.split_at_mut(test);
        let (validation, train) = others.split_at_mut(validation);
        let [train, validation, test] = [train, validation, test].map(|part| {
            part.sort_unstable();
            part.to_vec()
        });
        Ok(Self { parts: Parts { train, validation, test } })
    }

    /// A split that was made elsewhere, such as by input condition.
    ///
    /// # Errors
    ///
    /// [`DatasetError::TrialTwice`] for a trial that is in two parts, or twice in one.
    pub fn from_parts(
        train: Vec<usize>,
        validation: Vec<usize>,
        test: Vec<usize>,
    ) -> Result<Self, DatasetError> {
        Parts { train, validation, test }.try_into()
    }

    /// Trials to train with.
    #[must_use]
    pub fn train(&self) -> &[usize] {
        &self.parts.train
    }

    /// Trials to choose with.
    #[must_use]
    pub fn validation(&self) -> &[usize] {
        &self.parts.validation
    }

    /// Trials to report on.
    #[must_use]
    pub fn test(&self) -> &[usize] {
        &self.parts.test
    }
}

impl TryFrom<Parts> for Split {
    type Error = DatasetError;

    fn try_from(parts: Parts) -> Result<Self, DatasetError> {
        check_distinct([&parts.train, &parts.validation, &parts.test].into_iter().flatten())?;
        Ok(Self { parts })
    }
}

impl From<Split> for Parts {
    fn from(split: Split) -> Self {
        split.parts
    }
}
