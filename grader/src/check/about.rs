//! Requests about a planted thing in nobody's name: what stands in their paths, and which state they name.

use serde_json::Value;

use crate::model::Exchange;
use crate::pack::{Bound, Call, Place, Spot};
use crate::probe::plant::{Planted, said_yes};
use crate::probe::{Planter, Request};

/// What stands in the path of a call about a thing.
pub(crate) fn values(call: &Call, key: Option<&Value>, thing: &Planted) -> Vec<(Place, Value)> {
    let mut values = path(call, |way| {
        let mut thing = thing;
        for step in way {
            thing = thing.parents.get(step)?;
        }
        thing.key.clone()
    });
    for (name, bound) in &call.bind {
        let value = match bound {
            Bound::Key => key.cloned(),
            Bound::Fact(fact) => thing.facts.get(fact).cloned(),
            Bound::Up(_) | Bound::Free => None,
        };
        values.extend(value.map(|value| (in_path(name), value)));
    }
    values
}

/// What stands in the path of a call for what is above it.
pub(crate) fn path(call: &Call, up: impl Fn(&[String]) -> Option<Value>) -> Vec<(Place, Value)> {
    let pair = |(name, bound): (&String, &Bound)| match bound {
        Bound::Up(way) => Some((in_path(name), up(way)?)),
        _ => None,
    };
    call.bind.iter().filter_map(pair).collect()
}

fn in_path(name: &str) -> Place {
    Place {
        spot: Spot::Path(name.to_owned()),
        pick: None,
    }
}

/// Whether a thing is seen to be another than before: other facts, or gone. An answer that shows neither, a limit on
/// requests for instance, says nothing.
pub(crate) fn is_other(
    planter: &Planter,
    of: &Planted,
    before: &Exchange,
    after: &Exchange,
) -> bool {
    (said_yes(after) || is_gone(after)) && !planter.unchanged(of, before, after)
}

/// Whether a thing that was there is no more.
pub(crate) fn is_gone(read: &Exchange) -> bool {
    matches!(read.status(), Some(404 | 410))
}

/// A request that names the state in which the thing was read, where it names one at all.
pub(crate) fn in_this_state(request: Request, read: &Exchange) -> Request {
    let names = request
        .sent()
        .headers
        .iter()
        .any(|(n, _)| n.eq_ignore_ascii_case("if-match"));
    match read.header("etag").filter(|_| names) {
        Some(tag) => request.without("if-match").header("if-match", tag),
        None => request,
    }
}
