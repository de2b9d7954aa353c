//! Things that are found again by their facts.

use serde_json::Value;

use super::exact::json;
use super::stop::Stop;
use super::{Near, NotPlanted, Planted, Planter, key, said_yes};
use crate::pack::{Entity, Find, Operation, Place, Pointer, Spot, Token};

impl Planter {
    /// Tells a thing's key for its other operations, by `[entity] find`; a thing without one stays as it is.
    pub(super) async fn found(&mut self, mut of: Planted) -> Result<Planted, Stop> {
        let pack = self.pack();
        let Some((entity, find)) = pack
            .entity(&of.entity)
            .and_then(|e| Some((e, e.find.as_ref()?)))
        else {
            return Ok(of);
        };
        let mut draft = self.draft(&find.op, &pack)?;
        for (fact, place) in &find.by {
            let known = of.facts.get(fact).is_some_and(|v| draft.put(place, v));
            if !known {
                let why = format!("nothing is known for the {fact} that {} asks for", find.op);
                return Err(Stop::no_way(why));
            }
        }
        self.supply(&mut draft, Some(&of));
        let asked = self
            .ask_near(&draft, Near::Made(of.by), Some(&of.created))
            .await?;
        let Some(seen) = asked else {
            let why = format!("the path of {} cannot be filled", find.op);
            return Err(Stop::no_way(why));
        };
        if !said_yes(&seen) {
            return Err(NotPlanted::Refused(find.op.clone(), Box::new(seen)).into());
        }
        of.key = json(&seen).and_then(|body| key_in(entity, find, draft.op, &of, &body));
        if of.key.is_none() && key::is_needed(entity) {
            return Err(NotPlanted::NoKey(find.op.clone(), Box::new(seen)).into());
        }
        Ok(of)
    }
}

/// The key in a reply. Where the reply is a list, that of the first item which shows the facts: a service that does
/// not filter would otherwise have us take another thing's key.
fn key_in(
    entity: &Entity,
    find: &Find,
    op: &Operation,
    of: &Planted,
    body: &Value,
) -> Option<Value> {
    let inside = op
        .listing
        .as_ref()
        .and_then(|l| within(l.items.pointer()?, find.key.pointer()?));
    let Some(inside) = inside else {
        return key::at(&find.key, body);
    };
    let is_it = |item: &&Value| {
        find.by.keys().all(|name| {
            let place = entity.facts.get(name).and_then(|f| f.listed.as_ref());
            let shown = place.and_then(|p| p.get(item).first().copied());
            shown.is_none_or(|shown| of.facts.get(name).is_some_and(|sent| fits(sent, shown)))
        })
    };
    let items = op.listing.as_ref()?.items.get(body);
    let item = items.into_iter().find(is_it)?;
    let place = Place {
        spot: Spot::Body(inside),
        pick: find.key.pick.clone(),
    };
    key::at(&place, item)
}

/// Whether a shown value may be the one that was sent: services find texts in any case.
fn fits(sent: &Value, shown: &Value) -> bool {
    match (sent, shown) {
        (Value::String(a), Value::String(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => sent == shown,
    }
}

/// `/id` for the key `/items/0/id` of the list `/items/*`.
fn within(items: &Pointer, key: &Pointer) -> Option<Pointer> {
    let (list, rest) = key.tokens.split_at_checked(items.tokens.len())?;
    let each = |(a, b): (&Token, &Token)| match (a, b) {
        (Token::Each, Token::Each) => true,
        (Token::Each, Token::Name(n)) => n.bytes().all(|b| b.is_ascii_digit()),
        _ => a == b,
    };
    let tokens = rest.to_vec();
    items
        .tokens
        .iter()
        .zip(list)
        .all(each)
        .then_some(Pointer { tokens })
}
