//! What a reader takes: time, and the largest piece of memory that it asks for.

mod largest;

use std::time::{Duration, Instant};

/// Far more than any small file needs: each takes less than a hundredth of a second and a megabyte.
pub(crate) const MOST_TIME: Duration = Duration::from_secs(2);
pub(crate) const MOST_BYTES: usize = 64 << 20;

/// Reads, within these limits.
pub(crate) fn within_limits(what: &str, read: impl FnOnce()) {
    largest::reset();
    let start = Instant::now();
    read();
    let (time, bytes) = (start.elapsed(), largest::bytes());
    assert!(time < MOST_TIME, "{what} took {time:?}");
    assert!(bytes < MOST_BYTES, "{what} asked for {bytes} bytes at once");
}
