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
//! state at k ms and the events of bin k to the voltages at k + 1 ms. A [`Trial`] holds both, a [`TrialSource`] many of
//! them.
//!
//! # Example
//!
//! Whatever makes voltages is driven in the same way: here the baseline that keeps the voltage it starts from.
//!
//! ```
//! use apical_core::{EventTrain, NeuronModel, Persistence, SynapseId, SynapticEvent, TrialInput};
//! # use apical_core::{CompartmentRecord, CompartmentTable, Region, SectionType};
//! # let soma = CompartmentRecord::new(SectionType::Soma, Region::Soma, "soma[0]");
//! # let table = CompartmentTable::new(vec![soma]);
//!
//! /// The voltage of the first compartment after every millisecond, mV.
//! fn run<M: NeuronModel>(model: &mut M, input: &EventTrain, duration_ms: usize) -> Result<Vec<f64>, M::Error> {
//!     let mut trace_mv = vec![model.voltages_mv()[0]];
//!     for bin in 0..duration_ms {
//!         let events = input.bin(bin);
//!         model.advance(&[TrialInput { events, injected: &[] }])?;
//!         trace_mv.push(model.voltages_mv()[0]);
//!     }
//!     Ok(trace_mv)
//! }
//!
//! let input = EventTrain::new(vec![
//!     SynapticEvent { time_ms: 3.0, synapse: SynapseId::new(7) },
//!     SynapticEvent { time_ms: 1.0, synapse: SynapseId::new(2) },
//! ])?;
//! assert_eq!(input.bin(1).iter().map(|e| e.synapse.index()).collect::<Vec<_>>(), [2]);
//! let mut model = Persistence::new(table, 1, vec![-76.0])?;
//! assert_eq!(run(&mut model, &input, 4)?, [-76.0; 5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binned_events;
mod calcium_event;
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
mod trial;
mod trial_source;

/// Of the streams that [`RandomStreams::stream`] gives: what draws from them needs the traits of this version.
#[doc(no_inline)]
pub use rand_chacha;

pub use binned_events::BinnedEvents;
pub use calcium_event::{CalciumEvent, CalciumRule};
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
pub use trial::{Trial, TrialLayout, TrialMarks};
pub use trial_source::{TrialSource, TrialsInMemory};

/// Version of the numerics: raised whenever the same input gives other numbers than before.
pub const NUMERICS_VERSION: u32 = 2;
