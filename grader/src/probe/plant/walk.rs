//! Walking a list, page by page, as the contract pages it.

use serde_json::Value;

use super::exact::json;
use super::next::{self, Turn};
use super::stop::inward;
use super::{Draft, Near, Planted, Planter, ask, said_yes};
use crate::model::{Exchange, Fault};
use crate::pack::{Call, Contract, Listing, ParamPlace, Place, Pointer, Spot, Token};

/// No list of a run has more pages than this; a list that has is going in circles.
const PAGES: usize = 300;

/// No page need be larger than this: a list of any length is walked in few of them.
const LARGEST: u64 = 200;

/// What a walk through a list saw.
#[derive(Debug, Clone)]
pub struct Walk {
    /// One exchange a page.
    pub pages: Vec<Exchange>,
    /// All items, in order.
    pub items: Vec<Value>,
    /// Whether the walk ended where the list said it ends, or found what it looked for. Otherwise the list says
    /// nothing about what is not in it.
    pub complete: bool,
}

impl Planter {
    /// The first page of the list that shows things like this one; none when the pack has no list, or there is no
    /// honest request for it.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn list(&mut self, of: &Planted) -> Result<Option<Exchange>, Fault> {
        let Some(call) = self.entity(of).and_then(|e| e.list.clone()) else {
            return Ok(None);
        };
        let walk = self.walk(of, &call, 1, |_| false).await?;
        Ok(walk.and_then(|w| w.pages.into_iter().next()))
    }

    /// Walks a list until an item is the one looked for, or to the end, or for so many pages.
    pub(super) async fn walk(
        &mut self,
        of: &Planted,
        call: &Call,
        most: usize,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Option<Walk>, Fault> {
        let pack = self.pack();
        let Ok(mut draft) = self.draft(&call.op, &pack) else {
            return Ok(None);
        };
        let bound = ask::bind(&mut draft, call, None, &of.facts, &of.parents);
        // A filter that nobody knows the right value for may hide the very thing.
        if !bound || !self.supply(&mut draft, Some(of)) {
            return Ok(None);
        }
        let mut walk = Walk {
            pages: Vec::new(),
            items: Vec::new(),
            complete: false,
        };
        let listing = draft.op.listing.clone();
        if let Some(listing) = &listing {
            size(&pack.contract, listing, &mut draft);
        }
        let mut turn = Turn::first(listing.as_ref());
        let mut before: Option<Vec<Value>> = None;
        while walk.pages.len() < most.min(PAGES) {
            let Some(page) = self.page(of, &draft, &turn, walk.pages.last()).await? else {
                break;
            };
            let body = json(&page).filter(|_| said_yes(&page));
            walk.pages.push(page);
            let (Some(body), Some(listing)) = (body, &listing) else {
                break;
            };
            let Some(items) = items(&listing.items, &body) else {
                break;
            };
            let found = items.iter().any(&is_it);
            walk.items.extend(items.iter().cloned());
            if found {
                walk.complete = true;
                break;
            }
            // The same page again: the list does not listen to what it is asked.
            if !items.is_empty() && before.as_ref() == Some(&items) {
                break;
            }
            let seen = (items.len(), walk.items.len(), walk.pages.len());
            match next::after(listing, &turn, &body, seen) {
                next::Next::Page(next) => turn = next,
                next::Next::End => {
                    walk.complete = true;
                    break;
                }
                next::Next::Lost => break,
            }
            before = Some(items);
        }
        Ok(Some(walk))
    }

    async fn page(
        &mut self,
        of: &Planted,
        draft: &Draft<'_>,
        turn: &Turn,
        parent: Option<&Exchange>,
    ) -> Result<Option<Exchange>, Fault> {
        let mut draft = draft.clone();
        for (name, value) in &turn.query {
            let place = Place {
                spot: Spot::Query(name.clone()),
                pick: None,
            };
            draft.put(&place, &Value::from(value.as_str()));
        }
        let after = parent.unwrap_or(&of.created);
        inward(self.ask_near(&draft, Near::Made(of.by), Some(after)).await)
    }
}

/// Asks for the largest page that the contract allows, and for none where it sets no bound.
fn size(contract: &Contract, listing: &Listing, draft: &mut Draft<'_>) {
    let (Some(name), Some(max)) = (&listing.limit, listing.max) else {
        return;
    };
    let Some(param) = draft.op.param(ParamPlace::Query, name) else {
        return;
    };
    let allowed = |n: &u64| contract.accepts(&param.schema.value, &Value::from(*n));
    let place = Place {
        spot: Spot::Query(name.clone()),
        pick: None,
    };
    if let Some(size) = [max.min(LARGEST), max].iter().find(|n| allowed(n)) {
        draft.put(&place, &Value::from(*size));
    }
}

/// The items of a page; none where no list stands in their place.
fn items(place: &Place, body: &Value) -> Option<Vec<Value>> {
    let tokens = &place.pointer()?.tokens;
    let each = tokens.iter().position(|t| *t == Token::Each)?;
    let list = Pointer {
        tokens: tokens[..each].to_vec(),
    };
    list.get(body).first()?.as_array()?;
    Some(place.get(body).into_iter().cloned().collect())
}
