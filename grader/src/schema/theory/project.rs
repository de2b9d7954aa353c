//! What holds in a table that has only some of the attributes.

use super::{Fd, Set, Theory};

impl Theory {
    /// The functional dependencies among these attributes alone: the others are resolved away one at a time
    /// (Gottlob, *Computing covers for embedded functional dependencies*, 1987). Each has one attribute on the right.
    #[must_use]
    pub fn project(&self, onto: Set) -> Self {
        let mut fds = single(&self.fds);
        let away = self.all() - onto;
        for gone in away.iter() {
            let (with, mut rest): (Vec<Fd>, Vec<Fd>) = fds
                .into_iter()
                .partition(|f| f.from.has(gone) || f.to.has(gone));
            for into in with.iter().filter(|f| f.to.has(gone)) {
                for outof in with.iter().filter(|f| f.from.has(gone)) {
                    let from = into.from | outof.from.without(gone);
                    rest.push(Fd { from, to: outof.to });
                }
            }
            fds = least(rest);
        }
        Self::new(self.size, least(fds))
    }
}

/// The same dependencies, each with one attribute on the right and no trivial one.
pub(super) fn single(fds: &[Fd]) -> Vec<Fd> {
    let each = |fd: &Fd| {
        let from = fd.from;
        (fd.to - from).iter().map(move |a| (from, Set::one(a)))
    };
    let all = fds.iter().flat_map(each);
    all.map(|(from, to)| Fd { from, to }).collect()
}

/// Without trivial ones and those that another with less on the left says already.
fn least(mut fds: Vec<Fd>) -> Vec<Fd> {
    fds.retain(|f| !f.to.within(f.from));
    fds.sort_by_key(|f| (f.to, f.from.len(), f.from));
    let mut kept: Vec<Fd> = Vec::new();
    for fd in fds {
        let said = |k: &Fd| k.to == fd.to && k.from.within(fd.from);
        if !kept.iter().any(said) {
            kept.push(fd);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::trial::{subsets, theories};

    #[test]
    fn a_projection_decides_what_the_whole_does() {
        for theory in theories(400) {
            for onto in subsets(theory.all()) {
                let part = theory.project(onto);
                for from in subsets(onto) {
                    let whole = theory.closure(from) & onto;
                    assert_eq!(part.closure(from), whole, "{theory:?} {onto:?} {from:?}");
                }
                assert!(part.fds.iter().all(|f| (f.from | f.to).within(onto)));
            }
        }
    }
}
