//! Errors of the functions, at every instruction set that the machine has, against the standard library's.

use fearless_simd::Simd;
use proptest::prelude::*;

use super::{InstructionSet, Kernel, Lanes, Real};

/// Unit of the errors that [`Real`] states.
const UNIT: f64 = f64::EPSILON / 2.0;
/// What the standard library's function may be off by itself, in this unit.
const STANDARD: f64 = 2.0;

#[derive(Clone, Copy, Debug)]
enum Function {
    Exp,
    ExpM1,
    ExpM1NearZero,
    ExpOfBoth,
    Ln,
}

struct Apply<'a> {
    function: Function,
    x: [f64; 8],
    result: &'a mut [f64; 8],
}

impl Kernel for Apply<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let x = Lanes::load(simd, &self.x);
        let result = match self.function {
            Function::Exp => x.exp(),
            Function::ExpM1 => x.exp_m1(),
            Function::ExpM1NearZero => x.exp_m1_near_zero(),
            Function::ExpOfBoth => x.exp_and_exp_m1()[0],
            Function::Ln => x.ln(),
        };
        result.store(self.result);
    }
}

fn apply(set: InstructionSet, function: Function, x: [f64; 8]) -> [f64; 8] {
    let mut result = [0.0; 8];
    set.run(Apply { function, x, result: &mut result });
    result
}

/// Relative error in [`UNIT`].
fn error(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / (expected.abs() * UNIT)
}

fn eight(range: std::ops::RangeInclusive<f64>) -> impl Strategy<Value = [f64; 8]> {
    prop::array::uniform8(range)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn exponentials_have_the_stated_error(
        wide in eight(-700.0..=700.0), near in eight(-3.0..=3.0), scale in -40_i32..=0,
    ) {
        let tiny = near.map(|x| x * 2_f64.powi(scale));
        for set in InstructionSet::available() {
            for x in [wide, near, tiny] {
                for (i, found) in apply(set, Function::Exp, x).into_iter().enumerate() {
                    let bound = 3.0 + 0.5 * x[i].abs() + STANDARD;
                    prop_assert!(error(found, x[i].exp()) <= bound, "{set} exp {:e}", x[i]);
                }
                for (i, found) in apply(set, Function::ExpM1, x).into_iter().enumerate() {
                    let bound = 60.0 + 0.5 * x[i].abs() + STANDARD;
                    prop_assert!(error(found, x[i].exp_m1()) <= bound, "{set} exp_m1 {:e}", x[i]);
                }
                // Another way to the same bits.
                let [one, other] =
                    [Function::ExpM1, Function::ExpM1NearZero].map(|f| apply(set, f, x));
                prop_assert_eq!(one, other, "{}", set);
            }
        }
    }

    #[test]
    fn logarithm_has_the_stated_error(x in eight(-690.0..=700.0), near in eight(0.5..=2.0)) {
        for set in InstructionSet::available() {
            for x in [x.map(f64::exp), near] {
                for (i, found) in apply(set, Function::Ln, x).into_iter().enumerate() {
                    let allowed = (3.0 + STANDARD) * UNIT * x[i].ln().abs() + f64::EPSILON;
                    prop_assert!((found - x[i].ln()).abs() <= allowed, "{set} ln {:e}", x[i]);
                }
            }
        }
    }

    /// What lies beside a number does not change it.
    #[test]
    fn places_do_not_matter(x in eight(-30.0..=30.0), turn in 1_usize..8) {
        let mut turned = x;
        turned.rotate_left(turn);
        for set in InstructionSet::available() {
            for function in [Function::Exp, Function::ExpM1NearZero, Function::ExpOfBoth] {
                let mut expected = apply(set, function, x);
                expected.rotate_left(turn);
                prop_assert_eq!(apply(set, function, turned), expected);
            }
        }
    }
}

#[test]
fn exponentials_at_their_limits() {
    for set in InstructionSet::available() {
        let x = [0.0, -0.0, 800.0, -800.0, f64::NAN, 1e-300, -1e-300, 1.0];
        let exp = apply(set, Function::Exp, x);
        assert_eq!(exp[..2], [1.0, 1.0], "{set}");
        assert!(exp[2] > 1e307 && (0.0..1e-300).contains(&exp[3]), "{set}: {exp:?}");
        assert!(exp[4].is_nan(), "{set}: {exp:?}");
        let exp_m1 = apply(set, Function::ExpM1, x);
        assert_eq!(exp_m1[..2], [0.0, 0.0], "{set}");
        assert_eq!(exp_m1[3], -1.0, "{set}");
        assert_eq!(exp_m1[5..7], [1e-300, -1e-300], "{set}");
    }
}

#[test]
fn logarithm_at_its_limits() {
    for set in InstructionSet::available() {
        let ln = apply(set, Function::Ln, [1.0, 0.0, -1.0, f64::NAN, 2.0, 5e-5, 1e-4, 1e300]);
        assert_eq!(ln[..2], [0.0, f64::NEG_INFINITY], "{set}");
        assert!(ln[2].is_nan() && ln[3].is_nan(), "{set}: {ln:?}");
    }
}
