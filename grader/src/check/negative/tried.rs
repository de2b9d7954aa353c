//! A case that was asked, and what came of it.

use serde_json::Value;

use crate::check::honest::manner;
use crate::model::{Exchange, Manner};
use crate::pack::OpId;
use crate::probe::Request;
use crate::probe::negative::{Case, Must};

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// It was refused, in an orderly way.
    Refused,
    /// It was taken.
    Taken,
    /// A 5xx, half an answer, or none.
    Broke(Manner),
    /// Something that is neither.
    Unclear,
}

impl Came {
    pub(super) fn of(exchange: &Exchange) -> Self {
        match exchange.status() {
            _ if manner(exchange) != Manner::Wrong => Self::Broke(manner(exchange)),
            Some(200..=299) => Self::Taken,
            Some(400..=499) => Self::Refused,
            _ => Self::Unclear,
        }
    }
}

/// A case that was asked.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    /// The operation.
    pub(crate) op: OpId,
    /// The entity or the link that it is about.
    pub(super) about: Option<String>,
    /// The honest body that the case was done to; null where what is wrong stands elsewhere.
    pub(crate) body: Value,
    /// The request without a body of its own, where it has one.
    pub(super) request: Option<Request>,
    /// The case.
    pub(crate) case: Case,
    /// What was sent, and what came back.
    pub(crate) exchange: Exchange,
    /// What that is.
    pub(crate) came: Came,
}

impl Tried {
    /// What it is about: the entity, the link, else the operation.
    pub(crate) fn about(&self) -> String {
        self.about.clone().unwrap_or_else(|| self.op.to_string())
    }

    /// How much was sent: the smallest request shows a cause best.
    pub(super) fn size(&self) -> u64 {
        let sent = &self.exchange.sent;
        sent.body.as_ref().map_or(0, |b| b.bytes) + sent.path.len() as u64
    }
}

/// Whether a case broke the service.
pub(crate) fn broke(tried: &Tried) -> bool {
    matches!(tried.came, Came::Broke(_))
}

/// Whether a case that the contract forbids was taken, which no usual framework does.
pub(crate) fn taken(tried: &Tried) -> bool {
    tried.came == Came::Taken && tried.case.must == Must::Refuse
}

/// Whether a case was taken that usual frameworks take.
pub(crate) fn coerced(tried: &Tried) -> bool {
    tried.came == Came::Taken && tried.case.must == Must::Coerce
}
