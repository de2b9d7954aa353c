//! `grader mentor` and `grader sign-off`: a talk about a submission, and what came of it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::find_pack::{self, Named, Places};
use super::ledger::Book;
use super::{print, say, stored};
use crate::feedback::{History, Ledger};
use crate::model::{CheckIndex, Exit, Fault, MentorNote};
use crate::report::{mentor, one_line};

/// A page for a talk with a learner.
#[derive(Debug, Args)]
pub(super) struct MentorArgs {
    /// The folder of the service
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// A JSON report (default: the last whole one of this service)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Where attempts are kept (default: .grader/ledger.json beside the service)
    #[arg(long, value_name = "FILE", env = "GRADER_LEDGER", hide_env = true)]
    ledger: Option<String>,
    /// A folder of packs to look in first
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
}

/// A mentor's word on a project.
#[derive(Debug, Args)]
pub(super) struct SignOffArgs {
    /// The folder of the service
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Who signs
    #[arg(long, value_name = "NAME", value_parser = words)]
    by: String,
    /// What the learner reads in the next report
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Leave a note and do not sign off; takes an earlier sign-off back
    #[arg(long, requires = "note")]
    not_yet: bool,
    /// The project, where the ledger has several
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Where attempts are kept (default: .grader/ledger.json beside the service)
    #[arg(long, value_name = "FILE", env = "GRADER_LEDGER", hide_env = true)]
    ledger: Option<String>,
}

/// How long a name or a note may be, in characters.
const LONG: usize = 2_000;

fn words(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("write a name".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// Runs `grader mentor`.
pub(super) fn mentor(args: &MentorArgs, index: &CheckIndex) -> Exit {
    let told = packet(args, index).map(|text| print(&mut std::io::stdout(), &text));
    ended(told)
}

fn packet(args: &MentorArgs, index: &CheckIndex) -> Result<String, String> {
    let book = Book::of(args.ledger.as_deref(), Some(&args.dir));
    let report = match (&args.report, &book) {
        (Some(file), _) => stored::read(file)?,
        (None, Some(book)) => book.shelf().whole()?,
        (None, None) => {
            return Err("--ledger none keeps no report\n  try: --report FILE".to_owned());
        }
    };
    let ledger = book.map_or_else(|| Ok(Ledger::default()), |book| book.read())?;
    let history = ledger.projects.get(&report.pack.id);
    let places = Places {
        packs: args.packs.clone(),
        env: std::env::var_os("GRADER_PACKS").map(PathBuf::from),
        beside: Some(args.dir.clone()),
        strict: false,
    };
    // A packet without the project's questions is a packet still.
    let pack = find_pack::find(Some(Named::Asked(&report.pack.id)), &places, index);
    let questions = pack.map(|pack| pack.mentor.questions).unwrap_or_default();
    Ok(mentor::render(&report, history, &questions))
}

/// Runs `grader sign-off`.
pub(super) fn sign_off(args: &SignOffArgs) -> Exit {
    let signed = signed(args).map(|done| match done {
        Ok(text) => print(&mut std::io::stdout(), &text),
        Err(fault) => Err(fault),
    });
    ended(signed)
}

fn signed(args: &SignOffArgs) -> Result<Result<String, Fault>, String> {
    let too_long = |text: &str| text.chars().count() > LONG;
    if too_long(&args.by) || too_long(&args.note) {
        return Err(format!("a name and a note have at most {LONG} characters"));
    }
    let Some(book) = Book::of(args.ledger.as_deref(), Some(&args.dir)) else {
        return Err("--ledger none keeps no sign-off\n  try: without it".to_owned());
    };
    let ledger = book.read()?;
    let project = project(args.project.as_deref(), &ledger, &args.dir)?;
    Ok(write(args, &book, &project))
}

fn write(args: &SignOffArgs, book: &Book, project: &str) -> Result<String, Fault> {
    let page = book.open(project)?;
    let mut history: History = page.history();
    history.notes.push(MentorNote {
        when: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
        by: args.by.clone(),
        says: args.note.trim().to_owned(),
        signed_off: !args.not_yet,
        attempt: history.attempt(),
    });
    page.write(history)?;
    let done = if args.not_yet {
        "noted for"
    } else {
        "signed off:"
    };
    Ok(format!(
        "{done} {}; the next report shows it\n",
        one_line(project)
    ))
}

/// The project that is meant: the only one, or the one that is named.
fn project(asked: Option<&str>, ledger: &Ledger, dir: &Path) -> Result<String, String> {
    let known: Vec<&str> = ledger.projects.keys().map(String::as_str).collect();
    match (asked, known.as_slice()) {
        (_, []) => Err(format!(
            "no attempt has been kept in {0}\n  try: grader grade {0}, or name the folder of the service",
            dir.display()
        )),
        (Some(asked), _) if known.contains(&asked) => Ok(asked.to_owned()),
        (Some(asked), _) => Err(super::unknown::unknown("attempt at project", asked, known)),
        (None, [one]) => Ok((*one).to_owned()),
        (None, several) => Err(format!(
            "there are attempts at several projects\n  try: --project {}",
            several.join(", --project ")
        )),
    }
}

fn ended(told: Result<Result<(), Fault>, String>) -> Exit {
    match told {
        Ok(Ok(())) => Exit::Open,
        Ok(Err(fault)) => {
            say(&format!("error: the grader failed: {fault}"));
            Exit::Fault
        }
        Err(why) => {
            say(&format!("error: {why}"));
            Exit::Usage
        }
    }
}
