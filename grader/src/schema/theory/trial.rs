//! Small universes to try everything in, and a chase.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Fd, Mvd, Set, Theory};

/// All subsets.
pub(super) fn subsets(of: Set) -> impl Iterator<Item = Set> {
    let members: Vec<usize> = of.iter().collect();
    (0..1_u32 << members.len()).map(move |bits| {
        let chosen = members.iter().enumerate();
        chosen
            .filter(|(n, _)| bits & (1 << n) != 0)
            .map(|(_, a)| *a)
            .collect()
    })
}

/// Theories of two to five attributes, drawn by seed.
pub(super) fn theories(count: u64) -> impl Iterator<Item = Theory> {
    (0..count).map(|seed| draw(seed, 5, 0))
}

/// The same with multivalued dependencies, of two to four attributes.
pub(super) fn mixed(count: u64) -> impl Iterator<Item = Theory> {
    (0..count).map(|seed| draw(seed, 4, 2))
}

fn draw(seed: u64, most: usize, multi: usize) -> Theory {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let size = rng.random_range(2..=most);
    let mut some = |share: f64| -> Set { (0..size).filter(|_| rng.random_bool(share)).collect() };
    let mut pairs =
        |count| -> Vec<(Set, Set)> { (0..count).map(|_| (some(0.35), some(0.4))).collect() };
    let fds = pairs(size - 1)
        .into_iter()
        .map(|(from, to)| Fd { from, to })
        .collect();
    let mvds = pairs(multi)
        .into_iter()
        .map(|(from, to)| Mvd { from, to })
        .collect();
    Theory { size, fds, mvds }
}

/// Two rows that agree on a set, and all that follows.
pub(super) struct Tableau {
    size: usize,
    rows: Vec<Vec<u8>>,
}

impl Tableau {
    pub(super) fn chase(theory: &Theory, from: Set) -> Self {
        let second = (0..theory.size).map(|a| u8::from(!from.has(a))).collect();
        let mut it = Self {
            size: theory.size,
            rows: vec![vec![0; theory.size], second],
        };
        while it.step(theory) {}
        it
    }

    fn agree(a: &[u8], b: &[u8], on: Set) -> bool {
        on.iter().all(|n| a[n] == b[n])
    }

    fn step(&mut self, theory: &Theory) -> bool {
        for fd in &theory.fds {
            for (a, b) in self.pairs() {
                if !Self::agree(&a, &b, fd.from) {
                    continue;
                }
                if let Some(n) = fd.to.iter().find(|n| a[*n] != b[*n]) {
                    // The value of the first row wins everywhere.
                    self.rows.iter_mut().for_each(|r| r[n] = 0);
                    self.rows.sort();
                    self.rows.dedup();
                    return true;
                }
            }
        }
        for mvd in &theory.mvds {
            for (a, b) in self.pairs() {
                if Self::agree(&a, &b, mvd.from) {
                    let of = |n| if mvd.to.has(n) { a[n] } else { b[n] };
                    let row: Vec<u8> = (0..self.size).map(of).collect();
                    if !self.rows.contains(&row) {
                        self.rows.push(row);
                        return true;
                    }
                }
            }
        }
        false
    }

    fn pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let all = self.rows.iter();
        all.flat_map(|a| self.rows.iter().map(move |b| (a.clone(), b.clone())))
            .collect()
    }

    /// Whether all rows have one value there.
    pub(super) fn equal(&self, attribute: usize) -> bool {
        self.rows
            .iter()
            .all(|r| r[attribute] == self.rows[0][attribute])
    }

    /// Whether the row with `to` of the first and the rest of the second is there.
    pub(super) fn swaps(&self, to: Set) -> bool {
        let value = |n: usize| u8::from(!to.has(n) && !self.equal(n));
        let row: Vec<u8> = (0..self.size).map(value).collect();
        self.rows.contains(&row)
    }
}
