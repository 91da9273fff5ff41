//! The names and shapes that weights have in LFDeep, the PyTorch code published with Verhellen et al. 2024.

use std::collections::HashMap;

use candle_core::Tensor;

use crate::model::{Architecture, ModelConfig, MultitaskModel};
use crate::{Parameters, SurrogateError};

/// How one weight is laid out there.
struct Mapping {
    ours: String,
    /// There it is in as many parts as its extent along this axis, in the order of `theirs`; or in one.
    axis: Option<usize>,
    theirs: Vec<String>,
    /// Order of the axes of a part.
    order: Vec<usize>,
    /// Axes of one element that a part has there besides, at the end (`true`) or in the middle.
    ones: Ones,
}

#[derive(Clone, Copy)]
enum Ones {
    None,
    Last(usize),
    Middle,
}

impl Mapping {
    fn parts(&self, ours: &Tensor) -> Result<Vec<(String, Tensor)>, SurrogateError> {
        let part = |(index, name): (usize, &String)| {
            let part = match self.axis {
                Some(axis) => ours.narrow(axis, index, 1)?.squeeze(axis)?,
                None => ours.clone(),
            };
            let mut part = part.permute(self.order.as_slice())?.contiguous()?;
            match self.ones {
                Ones::None => {}
                Ones::Last(count) => {
                    for _ in 0..count {
                        part = part.unsqueeze(part.rank())?;
                    }
                }
                Ones::Middle => part = part.unsqueeze(1)?,
            }
            Ok((name.clone(), part))
        };
        self.theirs.iter().enumerate().map(part).collect()
    }

    fn whole(&self, theirs: &HashMap<String, Tensor>) -> Result<Tensor, SurrogateError> {
        let mut inverse = self.order.clone();
        for (place, &axis) in self.order.iter().enumerate() {
            inverse[axis] = place;
        }
        let part = |name: &String| {
            let part = theirs.get(name).ok_or_else(|| SurrogateError::Weight {
                name: name.clone(),
                what: "is not there".to_owned(),
            })?;
            let wrong = |error: candle_core::Error| SurrogateError::Weight {
                name: name.clone(),
                what: error.to_string(),
            };
            let part = match self.ones {
                Ones::None => Ok(part.clone()),
                Ones::Last(count) => (0..count)
                    .try_fold(part.clone(), |part, _| part.squeeze(part.rank().saturating_sub(1))),
                Ones::Middle => part.squeeze(1),
            };
            part.and_then(|part| part.permute(inverse.as_slice())).map_err(wrong)
        };
        let parts: Vec<Tensor> = self.theirs.iter().map(part).collect::<Result<_, _>>()?;
        match (self.axis, parts.as_slice()) {
            (Some(axis), parts) => Ok(Tensor::stack(parts, axis)?),
            (None, [part]) => Ok(part.contiguous()?),
            (None, _) => Err(SurrogateError::Weight {
                name: self.ours.clone(),
                what: "is in several parts".to_owned(),
            }),
        }
    }
}

/// All weights of a network.
fn mappings(config: &ModelConfig) -> Result<Vec<Mapping>, SurrogateError> {
    if matches!(&config.architecture, Architecture::Mixture(mixture) if mixture.scaled_gates) {
        let what = "is of scaled gates, which LFDeep does not have".to_owned();
        return Err(SurrogateError::Weight { name: "gate.weight".to_owned(), what });
    }
    let networks: Vec<String> = match &config.architecture {
        Architecture::HardSharing { .. } => vec!["shared_bottom".to_owned()],
        Architecture::Mixture(mixture) => {
            let experts = (0..mixture.experts.len()).map(|k| format!("expert_kernels_tcn.{k}"));
            experts.chain(["compressor".to_owned()]).collect()
        }
    };
    let mut mappings = Vec::new();
    let mut add = |ours: String, axis, theirs: Vec<String>, order: &[usize], ones| {
        mappings.push(Mapping { ours, axis, theirs, order: order.to_vec(), ones });
    };
    let mut channels = config.synapses + config.numbers;
    for (block, &outputs) in config.temporal.channels.iter().enumerate() {
        let there = |what: &str| {
            networks.iter().map(|network| format!("{network}.network.{block}.{what}")).collect()
        };
        for (ours, theirs) in [("first", "conv1"), ("second", "conv2")] {
            let name = |what: &str| format!("temporal.{block}.{ours}.{what}");
            let of = |what: &str| there(&format!("{theirs}.{what}"));
            add(name("gain"), Some(0), of("weight_g"), &[0], Ones::Last(2));
            add(name("direction"), Some(0), of("weight_v"), &[0, 1, 2], Ones::None);
            add(name("bias"), Some(0), of("bias"), &[0], Ones::None);
        }
        if channels != outputs {
            let name = |what: &str| format!("temporal.{block}.skip.{what}");
            add(name("weight"), Some(0), there("downsample.weight"), &[0, 1], Ones::Last(1));
            add(name("bias"), Some(0), there("downsample.bias"), &[0], Ones::None);
        }
        channels = outputs;
    }
    let is_shared = matches!(config.architecture, Architecture::HardSharing { .. });
    for (ours, theirs) in
        [("first", "input_list"), ("second", "towers_list"), ("third", "output_list")]
    {
        let there =
            |what: &str| (0..config.tasks).map(|task| format!("{theirs}.{task}.{what}")).collect();
        let axis = usize::from(is_shared && ours == "first");
        let name = |what: &str| format!("tower.{ours}.{what}");
        add(name("weight"), Some(axis), there("weight"), &[1, 0], Ones::None);
        add(name("bias"), Some(0), there("bias"), &[0], Ones::None);
    }
    if !is_shared {
        let one = |name: &str| vec![name.to_owned()];
        add("expert.bias".to_owned(), None, one("expert_bias"), &[0, 1], Ones::None);
        add("gate.weight".to_owned(), None, one("gate_kernels"), &[1, 0, 2], Ones::None);
        add("gate.bias".to_owned(), None, one("gate_bias"), &[0, 1], Ones::Middle);
        add("task.bias".to_owned(), None, one("task_bias"), &[0], Ones::None);
    }
    Ok(mappings)
}

/// Sets all weights of a network from those of LFDeep's `state_dict`. Entries that it repeats are not needed.
///
/// # Errors
///
/// [`SurrogateError::Weight`] with the first that is missing or has another shape, and for scaled gates.
pub fn load(
    model: &dyn MultitaskModel,
    state_dict: &HashMap<String, Tensor>,
) -> Result<(), SurrogateError> {
    // all or none
    let mut weights = Vec::new();
    for mapping in mappings(model.config())? {
        let whole = mapping.whole(state_dict)?;
        model.parameters().check(&mapping.ours, &whole)?;
        weights.push((mapping.ours, whole));
    }
    weights.iter().try_for_each(|(name, values)| model.parameters().set(name, values))
}

/// The weights of a network, or what `of` says of them, such as their gradients, under the names and in the shapes of
/// LFDeep's `state_dict`.
///
/// # Errors
///
/// [`SurrogateError::Weight`] if `of` knows nothing of a weight, and for scaled gates.
pub fn state_dict<'a>(
    config: &ModelConfig,
    parameters: &'a Parameters,
    of: impl Fn(&'a candle_core::Var) -> Option<Tensor>,
) -> Result<HashMap<String, Tensor>, SurrogateError> {
    let mut state_dict = HashMap::new();
    for mapping in mappings(config)? {
        let ours = parameters.get(&mapping.ours).and_then(&of).ok_or_else(|| {
            SurrogateError::Weight { name: mapping.ours.clone(), what: "is not there".to_owned() }
        })?;
        state_dict.extend(mapping.parts(&ours)?);
    }
    Ok(state_dict)
}
