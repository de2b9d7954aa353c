//! A set of attributes, as bits.

use std::fmt;
use std::ops::{BitAnd, BitOr, Sub};

/// A set of attributes of one theory, by their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Set(u128);

/// How many attributes a theory may have.
pub const MOST: usize = 128;

impl Set {
    /// No attribute.
    pub const EMPTY: Self = Self(0);

    /// This attribute alone.
    pub fn one(attribute: usize) -> Self {
        Self(1_u128.checked_shl(attribute as u32).unwrap_or(0))
    }

    /// The first `count` attributes.
    pub fn first(count: usize) -> Self {
        (0..count.min(MOST)).collect()
    }

    /// Whether the attribute is in it.
    pub fn has(self, attribute: usize) -> bool {
        !(self & Self::one(attribute)).is_empty()
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether all of it is in `other`.
    pub fn within(self, other: Self) -> bool {
        (self - other).is_empty()
    }

    /// Whether all of it is in `other`, which has more.
    pub fn strictly_within(self, other: Self) -> bool {
        self != other && self.within(other)
    }

    /// Whether the two share an attribute.
    pub fn meets(self, other: Self) -> bool {
        !(self & other).is_empty()
    }

    /// The set with one more.
    #[must_use]
    pub fn with(self, attribute: usize) -> Self {
        self | Self::one(attribute)
    }

    /// The set without this one.
    #[must_use]
    pub fn without(self, attribute: usize) -> Self {
        self - Self::one(attribute)
    }

    /// Its attributes, smallest number first.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let next = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(next)
        })
    }
}

impl BitOr for Set {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Set {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for Set {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl FromIterator<usize> for Set {
    fn from_iter<I: IntoIterator<Item = usize>>(all: I) -> Self {
        all.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Keeps the sets that are in no other; the order is by size, then by number.
pub(super) fn maximal(mut sets: Vec<Set>) -> Vec<Set> {
    sets.sort_by_key(|s| (std::cmp::Reverse(s.len()), *s));
    let mut kept: Vec<Set> = Vec::new();
    for set in sets {
        if !kept.iter().any(|k| set.within(*k)) {
            kept.push(set);
        }
    }
    kept
}

/// Keeps the sets that have no other within them.
pub(super) fn minimal(mut sets: Vec<Set>) -> Vec<Set> {
    sets.sort_by_key(|s| (s.len(), *s));
    let mut kept: Vec<Set> = Vec::new();
    for set in sets {
        if !kept.iter().any(|k| k.within(set)) {
            kept.push(set);
        }
    }
    kept
}
