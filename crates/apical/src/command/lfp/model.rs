use apical::extracellular::{
    Conductivity, ExtracellularError, ForwardModel, LineSource, PointSource, RootAsPoint,
    SliceConfig, SourceShape,
};
use clap::ValueEnum;
use serde::Serialize;

/// How the current of a compartment raises the potential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Model {
    /// A line from end to end, its current spread evenly along it
    #[default]
    Line,
    /// A point in its middle
    Point,
    /// The first compartment, the soma, is a point, all others are lines
    RootAsPoint,
}

impl Model {
    /// The model in a slice, or in endless tissue.
    pub(super) fn build(
        self,
        conductivity: Conductivity,
        slice: Option<SliceConfig>,
    ) -> Result<Box<dyn ForwardModel>, ExtracellularError> {
        if let Some(slice) = slice {
            return Ok(Box::new(slice.build()?));
        }
        Ok(match self {
            Self::Line => Box::new(LineSource::new(conductivity)),
            Self::Point => Box::new(PointSource::new(conductivity)),
            Self::RootAsPoint => Box::new(RootAsPoint::new(conductivity)),
        })
    }

    pub(super) const fn shape(self) -> SourceShape {
        match self {
            Self::Line => SourceShape::Line,
            Self::Point => SourceShape::Point,
            Self::RootAsPoint => SourceShape::RootAsPoint,
        }
    }
}

/// What potentials are found from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Signal {
    /// membrane_current_na.npy
    Currents,
    /// voltage_mv.npy
    Voltages,
}
