//! Putting facts in through the API, and making honest calls about them.
//!
//! A planted thing has everything it needs planted first. Whatever the service does in between is an
//! exchange; what keeps a thing from being planted is a [`NotPlanted`] that says so in one sentence. A request that
//! the contract does not allow is never sent: its refusal would say nothing.

mod address;
mod ask;
mod change;
mod crowd;
mod doors;
mod draft;
mod enter;
mod equals;
mod errand;
mod exact;
mod find;
mod key;
mod link;
mod location;
mod look;
mod make;
mod needs;
mod next;
mod pages;
mod part;
mod planted;
mod reads;
mod ready;
mod recipe;
mod same;
mod schema;
mod shown;
mod stop;
mod tell;
mod tour;
mod unknown;
mod views;
mod walk;
mod who;

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::Http;
use super::actor::Actor;
use crate::model::Exchange;
use crate::pack::{Entity, OpId, Pack};

pub use address::Address;
pub use doors::{Door, Way};
use draft::Draft;
pub(crate) use draft::encoded;
pub use look::Signs;
pub use make::Wish;
pub use pages::{End, Page, Pages, Size, Wanted};
pub use planted::{Changed, Linked, NotPlanted, Planted, Planting, answer, said_yes};
pub use ready::Ready;
pub use recipe::{Batch, PartRecipe, Recipe};
pub use same::same;
pub use shown::{Shown, Sight};
pub use tour::{Deed, Step};
pub use walk::Walk;
use who::Near;
pub use who::Who;
pub(in crate::probe) use who::at_boot;

/// Plants and asks, with one client, one pack and one stream of chance.
pub struct Planter {
    http: Http,
    pack: Arc<Pack>,
    rng: ChaCha8Rng,
    /// Every account it has, those that are things of the pack's among them.
    actors: Vec<Actor>,
    /// Those of them that ask whatever is nobody's own, by their places.
    regulars: Vec<usize>,
    /// The exchanges by which somebody came in or was kept out, until a walk reports them.
    entered: Vec<(OpId, Exchange)>,
}

impl Planter {
    /// Plants through `http`, by the words of `pack`, with values drawn from `rng`.
    pub fn new(http: Http, pack: Arc<Pack>, rng: ChaCha8Rng) -> Self {
        Self {
            http,
            pack,
            rng,
            actors: Vec::new(),
            regulars: Vec::new(),
            entered: Vec::new(),
        }
    }

    /// The pack it plants for.
    pub fn pack(&self) -> Arc<Pack> {
        Arc::clone(&self.pack)
    }

    /// The client it asks with.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The stream of chance that its values come from.
    pub fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.rng
    }

    /// Asks another address from now on: after a restart, or a second replica.
    pub fn move_to(&mut self, base: &str) {
        self.http = self.http.at(base);
    }

    /// The names of the entities that the API can make, by themselves or as a part of something else, each after
    /// those it belongs to.
    pub fn plantable(&self) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        for entity in self.pack.entities.values() {
            self.visit(entity, &mut order, &mut Vec::new());
        }
        order
    }

    fn visit<'e>(&'e self, entity: &'e Entity, order: &mut Vec<String>, open: &mut Vec<&'e str>) {
        let name = entity.name.as_str();
        if order.iter().any(|n| n == name) || open.contains(&name) || entity.maker().is_none() {
            return;
        }
        open.push(name);
        for parent in entity.parents.values() {
            if let Some(parent) = self.pack.entity(&parent.entity) {
                self.visit(parent, order, open);
            }
        }
        open.pop();
        order.push(name.to_owned());
    }

    fn entity(&self, of: &Planted) -> Option<&Entity> {
        self.pack.entity(&of.entity)
    }
}

/// The entity that an operation makes by itself.
fn made_whole<'p>(pack: &'p Pack, op: &OpId) -> Option<&'p Entity> {
    let makes = |e: &&Entity| e.create.as_ref().is_some_and(|c| c.op == *op);
    pack.entities.values().find(makes)
}
