//! One honest request, asked again and again while the tables fill.

use serde_json::Value;

use super::super::Cx;
use super::scene::free_parents;
use crate::model::{Exchange, Fault};
use crate::pack::{Call, OpId};
use crate::probe::plant::{Planted, Planting, Ready, Wanted, Wish, said_yes};

/// A request about a planted thing.
#[derive(Clone)]
pub(crate) struct Ask {
    /// The operation it calls.
    pub(crate) op: OpId,
    /// As a reader names it: `GET /events by venue_id`.
    pub(crate) about: String,
    /// The thing that it is about.
    pub(crate) of: Planted,
    /// What it does.
    pub(crate) what: What,
}

/// What a request does.
#[derive(Clone)]
pub(crate) enum What {
    /// Reads one thing, or something below it.
    Read(Call),
    /// Reads the first page of the list that shows things like this one.
    List(Wanted),
    /// Makes another thing like this one, which belongs to the same things.
    Create,
    /// Changes a fact of it.
    Change,
    /// Removes a thing like it, made for this.
    Delete,
}

/// What a request needs, made before it.
pub(crate) enum Prepared {
    /// It needs no more than the thing that it is about.
    Nothing,
    /// The thing that it removes.
    Removed(Box<Planted>),
    /// The request itself, with everything that it refers to.
    Made(Box<Ready>),
}

/// What came of a request.
pub(crate) struct Answer {
    pub(crate) exchange: Exchange,
    /// How many things the reply shows: the items of the list that was asked for, else the elements of all lists in it.
    pub(crate) things: usize,
}

impl Ask {
    /// Whether it only reads, so that its answer must stay the same.
    pub(crate) fn reads(&self) -> bool {
        matches!(self.what, What::Read(_) | What::List(_))
    }

    /// What must be there before it is asked: the thing that a delete removes, and all that a new one needs. Asked
    /// for together, the requests that make it would count as part of this one.
    pub(crate) async fn prepare(&self, cx: &mut Cx) -> Result<Planting<Prepared>, Fault> {
        let (name, wish) = (&self.of.entity, self.sibling(cx));
        let planter = cx.planter();
        Ok(match self.what {
            What::Delete => {
                let thing = planter.plant_as(name, wish).await?;
                thing.map(|thing| Prepared::Removed(Box::new(thing)))
            }
            What::Create => {
                let ready = planter.prepare(name, wish).await?;
                ready.map(|ready| Prepared::Made(Box::new(ready)))
            }
            What::Read(_) | What::List(_) | What::Change => Ok(Prepared::Nothing),
        })
    }

    /// Asks; none where there is no honest request.
    pub(crate) async fn send(
        &self,
        cx: &mut Cx,
        prepared: &Prepared,
    ) -> Result<Option<Answer>, Fault> {
        let pack = cx.pack();
        let of = match prepared {
            Prepared::Removed(thing) => thing,
            Prepared::Made(_) | Prepared::Nothing => &self.of,
        };
        let mut listed = None;
        let exchange = match &self.what {
            What::Read(call) => cx.planter().ask(of, call, of.key.as_ref(), None).await?,
            What::List(wanted) => {
                let Some(mut pages) = cx.planter().pages(&pack, of, wanted) else {
                    return Ok(None);
                };
                let page = pages.next(cx.planter()).await?;
                listed = page.as_ref().and_then(|p| p.items.as_ref().map(Vec::len));
                page.map(|page| page.exchange)
            }
            What::Create => match prepared {
                Prepared::Made(ready) => Some(ready.request().send().await?).filter(said_yes),
                Prepared::Removed(_) | Prepared::Nothing => None,
            },
            What::Change => cx
                .planter()
                .change(of)
                .await?
                .map(|changed| changed.exchange),
            What::Delete => cx.planter().delete(of).await?,
        };
        Ok(exchange.map(|exchange| {
            let all = || exchange.json().as_ref().map_or(0, elements);
            let things = listed.unwrap_or_else(all);
            Answer { exchange, things }
        }))
    }

    fn sibling(&self, cx: &Cx) -> Wish {
        Wish {
            parents: free_parents(&cx.pack(), &self.of),
            ..Wish::default()
        }
    }
}

/// The elements of all lists in a value.
fn elements(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.len() + all.iter().map(elements).sum::<usize>(),
        Value::Object(members) => members.values().map(elements).sum(),
        _ => 0,
    }
}

/// The greatest number that stands in a value outside its lists: a list may say how many there are in all.
pub(crate) fn greatest(value: &Value) -> f64 {
    match value {
        Value::Number(n) => n.as_f64().unwrap_or_default(),
        Value::Object(members) => members.values().map(greatest).fold(0.0, f64::max),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reply_shows_the_elements_of_all_its_lists() {
        let reply = json!({"items": [{"tags": [1, 2]}, {}], "total": 4000, "next": null});
        assert_eq!(elements(&reply), 4);
        assert!((greatest(&reply) - 4000.0).abs() < 1e-9);
    }
}
