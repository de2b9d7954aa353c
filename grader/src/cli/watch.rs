//! `grader watch`: grades again when something was saved; what failed last comes first.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use clap::Args;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::ledger::Book;
use super::say;
use super::watching::Interrupts;
use crate::model::{Doing, Exit, Fault, Verdict};
use crate::submission::Submission;

/// How long it must be quiet after a save: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(300);

/// The exit code of a command line that is no good ([`Exit::Usage`]).
const USAGE: i32 = 2;

/// Grade again on every save.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// The folder of the service
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Further words for `grader grade`, after `--`: -- --stage endpoints
    #[arg(last = true)]
    words: Vec<String>,
}

/// Runs the verb until Ctrl-C.
pub(super) async fn watch(args: &WatchArgs) -> Exit {
    match watched(args).await {
        Ok(exit) => exit,
        Err(Trouble::Usage(why)) => {
            say(&format!("error: {why}"));
            Exit::Usage
        }
        Err(Trouble::Ours(fault)) => {
            say(&format!("error: the grader failed: {fault}"));
            Exit::Fault
        }
    }
}

enum Trouble {
    Usage(String),
    Ours(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Ours(fault)
    }
}

async fn watched(args: &WatchArgs) -> Result<Exit, Trouble> {
    let mut interrupts = Interrupts::listen()?;
    let mut seen = digest(args)?;
    let mut first = true;
    let (saves, mut saved) = mpsc::unbounded_channel();
    let _watcher = watcher(args, saves)?;
    loop {
        let mut steps = steps(args).into_iter();
        let mut running = steps.next().map(|words| start(args, words)).transpose()?;
        loop {
            tokio::select! {
                () = interrupts.next() => {
                    stop(running).await?;
                    return Ok(Exit::Interrupted);
                }
                ended = ended(&mut running) => {
                    // A command line that is no good will not be better after a save.
                    if ended?.code() == Some(USAGE) && std::mem::take(&mut first) {
                        return Ok(Exit::Usage);
                    }
                    first = false;
                    let open = running.take().is_some_and(|run| run.open);
                    running = steps.next().filter(|_| open).map(|words| start(args, words)).transpose()?;
                    if running.is_none() {
                        say("watching: save a file and it is graded again; Ctrl-C ends");
                    }
                }
                _ = saved.recv() => {
                    while saved.try_recv().is_ok() {}
                    // Half a save may be no submission; the next event brings the other half.
                    let Ok(now) = digest(args) else { continue };
                    if now != seen {
                        seen = now;
                        say("watching: something was saved");
                        stop(running).await?;
                        break;
                    }
                }
            }
        }
    }
}

/// A run, and whether it ended with an open gate.
struct Run {
    child: Child,
    open: bool,
}

/// What to ask, in order: what failed last, if anything did, and when that is mended everything.
fn steps(args: &WatchArgs) -> Vec<Vec<String>> {
    let book = Book::of(
        std::env::var("GRADER_LEDGER").ok().as_deref(),
        Some(&args.dir),
    );
    let last = book.and_then(|book| book.shelf().last().ok());
    let narrowed = args.words.iter().any(|word| word.starts_with("--only"));
    let failed = last.iter().flat_map(|report| &report.checks);
    let failed = failed.filter(|r| matches!(r.verdict, Verdict::Fail { .. }));
    let only: Vec<String> = failed
        .flat_map(|record| ["--only".to_owned(), record.id.to_string()])
        .collect();
    match only.is_empty() || narrowed {
        true => vec![vec![]],
        false => vec![only, vec![]],
    }
}

/// Starts `grader grade`: a program of its own, so that whatever a run does, the watch goes on.
fn start(args: &WatchArgs, words: Vec<String>) -> Result<Run, Fault> {
    let doing = "starting grader grade";
    let mut command = Command::new(std::env::current_exe().doing(doing)?);
    command.arg("grade").arg(&args.dir).args(&args.words);
    command.args(words).stdin(Stdio::null()).kill_on_drop(true);
    let child = command.spawn().doing(doing)?;
    Ok(Run { child, open: false })
}

/// The end of the run that goes on; never where none does.
async fn ended(running: &mut Option<Run>) -> Result<ExitStatus, Fault> {
    match running {
        Some(run) => {
            let status = run.child.wait().await.doing("waiting for grader grade")?;
            run.open = status.success();
            Ok(status)
        }
        None => std::future::pending().await,
    }
}

/// Ends a run as Ctrl-C would, so that it lowers what it raised.
async fn stop(running: Option<Run>) -> Result<(), Fault> {
    let Some(mut run) = running else {
        return Ok(());
    };
    if let Some(pid) = run.child.id().and_then(|id| i32::try_from(id).ok()) {
        // One that has just ended needs no signal.
        let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
    }
    run.child.wait().await.doing("stopping grader grade")?;
    Ok(())
}

/// What the folder holds now, without what tools make again from it.
fn digest(args: &WatchArgs) -> Result<String, Trouble> {
    let submission = Submission::open(&args.dir);
    submission
        .map(|submission| submission.digest)
        .map_err(|problem| Trouble::Usage(problem.to_string()))
}

fn watcher(
    args: &WatchArgs,
    saves: mpsc::UnboundedSender<()>,
) -> Result<Debouncer<RecommendedWatcher>, Fault> {
    let doing = || format!("watching {}", args.dir.display());
    let told = move |_: DebounceEventResult| {
        // Nobody listens any more when the watch ends.
        let _ = saves.send(());
    };
    let mut watcher = new_debouncer(QUIET, told).doing(doing())?;
    let watched = watcher.watcher().watch(&args.dir, RecursiveMode::Recursive);
    watched.doing(doing()).map_err(|fault| {
        fault.cure("raise fs.inotify.max_user_watches, or keep large folders out of the service's")
    })?;
    Ok(watcher)
}
