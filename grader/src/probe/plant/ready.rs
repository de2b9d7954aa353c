//! A request that would make a thing, ready to be sent: once, or many times at once.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::make::Given;
use super::stop::{Stop, inward, outward};
use super::{Draft, Near, Planted, Planter, Planting, Who, Wish, ask};
use crate::model::{Exchange, Fault};
use crate::pack::{OpId, Update};
use crate::probe::{Http, Request};

/// A request that was not sent yet. All that it needs is there.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The operation.
    pub op: OpId,
    /// Its body.
    pub body: Value,
    /// The facts of the thing that it would make.
    pub facts: IndexMap<String, Value>,
    /// What its parts belong to, part by part, by the parent's name.
    pub parts: Vec<(String, IndexMap<String, Arc<Planted>>)>,
    request: Request,
}

impl Ready {
    /// The request as it is.
    pub fn request(&self) -> Request {
        self.request.clone()
    }

    /// The same with another body.
    pub fn with(&self, body: &Value) -> Request {
        self.request.clone().text(body.to_string())
    }

    /// The same, asked elsewhere: of a second replica.
    #[must_use]
    pub fn at(&self, http: &Http) -> Self {
        Self {
            request: self.request.clone().at(http),
            ..self.clone()
        }
    }
}

impl Planter {
    /// What [`plant_as`](Planter::plant_as) would send for a thing, with everything that it needs made already.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn prepare(&mut self, entity: &str, wish: Wish) -> Result<Planting<Ready>, Fault> {
        outward(self.ready(entity, wish).await)
    }

    async fn ready(&mut self, name: &str, wish: Wish) -> Result<Ready, Stop> {
        let pack = self.pack();
        let entity = pack.entity(name);
        let Some((entity, op)) = entity.and_then(|e| Some((e, e.maker()?))) else {
            return Err(Stop::no_way(format!("the API makes no {name}")));
        };
        let given = Given::of(entity, wish);
        let growing = self
            .grow_request(&pack, op, given, vec![name.to_owned()])
            .await?;
        let draft = self.sign(growing.draft.clone(), growing.by).await?;
        let Some(request) = draft.request(&self.http) else {
            return Err(Stop::no_way(format!("the path of {op} cannot be filled")));
        };
        let part =
            |e: &super::make::Element| (growing.parts[e.part].name().to_owned(), e.parents.clone());
        Ok(Ready {
            op: op.clone(),
            body: growing.draft.body.clone(),
            facts: growing.facts.clone(),
            parts: growing.elements.iter().map(part).collect(),
            request,
        })
    }
}

impl Planter {
    /// What [`change_to`](Planter::change_to) would send. None where there is no honest request that does, or where the
    /// contract wants it to say which state it is meant for: two such requests at once are told apart by that.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn prepare_change(
        &mut self,
        of: &Planted,
        fact: &str,
        value: &Value,
    ) -> Result<Option<Request>, Fault> {
        self.prepared(of, (fact, value), None).await
    }

    /// The same, meant for the state with this tag (`If-Match`, RFC 9110 §13.1.1).
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn prepare_change_from(
        &mut self,
        of: &Planted,
        (fact, value): (&str, &Value),
        tag: &str,
    ) -> Result<Option<Request>, Fault> {
        self.prepared(of, (fact, value), Some(tag)).await
    }

    async fn prepared(
        &mut self,
        of: &Planted,
        (fact, value): (&str, &Value),
        tag: Option<&str>,
    ) -> Result<Option<Request>, Fault> {
        let pack = self.pack();
        let update = pack.entity(&of.entity).and_then(|e| e.update.as_ref());
        let (Some(update), Some(body)) = (update, self.change_with(of, fact, value)) else {
            return Ok(None);
        };
        let made = outward(self.ready_change(of, update, body, tag).await)?;
        Ok(made.ok().flatten())
    }

    async fn ready_change(
        &mut self,
        of: &Planted,
        update: &Update,
        body: Value,
        tag: Option<&str>,
    ) -> Result<Option<Request>, Stop> {
        let pack = self.pack();
        let mut draft = self.draft(&update.call.op, &pack)?;
        if tag.is_none() && ask::is_guarded(draft.op) {
            return Ok(None);
        }
        if let Some(tag) = tag {
            draft.put(&ask::header("if-match"), &Value::from(tag));
        }
        draft.body = body;
        if !ask::bind(
            &mut draft,
            &update.call,
            of.key.as_ref(),
            &of.facts,
            &of.parents,
        ) {
            return Ok(None);
        }
        self.supply(&mut draft, Some(of));
        let who = self.caller(&update.call.op, Near::Made(of.by)).await?;
        let draft = self.sign(draft, who).await?;
        Ok(draft.request(&self.http).map(|r| r.after(&of.created)))
    }

    /// The same draft in the name of whoever asks.
    pub(super) async fn sign<'p>(
        &mut self,
        draft: Draft<'p>,
        who: Option<Who>,
    ) -> Result<Draft<'p>, Stop> {
        let pack = self.pack();
        let (Some(who), Some(auth)) = (who, pack.auth.as_ref()) else {
            return Ok(draft);
        };
        let known = self.actors.get(who.0).and_then(|a| a.credential.clone());
        let credential = match known {
            Some(known) => known,
            None => self.log_in(auth, who).await?,
        };
        Ok(draft.signed(auth, &credential))
    }

    /// Everything that is found by these facts of an entity, as the operation that finds it shows it. None where the
    /// pack names no such operation, or its reply is no list.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn all_found(
        &mut self,
        entity: &str,
        facts: &IndexMap<String, Value>,
    ) -> Result<Option<(Exchange, Vec<Value>)>, Fault> {
        let pack = self.pack();
        let Some(find) = pack.entity(entity).and_then(|e| e.find.as_ref()) else {
            return Ok(None);
        };
        let Ok(mut draft) = self.draft(&find.op, &pack) else {
            return Ok(None);
        };
        for (fact, place) in &find.by {
            if !facts.get(fact).is_some_and(|v| draft.put(place, v)) {
                return Ok(None);
            }
        }
        self.supply(&mut draft, None);
        let seen = inward(self.ask_near(&draft, Near::Beside(None), None).await)?;
        let place = draft.op.listing.as_ref().map(|l| &l.items);
        let (Some(seen), Some(place)) = (seen, place) else {
            return Ok(None);
        };
        let shows = |item: &&Value| {
            find.by.keys().all(|name| {
                let entity = pack.entity(entity);
                let place = entity.and_then(|e| e.facts.get(name)?.listed.as_ref());
                let shown = place.and_then(|p| p.get(item).first().copied());
                shown.is_none_or(|shown| facts.get(name) == Some(shown))
            })
        };
        let body = seen.json().unwrap_or_default();
        let items = place
            .get(&body)
            .into_iter()
            .filter(shows)
            .cloned()
            .collect();
        Ok(Some((seen, items)))
    }
}
