//! Tokens that were verified a moment ago. To verify a signature costs more than most of what a call does, and clients send one token
//! with many calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use vextrus_domain::Actor;

use crate::jwks::TrustedKey;

/// How many are remembered. Only whoever holds a token of the issuer's adds to them.
const MOST: usize = 10_000;

/// A token's SHA-256, so that none can be read out of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Print([u8; 32]);

impl Print {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// What a token was found to say.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The id of the key that it is signed with.
    pub(crate) key_id: String,
    /// That key. Once the issuer's keys are read again, it is another one: so what is known never outlives a key that was taken away.
    pub(crate) key: Arc<TrustedKey>,
    pub(crate) actor: Actor,
    /// The last second, since 1970, in which it counts.
    pub(crate) until: u64,
}

/// Those that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Verified(Mutex<HashMap<Print, Known>>);

impl Verified {
    /// What is known of a token that still counts in this second.
    pub(crate) fn get(&self, print: &Print, now: u64) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(print).filter(|known| now <= known.until).cloned()
    }

    /// Remembers what a token says. Where there is no room, those go that count no more, or else all.
    pub(crate) fn put(&self, print: Print, found: Known, now: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, known| now <= known.until);
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(print, found);
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey};

    use super::*;

    fn known(until: u64) -> Known {
        let key = DecodingKey::from_secret(b"of no importance here");
        let key = Arc::new(TrustedKey { algorithm: Algorithm::EdDSA, key });
        let actor = Actor { tenant: "acme".parse().unwrap(), person: "rahim".parse().unwrap() };
        Known { key_id: "one".to_owned(), key, actor, until }
    }

    #[test]
    fn a_token_is_known_as_long_as_it_counts() {
        let (verified, print) = (Verified::default(), Print::of("a.b.c"));
        assert!(verified.get(&print, 100).is_none());
        verified.put(print, known(160), 100);
        assert!(verified.get(&print, 160).is_some());
        assert!(verified.get(&print, 161).is_none());
        assert!(verified.get(&Print::of("a.b.d"), 100).is_none());
    }

    #[test]
    fn those_that_count_no_more_make_room() {
        let verified = Verified::default();
        for n in 0..MOST {
            verified.put(Print::of(&n.to_string()), known(if n < 10 { 200 } else { 100 }), 50);
        }
        verified.put(Print::of("one more"), known(200), 150);
        assert!(verified.get(&Print::of("3"), 150).is_some());
        assert_eq!(verified.0.lock().unwrap().len(), 11);
    }
}
