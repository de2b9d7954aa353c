//! Putting facts in through the API, and making honest calls about them.
//!
//! A planted thing has everything it needs planted first. Whatever the service does in between is an
//! exchange; what keeps a thing from being planted is a [`NotPlanted`] that says so in one sentence.

mod key;
mod list;
mod make;
mod same;
mod shown;
mod tour;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::Http;
use crate::model::{Exchange, Fault};
use crate::pack::{Bound, Call, Entity, Manner, OpId, Pack, Spot};

pub use list::Walk;
pub use same::same;
pub use shown::Shown;
pub use tour::{Deed, Step};

/// Plants and asks, with one client, one pack and one stream of chance.
pub struct Planter {
    http: Http,
    pack: Arc<Pack>,
    rng: ChaCha8Rng,
}

/// A thing that the service said it made.
#[derive(Debug, Clone)]
pub struct Planted {
    /// Its entity's name.
    pub entity: String,
    /// Its key as other operations take it; none where no reply tells it.
    pub key: Option<Value>,
    /// Its facts as they were sent.
    pub facts: IndexMap<String, Value>,
    /// What it belongs to, by the parent's name.
    pub parents: IndexMap<String, Arc<Planted>>,
    /// The exchange that made it.
    pub created: Exchange,
}

/// Why a thing could not be planted.
#[derive(Debug, Clone)]
pub enum NotPlanted {
    /// The service did not say yes to this operation.
    Refused(OpId, Box<Exchange>),
    /// It said yes, and nothing tells by which key the thing is known.
    NoKey(OpId, Box<Exchange>),
    /// The pack gives no way to make one.
    NoWay(String),
}

impl NotPlanted {
    /// The exchange behind it, if there was one.
    pub fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Refused(_, exchange) | Self::NoKey(_, exchange) => Some(exchange),
            Self::NoWay(_) => None,
        }
    }
}

impl fmt::Display for NotPlanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(op, e) => write!(f, "{op} answered {}", answer(e)),
            Self::NoKey(op, e) => {
                write!(f, "{op} answered {} without the new thing's key", answer(e))
            }
            Self::NoWay(why) => f.write_str(why),
        }
    }
}

/// What came of an exchange, in two or three words.
pub fn answer(exchange: &Exchange) -> String {
    use crate::model::Outcome;
    match &exchange.outcome {
        Outcome::Answered { status, .. } => status.to_string(),
        Outcome::Refused { .. } => "nothing: the connection was refused or closed".to_owned(),
        Outcome::TimedOut { after_millis } => format!("nothing within {} s", after_millis / 1000),
        Outcome::CutShort { .. } => "half a reply".to_owned(),
        Outcome::Garbled { .. } => "something that is not HTTP".to_owned(),
        Outcome::TooLarge { limit } => format!("more than {limit} bytes"),
    }
}

/// Whether the service answered in the 2xx class, whichever of them.
pub fn said_yes(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|s| (200..300).contains(&s))
}

impl Planter {
    /// Plants through `http`, by the words of `pack`, with values drawn from `rng`.
    pub fn new(http: Http, pack: Arc<Pack>, rng: ChaCha8Rng) -> Self {
        Self { http, pack, rng }
    }

    /// The pack it plants for.
    pub fn pack(&self) -> Arc<Pack> {
        Arc::clone(&self.pack)
    }

    /// The client it asks with.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Asks another address from now on: after a restart, or a second replica.
    pub fn move_to(&mut self, base: &str) {
        self.http = self.http.at(base);
    }

    /// The names of the entities that the API can make, each after those it belongs to.
    pub fn plantable(&self) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        for entity in self.pack.entities.values() {
            self.visit(entity, &mut order);
        }
        order
    }

    fn visit(&self, entity: &Entity, order: &mut Vec<String>) {
        if order.contains(&entity.name) || entity.create.is_none() {
            return;
        }
        for parent in entity.parents.values().filter(|p| p.entity != entity.name) {
            if let Some(parent) = self.pack.entity(&parent.entity) {
                self.visit(parent, order);
            }
        }
        order.push(entity.name.clone());
    }

    /// Reads a planted thing; none when the pack has no such operation.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn read(&self, of: &Planted) -> Result<Option<Exchange>, Fault> {
        match self.entity(of).and_then(|e| e.read.clone()) {
            Some(call) => self.ask(of, &call, of.key.as_ref(), None).await,
            None => Ok(None),
        }
    }

    /// Removes a planted thing; none when the pack has no such operation.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn delete(&self, of: &Planted) -> Result<Option<Exchange>, Fault> {
        match self.entity(of).and_then(|e| e.delete.clone()) {
            Some(call) => self.ask(of, &call, of.key.as_ref(), None).await,
            None => Ok(None),
        }
    }

    /// Gives one fact of a planted thing another value; the exchange, the fact and its new value. None when
    /// the pack has no such operation.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn change(&mut self, of: &Planted) -> Result<Option<Changed>, Fault> {
        let pack = self.pack();
        let Some(update) = pack.entity(&of.entity).and_then(|e| e.update.as_ref()) else {
            return Ok(None);
        };
        let Some((fact, value, body)) = self.a_change(of) else {
            return Ok(None);
        };
        let exchange = self
            .ask(of, &update.call, of.key.as_ref(), Some(body))
            .await?;
        Ok(exchange.map(|exchange| Changed {
            exchange,
            fact,
            value,
        }))
    }

    /// A valid body for the update of a thing like this one; none when the pack has no such operation.
    pub fn change_of(&mut self, of: &Planted) -> Option<Value> {
        self.a_change(of).map(|(_, _, body)| body)
    }

    fn a_change(&mut self, of: &Planted) -> Option<(String, Value, Value)> {
        let pack = self.pack();
        let entity = pack.entity(&of.entity)?;
        let update = entity.update.as_ref()?;
        let fact = entity
            .changeable()
            .find(|f| of.facts.contains_key(&f.name))?;
        let old = of.facts.get(&fact.name).cloned().unwrap_or(Value::Null);
        let value = self.another(fact, &old);
        let body = self.change_body(entity, of, &fact.name, &value, update.manner);
        Some((fact.name.clone(), value, body))
    }

    /// Calls one of a thing's operations, with another key in its place; none when the path cannot be filled.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn ask(
        &self,
        of: &Planted,
        call: &Call,
        key: Option<&Value>,
        body: Option<Value>,
    ) -> Result<Option<Exchange>, Fault> {
        let Some(operation) = self.pack.op(&call.op) else {
            return Ok(None);
        };
        let Some(params) = self.bind(call, key, &of.facts, &of.parents) else {
            return Ok(None);
        };
        let Some(path) = operation.path.fill(&params) else {
            return Ok(None);
        };
        let request = self
            .http
            .request(operation.method.as_str(), &path)
            .after(&of.created);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.map(Some)
    }

    /// The values of a call's path parameters; none when one of them is not known.
    fn bind(
        &self,
        call: &Call,
        key: Option<&Value>,
        facts: &IndexMap<String, Value>,
        parents: &IndexMap<String, Arc<Planted>>,
    ) -> Option<BTreeMap<String, String>> {
        let mut params = BTreeMap::new();
        for (name, bound) in &call.bind {
            let value = match bound {
                Bound::Key => key?.clone(),
                Bound::Fact(fact) => facts.get(fact)?.clone(),
                Bound::Up(way) => up(parents, way)?,
                Bound::Free => return None,
            };
            params.insert(name.clone(), text(&value));
        }
        Some(params)
    }

    /// The body of an update: the one fact, or for PUT all of them with this one changed.
    fn change_body(
        &self,
        entity: &Entity,
        of: &Planted,
        fact: &str,
        value: &Value,
        manner: Manner,
    ) -> Value {
        let mut body = Value::Object(serde_json::Map::new());
        for known in entity.changeable() {
            let sent = if known.name == fact {
                Some(value)
            } else if manner == Manner::Replace {
                of.facts.get(&known.name)
            } else {
                None
            };
            if let (Some(value), Some(place)) = (sent, &known.change) {
                place.set(&mut body, value.clone());
            }
        }
        if manner == Manner::Replace {
            for (name, parent) in &entity.parents {
                let key = of.parents.get(name).and_then(|p| p.key.clone());
                if let (Some(key), Spot::Body(_)) = (key, &parent.at.spot) {
                    parent.at.set(&mut body, key);
                }
            }
        }
        body
    }

    fn entity(&self, of: &Planted) -> Option<&Entity> {
        self.pack.entity(&of.entity)
    }
}

/// A fact that was given another value.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The exchange that did it.
    pub exchange: Exchange,
    /// The fact.
    pub fact: String,
    /// Its new value.
    pub value: Value,
}

/// The key of an ancestor, by the way up to it.
fn up(parents: &IndexMap<String, Arc<Planted>>, way: &[String]) -> Option<Value> {
    let (first, rest) = way.split_first()?;
    let parent = parents.get(first)?;
    if rest.is_empty() {
        parent.key.clone()
    } else {
        up(&parent.parents, rest)
    }
}

/// A value as it stands in a path or a query.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
