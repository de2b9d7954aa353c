//! What multivalued dependencies add: the dependency basis.

use super::{Set, Theory};

impl Theory {
    /// The finest partition of all attributes outside `from` such that `from` multidetermines each block
    /// (Beeri, *On the membership problem for functional and multivalued dependencies*, 1980).
    pub fn basis(&self, from: Set) -> Vec<Set> {
        let fds = self
            .fds
            .iter()
            .flat_map(|f| f.to.iter().map(|a| (f.from, Set::one(a))));
        let rules: Vec<(Set, Set)> = fds
            .chain(self.mvds.iter().map(|m| (m.from, m.to)))
            .collect();
        let mut blocks = vec![self.all() - from];
        blocks.retain(|b| !b.is_empty());
        let split = |blocks: &[Set]| {
            blocks.iter().enumerate().find_map(|(n, block)| {
                let rule = |(left, right): &(Set, Set)| {
                    let inside = *block & *right;
                    let cuts = !left.meets(*block) && !inside.is_empty() && inside != *block;
                    cuts.then_some((n, inside))
                };
                rules.iter().find_map(rule)
            })
        };
        while let Some((n, inside)) = split(&blocks) {
            let outside = blocks[n] - inside;
            blocks[n] = inside;
            blocks.push(outside);
        }
        blocks.sort();
        blocks
    }

    /// Whether `from` multidetermines `to`.
    pub fn multidecides(&self, from: Set, to: Set) -> bool {
        let rest = to - from;
        self.basis(from)
            .iter()
            .all(|b| b.within(rest) || !b.meets(rest))
    }

    /// Whether `from` decides the attribute, multivalued dependencies counted: it stands alone in the basis and
    /// some functional dependency decides it.
    pub fn decides(&self, from: Set, attribute: usize) -> bool {
        let decided = |f: &super::Fd| f.to.has(attribute) && !f.from.has(attribute);
        from.has(attribute)
            || (self.fds.iter().any(decided) && self.basis(from).contains(&Set::one(attribute)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Tableau, mixed, subsets};

    #[test]
    fn the_basis_says_what_the_chase_says() {
        for theory in mixed(250) {
            for from in subsets(theory.all()) {
                let chased = Tableau::chase(&theory, from);
                for a in theory.all().iter() {
                    let decides = theory.decides(from, a);
                    assert_eq!(decides, chased.equal(a), "{theory:?} {from:?} -> {a}");
                }
                for to in subsets(theory.all()) {
                    let multi = theory.multidecides(from, to);
                    assert_eq!(multi, chased.swaps(to), "{theory:?} {from:?} ->> {to:?}");
                }
            }
        }
    }
}
