//! A list, one page at a time, as the contract pages it.

use serde_json::Value;

use super::exact::json;
use super::next::{self, Next, Turn};
use super::stop::inward;
use super::{Draft, Near, Planted, Planter, ask, said_yes};
use crate::model::{Exchange, Fault};
use crate::pack::{Call, Contract, Listing, Pack, ParamPlace, Place, Pointer, Spot, Token};

/// No page need be larger than this: a list of any length is walked in few of them.
const LARGEST: u64 = 200;

/// What a list is asked for, whichever page of it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Parameters of the query and their values: filters, a sort.
    pub query: Vec<(String, String)>,
    /// How many items a page shall hold.
    pub size: Size,
}

/// How many items a page shall hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Size {
    /// The most that the contract allows (of very many, 200), and the service's own choice where it sets no bound.
    #[default]
    Largest,
    /// The service's own choice.
    Unsaid,
    /// This, whatever the contract says of it; the service's own choice where no parameter takes it.
    Exactly(String),
}

impl Wanted {
    /// Pages of this size.
    pub fn pages_of(size: u64) -> Self {
        Self {
            query: Vec::new(),
            size: Size::Exactly(size.to_string()),
        }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }
}

/// A list that is being read.
pub struct Pages<'p> {
    draft: Draft<'p>,
    listing: Option<&'p Listing>,
    /// Who made the thing that is looked for: nobody else need see it.
    near: Near,
    turn: Turn,
    before: Option<Vec<Value>>,
    last: Exchange,
    read: usize,
    seen: usize,
    end: End,
}

/// How far a list has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// There may be more.
    Open,
    /// The list said that it ends.
    Said,
    /// Nobody knows: it goes in circles, repeats a page, or says what cannot be read.
    Lost,
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// How it came.
    pub exchange: Exchange,
    /// What stands on it; none where the answer is no page.
    pub items: Option<Vec<Value>>,
}

impl Planter {
    /// Opens the list that shows things like this one. None when the pack has no list, or there is no honest
    /// request for it.
    pub fn pages<'p>(
        &mut self,
        pack: &'p Pack,
        of: &Planted,
        wanted: &Wanted,
    ) -> Option<Pages<'p>> {
        let call = pack.entity(&of.entity)?.list.as_ref()?;
        self.open(pack, of, call, wanted)
    }

    pub(super) fn open<'p>(
        &mut self,
        pack: &'p Pack,
        of: &Planted,
        call: &Call,
        wanted: &Wanted,
    ) -> Option<Pages<'p>> {
        let mut draft = self.draft(&call.op, pack).ok()?;
        for (name, value) in &wanted.query {
            draft.put(&query(name), &Value::from(value.as_str()));
        }
        let bound = ask::bind(&mut draft, call, None, &of.facts, &of.parents);
        // A filter that nobody knows the right value for may hide the very thing.
        if !bound || !self.supply(&mut draft, Some(of)) {
            return None;
        }
        let listing = draft.op.listing.as_ref();
        if let Some(listing) = listing {
            size(&pack.contract, listing, &wanted.size, &mut draft);
        }
        let mut turn = Turn::first(listing);
        // Who asks for a page of their own begins there.
        turn.query
            .retain(|(name, _)| !wanted.query.iter().any(|(own, _)| own == name));
        Some(Pages {
            draft,
            listing,
            near: Near::Made(of.by),
            turn,
            before: None,
            last: of.created.clone(),
            read: 0,
            seen: 0,
            end: End::Open,
        })
    }
}

impl Pages<'_> {
    /// The next page; none after the last.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub async fn next(&mut self, planter: &mut Planter) -> Result<Option<Page>, Fault> {
        if self.end != End::Open {
            return Ok(None);
        }
        let mut draft = self.draft.clone();
        for (name, value) in &self.turn.query {
            draft.put(&query(name), &Value::from(value.as_str()));
        }
        let asked = planter.ask_near(&draft, self.near, Some(&self.last)).await;
        let Some(exchange) = inward(asked)? else {
            self.end = End::Lost;
            return Ok(None);
        };
        self.last = exchange.clone();
        let items = self.turn_over(&exchange);
        Ok(Some(Page { exchange, items }))
    }

    /// Whether there may be more, and if not, why.
    pub fn end(&self) -> End {
        self.end
    }

    /// Reads a page and finds out what follows it.
    fn turn_over(&mut self, page: &Exchange) -> Option<Vec<Value>> {
        self.end = End::Lost;
        let body = json(page).filter(|_| said_yes(page))?;
        let listing = self.listing?;
        let items = items(&listing.items, &body)?;
        self.read += 1;
        self.seen += items.len();
        // The same page again: the list does not listen to what it is asked.
        let again = !items.is_empty() && self.before.as_ref() == Some(&items);
        let seen = (items.len(), self.seen, self.read);
        self.end = match next::after(listing, &self.turn, &body, seen) {
            _ if again => End::Lost,
            Next::Page(next) => {
                self.turn = next;
                End::Open
            }
            Next::End => End::Said,
            Next::Lost => End::Lost,
        };
        self.before = Some(items.clone());
        Some(items)
    }
}

/// Asks for pages of this size, where a parameter takes it.
fn size(contract: &Contract, listing: &Listing, wanted: &Size, draft: &mut Draft<'_>) {
    let Some(name) = &listing.limit else { return };
    let param = draft.op.param(ParamPlace::Query, name);
    let allowed =
        |n: &u64| param.is_some_and(|p| contract.accepts(&p.schema.value, &Value::from(*n)));
    let size = match (wanted, listing.max) {
        (Size::Exactly(size), _) => Some(size.clone()),
        (Size::Largest, Some(max)) => {
            let best = [max.min(LARGEST), max].into_iter().find(allowed);
            best.map(|n| n.to_string())
        }
        (Size::Largest, None) | (Size::Unsaid, _) => None,
    };
    if let Some(size) = size {
        draft.put(&query(name), &Value::from(size));
    }
}

fn query(name: &str) -> Place {
    Place {
        spot: Spot::Query(name.to_owned()),
        pick: None,
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
