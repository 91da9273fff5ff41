use super::{DoubleExponential, Exponential, MagnesiumBlock, ShortTermPlasticity};
use crate::BiophysicsError;
use crate::error::Check;

/// Time course of a synaptic conductance, peak 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Waveform {
    /// Jumps to its peak and decays.
    Exponential(Exponential),
    /// Rises and decays with two time constants.
    DoubleExponential(DoubleExponential),
}

impl Waveform {
    /// Share of the peak at a time after an event, ms; 0 before it.
    #[must_use]
    pub fn peak_fraction(&self, since_event_ms: f64) -> f64 {
        match self {
            Self::Exponential(_) if since_event_ms < 0.0 => 0.0,
            Self::Exponential(waveform) => waveform.decay_factor(since_event_ms),
            Self::DoubleExponential(waveform) => waveform.at(since_event_ms),
        }
    }

    /// What is left of an event in the parts A and B after some time; the conductance is B − A.
    pub(super) fn increments(&self, since_event_ms: f64) -> [f64; 2] {
        let [a, b] = match self {
            Self::Exponential(_) => [0.0, 1.0],
            Self::DoubleExponential(waveform) => [waveform.factor(), waveform.factor()],
        };
        let [a_left, b_left] = self.decay_factors(since_event_ms);
        [a * a_left, b * b_left]
    }

    /// What A and B are multiplied by over a time step.
    pub(super) fn decay_factors(&self, dt_ms: f64) -> [f64; 2] {
        match self {
            Self::Exponential(waveform) => [1.0, waveform.decay_factor(dt_ms)],
            Self::DoubleExponential(waveform) => waveform.decay_factors(dt_ms),
        }
    }
}

/// One conductance of a synapse: I = g·(v − E), times the magnesium block where there is one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SynapticConductance {
    /// Time course.
    pub waveform: Waveform,
    /// Peak conductance of an event of weight 1, µS.
    pub peak_conductance_us: f64,
    /// Reversal potential, mV.
    pub reversal_potential_mv: f64,
    /// Voltage-dependent block, for NMDA receptors.
    pub magnesium_block: Option<MagnesiumBlock>,
}

impl SynapticConductance {
    /// One that nothing blocks.
    #[must_use]
    pub const fn new(
        waveform: Waveform,
        peak_conductance_us: f64,
        reversal_potential_mv: f64,
    ) -> Self {
        Self { waveform, peak_conductance_us, reversal_potential_mv, magnesium_block: None }
    }

    /// Current at a voltage, nA, outward positive, when open to `peak_fraction` of the peak.
    #[inline]
    #[must_use]
    pub fn current_na(&self, peak_fraction: f64, v_mv: f64) -> f64 {
        let unblocked = self.magnesium_block.map_or(1.0, |block| block.open_fraction(v_mv));
        self.peak_conductance_us * peak_fraction * unblocked * (v_mv - self.reversal_potential_mv)
    }
}

/// A kind of synapse: conductances that open together, and how it releases.
///
/// ```
/// use apical_biophysics::synapse::{ShortTermPlasticity, SynapseModel};
///
/// let depressing = SynapseModel::ampa_nmda()
///     .with_plasticity(ShortTermPlasticity::new(0.5, 800.0, 0.0)?)
///     .with_release_probability(0.632);
/// assert_eq!(depressing.components().len(), 2);
/// # Ok::<(), apical_biophysics::BiophysicsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SynapseModel {
    pub(super) name: String,
    pub(super) components: Vec<SynapticConductance>,
    pub(super) plasticity: Option<ShortTermPlasticity>,
    pub(super) release_probability: f64,
}

impl SynapseModel {
    /// A synapse of these conductances that releases fully at every event.
    #[must_use]
    pub fn new(name: impl Into<String>, components: Vec<SynapticConductance>) -> Self {
        Self { name: name.into(), components, plasticity: None, release_probability: 1.0 }
    }

    /// The excitatory synapse of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002): AMPA (rise 0.3, decay 3 ms)
    /// and NMDA (2, 70 ms, blocked by magnesium), 0.0004 µS each, reversal at 0 mV.
    #[must_use]
    pub fn ampa_nmda() -> Self {
        let waveform = Waveform::DoubleExponential(DoubleExponential::unchecked(2.0, 70.0));
        let mut nmda = SynapticConductance::new(waveform, 0.0004, 0.0);
        nmda.magnesium_block = Some(MagnesiumBlock::default());
        let Self { mut components, .. } = Self::ampa();
        components.push(nmda);
        Self::new("AMPA+NMDA", components)
    }

    /// The excitatory synapse of the same publication without NMDA receptors: AMPA (rise 0.3, decay 3 ms), 0.0004 µS,
    /// reversal at 0 mV.
    #[must_use]
    pub fn ampa() -> Self {
        let waveform = Waveform::DoubleExponential(DoubleExponential::unchecked(0.3, 3.0));
        Self::new("AMPA", vec![SynapticConductance::new(waveform, 0.0004, 0.0)])
    }

    /// The inhibitory synapse of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002): GABA-A (rise 0.2, decay
    /// 8 ms), 0.001 µS, reversal at −80 mV.
    #[must_use]
    pub fn gaba_a() -> Self {
        let waveform = Waveform::DoubleExponential(DoubleExponential::unchecked(0.2, 8.0));
        Self::new("GABA-A", vec![SynapticConductance::new(waveform, 0.001, -80.0)])
    }

    /// The same with short-term plasticity, which scales what each event releases.
    #[must_use]
    pub const fn with_plasticity(mut self, plasticity: ShortTermPlasticity) -> Self {
        self.plasticity = Some(plasticity);
        self
    }

    /// The same where each event is released with this probability, 0 to 1.
    #[must_use]
    pub const fn with_release_probability(mut self, probability: f64) -> Self {
        self.release_probability = probability;
        self
    }

    pub(crate) fn check(&self) -> Result<(), BiophysicsError> {
        let check = Check("synapse");
        check.fraction("release probability", self.release_probability)?;
        for component in &self.components {
            check.not_negative("peak conductance (µS)", component.peak_conductance_us)?;
            check.finite("peak conductance (µS)", component.peak_conductance_us)?;
            check.finite("reversal potential (mV)", component.reversal_potential_mv)?;
            if let Some(block) = component.magnesium_block {
                check.finite("slope of the magnesium block (1/mV)", block.slope_per_mv)?;
                check.positive("half-blocking magnesium (mM)", block.half_block_millimolar)?;
                check.not_negative("magnesium (mM)", block.magnesium_millimolar)?;
                check.finite("magnesium (mM)", block.magnesium_millimolar)?;
            }
        }
        Ok(())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its conductances.
    #[must_use]
    pub fn components(&self) -> &[SynapticConductance] {
        &self.components
    }

    /// Probability that an event is released.
    #[must_use]
    pub const fn release_probability(&self) -> f64 {
        self.release_probability
    }
}
