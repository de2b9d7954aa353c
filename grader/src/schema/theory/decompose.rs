//! Tables that keep each fact once.

use super::set::maximal;
use super::{Fd, Set, Theory};

/// Tables that together hold what one held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decomposition {
    /// The attributes of each table.
    pub tables: Vec<Set>,
    /// Whether every dependency can still be checked within one table.
    pub preserving: bool,
}

impl Theory {
    /// The dependencies of a table that break Boyce-Codd normal form: the left decides something and is no superkey.
    /// Smallest left first, everything it decides in the table on the right.
    pub fn violations(&self, of: Set) -> Vec<Fd> {
        let mut lefts: Vec<Set> = self.project(of).fds.iter().map(|f| f.from).collect();
        lefts.sort_by_key(|s| (s.len(), *s));
        lefts.dedup();
        let broken = |from: Set| {
            let to = (self.closure(from) & of) - from;
            (!to.is_empty() && !self.is_superkey(from, of)).then_some(Fd { from, to })
        };
        lefts.into_iter().filter_map(broken).collect()
    }

    /// The fewest tables that cure one of these attributes: third normal form by synthesis (Bernstein, 1976), which
    /// loses no dependency, where that is Boyce-Codd normal form too; else by splitting. Then what is multiplied is
    /// parted (fourth normal form, Fagin 1977).
    pub fn decompose(&self, of: Set) -> Decomposition {
        let mut tables = self.synthesis(of);
        if tables.iter().any(|t| !self.violations(*t).is_empty()) {
            tables = self.split(of);
        }
        let tables = maximal(tables.into_iter().flat_map(|t| self.part(t)).collect());
        let preserving = self.preserved(of, &tables);
        Decomposition { tables, preserving }
    }

    fn synthesis(&self, of: Set) -> Vec<Set> {
        let cover = self.project(of).cover();
        let mut groups: Vec<(Set, Set)> = Vec::new();
        for fd in &cover.fds {
            // Lefts that decide each other stand in one table.
            let same = |(left, _): &&mut (Set, Set)| {
                self.implies(*left, fd.from) && self.implies(fd.from, *left)
            };
            match groups.iter_mut().find(same) {
                Some((_, table)) => *table = *table | fd.from | fd.to,
                None => groups.push((fd.from, fd.from | fd.to)),
            }
        }
        let mut tables: Vec<Set> = groups.into_iter().map(|(_, table)| table).collect();
        if !tables.iter().any(|t| self.implies(*t, of)) {
            tables.extend(self.keys(of).first());
        }
        maximal(tables)
    }

    fn split(&self, of: Set) -> Vec<Set> {
        let (mut open, mut done) = (vec![of], Vec::new());
        while let Some(table) = open.pop() {
            match self.violations(table).first() {
                Some(fd) => open.extend([fd.from | fd.to, table - fd.to]),
                None => done.push(table),
            }
        }
        maximal(done)
    }

    /// Parts a table by declared multivalued dependencies whose left is no superkey of it.
    fn part(&self, of: Set) -> Vec<Set> {
        let (mut open, mut done) = (vec![of], Vec::new());
        while let Some(table) = open.pop() {
            match self.multiplied(table) {
                Some((left, to)) => open.extend([left | to, table - to]),
                None => done.push(table),
            }
        }
        done
    }

    /// A declared multivalued dependency that a table breaks fourth normal form by: what has the sets, and one of
    /// them.
    pub fn multiplied(&self, of: Set) -> Option<(Set, Set)> {
        self.mvds.iter().find_map(|m| {
            let to = (m.to & of) - m.from;
            let rest = of - m.from - to;
            let breaks = m.from.within(of)
                && !to.is_empty()
                && !rest.is_empty()
                && !self.is_superkey(m.from, of);
            breaks.then_some((m.from, to))
        })
    }

    fn preserved(&self, of: Set, tables: &[Set]) -> bool {
        let within = tables.iter().flat_map(|t| self.project(*t).fds);
        let kept = Self::new(self.size, within.collect());
        let whole = self.project(of).fds;
        whole.iter().all(|f| kept.implies(f.from, f.to))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mvd;
    use super::super::trial::{mixed, subsets, theories};
    use super::*;

    /// Whether joining the tables gives the whole again: the chase over one row a table (Aho, Beeri, Ullman 1979).
    fn is_lossless(theory: &Theory, of: Set, tables: &[Set]) -> bool {
        let row = |(n, t): (usize, &Set)| -> Vec<usize> {
            let value = |a| if t.has(a) { 0 } else { n + 1 };
            (0..theory.size).map(value).collect()
        };
        let mut rows: Vec<Vec<usize>> = tables.iter().enumerate().map(row).collect();
        let mut fds = theory.project(of).fds;
        fds.retain(|f| !f.to.is_empty());
        loop {
            let mut changed = false;
            for fd in &fds {
                for a in 0..rows.len() {
                    for b in 0..rows.len() {
                        if !fd.from.iter().all(|n| rows[a][n] == rows[b][n]) {
                            continue;
                        }
                        for n in fd.to.iter() {
                            let (x, y) = (rows[a][n], rows[b][n]);
                            let (low, high) = (x.min(y), x.max(y));
                            for r in &mut rows {
                                if r[n] == high && low != high {
                                    r[n] = low;
                                    changed = true;
                                }
                            }
                        }
                    }
                }
            }
            if !changed {
                return rows.iter().any(|r| of.iter().all(|n| r[n] == 0));
            }
        }
    }

    #[test]
    fn decomposed_tables_are_in_normal_form_and_lose_nothing() {
        for theory in theories(400) {
            for of in subsets(theory.all()).filter(|s| s.len() > 1) {
                let cure = theory.decompose(of);
                let all = cure.tables.iter().fold(Set::EMPTY, |all, t| all | *t);
                assert_eq!(all, of);
                assert!(
                    is_lossless(&theory, of, &cure.tables),
                    "{theory:?} {of:?} {cure:?}"
                );
                assert!(
                    cure.tables.iter().all(|t| theory.violations(*t).is_empty()),
                    "{cure:?}"
                );
                if theory.violations(of).is_empty() {
                    assert_eq!(cure.tables, [of], "{theory:?}");
                }
            }
        }
    }

    #[test]
    fn violations_are_those_that_trying_everything_finds() {
        for theory in theories(400) {
            for of in subsets(theory.all()) {
                let breaks = |x: &Set| {
                    let to = (theory.closure(*x) & of) - *x;
                    !to.is_empty() && !theory.implies(*x, of)
                };
                let any = subsets(of).any(|x| breaks(&x));
                assert_eq!(!theory.violations(of).is_empty(), any, "{theory:?} {of:?}");
            }
        }
    }

    #[test]
    fn what_is_multiplied_is_parted() {
        // event 0, performer 1, ticket type 2: event ->> performer | ticket type.
        let from = Set::one(0);
        let mvd = Mvd {
            from,
            to: Set::one(1),
        };
        let theory = Theory {
            size: 3,
            fds: Vec::new(),
            mvds: vec![mvd],
        };
        let tables = theory.decompose(theory.all()).tables;
        assert_eq!(tables, [Set::from_iter([0, 1]), Set::from_iter([0, 2])]);
        for theory in mixed(100) {
            for table in theory.decompose(theory.all()).tables {
                assert_eq!(theory.multiplied(table), None);
            }
        }
    }
}
