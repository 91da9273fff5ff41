use std::io::{self, Chain, Cursor, Read};

use npyz::NpyFile;

/// Longest header, bytes: those of arrays without named fields have some hundred.
const MOST_HEADER: u32 = 1 << 16;

/// An npy file behind the first bytes that were looked at.
pub(super) type Npy<R> = NpyFile<Chain<Cursor<Vec<u8>>, R>>;

/// Reads the header of an npy file. One that says that it is longer than any is refused, since the reader of headers
/// takes as much memory as they say.
pub(super) fn npy<R: Read>(mut reader: R) -> io::Result<Npy<R>> {
    // magic, version, and a length of two bytes in version 1, of four in others
    let mut start = Vec::with_capacity(12);
    reader.by_ref().take(12).read_to_end(&mut start)?;
    if let [.., version, _, a, b, c, d] = start[..]
        && start.len() == 12
        && version > 1
        && u32::from_le_bytes([a, b, c, d]) > MOST_HEADER
    {
        let what = format!("its header has more than {MOST_HEADER} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    NpyFile::new(Cursor::new(start).chain(reader))
}
