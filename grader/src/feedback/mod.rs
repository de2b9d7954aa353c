//! From verdicts to what a learner reads: why it matters, which hint now, nothing that names this machine.
//!
//! The steps stand in a row, each a pure function over the findings, so that a ledger of attempts or a
//! disclosure rule is one more step and not another report.

mod docs;
mod ladder;
mod redact;

pub use redact::Redactor;

use crate::model::{
    CheckIndex, Fault, Finding, PackRef, Record, Report, RuntimeRef, SCHEMA, SubmissionRef, Verdict,
};
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
    /// False when the command line left checks out.
    pub complete: bool,
    /// Every planned check in the order a learner meets them.
    pub records: Vec<Record>,
    /// Failures of ours outside any check.
    pub faults: Vec<Fault>,
}

/// Makes the report of a run. `rules` is how the pack weighs it, `index` the checks as data, and
/// `redactor` knows the folders of this machine that a learner must not see.
pub fn assemble(run: Run, rules: &Rules, index: &CheckIndex, redactor: &Redactor) -> Report {
    let mut records = run.records;
    score::price(&mut records, &rules.points);
    for record in &mut records {
        let meta = index.get(record.id.as_str());
        for finding in findings(&mut record.verdict) {
            finding.why = meta.and_then(|m| docs::why(&m.docs));
            finding.hint = meta.and_then(|m| ladder::rung(&m.hints, 0));
            redactor.finding(finding);
        }
        redactor.verdict(&mut record.verdict);
    }
    let faulty = !run.faults.is_empty();
    let standing = score::stand(&records, &run.pack, &rules.gate, run.complete, faulty);
    Report {
        schema: SCHEMA.to_owned(),
        grader: env!("CARGO_PKG_VERSION").to_owned(),
        pack: run.pack,
        submission: run.submission,
        runtime: run.runtime,
        seed: run.seed,
        started: run.started,
        seconds: run.seconds,
        verdict: standing.verdict,
        complete: run.complete,
        score: standing.score,
        tiers: standing.tiers,
        totals: standing.totals,
        waiting: standing.waiting,
        first: standing.first,
        checks: records,
        faults: run.faults.iter().map(Fault::to_string).collect(),
    }
}

/// Everything a verdict says is wrong, advice included.
fn findings(verdict: &mut Verdict) -> &mut [Finding] {
    match verdict {
        Verdict::Fail { findings } => findings,
        Verdict::Pass { advice } => advice,
        _ => &mut [],
    }
}
