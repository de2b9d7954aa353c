//! The one format that a contract gives its refusals, where it gives them one.

use crate::model::Exchange;
use crate::pack::{Contract, OpId, Reply, StatusPattern, speaks};

/// The media type and the schema that all declared refusals share.
pub(crate) struct ErrorFormat<'c> {
    contract: &'c Contract,
    reply: &'c Reply,
    /// An operation that declares the reply, and the status for which it does.
    at: (&'c OpId, u16),
}

impl<'c> ErrorFormat<'c> {
    /// The format, if every refusal with a body that the contract declares has the same media type and the same
    /// schema.
    pub(crate) fn of(contract: &'c Contract) -> Option<Self> {
        let all = contract.operations.iter().flat_map(|op| {
            let refusals = op
                .replies
                .iter()
                .filter_map(|r| Some((refusal(r.status)?, r)));
            refusals.map(move |(status, reply)| Self {
                contract,
                reply,
                at: (&op.id, status),
            })
        });
        let mut all = all.filter(|f| f.reply.schema.is_some());
        let first = all.next()?;
        let same = |f: Self| f.reply.media == first.reply.media && f.schema() == first.schema();
        all.all(same).then_some(first)
    }

    fn schema(&self) -> Option<&'c serde_json::Value> {
        let schema = self.reply.schema.as_ref()?;
        Some(self.contract.follow(&schema.value))
    }

    /// The media type as the contract spells it.
    pub(crate) fn media(&self) -> &str {
        self.reply.media.as_deref().unwrap_or_default()
    }

    /// What an answer breaks of the format, for a learner; none when it keeps to it.
    pub(crate) fn broken_by(&self, answer: &Exchange) -> Option<String> {
        let media = answer.header("content-type").unwrap_or_default();
        if !speaks(self.reply, media) {
            return Some(match media {
                "" => "it has no Content-Type".to_owned(),
                media => format!("it is `{media}`"),
            });
        }
        let Some(body) = answer.json() else {
            return Some("its body is not JSON".to_owned());
        };
        let (op, status) = self.at;
        let op = self.contract.op(op.as_str())?;
        let mut broken = self
            .contract
            .validate_reply(op, status, media, &body)
            .into_iter();
        broken.next().map(|v| v.what)
    }
}

/// A status of a pattern that stands for refusals.
fn refusal(status: StatusPattern) -> Option<u16> {
    match status {
        StatusPattern::Exact(status @ 400..=599) => Some(status),
        StatusPattern::Class(class @ (4 | 5)) => Some(u16::from(class) * 100),
        // What is not declared otherwise.
        StatusPattern::Default => Some(499),
        _ => None,
    }
}
