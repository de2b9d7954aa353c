//! `grader replay FINDING`: asks again what a finding rests on, as it was asked then.

use std::path::PathBuf;

use clap::{Args, Parser};

use super::grade::{GradeArgs, graded};
use super::ledger::Book;
use super::stop::Stop;
use super::{Look, print, say, stored};
use crate::model::{CheckIndex, Exit, Finding, Record, Report, RuntimeKind, Verdict};
use crate::report::{one_line, terminal};

/// Ask again what a finding rests on.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The finding as a report names it, endpoints.created-differs#1, or its fingerprint
    finding: String,
    /// The folder of the service
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The JSON report it stands in (default: the last one of this service)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Leave the service up after it, until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// Where packs are, besides those built in
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
    /// How the service is raised: docker or local (default: as then)
    #[arg(long, value_name = "RUNTIME")]
    runtime: Option<String>,
    /// Where attempts are kept (default: .grader/ledger.json beside the service)
    #[arg(long, value_name = "FILE", env = "GRADER_LEDGER", hide_env = true)]
    ledger: Option<String>,
}

/// A command line of `grade`, so that what is asked again is asked by the same words.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: GradeArgs,
}

/// Runs the verb: 1 where the finding is still there, 0 where it is gone.
pub(super) async fn replay(args: &ReplayArgs, index: &CheckIndex) -> Exit {
    match replayed(args, index).await {
        Ok(exit) => exit,
        Err(stop) => stop.said(),
    }
}

async fn replayed(args: &ReplayArgs, index: &CheckIndex) -> Result<Exit, Stop> {
    let book = Book::of(args.ledger.as_deref(), Some(&args.dir));
    let report = match (&args.report, book) {
        (Some(file), _) => stored::read(file),
        (None, Some(book)) => book.shelf().last(),
        (None, None) => Err("--ledger none keeps no report\n  try: --report FILE".to_owned()),
    };
    let report = report.map_err(Stop::Usage)?;
    let (check, finding) = find(&report, &args.finding).map_err(Stop::Usage)?;
    let (seed, check) = (report.seed, check.id.as_str());
    say(&format!("asking {check} again, seed {seed}"));
    let line = Line::try_parse_from(words(args, &report, check));
    let line = line.map_err(|error| Stop::Fault(error.to_string()))?;
    let now = graded(&line.args, index).await?.report;
    let again = now.checks.iter().find(|record| record.id.as_str() == check);
    let same = again.and_then(|record| record.verdict.findings().iter().find(|f| same(f, finding)));
    let (text, exit) = told(again, same, finding);
    print(&mut std::io::stdout(), &text).map_err(|fault| Stop::Fault(fault.to_string()))?;
    Ok(exit)
}

/// The finding of that name, with its check.
fn find<'r>(report: &'r Report, name: &str) -> Result<(&'r Record, &'r Finding), String> {
    let all = || {
        let records = report.checks.iter();
        records.flat_map(|r| r.verdict.findings().iter().map(move |f| (r, f)))
    };
    let found = all().find(|(_, f)| f.id == name || f.fingerprint == name);
    // A check that failed may be named by its id alone.
    let found = found.or_else(|| all().find(|(r, _)| r.id.as_str() == name));
    found.ok_or_else(|| {
        let ids: Vec<&str> = all().map(|(_, f)| f.id.as_str()).collect();
        let what = super::unknown::unknown("finding", name, ids.iter().copied());
        match ids.as_slice() {
            [] => format!("{what}: the report has none"),
            [first, ..] => format!("{what}\n  try: one of the report's, {}", one_line(first)),
        }
    })
}

fn words(args: &ReplayArgs, report: &Report, check: &str) -> Vec<std::ffi::OsString> {
    let mut words: Vec<std::ffi::OsString> = vec!["grade".into(), args.dir.clone().into()];
    let mut add = |name: &str, value: std::ffi::OsString| words.extend([name.into(), value]);
    add("--project", report.pack.id.clone().into());
    add("--only", check.into());
    add("--seed", report.seed.to_string().into());
    add("--ledger", "none".into());
    if let Some(packs) = &args.packs {
        add("--packs", packs.clone().into());
    }
    let then = match report.runtime.kind {
        RuntimeKind::Docker => "docker",
        RuntimeKind::Local => "local",
        RuntimeKind::Attach => "auto",
    };
    add("--runtime", args.runtime.as_deref().unwrap_or(then).into());
    if args.keep {
        words.push("--keep".into());
    }
    words
}

fn same(a: &Finding, b: &Finding) -> bool {
    a.fingerprint == b.fingerprint
}

/// What came of it, and the exit code.
fn told(again: Option<&Record>, same: Option<&Finding>, then: &Finding) -> (String, Exit) {
    let look = Look::for_stdout();
    match (again, same) {
        (Some(record), Some(finding)) => {
            let mut only = record.clone();
            only.verdict = Verdict::Fail {
                findings: vec![finding.clone()],
            };
            let shown = terminal::findings(&only, look.width);
            (format!("still there:\n\n{shown}"), Exit::NotYet)
        }
        (Some(record), None) if !record.verdict.findings().is_empty() => {
            let shown = terminal::findings(record, look.width);
            (
                format!("gone, but the check finds something else:\n\n{shown}"),
                Exit::NotYet,
            )
        }
        (Some(record), None) if record.verdict.passed() => {
            let saw = one_line(&then.saw);
            (
                format!("gone: {saw}\nrun `grader grade` for the whole picture\n"),
                Exit::Open,
            )
        }
        _ => (
            "this time the check could not be judged; `grader grade` says why\n".to_owned(),
            Exit::NotYet,
        ),
    }
}
