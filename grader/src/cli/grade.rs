//! `grader grade`: the main job.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::sync::mpsc;

use super::find_pack::{self, Places};
use super::ledger::{Book, Page};
use super::partial::Partial;
use super::stop::Stop;
use super::watching::{self, Interrupts};
use super::{Look, asked, display, handed_in, overriding, print, say};
use crate::feedback::{self, Redactor};
use crate::model::{
    CheckIndex, Event, Exit, Fault, PackRef, Report, RuntimeRef, Shows, SubmissionRef,
};
use crate::pack::{Disclosure, Pack};
use crate::report::{Target, one_line, terminal, write_atomically};
use crate::run::{self, Settings};
use crate::runtime::{self, Choice, Limits, Options, Refusal, Runtime};
use crate::score::{Gate, Rules};
use crate::submission::Submission;

/// What `grader grade` takes.
#[derive(Debug, Args)]
pub(super) struct GradeArgs {
    /// The folder of the service
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The project it answers: an id, or the folder of a pack
    #[arg(long, value_name = "ID|PATH")]
    project: Option<String>,
    /// A folder of packs to look in first
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
    /// How the service is raised
    #[arg(long, value_enum, default_value = "auto")]
    runtime: RuntimeArg,
    /// Ask a service that already runs at this address
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The database of the service that already runs
    #[arg(long, value_name = "URL", requires = "url")]
    database_url: Option<String>,
    /// The address is another machine, and I may ask it anything
    #[arg(long, requires = "url")]
    i_own_this: bool,
    /// The database holds data, and I do not mind more of it
    #[arg(long, requires = "url")]
    allow_data: bool,
    /// What a submission may use, for instance memory=512MiB (repeatable); before what the project says
    #[arg(long, value_name = "NAME=VALUE", value_parser = asked::limit)]
    limit: Vec<asked::Limit>,
    /// In containers: what runs the service's, instead of the engine's default; runsc for instance
    #[arg(long, value_name = "NAME")]
    oci_runtime: Option<String>,
    /// In containers: go on where the service's network is found not to be sealed
    #[arg(long)]
    allow_unsealed: bool,
    /// Ask only this check, and what it stands on (repeatable)
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,
    /// Ask only the checks of this stage, and what they stand on
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// The same seed asks the same questions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many copies of the service may run at once beside the main one
    #[arg(long, default_value_t = 1, value_parser = asked::jobs)]
    jobs: usize,
    /// Leave the service up after the report, until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// The longest the whole run may take, in seconds
    #[arg(long, value_name = "S", default_value_t = 1800, value_parser = asked::seconds)]
    timeout: u64,
    /// Where attempts are kept, for `2 fixed, 1 still open` and plainer hints: a file, or `none` (default:
    /// .grader/ledger.json beside the service)
    #[arg(long, value_name = "FILE", env = "GRADER_LEDGER", hide_env = true)]
    ledger: Option<String>,
    /// What the instructor decided otherwise, and what is pinned for the term
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,
    /// What the report calls the submission (default: the folder's name)
    #[arg(long)]
    name: Option<String>,
    /// Take no pack that the submission brings: for whoever grades others
    #[arg(long)]
    no_own_pack: bool,
    /// Another grader started this one: end when standard input does
    #[arg(long, hide = true)]
    supervised: bool,
    /// Tell this much of what is found, whatever the project says: everything, findings, titles or first-failure
    #[arg(long, value_name = "HOW-MUCH", value_parser = asked::shows)]
    show: Option<Shows>,
    /// Write a report to a file (repeatable): json, junit, markdown, html, sarif, gradescope, classroom50, classroom,
    /// prairielearn, autolab, annotations or csv. A run that is cut short leaves what was judged by then
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<Target>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RuntimeArg {
    /// The best there is
    Auto,
    /// Containers
    Docker,
    /// Child processes beside a private Postgres
    Local,
    /// A service that already runs (`--url`)
    Attach,
}

impl From<RuntimeArg> for Choice {
    fn from(arg: RuntimeArg) -> Self {
        match arg {
            RuntimeArg::Auto => Self::Auto,
            RuntimeArg::Docker => Self::Docker,
            RuntimeArg::Local => Self::Local,
            RuntimeArg::Attach => Self::Attach,
        }
    }
}

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
    let settings = settings(args, index).map_err(Stop::Usage)?;
    asked::places(&args.report).map_err(Stop::Usage)?;
    let attach = args.url.is_some() || matches!(args.runtime, RuntimeArg::Attach);
    let submission = match Submission::open(&args.dir) {
        Ok(submission) => Some(submission),
        // A service that already runs needs no folder.
        Err(_) if attach => None,
        Err(problem) => return Err(Stop::Usage(problem.to_string())),
    };
    let pack = Arc::new(pack(args, submission.as_ref(), index)?);
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
    let book = Book::of(
        args.ledger.as_deref(),
        submission.as_ref().map(|s| s.root.as_path()),
    );
    if let Some(book) = &book {
        book.read().map_err(Stop::Usage)?;
    }
    let mut folders: Vec<PathBuf> = submission.iter().map(|s| s.root.clone()).collect();
    let opened = tokio::select! {
        opened = runtime::open(submission, options(args, &pack)) => opened,
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
    let (mut rules, index) = (rules(&pack), index.with_hints(&pack.hints));
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

fn settings(args: &GradeArgs, index: &CheckIndex) -> Result<Settings, String> {
    Ok(Settings {
        selection: asked::selection(&args.only, args.stage.as_deref(), index)?,
        seed: args.seed,
        jobs: args.jobs,
        run_limit: Duration::from_secs(args.timeout),
        ..Settings::default()
    })
}

fn options(args: &GradeArgs, pack: &Pack) -> Options {
    let limits = Limits::default().bounded(&pack.limits);
    Options {
        // Whoever runs the grader knows their machine better than the project does.
        limits: args
            .limit
            .iter()
            .fold(limits, |l, asked| l.bounded(&asked.0)),
        postgres: pack.service.postgres,
        oci_runtime: args.oci_runtime.clone(),
        allow_unsealed: args.allow_unsealed,
        choice: args.runtime.into(),
        url: args.url.clone(),
        database_url: args.database_url.clone(),
        i_own_this: args.i_own_this,
        allow_data: args.allow_data,
        keep: args.keep,
        ..Options::default()
    }
}

fn pack(
    args: &GradeArgs,
    submission: Option<&Submission>,
    index: &CheckIndex,
) -> Result<Pack, Stop> {
    let places = Places {
        packs: args.packs.clone(),
        env: std::env::var_os("GRADER_PACKS").map(PathBuf::from),
        beside: submission
            .filter(|_| !args.no_own_pack)
            .map(|s| s.root.clone()),
        strict: args.no_own_pack,
    };
    let own = submission.and_then(|s| s.config.project.clone());
    let path = |named: &String| named.contains(['/', '\\']) || named.starts_with('.');
    if let Some(named) = own.as_ref().filter(|n| args.no_own_pack && path(n)) {
        let named = one_line(named);
        return Err(Stop::Usage(format!(
            "grader.toml names `{named}`, and no pack of the submission's is taken\n  try: the id of a project there"
        )));
    }
    let asked = args.project.clone().or(own);
    find_pack::find(asked.as_deref(), &places, index).map_err(Stop::Usage)
}

pub(super) fn pack_ref(pack: &Pack) -> PackRef {
    PackRef {
        id: pack.project.id.clone(),
        title: pack.project.title.clone(),
        tier: pack.project.tier,
        digest: pack.digest.clone(),
    }
}

fn named(args: &GradeArgs, submission: Option<&Submission>) -> SubmissionRef {
    let named = submission.map_or_else(
        || SubmissionRef {
            name: args.url.clone().unwrap_or_default(),
            digest: String::new(),
            commit: None,
            anchor: None,
            handed_in: None,
        },
        Submission::named,
    );
    SubmissionRef {
        handed_in: handed_in::by(|name| std::env::var(name).ok()),
        name: args.name.clone().unwrap_or(named.name),
        ..named
    }
}

/// How the pack weighs a run that no mentor has seen.
fn rules(pack: &Pack) -> Rules {
    let gate = &pack.project.gate;
    Rules {
        gate: Gate {
            share: gate.share,
            must: gate.must.clone(),
            signed_off: gate.sign_off.then_some(false),
        },
        points: pack.points.clone(),
    }
}
