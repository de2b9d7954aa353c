//! What follows from what: functional and multivalued dependencies over numbered attributes.
//!
//! Textbook algebra (Maier, *The Theory of Relational Databases*, 1983; Beeri's dependency basis, 1980), tested
//! against brute force on small universes.

mod basis;
mod cover;
mod decompose;
mod keys;
mod maximal;
mod project;
mod set;
#[cfg(test)]
mod trial;

pub use decompose::Decomposition;
pub use set::{MOST, Set};

/// Equal values of `from` have equal values of `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fd {
    /// What decides.
    pub from: Set,
    /// What is decided.
    pub to: Set,
}

/// For one value of `from`, the values of `to` have nothing to do with all the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mvd {
    /// What has the sets.
    pub from: Set,
    /// One of the sets.
    pub to: Set,
}

/// Attributes and what is declared about them. What does not follow does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Theory {
    /// How many attributes there are.
    pub size: usize,
    /// The functional dependencies.
    pub fds: Vec<Fd>,
    /// The multivalued dependencies.
    pub mvds: Vec<Mvd>,
}

impl Theory {
    /// A theory of so many attributes and these functional dependencies.
    pub fn new(size: usize, fds: Vec<Fd>) -> Self {
        Self {
            size,
            fds,
            mvds: Vec::new(),
        }
    }

    /// All attributes.
    pub fn all(&self) -> Set {
        Set::first(self.size)
    }

    /// Everything that `from` decides, itself included, by the functional dependencies alone. Multivalued ones add
    /// to that only in company ([`Theory::decides`]).
    pub fn closure(&self, from: Set) -> Set {
        let mut closed = from;
        loop {
            let before = closed;
            for fd in &self.fds {
                if fd.from.within(closed) {
                    closed = closed | fd.to;
                }
            }
            if closed == before {
                return closed;
            }
        }
    }

    /// Whether `from` decides `to` by the functional dependencies.
    pub fn implies(&self, from: Set, to: Set) -> bool {
        to.within(self.closure(from))
    }
}
