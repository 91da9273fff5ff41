use fearless_simd::Simd;

use crate::Temperature;
use crate::simd::{Inputs, Instances, Kernel, Real, sweep};

/// Gas constant, J/(mol·K).
const GAS_CONSTANT_J_PER_MOL_K: f64 = 8.314_462_618_153_24;

/// Faraday constant, C/mol.
pub(crate) const FARADAY_C_PER_MOL: f64 = 96_485.332_123_310_01;

/// The reversal potential of an ion from its concentrations: E = RT/(zF)·ln(outside/inside).
///
/// Constants as exact in the SI since 2019, to the digits that NEURON 9 uses.
///
/// ```
/// use apical_biophysics::{Nernst, Temperature};
///
/// let calcium = Nernst::new(2, Temperature::celsius(6.3));
/// assert!((calcium.reversal_potential_mv(5e-5, 2.0) - 127.5895).abs() < 1e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nernst {
    slope_mv: f64,
}

impl Nernst {
    /// For an ion of this valence (2 for calcium, −1 for chloride; not 0) at a temperature.
    #[must_use]
    pub fn new(valence: i32, temperature: Temperature) -> Self {
        let thermal_mv =
            1000.0 * GAS_CONSTANT_J_PER_MOL_K * temperature.in_kelvin() / FARADAY_C_PER_MOL;
        Self { slope_mv: thermal_mv / f64::from(valence) }
    }

    /// Reversal potential, mV, of concentrations in the same unit; not finite unless both are above 0.
    #[inline]
    #[must_use]
    pub fn reversal_potential_mv(&self, inside_millimolar: f64, outside_millimolar: f64) -> f64 {
        self.slope_mv * (outside_millimolar / inside_millimolar).ln()
    }
}

/// Logarithms of concentrations, and the reversal potentials that follow; arrays are `[compartments × batch]`.
pub(crate) struct ReversalPotentials<'a> {
    pub(crate) nernst: Nernst,
    pub(crate) outside_millimolar: f64,
    pub(crate) instances: &'a Instances,
    pub(crate) batch_size: usize,
    pub(crate) inside_millimolar: &'a [f64],
    pub(crate) ln_inside: &'a mut [f64],
    pub(crate) reversal_mv: &'a mut [f64],
}

impl Kernel for ReversalPotentials<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let slope_mv = self.nernst.slope_mv;
        let outside = self.outside_millimolar.ln();
        sweep(
            simd,
            self.instances,
            self.batch_size,
            Inputs { constants: [], compartments: [self.inside_millimolar] },
            [],
            [self.ln_inside, self.reversal_mv],
            #[inline(always)]
            |[], [inside_millimolar], [], [_, _]| {
                let ln_inside = inside_millimolar.ln();
                ([], [ln_inside, (-ln_inside + outside) * slope_mv])
            },
        );
    }
}
