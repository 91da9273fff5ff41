use std::fmt;
use std::fmt::Write;

use super::{Laminar, Neuropixels, PlanarArray, Polytrode, Probe, SphericalGrid, Tetrode};
use crate::ExtracellularError;
use crate::error::finite;

/// An arrangement that a line of text can describe.
pub(super) trait Described {
    /// What can be set.
    fn keys(&mut self) -> Vec<Key<'_>>;

    fn build(&self) -> Result<Probe, ExtracellularError>;
}

/// One thing that can be set.
pub(super) struct Key<'a> {
    name: &'static str,
    meaning: String,
    slot: Slot<'a>,
}

/// Where its value goes, which tells what it can be.
pub(super) enum Slot<'a> {
    Count(&'a mut usize),
    Number(&'a mut f64),
    Optional(&'a mut Option<f64>),
    Direction(&'a mut [f64; 3]),
}

/// The place of something, relative to the middle of the soma.
pub(super) fn coordinates<'a>(what: &str, position_um: &'a mut [f64; 3]) -> [Key<'a>; 3] {
    let [x, y, z] = position_um;
    let meaning = |axis| format!("{what}, µm from the middle of the soma along {axis}");
    [key("x", &meaning("x"), x), key("y", &meaning("y"), y), key("z", &meaning("z"), z)]
}

/// A key for a value of any kind.
pub(super) fn key<'a, T>(name: &'static str, meaning: &str, value: &'a mut T) -> Key<'a>
where
    Slot<'a>: From<&'a mut T>,
{
    Key { name, meaning: meaning.to_owned(), slot: value.into() }
}

impl<'a> From<&'a mut usize> for Slot<'a> {
    fn from(value: &'a mut usize) -> Self {
        Self::Count(value)
    }
}

impl<'a> From<&'a mut f64> for Slot<'a> {
    fn from(value: &'a mut f64) -> Self {
        Self::Number(value)
    }
}

impl<'a> From<&'a mut Option<f64>> for Slot<'a> {
    fn from(value: &'a mut Option<f64>) -> Self {
        Self::Optional(value)
    }
}

impl<'a> From<&'a mut [f64; 3]> for Slot<'a> {
    fn from(value: &'a mut [f64; 3]) -> Self {
        Self::Direction(value)
    }
}

impl Slot<'_> {
    /// Takes the value of a text, or says what it should have been.
    fn set(self, text: &str) -> Result<(), &'static str> {
        match self {
            Self::Count(value) => *value = text.parse().map_err(|_| "a whole number")?,
            Self::Number(value) => *value = number(text).ok_or("a finite number")?,
            Self::Optional(value) => {
                *value = match text {
                    "none" => None,
                    _ => Some(number(text).ok_or("a finite number, or none for points")?),
                }
            }
            Self::Direction(value) => {
                *value = direction(text).ok_or("x, y, z, -x, -y, -z or three numbers as 1/-1/0")?;
            }
        }
        Ok(())
    }
}

/// The value, as it is written in a description.
impl fmt::Display for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Optional(None) => f.write_str("none"),
            Self::Optional(Some(value)) => value.fmt(f),
            Self::Direction(value) => {
                match AXES.iter().find(|(_, direction)| direction == *value) {
                    Some((name, _)) => f.write_str(name),
                    None => write!(f, "{}/{}/{}", value[0], value[1], value[2]),
                }
            }
        }
    }
}

const AXES: [(&str, [f64; 3]); 6] = [
    ("x", [1.0, 0.0, 0.0]),
    ("y", [0.0, 1.0, 0.0]),
    ("z", [0.0, 0.0, 1.0]),
    ("-x", [-1.0, 0.0, 0.0]),
    ("-y", [0.0, -1.0, 0.0]),
    ("-z", [0.0, 0.0, -1.0]),
];

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

fn direction(text: &str) -> Option<[f64; 3]> {
    match AXES.iter().find(|(name, _)| *name == text) {
        Some(&(_, direction)) => Some(direction),
        None => triple(text, '/'),
    }
}

/// Three finite numbers.
fn triple(text: &str, separator: char) -> Option<[f64; 3]> {
    let values: Option<Vec<f64>> = text.split(separator).map(number).collect();
    values?.try_into().ok()
}

/// A kind of probe with keys.
struct Kind {
    name: &'static str,
    meaning: &'static str,
    default: fn() -> Box<dyn Described>,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "laminar",
        meaning: "contacts in a row",
        default: || Box::new(Laminar::default()),
    },
    Kind {
        name: "tetrode",
        meaning: "the ends of four wires, in a square",
        default: || Box::new(Tetrode::default()),
    },
    Kind {
        name: "polytrode",
        meaning: "staggered columns of contacts on a shank",
        default: || Box::new(Polytrode::default()),
    },
    Kind {
        name: "neuropixels",
        meaning: "Neuropixels 1.0",
        default: || Box::new(Neuropixels::default()),
    },
    Kind {
        name: "array",
        meaning: "a grid of contacts in a plane of constant z",
        default: || Box::new(PlanarArray::default()),
    },
    Kind {
        name: "sphere",
        meaning: "points spread evenly on a sphere",
        default: || Box::new(SphericalGrid::default()),
    },
];

/// Kinds without keys.
const SIX: &str = "six";
const SITE: &str = "site";

impl Probe {
    /// A probe from a line of text, for command lines: `six`, `site:x,y,z;x,y,z…`, or the name of an arrangement, by itself
    /// or with values for some of its keys, `laminar:n=32,pitch=50`. [`description_help`](Self::description_help) lists
    /// them all. Places are µm from the middle of the soma. A direction is an axis, `-y`, or a vector of any length, `1/-1/0`.
    ///
    /// ```
    /// use apical_extracellular::Probe;
    ///
    /// let soma_center_um = [0.0, 10.0, 0.0];
    /// let probe = Probe::from_description("laminar:n=32,pitch=50,radius=7.5", soma_center_um)?;
    /// assert_eq!(probe[31].position_um(), [50.0, -340.0, 0.0]);
    /// let sites = Probe::from_description("site:30,0,0;40,300,0", soma_center_um)?;
    /// assert_eq!(sites[1].position_um(), [40.0, 310.0, 0.0]);
    /// # Ok::<(), apical_extracellular::ExtracellularError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::UnknownProbe`], [`ExtracellularError::UnknownKey`], [`ExtracellularError::RepeatedKey`] and
    /// [`ExtracellularError::KeyValue`] for text that means nothing, those of the arrangement for values that it cannot have,
    /// [`ExtracellularError::NotFinite`] if the soma is nowhere.
    pub fn from_description(
        text: &str,
        soma_center_um: [f64; 3],
    ) -> Result<Self, ExtracellularError> {
        let soma_center_um = finite("middle of the soma (µm)", soma_center_um)?;
        let (kind, values) = text.split_once(':').unwrap_or((text, ""));
        let relative = match kind.trim() {
            SIX if values.trim().is_empty() => return Self::six_around(soma_center_um),
            SIX => return Err(unknown_key(SIX, values, "it has none")),
            SITE => sites(values)?,
            kind => {
                let kind = KINDS.iter().find(|known| known.name == kind).ok_or_else(|| {
                    let allowed = std::iter::once(SIX)
                        .chain([SITE])
                        .chain(KINDS.iter().map(|kind| kind.name))
                        .collect::<Vec<_>>()
                        .join(", ");
                    ExtracellularError::UnknownProbe { kind: kind.to_owned(), allowed }
                })?;
                kind.build(values)?
            }
        };
        relative.translated(soma_center_um)
    }

    /// What [`from_description`](Self::from_description) understands: every kind, every key with its default, a line each.
    ///
    /// ```
    /// use apical_extracellular::Probe;
    ///
    /// assert!(Probe::description_help().contains("pitch=100"));
    /// ```
    #[must_use]
    pub fn description_help() -> String {
        let mut help = String::new();
        let mut line = |left: &str, right: &str| {
            // Writing into a string does not fail.
            let _ = writeln!(help, "{left:<24} {right}");
        };
        line(SIX, "six points around the cell: soma, basal dendrites, trunk, nexus, tuft");
        line("site:x,y,z;x,y,z…", "points, µm from the middle of the soma");
        for kind in &KINDS {
            line(&format!("{}:key=value,…", kind.name), kind.meaning);
            for key in (kind.default)().keys() {
                line(&format!("  {}={}", key.name, key.slot), &key.meaning);
            }
        }
        line("", "A direction is x, y, z, -x, -y, -z or three numbers as 1/-1/0.");
        line("", "With radius=none contacts are points.");
        help
    }
}

impl Kind {
    /// The probe with these values, relative to the middle of the soma.
    fn build(&self, values: &str) -> Result<Probe, ExtracellularError> {
        let kind = self.name;
        let mut described = (self.default)();
        let mut given = Vec::new();
        for pair in values.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (name.trim(), value.trim());
            let mut keys = described.keys();
            let Some(index) = keys.iter().position(|key| key.name == name) else {
                let names: Vec<_> = keys.iter().map(|key| key.name).collect();
                return Err(unknown_key(kind, name, &format!("only {}", names.join(", "))));
            };
            let Key { name: key, slot, .. } = keys.swap_remove(index);
            if given.contains(&key) {
                return Err(ExtracellularError::RepeatedKey { kind, key });
            }
            given.push(key);
            slot.set(value).map_err(|expected| {
                let value = value.to_owned();
                ExtracellularError::KeyValue { kind, key, value, expected }
            })?;
        }
        described.build()
    }
}

fn unknown_key(kind: &'static str, key: &str, allowed: &str) -> ExtracellularError {
    ExtracellularError::UnknownKey { kind, key: key.to_owned(), allowed: allowed.to_owned() }
}

/// Points at these places.
fn sites(values: &str) -> Result<Probe, ExtracellularError> {
    let site = |text: &str| {
        triple(text, ',').ok_or_else(|| ExtracellularError::KeyValue {
            kind: SITE,
            key: "a place",
            value: text.to_owned(),
            expected: "three finite numbers as 30,0,0",
        })
    };
    let positions_um = values.split(';').map(site).collect::<Result<Vec<_>, _>>()?;
    Probe::points(&positions_um)
}
