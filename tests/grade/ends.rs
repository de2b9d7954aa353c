//! Runs that do not get to their end: stopped by the user, or killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal::{self, SIGINT, SIGKILL, SIGTERM};
use tempfile::TempDir;

use super::bench::{Grader, Running};
use super::service::{python, rude};
use crate::runtime::bench::{open_folder, processes_in};

/// The ids of the runs of a cache: each has a folder.
fn runs(cache: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(cache.join("runs"))
        .into_iter()
        .flatten()
        .flatten();
    let folders = entries.filter(|e| e.path().is_dir());
    folders
        .map(|e| e.file_name().into_string().unwrap())
        .collect()
}

/// Living processes that carry the mark of one of these runs, wherever they work.
fn marked(runs: &[String]) -> Vec<u32> {
    let mut system = sysinfo::System::new();
    let what = sysinfo::ProcessRefreshKind::nothing()
        .with_environ(sysinfo::UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::All, true, what);
    let of_run = |variable: &std::ffi::OsString| {
        let mark = variable
            .to_str()
            .and_then(|v| v.strip_prefix("GRADER_RUN="))
            .unwrap_or_default();
        !mark.is_empty() && runs.iter().any(|run| mark.starts_with(run.as_str()))
    };
    let marked = system
        .processes()
        .values()
        .filter(|p| p.environ().iter().any(of_run));
    marked.map(|p| p.pid().as_u32()).collect()
}

#[track_caller]
fn nothing_is_left(cache: &Path, of: &[String]) {
    assert_eq!(runs(cache), Vec::<String>::new());
    assert_eq!(marked(of), Vec::<u32>::new());
    let working = processes_in(cache);
    assert!(working.is_empty(), "still running: {working:?}");
}

/// The folders these runs' processes work in: their worlds, and where Postgres keeps its data.
fn places(runs: &[String]) -> Vec<PathBuf> {
    let pids = marked(runs);
    let cwd = |pid: &u32| std::fs::read_link(format!("/proc/{pid}/cwd")).ok();
    pids.iter().filter_map(cwd).collect()
}

/// A grader in the middle of its run: the service is up, and keeps it waiting.
fn waiting(cache: &Path) -> (TempDir, Running, Vec<String>) {
    let service = rude("def rude(request, write): time.sleep(1000)");
    let grader = Grader::listings(service.path(), &[]).cache(cache).start();
    let grader = grader.until_it_says("pass boot.never-answers");
    let runs = runs(cache);
    assert_eq!(runs.len(), 1);
    let marked = marked(&runs);
    assert!(
        marked.len() >= 2,
        "the service and its Postgres: {marked:?}"
    );
    (service, grader, runs)
}

#[test]
fn a_killed_run_is_cleared_away_by_the_next() {
    let cache = open_folder();
    let (_service, grader, killed) = waiting(cache.path());
    let places = places(&killed);
    grader.signal(SIGKILL);
    assert_eq!(grader.end().code, None);
    assert_eq!(runs(cache.path()), killed);
    assert!(marked(&killed).len() >= 2, "they outlive their grader");
    let service = python("import lib; lib.serve()");
    let next =
        Grader::listings(service.path(), &["--only", "boot.never-answers"]).cache(cache.path());
    next.run().exits(0);
    nothing_is_left(cache.path(), &killed);
    let left: Vec<&PathBuf> = places.iter().filter(|place| place.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_run_killed_while_it_prepares_postgres_is_cleared_away() {
    let cache = open_folder();
    let service = python("import lib; lib.serve()");
    let graded =
        || Grader::listings(service.path(), &["--only", "boot.never-answers"]).cache(cache.path());
    let mut grader = graded().start();
    // The folder is there for less than a second, once for each Postgres and cache.
    let building = || {
        let entries = std::fs::read_dir(cache.path().join("postgres"))
            .into_iter()
            .flatten()
            .flatten();
        entries.map(|e| e.path()).find(|p| {
            p.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("building-"))
        })
    };
    while !building().is_some_and(|folder| folder.join("data/base").exists()) {
        assert!(grader.runs(), "{}", grader.end());
    }
    let killed = runs(cache.path());
    grader.signal(SIGKILL);
    assert_eq!(grader.end().code, None);
    graded().run().exits(0);
    nothing_is_left(cache.path(), &killed);
    assert_eq!(building(), None);
}

#[track_caller]
fn ends_at_once(grader: Running, signal: Signal) {
    grader.signal(signal);
    let signalled = std::time::Instant::now();
    let ended = grader.end();
    // Two seconds are promised; a busy machine may need more.
    assert!(signalled.elapsed() < Duration::from_secs(5), "{ended}");
    let ended = ended
        .exits(130)
        .says(&["interrupted: everything that was started is stopped"]);
    assert!(ended.out.is_empty(), "no report of half a run\n{ended}");
    let report = ended.report();
    assert_eq!(
        report["partial"], true,
        "where a file was asked for, it says what it is"
    );
    assert_ne!(report["verdict"], "open");
}

#[test]
fn ctrl_c_and_a_supervisors_sigterm_stop_everything() {
    let cache = open_folder();
    for signal in [SIGINT, SIGTERM] {
        let (_service, grader, stopped) = waiting(cache.path());
        ends_at_once(grader, signal);
        nothing_is_left(cache.path(), &stopped);
    }
}

#[test]
fn ctrl_c_stops_a_build() {
    let cache = open_folder();
    let service = python("import lib; lib.serve()");
    std::fs::write(
        service.path().join("grader.toml"),
        "[build]\ncommand = \"sleep 1000\"\n",
    )
    .unwrap();
    let grader = Grader::listings(service.path(), &[])
        .cache(cache.path())
        .start();
    let grader = grader.until_it_says("building the service");
    let stopped = runs(cache.path());
    ends_at_once(grader, SIGINT);
    nothing_is_left(cache.path(), &stopped);
}
