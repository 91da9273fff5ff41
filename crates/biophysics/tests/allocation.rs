//! A step allocates nothing, and a million of them keep nothing: shown by an allocator that counts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(unsafe_code, reason = "a global allocator is an unsafe trait; this one only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use apical_biophysics::preset::Preset;
use apical_biophysics::synapse::{ShortTermPlasticity, SynapseModel};
use apical_biophysics::{
    ClampLevel, CurrentStep, EpspCurrent, Integration, NoiseCurrent, RampCurrent, SampledCurrent,
    Simulation, SimulationConfig, SineCurrent, SpikeDetector, Stimulus, VoltageClamp,
};
use apical_core::{
    CompartmentId, EventTrain, SectionId, SectionType, StepObserver, StepView, SynapseId,
    SynapticEvent,
};
use apical_morphology::{
    Attachment, CompartmentTree, MaxLength, Morphology, Section, SectionShape,
};

thread_local! {
    /// Allocations of this thread, so that the test harness does not count.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    /// Bytes that it has, less those that it had at first.
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    BYTES.set(BYTES.get() + bytes as i64);
}

fn free(bytes: usize) {
    BYTES.set(BYTES.get() - bytes as i64);
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        free(layout.size());
        // SAFETY: the pointer came from the system's allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        free(layout.size());
        // SAFETY: as in `dealloc`.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

/// Allocations of this thread while `work` runs.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// A soma with a long apical dendrite, all channels of the preset, and synapses of every kind.
fn simulation(trials: usize, integration: Integration) -> Simulation {
    let cylinder = |length_um, diameter_um| SectionShape::Cylinder { length_um, diameter_um };
    let base = Attachment { parent: SectionId::new(0), x: 0.5 };
    let morphology = Morphology::new(vec![
        Section::new(SectionType::Soma, cylinder(20.0, 15.0), None),
        Section::new(SectionType::Basal, cylinder(150.0, 1.0), Some(base)),
        Section::new(SectionType::Apical, cylinder(900.0, 3.0), Some(base)),
    ]);
    let morphology = morphology.unwrap().with_stub_axon();
    let tree = CompartmentTree::new(morphology, &MaxLength::default()).unwrap();
    let dendrites: Vec<_> = tree.compartment_table().dendritic().collect();
    let plasticity = ShortTermPlasticity::new(0.5, 800.0, 20.0).unwrap();
    let builder = Preset::Shai2015
        .paint(tree)
        .unwrap()
        .synapses(SynapseModel::ampa_nmda().with_release_probability(0.6), &dendrites)
        .synapses(SynapseModel::gaba_a().with_plasticity(plasticity), &dendrites);
    let mut config = SimulationConfig::default();
    (config.batch_size, config.integration) = (trials, integration);
    Simulation::new(Arc::new(builder.build().unwrap()), config).unwrap()
}

/// One stimulus of each kind.
fn stimuli() -> [Stimulus; 6] {
    let (delay_ms, duration_ms) = (1.0, 20.0);
    let noise = NoiseCurrent {
        delay_ms,
        duration_ms,
        mean_na: 0.1,
        standard_deviation_na: 0.1,
        correlation_ms: 2.0,
        dt_ms: 0.1,
        seed: 3,
        index: 0,
    };
    let sine = SineCurrent {
        delay_ms,
        duration_ms,
        offset_na: 0.0,
        amplitude_na: 0.1,
        frequency_hz: 50.0,
        phase_rad: 0.0,
    };
    [
        CurrentStep { delay_ms, duration_ms, amplitude_na: 0.5 }.build().unwrap(),
        EpspCurrent { onset_ms: 2.0, rise_ms: 0.5, decay_ms: 5.0, peak_na: 0.5 }.build().unwrap(),
        RampCurrent { delay_ms, duration_ms, start_na: 0.0, end_na: 0.2 }.build().unwrap(),
        SampledCurrent { delay_ms, dt_ms: 1.0, samples_na: vec![0.1, 0.0, 0.2] }.build().unwrap(),
        sine.build().unwrap(),
        noise.build().unwrap(),
    ]
}

/// Asks for membrane currents and keeps the highest voltage.
struct Peak(f64);

impl StepObserver for Peak {
    fn observe(&mut self, view: &StepView<'_>) {
        assert_eq!(view.membrane_currents_na.len(), view.voltages_mv.len());
        self.0 = view.voltages_mv.iter().copied().fold(self.0, f64::max);
    }

    fn needs_membrane_currents(&self, _step: u64) -> bool {
        true
    }
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(black_box(Box::new(1)))), 1);
    assert_eq!(allocations(|| drop(black_box(vec![0_u8; 64]))), 1, "zeroed");
}

/// One trial, a batch that is no whole vector, and one that is.
#[test]
fn a_step_allocates_nothing() {
    for integration in Integration::ALL {
        for trials in [1, 3, 8] {
            assert_that_a_step_allocates_nothing(trials, integration);
        }
    }
}

fn assert_that_a_step_allocates_nothing(trials: usize, integration: Integration) {
    let mut simulation = simulation(trials, integration);
    let soma = CompartmentId::new(0);
    let synapses = simulation.model().synapse_count();
    for trial in 0..trials {
        // Forty events at every synapse, some at every millisecond.
        let events = (0..synapses * 40).map(|i| SynapticEvent {
            time_ms: (i * 7 % 40) as f64 + 0.025 * trial as f64,
            synapse: SynapseId::new(i % synapses),
        });
        simulation.schedule(trial, &EventTrain::new(events.collect()).unwrap()).unwrap();
        for stimulus in stimuli() {
            simulation.inject(trial, soma, stimulus).unwrap();
        }
    }
    let hold = ClampLevel { duration_ms: 10.0, v_mv: -60.0 };
    let clamp = VoltageClamp::new(vec![hold], 1.0).unwrap();
    simulation.clamp(trials - 1, soma, clamp).unwrap();

    let found = allocations(|| {
        for _ in 0..800 {
            simulation.step().unwrap();
        }
    });
    assert_eq!(found, 0, "allocations in 800 steps of {trials} trials");
    let mut peak = Peak(f64::MIN);
    let found = allocations(|| simulation.run(20.0, &mut peak).unwrap());
    assert_eq!(found, 0, "allocations in a run of 20 ms with an observer");
    assert!(peak.0 > -40.0, "synapses and stimuli did something: {} mV", peak.0);
}

/// Input is scheduled as time goes on; what is over is forgotten.
#[test]
fn a_million_steps_keep_no_memory() {
    const STEPS_A_ROUND: usize = 400;
    let mut simulation = simulation(1, Integration::default());
    let synapses = simulation.model().synapse_count();
    let soma = CompartmentId::new(0);
    let mut spikes = SpikeDetector::new(soma, -20.0);
    let mut round = || {
        let now_ms = simulation.time_ms();
        let events = (0..40).map(|i| SynapticEvent {
            time_ms: now_ms + (i % 10) as f64,
            synapse: SynapseId::new(i * 7 % synapses),
        });
        simulation.schedule(0, &EventTrain::new(events.collect()).unwrap()).unwrap();
        let step = CurrentStep { delay_ms: now_ms + 1.0, duration_ms: 2.0, amplitude_na: 1.0 };
        simulation.remove_stimuli();
        simulation.inject(0, soma, step.build().unwrap()).unwrap();
        simulation.run(0.025 * STEPS_A_ROUND as f64, &mut spikes).unwrap();
    };
    (0..100).for_each(|_| round());
    let before = BYTES.get();
    (0..1_000_000 / STEPS_A_ROUND).for_each(|_| round());
    let grown = BYTES.get() - before;
    let kept = 2 * size_of::<f64>() * spikes.times_ms(0).len();
    assert!(spikes.times_ms(0).len() > 100, "{} spikes", spikes.times_ms(0).len());
    assert!(grown <= kept as i64, "{grown} bytes more, {kept} of them may be times of spikes");
}
