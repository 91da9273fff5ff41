use std::sync::Arc;

use apical_core::{
    BinnedEvents, CompartmentId, CompartmentTable, CoreError, NeuronModel, SynapseId, TrialInput,
};
use apical_eval::{Columns, LinearInput};
use candle_core::{DType, Tensor};

use crate::error::{check_parameter, check_shape};
use crate::frame::{Column, Residual, SeenVoltages, advance};
use crate::model::{ModelInput, ModelStream};
use crate::{Network, Precision, SurrogateError};

/// A batch of neurons that a network predicts, a millisecond at a time.
///
/// The compartments of its [table](NeuronModel::compartment_table) are those of the voltage tasks, in their order, numbered
/// from 0. Where the network sees past voltages, it sees its own predictions, that is, it runs freely, unless
/// [`set_voltages_mv`](Self::set_voltages_mv) tells it the truth before a step (teacher forcing). The voltages are those of
/// [`Network::outputs`] of the whole stretch so far.
///
/// A linear step as residual path that runs freely starts from the mean voltage, and networks from a past in which all was
/// zero; so what follows settles within the memory of the network ([`ModelConfig::memory`](crate::ModelConfig::memory)).
#[derive(Clone, Debug)]
pub struct Predictor {
    network: Arc<Network>,
    table: CompartmentTable,
    columns: Vec<Column>,
    start: PredictorState,
    state: PredictorState,
    /// `[columns × B]`.
    voltages_mv: Vec<f64>,
}

/// The state of a [`Predictor`].
#[derive(Clone, Debug)]
pub struct PredictorState {
    milliseconds: u64,
    /// Present voltages, mV, `[B × columns]`.
    v_mv: Vec<f32>,
    /// What a linear step that runs freely says, z, `[B × columns]`.
    estimates: Vec<f32>,
    /// Synapses that received an event in the last bin, by neuron.
    events: Vec<Vec<SynapseId>>,
    /// Logits of a spike in the last millisecond, `[B]`; none before the first or if it is no task.
    spike_logits: Option<Vec<f32>>,
    stream: ModelStream,
}

impl Predictor {
    /// B neurons that start from `voltages_mv`, `[columns × B]`, the neuron's index fastest, without input before. With the
    /// weights that the network has now.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] for another number of voltages, [`SurrogateError::Parameter`] for one that is not finite and for no
    /// neurons.
    pub fn new(
        network: Arc<Network>,
        batch_size: usize,
        voltages_mv: &[f64],
    ) -> Result<Self, SurrogateError> {
        Self::with_precision(network, batch_size, voltages_mv, Precision::Float32)
    }

    /// The same, with towers and gates computed in these numbers.
    ///
    /// # Errors
    ///
    /// As [`Predictor::new`].
    pub fn with_precision(
        network: Arc<Network>,
        batch_size: usize,
        voltages_mv: &[f64],
        precision: Precision,
    ) -> Result<Self, SurrogateError> {
        let columns = network.frame().columns();
        let layout = network.layout();
        let compartments = network.frame().tasks.compartments();
        let table =
            Columns::new(layout.compartments.len(), compartments)?.table(&layout.compartments)?;
        let state = PredictorState {
            milliseconds: 0,
            v_mv: vec![0.0; columns.len() * batch_size],
            estimates: vec![0.0; columns.len() * batch_size],
            events: vec![Vec::new(); batch_size],
            spike_logits: None,
            stream: ModelStream::with_precision(network.model(), batch_size, precision)?,
        };
        let voltages = vec![0.0; columns.len() * batch_size];
        let start = state.clone();
        let mut predictor = Self { network, table, columns, start, state, voltages_mv: voltages };
        predictor.set_voltages_mv(voltages_mv)?;
        predictor.start = predictor.state.clone();
        Ok(predictor)
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Tells it what the present voltages are, `[columns × B]`, the neuron's index fastest: they are what it sees in the next
    /// step, if it sees past voltages.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] for another number of voltages, [`SurrogateError::Parameter`] for one that is not finite.
    pub fn set_voltages_mv(&mut self, voltages_mv: &[f64]) -> Result<(), SurrogateError> {
        let what = "voltages [compartments × batch]";
        check_shape(what, self.voltages_mv.len(), voltages_mv.len())?;
        for &v_mv in voltages_mv {
            check_parameter(v_mv.is_finite(), "voltage, mV", v_mv, "finite")?;
        }
        let batch_size = self.batch_size();
        for (neuron, v_mv) in
            self.state.v_mv.chunks_exact_mut(self.columns.len().max(1)).enumerate()
        {
            for (k, v_mv) in v_mv.iter_mut().enumerate() {
                *v_mv = voltages_mv[k * batch_size + neuron] as f32;
            }
        }
        self.voltages_mv.copy_from_slice(voltages_mv);
        Ok(())
    }

    /// The logit of the probability that there was a somatic spike in the last millisecond, `[B]`. None before the first step
    /// and where that is no task.
    #[must_use]
    pub fn spike_logits(&self) -> Option<&[f32]> {
        self.state.spike_logits.as_deref()
    }

    /// Voltages in mV from the state.
    fn show(&mut self) {
        let batch_size = self.state.events.len();
        for (neuron, v_mv) in self.state.v_mv.chunks_exact(self.columns.len().max(1)).enumerate() {
            for (k, &v_mv) in v_mv.iter().enumerate() {
                self.voltages_mv[k * batch_size + neuron] = f64::from(v_mv);
            }
        }
    }

    /// The currents into the sites, nA, `[B × sites]`. Where several flow into one compartment, their sum does.
    fn currents_na(&self, input: &[TrialInput<'_>]) -> Result<Vec<f32>, SurrogateError> {
        let sites = &self.network.frame().sites;
        let compartments = self.network.frame().tasks.compartments();
        let mut currents_na = vec![0.0; input.len() * sites.len()];
        for (neuron, input) in input.iter().enumerate() {
            for current in input.injected {
                let id = compartments.get(current.compartment.index());
                let site = id.and_then(|id| sites.iter().position(|site| site == id));
                let place = |compartment: CompartmentId| compartment.index() as f64;
                let Some(site) = site else {
                    let (parameter, expected) = ("compartment of a current", "an injection site");
                    let value = place(current.compartment);
                    return Err(SurrogateError::Parameter { parameter, value, expected });
                };
                let holds = current.current_na.is_finite();
                check_parameter(holds, "injected current, nA", current.current_na, "finite")?;
                currents_na[neuron * sites.len() + site] += current.current_na as f32;
            }
        }
        Ok(currents_na)
    }

    /// The synapses that receive an event, by neuron.
    fn events(&self, input: &[TrialInput<'_>]) -> Result<Vec<Vec<SynapseId>>, SurrogateError> {
        let synapses = self.synapse_count();
        let of_neuron = |input: &TrialInput<'_>| {
            let ids: Vec<_> = input.events.iter().map(|event| event.synapse).collect();
            match ids.iter().find(|id| id.index() >= synapses) {
                Some(&synapse) => Err(CoreError::Synapse { synapse, synapses }.into()),
                None => Ok(ids),
            }
        };
        input.iter().map(of_neuron).collect()
    }

    /// What the network sees, with z of the present voltages.
    fn see(
        &self,
        z: &[f32],
        events: &[Vec<SynapseId>],
        currents_na: &[f32],
    ) -> Result<ModelInput, SurrogateError> {
        let frame = self.network.frame();
        let (columns, sites) = (self.columns.len(), frame.sites.len());
        let numbers = frame.numbers();
        let mut dense: Vec<f32> = Vec::with_capacity(events.len() * numbers);
        for neuron in 0..events.len() {
            match frame.inputs.voltages {
                SeenVoltages::None => {}
                SeenVoltages::Past => dense.extend(&z[neuron * columns..][..columns]),
                SeenVoltages::Estimated => {
                    dense.extend(&self.state.estimates[neuron * columns..][..columns]);
                }
            }
            if frame.inputs.currents {
                dense.extend(&currents_na[neuron * sites..][..sites]);
            }
        }
        let parameters = self.network.model().parameters();
        let dense = (numbers > 0).then(|| {
            let shape = (events.len(), numbers);
            Tensor::from_vec(dense, shape, parameters.device())?.to_dtype(parameters.dtype())
        });
        let mut offsets = vec![0];
        offsets.extend(events.iter().scan(0, |end, events| {
            *end += events.len() as u32;
            Some(*end)
        }));
        let events = BinnedEvents::new(offsets, events.concat())?;
        ModelInput::new(self.batch_size(), Arc::new(events), dense.transpose()?)
    }

    /// What the residual path says of the next millisecond, z, from z of the present voltages.
    fn path(
        &mut self,
        mut z: Vec<f32>,
        events: &[Vec<SynapseId>],
        currents_na: &[f32],
    ) -> Vec<f32> {
        let frame = self.network.frame();
        let sites = frame.sites.len();
        match &frame.residual {
            Residual::Absolute => z.fill(0.0),
            Residual::Persistence => {}
            Residual::Linear(step) => {
                let neurons = events.iter().zip(&self.state.events).enumerate();
                let inputs: Vec<_> = neurons
                    .map(|(neuron, (events, events_before))| {
                        let currents_na = &currents_na[neuron * sites..][..sites];
                        LinearInput { events, events_before, currents_na }
                    })
                    .collect();
                if frame.free_step().is_some() {
                    z.copy_from_slice(&self.state.estimates);
                }
                advance(step, &mut z, &inputs, &mut Vec::new());
                if frame.free_step().is_some() {
                    self.state.estimates.copy_from_slice(&z);
                }
            }
        }
        z
    }
}

impl NeuronModel for Predictor {
    type Error = SurrogateError;
    type Snapshot = PredictorState;

    fn compartment_table(&self) -> &CompartmentTable {
        &self.table
    }

    fn batch_size(&self) -> usize {
        self.state.events.len()
    }

    fn synapse_count(&self) -> usize {
        self.network.frame().synapses
    }

    fn time_ms(&self) -> f64 {
        self.state.milliseconds as f64
    }

    fn voltages_mv(&self) -> &[f64] {
        &self.voltages_mv
    }

    fn reset(&mut self) -> Result<(), SurrogateError> {
        self.state.clone_from(&self.start);
        self.show();
        Ok(())
    }

    /// # Errors
    ///
    /// [`CoreError::Shape`] and [`CoreError::Synapse`] for input that does not fit, [`SurrogateError::Parameter`] for a
    /// current into a compartment that is no injection site, [`SurrogateError::NotFinite`] if the voltages run away.
    fn advance(&mut self, input: &[TrialInput<'_>]) -> Result<(), SurrogateError> {
        check_shape("trial inputs", self.batch_size(), input.len())?;
        let events = self.events(input)?;
        let currents_na = self.currents_na(input)?;
        let columns = self.columns.len().max(1);
        let neurons = self.state.v_mv.chunks_exact(columns);
        let z: Vec<f32> = neurons
            .flat_map(|v_mv| {
                v_mv.iter().zip(&self.columns).map(|(&v, column)| column.standardized(v))
            })
            .collect();
        let seen = self.see(&z, &events, &currents_na)?;
        let outputs = self.state.stream.advance(self.network.model(), &seen)?.predictions;
        let outputs = outputs.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        let (outputs, mut spike_logits) = self.network.split(&outputs);
        let path = self.path(z, &events, &currents_na);
        if let (Some(logits), Some(of)) = (&mut spike_logits, self.network.frame().spike_path) {
            let column =
                self.columns.iter().position(|column| column.compartment == of.compartment);
            let z = path.iter().skip(column.unwrap_or_default()).step_by(columns);
            logits.iter_mut().zip(z).for_each(|(logit, &z)| *logit += of.logit(z));
        }
        let neurons = path.chunks_exact(columns).zip(outputs.chunks_exact(columns));
        for ((path, outputs), v_mv) in neurons.zip(self.state.v_mv.chunks_exact_mut(columns)) {
            for (k, column) in self.columns.iter().enumerate() {
                v_mv[k] = column.voltage_mv(path[k] + outputs[k] * column.scale);
            }
        }
        self.state.events = events;
        self.state.spike_logits = spike_logits;
        self.state.milliseconds += 1;
        self.show();
        match self.state.v_mv.iter().find(|v_mv| !v_mv.is_finite()) {
            Some(&v_mv) => Err(SurrogateError::NotFinite {
                step: self.state.milliseconds,
                what: "a predicted voltage".to_owned(),
                value: f64::from(v_mv),
            }),
            None => Ok(()),
        }
    }

    fn snapshot(&self) -> PredictorState {
        self.state.clone()
    }

    /// # Errors
    ///
    /// [`CoreError::Shape`] for a snapshot of another model or batch size.
    fn restore(&mut self, snapshot: &PredictorState) -> Result<(), SurrogateError> {
        check_shape("neurons of the snapshot", self.batch_size(), snapshot.events.len())?;
        check_shape("voltages of the snapshot", self.state.v_mv.len(), snapshot.v_mv.len())?;
        self.state.clone_from(snapshot);
        self.show();
        Ok(())
    }
}
