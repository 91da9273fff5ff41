use fearless_simd::Simd;

use super::SimulationConfig;
use super::state::Snapshot;
use crate::mechanism::Membrane;
use crate::nernst::ReversalPotentials;
use crate::simd::{Aligned, Inputs, Instances, Kernel, sweep, zeros};
use crate::{CellModel, InstructionSet};

/// Scratch arrays of a step: nothing here survives it that does not follow from the state.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    // [compartments × batch]
    pub(super) ln_calcium: Aligned,
    pub(super) calcium_reversal_mv: Aligned,
    /// Of the step that is solved, or was solved last.
    pub(super) solved: MembraneSums,
    /// Of the step to come: so far those of the mechanisms.
    pub(super) next: MembraneSums,
    membrane_currents_na: Aligned,
    /// All of them.
    compartments: Instances,
    // [nodes × batch]
    /// Capacitive and axial conductances, by node.
    passive_us: Vec<f64>,
    pub(super) diagonal_us: Aligned,
    /// Right-hand side of the cable equation before the solution, change of voltage after it.
    pub(super) delta_mv: Aligned,
    /// Capacitance over the time for which the step is solved, by compartment, µS.
    capacitive_us: Vec<f64>,
}

/// What flows through the membrane, `[compartments × batch]`.
#[derive(Clone, Debug)]
pub(super) struct MembraneSums {
    pub(super) current_na: Aligned,
    pub(super) conductance_us: Aligned,
    pub(super) calcium_current_na: Aligned,
}

impl MembraneSums {
    pub(super) fn clear(&mut self) {
        self.current_na.fill(0.0);
        self.conductance_us.fill(0.0);
        self.calcium_current_na.fill(0.0);
    }
}

impl Workspace {
    pub(super) fn new(model: &CellModel, config: &SimulationConfig) -> Self {
        let cable = model.cable();
        let implicit_ms = config.dt_ms * config.integration.implicit_share();
        let nodes = zeros(cable.node_count() * config.batch_size);
        let count = model.tree().len();
        let compartments = zeros(count * config.batch_size);
        let sums = MembraneSums {
            current_na: compartments.clone(),
            conductance_us: compartments.clone(),
            calcium_current_na: compartments.clone(),
        };
        let capacitance = &cable.capacitance_nf()[..count];
        Self {
            ln_calcium: compartments.clone(),
            calcium_reversal_mv: compartments.clone(),
            solved: sums.clone(),
            next: sums,
            membrane_currents_na: compartments,
            compartments: Instances::new(0..count),
            passive_us: cable.passive_diagonal(implicit_ms),
            diagonal_us: nodes.clone(),
            delta_mv: nodes,
            capacitive_us: capacitance.iter().map(|c| c / implicit_ms).collect(),
        }
    }

    /// The membrane for mechanisms, who add to the currents of the step to come.
    pub(super) fn membrane<'a>(
        &'a mut self,
        config: &SimulationConfig,
        v_mv: &'a [f64],
        calcium_millimolar: &'a mut [f64],
    ) -> Membrane<'a> {
        Membrane {
            instruction_set: config.instruction_set,
            batch_size: config.batch_size,
            v_mv,
            calcium_millimolar,
            ln_calcium: &self.ln_calcium,
            calcium_reversal_mv: &self.calcium_reversal_mv,
            last_calcium_current_na: &self.solved.calcium_current_na,
            current_na: &mut self.next.current_na,
            conductance_us: &mut self.next.conductance_us,
            calcium_current_na: &mut self.next.calcium_current_na,
        }
    }

    /// Of all compartments, or of those whose concentrations change.
    pub(super) fn find_reversal_potentials(
        &mut self,
        model: &CellModel,
        config: &SimulationConfig,
        calcium_millimolar: &[f64],
        of_all: bool,
    ) {
        let calcium = model.calcium();
        config.instruction_set.run(ReversalPotentials {
            nernst: calcium.nernst,
            outside_millimolar: calcium.outside_millimolar,
            instances: if of_all { &self.compartments } else { model.with_calcium() },
            batch_size: config.batch_size,
            inside_millimolar: calcium_millimolar,
            ln_inside: &mut self.ln_calcium,
            reversal_mv: &mut self.calcium_reversal_mv,
        });
    }

    /// Writes the diagonal, and the right-hand side without axial and injected currents.
    pub(super) fn assemble(&mut self, set: InstructionSet, batch_size: usize) {
        let compartments = self.membrane_currents_na.len();
        let (diagonal_us, more_diagonal_us) = self.diagonal_us.split_at_mut(compartments);
        let (rhs_na, more_rhs_na) = self.delta_mv.split_at_mut(compartments);
        let (passive_us, more_passive_us) = self.passive_us.split_at(compartments / batch_size);
        set.run(Assemble {
            compartments: &self.compartments,
            batch_size,
            passive_us,
            sums: &self.solved,
            diagonal_us,
            rhs_na,
        });
        let rows = more_diagonal_us.chunks_exact_mut(batch_size);
        for (row, &passive_us) in rows.zip(more_passive_us) {
            row.fill(passive_us);
        }
        more_rhs_na.fill(0.0);
    }

    /// Transmembrane currents of the step just done, `[compartments × batch]`, from the balance: capacitive, ionic and
    /// synaptic. Before the first step, where there is no balance yet, the axial currents. By Crank–Nicolson the balance is
    /// that of the middle of the step.
    pub(super) fn find_membrane_currents(
        &mut self,
        model: &CellModel,
        config: &SimulationConfig,
        state: &Snapshot,
    ) -> &[f64] {
        let batch_size = config.batch_size;
        if state.step == 0 {
            // There is no step yet whose right-hand side this could be.
            self.delta_mv.fill(0.0);
            model.cable().add_axial_currents(batch_size, &state.v_mv, &mut self.delta_mv);
            let (of_compartments, _) = self.delta_mv.split_at(self.membrane_currents_na.len());
            self.membrane_currents_na.copy_from_slice(of_compartments);
            return &self.membrane_currents_na;
        }
        config.instruction_set.run(Balance {
            compartments: &self.compartments,
            batch_size,
            capacitive_us: &self.capacitive_us,
            sums: &self.solved,
            delta_mv: &self.delta_mv,
            membrane_currents_na: &mut self.membrane_currents_na,
        });
        &self.membrane_currents_na
    }
}

/// The rows of compartments.
struct Assemble<'a> {
    compartments: &'a Instances,
    batch_size: usize,
    passive_us: &'a [f64],
    sums: &'a MembraneSums,
    diagonal_us: &'a mut [f64],
    rhs_na: &'a mut [f64],
}

impl Kernel for Assemble<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        sweep(
            simd,
            self.compartments,
            self.batch_size,
            Inputs {
                constants: [self.passive_us],
                compartments: [&self.sums.conductance_us, &self.sums.current_na],
            },
            [],
            [self.diagonal_us, self.rhs_na],
            #[inline(always)]
            |[passive], [conductance, current], [], [_, _]| ([], [conductance + passive, -current]),
        );
    }
}

/// Membrane currents of a step that is solved.
struct Balance<'a> {
    compartments: &'a Instances,
    batch_size: usize,
    capacitive_us: &'a [f64],
    sums: &'a MembraneSums,
    /// Change of voltage.
    delta_mv: &'a [f64],
    membrane_currents_na: &'a mut [f64],
}

impl Kernel for Balance<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        sweep(
            simd,
            self.compartments,
            self.batch_size,
            Inputs {
                constants: [self.capacitive_us],
                compartments: [&self.sums.conductance_us, &self.sums.current_na, self.delta_mv],
            },
            [],
            [self.membrane_currents_na],
            #[inline(always)]
            |[capacitive], [conductance, current, delta], [], [_]| {
                ([], [current + (conductance + capacitive) * delta])
            },
        );
    }
}
