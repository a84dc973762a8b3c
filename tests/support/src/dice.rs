//! Chance that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

/// xorshift64*: small, and the same on every machine.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// From `VEXTRUS_TEST_SEED`, or from the clock. The seed is printed where the test fails.
    ///
    /// # Panics
    /// When the variable is no number.
    #[must_use]
    #[expect(clippy::print_stdout, reason = "a failed test is repeated with it")]
    pub fn new() -> Self {
        let given = std::env::var("VEXTRUS_TEST_SEED").ok().map(|text| text.parse().unwrap());
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let seed = given.unwrap_or_else(|| u64::try_from(clock()).unwrap() | 1);
        println!("VEXTRUS_TEST_SEED={seed}");
        Self(seed)
    }

    /// A number below `sides`.
    ///
    /// # Panics
    /// When there are no sides.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(rolled).unwrap() % sides
    }

    /// One of these.
    ///
    /// # Panics
    /// When there are none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::new()
    }
}
