use candle_core::{D, Device, Tensor, Var};

use super::{
    Architecture, ExpertAccess, GateInit, MixtureConfig, ModelConfig, MultitaskModel, Outputs,
};
use crate::layer::{Decoder, FoldedGates, Precision, Temporal, TemporalNetworks, Towers};
use crate::ops::{Activation, biased, grouped_matmul};
use crate::parameters::Init;
use crate::{Parameters, SurrogateError};

/// Several temporal networks, of which the tower of every task sees a mixture of its own (MMoE; MMoEEx with experts that
/// are not open to all).
#[derive(Clone, Debug)]
pub struct Mixture {
    config: ModelConfig,
    parameters: Parameters,
    /// The experts, and last the one that gates look at.
    networks: TemporalNetworks,
    towers: Towers,
    /// `[experts, inputs of a tower]`.
    expert_bias: Var,
    /// `[inputs of a tower, tasks, experts]`.
    gate_weight: Var,
    /// `[tasks, experts]`.
    gate_bias: Var,
    /// `[tasks]`: one number for all inputs of a tower.
    task_bias: Var,
    /// What logits of gates are multiplied by before their bias is added.
    gate_scale: f64,
    /// 0 where a gate is open and −∞ where it is closed, `[tasks, experts]`; none if all are open or none is kept closed.
    closed: Option<Tensor>,
}

impl Mixture {
    /// Of these sizes, whose weights are added to the parameters, which have none yet.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for sizes that make no network, [`SurrogateError::Mismatch`] for another architecture, what
    /// [`Parameters::add`] refuses.
    pub fn new(config: ModelConfig, mut parameters: Parameters) -> Result<Self, SurrogateError> {
        config.check()?;
        let Architecture::Mixture(mixture) = &config.architecture else {
            let (what, expected) = ("architecture", "a mixture of experts");
            return Err(SurrogateError::Mismatch { what, expected });
        };
        let MixtureConfig { units, experts: access, masked, gate_init, scaled_gates } = mixture;
        let (tasks, experts) = (config.tasks, access.len());
        let networks =
            TemporalNetworks::new(&mut parameters, experts + 1, config.inputs(), &config.temporal)?;
        let width = config.tower_inputs();
        let towers = Towers::new(&mut parameters, [tasks, width, *units], false)?;
        let expert_bias = parameters.add("expert.bias", &[experts, width], Init::Zero)?;
        let init = match gate_init {
            GateInit::Small => Init::Normal(0.01),
            GateInit::Published => Init::Uniform(0.0, 1.0),
        };
        let gate_weight = parameters.add("gate.weight", &[width, tasks, experts], init)?;
        let gate_bias = parameters.add("gate.bias", &[tasks, experts], Init::Zero)?;
        let gate_scale = if *scaled_gates { (width as f64).sqrt().recip() } else { 1.0 };
        let task_bias = parameters.add("task.bias", &[tasks], Init::Zero)?;
        let gates = |open: f64, closed: f64| {
            let of_task = |task| {
                access.iter().map(move |expert| if expert.is_open_to(task) { open } else { closed })
            };
            let values: Vec<f64> = (0..tasks).flat_map(of_task).collect();
            Tensor::from_vec(values, (tasks, experts), &Device::Cpu)?
                .to_dtype(parameters.dtype())?
                .to_device(parameters.device())
        };
        let is_open = access.iter().all(|expert| *expert == ExpertAccess::Shared);
        let closed = if *masked && !is_open { Some(gates(0.0, f64::NEG_INFINITY)?) } else { None };
        if !masked && !is_open && parameters.are_drawn() {
            gate_weight.set(&gate_weight.broadcast_mul(&gates(1.0, 0.0)?)?)?;
        }
        Ok(Self {
            config,
            parameters,
            networks,
            towers,
            expert_bias,
            gate_weight,
            gate_bias,
            task_bias,
            gate_scale,
            closed,
        })
    }

    /// `[windows, tasks, experts]`.
    fn gates(&self, x: &Tensor) -> Result<Tensor, SurrogateError> {
        let (width, tasks, experts) = self.gate_weight.dims3()?;
        let weight = self.gate_weight.reshape((1, width, tasks * experts))?;
        let logits = (grouped_matmul(x, &weight)? * self.gate_scale)?;
        let logits = logits.reshape((x.dim(0)?, tasks, experts))?;
        let mut logits = biased(&logits, &self.gate_bias, Activation::Identity)?;
        if let Some(closed) = &self.closed {
            logits = logits.broadcast_add(closed)?;
        }
        let largest = logits.max_keepdim(D::Minus1)?.detach();
        let powers = logits.broadcast_sub(&largest)?.exp()?;
        Ok(powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)?)
    }
}

impl MultitaskModel for Mixture {
    fn config(&self) -> &ModelConfig {
        &self.config
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn temporal(&self) -> Result<Temporal, SurrogateError> {
        self.networks.fold()
    }

    fn decode(&self, windows: &Tensor) -> Result<Outputs, SurrogateError> {
        let (rows, groups, width) = windows.dims3()?;
        let count = groups - 1;
        let experts = windows.narrow(1, 0, count)?;
        let experts = biased(&experts, &self.expert_bias, Activation::Relu)?;
        let gates = self.gates(&windows.narrow(1, count, 1)?.contiguous()?)?;
        // the bias of a task is how it weighs one more expert, which says 1
        let one = experts.narrow(1, 0, 1)?.ones_like()?;
        let tasks = self.task_bias.dim(0)?;
        let bias = self.task_bias.reshape((1, tasks, 1))?.broadcast_as((rows, tasks, 1))?;
        let mixed = Tensor::cat(&[&experts, &one], 1)?.reshape((rows, groups, width))?;
        let weights = Tensor::cat(&[&gates, &bias], 2)?;
        let predictions = self.towers.mixed(&mixed, &weights)?;
        Ok(Outputs { predictions, gates: Some(gates), experts: Some(experts) })
    }

    fn decoder(&self, precision: Precision) -> Result<Option<Decoder>, SurrogateError> {
        if !Decoder::is_for(self.parameters.dtype(), self.parameters.device()) {
            return Ok(None);
        }
        let bias = match &self.closed {
            Some(closed) => (self.gate_bias.as_tensor() + closed)?,
            None => self.gate_bias.as_tensor().clone(),
        };
        let gates = FoldedGates {
            weight: (self.gate_weight.permute((1, 2, 0))? * self.gate_scale)?,
            bias,
            task_bias: self.task_bias.as_tensor().clone(),
            expert_bias: self.expert_bias.as_tensor().clone(),
        };
        Ok(Some(Decoder::new(&self.towers.fold(false)?, Some(&gates), precision)?))
    }
}
