//! Every path of the contract, with the keys of real things in it.

use std::sync::Arc;

use serde_json::Value;

use super::{Planted, Planter, Planting, ask};
use crate::model::Fault;
use crate::pack::{Call, Entity, Method, Operation, PathTemplate};
use crate::probe::sample;

/// A path of the contract that names something.
#[derive(Debug, Clone)]
pub struct Address {
    /// The path as the contract spells it.
    pub template: PathTemplate,
    /// The path as it is asked for, base path included.
    pub path: String,
    /// The methods that the contract declares there.
    pub methods: Vec<Method>,
    /// Those of them that anyone may use.
    pub open: Vec<Method>,
    /// What was made to fill the path with; of a collection, one of its things.
    pub thing: Option<Arc<Planted>>,
}

impl Planter {
    /// Plants one thing of each kind and gives every path of the contract that can be filled with them, in the
    /// contract's order. Paths whose operations all ask for a login are left out.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn addresses(&mut self) -> Result<Planting<Vec<Address>>, Fault> {
        let pack = self.pack();
        let mut things = Vec::new();
        for name in self.plantable() {
            match self.plant(&name).await? {
                Ok(thing) => things.push(Arc::new(thing)),
                Err(why) => return Ok(Err(why)),
            }
        }
        let mut addresses: Vec<Address> = Vec::new();
        for op in &pack.contract.operations {
            let known = |a: &&mut Address| a.template.same_shape(&op.path);
            let known = addresses.iter_mut().find(known);
            if let Some(known) = known {
                known.add(op);
            } else if let Some(mut address) = self.address(op, &things) {
                address.add(op);
                addresses.push(address);
            }
        }
        addresses.retain(|address| !address.open.is_empty());
        Ok(Ok(addresses))
    }

    fn address(&self, op: &Operation, things: &[Arc<Planted>]) -> Option<Address> {
        let pack = self.pack();
        let of = |thing: &&Arc<Planted>| {
            let entity = pack.entity(&thing.entity);
            entity
                .and_then(|e| calls(e).find(|c| c.op == op.id))
                .cloned()
        };
        let mut draft = self.draft(&op.id, &pack).ok()?;
        let found = things.iter().find_map(|thing| Some((thing, of(&thing)?)));
        if let Some((thing, call)) = &found
            && !ask::bind(
                &mut draft,
                call,
                thing.key.as_ref(),
                &thing.facts,
                &thing.parents,
            )
        {
            return None;
        }
        Some(Address {
            template: op.path.clone(),
            path: draft.path()?,
            methods: Vec::new(),
            open: Vec::new(),
            thing: found.map(|(thing, _)| Arc::clone(thing)),
        })
    }

    /// The body that made a thing, with another valid value for each fact in it. None where it was made without.
    pub fn another_body(&mut self, of: &Planted) -> Option<Value> {
        let pack = self.pack();
        let entity = pack.entity(&of.entity)?;
        let sent = of.created.sent.body.as_ref()?;
        let mut body: Value = serde_json::from_str(&sent.text).ok()?;
        for fact in entity.sent().filter(|_| of.shown_at.is_none()) {
            if let (Some(place), Some(old)) = (&fact.send, of.facts.get(&fact.name)) {
                let new = sample::change(&pack.contract, fact, old, &mut self.rng);
                place.set(&mut body, new);
            }
        }
        Some(body)
    }
}

impl Address {
    fn add(&mut self, op: &Operation) {
        self.methods.push(op.method);
        if op.security.anyone {
            self.open.push(op.method);
        }
    }
}

/// The operations of an entity's own.
fn calls(entity: &Entity) -> impl Iterator<Item = &Call> {
    let update = entity.update.as_ref().map(|u| &u.call);
    let all = [&entity.create, &entity.read, &entity.list, &entity.delete];
    all.into_iter().flatten().chain(update)
}
