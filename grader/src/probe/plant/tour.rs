//! One honest walk through everything the contract offers: what is made is read, listed, changed, removed.

use super::{NotPlanted, Planted, Planter};
use crate::model::{Exchange, Fault};
use crate::pack::{Method, OpId, Operation};

/// What an honest call of a tour wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Make a thing.
    Create,
    /// Read the thing just made.
    Read,
    /// List things like it.
    List,
    /// Change one of its facts.
    Update,
    /// Remove it.
    Delete,
    /// Call an operation that needs nothing.
    Other,
}

/// One honest call and what came of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The operation.
    pub op: OpId,
    /// The entity it is about, if it is about one.
    pub entity: Option<String>,
    /// What it wanted.
    pub deed: Deed,
    /// What came of it.
    pub exchange: Exchange,
}

impl Planter {
    /// Walks through all operations that can be called honestly. An operation whose things could not be made
    /// is left out: nobody knows what it should have answered. The walk ends where the service gives no answer
    /// at all: what comes after a crash is no operation's own doing.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn tour(&mut self) -> Result<Vec<Step>, Fault> {
        let mut steps = Vec::new();
        for operation in self
            .pack
            .clone()
            .contract
            .operations
            .iter()
            .filter(|o| is_plain(o))
        {
            if self.owner(&operation.id).is_none()
                && let Some(path) = operation.path.fill(&Default::default())
            {
                let request = self.http.request(operation.method.as_str(), &path);
                let exchange = request.send().await?;
                steps.push(Step {
                    op: operation.id.clone(),
                    entity: None,
                    deed: Deed::Other,
                    exchange,
                });
                if silent(&steps) {
                    return Ok(steps);
                }
            }
        }
        for entity in self.plantable() {
            self.visit_entity(&entity, &mut steps).await?;
            if silent(&steps) {
                break;
            }
        }
        Ok(steps)
    }

    /// The operations on entities that a walk had no honest call for, in the contract's order.
    pub fn unasked(&self, steps: &[Step]) -> Vec<OpId> {
        let asked = |op: &OpId| steps.iter().any(|s| s.op == *op);
        let all = self.pack.contract.operations.iter().map(|o| &o.id);
        all.filter(|op| self.owner(op).is_some() && !asked(op))
            .cloned()
            .collect()
    }

    async fn visit_entity(&mut self, name: &str, steps: &mut Vec<Step>) -> Result<(), Fault> {
        let pack = self.pack();
        let Some(entity) = pack.entity(name) else {
            return Ok(());
        };
        let Some(create) = &entity.create else {
            return Ok(());
        };
        let step = |op: &OpId, deed, exchange| Step {
            op: op.clone(),
            entity: Some(name.to_owned()),
            deed,
            exchange,
        };
        let planted: Planted = match self.plant(name).await? {
            Ok(planted) => planted,
            Err(NotPlanted::Refused(op, exchange) | NotPlanted::NoKey(op, exchange)) => {
                // A parent that was refused has a step of its own.
                if op == create.op {
                    steps.push(step(&create.op, Deed::Create, *exchange));
                }
                if silent(steps) {
                    return Ok(());
                }
                // A list needs nothing to be there.
                let list = entity.list.as_ref().filter(|call| call.bind.is_empty());
                let path = list.and_then(|c| pack.op(&c.op)?.path.fill(&Default::default()));
                if let (Some(call), Some(path)) = (list, path) {
                    let exchange = self.http.request("GET", &path).send().await?;
                    steps.push(step(&call.op, Deed::List, exchange));
                }
                return Ok(());
            }
            Err(NotPlanted::NoWay(_)) => return Ok(()),
        };
        steps.push(step(&create.op, Deed::Create, planted.created.clone()));
        if let (Some(call), Some(exchange)) = (&entity.read, self.read(&planted).await?) {
            steps.push(step(&call.op, Deed::Read, exchange));
        }
        if silent(steps) {
            return Ok(());
        }
        if let (Some(call), Some((walk, _))) = (&entity.list, self.look_for(&planted).await?) {
            steps.extend(
                walk.pages
                    .into_iter()
                    .next()
                    .map(|e| step(&call.op, Deed::List, e)),
            );
        }
        if silent(steps) {
            return Ok(());
        }
        if let (Some(update), Some(changed)) = (&entity.update, self.change(&planted).await?) {
            steps.push(step(&update.call.op, Deed::Update, changed.exchange));
        }
        if silent(steps) {
            return Ok(());
        }
        if let (Some(call), Some(exchange)) = (&entity.delete, self.delete(&planted).await?) {
            steps.push(step(&call.op, Deed::Delete, exchange));
        }
        Ok(())
    }

    /// The entity that an operation belongs to.
    fn owner(&self, op: &OpId) -> Option<&str> {
        let calls = |e: &crate::pack::Entity| {
            let plain = [&e.create, &e.read, &e.list, &e.delete];
            let update = e.update.as_ref().map(|u| &u.call);
            plain
                .into_iter()
                .flatten()
                .chain(update)
                .any(|c| c.op == *op)
        };
        self.pack
            .entities
            .values()
            .find(|e| calls(e))
            .map(|e| e.name.as_str())
    }
}

/// Whether an operation can be called with nothing: a GET without parameters that must be there.
fn is_plain(operation: &Operation) -> bool {
    operation.method == Method::Get
        && operation.security.anyone
        && operation.params.iter().all(|p| !p.required)
}

/// Whether the last step got no answer.
fn silent(steps: &[Step]) -> bool {
    steps.last().is_some_and(|s| s.exchange.status().is_none())
}
