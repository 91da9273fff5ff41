//! Every reader reads its seeds, and survives what becomes of them.

use std::sync::LazyLock;

use apical_fuzz::{READERS, Reader};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::common::within_limits;

/// By reader.
static SEEDS: LazyLock<Vec<Vec<Vec<u8>>>> =
    LazyLock::new(|| READERS.iter().map(|reader| (reader.seeds)()).collect());

#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    /// A piece of the file, to another place.
    Copy(Index, Index, Index),
    Cut(Index),
    /// A number of eight bytes, as lengths are written.
    Number(Index, u64),
    /// Digits where there are digits.
    Digits(Index, String),
}

const NUMBERS: [u64; 6] = [0, 1, 1_000_000_000, u64::MAX, 1 << 31, 1 << 40];
const DIGITS: [&str; 9] =
    ["0", "-1", "1000000000", "99999999999999999999", "1e400", "NaN", "null", "[", "1e30"];

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        at().prop_map(Edit::Remove),
        (at(), at(), at()).prop_map(|(from, to, place)| Edit::Copy(from, to, place)),
        at().prop_map(Edit::Cut),
        (at(), prop::sample::select(&NUMBERS[..])).prop_map(|(at, n)| Edit::Number(at, n)),
        (at(), prop::sample::select(&DIGITS[..]))
            .prop_map(|(at, n)| Edit::Digits(at, n.to_owned())),
    ]
}

fn apply(edit: &Edit, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match edit {
        Edit::Replace(at, byte) => bytes[at.index(length)] = *byte,
        Edit::Insert(at, byte) => bytes.insert(at.index(length), *byte),
        Edit::Remove(at) => drop(bytes.remove(at.index(length))),
        Edit::Copy(from, to, place) => {
            let (from, to) = (from.index(length), to.index(length));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            let place = place.index(length);
            bytes.splice(place..place, piece);
        }
        Edit::Cut(at) => bytes.truncate(at.index(length)),
        Edit::Number(at, number) => {
            let at = at.index(length);
            let end = (at + 8).min(length);
            bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
        }
        Edit::Digits(at, digits) => {
            let numbers: Vec<usize> = (0..length)
                .filter(|&k| {
                    bytes[k].is_ascii_digit() && (k == 0 || !bytes[k - 1].is_ascii_digit())
                })
                .collect();
            let Some(&start) = numbers.get(at.index(numbers.len().max(1))) else { return };
            let end = (start..length).find(|&k| !bytes[k].is_ascii_digit()).unwrap_or(length);
            bytes.splice(start..end, digits.bytes());
        }
    }
}

fn read(reader: &Reader, bytes: &[u8]) {
    within_limits(reader.name, || (reader.read)(bytes));
}

#[test]
fn whole_files_are_seeds() {
    for (reader, seeds) in READERS.iter().zip(SEEDS.iter()) {
        assert!(!seeds.is_empty(), "{}", reader.name);
        seeds.iter().for_each(|seed| read(reader, seed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_files_are_read_or_refused(which in any::<Index>(), edits in vec(edit(), 1..8)) {
        for (reader, seeds) in READERS.iter().zip(SEEDS.iter()) {
            let mut bytes = which.get(seeds).clone();
            edits.iter().for_each(|edit| apply(edit, &mut bytes));
            read(reader, &bytes);
        }
    }
}
