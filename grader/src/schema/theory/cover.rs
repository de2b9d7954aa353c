//! The same theory in the fewest words.

use super::project::single;
use super::{Fd, Theory};

impl Theory {
    /// A minimal cover: one attribute on each right, nothing to spare on a left, no dependency that follows from
    /// the others. Multivalued dependencies stay as they are.
    #[must_use]
    pub fn cover(&self) -> Self {
        let mut cover = Self::new(self.size, single(&self.fds));
        for at in 0..cover.fds.len() {
            let Fd { from, to } = cover.fds[at];
            let slim = from.iter().fold(from, |slim, attribute| {
                let less = slim.without(attribute);
                if cover.implies(less, to) { less } else { slim }
            });
            cover.fds[at].from = slim;
        }
        cover.fds.sort();
        cover.fds.dedup();
        let mut at = 0;
        while at < cover.fds.len() {
            let fd = cover.fds.remove(at);
            if !cover.implies(fd.from, fd.to) {
                cover.fds.insert(at, fd);
                at += 1;
            }
        }
        cover.mvds.clone_from(&self.mvds);
        cover
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{subsets, theories};

    #[test]
    fn a_cover_says_the_same_and_nothing_twice() {
        for theory in theories(400) {
            let cover = theory.cover();
            for from in subsets(theory.all()) {
                assert_eq!(cover.closure(from), theory.closure(from), "{theory:?}");
            }
            for (n, fd) in cover.fds.iter().enumerate() {
                assert_eq!(fd.to.len(), 1);
                let mut others = cover.clone();
                others.fds.remove(n);
                assert!(!others.implies(fd.from, fd.to), "{theory:?}: {fd:?}");
                for a in fd.from.iter() {
                    assert!(!cover.implies(fd.from.without(a), fd.to), "{fd:?}");
                }
            }
        }
    }
}
