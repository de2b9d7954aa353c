//! From the pack to the domain.

use serde_json::Value;

use super::{Apart, Domain, Honest, Kind, Maker, Member, Origin, Reference, Said, Spot, What};
use crate::pack::{
    Contract, CopyPolicy, Depends, EndAt, Entity, Fact, KeyPart, Link, MadeBy, Pack, Spot as Where,
    Term,
};

impl Domain {
    /// The domain that a pack declares.
    pub fn of(pack: &Pack) -> Self {
        let entities = pack.entities.values().map(|e| entity(pack, e));
        let links = pack.links.values().map(|l| link(pack, l));
        let mut domain = Self {
            kinds: entities.chain(links).collect(),
            independent: Vec::new(),
            copies: Vec::new(),
            storage: pack.storage,
        };
        domain.keys(pack);
        domain.makers(pack);
        domain.snapshots(pack);
        for depends in &pack.depends {
            domain.depends(depends);
        }
        for independent in &pack.independent {
            let of = domain.kind(&independent.of);
            let set = |name: &String| {
                let kind = domain.kind(name)?;
                let to = |r: &Reference| Some(r.kind) == of;
                Some((kind, domain.kinds[kind].refs.iter().position(to)?))
            };
            let sets = independent.sets.iter().filter_map(set).collect();
            domain.independent.extend(of.map(|of| Apart { of, sets }));
        }
        domain
    }

    /// Which sets identify a thing, by the names of facts and roles.
    fn keys(&mut self, pack: &Pack) {
        for kind in &mut self.kinds {
            let member = |name: &str| {
                let fact = kind.fact(name).map(Member::Fact);
                fact.or_else(|| kind.reference(name).map(Member::Ref))
            };
            let mut sets: Vec<Vec<&str>> = Vec::new();
            if let Some(entity) = pack.entity(&kind.name) {
                if let Some(fact) = entity.natural_key() {
                    sets.push(vec![&fact.name]);
                } else if !kind.keyed {
                    sets.push(entity.key.parts.iter().filter_map(named).collect());
                }
                let unique = entity.unique.iter();
                sets.extend(unique.map(|u| u.iter().map(String::as_str).collect()));
            } else if let Some(link) = pack.links.get(&kind.name) {
                sets.push(link.ends.keys().map(String::as_str).collect());
            }
            let whole = |set: Vec<&str>| set.into_iter().map(member).collect::<Option<Vec<_>>>();
            let found: Vec<_> = sets.into_iter().filter_map(whole).collect();
            kind.keys = found.into_iter().filter(|k| !k.is_empty()).collect();
        }
    }

    fn makers(&mut self, pack: &Pack) {
        for n in 0..self.kinds.len() {
            let name = &self.kinds[n].name;
            let entity = pack.entity(name);
            let link = pack.links.get(name);
            let called =
                entity.is_some_and(|e| e.create.is_some()) || link.is_some_and(|l| l.set.is_some());
            let made = entity
                .and_then(|e| e.made_by.as_ref())
                .or_else(|| link.and_then(|l| l.made_by.as_ref()));
            self.kinds[n].maker = match made {
                _ if called => Maker::Call,
                Some(made) => self.part(pack, n, made),
                None => Maker::Nobody,
            };
        }
    }

    /// The whole is what the operation makes by a call of its own.
    fn part(&self, pack: &Pack, kind: usize, made: &MadeBy) -> Maker {
        let makes = |e: &&Entity| e.create.as_ref().is_some_and(|c| c.op == made.op);
        let whole = pack.entities.values().find(makes);
        let Some(of) = whole.and_then(|w| self.kind(&w.name)) else {
            return Maker::Nobody;
        };
        let up = self.kinds[kind].refs.iter().position(|r| r.kind == of);
        Maker::Part { of, up }
    }

    /// What `[copy]` says: which facts are taken from others, and which copies are nobody's fault.
    fn snapshots(&mut self, pack: &Pack) {
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
    fn depends(&mut self, depends: &Depends) {
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

fn entity(pack: &Pack, entity: &Entity) -> Kind {
    let refs = entity.parents.iter().filter_map(|(role, parent)| {
        let kind = pack.entities.get_index_of(&parent.entity)?;
        let role = role.clone();
        Some(Reference { role, kind })
    });
    let natural = entity.natural_key().is_some();
    Kind {
        name: entity.name.clone(),
        keyed: !natural && entity.key_place().is_some(),
        facts: facts(&pack.contract, entity.facts.values()),
        refs: refs.collect(),
        keys: Vec::new(),
        depends: Vec::new(),
        maker: Maker::Nobody,
    }
}

fn link(pack: &Pack, link: &Link) -> Kind {
    let refs = link.ends.iter().filter_map(|(role, end)| {
        let kind = pack.entities.get_index_of(&end.entity)?;
        let role = role.clone();
        // Whoever calls stands in no request; such an end is nothing that we choose.
        (end.at != EndAt::Caller).then_some(Reference { role, kind })
    });
    Kind {
        name: link.name.clone(),
        keyed: false,
        facts: facts(&pack.contract, link.facts.values()),
        refs: refs.collect(),
        keys: Vec::new(),
        depends: Vec::new(),
        maker: Maker::Nobody,
    }
}

fn facts<'a>(contract: &Contract, facts: impl Iterator<Item = &'a Fact>) -> Vec<Said> {
    let plain = facts.filter(|f| is_plain(contract, &f.schema));
    let said = |f: &Fact| Said {
        name: f.name.clone(),
        origin: Origin::Sent,
        changes: f.change.is_some(),
    };
    plain.map(said).collect()
}

/// Whether a value is one: no list, no document, and not always the same.
fn is_plain(contract: &Contract, schema: &Value) -> bool {
    let schema = contract.follow(schema);
    let compound = |t: &Value| t == "array" || t == "object";
    let kind = match schema.get("type") {
        Some(Value::Array(all)) => all.iter().any(compound),
        Some(one) => compound(one),
        None => schema.get("properties").is_some() || schema.get("items").is_some(),
    };
    let one = schema.get("enum").and_then(Value::as_array);
    let always = schema.get("const").is_some() || one.is_some_and(|e| e.len() < 2);
    !kind && !always
}

fn named(part: &KeyPart) -> Option<&str> {
    match part {
        KeyPart::Fact(name) | KeyPart::Parent(name) => Some(name),
        KeyPart::Place(_) => None,
    }
}

fn sends(pack: &Pack, kind: &str, fact: &str) -> bool {
    let of_entity = pack.entity(kind).and_then(|e| e.facts.get(fact));
    let of_link = pack.links.get(kind).and_then(|l| l.facts.get(fact));
    let place = of_entity.or(of_link).and_then(|f| f.send.as_ref());
    place.is_some_and(|p| p.spot != Where::Made)
}
