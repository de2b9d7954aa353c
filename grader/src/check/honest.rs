//! What an answer to an honest call says, for the checks that walk through the contract.

use crate::model::{Exchange, Manner, Outcome};
use crate::pack::{Operation, Reply, is_json};
use crate::probe::plant::{Deed, Step};

/// Whether the operation of a step is not there: 405, 501, sent elsewhere, or the 404 of no address. What the
/// contract itself declares as a success is there.
pub(crate) fn missing(step: &Step, operation: &Operation, nowhere: &Exchange) -> bool {
    match step.exchange.status() {
        Some(status) if status < 400 && operation.declares(status).is_some() => false,
        Some(405 | 501) => true,
        // No client of the contract follows, and a POST would lose its body.
        Some(301 | 302 | 303 | 307 | 308) => true,
        // A contract may say that what needs nothing may not be there either (`/orders/current`).
        Some(404) if step.deed == Deed::Other => operation.declares(404).is_none(),
        // On a collection nothing but the route itself can be "not found". On a thing that was made just now,
        // 404 may also mean that the thing is not found; then the answer differs from that of no address.
        Some(404) if matches!(step.deed, Deed::Create | Deed::List) => true,
        Some(404) => same_answer(&step.exchange, nowhere),
        _ => false,
    }
}

/// Whether the answer of a step is one that an honest call should get.
pub(crate) fn welcome(step: &Step, operation: &Operation) -> bool {
    let Some(status) = step.exchange.status() else {
        return false;
    };
    let declared = operation.declares(status).is_some();
    // What is called with nothing may say that there is nothing, or that it is not ready yet.
    let nothing = step.deed == Deed::Other && declared && (status < 500 || status == 503);
    operation.succeeds(status) || nothing
}

/// Whether an answer says that the account may not do that, where the contract foresees it and names no role: then
/// nobody but the service's author knows who may.
pub(crate) fn undecided(step: &Step, operation: &Operation) -> bool {
    let unnamed = operation.security.anybody();
    unnamed && step.exchange.status() == Some(403) && operation.declares(403).is_some()
}

/// The JSON reply that the contract declares for this status, if it declares one.
pub(crate) fn declared_json(operation: &Operation, status: u16) -> Option<&Reply> {
    let mut declared = operation.declared(status).into_iter();
    declared.find(|r| r.media.as_deref().is_some_and(is_json))
}

/// The media type that a reply says it has, without parameters, in lower case; empty if it says none.
pub(crate) fn said_media(exchange: &Exchange) -> String {
    let said = exchange.header("content-type").unwrap_or_default();
    let plain = said.split(';').next().unwrap_or_default();
    plain.trim().to_ascii_lowercase()
}

/// Whether the contract declares a header for this status, and if so, whether it must be there.
pub(crate) fn declares_header(operation: &Operation, status: u16, name: &str) -> Option<bool> {
    let headers = &operation.declares(status)?.headers;
    let named = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    Some(*named.1)
}

/// How an answer broke, if it did more than be wrong.
pub(crate) fn manner(exchange: &Exchange) -> Manner {
    match &exchange.outcome {
        Outcome::Answered {
            status: 500..=599, ..
        } => Manner::ServerError,
        Outcome::Answered { .. } => Manner::Wrong,
        Outcome::TimedOut { .. } => Manner::Hang,
        _ => Manner::Crash,
    }
}

/// Whether two answers are the same text once each one's own address is taken out of it.
fn same_answer(a: &Exchange, b: &Exchange) -> bool {
    let said = |e: &Exchange| match &e.outcome {
        Outcome::Answered { status, body, .. } => {
            let path = e.sent.path.split('?').next().unwrap_or_default();
            Some((
                *status,
                body.text.replace(path, "").replace(&e.sent.method, ""),
            ))
        }
        _ => None,
    };
    said(a).is_some() && said(a) == said(b)
}
