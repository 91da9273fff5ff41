#![expect(unsafe_code, reason = "a global allocator is an unsafe trait; this one only looks on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Tests run side by side, each in its thread.
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// The system's, and how much was asked for at once.
struct Watched;

#[global_allocator]
static WATCHED: Watched = Watched;

pub(super) fn reset() {
    LARGEST.set(0);
}

pub(super) fn bytes() -> usize {
    LARGEST.get()
}

fn note(bytes: usize) {
    // a thread that ends has none left
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(bytes)));
}

// SAFETY: every call is handed on as it is.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}
