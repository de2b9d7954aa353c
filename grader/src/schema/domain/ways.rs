//! Ways along references, and the dependencies that lie along them.

use super::{Domain, Spot, What};
use crate::pack::{Depends, Term};

impl Domain {
    /// Where a way ends.
    pub(in crate::schema) fn end(&self, from: usize, path: &[usize]) -> usize {
        path.iter()
            .fold(from, |kind, step| self.kinds[kind].refs[*step].kind)
    }

    /// The shortest way along references; none where there is none.
    pub(in crate::schema) fn way(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut open = vec![(from, Vec::new())];
        let mut seen = vec![from];
        while !open.is_empty() {
            let found = open.iter().find(|(kind, _)| *kind == to);
            if let Some((_, path)) = found {
                return Some(path.clone());
            }
            let mut next = Vec::new();
            for (kind, path) in open {
                for (n, reference) in self.kinds[kind].refs.iter().enumerate() {
                    if !seen.contains(&reference.kind) {
                        seen.push(reference.kind);
                        let mut path = path.clone();
                        path.push(n);
                        next.push((reference.kind, path));
                    }
                }
            }
            open = next;
        }
        None
    }

    /// Puts a dependency at the kind from which its terms are nearest.
    pub(super) fn depends(&mut self, depends: &Depends) {
        let spots = |from: usize, terms: &[Term]| {
            let all = terms.iter().map(|t| self.spot(from, t));
            all.collect::<Option<Vec<Spot>>>()
        };
        let seen = |from: usize| {
            let (on, what) = (spots(from, &depends.on)?, spots(from, &depends.what)?);
            let steps: usize = on.iter().chain(&what).map(|s| s.path.len()).sum();
            Some((steps, from, on, what))
        };
        let nearest = (0..self.kinds.len()).filter_map(seen).min_by_key(|s| s.0);
        if let Some((_, from, on, what)) = nearest {
            self.kinds[from].depends.push((on, what));
        }
    }

    fn spot(&self, from: usize, term: &Term) -> Option<Spot> {
        let kind = self.kind(&term.of)?;
        let mut path = self.way(from, kind)?;
        let what = match &term.fact {
            None => What::Itself,
            Some(name) => match self.kinds[kind].fact(name) {
                Some(fact) => What::Fact(fact),
                None => {
                    path.push(self.kinds[kind].reference(name)?);
                    What::Itself
                }
            },
        };
        Some(Spot { path, what })
    }
}
