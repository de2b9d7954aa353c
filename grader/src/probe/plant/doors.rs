//! Every operation that takes a body, each with an honest request to it.

use std::sync::Arc;

use serde_json::Value;

use super::stop::{inward, outward};
use super::{Near, Planted, Planter, Planting, Wish, ask};
use crate::model::Fault;
use crate::pack::{Call, OpId, Operation, ParamPlace};
use crate::probe::Request;
use crate::probe::sample::{self, Optional};

/// What an honest request to a door comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// It makes a thing.
    Create,
    /// It changes one.
    Change,
    /// It joins two.
    Join,
    /// Something else: a login, say.
    Other,
}

/// An operation that takes a body, and an honest request to it.
#[derive(Debug, Clone)]
pub struct Door {
    /// The operation.
    pub op: OpId,
    /// What the request comes to.
    pub way: Way,
    /// The entity or the link that it is about, by its name.
    pub about: Option<String>,
    /// One that was made by such a request, or the one that would be changed.
    pub planted: Option<Arc<Planted>>,
    /// The body.
    pub body: Value,
    /// Whether a second request with the same body is as good as the first.
    pub again: bool,
    request: Request,
}

impl Door {
    /// The request without its body.
    pub fn request(&self) -> Request {
        self.request.clone()
    }

    /// The request as it is.
    pub fn honest(&self) -> Request {
        self.request.clone().text(self.body.to_string())
    }
}

impl Planter {
    /// All of them; what they are about is made first, which shows that an honest request works.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn doors(&mut self) -> Result<Planting<Vec<Door>>, Fault> {
        let pack = self.pack();
        let mut doors = Vec::new();
        for name in self.plantable() {
            let Some(entity) = pack.entity(&name).filter(|e| e.create.is_some()) else {
                continue;
            };
            let planted = match self.plant(&name).await? {
                Ok(planted) => Arc::new(planted),
                Err(why) => return Ok(Err(why)),
            };
            match self.creating(&planted).await? {
                Ok(door) => doors.push(door),
                Err(why) => return Ok(Err(why)),
            }
            if let Some(update) = entity.update.as_ref() {
                let operation = pack.op(&update.call.op);
                doors.extend(self.changing(&planted, operation).await?);
            }
        }
        for name in pack.links.keys() {
            let settable = pack.links.get(name).is_some_and(|l| l.set.is_some());
            let Some(linked) = self.link(name).await?.ok().filter(|_| settable) else {
                continue;
            };
            if let Some((op, body, request)) = inward(self.ready_link(&linked).await)? {
                doors.push(Door {
                    op,
                    way: Way::Join,
                    about: Some(name.clone()),
                    planted: None,
                    body,
                    again: true,
                    request,
                });
            }
        }
        for operation in &pack.contract.operations {
            if !doors.iter().any(|d| d.op == operation.id) {
                doors.extend(self.another_door(operation).await?);
            }
        }
        // An operation that takes no JSON has no door.
        doors.retain(|d| !d.body.is_null() && pack.op(&d.op).is_some_and(|o| o.body.is_some()));
        Ok(Ok(doors))
    }

    /// The same door with values of its own: what was sent before may not be sent a second time.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn anew(&mut self, door: &Door) -> Result<Option<Door>, Fault> {
        match (&door.planted, door.way, door.again) {
            (Some(planted), Way::Create, false) => Ok(self.creating(planted).await?.ok()),
            (Some(planted), Way::Change, false) => {
                let pack = self.pack();
                self.changing(planted, pack.op(&door.op)).await
            }
            _ => Ok(Some(door.clone())),
        }
    }

    async fn creating(&mut self, like: &Arc<Planted>) -> Result<Planting<Door>, Fault> {
        let wish = Wish {
            parents: like.parents.clone(),
            ..Wish::default()
        };
        let ready = match self.prepare(&like.entity, wish).await? {
            Ok(ready) => ready,
            Err(why) => return Ok(Err(why)),
        };
        Ok(Ok(Door {
            op: ready.op.clone(),
            way: Way::Create,
            about: Some(like.entity.clone()),
            planted: Some(Arc::clone(like)),
            body: ready.body.clone(),
            // What its parts belong to would have to be made anew each time.
            again: !ready.parts.is_empty(),
            request: ready.request(),
        }))
    }

    async fn changing(
        &mut self,
        of: &Arc<Planted>,
        operation: Option<&Operation>,
    ) -> Result<Option<Door>, Fault> {
        let changed = self.changeable(of).into_iter().find_map(|fact| {
            let value = self.another(of, &fact)?;
            Some((fact, value))
        });
        let (Some(operation), Some((fact, value))) = (operation, changed) else {
            return Ok(None);
        };
        let Some(request) = self.prepare_change(of, &fact, &value).await? else {
            return Ok(None);
        };
        let sent = request.sent().body.as_ref().map(|b| b.text.clone());
        let Some(body) = sent.and_then(|text| serde_json::from_str(&text).ok()) else {
            return Ok(None);
        };
        Ok(Some(Door {
            op: operation.id.clone(),
            way: Way::Change,
            about: Some(of.entity.clone()),
            planted: Some(Arc::clone(of)),
            body,
            again: false,
            request,
        }))
    }

    /// A door that belongs to no entity, where nothing has to be known for its path.
    async fn another_door(&mut self, operation: &Operation) -> Result<Option<Door>, Fault> {
        let pack = self.pack();
        let mut params = operation.params.iter();
        if params.any(|p| p.place == ParamPlace::Path) || self.is_owned(&operation.id) {
            return Ok(None);
        }
        let ready = async {
            let mut draft = self.draft(&operation.id, &pack)?;
            draft.body = sample::request(&pack.contract, operation, Optional::All, &mut self.rng);
            self.supply(&mut draft, None);
            let who = self.caller(&operation.id, Near::Beside(None)).await?;
            let body = draft.body.clone();
            let draft = self.sign(draft, who).await?;
            Ok(draft.request(&self.http).map(|request| (body, request)))
        };
        let Ok(Some((body, request))) = outward(ready.await)? else {
            return Ok(None);
        };
        Ok(Some(Door {
            op: operation.id.clone(),
            way: Way::Other,
            about: None,
            planted: None,
            body,
            again: true,
            request,
        }))
    }

    /// A request for one of a thing's operations that is like an honest one, but for a text in the place of one parameter of
    /// its path; with this body, where it takes one. None where there is no honest request.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn with_param(
        &mut self,
        of: &Planted,
        call: &Call,
        (param, text): (&str, &str),
        body: Option<Value>,
    ) -> Result<Option<Request>, Fault> {
        let ready = async {
            let pack = self.pack();
            let mut draft = self.draft(&call.op, &pack)?;
            draft.body = body.unwrap_or(Value::Null);
            if !ask::bind(&mut draft, call, of.key.as_ref(), &of.facts, &of.parents) {
                return Ok(None);
            }
            if !param.is_empty() {
                draft.fill(param, &Value::from(text));
            }
            self.supply(&mut draft, Some(of));
            let who = self.caller(&call.op, Near::Made(of.by)).await?;
            let draft = self.sign(draft, who).await?;
            Ok(draft.request(&self.http))
        };
        inward(ready.await)
    }
}
