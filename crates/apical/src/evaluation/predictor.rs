use std::sync::Arc;

use apical_core::{NeuronModel, Trial};
use apical_eval::{Columns, LinearStep, Rollout};
use apical_surrogate::{
    Frame, FramedBatch, Network, Predictor, Residual, SeenVoltages, SurrogateError, TrialBatch,
};

use crate::ApicalError;

/// Voltages, mV, `[n × C]`, and logits of spikes, `[n]`, where there are any.
pub(super) struct Said {
    pub(super) voltage_mv: Vec<f32>,
    pub(super) spike_logits: Option<Vec<f32>>,
}

impl Said {
    pub(super) fn voltages(voltage_mv: Vec<f32>) -> Self {
        Self { voltage_mv, spike_logits: None }
    }
}

/// What a network is compared with.
pub(super) struct Baselines {
    persistence: Option<Frame>,
    linear: Option<LinearStep>,
}

impl Baselines {
    pub(super) fn of(frame: &Frame) -> Self {
        let persistence = (frame.inputs.voltages == SeenVoltages::Past).then(|| {
            let mut frame = frame.clone();
            frame.residual = Residual::Persistence;
            frame
        });
        let linear = match &frame.residual {
            Residual::Linear(step) => Some((**step).clone()),
            _ => None,
        };
        Self { persistence, linear }
    }

    /// What the network and these say of a whole trial at once, from a bin on: one step ahead where the truth is seen.
    pub(super) fn at_once(
        &self,
        network: &Network,
        batch: &TrialBatch,
        first_bin: usize,
    ) -> Result<Vec<(&'static str, Said)>, ApicalError> {
        let places: Vec<_> = (first_bin..batch.bins).map(|bin| (0, bin)).collect();
        let framed = network.frame().of(batch)?;
        let outputs = network.outputs(&framed, &places)?;
        let (voltages, of_spikes) = network.split(&outputs);
        let spike_logits = of_spikes.map(|outputs| framed.spike_logits(&outputs, &places));
        let nothing = vec![0.0; voltages.len()];
        let residual =
            |framed: &FramedBatch<'_>| Said::voltages(framed.voltages_mv(&nothing, &places));
        let voltage_mv = framed.voltages_mv(&voltages, &places);
        let mut all = vec![("network", Said { voltage_mv, spike_logits })];
        if self.linear.is_some() {
            all.push(("linear step", residual(&framed)));
        }
        if let Some(frame) = &self.persistence {
            all.push(("persistence", residual(&frame.of(batch)?)));
        }
        Ok(all)
    }

    /// What the linear step says when it is told the truth at the start of a bin, and runs freely from there.
    pub(super) fn linear_free(
        &self,
        trial: &Trial,
        first_bin: usize,
    ) -> Result<Option<Said>, ApicalError> {
        let Some(step) = &self.linear else { return Ok(None) };
        let stretch = trial.stretch(first_bin..trial.bins());
        Ok(Some(Said::voltages(step.free_run(&stretch)?)))
    }
}

/// What a network says of trials when it is told the truth up to the start of a bin, and runs freely from there.
pub(super) fn free<T: AsRef<Trial>>(
    network: &Arc<Network>,
    trials: &[(usize, T)],
    columns: &Columns,
    first_bin: usize,
) -> Result<Vec<Said>, ApicalError> {
    let trials: Vec<&Trial> = trials.iter().map(|(_, trial)| trial.as_ref()).collect();
    let truth_mv = |ms: usize| -> Vec<f64> {
        let of = |&id: &apical_core::CompartmentId| {
            trials.iter().map(move |trial| f64::from(trial.voltages_at(ms)[id.index()]))
        };
        columns.compartments().iter().flat_map(of).collect()
    };
    let mut model = Predictor::new(Arc::clone(network), trials.len(), &truth_mv(0))?;
    let sites = &network.layout().injection_sites;
    let rollout = Rollout::new(columns, model.compartment_table(), sites)?;
    let mut logits: Vec<Option<Vec<f32>>> = vec![None; trials.len()];
    let each = |model: &mut Predictor, ms: usize| -> Result<(), SurrogateError> {
        if ms <= first_bin {
            return model.set_voltages_mv(&truth_mv(ms));
        }
        for (all, &logit) in logits.iter_mut().zip(model.spike_logits().unwrap_or_default()) {
            all.get_or_insert_default().push(logit);
        }
        Ok(())
    };
    let voltages = rollout.run(&mut model, &trials, each)?;
    let said = voltages.into_iter().zip(logits).map(|(mut voltage_mv, spike_logits)| {
        let voltage_mv = voltage_mv.split_off(first_bin * columns.len());
        Said { voltage_mv, spike_logits }
    });
    Ok(said.collect())
}
