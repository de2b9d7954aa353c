//! `[copy]`: which facts are taken from others, and which copies are nobody's fault.

use super::{Domain, Honest, Member, Origin, Said, Spot, What};
use crate::pack::{CopyPolicy, Pack, Spot as Where};

impl Domain {
    /// What `[copy]` says: which facts are taken from others, and which copies are nobody's fault.
    pub(super) fn snapshots(&mut self, pack: &Pack) {
        for rule in &pack.copies {
            let (Some(holder), Some(kind)) = (self.kind(&rule.copy.of), self.kind(&rule.of.of))
            else {
                continue;
            };
            let fact = rule.of.fact.as_ref();
            let original = fact.and_then(|f| self.kinds[kind].fact(f));
            let at = rule.copy.fact.as_ref();
            let at = at.and_then(|name| Some((name, self.kinds[holder].fact(name)?)));
            if at.is_none() || rule.policy != CopyPolicy::Snapshot {
                self.copies.push(Honest {
                    holder,
                    kind,
                    fact: original,
                    policy: rule.policy,
                });
            }
            let (Some((name, at)), Some(fact)) = (at, original) else {
                continue;
            };
            match (rule.policy, self.way(holder, kind)) {
                (CopyPolicy::Snapshot, _) if sends(pack, &rule.copy.of, name) => {}
                (CopyPolicy::Snapshot, Some(path)) => self.snapshot(holder, at, path, kind, fact),
                // It is the original under another name.
                _ => self.forget(holder, at),
            }
        }
        // What the service decides alone and nothing declares cannot be planted, and nothing can be refuted with it.
        for kind in 0..self.kinds.len() {
            let name = self.kinds[kind].name.clone();
            let alone = |f: &Said| f.origin == Origin::Sent && !sends(pack, &name, &f.name);
            while let Some(at) = self.kinds[kind].facts.iter().position(alone) {
                self.forget(kind, at);
            }
        }
    }

    fn snapshot(&mut self, holder: usize, at: usize, path: Vec<usize>, kind: usize, fact: usize) {
        if !self.kinds[kind].facts[fact].changes {
            // What never changes is the same then and now: the original decides the copy.
            let from = Spot {
                path: path.clone(),
                what: What::Fact(fact),
            };
            let to = Spot {
                path: Vec::new(),
                what: What::Fact(at),
            };
            self.kinds[holder].depends.push((vec![from], vec![to]));
        }
        self.kinds[holder].facts[at].origin = Origin::Snapshot { path, fact };
    }

    /// Takes a fact out; numbers of later facts move.
    fn forget(&mut self, kind: usize, at: usize) {
        self.kinds[kind].facts.remove(at);
        let moved = |n: &mut usize| *n -= usize::from(*n > at);
        for key in &mut self.kinds[kind].keys {
            key.retain(|m| *m != Member::Fact(at));
            for member in key {
                if let Member::Fact(n) = member {
                    moved(n);
                }
            }
        }
        self.kinds[kind].keys.retain(|k| !k.is_empty());
        for honest in self.copies.iter_mut().filter(|h| h.kind == kind) {
            honest.fact.as_mut().into_iter().for_each(moved);
        }
        for other in 0..self.kinds.len() {
            for f in 0..self.kinds[other].facts.len() {
                let Origin::Snapshot { path, .. } = &self.kinds[other].facts[f].origin else {
                    continue;
                };
                let end = self.end(other, &path.clone());
                if let Origin::Snapshot { fact, .. } = &mut self.kinds[other].facts[f].origin
                    && end == kind
                {
                    moved(fact);
                }
            }
        }
    }
}

fn sends(pack: &Pack, kind: &str, fact: &str) -> bool {
    let of_entity = pack.entity(kind).and_then(|e| e.facts.get(fact));
    let of_link = pack.links.get(kind).and_then(|l| l.facts.get(fact));
    let place = of_entity.or(of_link).and_then(|f| f.send.as_ref());
    place.is_some_and(|p| p.spot != Where::Made)
}
