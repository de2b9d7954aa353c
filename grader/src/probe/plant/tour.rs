//! One honest walk through everything the contract offers: what is made is read, listed, changed, removed.

use super::stop::inward;
use super::{Near, NotPlanted, Planted, Planter, said_yes};
use crate::model::{Exchange, Fault};
use crate::pack::{Call, Entity, Method, OpId, Operation};

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
    /// Join two things just made.
    Link,
    /// Part them again.
    Unlink,
    /// Call an operation that needs nothing.
    Other,
    /// Make an account, or log in.
    Enter,
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
    /// Walks through all operations that can be called honestly. An operation whose things could not be made, or
    /// that asks for a login that nobody has, is left out: nobody knows what it should have answered. The walk ends where the
    /// service gives no answer at all: what comes after a crash is no operation's own doing.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn tour(&mut self) -> Result<Vec<Step>, Fault> {
        let mut steps = self.come_in().await?;
        if !silent(&steps) {
            self.go_round(&mut steps).await?;
        }
        self.report_entries(&mut steps);
        Ok(steps)
    }

    /// Logs in before anything else is asked, where the walk will want it.
    async fn come_in(&mut self) -> Result<Vec<Step>, Fault> {
        let pack = self.pack();
        let mut all = pack.contract.operations.iter();
        let wants = |o: &&Operation| o.security.anybody();
        if let Some(guarded) = all.find(wants).filter(|o| self.may_ask(o).is_ok()) {
            inward(self.one_who_is_in(&guarded.id).await)?;
        }
        let mut steps = Vec::new();
        self.report_entries(&mut steps);
        Ok(steps)
    }

    /// Adds a step for each operation by which somebody came in, and one for each that kept somebody out.
    fn report_entries(&mut self, steps: &mut Vec<Step>) {
        for (op, exchange) in std::mem::take(&mut self.entered) {
            if said_yes(&exchange) && steps.iter().any(|s| s.op == op) {
                continue;
            }
            steps.push(Step {
                entity: super::made_whole(&self.pack, &op).map(|e| e.name.clone()),
                op,
                deed: Deed::Enter,
                exchange,
            });
        }
    }

    async fn go_round(&mut self, steps: &mut Vec<Step>) -> Result<(), Fault> {
        let pack = self.pack();
        for op in self.plain() {
            if let Some(exchange) = self.bare(&op).await? {
                steps.push(Step {
                    op,
                    entity: None,
                    deed: Deed::Other,
                    exchange,
                });
                if silent(steps) {
                    return Ok(());
                }
            }
        }
        for name in self.plantable() {
            if let Some(entity) = pack.entity(&name).filter(|_| !silent(steps)) {
                self.visit_entity(entity, steps).await?;
            }
        }
        for name in pack.links.keys() {
            if !silent(steps) {
                self.visit_link(name, steps).await?;
            }
        }
        Ok(())
    }

    /// The operations that need nothing and belong to no entity.
    pub fn plain(&self) -> Vec<OpId> {
        let all = self.pack.contract.operations.iter();
        let free = all.filter(|o| is_plain(o) && !self.is_owned(&o.id));
        free.map(|o| o.id.clone()).collect()
    }

    /// The operations on entities that a walk had no honest call for, in the contract's order.
    pub fn unasked(&self, steps: &[Step]) -> Vec<OpId> {
        let asked = |op: &OpId| steps.iter().any(|s| s.op == *op);
        let all = self.pack.contract.operations.iter().map(|o| &o.id);
        all.filter(|op| self.is_owned(op) && !asked(op))
            .cloned()
            .collect()
    }

    async fn visit_entity(&mut self, entity: &Entity, steps: &mut Vec<Step>) -> Result<(), Fault> {
        // Adds a step, and says whether the walk goes on.
        let mut add = |op: &OpId, deed, exchange: Option<Exchange>| {
            let answered = exchange.as_ref().is_none_or(|e| e.status().is_some());
            steps.extend(exchange.map(|exchange| Step {
                op: op.clone(),
                entity: Some(entity.name.clone()),
                deed,
                exchange,
            }));
            answered
        };
        let planted: Planted = match self.plant(&entity.name).await? {
            Ok(planted) => planted,
            Err(why) => {
                // A parent that was refused, and the whole of which this is a part, have steps of their own.
                if let (Some(create), NotPlanted::Refused(op, e) | NotPlanted::NoKey(op, e)) =
                    (&entity.create, why)
                    && op == create.op
                    && !add(&op, Deed::Create, Some(*e))
                {
                    return Ok(());
                }
                // A list needs nothing to be there.
                if let Some(call) = entity.list.as_ref().filter(|c| c.bind.is_empty()) {
                    add(&call.op, Deed::List, self.bare(&call.op).await?);
                }
                return Ok(());
            }
        };
        if let Some(create) = &entity.create {
            add(&create.op, Deed::Create, Some(planted.created.clone()));
        }
        if let Some(call) = &entity.read {
            let exchange = self.read(&planted).await?;
            if !add(&call.op, Deed::Read, exchange) {
                return Ok(());
            }
        }
        if let Some(call) = &entity.list {
            let exchange = self.list(&planted).await?;
            if !add(&call.op, Deed::List, exchange) {
                return Ok(());
            }
        }
        if let Some(update) = &entity.update {
            let changed = self.change(&planted).await?;
            if !add(&update.call.op, Deed::Update, changed.map(|c| c.exchange)) {
                return Ok(());
            }
        }
        if let Some(call) = &entity.delete {
            add(&call.op, Deed::Delete, self.delete(&planted).await?);
        }
        Ok(())
    }

    async fn visit_link(&mut self, name: &str, steps: &mut Vec<Step>) -> Result<(), Fault> {
        let pack = self.pack();
        let Some((link, set)) = pack
            .links
            .get(name)
            .and_then(|l| Some((l, l.set.as_ref()?)))
        else {
            return Ok(());
        };
        let mut add = |call: &Call, deed, exchange| {
            steps.push(Step {
                op: call.op.clone(),
                entity: None,
                deed,
                exchange,
            });
        };
        match self.link(name).await? {
            Ok(linked) => {
                add(set, Deed::Link, linked.created.clone());
                let parted = self.unlink(&linked).await?;
                if let (Some(unset), Some(parted)) = (&link.unset, parted) {
                    add(unset, Deed::Unlink, parted);
                }
            }
            Err(NotPlanted::Refused(op, exchange)) if op == set.op => {
                add(set, Deed::Link, *exchange);
            }
            // What could not be made has a step of its own.
            Err(_) => {}
        }
        Ok(())
    }

    /// Calls an operation that needs nothing but what the contract says of it; none when there is no such call.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn bare(&mut self, op: &OpId) -> Result<Option<Exchange>, Fault> {
        let pack = self.pack();
        let Ok(mut draft) = self.draft(op, &pack) else {
            return Ok(None);
        };
        self.supply(&mut draft, None);
        inward(self.ask_near(&draft, Near::Beside(None), None).await)
    }

    /// Whether an operation is one of an entity's own.
    pub(super) fn is_owned(&self, op: &OpId) -> bool {
        let owns = |e: &Entity| {
            let plain = [&e.create, &e.read, &e.list, &e.delete];
            let update = e.update.as_ref().map(|u| &u.call);
            let mut all = plain.into_iter().flatten().chain(update);
            all.any(|c| c.op == *op)
        };
        self.pack.entities.values().any(owns)
    }
}

/// Whether an operation can be called with nothing: a GET without parameters that must be there.
fn is_plain(operation: &Operation) -> bool {
    operation.method == Method::Get && operation.params.iter().all(|p| !p.required)
}

/// Whether the last step got no answer.
fn silent(steps: &[Step]) -> bool {
    steps.last().is_some_and(|s| s.exchange.status().is_none())
}
