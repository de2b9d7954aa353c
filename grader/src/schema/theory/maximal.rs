//! The closed sets that an Armstrong relation must show.

use std::collections::HashSet;

use super::set::maximal;
use super::{Set, Theory};

/// Sets kept while looking. A theory with more has composite keys by the dozen.
const MOST_SETS: usize = 4096;

impl Theory {
    /// The largest sets that do not decide the attribute.
    ///
    /// Two rows that agree on one of them and on nothing else refute every dependency of one of its subsets upon
    /// the attribute, and each refutable dependency has such a set (Mannila and Räihä, *Design by example*, 1986).
    pub fn largest_without(&self, attribute: usize) -> Vec<Set> {
        let mut open = vec![self.all().without(attribute)];
        let mut seen: HashSet<Set> = open.iter().copied().collect();
        let mut closed = Vec::new();
        while let Some(set) = open.pop() {
            let broken = self
                .fds
                .iter()
                .find(|f| f.from.within(set) && !f.to.within(set));
            let Some(broken) = broken else {
                closed.push(set);
                continue;
            };
            for left in broken.from.iter() {
                let less = set.without(left);
                if seen.len() < MOST_SETS && seen.insert(less) {
                    open.push(less);
                }
            }
        }
        maximal(closed)
    }

    /// All of them, for every attribute, each once: what two rows of an Armstrong relation must agree on.
    pub fn largest(&self) -> Vec<Set> {
        let mut sets: Vec<Set> = (0..self.size)
            .flat_map(|a| self.largest_without(a))
            .collect();
        sets.sort_by_key(|s| (std::cmp::Reverse(s.len()), *s));
        sets.dedup();
        sets
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{subsets, theories};
    use super::*;

    #[test]
    fn they_are_those_that_trying_everything_finds() {
        for theory in theories(400) {
            for a in theory.all().iter() {
                let without = |s: &Set| !theory.closure(*s).has(a);
                let all = subsets(theory.all()).filter(without).collect();
                assert_eq!(
                    theory.largest_without(a),
                    maximal(all),
                    "{theory:?} without {a}"
                );
            }
        }
    }
}
