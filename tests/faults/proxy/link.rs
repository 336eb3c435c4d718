//! The condition of the network between clients and broker: delays, speed, the size of pieces, interruptions.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How bytes pass. The default is: immediately, in whole frames.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Conditions {
    /// Each frame of a connection waits this long, and by chance longer, after the one before it.
    pub delay: Option<Delay>,
    pub bytes_per_second: Option<u32>,
    /// Frames pass in pieces of this many bytes.
    pub slice: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay {
    pub least: Duration,
    pub jitter: Duration,
}

/// How many frames were affected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Affected {
    pub delayed: u64,
    pub slowed: u64,
    pub sliced: u64,
    /// Frames that had to wait while nothing passed.
    pub stopped: u64,
}

/// The network of one proxy.
#[derive(Debug)]
pub(crate) struct Link {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    conditions: Conditions,
    is_open: bool,
    affected: Affected,
    /// Seeded, so that the delays of a test are the same in each run.
    random: fastrand::Rng,
}

impl Link {
    pub(super) fn new() -> Link {
        Link {
            state: Mutex::new(State {
                conditions: Conditions::default(),
                is_open: true,
                affected: Affected::default(),
                random: fastrand::Rng::with_seed(7),
            }),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn set(&self, conditions: Conditions) {
        self.lock().conditions = conditions;
    }

    /// From now on nothing passes. Connections stay open, and what is sent meanwhile passes after [`Link::open`].
    pub(crate) fn close(&self) {
        self.lock().is_open = false;
    }

    pub(crate) fn open(&self) {
        self.lock().is_open = true;
        self.changed.notify_all();
    }

    pub(crate) fn affected(&self) -> Affected {
        self.lock().affected
    }

    /// Passes everything again, and counts anew.
    pub(super) fn reset(&self) {
        let mut state = self.lock();
        (state.conditions, state.affected) = Default::default();
        drop(state);
        self.open();
    }

    /// Passes a frame, or a part of one.
    pub(super) fn pass(&self, bytes: &[u8], mut to: &TcpStream) -> io::Result<()> {
        let mut state = self.lock();
        let Conditions {
            delay,
            bytes_per_second,
            slice,
        } = state.conditions;
        let jitter = state.random.f64();
        let is_stopped = !state.is_open;
        let affected = &mut state.affected;
        affected.delayed += u64::from(delay.is_some());
        affected.slowed += u64::from(bytes_per_second.is_some());
        affected.sliced += u64::from(slice.is_some());
        affected.stopped += u64::from(is_stopped);
        drop(state);
        if let Some(Delay { least, jitter: most }) = delay {
            std::thread::sleep(least + most.mul_f64(jitter));
        }
        let whole = bytes.len().max(1);
        // A tenth of a second at a time.
        let piece = bytes_per_second.map_or(whole, |speed| (speed / 10).max(1) as usize);
        for piece in bytes.chunks(piece.min(slice.unwrap_or(whole))) {
            self.await_open();
            to.write_all(piece)?;
            if let Some(speed) = bytes_per_second {
                std::thread::sleep(Duration::from_secs_f64(piece.len() as f64 / f64::from(speed)));
            }
        }
        Ok(())
    }

    fn await_open(&self) {
        let state = self.lock();
        drop(
            self.changed
                .wait_while(state, |state| !state.is_open)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
