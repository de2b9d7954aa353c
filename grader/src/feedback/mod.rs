//! From verdicts to what a learner reads: why it matters, which hint now, nothing that names this machine.
//!
//! The steps stand in a row, each a pure function over the findings, so that a ledger of attempts or a
//! disclosure rule is one more step and not another report.

mod disclose;
mod docs;
mod ladder;
mod ledger;
mod misconceptions;
mod overrides;
mod redact;

pub use ledger::{Attempt, History, LEDGER, Ledger, Trail};
pub use overrides::{Override, Overrides, Pin};
pub use redact::Redactor;

use crate::model::{
    CheckId, CheckIndex, Fault, Finding, PackRef, Picture, Record, Report, RuntimeRef, SCHEMA,
    Shows, SubmissionRef, Verdict,
};
use crate::pack::{Belief, Disclosure};
use crate::score::{self, Rules};

/// What a run hands over.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The project.
    pub pack: PackRef,
    /// What was handed in.
    pub submission: SubmissionRef,
    /// How it was raised.
    pub runtime: RuntimeRef,
    /// The seed.
    pub seed: u64,
    /// When it started, RFC 3339, UTC.
    pub started: String,
    /// How long it took, seconds.
    pub seconds: f64,
    /// False when the command line or an early end left checks out.
    pub complete: bool,
    /// True when the run was cut short, or goes on still.
    pub partial: bool,
    /// Every planned check in the order a learner meets them.
    pub records: Vec<Record>,
    /// Failures of ours outside any check.
    pub faults: Vec<Fault>,
    /// The attempts before this one, where they are kept.
    pub history: Option<History>,
    /// The tables as they were understood.
    pub picture: Option<Picture>,
    /// After how many attempts with the same finding the next hint is shown.
    pub pace: u32,
    /// What the report tells.
    pub disclosure: Disclosure,
    /// What failures may speak of.
    pub beliefs: Vec<Belief>,
    /// What the instructor decided.
    pub overrides: Option<Overrides>,
}

/// Makes the report of a run, and its history with this run in it. `rules` is how the pack weighs it, `index`
/// the checks as data, and `redactor` knows the folders of this machine that a learner must not see.
pub fn assemble(
    run: Run,
    rules: &Rules,
    index: &CheckIndex,
    redactor: &Redactor,
) -> (Report, Option<History>) {
    let mut records = run.records;
    let mut history = run.history;
    score::price(&mut records, &rules.points);
    for record in &mut records {
        findings(&mut record.verdict)
            .iter_mut()
            .for_each(|f| redactor.finding(f));
        redactor.verdict(&mut record.verdict);
    }
    let (digest, when) = (run.submission.digest.as_str(), run.started.as_str());
    let progress = history.as_mut().map(|h| h.record(&records, digest, when));
    for record in &mut records {
        let meta = index.get(record.id.as_str());
        for finding in findings(&mut record.verdict) {
            finding.why = meta.and_then(|m| docs::why(&m.docs));
            let climbed = history
                .as_ref()
                .map_or(0, |h| h.climbed(&finding.fingerprint, run.pace));
            if let Some((hint, rung)) = meta.and_then(|m| ladder::rung(&m.hints, climbed)) {
                (finding.hint, finding.rung) = (Some(hint), Some(rung));
            }
        }
    }
    // Last of all: the ledger and the hints know what was really found.
    let name = run.submission.name.as_str();
    let overrides = run
        .overrides
        .map(|o| o.apply(name, &run.pack.id, &mut records));
    let faulty = !run.faults.is_empty();
    let standing = score::stand(&records, &run.pack, rules, run.complete, faulty);
    let notes = history.as_ref().map(History::fresh_notes);
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        partial: run.partial,
        grader: env!("CARGO_PKG_VERSION").to_owned(),
        pack: run.pack,
        submission: run.submission,
        runtime: run.runtime,
        seed: run.seed,
        started: run.started,
        seconds: run.seconds,
        verdict: match standing.verdict.as_str() {
            // What was not asked cannot be in order.
            "open" if run.partial => "not-yet".to_owned(),
            _ => standing.verdict,
        },
        complete: run.complete,
        score: standing.score,
        tiers: standing.tiers,
        totals: standing.totals,
        waiting: standing.waiting,
        first: standing.first,
        kept_back: None,
        misconceptions: misconceptions::of(&records, &run.beliefs),
        notes: notes.unwrap_or_default(),
        checks: records,
        faults: run.faults.iter().map(Fault::to_string).collect(),
        progress,
        picture: run.picture,
        overrides,
    };
    let attempt = progress.map(|progress| progress.attempt);
    if let Some(policy) = disclose::policy(&run.disclosure, attempt, day(&report.started)) {
        disclose::apply(&mut report, policy, &rules.gate.must);
        history.iter_mut().for_each(|h| h.keep_back(&report.checks));
    }
    if let Some(attempt) = history.as_mut().and_then(|h| h.attempts.last_mut())
        && report.complete
    {
        attempt.when.clone_from(&report.started);
        (attempt.earned, attempt.possible) =
            (Some(report.score.earned), Some(report.score.possible));
        attempt.open = report.verdict == "open";
    }
    (report, history)
}

/// A report as a project that shows no more than this would have told it. What it keeps back already stays so.
pub fn retell(mut report: Report, shows: Shows) -> Report {
    let rules = Disclosure::always(shows);
    if let Some(policy) = disclose::policy(&rules, None, day(&report.started)) {
        let missing = report.tiers.iter().flat_map(|tier| tier.missing.clone());
        let must: Vec<CheckId> = missing.collect();
        disclose::apply(&mut report, policy, &must);
    }
    report
}

/// The day a run started; the first there is where that cannot be read, so that nothing is told too early.
fn day(started: &str) -> jiff::civil::Date {
    let read = started.get(..10).and_then(|day| day.parse().ok());
    read.unwrap_or(jiff::civil::Date::MIN)
}

/// Everything a verdict says is wrong, advice included.
fn findings(verdict: &mut Verdict) -> &mut [Finding] {
    match verdict {
        Verdict::Fail { findings } => findings,
        Verdict::Pass { advice } => advice,
        _ => &mut [],
    }
}
