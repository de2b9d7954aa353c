//! The context of a check that is asked when all others have ended: it looks back on the whole run.

pub(crate) mod again;
pub(crate) mod killer;
pub(crate) mod suspects;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::cx::evidence;
use super::{BreaksCx, Cx, Findings, LocksCx, QuietCx, Raised};
use crate::model::{Evidence, Exchange, Fault, Sent};
use crate::pack::{Operation, Pack};
use crate::probe::Journal;
use crate::runtime::Trouble;

/// A process of the service that ended although nobody had asked it to, and of which no check tells.
#[derive(Debug, Clone)]
pub struct End {
    /// The checks that were asked then.
    pub asked: BTreeSet<String>,
    /// What this process was asked, in the order in which the exchanges ended.
    pub exchanges: Vec<Exchange>,
}

/// Where a check finds worlds that nobody has used.
pub trait Ground: Send + Sync {
    /// A world that nobody else uses. Whoever asks for it lowers it.
    fn fresh(&self) -> BoxFuture<'_, Result<Arc<Raised>, Trouble>>;
}

/// What a run leaves behind for whoever looks back on it.
pub struct Past {
    /// The project that is graded.
    pub pack: Arc<Pack>,
    /// Everything that was asked.
    pub journal: Journal,
    /// What all values of the run follow from.
    pub seed: String,
    /// The ends of the service that no check tells of.
    pub ends: Vec<End>,
    /// The checks that failed: what they saw is told.
    pub failed: BTreeSet<String>,
    /// What the service was told in each of its worlds and nobody else may hear: what it is called, and its text.
    pub secrets: BTreeSet<(String, String)>,
}

/// The context of a check that is asked last.
pub struct HindsightCx {
    check: &'static str,
    past: Past,
    ground: Arc<dyn Ground>,
    explained: BTreeSet<String>,
}

impl HindsightCx {
    /// For the check with this id, when all others have ended.
    pub fn new(check: &'static str, past: Past, ground: Arc<dyn Ground>) -> Self {
        Self {
            check,
            past,
            ground,
            explained: BTreeSet::new(),
        }
    }

    /// What the run left behind.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// An exchange as evidence, with what it shows.
    pub fn seen(&self, says: impl Into<String>, exchange: &Exchange) -> Evidence {
        evidence(says, exchange)
    }

    /// A collector for this check.
    pub fn findings(&self) -> Findings {
        Findings::new(self.check)
    }

    /// The context of a world that nobody has used; none where it does not come up.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn fresh(&self) -> Result<Option<BreaksCx>, Fault> {
        let raised = match self.ground.fresh().await {
            Ok(raised) => raised,
            Err(Trouble::Fault(fault)) => return Err(fault),
            Err(_) => return Ok(None),
        };
        let Past {
            pack,
            journal,
            seed,
            ..
        } = &self.past;
        let cx = Cx::new(self.check, pack, &raised, journal, seed)?;
        Ok(Some(BreaksCx::new(LocksCx::new(QuietCx::new(cx)))))
    }

    /// Says that this check's finding explains why these could not be judged: they wait for it.
    pub fn explains(&mut self, checks: impl IntoIterator<Item = String>) {
        self.explained.extend(checks);
    }

    /// The checks that wait for this one's finding.
    pub fn explained(self) -> BTreeSet<String> {
        self.explained
    }
}

/// A request's operation as the contract spells it, with the request's own method; where the contract has no such path,
/// what there is to say without an id.
pub(crate) fn line(pack: &Pack, sent: &Sent) -> String {
    let path = sent.path.split('?').next().unwrap_or_default();
    let holds = |op: &&Operation| op.path.holds(path);
    let fixed = |op: &&Operation| op.path.params().is_empty();
    let all = || pack.contract.operations.iter().filter(holds);
    match all().find(fixed).or_else(|| all().next()) {
        Some(op) => format!("{} {}", sent.method, op.path),
        None => format!("{} of a path that the contract does not have", sent.method),
    }
}
