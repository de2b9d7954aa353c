//! What a check is: metadata, documentation and one async function, declared with [`check!`](crate::check!).

use std::future::Future;
use std::pin::Pin;

use super::{BreaksCx, Cx, HindsightCx, LocksCx, QuietCx, StaticCx, SurveyCx};
use crate::model::{
    Alone, CheckId, CheckMeta, Fault, RuntimeKind, Severity, Stage, Verdict, WorldKind,
};

/// What a check's function gives: a verdict, or a failure of ours.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Verdict, Fault>> + Send + 'a>>;

/// A check's function, by what it may use. Evidence and company exclude each other: what only a quiet
/// world can show exists only on the context of a check that runs alone.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// Looks at the folder, the build and the boot story; no running service.
    Static(for<'a> fn(&'a mut StaticCx) -> Answer<'a>),
    /// Runs beside others.
    Shared(for<'a> fn(&'a mut Cx) -> Answer<'a>),
    /// Looks at what was planted, read and labelled once for all such checks.
    Survey(for<'a> fn(&'a mut SurveyCx) -> Answer<'a>),
    /// Runs alone in its world.
    Quiet(for<'a> fn(&'a mut QuietCx) -> Answer<'a>),
    /// Runs alone and may lock tables.
    Locks(for<'a> fn(&'a mut LocksCx) -> Answer<'a>),
    /// Stops, kills, restarts, in a world of its own.
    Breaks(for<'a> fn(&'a mut BreaksCx) -> Answer<'a>),
    /// Looks back on the run when all others have ended.
    Hindsight(for<'a> fn(&'a mut HindsightCx) -> Answer<'a>),
}

/// One question. Made by [`check!`](crate::check!), listed in its stage's slice.
#[derive(Debug)]
pub struct Check {
    /// `<stage>.<the flaw it finds>`; the file's path says the same.
    pub id: &'static str,
    /// The flaw, in one line.
    pub summary: &'static str,
    /// The concept it teaches.
    pub concept: &'static str,
    /// How much the flaw matters.
    pub severity: Severity,
    /// What must have passed first.
    pub needs: &'static [&'static Self],
    /// What is asked before it, whatever comes of that: it judges what they have asked already.
    pub after: &'static [&'static Self],
    /// The world it needs.
    pub world: WorldKind,
    /// Where it can judge.
    pub runtimes: &'static [RuntimeKind],
    /// Standards and papers.
    pub refs: &'static [&'static str],
    /// A question, the principle, the move.
    pub hints: &'static [&'static str],
    /// The documentation's lines, as written above the declaration.
    pub docs: &'static [&'static str],
    /// The file it stands in.
    pub file: &'static str,
    /// Its function.
    pub run: Run,
}

/// Every runtime can judge it.
pub const ALL: &[RuntimeKind] = &[RuntimeKind::Docker, RuntimeKind::Local, RuntimeKind::Attach];

/// Needs a world that we raised: a build, a restart, a socket table.
pub const RAISED: &[RuntimeKind] = &[RuntimeKind::Docker, RuntimeKind::Local];

impl Check {
    /// The stage its id begins with.
    pub fn stage(&self) -> Stage {
        let name = self.id.split('.').next().unwrap_or_default();
        // A test refuses an id without a stage, so the fallback is never seen.
        Stage::parse(name).unwrap_or(Stage::Boot)
    }

    /// What it does to others.
    pub const fn alone(&self) -> Alone {
        match self.run {
            Run::Static(_) | Run::Shared(_) => Alone::Shared,
            Run::Survey(_) | Run::Quiet(_) => Alone::Quiet,
            Run::Locks(_) => Alone::Locks,
            Run::Breaks(_) => Alone::Breaks,
            Run::Hindsight(_) => Alone::Last,
        }
    }

    /// Whether it is asked when all others have ended.
    pub const fn is_last(&self) -> bool {
        matches!(self.run, Run::Hindsight(_))
    }

    /// The check as data.
    pub fn meta(&self) -> CheckMeta {
        CheckMeta {
            id: CheckId::from(self.id),
            stage: self.stage(),
            summary: self.summary.to_owned(),
            concept: self.concept.to_owned(),
            severity: self.severity,
            needs: self.needs.iter().map(|n| CheckId::from(n.id)).collect(),
            world: self.world,
            alone: self.alone(),
            runtimes: self.runtimes.to_vec(),
            refs: self.refs.iter().map(|&r| r.to_owned()).collect(),
            hints: self.hints.iter().map(|&h| h.to_owned()).collect(),
            docs: self
                .docs
                .iter()
                .map(|l| l.strip_prefix(' ').unwrap_or(l).trim_end())
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }
}

/// Declares a check: its documentation (five headings), its metadata, its function.
///
/// `world` and `alone` decide which context the function takes: `Static` gives [`StaticCx`], `Shared`
/// gives [`Cx`], `Quiet` [`QuietCx`], `Locks` [`LocksCx`], `Breaks` [`BreaksCx`]; `Planted` gives [`SurveyCx`],
/// and `Last` [`HindsightCx`].
#[macro_export]
macro_rules! check {
    (
        $(#[doc = $doc:literal])+
        pub static CHECK = {
            id: $id:literal,
            summary: $summary:literal,
            concept: $concept:literal,
            severity: $severity:ident,
            needs: [$($need:path),* $(,)?],
            $(after: [$($after:path),* $(,)?],)?
            world: $world:ident,
            alone: $alone:ident,
            runtimes: $runtimes:ident,
            refs: [$($ref:literal),* $(,)?],
            hints: [$($hint:literal),+ $(,)?],
            run $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub(crate) static CHECK: $crate::check::Check = $crate::check::Check {
            id: $id,
            summary: $summary,
            concept: $concept,
            severity: $crate::model::Severity::$severity,
            needs: &[$(&$need),*],
            after: &[$($(&$after),*)?],
            world: $crate::model::WorldKind::$world,
            runtimes: $crate::check::$runtimes,
            refs: &[$($ref),*],
            hints: &[$($hint),+],
            docs: &[$($doc),+],
            file: file!(),
            run: $crate::check!(@run $world $alone),
        };
    };
    (@run Static Shared) => { $crate::check::Run::Static(|cx| Box::pin(run(cx))) };
    (@run Fresh Last) => { $crate::check::Run::Hindsight(|cx| Box::pin(run(cx))) };
    (@run Planted Quiet) => { $crate::check::Run::Survey(|cx| Box::pin(run(cx))) };
    (@run $world:ident Shared) => { $crate::check::Run::Shared(|cx| Box::pin(run(cx))) };
    (@run $world:ident Quiet) => { $crate::check::Run::Quiet(|cx| Box::pin(run(cx))) };
    (@run $world:ident Locks) => { $crate::check::Run::Locks(|cx| Box::pin(run(cx))) };
    (@run $world:ident Breaks) => { $crate::check::Run::Breaks(|cx| Box::pin(run(cx))) };
}
