/// Has the program's allocator keep what is freed, for what is allocated next, instead of giving it back to the system.
///
/// A step of training allocates and frees hundreds of MB; where the system hands out every page anew, that is a quarter of
/// its time. The setting is the whole program's, so it is for programs to choose, at their start, and not for libraries. It
/// does nothing but with the C library of GNU, whose default is to give back.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the C library is called")]
    // SAFETY: mallopt takes two numbers, by value, and locks what it changes.
    unsafe {
        // no allocation by pages of its own, no end of the heap that is given back, and one heap for all threads
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
