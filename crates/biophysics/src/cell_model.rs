use std::fmt;

use apical_core::{CompartmentId, CompartmentTable, SynapseId};
use apical_morphology::{AxialTree, CompartmentTree};

use crate::calcium_dynamics::CalciumDynamics;
use crate::channel::{ChannelKinetics, Ion, Painted};
use crate::error::Check;
use crate::simd::Instances;
use crate::synapse::{SynapseGroup, SynapseModel};
use crate::{BiophysicsError, CableMatrix, CalciumPool, Density, Mechanism, Nernst, Temperature};

/// µF/cm² · µm² in nF.
const CAPACITANCE: f64 = 1e-5;
/// S/cm² · µm² in µS.
const CONDUCTANCE: f64 = 1e-2;

/// A neuron ready to simulate: geometry, cable, channels and synapses. It never changes; simulations share it.
#[derive(Debug)]
pub struct CellModel {
    tree: CompartmentTree,
    axial: AxialTree,
    table: CompartmentTable,
    cable: CableMatrix,
    /// In order of [`Stage`](crate::Stage).
    mechanisms: Vec<Box<dyn Mechanism>>,
    synapses: Vec<SynapseGroup>,
    densities: Vec<(&'static str, Density)>,
    calcium: CalciumSettings,
    /// Compartments where the calcium concentration may change, or its reversal potential be asked for.
    with_calcium: Instances,
}

/// What the reversal potential of calcium follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CalciumSettings {
    pub(crate) nernst: Nernst,
    pub(crate) initial_millimolar: f64,
    pub(crate) outside_millimolar: f64,
}

impl CellModel {
    /// Starts a model on these compartments.
    #[must_use]
    pub fn builder(tree: CompartmentTree) -> CellModelBuilder {
        CellModelBuilder {
            tree,
            axial_resistivity_ohm_cm: 100.0,
            capacitance_uf_cm2: None,
            sodium_reversal_potential_mv: 50.0,
            potassium_reversal_potential_mv: -85.0,
            temperature: Temperature::celsius(6.3),
            initial_calcium_millimolar: 5e-5,
            outside_calcium_millimolar: 2.0,
            channels: Vec::new(),
            channel_factors: Vec::new(),
            pools: Vec::new(),
            mechanisms: Vec::new(),
            synapses: Vec::new(),
        }
    }

    /// The compartments and their morphology.
    #[must_use]
    pub const fn tree(&self) -> &CompartmentTree {
        &self.tree
    }

    /// The compartments and the points between them as a tree. The rows of [`cable`](Self::cable) have another order.
    #[must_use]
    pub const fn axial_tree(&self) -> &AxialTree {
        &self.axial
    }

    /// What the rows of voltage arrays are.
    #[must_use]
    pub const fn compartment_table(&self) -> &CompartmentTable {
        &self.table
    }

    /// The passive cable equation; the first rows are the compartments, in their order.
    #[must_use]
    pub const fn cable(&self) -> &CableMatrix {
        &self.cable
    }

    /// Channels and pools, in the order in which their states advance.
    #[must_use]
    pub fn mechanisms(&self) -> &[Box<dyn Mechanism>] {
        &self.mechanisms
    }

    /// The synapses, in order of their ids.
    #[must_use]
    pub fn synapses(&self) -> &[SynapseGroup] {
        &self.synapses
    }

    /// Number of synapses.
    #[must_use]
    pub fn synapse_count(&self) -> usize {
        self.synapses.last().map_or(0, |group| group.ids().end)
    }

    /// The densities painted, S/cm², by name of the channel.
    #[must_use]
    pub fn densities(&self) -> &[(&'static str, Density)] {
        &self.densities
    }

    pub(crate) const fn calcium(&self) -> &CalciumSettings {
        &self.calcium
    }

    pub(crate) const fn with_calcium(&self) -> &Instances {
        &self.with_calcium
    }
}

struct PaintedChannel {
    name: &'static str,
    ion: Ion,
    /// That of the channel itself, mV.
    reversal_mv: Option<f64>,
    density: Density,
    into_mechanism: Box<dyn FnOnce(Painted) -> Box<dyn Mechanism> + Send + Sync>,
}

/// Paints channels, pools and synapses on compartments; [`build`](Self::build) checks everything once.
pub struct CellModelBuilder {
    tree: CompartmentTree,
    axial_resistivity_ohm_cm: f64,
    capacitance_uf_cm2: Option<Density>,
    sodium_reversal_potential_mv: f64,
    potassium_reversal_potential_mv: f64,
    temperature: Temperature,
    initial_calcium_millimolar: f64,
    outside_calcium_millimolar: f64,
    channels: Vec<PaintedChannel>,
    channel_factors: Vec<(String, f64)>,
    pools: Vec<(CalciumPool, Vec<CompartmentId>)>,
    mechanisms: Vec<(Vec<CompartmentId>, Box<dyn Mechanism>)>,
    synapses: Vec<(SynapseModel, Vec<CompartmentId>)>,
}

impl fmt::Debug for CellModelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CellModelBuilder")
            .field("compartments", &self.tree.len())
            .field("channels", &self.channels.iter().map(|c| c.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl CellModelBuilder {
    /// The compartments that can be painted.
    #[must_use]
    pub const fn tree(&self) -> &CompartmentTree {
        &self.tree
    }

    /// Axial resistivity R_a, Ω·cm; 100 unless set.
    #[must_use]
    pub const fn axial_resistivity_ohm_cm(mut self, value: f64) -> Self {
        self.axial_resistivity_ohm_cm = value;
        self
    }

    /// Specific membrane capacitance c_m, µF/cm²; 1 everywhere unless set. A density given must cover every compartment.
    #[must_use]
    pub fn capacitance_uf_cm2(mut self, density: Density) -> Self {
        self.capacitance_uf_cm2 = Some(density);
        self
    }

    /// Reversal potentials of sodium and potassium, mV; 50 and −85 unless set.
    #[must_use]
    pub const fn reversal_potentials_mv(mut self, sodium: f64, potassium: f64) -> Self {
        self.sodium_reversal_potential_mv = sodium;
        self.potassium_reversal_potential_mv = potassium;
        self
    }

    /// Temperature of the Nernst potential of calcium; 6.3 °C unless set.
    #[must_use]
    pub const fn temperature(mut self, temperature: Temperature) -> Self {
        self.temperature = temperature;
        self
    }

    /// Calcium concentrations, mM: inside at the start, and outside; 5e-5 and 2 unless set.
    #[must_use]
    pub const fn calcium_millimolar(mut self, initial: f64, outside: f64) -> Self {
        self.initial_calcium_millimolar = initial;
        self.outside_calcium_millimolar = outside;
        self
    }

    /// Paints a channel with its maximal conductance density, S/cm².
    #[must_use]
    pub fn channel<K: ChannelKinetics<GATES>, const GATES: usize>(
        mut self,
        kinetics: K,
        density: Density,
    ) -> Self {
        self.channels.push(PaintedChannel {
            name: K::NAME,
            ion: K::ION,
            reversal_mv: kinetics.reversal_potential_mv(),
            density,
            into_mechanism: Box::new(|painted| kinetics.into_mechanism(painted)),
        });
        self
    }

    /// Multiplies the density of a channel wherever it is painted, before or after this; several factors multiply. The name
    /// is that of its kinetics, [`ChannelKinetics::NAME`]. The model's [`densities`](CellModel::densities) are the scaled
    /// ones.
    #[must_use]
    pub fn scale_channel(mut self, name: impl Into<String>, factor: f64) -> Self {
        self.channel_factors.push((name.into(), factor));
        self
    }

    /// Puts a calcium pool into these compartments; each can have one.
    #[must_use]
    pub fn calcium_pool(mut self, pool: CalciumPool, compartments: &[CompartmentId]) -> Self {
        self.pools.push((pool, compartments.to_vec()));
        self
    }

    /// Puts a mechanism of one's own into the model, which may change the concentration of calcium, or ask for its reversal
    /// potential, in these compartments. What is no more than gates and a conductance is simpler as a [`channel`](Self::channel).
    #[must_use]
    pub fn mechanism(
        mut self,
        compartments: &[CompartmentId],
        mechanism: impl Mechanism + 'static,
    ) -> Self {
        self.mechanisms.push((compartments.to_vec(), Box::new(mechanism)));
        self
    }

    /// Puts one synapse at the centre of each of these compartments. Ids go on from those placed before.
    #[must_use]
    pub fn synapses(mut self, model: SynapseModel, compartments: &[CompartmentId]) -> Self {
        self.synapses.push((model, compartments.to_vec()));
        self
    }

    /// Checks and assembles the model.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError`] if a parameter is out of range, a compartment does not exist, occurs twice in one density or
    /// has two calcium pools, the capacitance does not cover every compartment, or a channel to be scaled was not painted.
    pub fn build(mut self) -> Result<CellModel, BiophysicsError> {
        let check = Check("cell model");
        check.positive("initial calcium concentration (mM)", self.initial_calcium_millimolar)?;
        check.positive("outside calcium concentration (mM)", self.outside_calcium_millimolar)?;
        check.positive("temperature (K)", self.temperature.in_kelvin())?;
        check.finite("sodium reversal potential (mV)", self.sodium_reversal_potential_mv)?;
        check.finite("potassium reversal potential (mV)", self.potassium_reversal_potential_mv)?;

        let axial = AxialTree::new(&self.tree, self.axial_resistivity_ohm_cm)?;
        let table = self.tree.compartment_table();
        let area_um2: Vec<f64> = table.records().iter().map(|record| record.area_um2).collect();

        let capacitance = match &self.capacitance_uf_cm2 {
            None => vec![1.0; area_um2.len()],
            Some(density) => {
                check_density("specific membrane capacitance", density, area_um2.len())?;
                let mut values = vec![None; area_um2.len()];
                for &(id, value) in density.values() {
                    check.positive("specific membrane capacitance (µF/cm²)", value)?;
                    values[id.index()] = Some(value);
                }
                values
                    .into_iter()
                    .enumerate()
                    .map(|(i, value)| {
                        value.ok_or(BiophysicsError::NoCapacitance {
                            compartment: CompartmentId::new(i),
                        })
                    })
                    .collect::<Result<_, _>>()?
            }
        };
        let capacitance_nf: Vec<f64> =
            capacitance.iter().zip(&area_um2).map(|(c, area)| c * area * CAPACITANCE).collect();
        let cable = CableMatrix::new(&axial, &capacitance_nf);

        for (name, factor) in self.channel_factors {
            check.not_negative("factor of a channel's density", factor)?;
            check.finite("factor of a channel's density", factor)?;
            let mut scaled =
                self.channels.iter_mut().filter(|channel| channel.name == name).peekable();
            if scaled.peek().is_none() {
                return Err(BiophysicsError::NoSuchChannel { channel: name });
            }
            for channel in scaled {
                channel.density = std::mem::take(&mut channel.density).scaled(factor);
            }
        }

        let mut mechanisms: Vec<Box<dyn Mechanism>> = Vec::new();
        let mut densities = Vec::new();
        let mut with_calcium: Vec<usize> = Vec::new();
        for channel in self.channels {
            check_density(channel.name, &channel.density, area_um2.len())?;
            let mut values = channel.density.values().to_vec();
            values.sort_by_key(|&(id, _)| id);
            let compartments = || values.iter().map(|&(id, _)| id.index());
            if channel.ion == Ion::Calcium {
                with_calcium.extend(compartments());
            }
            let reversal_mv = match channel.ion {
                Ion::Sodium => self.sodium_reversal_potential_mv,
                Ion::Potassium => self.potassium_reversal_potential_mv,
                Ion::Calcium => f64::NAN,
                Ion::Nonspecific => {
                    let own_mv = channel
                        .reversal_mv
                        .ok_or(BiophysicsError::NoReversalPotential { channel: channel.name })?;
                    Check(channel.name).finite("reversal potential (mV)", own_mv)?;
                    own_mv
                }
            };
            mechanisms.push((channel.into_mechanism)(Painted {
                reversal_mv,
                instances: Instances::new(compartments()),
                conductance_us: values
                    .iter()
                    .map(|&(id, value)| value * area_um2[id.index()] * CONDUCTANCE)
                    .collect(),
            }));
            densities.push((channel.name, channel.density));
        }
        let mut pooled = Density::default();
        for (pool, compartments) in self.pools {
            pooled = pooled.and(Density::uniform(&compartments, 0.0));
            check_density("calcium pool", &pooled, area_um2.len())?;
            pool.check()?;
            let on: Vec<_> =
                compartments.iter().map(|id| (id.index(), area_um2[id.index()])).collect();
            with_calcium.extend(compartments.iter().map(|id| id.index()));
            mechanisms.push(Box::new(CalciumDynamics::new(pool, &on)));
        }
        for (compartments, mechanism) in self.mechanisms {
            check_ids("mechanism", &compartments, area_um2.len())?;
            with_calcium.extend(compartments.iter().map(|id| id.index()));
            mechanisms.push(mechanism);
        }
        mechanisms.sort_by_key(|mechanism| mechanism.stage());
        with_calcium.sort_unstable();
        with_calcium.dedup();

        let mut synapses: Vec<SynapseGroup> = Vec::new();
        for (model, compartments) in self.synapses {
            check_ids("synapses", &compartments, area_um2.len())?;
            model.check()?;
            let first = synapses.last().map_or(0, |group: &SynapseGroup| group.ids().end);
            synapses.push(SynapseGroup::new(model, SynapseId::new(first), compartments));
        }

        Ok(CellModel {
            calcium: CalciumSettings {
                nernst: Nernst::new(2, self.temperature),
                initial_millimolar: self.initial_calcium_millimolar,
                outside_millimolar: self.outside_calcium_millimolar,
            },
            tree: self.tree,
            axial,
            table,
            cable,
            mechanisms,
            synapses,
            densities,
            with_calcium: Instances::new(with_calcium),
        })
    }
}

fn check_ids(
    what: &'static str,
    ids: &[CompartmentId],
    compartments: usize,
) -> Result<(), BiophysicsError> {
    match ids.iter().find(|id| id.index() >= compartments) {
        None => Ok(()),
        Some(&compartment) => Err(BiophysicsError::NoSuchCompartment { what, compartment }),
    }
}

/// Every compartment exists and is painted once, with a finite value that is not negative.
fn check_density(
    what: &'static str,
    density: &Density,
    compartments: usize,
) -> Result<(), BiophysicsError> {
    let mut seen = vec![false; compartments];
    for &(compartment, value) in density.values() {
        let Some(seen) = seen.get_mut(compartment.index()) else {
            return Err(BiophysicsError::NoSuchCompartment { what, compartment });
        };
        if std::mem::replace(seen, true) {
            return Err(BiophysicsError::PaintedTwice { what, compartment });
        }
        if !(value.is_finite() && value >= 0.0) {
            return Err(BiophysicsError::Density { what, compartment, value });
        }
    }
    Ok(())
}
