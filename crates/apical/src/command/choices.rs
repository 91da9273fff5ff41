//! Values to choose from that several commands offer.

use apical::biophysics::{InstructionSet, Integration};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

pub(super) fn integrations() -> impl TypedValueParser<Value = Integration> {
    let help = |method| match method {
        Integration::ImplicitEuler => "NEURON's default: error as the time step",
        Integration::CrankNicolson => "Error as the square of the time step, for longer steps",
        _ => "",
    };
    let values =
        Integration::ALL.map(|method| PossibleValue::new(method.to_string()).help(help(method)));
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}

/// Those of this machine.
pub(super) fn instruction_sets() -> impl TypedValueParser<Value = InstructionSet> {
    let names = InstructionSet::available().into_iter().map(|set| set.to_string());
    PossibleValuesParser::new(names.collect::<Vec<_>>()).try_map(|name| name.parse())
}
