use std::io;

use thiserror::Error;

/// What is wrong with a file of converted simulations.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NeuronioError {
    /// A folder without npz files.
    #[error(
        "there is no .npz file: published files are converted with the program that \
         `apical dataset import-neuronio --print-converter` prints"
    )]
    NoFiles,
    /// A file that is no npz file, or not a whole one.
    #[error("not a readable npz file: {0}")]
    Npz(io::Error),
    /// A member that is not there.
    #[error("has no member {member}")]
    Missing {
        /// Its name.
        member: String,
    },
    /// A simulation without voltages of dendrites.
    #[error(
        "has no member {member}: the simulation was saved without dendritic voltages, which a data set needs"
    )]
    NoDendrites {
        /// Its name.
        member: String,
    },
    /// A member that cannot be read: cut off, or changed since it was written.
    #[error("member {member}: {source}")]
    Member {
        /// Its name.
        member: String,
        /// Why.
        source: io::Error,
    },
    /// A member of another type of values.
    #[error("member {member}: holds values of type {found}, expected {expected}")]
    Dtype {
        /// Its name.
        member: String,
        /// The dtype found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A member of another shape.
    #[error("member {member}: holds an array of shape {found:?}, expected {expected} in C order")]
    Shape {
        /// Its name.
        member: String,
        /// The shape found.
        found: Vec<u64>,
        /// What was expected.
        expected: String,
    },
    /// A header that is not what the converter writes.
    #[error("member header: {0}")]
    Header(serde_json::Error),
    /// A value of the header that cannot be used.
    #[error("member header: {what} is {found}, expected {expected}")]
    HeaderValue {
        /// Which.
        what: &'static str,
        /// The value found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Simulations of another neuron or duration than those of the first file.
    #[error("{what} is not that of {first}: a data set is of one neuron and duration")]
    Differs {
        /// What differs.
        what: &'static str,
        /// Name of the first file.
        first: String,
    },
    /// A synaptic event at a segment that does not exist.
    #[error("member {member}: row {row}: there is no segment {found}: they are 0 to {}", segments - 1)]
    EventSegment {
        /// Name of the member.
        member: String,
        /// Row of the array, from 0.
        row: usize,
        /// The segment found.
        found: i32,
        /// Number of segments.
        segments: usize,
    },
    /// A synaptic event outside the simulation.
    #[error(
        "member {member}: row {row}: an event at {found} ms, but the simulation is from 0 to {duration_ms} ms"
    )]
    EventTime {
        /// Name of the member.
        member: String,
        /// Row of the array, from 0.
        row: usize,
        /// The time found, ms.
        found: i32,
        /// Duration of the simulation, ms: events are before it.
        duration_ms: usize,
    },
    /// A voltage that is not finite.
    #[error("member {member}: value {index} is {value}, not a finite voltage")]
    NotFinite {
        /// Name of the member.
        member: String,
        /// Place in the array, its last axis fastest.
        index: usize,
        /// The value found.
        value: f32,
    },
    /// A spike time that is outside the simulation or before the one in front of it.
    #[error(
        "member {member}: spike {index} is at {value} ms, before another or outside the simulation"
    )]
    SpikeTime {
        /// Name of the member.
        member: String,
        /// Number of the spike, from 0.
        index: usize,
        /// The time found, ms.
        value: f32,
    },
    /// A spike of the soma voltage that was not published.
    #[error("member {member}: the soma voltage has a spike at {time_ms} ms that is not there")]
    UnpublishedSpike {
        /// Name of the member with spike times.
        member: String,
        /// When, ms.
        time_ms: f64,
    },
}
