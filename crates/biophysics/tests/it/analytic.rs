//! The cable equation where its solution is known.
//!
//! Voltages are deviations from rest: leak and initial voltage are at 0 mV. Lengths X are in length constants.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};
use std::sync::Arc;

use apical_biophysics::channel::{Pas, SquidPotassium, SquidSodium};
use apical_biophysics::synapse::{DoubleExponential, SynapseModel, SynapticConductance, Waveform};
use apical_biophysics::{
    CellModel, CellModelBuilder, ClampLevel, CurrentStep, Density, EpspCurrent, Integration,
    Simulation, SimulationConfig, SineCurrent, Stimulus, Temperature, TraceRecorder, VoltageClamp,
};
use apical_core::{
    CompartmentId, EventTrain, SectionId, SectionType, SynapseId, SynapticEvent, Traces, Unit,
};
use apical_morphology::{
    Attachment, CompartmentTree, ExplicitCounts, Morphology, Section, SectionShape,
};

const AXIAL_RESISTIVITY_OHM_CM: f64 = 100.0;
const LEAK_S_PER_CM2: f64 = 1e-4;
/// R_m·c_m = 10⁴ Ω·cm² · 1 µF/cm².
const TAU_MS: f64 = 10.0;
/// Of the cable: λ = √(d/4 · R_m/R_a) is then 1 mm.
const DIAMETER_UM: f64 = 4.0;
const LAMBDA_UM: f64 = 1000.0;
/// Input resistance of the semi-infinite cable, R_a·λ/(π·d²/4), MΩ.
const SEMI_INFINITE_MOHM: f64 = 1e-2 * AXIAL_RESISTIVITY_OHM_CM * LAMBDA_UM / (PI * 4.0);
const CURRENT_NA: f64 = 0.1;
/// What the current makes of the semi-infinite cable, about 8 mV: the scale of all voltages here.
const SCALE_MV: f64 = CURRENT_NA * SEMI_INFINITE_MOHM;

/// Relative to the scale, where the compared numbers are equal but for rounding: a system of a few hundred equations
/// whose conductances span four decades, over some hundred steps.
const ROUNDING: f64 = 1e-13;

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    let difference = (found - expected).abs();
    assert!(difference <= tolerance, "{found:e}, not {expected:e}: off by {difference:e}");
}

fn cylinder(length_um: f64, diameter_um: f64, parent: Option<usize>) -> Section {
    let attachment = parent.map(|parent| Attachment { parent: SectionId::new(parent), x: 1.0 });
    let shape = SectionShape::Cylinder { length_um, diameter_um };
    Section::new(SectionType::Basal, shape, attachment)
}

fn tree(sections: Vec<Section>, counts: Vec<usize>) -> CompartmentTree {
    let morphology = Morphology::new(sections).unwrap();
    CompartmentTree::new(morphology, &ExplicitCounts::new(counts)).unwrap()
}

/// A sealed cable of this length, X, in so many compartments.
fn cable(length: f64, compartments: usize) -> CompartmentTree {
    tree(vec![cylinder(length * LAMBDA_UM, DIAMETER_UM, None)], vec![compartments])
}

/// As long as thick, it has the area of a sphere of this diameter.
fn sphere(diameter_um: f64) -> CompartmentTree {
    tree(vec![cylinder(diameter_um, diameter_um, None)], vec![1])
}

fn all(tree: &CompartmentTree) -> Vec<CompartmentId> {
    tree.iter().map(|(id, _)| id).collect()
}

fn passive(tree: CompartmentTree) -> CellModelBuilder {
    let leak = Density::uniform(&all(&tree), LEAK_S_PER_CM2);
    CellModel::builder(tree)
        .axial_resistivity_ohm_cm(AXIAL_RESISTIVITY_OHM_CM)
        .channel(Pas { reversal_potential_mv: 0.0 }, leak)
}

fn simulate(builder: CellModelBuilder, dt_ms: f64) -> Simulation {
    simulate_by(Integration::ImplicitEuler, builder, dt_ms)
}

fn simulate_by(integration: Integration, builder: CellModelBuilder, dt_ms: f64) -> Simulation {
    let mut config = SimulationConfig::default();
    (config.integration, config.dt_ms, config.v_init_mv) = (integration, dt_ms, 0.0);
    Simulation::new(Arc::new(builder.build().unwrap()), config).unwrap()
}

fn step(delay_ms: f64, duration_ms: f64, amplitude_na: f64) -> Stimulus {
    CurrentStep { delay_ms, duration_ms, amplitude_na }.build().unwrap()
}

/// A passive tree into whose first compartment the current flows from t = 0 on.
fn driven(tree: CompartmentTree, dt_ms: f64) -> Simulation {
    driven_by(Integration::ImplicitEuler, tree, dt_ms)
}

fn driven_by(integration: Integration, tree: CompartmentTree, dt_ms: f64) -> Simulation {
    let mut simulation = simulate_by(integration, passive(tree), dt_ms);
    let current = step(0.0, f64::INFINITY, CURRENT_NA);
    simulation.inject(0, CompartmentId::new(0), current).unwrap();
    simulation
}

fn voltages_mv(simulation: &Simulation) -> Vec<f64> {
    let ids = all(simulation.model().tree());
    ids.into_iter().map(|id| simulation.voltage_mv(0, id)).collect()
}

fn after(mut simulation: Simulation, steps: usize) -> Vec<f64> {
    for _ in 0..steps {
        simulation.step().unwrap();
    }
    voltages_mv(&simulation)
}

/// A step that is 10⁵ time constants long leaves 10⁻⁵ of the distance to the steady state; four of them nothing.
const TO_STEADY_STATE: (f64, usize) = (1e5 * TAU_MS, 4);

fn steady_mv(tree: CompartmentTree) -> Vec<f64> {
    let (dt_ms, steps) = TO_STEADY_STATE;
    after(driven(tree, dt_ms), steps)
}

/// X of the centres of the compartments of a cable.
fn centers(length: f64, compartments: usize) -> impl Iterator<Item = f64> {
    (0..compartments).map(move |j| length * (j as f64 + 0.5) / compartments as f64)
}

/// The largest difference, relative to the scale.
fn largest_error(found: &[f64], expected: impl Iterator<Item = f64>) -> f64 {
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / SCALE_MV
}

/// 2·asinh(Δ/2), what a length constant is on a ladder of compartments of length Δ.
fn ladder_decay(delta: f64) -> f64 {
    2.0 * (0.5 * delta).asinh()
}

/// The current equation of a ladder, v_(j−1) − 2·v_j + v_(j+1) = Δ²·v_j, sealed at its far end and driven at the other:
/// v_j = I·R_∞·cosh(κ·(N − j − ½))/sinh(κ·N).
fn ladder_steady_mv(length: f64, compartments: usize) -> impl Iterator<Item = f64> {
    let kappa = ladder_decay(length / compartments as f64);
    let n = compartments as f64;
    (0..compartments)
        .map(move |j| SCALE_MV * (kappa * (n - j as f64 - 0.5)).cosh() / (kappa * n).sinh())
}

/// Sealed at L, driven at 0: I·R_in·cosh(L − X)/cosh(L) with R_in = R_∞·coth(L).
fn cable_steady_mv(length: f64, x: f64) -> f64 {
    SCALE_MV / length.tanh() * (length - x).cosh() / length.cosh()
}

#[test]
fn steady_state_of_a_ladder_is_exact() {
    for (length, compartments) in [(0.1, 1), (1.0, 7), (1.5, 50), (5.0, 200)] {
        let found = steady_mv(cable(length, compartments));
        let error = largest_error(&found, ladder_steady_mv(length, compartments));
        println!("{compartments} compartments: {error:.1e}");
        assert!(error <= ROUNDING, "{compartments} compartments: {error:e}");
    }
}

#[test]
fn steady_state_of_a_sealed_cable_is_approached_in_second_order() {
    let errors = [25, 50, 100].map(|compartments| {
        let expected = centers(1.0, compartments).map(|x| cable_steady_mv(1.0, x));
        largest_error(&steady_mv(cable(1.0, compartments)), expected)
    });
    println!("{errors:?}");
    assert_halving_divides_by(errors, 3.8..4.2);
    assert!(errors[2] < 1e-4, "{errors:?}");
}

/// Each halving of the step divides the error by a number in this range.
#[track_caller]
fn assert_halving_divides_by(errors: [f64; 3], range: std::ops::Range<f64>) {
    for pair in errors.windows(2) {
        let ratio = pair[0] / pair[1];
        assert!(range.contains(&ratio), "ratio {ratio} of {errors:?}");
    }
}

/// On a cable of 20 λ the end is e⁻²⁰ away.
#[test]
fn a_long_cable_decays_exponentially_from_its_input_resistance() {
    let (length, compartments) = (20.0, 2000);
    let found = steady_mv(cable(length, compartments));
    // κ/Δ is 1 − Δ²/24, and cosh(κ/2), by which the ladder differs at its start, 1 + Δ²/8.
    let delta = length / compartments as f64;
    let tolerance = delta * delta / 4.0;
    for (v_mv, x) in found.iter().zip(centers(length, compartments)).take(300) {
        assert_close(v_mv / SCALE_MV, (-x).exp(), tolerance);
    }
    let input_resistance_mohm = found[0] * (0.5 * delta).exp() / CURRENT_NA;
    assert_close(input_resistance_mohm / SEMI_INFINITE_MOHM, 1.0, tolerance);
}

/// A clamp without resistance holds the far end at rest: v = I·R_∞·sinh(L − X)/cosh(L).
#[test]
fn steady_state_of_a_cable_with_a_killed_end() {
    let compartments = 200;
    let delta = 1.0 / compartments as f64;
    let (dt_ms, steps) = TO_STEADY_STATE;
    let mut simulation = driven(cable(1.0, compartments), dt_ms);
    let ground = ClampLevel { duration_ms: f64::INFINITY, v_mv: 0.0 };
    let clamp = VoltageClamp::new(vec![ground], 1e-9).unwrap();
    simulation.clamp(0, CompartmentId::new(compartments - 1), clamp).unwrap();
    let found = after(simulation, steps);
    // The cable ends where it is clamped, at the centre of the last compartment.
    let length = 1.0 - 0.5 * delta;
    let expected =
        centers(1.0, compartments).map(|x| SCALE_MV * (length - x).sinh() / length.cosh());
    let error = largest_error(&found, expected);
    println!("{error:e}");
    assert!(error < delta * delta / 24.0, "{error:e}");
}

/// What is left of a mode of decay m/τ after k steps of implicit Euler.
fn euler(dt_ms: f64, steps: usize) -> impl Fn(f64) -> f64 {
    move |m| (1.0 + m * dt_ms / TAU_MS).powi(-(steps as i32))
}

/// What is left of it after k steps of Crank–Nicolson.
fn crank_nicolson(dt_ms: f64, steps: usize) -> impl Fn(f64) -> f64 {
    let half_ms = 0.5 * dt_ms / TAU_MS;
    move |m| ((1.0 - m * half_ms) / (1.0 + m * half_ms)).powi(steps as i32)
}

/// What is left of a mode of decay m/τ after a time.
fn exact(time_ms: f64) -> impl Fn(f64) -> f64 {
    move |m| (-m * time_ms / TAU_MS).exp()
}

/// A step of current into the first of N compartments, by the N modes cos(n·π·(j + ½)/N) of the ladder.
fn ladder_mv(length: f64, compartments: usize, left: impl Fn(f64) -> f64) -> Vec<f64> {
    let n = compartments as f64;
    let sin = |mode: usize| (0.5 * PI * mode as f64 / n).sin();
    let decay = |mode| 1.0 + (2.0 * sin(mode) * n / length).powi(2);
    let shape = |mode: usize, j: usize| (PI * mode as f64 * (j as f64 + 0.5) / n).cos();
    let voltage = |j| {
        let mode = |mode| {
            let twice = if mode == 0 { 1.0 } else { 2.0 };
            let m = decay(mode);
            twice * shape(mode, 0) * shape(mode, j) * (1.0 - left(m)) / m
        };
        SCALE_MV / length * (0..compartments).map(mode).sum::<f64>()
    };
    (0..compartments).map(voltage).collect()
}

/// A step of current into the end of a sealed cable: the steady state less what is left of its modes cos(n·π·X/L).
///
/// Rall 1969 (doi:10.1016/S0006-3495(69)86467-2).
fn cable_mv(length: f64, x: f64, left: impl Fn(f64) -> f64) -> f64 {
    // Modes fade by e^(−n²) or, in 100 steps of implicit Euler, faster than n⁻¹⁰⁰: there are more than enough.
    let missing = (0..500).map(|mode| {
        let wave_number = PI * f64::from(mode) / length;
        let m = 1.0 + wave_number * wave_number;
        let twice = if mode == 0 { 1.0 } else { 2.0 };
        twice * (wave_number * x).cos() * left(m) / m
    });
    cable_steady_mv(length, x) - SCALE_MV / length * missing.sum::<f64>()
}

#[test]
fn charging_of_a_ladder_is_the_method_to_rounding() {
    let (dt_ms, length, compartments) = (0.1, 1.5, 30);
    for steps in [1, 10, 100, 400] {
        let found = after(driven(cable(length, compartments), dt_ms), steps);
        let expected = ladder_mv(length, compartments, euler(dt_ms, steps));
        let error = largest_error(&found, expected.into_iter());
        println!("{steps} steps: {error:.1e}");
        assert!(error <= ROUNDING, "{steps} steps: {error:e}");

        let found =
            after(driven_by(Integration::CrankNicolson, cable(length, compartments), dt_ms), steps);
        let expected = ladder_mv(length, compartments, crank_nicolson(dt_ms, steps));
        let error = largest_error(&found, expected.into_iter());
        assert!(error <= ROUNDING, "Crank–Nicolson, {steps} steps: {error:e}");
    }
}

#[test]
fn charging_of_a_ladder_converges_in_first_order_of_the_time_step() {
    let (time_ms, length, compartments) = (10.0, 1.0, 20);
    let errors = [100, 200, 400].map(|steps| {
        let found = after(driven(cable(length, compartments), time_ms / steps as f64), steps);
        largest_error(&found, ladder_mv(length, compartments, exact(time_ms)).into_iter())
    });
    println!("{errors:?}");
    assert_halving_divides_by(errors, 1.9..2.1);
}

#[test]
fn charging_of_a_cable_converges_in_second_order_of_the_compartment_length() {
    let (dt_ms, steps, length) = (0.1, 100, 1.0);
    let errors = [20, 40, 80].map(|compartments| {
        let found = after(driven(cable(length, compartments), dt_ms), steps);
        let expected = centers(length, compartments);
        largest_error(&found, expected.map(|x| cable_mv(length, x, euler(dt_ms, steps))))
    });
    println!("{errors:?}");
    assert_halving_divides_by(errors, 3.8..4.2);
}

/// The voltages to second order of the time step: twice those of half the step less those of the step.
fn extrapolated_mv(length: f64, compartments: usize, dt_ms: f64, steps: usize) -> Vec<f64> {
    let coarse = after(driven(cable(length, compartments), dt_ms), steps);
    let fine = after(driven(cable(length, compartments), 0.5 * dt_ms), 2 * steps);
    coarse.iter().zip(fine).map(|(coarse, fine)| 2.0 * fine - coarse).collect()
}

/// Of an extrapolated solution, relative to the scale: (dt/t)² ≤ 10⁻⁴ and Δ² = 10⁻⁴, with factors below 1/10.
const EXTRAPOLATED: f64 = 2e-5;

#[test]
fn charging_of_a_sealed_cable() {
    let (length, compartments, dt_ms) = (1.0, 100, 0.02);
    for steps in [100, 500, 2000] {
        let found = extrapolated_mv(length, compartments, dt_ms, steps);
        let left = exact(steps as f64 * dt_ms);
        let expected = centers(length, compartments).map(|x| cable_mv(length, x, &left));
        let error = largest_error(&found, expected);
        println!("{steps} steps: {error:.1e}");
        assert!(error <= EXTRAPOLATED, "{steps} steps: {error:e}");
    }
}

/// erf(x) = 2/√π·e^(−x²)·Σ (2·x²)ⁿ·x/(2n + 1)!!, whose terms all have one sign.
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    let mut n = 0.0;
    while term.abs() > 1e-17 * sum.abs() {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// A step of current into the end of a semi-infinite cable, with T = t/τ:
/// v = I·R_∞/2·(e⁻ˣ·erfc(X/(2√T) − √T) − eˣ·erfc(X/(2√T) + √T)).
///
/// Hodgkin & Rushton 1946 (doi:10.1098/rspb.1946.0024).
#[test]
fn charging_of_a_semi_infinite_cable() {
    let (length, compartments, dt_ms) = (8.0, 800, 0.01);
    for steps in [100, 500, 1000] {
        let found = extrapolated_mv(length, compartments, dt_ms, steps);
        let t = steps as f64 * dt_ms / TAU_MS;
        let expected = centers(length, compartments).map(|x| {
            let (near, far) = (0.5 * x / t.sqrt() - t.sqrt(), 0.5 * x / t.sqrt() + t.sqrt());
            0.5 * SCALE_MV * ((-x).exp() * (1.0 - erf(near)) - x.exp() * (1.0 - erf(far)))
        });
        // Farther out, 1 − erf is nothing but rounding.
        let error = largest_error(&found[..300], expected.take(300));
        println!("{steps} steps: {error:.1e}");
        assert!(error <= EXTRAPOLATED, "{steps} steps: {error:e}");
    }
}

/// v = I·R·(1 − e^(−t/τ)), and of implicit Euler I·R·(1 − (1 + dt/τ)⁻ⁿ).
#[test]
fn charging_of_a_sphere() {
    let resistance_mohm = 1.0 / (LEAK_S_PER_CM2 * PI * 20.0 * 20.0 * 1e-2);
    let final_mv = CURRENT_NA * resistance_mohm;
    let errors = [0.1, 0.05, 0.025].map(|dt_ms| {
        let mut simulation = driven(sphere(20.0), dt_ms);
        let mut error = 0.0_f64;
        for n in 1..=(50.0 / dt_ms) as i32 {
            simulation.step().unwrap();
            let v_mv = simulation.voltage_mv(0, CompartmentId::new(0));
            let discrete = 1.0 - (1.0 + dt_ms / TAU_MS).powi(-n);
            // Relative: two thousand roundings of 1e-16, of either sign.
            assert_close(v_mv / final_mv, discrete, 1e-12 * discrete);
            let continuous = -(-f64::from(n) * dt_ms / TAU_MS).exp_m1();
            error = error.max((v_mv / final_mv - continuous).abs());
        }
        error
    });
    println!("{errors:?}");
    assert_halving_divides_by(errors, 1.9..2.1);
    // (T·e⁻ᵀ)·dt/(2τ) to first order, largest at T = 1.
    assert_close(errors[2], (-1.0_f64).exp() * 0.025 / (2.0 * TAU_MS), 1e-5);
}

/// Where d^(3/2) of the branches sum to that of their parent, and all tips are equally far in length constants, a tree
/// driven at its root is a cylinder. With compartments of equal electrotonic length the two are equal node by node.
///
/// Rall 1962 (doi:10.1111/j.1749-6632.1962.tb54120.x).
#[test]
fn a_tree_that_obeys_the_three_halves_power_law_is_a_cylinder() {
    const DELTA: f64 = 0.05;
    // Of each section: parent, share of the root's d^(3/2), compartments before it and in it.
    let branches = [
        (None, 1.0, 0, 4),
        (Some(0), 0.3, 4, 11),
        (Some(0), 0.7, 4, 6),
        (Some(2), 0.5, 10, 5),
        (Some(2), 0.2, 10, 5),
    ];
    let sections = branches.map(|(parent, share, _, count): (_, f64, _, usize)| {
        let diameter_um = DIAMETER_UM * share.powf(2.0 / 3.0);
        let lambda_um = LAMBDA_UM * (diameter_um / DIAMETER_UM).sqrt();
        cylinder(count as f64 * DELTA * lambda_um, diameter_um, parent)
    });
    let counts = branches.map(|(.., count)| count).to_vec();
    let mut branched = driven(tree(sections.to_vec(), counts), 0.1);
    let mut unbranched = driven(cable(15.0 * DELTA, 15), 0.1);
    for simulation in [&mut branched, &mut unbranched] {
        let sine = SineCurrent {
            delay_ms: 5.0,
            duration_ms: 20.0,
            offset_na: 0.0,
            amplitude_na: CURRENT_NA,
            frequency_hz: 100.0,
            phase_rad: 0.0,
        };
        simulation.inject(0, CompartmentId::new(0), sine.build().unwrap()).unwrap();
    }
    for _ in 0..400 {
        branched.step().unwrap();
        unbranched.step().unwrap();
        let (branched, unbranched) = (voltages_mv(&branched), voltages_mv(&unbranched));
        let mut rest = &branched[..];
        for (.., before, count) in branches {
            let (section, after) = rest.split_at(count);
            rest = after;
            let expected = unbranched[before..before + count].iter().copied();
            let error = largest_error(section, expected);
            assert!(error <= ROUNDING, "{error:e}");
        }
    }
}

/// The squid axon with a branch, at rest.
fn axon(temperature: Temperature, rate: f64) -> Simulation {
    let sections = vec![
        cylinder(600.0, 20.0, None),
        cylinder(400.0, 10.0, Some(0)),
        cylinder(500.0, 12.0, Some(0)),
    ];
    let tree = tree(sections, vec![6, 5, 5]);
    let ids = all(&tree);
    let density = |value: f64| Density::uniform(&ids, rate * value);
    let builder = CellModel::builder(tree)
        .axial_resistivity_ohm_cm(35.4 / rate)
        .reversal_potentials_mv(50.0, -77.0)
        .channel(SquidSodium::new(temperature), density(0.12))
        .channel(SquidPotassium::new(temperature), density(0.036))
        .channel(Pas { reversal_potential_mv: -54.3 }, density(0.0003));
    let mut config = SimulationConfig::default();
    (config.dt_ms, config.v_init_mv) = (0.025 / rate, -65.0);
    Simulation::new(Arc::new(builder.build().unwrap()), config).unwrap()
}

const SQUID_TEMPERATURE: Temperature = Temperature::celsius(6.3);

fn record(simulation: &mut Simulation, unit: Unit, duration_ms: f64) -> Traces {
    let ids = all(simulation.model().tree());
    let mut recorder = TraceRecorder::new(unit, &ids, 1);
    simulation.run(duration_ms, &mut recorder).unwrap();
    recorder.trial(0)
}

fn highest(traces: &Traces) -> f64 {
    traces.values().iter().copied().fold(f64::MIN, f64::max)
}

/// What leaves through the membrane in a run with spikes is what electrodes have brought in, a clamp among them; a
/// synapse-like current takes part in the membrane currents and brings nothing.
#[test]
fn charge_is_conserved() {
    let (dt_ms, duration_ms) = (0.025, 40.0);
    let [tip, other] = [10, 15].map(CompartmentId::new);
    let build = || {
        let mut simulation = axon(SQUID_TEMPERATURE, 1.0);
        simulation.inject(0, tip, step(2.0, 10.0, 1.5)).unwrap();
        let epsp = EpspCurrent { onset_ms: 20.0, rise_ms: 0.5, decay_ms: 5.0, peak_na: 4.0 };
        simulation.inject(0, other, epsp.build().unwrap()).unwrap();
        simulation
    };
    let charge_pc = |simulation: &mut Simulation| {
        let currents = record(simulation, Unit::Nanoampere, duration_ms);
        let later = (0..currents.rows()).flat_map(|i| &currents.row(i)[1..]);
        later.sum::<f64>() * dt_ms
    };
    // 16 compartments × 1600 steps of currents up to 100 nA, each rounded to 1e-14 nA.
    let tolerance_pc = 1e-9;
    assert_close(charge_pc(&mut build()), 1.5 * 10.0, tolerance_pc);
    assert!(highest(&record(&mut build(), Unit::Millivolt, duration_ms)) > 20.0, "spikes");

    let level = |duration_ms, v_mv| ClampLevel { duration_ms, v_mv };
    let clamp = VoltageClamp::new(vec![level(10.0, -65.0), level(15.0, -20.0)], 2.0).unwrap();
    let clamped = || {
        let mut simulation = build();
        simulation.clamp(0, CompartmentId::new(0), clamp.clone()).unwrap();
        simulation
    };
    let voltages = record(&mut clamped(), Unit::Millivolt, duration_ms);
    let clamp_pc: f64 = voltages.times_ms()[1..]
        .iter()
        .zip(&voltages.row(0)[1..])
        .map(|(time_ms, v_mv)| clamp.current_na(time_ms - 0.5 * dt_ms, *v_mv) * dt_ms)
        .sum();
    assert!(clamp_pc.abs() > 1.0, "the clamp works: {clamp_pc} pC");
    assert_close(charge_pc(&mut clamped()), clamp_pc + 15.0, tolerance_pc);
}

/// Ten degrees make rates three times faster. With all conductances and currents three times as large, the axon does
/// the same in a third of the time.
#[test]
fn ten_degrees_are_a_factor_of_three() {
    let run = |temperature, rate: f64| {
        let mut simulation = axon(temperature, rate);
        let pulse = step(1.0 / rate, 1.0 / rate, 8.0 * rate);
        simulation.inject(0, CompartmentId::new(0), pulse).unwrap();
        record(&mut simulation, Unit::Millivolt, 15.0 / rate)
    };
    let cold = run(SQUID_TEMPERATURE, 1.0);
    let warm = run(Temperature::celsius(16.3), 3.0);
    assert!(highest(&cold) > 20.0, "a spike");
    assert_eq!(cold.values().len(), warm.values().len());
    for (cold, warm) in cold.values().iter().zip(warm.values()) {
        // Rounding, which the upstroke of the spike amplifies.
        assert_close(*warm, *cold, 1e-9);
    }
}

/// Clamp and cable are a divider: v = command·R_in/(R_in + R_s), at the clamped place and in proportion everywhere.
#[test]
fn a_voltage_clamp_divides_its_command_with_its_series_resistance() {
    let (length, compartments) = (1.0, 20);
    let (dt_ms, steps) = TO_STEADY_STATE;
    let (command_mv, series_mohm) = (30.0, 15.0);
    let mut simulation = simulate(passive(cable(length, compartments)), dt_ms);
    let level = ClampLevel { duration_ms: f64::INFINITY, v_mv: command_mv };
    let clamp = VoltageClamp::new(vec![level], series_mohm).unwrap();
    simulation.clamp(0, CompartmentId::new(0), clamp.clone()).unwrap();
    let found = after(simulation, steps);
    let driven: Vec<f64> = ladder_steady_mv(length, compartments).collect();
    let input_mohm = driven[0] / CURRENT_NA;
    let clamped_mv = command_mv * input_mohm / (input_mohm + series_mohm);
    let expected = driven.iter().map(|v_mv| clamped_mv * v_mv / driven[0]);
    let error = largest_error(&found, expected);
    assert!(error <= ROUNDING, "{error:e}");
    assert_close(
        clamp.current_na(0.0, found[0]),
        command_mv / (input_mohm + series_mohm),
        ROUNDING,
    );
}

/// Under an ideal clamp at the reversal potential of the leak all current is the synapse's: g(t)·(v − E), inward and
/// largest when its conductance is.
#[test]
fn a_clamped_synapse_shows_its_conductance() {
    let (dt_ms, hold_mv, reversal_mv, peak_us) = (0.025, 0.0, 70.0, 0.001);
    let waveform = DoubleExponential::new(0.5, 5.0).unwrap();
    let course = Waveform::DoubleExponential(waveform);
    let component = SynapticConductance::new(course, peak_us, reversal_mv);
    let tree = sphere(20.0);
    let point = CompartmentId::new(0);
    let synapse = SynapseModel::new("synapse", vec![component]);
    let mut simulation = simulate(passive(tree).synapses(synapse, &[point]), dt_ms);
    let level = ClampLevel { duration_ms: f64::INFINITY, v_mv: hold_mv };
    let clamp = VoltageClamp::new(vec![level], 1e-6).unwrap();
    simulation.clamp(0, point, clamp.clone()).unwrap();
    let onset_ms = 2.0;
    let event = SynapticEvent { time_ms: onset_ms, synapse: SynapseId::new(0) };
    simulation.schedule(0, &EventTrain::new(vec![event]).unwrap()).unwrap();

    let peak_na = peak_us * (hold_mv - reversal_mv);
    // The clamp lags by R_s·C = 1.3e-8 ms, in which the conductance grows by at most 4e-8 of its peak.
    let tolerance = 5e-8;
    let mut most_inward = (0.0, 0.0_f64);
    for step in 0..1000 {
        let time_ms = f64::from(step) * dt_ms;
        simulation.step().unwrap();
        // What the clamp brings is what leaves through the synapse: of this step with the conductance at its beginning.
        let current_na = clamp.current_na(time_ms, simulation.voltage_mv(0, point));
        assert_close(current_na / peak_na, waveform.at(time_ms - onset_ms), tolerance);
        if current_na < most_inward.1 {
            most_inward = (time_ms - onset_ms, current_na);
        }
    }
    assert_close(most_inward.0, waveform.peak_time_ms(), 0.5 * dt_ms);
    // Half a step from its peak the waveform is lower by less than (dt/2)²/(2·0.5·5).
    assert_close(most_inward.1 / peak_na, 1.0, 0.25 * dt_ms * dt_ms / 5.0);
}
