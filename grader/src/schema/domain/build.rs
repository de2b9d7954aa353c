//! From the pack to the domain.

use serde_json::Value;

use super::{Apart, Domain, Kind, Maker, Member, Origin, Reference, Said};
use crate::pack::{Contract, EndAt, Entity, Fact, KeyPart, Link, MadeBy, Pack};

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
