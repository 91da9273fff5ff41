use std::io::{self, Chain, Cursor, Read};

use npyz::NpyFile;

/// Longest header, bytes: those of arrays without named fields have some hundred.
const MOST_HEADER: usize = 1 << 16;

/// Deepest brackets of a header: a named field with a shape has four. The time of the reader of headers doubles with each.
const MOST_NESTING: usize = 4;

/// An npy file behind its header, which was looked at.
pub(super) type Npy<R> = NpyFile<Chain<Cursor<Vec<u8>>, R>>;

/// Reads the header of an npy file. One that would take the reader of headers more memory or time than any array needs is
/// refused.
pub(super) fn npy<R: Read>(mut reader: R) -> io::Result<Npy<R>> {
    let refused = |what: String| Err(io::Error::new(io::ErrorKind::InvalidData, what));
    // magic, version, and a length of two bytes in version 1, of four in others
    let mut start = Vec::with_capacity(128);
    reader.by_ref().take(12).read_to_end(&mut start)?;
    if let &[_, _, _, _, _, _, version, _, a, b, c, d] = &start[..] {
        let (length, after) = match version {
            1 => (usize::from(u16::from_le_bytes([a, b])), 10),
            _ => (u32::from_le_bytes([a, b, c, d]) as usize, 12),
        };
        if length > MOST_HEADER {
            return refused(format!("its header has {length} bytes, more than {MOST_HEADER}"));
        }
        let rest = (length + after).saturating_sub(start.len());
        reader.by_ref().take(rest as u64).read_to_end(&mut start)?;
        let depth = nesting(&start[after..]);
        if depth > MOST_NESTING {
            return refused(format!("its header has {depth} brackets within each other"));
        }
    }
    NpyFile::new(Cursor::new(start).chain(reader))
}

/// How many brackets are open at once, at most; those in names are counted too.
fn nesting(header: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in header {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}
