use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::ApicalError;

/// Scalars by step, for TensorBoard.
///
/// A file of records: length (64 bits), its checksum, bytes, their checksum; a record is a message `Event` of Protocol Buffers.
/// Of that format only what a scalar needs is written: no kept crate writes it.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// A new file in a folder. TensorBoard shows those of a folder together.
    pub(super) fn create(folder: &Path) -> Result<Self, ApicalError> {
        let name = format!("events.out.tfevents.{}.{}", now_s() as u64, std::process::id());
        let path = folder.join(name);
        let file = File::create(&path).map_err(ApicalError::io(&path))?;
        let mut events = Self { path, file };
        // field 3: version of the file
        events.record(&bytes_field(3, b"brain.Event:2"), None)?;
        Ok(events)
    }

    pub(super) fn scalar(&mut self, step: u64, tag: &str, value: f64) -> Result<(), ApicalError> {
        // Summary.Value: tag is field 1, simple_value field 2; Summary: value is field 1; Event: summary is field 5
        let mut of_value = bytes_field(1, tag.as_bytes());
        of_value.push(2 << 3 | 5);
        of_value.extend((value as f32).to_le_bytes());
        self.record(&bytes_field(5, &bytes_field(1, &of_value)), Some(step))
    }

    fn record(&mut self, content: &[u8], step: Option<u64>) -> Result<(), ApicalError> {
        // wall_time is field 1, step field 2
        let mut event = vec![1 << 3 | 1];
        event.extend(now_s().to_le_bytes());
        if let Some(step) = step {
            event.push(2 << 3);
            event.extend(varint(step));
        }
        event.extend(content);
        let length = (event.len() as u64).to_le_bytes();
        let mut record = length.to_vec();
        record.extend(masked_checksum(&length).to_le_bytes());
        record.extend(&event);
        record.extend(masked_checksum(&event).to_le_bytes());
        self.file.write_all(&record).map_err(ApicalError::io(&self.path))
    }
}

fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A field of a message: its number, its length and its bytes.
fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    field.extend(varint(bytes.len() as u64));
    field.extend(bytes);
    field
}

/// Seven bits a byte, the lowest first, with the highest bit set where more follow.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// As the format wants it: rotated, and with a constant added.
fn masked_checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_varints() {
        assert_eq!(varint(0), [0]);
        assert_eq!(varint(127), [127]);
        assert_eq!(varint(300), [0xac, 2]);
    }

    /// The header of every file that TensorFlow writes starts like this: a length of 24 bytes and its checksum.
    #[test]
    fn checksums_are_those_of_tensorflow() {
        assert_eq!(masked_checksum(&24_u64.to_le_bytes()).to_le_bytes(), [0xa3, 0x7f, 0x4b, 0x22]);
    }

    #[test]
    fn a_scalar_is_a_record() {
        let folder = tempfile::tempdir().unwrap();
        let mut events = EventFile::create(folder.path()).unwrap();
        events.scalar(300, "a", 1.5).unwrap();
        let bytes = std::fs::read(&events.path).unwrap();
        let length = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let second = 12 + length(0) + 4;
        assert_eq!(second + 12 + length(second) + 4, bytes.len());
        let event = &bytes[second + 12..bytes.len() - 4];
        let expected = [0x10, 0xac, 2, 0x2a, 10, 0x0a, 8, 0x0a, 1, b'a', 0x15, 0, 0, 0xc0, 0x3f];
        assert_eq!(event[9..], expected);
    }
}
