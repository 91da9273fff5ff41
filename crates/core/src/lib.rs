//! The shared vocabulary of apical.
//!
//! Everything that makes, records or consumes the voltages of a neuron speaks in these terms: a
//! [`CompartmentTable`] says what the rows of a voltage array are, [`EventTrain`] what synaptic input arrives, a
//! [`NeuronModel`] turns one into the other, millisecond by millisecond, and a [`StepObserver`] looks on.
//! This crate does no input or output and depends on no numerics library.
//!
//! # Time
//!
//! Voltages are given at t = 0, 1, …, T ms. The events of bin k act at time k ms; [`NeuronModel::advance`] takes the
//! state at k ms and the events of bin k to the voltages at k + 1 ms.
//!
//! # Example
//!
//! ```
//! use apical_core::{EventTrain, SynapseId, SynapticEvent};
//!
//! let train = EventTrain::new(vec![
//!     SynapticEvent { time_ms: 3.0, synapse: SynapseId::new(7) },
//!     SynapticEvent { time_ms: 1.0, synapse: SynapseId::new(2) },
//! ])?;
//! assert_eq!(train.bin(1).iter().map(|e| e.synapse.index()).collect::<Vec<_>>(), [2]);
//! assert!(train.bin(2).is_empty());
//! # Ok::<(), apical_core::CoreError>(())
//! ```

mod compartment_table;
mod error;
mod event;
mod id;
mod model;
mod observer;
mod persistence;
mod region;
mod rng;
mod time_grid;
mod trace;

pub use compartment_table::{CompartmentRecord, CompartmentTable};
pub use error::CoreError;
pub use event::{EventTrain, SynapticEvent};
pub use id::{CompartmentId, SectionId, SynapseId};
pub use model::{InjectedCurrent, NeuronModel, TrialInput};
pub use observer::{StepObserver, StepView};
pub use persistence::Persistence;
pub use region::{Region, RegionGroup, SectionType};
pub use rng::RandomStreams;
pub use time_grid::TimeGrid;
pub use trace::{Traces, Unit};

/// Version of the numerics: raised whenever the same input gives other numbers than before.
pub const NUMERICS_VERSION: u32 = 1;
