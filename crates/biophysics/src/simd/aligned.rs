use aligned_vec::AVec;

/// Numbers that begin at a cache line, so that no load of eight of them touches two.
pub(crate) type Aligned = AVec<f64>;

/// So many zeros.
pub(crate) fn zeros(len: usize) -> Aligned {
    AVec::from_iter(0, std::iter::repeat_n(0.0, len))
}
