use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp3, Layout, Result, Tensor, Var, bail};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ops::{Real, values, vectorized};
use crate::{Parameters, SurrogateError};

/// How weights follow their gradients: Adam (Kingma & Ba 2015, arXiv:1412.6980).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdamConfig {
    /// Share of the past in the mean of gradients; 0.9 by default.
    pub beta1: f64,
    /// Share of the past in the mean of squared gradients; 0.999 by default.
    pub beta2: f64,
    /// What is added to the root of the latter; 1e-8 by default.
    pub epsilon: f64,
    /// Pull of every weight to 0; 1e-4 by default, as published.
    pub weight_decay: f64,
    /// How weights are pulled.
    pub decay: Decay,
}

/// How weights are pulled to 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Decay {
    /// As a part of the gradient, as published: what Adam makes of gradients it makes of the pull too.
    Coupled,
    /// Beside it (AdamW; Loshchilov & Hutter 2019, arXiv:1711.05101).
    #[default]
    Decoupled,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 1e-4,
            decay: Decay::default(),
        }
    }
}

/// The optimizer's state: the means of gradients and of their squares of every weight.
#[derive(Clone, Debug)]
pub struct Adam {
    config: AdamConfig,
    steps: u64,
    moments: BTreeMap<String, Moments>,
}

/// Running means, in the shape of the weight.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Of gradients.
    pub first: Var,
    /// Of squared gradients.
    pub second: Var,
}

impl Adam {
    /// Before the first step.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for the state.
    pub fn new(
        config: AdamConfig,
        parameters: &Parameters,
    ) -> std::result::Result<Self, SurrogateError> {
        let zeros = |(name, var): (&str, &Var)| {
            let zeros = || Var::from_tensor(&var.zeros_like()?);
            let moments = Moments { first: zeros()?, second: zeros()? };
            Ok((name.to_owned(), moments))
        };
        let moments =
            parameters.iter().map(zeros).collect::<std::result::Result<_, SurrogateError>>()?;
        Ok(Self { config, steps: 0, moments })
    }

    /// The state after so many steps.
    #[must_use]
    pub const fn from_moments(
        config: AdamConfig,
        steps: u64,
        moments: BTreeMap<String, Moments>,
    ) -> Self {
        Self { config, steps, moments }
    }

    /// Number of steps made.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The state by names of weights.
    #[must_use]
    pub const fn moments(&self) -> &BTreeMap<String, Moments> {
        &self.moments
    }

    /// One step along gradients that are multiplied by `scale` first (to clip them). A weight without a gradient has one of
    /// 0.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Weight`] for a weight that was not there when this was made, [`SurrogateError::Tensor`] where a
    /// gradient does not fit.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        gradients: &GradStore,
        learning_rate: f64,
        scale: f64,
    ) -> std::result::Result<(), SurrogateError> {
        self.steps += 1;
        let update = Update::new(&self.config, self.steps, learning_rate, scale);
        for (name, var) in parameters.iter() {
            let moments = self.moments.get(name).ok_or_else(|| SurrogateError::Weight {
                name: name.to_owned(),
                what: "has no state of the optimizer".to_owned(),
            })?;
            let gradient = match gradients.get(var) {
                Some(gradient) => gradient.contiguous()?,
                None => var.zeros_like()?,
            };
            update.apply(var, &gradient, moments)?;
        }
        Ok(())
    }
}

/// The numbers of one step.
#[derive(Clone, Copy)]
struct Update {
    beta1: f64,
    beta2: f64,
    /// 1 / √(1 − β₂ᵗ).
    root_correction: f64,
    epsilon: f64,
    /// Learning rate / (1 − β₁ᵗ).
    rate: f64,
    scale: f64,
    coupled: f64,
    /// What is left of a weight that is pulled beside its gradient.
    kept: f64,
}

impl Update {
    fn new(config: &AdamConfig, step: u64, learning_rate: f64, scale: f64) -> Self {
        let &AdamConfig { beta1, beta2, epsilon, weight_decay, decay } = config;
        let correction = |beta: f64| 1.0 - beta.powf(step as f64);
        let (coupled, pull) = match decay {
            Decay::Coupled => (weight_decay, 0.0),
            Decay::Decoupled => (0.0, weight_decay),
        };
        Self {
            beta1,
            beta2,
            root_correction: correction(beta2).sqrt().recip(),
            epsilon,
            rate: learning_rate / correction(beta1),
            scale,
            coupled,
            kept: 1.0 - learning_rate * pull,
        }
    }

    fn apply(&self, var: &Var, gradient: &Tensor, moments: &Moments) -> Result<()> {
        let Moments { first, second } = moments;
        if var.device().is_cpu() {
            first.inplace_op3(gradient, var, &Part { update: *self, what: What::Mean })?;
            second.inplace_op3(gradient, var, &Part { update: *self, what: What::Square })?;
            return var.inplace_op3(first, second, &Part { update: *self, what: What::Weight });
        }
        let gradient = ((gradient * self.scale)? + (var.as_tensor() * self.coupled)?)?;
        let mean = ((first.as_tensor() * self.beta1)? + (&gradient * (1.0 - self.beta1))?)?;
        let square = (second.as_tensor() * self.beta2)?;
        let square = (square + (gradient.sqr()? * (1.0 - self.beta2))?)?;
        let root = ((square.sqrt()? * self.root_correction)? + self.epsilon)?;
        let weight = ((var.as_tensor() * self.kept)? - ((&mean / root)? * self.rate)?)?;
        first.set(&mean)?;
        second.set(&square)?;
        var.set(&weight)
    }

    /// What becomes of one number of a mean or a weight, given the two others.
    #[inline(always)]
    fn next<T: Real>(&self, what: What, old: T, a: T, b: T) -> T {
        let number = T::from_f64;
        match what {
            // gradient and weight
            What::Mean | What::Square => {
                let gradient = number(self.scale) * a + number(self.coupled) * b;
                if what == What::Mean {
                    number(self.beta1) * old + number(1.0 - self.beta1) * gradient
                } else {
                    number(self.beta2) * old + number(1.0 - self.beta2) * gradient * gradient
                }
            }
            // both means
            What::Weight => {
                let root = b.sqrt() * number(self.root_correction) + number(self.epsilon);
                number(self.kept) * old - number(self.rate) * a / root
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Mean,
    Square,
    Weight,
}

/// One of the three arrays of an update.
struct Part {
    update: Update,
    what: What,
}

impl InplaceOp3 for Part {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(
        &self,
        s1: &mut CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<()> {
        match s1 {
            CpuStorage::F32(old) => self.run(old, l1, values(s2, l2)?, values(s3, l3)?),
            CpuStorage::F64(old) => self.run(old, l1, values(s2, l2)?, values(s3, l3)?),
            _ => bail!("{} is for float32 and float64", self.name()),
        }
    }
}

impl Part {
    fn run<T: Real>(&self, old: &mut [T], layout: &Layout, a: &[T], b: &[T]) -> Result<()> {
        const AT_A_TIME: usize = 1 << 14;
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("a weight is not contiguous")
        };
        let old = &mut old[start..end];
        if old.len() != a.len() || old.len() != b.len() {
            bail!("{} numbers, {} and {}: do not fit", old.len(), a.len(), b.len());
        }
        let parts = old.par_chunks_mut(AT_A_TIME).zip(a.par_chunks(AT_A_TIME));
        parts.zip(b.par_chunks(AT_A_TIME)).for_each(|((old, a), b)| {
            vectorized(
                #[inline(always)]
                || {
                    for ((old, &a), &b) in old.iter_mut().zip(a).zip(b) {
                        *old = self.update.next(self.what, *old, a, b);
                    }
                },
            );
        });
        Ok(())
    }
}
