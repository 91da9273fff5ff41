/// What an observer sees after a time step, and once before the first.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StepView<'a> {
    /// Steps done since t = 0.
    pub step: u64,
    /// Time, ms.
    pub time_ms: f64,
    /// Neurons in the batch.
    pub batch_size: usize,
    /// Voltages, mV, `[compartments × batch]`, the neuron's index fastest.
    pub voltages_mv: &'a [f64],
    /// Transmembrane currents, nA, outward positive, same layout; empty unless the run computes them.
    pub membrane_currents_na: &'a [f64],
}

impl<'a> StepView<'a> {
    /// A view of one time step.
    #[must_use]
    pub const fn new(
        step: u64,
        time_ms: f64,
        batch_size: usize,
        voltages_mv: &'a [f64],
        membrane_currents_na: &'a [f64],
    ) -> Self {
        Self { step, time_ms, batch_size, voltages_mv, membrane_currents_na }
    }
}

/// Looks on while a simulation steps.
///
/// Two observers are one as a pair, any number of them as a list:
///
/// ```
/// use apical_core::{StepObserver, StepView};
///
/// /// The highest voltage of any compartment, mV.
/// struct Peak(f64);
///
/// impl StepObserver for Peak {
///     fn observe(&mut self, view: &StepView<'_>) {
///         self.0 = view.voltages_mv.iter().copied().fold(self.0, f64::max);
///     }
/// }
///
/// let (mut highest, mut above_zero) = (Peak(f64::MIN), Peak(0.0));
/// let mut observers: Vec<Box<dyn StepObserver>> = vec![Box::new(&mut highest)];
/// observers.push(Box::new(&mut above_zero));
/// observers.observe(&StepView::new(0, 0.0, 1, &[-70.0, -65.0], &[]));
/// drop(observers);
/// assert_eq!((highest.0, above_zero.0), (-65.0, 0.0));
/// ```
pub trait StepObserver {
    /// Called at t = 0 and after every step.
    fn observe(&mut self, view: &StepView<'_>);

    /// Whether this observer will read [`StepView::membrane_currents_na`] at this step, which costs a pass over the cable.
    fn needs_membrane_currents(&self, _step: u64) -> bool {
        false
    }
}

/// Sees nothing.
impl StepObserver for () {
    fn observe(&mut self, _view: &StepView<'_>) {}
}

impl<O: StepObserver + ?Sized> StepObserver for &mut O {
    fn observe(&mut self, view: &StepView<'_>) {
        (**self).observe(view);
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        (**self).needs_membrane_currents(step)
    }
}

impl<O: StepObserver + ?Sized> StepObserver for Box<O> {
    fn observe(&mut self, view: &StepView<'_>) {
        (**self).observe(view);
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        (**self).needs_membrane_currents(step)
    }
}

/// All look on, in order.
impl<O: StepObserver> StepObserver for [O] {
    fn observe(&mut self, view: &StepView<'_>) {
        for observer in self {
            observer.observe(view);
        }
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        self.iter().any(|observer| observer.needs_membrane_currents(step))
    }
}

/// As a slice.
impl<O: StepObserver> StepObserver for Vec<O> {
    fn observe(&mut self, view: &StepView<'_>) {
        self.as_mut_slice().observe(view);
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        self.as_slice().needs_membrane_currents(step)
    }
}

/// None sees nothing.
impl<O: StepObserver> StepObserver for Option<O> {
    fn observe(&mut self, view: &StepView<'_>) {
        if let Some(observer) = self {
            observer.observe(view);
        }
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        self.as_ref().is_some_and(|observer| observer.needs_membrane_currents(step))
    }
}

/// Both look on, the first first.
impl<A: StepObserver, B: StepObserver> StepObserver for (A, B) {
    fn observe(&mut self, view: &StepView<'_>) {
        self.0.observe(view);
        self.1.observe(view);
    }

    fn needs_membrane_currents(&self, step: u64) -> bool {
        self.0.needs_membrane_currents(step) || self.1.needs_membrane_currents(step)
    }
}
