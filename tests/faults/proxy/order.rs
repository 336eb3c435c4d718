//! Orders: what the proxy does to which requests, and what it has done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::frame::{Api, RequestHead};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is cut, and the broker receives nothing.
    CutBefore,
    /// The connection is cut after half of the request.
    CutWithin,
    /// The connection to the client is cut as soon as the broker has received the request. The broker can answer, but
    /// nobody receives the response.
    CutAfter,
    /// The connection is cut when the response arrives.
    CutAtResponse,
    /// The response is dropped, and the connection remains.
    SwallowResponse,
    /// The request is kept until [`Order::release`], and then forwarded on its own connection to the broker, even if the
    /// client has closed its side. What the client sent after it follows it.
    Hold,
}

/// Which requests of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The one with this number, counted from 1 when the order is given.
    Nth(u64),
    /// Each one with a number that is a multiple of this.
    Every(u64),
}

/// An order and its effects.
#[derive(Debug)]
pub(crate) struct Order {
    api: Api,
    turn: Turn,
    fault: Fault,
    seen: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    hits: Vec<RequestHead>,
    released: bool,
    /// How many requests that were held have been answered by the broker.
    answered: u64,
}

impl Order {
    pub(crate) fn new(api: Api, turn: Turn, fault: Fault) -> Arc<Order> {
        Arc::new(Order {
            api,
            turn,
            fault,
            seen: AtomicU64::new(0),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    pub(crate) fn fault(&self) -> Fault {
        self.fault
    }

    /// Counts a request; returns whether it is to be hit.
    pub(super) fn is_for(&self, request: RequestHead) -> bool {
        if request.api != self.api {
            return false;
        }
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        match self.turn {
            Turn::Nth(only) => number == only,
            Turn::Every(step) => number.is_multiple_of(step),
        }
    }

    /// Records that the fault was brought about.
    pub(super) fn hit(&self, request: RequestHead) {
        self.change(|state| state.hits.push(request));
    }

    /// Records that the broker answered a request that was held.
    pub(super) fn note_answer(&self) {
        self.change(|state| state.answered += 1);
    }

    /// The requests that were hit.
    pub(crate) fn hits(&self) -> Vec<RequestHead> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hits.clone()
    }

    /// Waits until a request has been hit.
    #[track_caller]
    pub(crate) fn await_hit(&self) {
        let hit = self.is_hit_within(Duration::from_secs(20));
        assert!(hit, "no request was hit within 20 s: {self:?}");
    }

    /// Waits, up to a limit, until a request has been hit; returns whether it was.
    pub(crate) fn is_hit_within(&self, limit: Duration) -> bool {
        self.await_state(limit, |state| !state.hits.is_empty())
    }

    /// How many requests that were held have been answered by the broker.
    pub(crate) fn late_answers(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).answered
    }

    /// Lets held requests go.
    pub(crate) fn release(&self) {
        self.change(|state| state.released = true);
    }

    /// Waits until the broker has answered a request that was held.
    #[track_caller]
    pub(crate) fn await_late_answer(&self) {
        let answered = self.await_state(Duration::from_secs(20), |state| state.answered > 0);
        assert!(answered, "no held request was answered within 20 s: {self:?}");
    }

    /// Waits until held requests are released; after a minute they are, so that a failed test leaves no thread.
    pub(super) fn await_release(&self) {
        self.await_state(Duration::from_secs(60), |state| state.released);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn await_state(&self, limit: Duration, is_reached: impl Fn(&State) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if is_reached(&state) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit_numbers(turn: Turn) -> Vec<i32> {
        let order = Order::new(Api::PRODUCE, turn, Fault::CutBefore);
        let request = |api, correlation| RequestHead {
            api,
            version: 9,
            correlation,
        };
        (1..=9)
            .filter(|number| {
                assert!(!order.is_for(request(Api::METADATA, *number)), "another kind");
                order.is_for(request(Api::PRODUCE, *number))
            })
            .collect()
    }

    #[test]
    fn requests_of_the_kind_are_counted() {
        assert_eq!(hit_numbers(Turn::Nth(4)), [4]);
        assert_eq!(hit_numbers(Turn::Every(3)), [3, 6, 9]);
    }
}
