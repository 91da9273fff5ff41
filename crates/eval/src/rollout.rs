use apical_core::{
    CompartmentId, CompartmentTable, CoreError, InjectedCurrent, NeuronModel, SynapticEvent, Trial,
    TrialInput,
};
use thiserror::Error;

use crate::error::check_shape;
use crate::{Columns, EvalError};

/// Where in a [`NeuronModel`] the compartments and injection sites of trials are.
///
/// ```
/// use apical_core::{NeuronModel, Persistence};
/// use apical_eval::{Columns, Rollout};
/// # use apical_core::*;
/// # let record = |section_type, region| CompartmentRecord::new(section_type, region, "section");
/// # let table = CompartmentTable::new(vec![record(SectionType::Soma, Region::Soma), record(SectionType::Basal, Region::Basal)]);
/// # let layout = TrialLayout::new(table.clone(), CompartmentId::new(0), 0, 2);
/// # let trial = Trial::new(&layout, BinnedEvents::none(2), vec![], vec![-70.0, -71.0, -69.0, -70.0, -68.0, -69.0], TrialMarks::default())?;
///
/// // two neurons that stay where they are, two trials of the same compartments
/// let mut model = Persistence::new(table.clone(), 2, vec![-70.0, -60.0, -71.0, -61.0])?;
/// let rollout = Rollout::new(&Columns::soma_and_dendrites(&table)?, model.compartment_table(), &[])?;
/// let predicted = rollout.run(&mut model, &[&trial, &trial], |_, _| Ok(()))?;
/// assert_eq!(predicted, [[-70.0, -71.0, -70.0, -71.0], [-60.0, -61.0, -60.0, -61.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    rows: Vec<CompartmentId>,
    sites: Vec<CompartmentId>,
}

/// Why a model does not go through trials.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RolloutError<E: std::error::Error + 'static> {
    /// Trials that do not fit the model or each other.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// What the model says.
    #[error("at {ms} ms: {source}")]
    Model {
        /// Milliseconds from the start.
        ms: usize,
        /// Why.
        source: E,
    },
}

impl Rollout {
    /// Of a model with these compartments: all of the layout's, or the columns alone, in their order. `sites` are the
    /// injection sites of the layout.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for a model of other compartments,
    /// [`EvalError::NoInjectionSite`] for a site that it does not have.
    pub fn new(
        columns: &Columns,
        model: &CompartmentTable,
        sites: &[CompartmentId],
    ) -> Result<Self, EvalError> {
        let ids = columns.compartments();
        if model.len() == columns.layout_compartments() {
            return Ok(Self { rows: ids.to_vec(), sites: sites.to_vec() });
        }
        check_shape("compartments of the model", ids.len(), model.len())?;
        let row = |&site: &CompartmentId| {
            let row = ids.iter().position(|&id| id == site).map(CompartmentId::new);
            row.ok_or(EvalError::NoInjectionSite { compartment: site })
        };
        let sites = sites.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Self { rows: (0..ids.len()).map(CompartmentId::new).collect(), sites })
    }

    /// The voltages at 1, 2, …, T ms of a model that receives the input of trials, one for each of its neurons, mV, `[T × C]` for
    /// each trial, the compartment's index fastest.
    ///
    /// It goes on from its present state, and freely, unless `each`, which is called before every step, and after the last,
    /// with the milliseconds so far, tells it the truth.
    ///
    /// # Errors
    ///
    /// [`RolloutError::Eval`] unless there are as many trials as neurons, all of one length, with these injection sites,
    /// and for a model of fewer compartments than the one that this was made for;
    /// [`RolloutError::Model`] where the model or `each` stops.
    pub fn run<M: NeuronModel>(
        &self,
        model: &mut M,
        trials: &[&Trial],
        mut each: impl FnMut(&mut M, usize) -> Result<(), M::Error>,
    ) -> Result<Vec<Vec<f32>>, RolloutError<M::Error>> {
        let (batch_size, sites) = (model.batch_size(), self.sites.len());
        check_shape("trials of a batch", batch_size, trials.len())?;
        let compartments = model.compartment_table().len();
        let places = self.rows.iter().chain(&self.sites);
        if let Some(&compartment) = places.max().filter(|id| id.index() >= compartments) {
            let what = "a column or injection site";
            let wrong = CoreError::Compartment { what, compartment, compartments };
            return Err(EvalError::from(wrong).into());
        }
        let bins = trials.first().map_or(0, |trial| trial.bins());
        for trial in trials {
            check_shape("bins of a trial", bins, trial.bins())?;
            let what = "injected currents [bins × sites]";
            check_shape(what, bins * sites, trial.injected_na.len())?;
        }
        let mut predicted = vec![Vec::with_capacity(bins * self.rows.len()); batch_size];
        let failed = |ms: usize| move |source: M::Error| RolloutError::Model { ms, source };
        for ms in 0..bins {
            each(model, ms).map_err(failed(ms))?;
            let inputs: Vec<_> = trials.iter().map(|trial| self.input(trial, ms)).collect();
            let inputs: Vec<_> =
                inputs.iter().map(|(events, injected)| TrialInput { events, injected }).collect();
            model.advance(&inputs).map_err(failed(ms))?;
            let voltages_mv = model.voltages_mv();
            for (neuron, predicted) in predicted.iter_mut().enumerate() {
                let of_row = |id: &CompartmentId| voltages_mv[id.index() * batch_size + neuron];
                predicted.extend(self.rows.iter().map(|id| of_row(id) as f32));
            }
        }
        each(model, bins).map_err(failed(bins))?;
        Ok(predicted)
    }

    /// What a neuron receives in a bin of a trial.
    fn input(&self, trial: &Trial, bin: usize) -> (Vec<SynapticEvent>, Vec<InjectedCurrent>) {
        let event = |&synapse| SynapticEvent { time_ms: bin as f64, synapse };
        let currents = self.sites.iter().zip(&trial.injected_na[bin * self.sites.len()..]);
        let injected = currents.map(|(&compartment, &current_na)| InjectedCurrent {
            compartment,
            current_na: f64::from(current_na),
        });
        (trial.events.bin(bin).iter().map(event).collect(), injected.collect())
    }
}
