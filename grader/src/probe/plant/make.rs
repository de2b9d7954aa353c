//! Making a thing, with everything it belongs to made first.

use std::sync::Arc;

use futures::future::BoxFuture;
use indexmap::IndexMap;
use serde_json::Value;

use super::{NotPlanted, Planted, Planter, said_yes};
use crate::model::Fault;
use crate::pack::{Entity, Fact, Operation, Spot};
use crate::probe::sample;

/// What a plant gives: the thing, or why there is none.
type Planting = Result<Planted, NotPlanted>;

impl Planter {
    /// Makes one thing of this entity, with all it needs made first.
    ///
    /// # Errors
    /// Only when a request cannot be formed; what the service does is inside.
    pub async fn plant(&mut self, entity: &str) -> Result<Planting, Fault> {
        self.plant_under(entity, IndexMap::new()).await
    }

    /// The same, with some of its parents given; the others are made first.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub fn plant_under<'a>(
        &'a mut self,
        name: &'a str,
        mut parents: IndexMap<String, Arc<Planted>>,
    ) -> BoxFuture<'a, Result<Planting, Fault>> {
        Box::pin(async move {
            let pack = self.pack();
            let Some(entity) = pack.entity(name) else {
                return Ok(Err(NotPlanted::NoWay(format!(
                    "the pack has no entity `{name}`"
                ))));
            };
            let Some(operation) = entity.create.as_ref().and_then(|c| pack.op(&c.op)) else {
                let why = format!("the API makes no {name} by itself");
                return Ok(Err(NotPlanted::NoWay(why)));
            };
            if !operation.security.anyone {
                let why = format!(
                    "{} asks for a login, and this pack's logins are not known",
                    operation.id
                );
                return Ok(Err(NotPlanted::NoWay(why)));
            }
            for (role, parent) in &entity.parents {
                if parent.required && !parents.contains_key(role) && parent.entity != entity.name {
                    match self.plant(&parent.entity).await? {
                        Ok(planted) => parents.insert(role.clone(), Arc::new(planted)),
                        Err(why) => return Ok(Err(why)),
                    };
                }
            }
            self.make(entity, operation, parents).await
        })
    }

    async fn make(
        &mut self,
        entity: &Entity,
        operation: &Operation,
        parents: IndexMap<String, Arc<Planted>>,
    ) -> Result<Planting, Fault> {
        let sample = sample::body(&self.pack.contract, operation, entity, &mut self.rng);
        let mut body = sample.body;
        let mut query = Vec::new();
        for (role, parent) in &entity.parents {
            let Some(key) = parents.get(role).and_then(|p| p.key.clone()) else {
                continue;
            };
            match &parent.at.spot {
                Spot::Body(_) => {
                    parent.at.set(&mut body, key);
                }
                Spot::Query(name) => query.push(format!(
                    "{}={}",
                    super::list::encoded(name),
                    super::list::encoded(&super::text(&key))
                )),
                _ => {}
            }
        }
        let call = entity.create.as_ref();
        let params = call.and_then(|c| self.bind(c, None, &sample.facts, &parents));
        let Some(path) = params.and_then(|p| operation.path.fill(&p)) else {
            let why = format!("the path of {} cannot be filled", operation.id);
            return Ok(Err(NotPlanted::NoWay(why)));
        };
        let mark = if query.is_empty() { "" } else { "?" };
        let path = format!("{path}{mark}{}", query.join("&"));
        let mut request = self.http.request(operation.method.as_str(), &path);
        if operation.body.is_some() {
            request = request.json(&body);
        }
        if let Some(parent) = parents.values().next() {
            request = request.after(&parent.created);
        }
        let created = request.send().await?;
        if !said_yes(&created) {
            return Ok(Err(NotPlanted::Refused(
                operation.id.clone(),
                Box::new(created),
            )));
        }
        let key = self.key_of(entity, &sample.facts, &created);
        if key.is_none() && entity.read.is_some() {
            return Ok(Err(NotPlanted::NoKey(
                operation.id.clone(),
                Box::new(created),
            )));
        }
        let entity = entity.name.clone();
        Ok(Ok(Planted {
            entity,
            key,
            facts: sample.facts,
            parents,
            created,
        }))
    }

    /// Another valid value for a fact.
    pub(super) fn another(&mut self, fact: &Fact, old: &Value) -> Value {
        sample::change(&self.pack.contract, fact, old, &mut self.rng)
    }
}
