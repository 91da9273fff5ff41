use std::fmt;

use crate::InstructionSet;

/// The membrane as mechanisms see it. Arrays are `[compartments × batch]`, trial fastest.
#[derive(Debug)]
#[non_exhaustive]
pub struct Membrane<'a> {
    /// Vector instructions to compute with.
    pub instruction_set: InstructionSet,
    /// Trials in the batch.
    pub batch_size: usize,
    /// Voltage, mV.
    pub v_mv: &'a [f64],
    /// Calcium concentration inside the membrane, mM.
    pub calcium_millimolar: &'a mut [f64],
    /// Natural logarithm of it, at the stage of gates.
    pub ln_calcium: &'a [f64],
    /// Reversal potential of calcium, mV, at these concentrations, at the stage of gates.
    pub calcium_reversal_mv: &'a [f64],
    /// Calcium current of the step before, nA, outward positive: what concentrations change by.
    pub last_calcium_current_na: &'a [f64],
    /// Sum of membrane currents, nA, outward positive.
    pub current_na: &'a mut [f64],
    /// Sum of slope conductances dI/dv, µS.
    pub conductance_us: &'a mut [f64],
    /// Sum of calcium currents, nA, outward positive; they are part of the membrane current as well. Crank–Nicolson takes
    /// them for ohmic.
    pub calcium_current_na: &'a mut [f64],
}

/// When within a step a mechanism's turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Ion concentrations, from the currents of the step before.
    Concentration,
    /// Gating variables and currents, at the new voltage and concentrations.
    Gate,
}

/// A set of equal membrane mechanisms on some compartments of a neuron: a density channel, a calcium pool.
///
/// A mechanism itself never changes while a simulation runs: its state variables are handed to it,
/// `[variables × instances × batch]`, trial fastest.
///
/// ```
/// use apical_biophysics::{CellModel, Mechanism, Membrane, Simulation, SimulationConfig};
/// use apical_core::CompartmentId;
/// use apical_morphology::{CompartmentTree, MaxLength, default_cell};
///
/// /// A pump that takes a constant current out of a compartment.
/// #[derive(Debug)]
/// struct Pump {
///     compartment: CompartmentId,
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
///     fn step(&self, _dt_ms: f64, membrane: &mut Membrane<'_>, _state: &mut [f64]) {
///         let first = self.compartment.index() * membrane.batch_size;
///         for current_na in &mut membrane.current_na[first..first + membrane.batch_size] {
///             *current_na += self.current_na;
///         }
///     }
/// }
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let soma = CompartmentId::new(0);
/// let pump = Pump { compartment: soma, current_na: 0.1 };
/// let model = CellModel::builder(tree).mechanism(&[soma], pump).build()?;
/// let mut simulation = Simulation::new(model.into(), SimulationConfig::default())?;
/// simulation.run(1.0, &mut ())?;
/// assert!(simulation.voltage_mv(0, soma) < -76.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Mechanism: fmt::Debug + Send + Sync {
    /// Name of the mechanism.
    fn name(&self) -> &str;

    /// When its turn comes.
    fn stage(&self) -> Stage {
        Stage::Gate
    }

    /// Number of state variables of all instances together, for one trial.
    fn state_len(&self) -> usize;

    /// Sets the states to their values at the start.
    fn initialize(&self, membrane: &mut Membrane<'_>, state: &mut [f64]);

    /// Advances the states by `dt_ms` at the membrane's voltage, then adds the currents and slope conductances that flow
    /// at that voltage with the new states.
    ///
    /// With `dt_ms` = 0 states stay what they are, to the bit: so a simulation that starts, or goes on from a snapshot,
    /// finds the currents.
    fn step(&self, dt_ms: f64, membrane: &mut Membrane<'_>, state: &mut [f64]);
}
