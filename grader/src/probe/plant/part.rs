//! What an operation makes beside the thing that it is for: order lines, customers, tags, links.

use indexmap::IndexMap;
use serde_json::Value;

use super::exact::as_key;
use super::{Planted, same};
use crate::pack::{
    Contract, EndAt, Entity, Fact, Link, MadeBy, OpId, Pack, Place, Pointer, Spot, Token,
};

/// A thing or a link that comes about as a part of a request.
#[derive(Clone, Copy)]
pub(super) struct Part<'p> {
    pub(super) made: &'p MadeBy,
    pub(super) what: What<'p>,
}

#[derive(Clone, Copy)]
pub(super) enum What<'p> {
    Thing(&'p Entity),
    Link(&'p Link),
}

/// Something that must be there before, and where the request takes its key.
pub(super) struct Need<'p> {
    pub(super) role: &'p str,
    pub(super) entity: &'p str,
    pub(super) at: &'p Place,
    pub(super) required: bool,
}

/// The parts of an operation's request.
pub(super) fn parts<'p>(pack: &'p Pack, op: &OpId) -> Vec<Part<'p>> {
    let things = pack.entities.values().filter_map(|e| {
        let what = What::Thing(e);
        e.made_by.as_ref().map(|made| Part { made, what })
    });
    let links = pack.links.values().filter_map(|l| {
        let what = What::Link(l);
        l.made_by.as_ref().map(|made| Part { made, what })
    });
    things.chain(links).filter(|p| p.made.op == *op).collect()
}

impl<'p> Part<'p> {
    pub(super) fn name(&self) -> &'p str {
        match self.what {
            What::Thing(entity) => &entity.name,
            What::Link(link) => &link.name,
        }
    }

    pub(super) fn facts(&self) -> &'p IndexMap<String, Fact> {
        match self.what {
            What::Thing(entity) => &entity.facts,
            What::Link(link) => &link.facts,
        }
    }

    /// What it belongs to, or joins; whoever calls is nobody's key.
    pub(super) fn needs(&self) -> Vec<Need<'p>> {
        match self.what {
            What::Thing(entity) => {
                let need = |(role, parent): (&'p String, &'p crate::pack::Parent)| Need {
                    role,
                    entity: &parent.entity,
                    at: &parent.at,
                    required: parent.required,
                };
                entity.parents.iter().map(need).collect()
            }
            What::Link(link) => link
                .ends
                .iter()
                .filter_map(|(role, end)| match &end.at {
                    EndAt::Place(at) => Some(Need {
                        role,
                        entity: &end.entity,
                        at,
                        required: true,
                    }),
                    EndAt::Caller => None,
                })
                .collect(),
        }
    }

    /// The part's facts in its own place of the request.
    pub(super) fn facts_in(&self, own: &Value) -> IndexMap<String, Value> {
        let sent = |fact: &Fact| fact.send.as_ref()?.get(own).first().copied().cloned();
        let all = self.facts().iter();
        all.filter_map(|(name, fact)| Some((name.clone(), sent(fact)?)))
            .collect()
    }

    /// Where the reply shows this part again: what shows the same facts and the same parents, in its own position if
    /// several do.
    pub(super) fn again(
        &self,
        contract: &Contract,
        of: &Planted,
        position: (usize, usize),
        reply: &Value,
    ) -> Option<Pointer> {
        let places = expand(self.made.reply_at.as_ref()?.pointer()?, reply);
        let (index, count) = position;
        let own = places.get(index).filter(|_| places.len() == count);
        let shows = |place: &&Pointer| {
            let found = place.get(reply);
            found
                .first()
                .is_some_and(|shown| self.shows(contract, of, shown))
        };
        let likely = own.filter(|p| shows(p));
        likely
            .or_else(|| places.iter().find(shows))
            .or(own)
            .cloned()
    }

    fn shows(&self, contract: &Contract, of: &Planted, shown: &Value) -> bool {
        let fact = |(name, fact): (&String, &Fact)| {
            let got = fact
                .created
                .as_ref()
                .and_then(|p| p.get(shown).first().copied());
            match (of.facts.get(name), got) {
                (Some(sent), Some(got)) => same(contract, &fact.schema, None, sent, got),
                _ => true,
            }
        };
        let parent = |need: &Need<'_>| {
            let got = need.at.get(shown).first().copied().and_then(as_key);
            let key = of.parents.get(need.role).and_then(|p| p.key.as_ref());
            match (key, got) {
                (Some(key), Some(got)) => super::exact::same_key(key, &got),
                _ => true,
            }
        };
        self.facts().iter().all(fact) && self.needs().iter().all(parent)
    }
}

/// The part of the same request in which this key stands: then it is made with it and not before.
pub(super) fn made_along<'a, 'p>(
    parts: &'a [Part<'p>],
    entity: &str,
    key: &Pointer,
) -> Option<&'a Part<'p>> {
    parts.iter().find(|part| {
        let at = part.made.at.pointer();
        part.name() == entity && at.is_some_and(|at| begins(key, at))
    })
}

/// Whether a pointer leads into what the other one points at; `*` stands for each position.
fn begins(whole: &Pointer, part: &Pointer) -> bool {
    let fits = |(a, b): (&Token, &Token)| match (a, b) {
        (Token::Name(n), Token::Each) => n.bytes().all(|c| c.is_ascii_digit()),
        _ => a == b,
    };
    whole.tokens.len() >= part.tokens.len() && whole.tokens.iter().zip(&part.tokens).all(fits)
}

/// Every place that a pointer with `*` means in this value.
pub(super) fn expand(pointer: &Pointer, value: &Value) -> Vec<Pointer> {
    let mut places = vec![Pointer::default()];
    for token in &pointer.tokens {
        let step = |place: Pointer| match token {
            Token::Name(name) => vec![place.member(name)],
            Token::Each => {
                let found = place.get(value);
                let all = found.first().and_then(|v| v.as_array()).map_or(0, Vec::len);
                (0..all).map(|i| place.member(i.to_string())).collect()
            }
        };
        places = places.into_iter().flat_map(step).collect();
    }
    places.retain(|place| !place.get(value).is_empty());
    places
}

/// The same place, seen from the whole body instead of from a part of it.
pub(super) fn from_whole(part: &Pointer, place: &Place) -> Place {
    match &place.spot {
        Spot::Body(inner) => Place {
            spot: Spot::Body(part.join(inner)),
            pick: place.pick.clone(),
        },
        _ => place.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_means_every_position_there_is() {
        let body = json!({"items": [{"a": 1}, {}, {"a": 2}]});
        let places = |text| -> Vec<String> {
            let pointer = Pointer::parse(text).unwrap();
            let all = expand(&pointer, &body);
            all.iter().map(ToString::to_string).collect()
        };
        assert_eq!(places("/items/*/a"), ["/items/0/a", "/items/2/a"]);
        assert_eq!(places("/items"), ["/items"]);
        assert!(places("/none/*").is_empty());
    }

    #[test]
    fn a_place_lies_in_a_part_whatever_the_position() {
        let pointer = |text| Pointer::parse(text).unwrap();
        assert!(begins(&pointer("/items/0/a"), &pointer("/items/*")));
        assert!(begins(&pointer("/customer/email"), &pointer("/customer")));
        assert!(!begins(&pointer("/customer_email"), &pointer("/customer")));
        assert!(!begins(&pointer("/items"), &pointer("/items/*")));
    }
}
