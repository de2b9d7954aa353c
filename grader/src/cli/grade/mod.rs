//! `grader grade`: the main job.

mod args;
mod meant;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::ledger::{Book, Page};
use super::partial::Partial;
use super::stop::Stop;
use super::watching::{self, Interrupts};
use super::{Look, asked, display, overriding, print, say};
use crate::feedback::{self, Redactor};
use crate::model::{CheckIndex, Event, Exit, Fault, Report, RuntimeRef};
use crate::pack::{Disclosure, Pack};
use crate::report::{terminal, write_atomically};
use crate::run;
use crate::runtime::{self, Refusal, Runtime};
use crate::submission::Submission;

pub(super) use args::{GradeArgs, RuntimeArg};
use meant::named;
pub(super) use meant::pack_ref;

/// Grades one submission and prints the report.
pub(super) async fn grade(args: GradeArgs, index: &CheckIndex) -> Exit {
    let told = match graded(&args, index).await {
        Ok(graded) => tell(&args, graded),
        Err(stop) => Err(stop),
    };
    told.unwrap_or_else(Stop::said)
}

/// A report, and whether this attempt could be kept.
pub(super) struct Graded {
    pub(super) report: Report,
    pub(super) kept: Result<(), Fault>,
}

/// Grades one submission.
///
/// # Errors
/// Why there is no report.
pub(super) async fn graded(args: &GradeArgs, index: &CheckIndex) -> Result<Graded, Stop> {
    let mut interrupts = Interrupts::listen().map_err(|f| Stop::Fault(f.to_string()))?;
    if args.supervised {
        watching::end_with_stdin();
    }
    let settings = args.settings(index).map_err(Stop::Usage)?;
    asked::places(&args.report).map_err(Stop::Usage)?;
    let attach = args.url.is_some() || matches!(args.runtime, RuntimeArg::Attach);
    let submission = match Submission::open(&args.dir) {
        Ok(submission) => Some(submission),
        // A service that already runs needs no folder.
        Err(_) if attach => None,
        Err(problem) => return Err(Stop::Usage(problem.to_string())),
    };
    let pack = Arc::new(meant::pack(args, submission.as_ref(), index).map_err(Stop::Usage)?);
    asked::anything(&settings.selection, &pack).map_err(Stop::Usage)?;
    let named = named(args, submission.as_ref());
    let overrides = args.overrides.as_deref();
    let overrides = overrides
        .map(|file| overriding::read(file, index))
        .transpose();
    let overrides = overrides.map_err(Stop::Usage)?;
    if let Some(overrides) = &overrides {
        overrides.admit(&pack_ref(&pack)).map_err(Stop::Usage)?;
    }
    // Whoever is told more or less than the project says is not the learner whose folder this is.
    let own = submission.as_ref().filter(|_| args.show.is_none());
    let book = Book::of(args.ledger.as_deref(), own.map(|s| s.root.as_path()));
    if let Some(book) = &book {
        book.read().map_err(Stop::Usage)?;
    }
    let mut folders: Vec<PathBuf> = submission.iter().map(|s| s.root.clone()).collect();
    let opened = tokio::select! {
        opened = runtime::open(submission, args.options(&pack)) => opened,
        () = interrupts.next() => return Err(Stop::Interrupted),
    };
    let runtime: Arc<dyn Runtime> = match opened {
        Ok(runtime) => Arc::from(runtime),
        Err(Refusal::Usage(what)) => return Err(Stop::Usage(what)),
        Err(Refusal::Fault(fault)) => return Err(Stop::Fault(fault.to_string())),
    };
    folders.extend(runtime.folder());
    let started = jiff::Timestamp::now();
    let started = started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let redactor = Redactor::new(&started, &folders);
    let (mut rules, index) = (meant::rules(&pack), index.with_hints(&pack.hints));
    let begun = feedback::Run {
        pack: pack_ref(&pack),
        submission: named,
        runtime: RuntimeRef {
            kind: runtime.kind(),
            why: runtime.why().to_owned(),
            postgres: None,
        },
        seed: settings.seed,
        started,
        seconds: 0.0,
        complete: settings.selection.is_whole(),
        partial: false,
        records: vec![],
        faults: vec![],
        picture: None,
        history: None,
        pace: pack.project.next_rung_after,
        disclosure: match args.show {
            Some(shows) => Disclosure::always(shows),
            None => pack.project.shows.clone(),
        },
        beliefs: pack.beliefs.clone(),
        overrides: None,
    };
    let (events, seen) = mpsc::unbounded_channel::<Event>();
    let (on, shown) = mpsc::unbounded_channel::<Event>();
    let shown = tokio::spawn(display::show(shown));
    let partial = Partial::new(
        begun.clone(),
        rules.clone(),
        index.clone(),
        redactor.clone(),
        &args.report,
    );
    let following = partial.follow(seen, on);
    let checks = crate::checks::all();
    let conducted = tokio::select! {
        run = run::conduct(Arc::clone(&pack), Arc::clone(&runtime), &checks, settings, events) => Some(run),
        () = interrupts.next() => None,
    };
    let Some(mut run) = conducted else {
        shown.abort();
        tokio::join!(following.cut_short(), watching::lower(&*runtime));
        if !args.report.is_empty() {
            say("what was judged by then stands in the reports, which say that they are partial");
        }
        return Err(Stop::Interrupted);
    };
    following.ended().await;
    let _ = shown.await;
    if args.keep {
        watching::keep(&run, &mut interrupts).await;
    }
    if let Err(fault) = runtime.close().await {
        run.faults.push(fault);
    }
    let page = page(book.as_ref(), &pack)?;
    if let Some(page) = &page {
        let signed = |_| page.history().signed_off();
        rules.gate.signed_off = rules.gate.signed_off.map(signed);
    }
    let run = feedback::Run {
        runtime: RuntimeRef {
            // Only now it says whether the network was found to be sealed.
            why: runtime.why().to_owned(),
            postgres: run.postgres,
            ..begun.runtime
        },
        seconds: run.seconds,
        records: run.records,
        faults: run.faults,
        picture: run.picture,
        history: page.as_ref().map(Page::history),
        overrides,
        ..begun
    };
    let (report, history) = feedback::assemble(run, &rules, &index, &redactor);
    let kept = match (page, history) {
        (Some(page), Some(history)) => page.close(history, &report),
        _ => Ok(()),
    };
    Ok(Graded { report, kept })
}

/// The page of the ledger that this run goes to. Where nobody asked for one, a folder that cannot be written to
/// costs a remark and no grade.
fn page(book: Option<&Book>, pack: &Pack) -> Result<Option<Page>, Stop> {
    let Some(book) = book else {
        return Ok(None);
    };
    match book.open(&pack.project.id) {
        Ok(page) => Ok(Some(page)),
        Err(fault) if book.is_asked() => Err(Stop::Fault(fault.to_string())),
        Err(fault) => {
            say(&format!("attempts are not counted: {fault}"));
            Ok(None)
        }
    }
}

fn tell(args: &GradeArgs, Graded { report, kept }: Graded) -> Result<Exit, Stop> {
    let fault = |fault: Fault| Stop::Fault(fault.to_string());
    // Files first: a reader who closes the pipe must not cost them. Nor does a full disk cost the reader.
    let written = args.report.iter().map(|target| {
        let text = target.format.render(&report)?;
        write_atomically(&target.path, text.as_bytes())
    });
    let written: Vec<Result<(), Fault>> = written.collect();
    let look = Look::for_stdout();
    let text = terminal::render(&report, look.width, look.style);
    print(&mut std::io::stdout(), &text).map_err(fault)?;
    written
        .into_iter()
        .collect::<Result<(), Fault>>()
        .map_err(fault)?;
    overriding::missed(&report);
    kept.map_err(fault)?;
    Ok(report.exit())
}
