//! What the simulations of a file have in common.

use apical_core::{
    CompartmentId, CompartmentRecord, CompartmentTable, Region, SectionType, TrialLayout,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::NeuronioError;
use super::npz::{Archive, Length};

const FORMAT: &str = "neuronio npz";
const VERSION: u32 = 1;
/// The published parameters take some hundred kilobytes.
const LARGEST_HEADER: usize = 1 << 28;
/// A million milliseconds, as elsewhere: events stay countable.
const LONGEST_S: f64 = 1000.0;

/// The member `header`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Header {
    format: String,
    version: u32,
    pub(super) simulations: usize,
    soma_samples_per_ms: usize,
    /// As published.
    pub(super) params: Map<String, Value>,
}

/// Those of the published parameters that are needed.
#[derive(Debug, Deserialize)]
struct Params {
    #[serde(rename = "totalSimDurationInSec")]
    duration_s: f64,
    #[serde(rename = "allSegmentsType")]
    types: Vec<String>,
    #[serde(rename = "allSegmentsLength")]
    lengths_um: Vec<f64>,
    #[serde(rename = "allSegments_DistFromSoma")]
    distances_um: Vec<f64>,
    /// Basal sections first.
    #[serde(rename = "allSegments_SectionInd")]
    sections: Vec<usize>,
}

/// The neuron and what was recorded of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recording {
    /// T, ms.
    pub(super) duration_ms: usize,
    pub(super) samples_per_ms: usize,
    segments: Vec<CompartmentRecord>,
}

impl Header {
    pub(super) fn read(archive: &mut Archive) -> Result<Self, NeuronioError> {
        let text: Vec<u8> = archive.read("header", "uint8", &[Length::AtMost(LARGEST_HEADER)])?;
        let header: Self = serde_json::from_slice(&text).map_err(NeuronioError::Header)?;
        let Self { format, version, .. } = &header;
        if format != FORMAT || *version != VERSION {
            let (found, expected) = (format!("{format} {version}"), format!("{FORMAT} {VERSION}"));
            return Err(NeuronioError::HeaderValue { what: "format and version", found, expected });
        }
        Ok(header)
    }

    pub(super) fn recording(&self) -> Result<Recording, NeuronioError> {
        let params = Params::deserialize(&self.params).map_err(NeuronioError::Header)?;
        let refuse = |what, found: String, expected: &str| {
            Err(NeuronioError::HeaderValue { what, found, expected: expected.to_owned() })
        };
        let duration_ms = params.duration_s * 1000.0;
        if !(2.0..=LONGEST_S * 1000.0).contains(&duration_ms) || duration_ms.fract() != 0.0 {
            let found = params.duration_s.to_string();
            return refuse("totalSimDurationInSec", found, "whole milliseconds, two or more");
        }
        let samples_per_ms = self.soma_samples_per_ms;
        if !(1..=1000).contains(&samples_per_ms) {
            return refuse("soma_samples_per_ms", samples_per_ms.to_string(), "1 to 1000");
        }
        Ok(Recording {
            duration_ms: duration_ms as usize,
            samples_per_ms,
            segments: params.segments()?,
        })
    }
}

impl Params {
    fn segments(&self) -> Result<Vec<CompartmentRecord>, NeuronioError> {
        let count = self.types.len();
        let refuse = |what, found: String, expected: String| {
            Err(NeuronioError::HeaderValue { what, found, expected })
        };
        for (what, found) in [
            ("number of allSegmentsLength", self.lengths_um.len()),
            ("number of allSegments_DistFromSoma", self.distances_um.len()),
            ("number of allSegments_SectionInd", self.sections.len()),
        ] {
            if found != count {
                return refuse(what, found.to_string(), format!("{count}, as of allSegmentsType"));
            }
        }
        if count == 0 {
            return refuse("number of allSegmentsType", "0".to_owned(), "one or more".to_owned());
        }
        let mut types = Vec::with_capacity(count);
        for name in &self.types {
            types.push(match name.as_str() {
                "basal" => SectionType::Basal,
                "apical" => SectionType::Apical,
                _ => return refuse("allSegmentsType", name.clone(), "basal or apical".to_owned()),
            });
        }
        let basal = self.sections.iter().zip(&types).filter(|(_, t)| **t == SectionType::Basal);
        let basal_sections = basal.map(|(&section, _)| section + 1).max().unwrap_or_default();
        let mut segments = Vec::with_capacity(count);
        // Segments of a section follow one another and are equally long.
        let of_section = |a: &usize, b: &usize| self.sections[*a] == self.sections[*b];
        let all: Vec<usize> = (0..count).collect();
        for section in all.chunk_by(of_section) {
            for (place, &k) in section.iter().enumerate() {
                let (section_type, index) = (types[k], self.sections[k]);
                let (number, region) = match section_type {
                    SectionType::Apical => (index.checked_sub(basal_sections), Region::Other),
                    _ => (Some(index), Region::Basal),
                };
                let Some(number) = number else {
                    let expected = format!("{basal_sections} or more, behind the basal sections");
                    return refuse(
                        "allSegments_SectionInd of an apical segment",
                        index.to_string(),
                        expected,
                    );
                };
                let name = format!("{section_type}[{number}]");
                let mut segment = CompartmentRecord::new(section_type, region, name);
                segment.x = (place as f64 + 0.5) / section.len() as f64;
                segment.path_distance_um = self.distances_um[k];
                segment.length_um = self.lengths_um[k];
                segments.push(segment);
            }
        }
        Ok(segments)
    }
}

impl Recording {
    /// Number of dendritic segments.
    pub(super) fn segments(&self) -> usize {
        self.segments.len()
    }

    /// What is not the same as of another one.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            (self.duration_ms == other.duration_ms, "its duration"),
            (self.samples_per_ms == other.samples_per_ms, "its number of soma samples per ms"),
            (self.segments == other.segments, "its list of segments"),
        ];
        parts.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
    }

    pub(super) fn layout(&self) -> TrialLayout {
        let soma = CompartmentRecord::new(SectionType::Soma, Region::Soma, "soma[0]");
        let compartments = std::iter::once(soma).chain(self.segments.iter().cloned());
        TrialLayout::new(
            CompartmentTable::new(compartments.collect()),
            CompartmentId::new(0),
            2 * self.segments(),
            self.duration_ms - 1,
        )
    }
}
