use candle_core::Tensor;

use super::{Architecture, ModelConfig, MultitaskModel, Outputs};
use crate::layer::{Decoder, Precision, Temporal, TemporalNetworks, Towers};
use crate::{Parameters, SurrogateError};

/// One temporal network, and a tower a task that sees all it says (MH).
#[derive(Clone, Debug)]
pub struct HardSharing {
    config: ModelConfig,
    parameters: Parameters,
    network: TemporalNetworks,
    towers: Towers,
}

impl HardSharing {
    /// Of these sizes, whose weights are added to the parameters, which have none yet.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for sizes that make no network, [`SurrogateError::Mismatch`] for another architecture, what
    /// [`Parameters::add`] refuses.
    pub fn new(config: ModelConfig, mut parameters: Parameters) -> Result<Self, SurrogateError> {
        config.check()?;
        let Architecture::HardSharing { units } = config.architecture else {
            let (what, expected) = ("architecture", "hard sharing");
            return Err(SurrogateError::Mismatch { what, expected });
        };
        let network = TemporalNetworks::new(&mut parameters, 1, config.inputs(), &config.temporal)?;
        let sizes = [config.tasks, config.tower_inputs(), units];
        let towers = Towers::new(&mut parameters, sizes, true)?;
        Ok(Self { config, parameters, network, towers })
    }
}

impl MultitaskModel for HardSharing {
    fn config(&self) -> &ModelConfig {
        &self.config
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn temporal(&self) -> Result<Temporal, SurrogateError> {
        self.network.fold()
    }

    /// A ReLU of the published code is left out: a sigmoid is positive.
    fn decode(&self, windows: &Tensor) -> Result<Outputs, SurrogateError> {
        Ok(Outputs::new(self.towers.shared(&windows.squeeze(1)?)?))
    }

    fn decoder(&self, precision: Precision) -> Result<Option<Decoder>, SurrogateError> {
        if !Decoder::is_for(self.parameters.dtype(), self.parameters.device()) {
            return Ok(None);
        }
        Ok(Some(Decoder::new(&self.towers.fold(true)?, None, precision)?))
    }
}
