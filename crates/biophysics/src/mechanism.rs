use std::fmt;

/// The membrane as mechanisms see it while their states advance. Arrays are `[nodes × batch]`, trial fastest.
#[derive(Debug)]
pub struct Membrane<'a> {
    /// Trials in the batch.
    pub batch_size: usize,
    /// Voltage, mV.
    pub v_mv: &'a [f64],
    /// Calcium concentration inside the membrane, mM.
    pub calcium_mm: &'a mut [f64],
    /// Calcium current of the present step, nA, outward positive.
    pub calcium_current_na: &'a [f64],
}

/// Where mechanisms add their currents. Arrays are `[nodes × batch]`, trial fastest.
#[derive(Debug)]
pub struct Currents<'a> {
    /// Trials in the batch.
    pub batch_size: usize,
    /// Voltage, mV.
    pub v_mv: &'a [f64],
    /// Reversal potential of calcium, mV.
    pub calcium_reversal_mv: &'a [f64],
    /// Sum of membrane currents, nA, outward positive.
    pub current_na: &'a mut [f64],
    /// Sum of slope conductances dI/dv, µS.
    pub conductance_us: &'a mut [f64],
    /// Sum of calcium currents, nA, outward positive.
    pub calcium_current_na: &'a mut [f64],
}

/// When within a step the states of a mechanism advance.
///
/// Concentrations come first, so that gates that depend on them see the new values; synaptic conductances decay last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Ion concentrations, from the currents of this step.
    Concentration,
    /// Gating variables, at the new voltage and concentrations.
    Gate,
    /// Synaptic conductances.
    Synapse,
}

/// A set of equal membrane mechanisms on some nodes of a neuron: a density channel, a calcium pool, synapses.
///
/// A mechanism itself never changes while a simulation runs: its state variables are handed to it,
/// `[variables × instances × batch]`, trial fastest.
///
/// ```
/// use apical_biophysics::{
///     CellModel, Currents, Mechanism, Membrane, Simulation, SimulationConfig,
/// };
/// use apical_core::CompartmentId;
/// use apical_morphology::{CompartmentTree, MaxLength, default_cell};
///
/// /// A pump that takes a constant current out of the cell.
/// #[derive(Debug)]
/// struct Pump {
///     nodes: Vec<usize>,
///     current_na: f64,
/// }
///
/// impl Mechanism for Pump {
///     fn name(&self) -> &str {
///         "pump"
///     }
///
///     fn state_len(&self) -> usize {
///         0
///     }
///
///     fn initialize(&self, _membrane: &mut Membrane<'_>, _state: &mut [f64]) {}
///
///     fn add_currents(&self, currents: &mut Currents<'_>, _state: &[f64]) {
///         for &node in &self.nodes {
///             for at in node * currents.batch_size..(node + 1) * currents.batch_size {
///                 currents.current_na[at] += self.current_na;
///             }
///         }
///     }
///
///     fn advance(&self, _dt_ms: f64, _membrane: &mut Membrane<'_>, _state: &mut [f64]) {}
/// }
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let soma = CompartmentId::new(0);
/// let model = CellModel::builder(tree)
///     .mechanism(&[soma], |nodes| Pump { nodes: nodes.to_vec(), current_na: 0.1 })
///     .build()?;
/// let mut simulation = Simulation::new(model.into(), SimulationConfig::default())?;
/// simulation.run(1.0, &mut ())?;
/// assert!(simulation.voltage_mv(0, soma) < -76.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Mechanism: fmt::Debug + Send + Sync {
    /// Name of the mechanism.
    fn name(&self) -> &str;

    /// When its states advance.
    fn stage(&self) -> Stage {
        Stage::Gate
    }

    /// Number of state variables of all instances together, for one trial.
    fn state_len(&self) -> usize;

    /// Sets the states to their values at the start.
    fn initialize(&self, membrane: &mut Membrane<'_>, state: &mut [f64]);

    /// Adds currents and slope conductances at the present voltage.
    fn add_currents(&self, currents: &mut Currents<'_>, state: &[f64]);

    /// Advances the states by `dt_ms` at the new voltage.
    fn advance(&self, dt_ms: f64, membrane: &mut Membrane<'_>, state: &mut [f64]);
}
