//! The pause after a producer was fenced.
//!
//! Two runs of one load that both go on at once fence each other. The longer one waits, the more likely the other has
//! written its first checkpoint, which then shows that it has taken over.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::load::interrupt::Interrupts;

/// The first pause, on average; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(200);
/// The longest pause, on average.
const LONGEST: Duration = Duration::from_secs(3);
/// How often to check for signals.
const SLICE: Duration = Duration::from_millis(20);

/// Waits after the producer was fenced `times` times in a row; a signal ends the wait.
pub(super) fn pause_after_fencing(times: u32, interrupts: &Interrupts) {
    let end = Instant::now() + length(times, Uuid::new_v4().as_u64_pair().1 as u32);
    let signals = interrupts.count();
    while Instant::now() < end && interrupts.count() == signals {
        std::thread::sleep(SLICE);
    }
}

/// The length of a pause: between a half and one and a half of the average, by the random number.
fn length(times: u32, random: u32) -> Duration {
    let average = FIRST
        .saturating_mul(1 << times.saturating_sub(1).min(10))
        .min(LONGEST);
    average.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_differ() {
        let millis = |times, random| length(times, random).as_millis();
        assert_eq!([1, 2, 3, 4].map(|times| millis(times, 0)), [100, 200, 400, 800]);
        assert_eq!(
            [1, 5, u32::MAX].map(|times| millis(times, u32::MAX)),
            [300, 4_500, 4_500]
        );
    }

    #[test]
    fn a_signal_ends_a_pause() {
        let interrupts = Interrupts::default();
        let other = interrupts.clone();
        let signal = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            other.note(2);
        });
        let start = Instant::now();
        pause_after_fencing(30, &interrupts);
        assert!(start.elapsed() < Duration::from_secs(1));
        signal.join().unwrap();
        // One that came before does not: the load ends at its own pace.
        pause_after_fencing(1, &interrupts);
        assert!(start.elapsed() >= Duration::from_millis(150));
    }
}
