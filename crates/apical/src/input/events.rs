use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use apical_core::{EventTrain, SynapseId, SynapticEvent};
use npyz::{DType, NpyFile, Order, TypeChar};

use super::npy::npy;
use crate::ApicalError;

/// Reads the events of the excitatory and of the inhibitory synapses, one of each on every dendritic compartment.
///
/// Each file is an npy array of shape `[events, 2]` and any integer type: the index of a dendritic
/// compartment (0 to `dendritic_compartments` − 1, in order of compartments, the soma and the axon left out) and a time
/// in ms, at or after 0. The excitatory synapse of the k-th dendritic compartment is synapse k,
/// the inhibitory one `dendritic_compartments` + k.
///
/// # Errors
///
/// [`ApicalError`] naming the file if it cannot be read or is of another type or shape, and the row and value where an
/// index or time is out of range.
pub fn read_events(
    excitatory: &Path,
    inhibitory: &Path,
    dendritic_compartments: usize,
) -> Result<EventTrain, ApicalError> {
    let mut events = Vec::new();
    for (path, first) in [(excitatory, 0), (inhibitory, dendritic_compartments)] {
        for (row, [index, time]) in read_rows(path)?.into_iter().enumerate() {
            let Some(index) = usize::try_from(index).ok().filter(|&i| i < dendritic_compartments)
            else {
                return Err(ApicalError::EventCompartment {
                    path: path.to_owned(),
                    row,
                    value: index,
                    compartments: dendritic_compartments,
                });
            };
            if time < 0 {
                return Err(ApicalError::EventTime { path: path.to_owned(), row, value: time });
            }
            let synapse = SynapseId::new(first + index);
            events.push(SynapticEvent { time_ms: time as f64, synapse });
        }
    }
    Ok(EventTrain::new(events)?)
}

fn read_rows(path: &Path) -> Result<Vec<[i128; 2]>, ApicalError> {
    let unreadable = |source| ApicalError::Npy { path: path.to_owned(), source };
    let file = File::open(path).map_err(ApicalError::io(path))?;
    let file = npy(BufReader::new(file)).map_err(unreadable)?;
    let order = file.order();
    let is_pairs = matches!(*file.shape(), [rows, 2] if rows.checked_mul(2).is_some());
    if !is_pairs {
        return Err(ApicalError::NpyShape {
            path: path.to_owned(),
            found: file.shape().to_vec(),
            expected: "[events, 2]",
        });
    }
    let dtype = file.dtype();
    let kind = match &dtype {
        DType::Plain(plain) => Some((plain.type_char(), plain.size_field())),
        _ => None,
    };
    let values = match kind {
        Some((TypeChar::Int, 1)) => integers::<i8, _>(file),
        Some((TypeChar::Int, 2)) => integers::<i16, _>(file),
        Some((TypeChar::Int, 4)) => integers::<i32, _>(file),
        Some((TypeChar::Int, 8)) => integers::<i64, _>(file),
        Some((TypeChar::Uint, 1)) => integers::<u8, _>(file),
        Some((TypeChar::Uint, 2)) => integers::<u16, _>(file),
        Some((TypeChar::Uint, 4)) => integers::<u32, _>(file),
        Some((TypeChar::Uint, 8)) => integers::<u64, _>(file),
        _ => {
            return Err(ApicalError::NpyType {
                path: path.to_owned(),
                found: dtype.descr(),
                expected: "integers",
            });
        }
    };
    let values = values.map_err(unreadable)?;
    Ok(match order {
        Order::C => values.as_chunks().0.to_vec(),
        Order::Fortran => {
            let (indices, times) = values.split_at(values.len() / 2);
            indices.iter().zip(times).map(|(&index, &time)| [index, time]).collect()
        }
    })
}

fn integers<T: npyz::Deserialize + Into<i128>, R: Read>(file: NpyFile<R>) -> io::Result<Vec<i128>> {
    let values = file.data::<T>().map_err(io::Error::other)?;
    values.map(|value| value.map(Into::into)).collect()
}
