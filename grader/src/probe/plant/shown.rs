//! What a reply shows of a planted thing, fact by fact.

use serde_json::Value;

use super::schema::Said;
use super::{Planted, Planter, said_yes, same};
use crate::model::Exchange;
use crate::pack::{Entity, Fact, OpId, Place};
use crate::probe::sql::Token;

/// Which reply it is that shows a thing: each may show a fact in another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    /// The reply to the create, or to the operation of which the thing came about as a part.
    Created,
    /// The reply to the read.
    Read,
    /// One item of a list.
    Listed,
}

/// A fact that was sent, and what a reply shows in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The fact's name.
    pub fact: String,
    /// What was sent.
    pub sent: Value,
    /// What the reply shows; none when it shows nothing there.
    pub got: Option<Value>,
    /// Whether both are the same fact, whatever the spelling.
    pub same: bool,
}

impl Planter {
    /// What a body shows of the facts that were sent for `of`: the body of a reply, or for [`Sight::Listed`] one
    /// item of a list. Facts that the contract shows nowhere in such a reply are left out.
    pub fn shown(&self, of: &Planted, body: &Value, sight: Sight) -> Vec<Shown> {
        let Some(entity) = self.entity(of) else {
            return Vec::new();
        };
        // A thing that is a part of another is seen from its own place in the reply.
        let inside = match (sight, &entity.made_by, &of.shown_at) {
            (Sight::Created, Some(_), None) => return Vec::new(),
            (Sight::Created, Some(_), Some(at)) => at.get(body).first().copied(),
            _ => Some(body),
        };
        let mut all = Vec::new();
        for fact in entity.sent() {
            let place = match sight {
                Sight::Created => &fact.created,
                Sight::Read => &fact.reply,
                Sight::Listed => &fact.listed,
            };
            if let (Some(place), Some(sent)) = (place, of.facts.get(&fact.name)) {
                let got = inside.and_then(|b| place.get(b).first().copied().cloned());
                let same = self.is_same(entity, fact, sight, place, sent, got.as_ref());
                all.push(Shown {
                    fact: fact.name.clone(),
                    sent: sent.clone(),
                    got,
                    same,
                });
            }
        }
        all
    }

    /// The same thing as a reply shows it now, to compare a later reply with: each fact has the value shown there,
    /// null where none is shown.
    pub fn as_shown(&self, of: &Planted, body: &Value, sight: Sight) -> Planted {
        let mut now = of.clone();
        for shown in self.shown(of, body, sight) {
            now.facts
                .insert(shown.fact, shown.got.unwrap_or(Value::Null));
        }
        now
    }

    /// Whether two reads of a thing show the same facts. What could not be read before says nothing; what can be
    /// read no more has changed.
    pub fn unchanged(&self, of: &Planted, before: &Exchange, after: &Exchange) -> bool {
        let Some(was) = before.json().filter(|_| said_yes(before)) else {
            return true;
        };
        let Some(is) = after.json().filter(|_| said_yes(after)) else {
            return false;
        };
        let then = self.as_shown(of, &was, Sight::Read);
        self.shown(&then, &is, Sight::Read).iter().all(|s| s.same)
    }

    /// The keys of what a thing belongs to, by the parent's name, where the reply to a read shows them.
    pub fn parents_shown(&self, of: &Planted, body: &Value) -> Vec<(String, Option<Value>)> {
        let parents = self.entity(of).into_iter().flat_map(|e| &e.parents);
        let shown = parents.filter_map(|(role, parent)| {
            let place = parent.reply.as_ref()?;
            Some((role.clone(), place.get(body).first().copied().cloned()))
        });
        shown.collect()
    }

    fn is_same(
        &self,
        entity: &Entity,
        fact: &Fact,
        sight: Sight,
        place: &Place,
        sent: &Value,
        got: Option<&Value>,
    ) -> bool {
        let Some(got) = got else {
            // What was sent as null and is not shown is not there either way.
            return sent.is_null();
        };
        let sent_as = Some(Said::new(&self.pack.contract, &fact.schema));
        let shown_as = self.shown_as(entity, sight, place);
        match (sent, got) {
            (Value::Array(a), Value::Array(b)) if self.is_value_list(entity, fact) => {
                same::same_set(sent_as, shown_as, a, b)
            }
            _ => same::alike(sent_as, shown_as, sent, got),
        }
    }

    /// The reply's schema in this place, when the contract has one.
    fn shown_as(&self, entity: &Entity, sight: Sight, place: &Place) -> Option<Said<'_>> {
        let reply = |op: &OpId| {
            let schema = self.pack.op(op)?.ok()?.schema.as_ref()?;
            Some(Said::new(&self.pack.contract, &schema.value))
        };
        let whole = match sight {
            Sight::Created => match &entity.made_by {
                Some(made) => reply(&made.op)?.at(made.reply_at.as_ref()?.pointer()?)?,
                None => reply(&entity.create.as_ref()?.op)?,
            },
            Sight::Read => reply(&entity.read.as_ref().or(entity.create.as_ref())?.op)?,
            Sight::Listed => {
                let op = &entity.list.as_ref()?.op;
                let items = self.pack.op(op)?.listing.as_ref()?.items.pointer()?;
                reply(op)?.at(items)?
            }
        };
        whole.at(place.pointer()?)
    }

    /// Whether the fact is a list of values that are things of their own (`tagList`): their order says nothing.
    fn is_value_list(&self, entity: &Entity, fact: &Fact) -> bool {
        let Some(list) = fact.send.as_ref().and_then(Place::pointer) else {
            return false;
        };
        let each = list.each();
        let things = self
            .pack
            .entities
            .values()
            .filter_map(|e| e.made_by.as_ref());
        let links = self.pack.links.values().filter_map(|l| l.made_by.as_ref());
        things
            .chain(links)
            .any(|m| Some(&m.op) == entity.maker() && m.at.pointer() == Some(&each))
    }

    /// What a body shows of the facts that stand for this one thing alone ([`Planter::marks`]).
    pub fn marked(&self, of: &Planted, body: &Value, sight: Sight) -> Vec<Shown> {
        let marks = self.marks(of);
        let mut shown = self.shown(of, body, sight);
        shown.retain(|s| marks.iter().any(|(name, _)| *name == s.fact));
        shown
    }

    /// The facts of `of` whose values stand for this one thing alone: texts and numbers that nothing else
    /// carries. A status or a flag says nothing about whose it is.
    pub fn marks(&self, of: &Planted) -> Vec<(String, Value)> {
        let Some(entity) = self.entity(of) else {
            return Vec::new();
        };
        let telling = |fact: &&Fact| {
            let closed = Said::new(&self.pack.contract, &fact.schema).is_closed();
            let value = of.facts.get(&fact.name);
            !closed && value.is_some_and(|v| v.is_string() || v.is_number())
        };
        let pair = |f: &Fact| Some((f.name.clone(), of.facts.get(&f.name)?.clone()));
        entity.sent().filter(telling).filter_map(pair).collect()
    }

    /// The texts among the values that stand for this one thing alone.
    pub fn own_texts(&self, of: &Planted) -> Vec<String> {
        let marks = self.marks(of).into_iter();
        marks
            .filter_map(|(_, v)| v.as_str().map(str::to_owned))
            .collect()
    }

    /// Those values that can be looked for in a database.
    pub fn tokens(&self, of: &Planted) -> Vec<Token> {
        let marks = self.marks(of).into_iter();
        marks.filter_map(|(_, v)| Token::of(&v)).collect()
    }
}
