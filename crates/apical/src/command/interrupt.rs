//! Ctrl-C, where there is something to finish.

use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::to_stderr;

/// What shells expect of a program that Ctrl-C ends.
pub(super) const STATUS: u8 = 130;

static LISTENS: AtomicBool = AtomicBool::new(false);
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// While it is there, Ctrl-C asks what runs to stop by itself. Pressed again, or at any other time, it ends the program.
#[derive(Debug)]
pub(super) struct Interrupt(());

impl Interrupt {
    pub(super) fn listen() -> Self {
        static HANDLER: Once = Once::new();
        // a program that was started deaf to Ctrl-C, as shells do in the background, stays so
        HANDLER.call_once(|| drop(ctrlc::try_set_handler(on_interrupt)));
        LISTENS.store(true, Ordering::SeqCst);
        Self(())
    }

    /// Whether Ctrl-C was pressed.
    pub(super) fn is_asked(&self) -> bool {
        IS_ASKED.load(Ordering::SeqCst)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        LISTENS.store(false, Ordering::SeqCst);
    }
}

fn on_interrupt() {
    if !LISTENS.load(Ordering::SeqCst) || IS_ASKED.swap(true, Ordering::SeqCst) {
        process::exit(STATUS.into());
    }
    to_stderr("stopping after this step; Ctrl-C again stops at once");
}
