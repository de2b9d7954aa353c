//! A request that would make a thing, ready to be sent: once, or many times at once.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::make::Given;
use super::stop::{Stop, outward};
use super::{Planted, Planter, Planting, Wish};
use crate::model::Fault;
use crate::pack::OpId;
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
        let mut draft = growing.draft.clone();
        if let (Some(who), Some(auth)) = (growing.by, pack.auth.as_ref()) {
            let known = self.actors.get(who.0).and_then(|a| a.credential.clone());
            let credential = match known {
                Some(known) => known,
                None => self.log_in(auth, who).await?,
            };
            draft = draft.signed(auth, &credential);
        }
        let Some(request) = draft.request(&self.http) else {
            return Err(Stop::no_way(format!("the path of {op} cannot be filled")));
        };
        let part = |e: &super::make::Element| {
            (growing.parts[e.part].name().to_owned(), e.parents.clone())
        };
        Ok(Ready {
            op: op.clone(),
            body: growing.draft.body.clone(),
            facts: growing.facts.clone(),
            parts: growing.elements.iter().map(part).collect(),
            request,
        })
    }
}
