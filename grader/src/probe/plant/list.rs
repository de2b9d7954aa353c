//! Walking a list, page by page, as the contract pages it.

use serde_json::Value;

use super::{Planted, Planter, said_yes, text};
use crate::model::{Exchange, Fault};
use crate::pack::{Call, Operation, Paging, Spot};

/// No list of a run has more pages than this; a list that has is going in circles.
const PAGES: usize = 300;

/// What a walk through a list saw.
#[derive(Debug, Clone)]
pub struct Walk {
    /// One exchange a page.
    pub pages: Vec<Exchange>,
    /// All items, in order.
    pub items: Vec<Value>,
    /// Whether the walk ended where the list said it ends, or found what it looked for.
    pub complete: bool,
}

impl Planter {
    /// Walks the list that shows things like this one until it is found, or to the end. None when the pack
    /// has no list.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn look_for(&self, of: &Planted) -> Result<Option<(Walk, Option<Value>)>, Fault> {
        let Some(entity) = self.entity(of) else {
            return Ok(None);
        };
        let Some(call) = entity.list.clone() else {
            return Ok(None);
        };
        let Some(key) = of.key.clone() else {
            return Ok(None);
        };
        let key_name = entity
            .key_place()
            .and_then(|p| p.pointer()?.last().map(str::to_owned));
        let is_it = |item: &Value| {
            let there = key_name.as_ref().and_then(|name| item.get(name));
            there.is_some_and(|there| text(there) == text(&key))
        };
        let Some(walk) = self.walk(of, &call, is_it).await? else {
            return Ok(None);
        };
        let found = walk.items.iter().find(|i| is_it(i)).cloned();
        Ok(Some((walk, found)))
    }

    /// Walks a list until an item is the one looked for, or to the end.
    async fn walk(
        &self,
        of: &Planted,
        call: &Call,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Option<Walk>, Fault> {
        let Some(operation) = self.pack.op(&call.op).cloned() else {
            return Ok(None);
        };
        let Some(params) = self.bind(call, None, &of.facts, &of.parents) else {
            return Ok(None);
        };
        let Some(path) = operation.path.fill(&params) else {
            return Ok(None);
        };
        let mut walk = Walk {
            pages: Vec::new(),
            items: Vec::new(),
            complete: false,
        };
        let mut turn = Some(first(&operation));
        while let Some(query) = turn.take() {
            let page = self
                .page(&operation, &path, &query, walk.pages.last())
                .await?;
            let body = page.json();
            let ok = said_yes(&page);
            walk.pages.push(page);
            let Some(body) = body.filter(|_| ok) else {
                break;
            };
            let Some(listing) = &operation.listing else {
                break;
            };
            let items: Vec<Value> = listing.items.get(&body).into_iter().cloned().collect();
            let (found, count) = (items.iter().any(&is_it), items.len());
            walk.items.extend(items);
            if found {
                walk.complete = true;
                break;
            }
            if walk.pages.len() >= PAGES {
                break;
            }
            turn = next(&operation, &body, count, walk.items.len(), walk.pages.len());
            walk.complete = turn.is_none();
        }
        Ok(Some(walk))
    }

    async fn page(
        &self,
        operation: &Operation,
        path: &str,
        query: &Option<(String, String)>,
        parent: Option<&Exchange>,
    ) -> Result<Exchange, Fault> {
        let mut pairs = Vec::new();
        if let Some(listing) = &operation.listing
            && let (Some(limit), Some(max)) = (&listing.limit, listing.max)
        {
            pairs.push((limit.clone(), max.to_string()));
        }
        pairs.extend(query.clone());
        let query: Vec<_> = pairs
            .iter()
            .map(|(n, v)| format!("{}={}", encoded(n), encoded(v)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let request = self.http.request(
            operation.method.as_str(),
            &format!("{path}{mark}{}", query.join("&")),
        );
        match parent {
            Some(parent) => request.after(parent).send().await,
            None => request.send().await,
        }
    }
}

/// What the first page is asked with.
fn first(operation: &Operation) -> Option<(String, String)> {
    match &operation.listing.as_ref()?.paging {
        Paging::Page { param, first } => Some((param.clone(), first.to_string())),
        _ => None,
    }
}

/// What the next page is asked with; the outer none ends the walk.
#[expect(
    clippy::option_option,
    reason = "a page may be asked for without any parameter"
)]
fn next(
    operation: &Operation,
    body: &Value,
    count: usize,
    seen: usize,
    pages: usize,
) -> Option<Option<(String, String)>> {
    let pair = match &operation.listing.as_ref()?.paging {
        Paging::None => return None,
        Paging::Cursor { param, next } => {
            debug_assert!(matches!(next.spot, Spot::Body(_)));
            let cursor = next.get(body).first().copied()?;
            let cursor = text(next.pick(&text(cursor)).map(Value::from).as_ref()?);
            if cursor.is_empty() || cursor == "null" {
                return None;
            }
            (param.clone(), cursor)
        }
        Paging::Offset { .. } | Paging::Page { .. } if count == 0 => return None,
        Paging::Offset { param } => (param.clone(), seen.to_string()),
        Paging::Page { param, first } => (param.clone(), (first + pages as u64).to_string()),
    };
    Some(Some(pair))
}

/// Percent-encoding for a query (RFC 3986: all but unreserved characters).
pub(super) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}
