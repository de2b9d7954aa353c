//! Making a thing, with everything it belongs to made first.

use std::sync::Arc;

use futures::future::BoxFuture;
use indexmap::IndexMap;
use serde_json::Value;

use super::part::{self, Part};
use super::stop::{Stop, outward};
use super::tell::Made;
use super::{
    Draft, Near, NotPlanted, Planted, Planter, Planting, Who, ask, key, made_whole, said_yes,
};
use crate::model::{Exchange, Fault};
use crate::pack::{Bound, Entity, OpId, Pack, ParamPlace, Place, Pointer, Spot};
use crate::probe::sample::{self, Optional};

/// What a thing belongs to, by the parent's name.
pub(super) type Parents = IndexMap<String, Arc<Planted>>;

/// What is given for a request and need not be made for it.
#[derive(Default)]
pub(super) struct Given {
    /// Parents of the thing that the operation is for.
    pub(super) whole: Parents,
    /// A part, and its parents.
    pub(super) part: Option<(String, Parents)>,
    /// Values of the whole's facts, and facts of it that are left out.
    pub(super) facts: IndexMap<String, Value>,
    pub(super) without: Vec<String>,
}

impl Given {
    /// What is given where a thing of this entity is wished for.
    pub(super) fn of(entity: &Entity, wish: Wish) -> Self {
        if entity.create.is_none() {
            return Self {
                part: Some((entity.name.clone(), wish.parents)),
                ..Self::default()
            };
        }
        Self {
            whole: wish.parents,
            part: None,
            facts: wish.facts,
            without: wish.without,
        }
    }
}

/// What a thing shall be like; what is not said is made up.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// What it belongs to, by the parent's name.
    pub parents: IndexMap<String, Arc<Planted>>,
    /// Its facts, by name. Not heeded for what comes about as a part of something else.
    pub facts: IndexMap<String, Value>,
    /// Facts that are left out. Not heeded there either.
    pub without: Vec<String>,
}

/// A request as it grows, and what its parts belong to.
pub(super) struct Growing<'p> {
    pub(super) draft: Draft<'p>,
    pub(super) whole: Option<&'p Entity>,
    /// The key of the whole, where the request itself gives it.
    pub(super) key: Option<Value>,
    pub(super) facts: IndexMap<String, Value>,
    pub(super) parents: Parents,
    pub(super) parts: Vec<Part<'p>>,
    pub(super) elements: Vec<Element>,
    /// Whoever asks for it; of an account, the account itself.
    pub(super) by: Option<Who>,
    /// Whether what is made is an account.
    pub(super) is_account: bool,
}

/// One part of the request: which, where, the how-manieth of how many, and what it belongs to.
pub(super) struct Element {
    pub(super) part: usize,
    pub(super) at: Pointer,
    pub(super) position: (usize, usize),
    pub(super) parents: Parents,
}

impl Planter {
    /// Makes one thing of this entity, with all it needs made first. What comes about as a part of something else
    /// is made with that.
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
        entity: &'a str,
        parents: IndexMap<String, Arc<Planted>>,
    ) -> BoxFuture<'a, Result<Planting, Fault>> {
        let wish = Wish {
            parents,
            ..Wish::default()
        };
        self.plant_as(entity, wish)
    }

    /// Makes one thing that is as wished. Where the contract does not allow it so, there is none.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub fn plant_as<'a>(
        &'a mut self,
        entity: &'a str,
        wish: Wish,
    ) -> BoxFuture<'a, Result<Planting, Fault>> {
        Box::pin(async move { outward(self.grow_as(entity, wish, Vec::new()).await) })
    }

    /// Plants one thing; `way` are the entities on whose behalf.
    pub(super) fn grow<'a>(
        &'a mut self,
        name: &'a str,
        parents: Parents,
        way: Vec<String>,
    ) -> BoxFuture<'a, Result<Planted, Stop>> {
        let wish = Wish {
            parents,
            ..Wish::default()
        };
        self.grow_as(name, wish, way)
    }

    fn grow_as<'a>(
        &'a mut self,
        name: &'a str,
        wish: Wish,
        mut way: Vec<String>,
    ) -> BoxFuture<'a, Result<Planted, Stop>> {
        Box::pin(async move {
            let pack = self.pack();
            let Some(entity) = pack.entity(name) else {
                return Err(Stop::no_way(format!("the pack has no entity `{name}`")));
            };
            if way.iter().any(|w| w == name) {
                let why = format!("a {name} needs another {name} before it can be made");
                return Err(Stop::no_way(why));
            }
            way.push(name.to_owned());
            let Some(op) = entity.maker() else {
                return Err(Stop::no_way(format!("the API makes no {name}")));
            };
            let given = Given::of(entity, wish);
            let made = self.make(op, given, way).await?;
            match made.thing(name) {
                Some(thing) => self.found(thing).await,
                None => Err(Stop::no_way(format!("{op} makes no {name} after all"))),
            }
        })
    }

    /// Asks an operation to make what it makes.
    pub(super) async fn make(
        &mut self,
        op: &OpId,
        given: Given,
        way: Vec<String>,
    ) -> Result<Made, Stop> {
        let pack = self.pack();
        let growing = self.begin(&pack, op, given, &way).await?;
        self.finish(growing).await
    }

    /// Sends a request whose facts, references and parts stand in it, and tells what it made.
    pub(super) async fn finish(&mut self, mut growing: Growing<'_>) -> Result<Made, Stop> {
        let pack = self.pack();
        let op = growing.draft.op.id.clone();
        let op = &op;
        self.complete(&mut growing).await?;
        let asked = self
            .send(&growing.draft, growing.by, before(&growing))
            .await?;
        let Some(created) = asked else {
            return Err(Stop::no_way(format!("the path of {op} cannot be filled")));
        };
        if !said_yes(&created) {
            return Err(NotPlanted::Refused(op.clone(), Box::new(created)).into());
        }
        let itself = self.registered(op, &growing.draft.body);
        growing.is_account = itself.is_some();
        growing.by = itself.or(growing.by);
        let made = self.tell(growing, &created);
        let nameless = made
            .whole
            .as_ref()
            .filter(|w| w.key.is_none())
            .and_then(|w| pack.entity(&w.entity))
            .is_some_and(|e| e.find.is_none() && key::is_needed(e));
        if nameless {
            return Err(NotPlanted::NoKey(op.clone(), Box::new(created)).into());
        }
        Ok(made)
    }

    /// A request that would make what an operation makes, with all it needs made before.
    pub(super) async fn grow_request<'p>(
        &mut self,
        pack: &'p Pack,
        op: &OpId,
        given: Given,
        way: Vec<String>,
    ) -> Result<Growing<'p>, Stop> {
        let mut growing = self.begin(pack, op, given, &way).await?;
        self.complete(&mut growing).await?;
        Ok(growing)
    }

    /// A request with its facts, and what it refers to.
    async fn begin<'p>(
        &mut self,
        pack: &'p Pack,
        op: &OpId,
        given: Given,
        way: &[String],
    ) -> Result<Growing<'p>, Stop> {
        let mut draft = self.draft(op, pack)?;
        draft.body = sample::request(&pack.contract, draft.op, Optional::All, &mut self.rng);
        let mut growing = Growing {
            draft,
            whole: made_whole(pack, op),
            key: None,
            facts: IndexMap::new(),
            parents: Parents::new(),
            parts: part::parts(pack, op),
            elements: Vec::new(),
            by: None,
            is_account: false,
        };
        self.add_facts(&mut growing, &given.facts, &given.without);
        self.add_parents(&mut growing, given.whole, way).await?;
        self.add_elements(&mut growing, given.part, way).await?;
        Ok(growing)
    }

    /// Adds what else the contract wants, and whoever asks; what the contract has something against is never sent.
    async fn complete(&mut self, growing: &mut Growing<'_>) -> Result<(), Stop> {
        self.add_path(growing)?;
        self.supply(&mut growing.draft, None);
        let (op, body) = (growing.draft.op, &growing.draft.body);
        let wrong = self.pack.contract.validate_body(op, body);
        if let Some(wrong) = wrong.first().filter(|_| op.body.is_some()) {
            let why = format!("no body that {} takes was found: {}", op.id, wrong.what);
            return Err(Stop::no_way(why));
        }
        growing.by = self.caller(&op.id, Near::Beside(beside(growing))).await?;
        Ok(())
    }

    /// The facts of the whole: as wished, as they stand in the body, or drawn and put beside it.
    pub(super) fn add_facts(
        &mut self,
        growing: &mut Growing<'_>,
        wished: &IndexMap<String, Value>,
        without: &[String],
    ) {
        let contract = &self.pack.contract;
        for fact in growing.whole.into_iter().flat_map(Entity::sent) {
            let Some(place) = &fact.send else { continue };
            if without.contains(&fact.name) {
                growing.draft.leave_out(place);
                continue;
            }
            if let Some(value) = wished.get(&fact.name)
                && growing.draft.put(place, value)
            {
                growing.facts.insert(fact.name.clone(), value.clone());
                continue;
            }
            let value = match &place.spot {
                Spot::Body(_) => place.get(&growing.draft.body).first().copied().cloned(),
                _ => {
                    let value = sample::value(contract, &fact.schema, &fact.name, &mut self.rng);
                    growing.draft.put(place, &value).then_some(value)
                }
            };
            if let Some(value) = value {
                growing.facts.insert(fact.name.clone(), value);
            }
        }
    }

    /// The parameters of the path.
    fn add_path(&mut self, growing: &mut Growing<'_>) -> Result<(), Stop> {
        let Some(call) = growing.whole.and_then(|e| e.create.as_ref()) else {
            return Ok(());
        };
        // Where the client names the thing itself, the schema alone says what a name may be.
        for (param, _) in call.bind.iter().filter(|(_, b)| **b == Bound::Key) {
            if let Some(declared) = growing.draft.op.param(ParamPlace::Path, param) {
                let contract = &self.pack.contract;
                let schema = &declared.schema.value;
                growing.key = Some(sample::value(contract, schema, param, &mut self.rng));
            }
        }
        let key = growing.key.clone();
        let bound = ask::bind(
            &mut growing.draft,
            call,
            key.as_ref(),
            &growing.facts,
            &growing.parents,
        );
        if bound {
            return Ok(());
        }
        let why = format!("the path of {} cannot be filled", call.op);
        Err(Stop::no_way(why))
    }

    /// Puts a parent's key where the request takes it.
    pub(super) fn refer(
        &self,
        draft: &mut Draft<'_>,
        at: &Place,
        parent: &Planted,
    ) -> Result<(), Stop> {
        let Some(key) = &parent.key else {
            let maker = self.entity(parent).and_then(Entity::maker).cloned();
            let op = maker.unwrap_or_else(|| OpId::from(parent.entity.as_str()));
            return Err(NotPlanted::NoKey(op, Box::new(parent.created.clone())).into());
        };
        if draft.refer(&self.pack.contract, at, key) {
            return Ok(());
        }
        let (op, kind) = (&draft.op.id, &parent.entity);
        let why = format!("{op} takes no {kind} with the key {key} that the service gave it");
        Err(Stop::no_way(why))
    }
}

/// The exchange that a request follows from: that of what was made last for it.
pub(super) fn before<'g>(growing: &'g Growing<'_>) -> Option<&'g Exchange> {
    let own = growing.parents.values();
    let parts = growing.elements.iter().flat_map(|e| e.parents.values());
    own.chain(parts)
        .map(|p| &p.created)
        .max_by_key(|e| e.number)
}

/// The account that a new thing would best be near to: whose address it is made under, else that of something it
/// belongs to. An account that only stands in the body is somebody else: whom a message is for, say.
fn beside(growing: &Growing<'_>) -> Option<Who> {
    let roles = growing.whole.map(|e| &e.parents);
    let by = |(role, planted): (&String, &Arc<Planted>)| {
        let at = roles.and_then(|r| r.get(role)).map(|p| &p.at.spot);
        let under = matches!(at, Some(Spot::Path(_)));
        let by = planted.by.filter(|_| under || !planted.is_account)?;
        Some((under, by))
    };
    let all = growing.parents.iter().filter_map(by);
    all.max_by_key(|(under, _)| *under).map(|(_, by)| by)
}
