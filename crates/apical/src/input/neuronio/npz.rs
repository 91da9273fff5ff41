//! Members of an npz file, each checked before it is read.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use npyz::Order;
use zip::ZipArchive;
use zip::result::ZipError;

use super::NeuronioError;
use crate::ApicalError;
use crate::input::npy::npy;

/// How long an axis may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    Exactly(usize),
    AtMost(usize),
}

impl Length {
    const fn allows(self, length: u64) -> bool {
        match self {
            Self::Exactly(expected) => length == expected as u64,
            Self::AtMost(most) => length <= most as u64,
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(length) => write!(f, "{length}"),
            Self::AtMost(length) => write!(f, "up to {length}"),
        }
    }
}

/// An npz file that is open.
#[derive(Debug)]
pub(super) struct Archive(ZipArchive<BufReader<File>>);

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, ApicalError> {
        let file = File::open(path).map_err(ApicalError::io(path))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| {
            let source = NeuronioError::Npz(error.into());
            ApicalError::Neuronio { path: path.to_owned(), source }
        })?;
        Ok(Self(archive))
    }

    /// The values of a member of type `dtype`, in C order, if it is of this shape. Its checksum is compared.
    pub(super) fn read<T: npyz::Deserialize>(
        &mut self,
        member: &str,
        dtype: &'static str,
        shape: &[Length],
    ) -> Result<Vec<T>, NeuronioError> {
        let name = || member.to_owned();
        let unreadable = |source| NeuronioError::Member { member: name(), source };
        let entry = match self.0.by_name(&format!("{member}.npy")) {
            Err(ZipError::FileNotFound) => return Err(NeuronioError::Missing { member: name() }),
            entry => entry.map_err(|error| unreadable(error.into()))?,
        };
        let mut bytes = BufReader::with_capacity(1 << 16, entry);
        let file = npy(&mut bytes).map_err(unreadable)?;
        let found = file.shape();
        let lengths_fit = || shape.iter().zip(found).all(|(length, &n)| length.allows(n));
        if found.len() != shape.len() || !lengths_fit() || file.order() != Order::C {
            let expected: Vec<String> = shape.iter().map(Length::to_string).collect();
            return Err(NeuronioError::Shape {
                member: name(),
                found: found.to_vec(),
                expected: format!("[{}]", expected.join(", ")),
            });
        }
        let values = file.try_data::<T>().map_err(|file| NeuronioError::Dtype {
            member: name(),
            found: file.dtype().descr(),
            expected: dtype,
        })?;
        let values = values.collect::<io::Result<Vec<T>>>().map_err(unreadable)?;
        // The checksum is compared at the end of the member.
        match bytes.read(&mut [0]).map_err(unreadable)? {
            0 => Ok(values),
            _ => Err(unreadable(io::Error::other("goes on after the values of its shape"))),
        }
    }
}
