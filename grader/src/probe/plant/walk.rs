//! Walking a list, page by page, as far as needed.

use serde_json::Value;

use super::pages::{End, Wanted};
use super::{Planted, Planter};
use crate::model::{Exchange, Fault};
use crate::pack::Call;

/// No list of a run has more pages than this; a list that has is going in circles.
const PAGES: usize = 300;

/// What a walk through a list saw.
#[derive(Debug, Clone)]
pub struct Walk {
    /// One exchange a page.
    pub pages: Vec<Exchange>,
    /// All items, in order.
    pub items: Vec<Value>,
    /// On which page each item stands, from 0.
    pub on: Vec<usize>,
    /// Whether the walk ended where the list said it ends, or found what it looked for. Otherwise the list says
    /// nothing about what is not in it.
    pub complete: bool,
    /// How far the list was read.
    pub end: End,
}

impl Walk {
    /// The page on which the item at this place of [`Walk::items`] stands.
    pub fn page_of(&self, item: usize) -> Option<&Exchange> {
        self.pages.get(*self.on.get(item)?)
    }
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
        let all = Wanted::default();
        let walk = self.walk(of, &call, &all, 1, |_| false).await?;
        Ok(walk.and_then(|w| w.pages.into_iter().next()))
    }

    /// Walks the list that shows things like this one to its end. None when the pack has no list, or there is no
    /// honest request for it.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn walk_through(
        &mut self,
        of: &Planted,
        wanted: &Wanted,
    ) -> Result<Option<Walk>, Fault> {
        let Some(call) = self.entity(of).and_then(|e| e.list.clone()) else {
            return Ok(None);
        };
        self.walk(of, &call, wanted, usize::MAX, |_| false).await
    }

    /// Walks a list until an item is the one looked for, or to the end, or for so many pages.
    pub(super) async fn walk(
        &mut self,
        of: &Planted,
        call: &Call,
        wanted: &Wanted,
        most: usize,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Option<Walk>, Fault> {
        let pack = self.pack();
        let Some(mut pages) = self.open(&pack, of, call, wanted) else {
            return Ok(None);
        };
        let mut walk = Walk {
            pages: Vec::new(),
            items: Vec::new(),
            on: Vec::new(),
            complete: false,
            end: End::Open,
        };
        while walk.pages.len() < most.min(PAGES) {
            let Some(page) = pages.next(self).await? else {
                break;
            };
            let items = page.items.unwrap_or_default();
            let found = items.iter().any(&is_it);
            walk.on.extend(items.iter().map(|_| walk.pages.len()));
            walk.items.extend(items);
            walk.pages.push(page.exchange);
            walk.end = pages.end();
            walk.complete = found || walk.end == End::Said;
            if found {
                break;
            }
        }
        Ok(Some(walk))
    }
}
