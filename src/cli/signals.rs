//! Ctrl-C and TERM: a run is notified of them; where none can end in order the process ends here.

#![cfg_attr(
    not(test),
    expect(
        clippy::disallowed_methods,
        clippy::exit,
        reason = "a signal before or after a run ends the process"
    )
)]

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::load::Interrupts;

/// Listens for signals from now on, in a thread of its own.
///
/// Before a run begins a signal ends the process at once, for nothing has been sent by then. The first one in a run
/// stops the reading, the second the waiting for reports, and the third ends the process.
///
/// # Errors
/// The operating system refuses the handler or the thread.
pub(super) fn listen() -> io::Result<Interrupts> {
    let interrupts = Interrupts::default();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let told = interrupts.clone();
    let listener = thread::Builder::new().name("signal".to_owned());
    listener.spawn(move || {
        told.listen_with(|interrupts| {
            for signal in signals.forever() {
                let count = interrupts.note(signal);
                if !interrupts.ends_in_order() || count > 2 {
                    std::process::exit(128 + signal);
                }
            }
        });
    })?;
    Ok(interrupts)
}
