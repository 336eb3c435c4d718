//! A seeded generator of random numbers, and the variables that set the seed and the size of a run.

use std::ops::{Deref, DerefMut};

use fastrand::Rng;

/// A generator of random numbers.
#[derive(Debug)]
pub(crate) struct Random(Rng);

impl Random {
    pub(crate) fn with_seed(seed: u64) -> Random {
        Random(Rng::with_seed(seed))
    }

    /// True with a probability of one in `times`.
    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        self.0.u32(..times) == 0
    }

    /// One of `all`, which must not be empty.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.0.usize(..all.len())]
    }
}

impl Deref for Random {
    type Target = Rng;

    fn deref(&self) -> &Rng {
        &self.0
    }
}

impl DerefMut for Random {
    fn deref_mut(&mut self) -> &mut Rng {
        &mut self.0
    }
}

/// The number in this environment variable, if it is set.
pub(crate) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}
