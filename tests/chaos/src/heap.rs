//! Memory in use, and its peak, measured in the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator with counters.
pub(crate) struct Counting;

/// Bytes in use now, in the whole process.
pub(crate) fn in_use() -> usize {
    IN_USE.load(Ordering::Relaxed)
}

/// Maximum of bytes in use since [`reset_peak`].
pub(crate) fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Resets the peak to the bytes in use.
pub(crate) fn reset_peak() {
    PEAK.store(in_use(), Ordering::Relaxed);
}

fn given(bytes: usize) {
    let now = IN_USE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(now, Ordering::Relaxed);
}

fn taken_back(bytes: usize) {
    IN_USE.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: every call is passed unchanged to the system's allocator; the counters touch no allocated memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's guarantees are passed on.
        let memory = unsafe { System.alloc(layout) };
        if !memory.is_null() {
            given(layout.size());
        }
        memory
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's guarantees are passed on.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            given(layout.size());
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's guarantees are passed on.
        unsafe { System.dealloc(memory, layout) };
        taken_back(layout.size());
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's guarantees are passed on.
        let moved = unsafe { System.realloc(memory, layout, size) };
        if !moved.is_null() {
            // Both blocks may exist at once, but usually do not: only the growth is counted.
            if size >= layout.size() {
                given(size - layout.size());
            } else {
                taken_back(layout.size() - size);
            }
        }
        moved
    }
}
