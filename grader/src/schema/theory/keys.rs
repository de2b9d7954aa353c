//! Keys: the least that decides everything.

use super::set::minimal;
use super::{Set, Theory};

/// Keys looked for in one table; no table that a person made has as many.
const MOST_KEYS: usize = 64;

impl Theory {
    /// The candidate keys of a table with these attributes, smallest first (Lucchesi and Osborn, 1978).
    pub fn keys(&self, of: Set) -> Vec<Set> {
        let inner = self.project(of);
        let mut keys = vec![inner.shrink(of, of)];
        let mut at = 0;
        while let Some(key) = keys.get(at).copied() {
            at += 1;
            for fd in &inner.fds {
                let candidate = fd.from | (key - fd.to);
                if keys.len() < MOST_KEYS && !keys.iter().any(|k| k.within(candidate)) {
                    keys.push(inner.shrink(candidate, of));
                }
            }
        }
        minimal(keys)
    }

    /// Whether `from` decides all of a table with these attributes.
    pub fn is_superkey(&self, from: Set, of: Set) -> bool {
        self.implies(from, of)
    }

    /// Drops from `key` whatever is not needed to decide `of`.
    fn shrink(&self, key: Set, of: Set) -> Set {
        // Large numbers go first, so that a table's own key, which has the smallest, stays.
        let mut all: Vec<usize> = key.iter().collect();
        all.reverse();
        all.into_iter().fold(key, |key, attribute| {
            let less = key.without(attribute);
            if self.implies(less, of) { less } else { key }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{subsets, theories};
    use super::*;

    #[test]
    fn keys_are_those_that_trying_everything_finds() {
        for theory in theories(400) {
            for of in subsets(theory.all()).filter(|s| !s.is_empty()) {
                let supers = subsets(of).filter(|s| theory.implies(*s, of)).collect();
                assert_eq!(theory.keys(of), minimal(supers), "{theory:?} {of:?}");
            }
        }
    }
}
