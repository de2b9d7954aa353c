//! Joining two planted things, and parting them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::make::{Given, Parents};
use super::stop::{Stop, inward, outward};
use super::{Draft, Linked, Near, NotPlanted, Planted, Planter, Planting, Who, ask, said_yes};
use crate::model::{Exchange, Fault};
use crate::pack::{Call, EndAt, Link, OpId, Pack, Spot};
use crate::probe::Request;
use crate::probe::sample::{self, Optional};

impl Planter {
    /// Makes one link of this name, with what it joins made first.
    ///
    /// # Errors
    /// Only when a request cannot be formed; what the service does is inside.
    pub async fn link(&mut self, name: &str) -> Result<Planting<Linked>, Fault> {
        self.link_between(name, IndexMap::new()).await
    }

    /// The same, with some of its ends given; the others are made first. A link that comes about as a part of
    /// something else is made with that, and takes no ends.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn link_between(
        &mut self,
        name: &str,
        ends: IndexMap<String, Arc<Planted>>,
    ) -> Result<Planting<Linked>, Fault> {
        outward(self.join(name, ends, IndexMap::new()).await)
    }

    /// Removes a link; none when the pack has no such operation, or nobody may ask it.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn unlink(&mut self, linked: &Linked) -> Result<Option<Exchange>, Fault> {
        let pack = self.pack();
        let Some((link, call)) = pack
            .links
            .get(&linked.link)
            .and_then(|l| Some((l, l.unset.as_ref()?)))
        else {
            return Ok(None);
        };
        let near = Near::Made(linked.by);
        let asked = self.ask_link(link, call, &linked.ends, near, None).await;
        inward(asked.map(|(exchange, _)| Some(exchange)))
    }

    /// `facts`: those that are given; the others are made up.
    pub(super) async fn join(
        &mut self,
        name: &str,
        mut ends: Parents,
        mut facts: IndexMap<String, Value>,
    ) -> Result<Linked, Stop> {
        let pack = self.pack();
        let Some(link) = pack.links.get(name) else {
            return Err(Stop::no_way(format!("the pack has no link `{name}`")));
        };
        let made_with = |what: &str| format!("a {name} comes about only {what}");
        if let Some(made) = &link.made_by {
            if !ends.is_empty() {
                let what = format!("with what {} makes, and joins nothing else", made.op);
                return Err(Stop::no_way(made_with(&what)));
            }
            let way = super::made_whole(&pack, &made.op).map(|e| e.name.clone());
            let way = way.into_iter().collect();
            let made = self.make(&made.op, Given::default(), way).await?;
            let first = made.links.into_iter().find(|l| l.link == name);
            return first.ok_or_else(|| Stop::no_way(made_with("with what the request left out")));
        }
        let Some(call) = &link.set else {
            return Err(Stop::no_way(format!("the API makes no {name}")));
        };
        // Before anything is planted for it: whether anybody may ask at all.
        self.draft(&call.op, &pack)?;
        for (role, end) in &link.ends {
            if end.at == EndAt::Caller {
                if pack.op(&call.op).is_none_or(|o| o.security.anyone) {
                    let op = &call.op;
                    let why = format!(
                        "the {role} of a {name} is whoever calls, and {op} asks nobody who they are"
                    );
                    return Err(Stop::no_way(why));
                }
                continue;
            }
            if !ends.contains_key(role) {
                let planted = self.grow(&end.entity, Parents::new(), Vec::new()).await?;
                ends.insert(role.clone(), Arc::new(planted));
            }
        }
        // Whoever joins themselves to a thing is not the one who made it: nobody follows themselves.
        let with_caller = link.ends.values().any(|e| e.at == EndAt::Caller);
        let mut makers = ends.values().filter(|e| !e.is_account).filter_map(|e| e.by);
        let near = Near::Beside(makers.next().filter(|_| !with_caller));
        let asked = self
            .ask_link(link, call, &ends, near, Some(&mut facts))
            .await;
        let (created, by) = asked?;
        if !said_yes(&created) {
            return Err(NotPlanted::Refused(call.op.clone(), Box::new(created)).into());
        }
        Ok(Linked {
            link: link.name.clone(),
            ends,
            facts,
            by,
            created,
        })
    }

    /// Asks one of a link's operations with these facts; those that were sent besides are told in `facts`.
    async fn ask_link(
        &mut self,
        link: &Link,
        call: &Call,
        ends: &Parents,
        near: Near,
        facts: Option<&mut IndexMap<String, Value>>,
    ) -> Result<(Exchange, Option<Who>), Stop> {
        let pack = self.pack();
        let draft = self.draft_link(&pack, link, call, ends, facts)?;
        let last = ends.values().map(|e| &e.created).max_by_key(|e| e.number);
        if let Some(draft) = draft {
            let who = self.caller(&call.op, near).await?;
            if let Some(exchange) = self.send(&draft, who, last).await? {
                return Ok((exchange, who));
            }
        }
        let why = format!("the path of {} cannot be filled", call.op);
        Err(Stop::no_way(why))
    }

    /// What [`link_between`](Planter::link_between) would send to join the same ends again.
    pub(super) async fn ready_link(
        &mut self,
        linked: &Linked,
    ) -> Result<Option<(OpId, Value, Request)>, Stop> {
        let pack = self.pack();
        let link = pack.links.get(&linked.link);
        let Some((link, call)) = link.and_then(|l| Some((l, l.set.as_ref()?))) else {
            return Ok(None);
        };
        let mut facts = linked.facts.clone();
        let draft = self.draft_link(&pack, link, call, &linked.ends, Some(&mut facts))?;
        let Some(draft) = draft else { return Ok(None) };
        let body = draft.body.clone();
        let draft = self.sign(draft, linked.by).await?;
        let request = draft.request(self.http());
        Ok(request.map(|r| (call.op.clone(), body, r.after(&linked.created))))
    }

    /// A request in the making to one of a link's operations; none where its path cannot be filled.
    fn draft_link<'p>(
        &mut self,
        pack: &'p Pack,
        link: &Link,
        call: &Call,
        ends: &Parents,
        facts: Option<&mut IndexMap<String, Value>>,
    ) -> Result<Option<Draft<'p>>, Stop> {
        let mut draft = self.draft(&call.op, pack)?;
        draft.body = sample::request(&pack.contract, draft.op, Optional::All, &mut self.rng);
        for (role, end) in &link.ends {
            if let (EndAt::Place(at), Some(planted)) = (&end.at, ends.get(role)) {
                // The operation that parts them may take in its path what the other takes in its body.
                let taken = match &at.spot {
                    Spot::Body(_) => draft.op.body.is_some(),
                    Spot::Query(name) => {
                        let query = crate::pack::ParamPlace::Query;
                        draft.op.param(query, name).is_some()
                    }
                    _ => false,
                };
                if taken {
                    self.refer(&mut draft, at, planted)?;
                }
            }
        }
        if let Some(facts) = facts {
            for fact in link.facts.values() {
                let Some(place) = &fact.send else { continue };
                let given = facts.get(&fact.name);
                if given.is_some_and(|value| draft.put(place, value)) {
                    continue;
                }
                let value = match &place.spot {
                    Spot::Body(_) => place.get(&draft.body).first().copied().cloned(),
                    _ => {
                        let contract = &pack.contract;
                        let value =
                            sample::value(contract, &fact.schema, &fact.name, &mut self.rng);
                        draft.put(place, &value).then_some(value)
                    }
                };
                facts.extend(value.map(|value| (fact.name.clone(), value)));
            }
        }
        let none = IndexMap::new();
        let filled = ask::bind(&mut draft, call, None, &none, ends);
        self.supply(&mut draft, None);
        Ok(filled.then_some(draft))
    }
}
