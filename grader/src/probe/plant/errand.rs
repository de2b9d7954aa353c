//! Requests in nobody's name: valid as the contract wants them, for whoever will be made to carry them.

use serde_json::Value;

use super::{Draft, NotPlanted, Planted, Planter, Planting, Who, ask, draft};
use crate::pack::{Call, OpId, ParamPlace, Place};
use crate::probe::Request;
use crate::probe::actor::Actor;
use crate::probe::sample::{self, Optional};

impl Planter {
    /// A request for this operation that carries no credential: a valid body, with these values in their places. Path
    /// parameters that are not given take any valid value.
    pub fn errand(&mut self, op: &OpId, values: &[(Place, Value)]) -> Planting<Request> {
        self.nobodys(op, None, None, values)
    }

    /// The same about a planted thing, whose key, parents and facts stand in the path. Without a body of one's own,
    /// any valid one.
    pub fn errand_about(
        &mut self,
        of: &Planted,
        op: &OpId,
        body: Option<Value>,
    ) -> Planting<Request> {
        self.nobodys(op, Some(of), body, &[])
    }

    fn nobodys(
        &mut self,
        op: &OpId,
        of: Option<&Planted>,
        body: Option<Value>,
        values: &[(Place, Value)],
    ) -> Planting<Request> {
        let pack = self.pack();
        let no_way = |why: String| Err(NotPlanted::NoWay(why));
        let Some(operation) = pack.op(op) else {
            return no_way(format!("the contract has no operation `{op}`"));
        };
        let media = operation.body.as_ref().map(|b| b.media.as_str());
        if let Some(media) = media.filter(|m| !draft::speaks_json(m)) {
            return no_way(format!("{op} takes {media}, and only JSON can be sent"));
        }
        let contract = &pack.contract;
        let body = body.unwrap_or_else(|| {
            sample::request(contract, operation, Optional::Omitted, &mut self.rng)
        });
        let mut draft = Draft::new(operation, body);
        let entity = of.and_then(|of| pack.entity(&of.entity));
        if let (Some(of), Some(call)) = (of, entity.and_then(|e| call_of(e, op)))
            && !ask::bind(&mut draft, call, of.key.as_ref(), &of.facts, &of.parents)
        {
            return no_way(format!("the path of {op} cannot be filled"));
        }
        for (place, value) in values {
            draft.put(place, value);
        }
        for param in operation
            .params
            .iter()
            .filter(|p| p.place == ParamPlace::Path)
        {
            if !draft.has(ParamPlace::Path, &param.name) {
                let schema = &param.schema.value;
                let value = sample::value(contract, schema, &param.name, &mut self.rng);
                draft.fill(&param.name, &value);
            }
        }
        self.supply(&mut draft, of);
        match draft.request(&self.http) {
            Some(request) => Ok(request),
            None => no_way(format!("no request for {op} can be formed")),
        }
    }

    /// Lets this account ask whatever it may from now on, before any other: what is planted then is its own.
    pub fn speak_as(&mut self, actor: Actor) -> Who {
        let who = self.add(actor);
        self.regulars.insert(0, who.0);
        who
    }

    /// An account, and what its last login gave.
    pub fn actor(&self, who: Who) -> Option<&Actor> {
        self.actors.get(who.0)
    }
}

/// The call of an entity that asks this operation.
fn call_of<'e>(entity: &'e crate::pack::Entity, op: &OpId) -> Option<&'e Call> {
    let update = entity.update.as_ref().map(|u| &u.call);
    let calls = [&entity.read, &entity.delete, &entity.create, &entity.list];
    let mut all = calls.into_iter().filter_map(Option::as_ref).chain(update);
    all.find(|c| c.op == *op)
}
