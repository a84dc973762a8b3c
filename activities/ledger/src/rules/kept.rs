//! What was made of a ledger's rules. A rule is found by the hash of its text, which never changes: nothing kept here can be out of
//! date, and which rule is in force is asked of the database each time.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The most that is kept. A company has some ten rules in force, and documents under way rest on a few earlier ones.
const MOST: usize = 256;

type Made = Arc<dyn Any + Send + Sync>;

/// By type, and by the hash of the text that it was made of.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<(TypeId, String), Made>>);

impl Kept {
    pub(crate) fn get<T: Send + Sync + 'static>(&self, hash: &str) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&(TypeId::of::<T>(), hash.to_owned())).and_then(|made| Arc::clone(made).downcast().ok())
    }

    pub(crate) fn put<T: Send + Sync + 'static>(&self, hash: &str, made: T) -> Arc<T> {
        let made = Arc::new(made);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert((TypeId::of::<T>(), hash.to_owned()), Arc::clone(&made) as Made);
        made
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_by_type_and_hash_and_is_not_too_much() {
        let kept = Kept::default();
        kept.put("a", 1_u8);
        kept.put("a", "one".to_owned());
        assert_eq!(kept.get::<u8>("a").as_deref(), Some(&1));
        assert_eq!(kept.get::<String>("a").as_deref(), Some(&"one".to_owned()));
        assert_eq!(kept.get::<u8>("b"), None);
        for n in 0..MOST {
            kept.put(&n.to_string(), n);
        }
        assert_eq!(kept.get::<u8>("a"), None);
        assert!(kept.0.lock().unwrap().len() <= MOST);
        assert_eq!(kept.get::<usize>(&(MOST - 1).to_string()).as_deref(), Some(&(MOST - 1)));
    }
}
