//! `grader batch`: many submissions, with a gradebook and a page of all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, ValueEnum};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::find_pack::{self, Named, Places};
use super::grade::{RuntimeArg, pack_ref};
use super::stop::Stop;
use super::watching::Interrupts;
use super::{asked, cohort, display, overriding, say};
use crate::cohort::{
    Asked, Batch, Found, Handed, Outcome, Packs, Roster, Row, Shard, Store, StoreProblem, find,
};
use crate::feedback::Overrides;
use crate::model::{CheckIndex, Exit, PackRef, Shows};
use crate::report::one_line;

/// What `grader batch` takes.
#[derive(Debug, Args)]
pub(super) struct BatchArgs {
    /// Folders whose sub-folders and archives (.zip, .tar, .tar.gz, .tgz) are one submission each
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<PathBuf>,
    /// Where results go, and are found again: what is done and has not changed is not done again
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The project they answer: an id, or the folder of a pack (default: what each grader.toml says)
    #[arg(long, value_name = "ID|PATH")]
    project: Option<String>,
    /// A folder of packs to look in first
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
    /// How services are raised; docker for strangers' code
    #[arg(long, value_enum, default_value = "auto")]
    runtime: RuntimeArg,
    /// The same seed asks the same questions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ask only the checks of this stage, and what they stand on
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// How many submissions are graded at once (default: three for every two processors)
    #[arg(long, value_parser = asked::workers)]
    workers: Option<usize>,
    /// The longest one run may take, in seconds
    #[arg(long, value_name = "S", default_value_t = 1800, value_parser = asked::seconds)]
    timeout: u64,
    /// Grade one of N parts, for N machines: `grader merge` puts them together
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// A CSV file with the columns name and id: stable ids, and a row for who handed in nothing
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    /// Tell this much of what is found, whatever the project says: everything, findings, titles or first-failure
    #[arg(long, value_name = "HOW-MUCH", value_parser = asked::shows)]
    show: Option<Shows>,
    /// What the instructor decided otherwise, and what is pinned for the term
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,
    /// Grade only this submission (repeatable); the others keep the results they have
    #[arg(long, value_name = "NAME")]
    submission: Vec<String>,
}

/// Runs the verb.
pub(super) async fn batch(args: BatchArgs, index: &CheckIndex) -> Exit {
    let stopped = |problem| Stop::from(problem).said();
    batched(args, index).await.unwrap_or_else(stopped)
}

/// Who is meant by a batch.
struct Meant {
    /// Those of this shard, with their ids.
    handed: Vec<(Handed, String)>,
    /// Names and ids of those of this shard who handed in nothing.
    missing: Vec<(String, String)>,
}

async fn batched(args: BatchArgs, index: &CheckIndex) -> Result<Exit, StoreProblem> {
    let usage = StoreProblem::Usage;
    let mut interrupts = Interrupts::listen()?;
    if matches!(args.runtime, RuntimeArg::Attach) {
        let why = "--runtime attach asks one service that runs already, and a batch raises each by itself";
        return Err(usage(format!("{why}\n  try: --runtime docker, or local")));
    }
    asked::selection(&[], args.stage.as_deref(), index).map_err(usage)?;
    let overrides = args.overrides.clone();
    let overrides = overrides.map(|file| Ok((file.clone(), overriding::read(&file, index)?)));
    let overrides: Option<(PathBuf, Overrides)> = overrides.transpose().map_err(usage)?;
    let packs = packs(
        &args,
        overrides.as_ref().map(|(_, o)| o.clone()),
        index.clone(),
    );
    if args.project.is_some() {
        packs(None).map_err(usage)?;
    }
    let found = find(&args.sources, &args.out).map_err(usage)?;
    remark(&found, overrides.as_ref().map(|(_, o)| o));
    let meant = meant(&args, found).map_err(usage)?;
    let store = Store::open(&args.out)?;
    let all = meant
        .handed
        .iter()
        .map(|(h, id)| (h.name.clone(), id.clone()));
    let mut names: Vec<(String, String)> = all.chain(meant.missing.iter().cloned()).collect();
    names.sort();
    store.holds(names.clone())?;
    let mut rows = Vec::new();
    for (name, id) in &meant.missing {
        let row = Row::new(name, id, Outcome::Missing);
        store.note(&row)?;
        rows.push(row);
    }
    let chosen =
        |name: &str| args.submission.is_empty() || args.submission.iter().any(|s| s == name);
    let (todo, others): (Vec<_>, Vec<_>) =
        (meant.handed.into_iter()).partition(|(h, _)| chosen(&h.name));
    let waiting = |(handed, id): &(Handed, String)| {
        let row = store.row(&handed.name);
        row.unwrap_or_else(|| Row::new(&handed.name, id, Outcome::Waiting))
    };
    rows.extend(others.iter().map(waiting));
    let program = std::env::current_exe()
        .map_err(|error| crate::model::Fault::new("looking for this program", error))?;
    let batch = Arc::new(Batch {
        program,
        workers: args.workers.unwrap_or_else(usual_workers),
        asked: as_asked(&args, overrides),
        packs,
        store,
    });
    let (told, seen) = mpsc::unbounded_channel();
    let shown = tokio::spawn(display::cohort::show(seen, todo.len()));
    let stop = CancellationToken::new();
    let graded = {
        let run = batch.run(todo, &stop, &told);
        tokio::pin!(run);
        tokio::select! {
            rows = &mut run => rows,
            () = interrupts.next() => {
                stop.cancel();
                run.await
            }
        }
    };
    drop(told);
    shown.await.ok();
    if stop.is_cancelled() {
        say(
            "interrupted: everything that was started is stopped; the same command goes on where this one ended",
        );
        return Ok(Exit::Interrupted);
    }
    rows.extend(graded);
    Ok(cohort::conclude(&rows, batch.store.folder(), index)?)
}

/// More than there are processors, since each run waits for a part of its time: for a boot, a limit, a restart. Measured
/// by `cargo dev bench cohort`.
fn usual_workers() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    processors + processors.div_ceil(2)
}

fn as_asked(args: &BatchArgs, overrides: Option<(PathBuf, Overrides)>) -> Asked {
    let runtime = args.runtime.to_possible_value();
    let runtime = runtime.map_or_else(String::new, |v| v.get_name().to_owned());
    // A child is started in the same folder, so a path stays what it is; an id is never taken for one.
    Asked {
        project: args.project.clone(),
        packs: args.packs.clone(),
        runtime,
        seed: args.seed,
        stage: args.stage.clone(),
        timeout: args.timeout,
        show: args.show,
        overrides,
    }
}

/// Finds each pack once, and holds it against the pins. A submission may name a project; it may not bring one.
fn packs(args: &BatchArgs, overrides: Option<Overrides>, index: CheckIndex) -> Packs {
    let places = Places {
        packs: args.packs.clone(),
        env: std::env::var_os("GRADER_PACKS").map(PathBuf::from),
        beside: None,
        strict: true,
    };
    let (project, stage) = (args.project.clone(), args.stage.clone());
    let known: Mutex<BTreeMap<Option<String>, Result<PackRef, String>>> = Mutex::default();
    Box::new(move |named: Option<&str>| {
        let wanted = Named::by(project.as_deref(), named);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.entry(named.map(str::to_owned)).or_insert_with(|| {
            let pack = find_pack::find(wanted, &places, &index)?;
            let selection = asked::selection(&[], stage.as_deref(), &index)?;
            asked::anything(&selection, &pack)?;
            let pack = pack_ref(&pack);
            overrides.as_ref().map_or(Ok(()), |o| o.admit(&pack))?;
            Ok(pack)
        });
        found.clone()
    })
}

/// What the sources hold beside submissions, and whom overrides speak of that is not there.
fn remark(found: &Found, overrides: Option<&Overrides>) {
    if !found.ignored.is_empty() {
        let shown: Vec<String> = found.ignored.iter().take(5).map(|n| one_line(n)).collect();
        let more = match found.ignored.len().saturating_sub(5) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        say(&format!(
            "left alone, no folder and no archive: {}{more}",
            shown.join(", ")
        ));
    }
    let names: BTreeSet<&str> = found.handed.iter().map(|h| h.name.as_str()).collect();
    let decided = overrides.map(Overrides::submissions).unwrap_or_default();
    for name in decided.difference(&names) {
        say(&format!(
            "the overrides of `{}` change nothing: there is no submission of that name",
            one_line(name)
        ));
    }
}

/// Who is in this shard, with ids.
fn meant(args: &BatchArgs, found: Found) -> Result<Meant, String> {
    let roster = args.roster.as_deref().map(roster).transpose()?;
    let names: BTreeSet<&str> = found.handed.iter().map(|h| h.name.as_str()).collect();
    for wanted in &args.submission {
        if !names.contains(wanted.as_str()) {
            let what = super::unknown::unknown("submission", wanted, names.iter().copied());
            return Err(format!(
                "{what}\n  try: the name of a folder, or of an archive without its end"
            ));
        }
    }
    let id = |name: &str| {
        let known = roster.as_ref().and_then(|r| r.id(name));
        known.unwrap_or(name).to_owned()
    };
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    for name in &names {
        if let Some(other) = ids.insert(id(name), name) {
            return Err(format!(
                "`{}` and `{}` have the same id in the roster\n  try: hand in one of them, or mend the roster",
                one_line(other),
                one_line(name)
            ));
        }
    }
    let holds = |name: &str| args.shard.is_none_or(|shard| shard.holds(name));
    let missing = roster.iter().flat_map(|r| r.missing(&names));
    let missing = missing.filter(|(name, _)| holds(name));
    let missing = missing
        .map(|(name, id)| (name.to_owned(), id.to_owned()))
        .collect();
    let handed = found.handed.iter().filter(|h| holds(&h.name));
    Ok(Meant {
        handed: handed.map(|h| (h.clone(), id(&h.name))).collect(),
        missing,
    })
}

fn roster(file: &Path) -> Result<Roster, String> {
    let place = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        format!("cannot read the roster in {place}: {error}\n  try: name a CSV file in UTF-8")
    })?;
    Roster::read(&text).map_err(|why| format!("the roster in {place}: {why}"))
}
