//! The program with `--runtime docker`: the same verdicts as without, and nothing left of a run that was killed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use grader::model::{Report, RuntimeKind, Verdict};
use grader::verify::{Fixture, Kind, discover, in_turn, prepare};
use nix::sys::signal::Signal;

use super::bench::{Grader, has_turn, reference, root};
use crate::docker::bench::{Bench, base_images, docker, engine, name, things};
use crate::runtime::bench::open_folder;

/// The report on a fixture, seed 1; with `only`, of that check and what it needs.
fn report(dir: &Path, pack: &Path, runtime: &str, place: &Path, only: &[&str]) -> Report {
    let json = place.join(format!("{runtime}.json"));
    let output = Command::new(env!("CARGO_BIN_EXE_grader"))
        .arg("grade")
        .arg(dir)
        .args(["--runtime", runtime, "--project"])
        .arg(pack)
        .args(only.iter().flat_map(|check| ["--only", *check]))
        .arg(format!("--report=json={}", json.display()))
        .env("GRADER_SHARE_CACHES", "1")
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&json)
        .unwrap_or_else(|_| panic!("{runtime}: {}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(&text).unwrap()
}

/// The local report that the matrix kept of this very fixture a moment ago (`ci/test`), if it did.
fn known(fixture: &Fixture) -> Option<Report> {
    let kept = std::env::var_os("GRADER_LOCAL_REPORTS")?;
    let file = Path::new(&kept)
        .join(&fixture.project)
        .join(format!("{}.json", fixture.name));
    let text = std::fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Verdict and fingerprints of every check that both runtimes can judge.
fn judged(report: &Report) -> BTreeMap<String, (&'static str, Vec<String>)> {
    let both = |id: &str| {
        let index = grader::checks::index();
        let on = &index.get(id).unwrap().runtimes;
        on.contains(&RuntimeKind::Docker) && on.contains(&RuntimeKind::Local)
    };
    let records = report.checks.iter().filter(|r| both(r.id.as_str()));
    records
        .map(|record| {
            let prints = match &record.verdict {
                Verdict::Fail { findings } => {
                    findings.iter().map(|f| f.fingerprint.clone()).collect()
                }
                // None of these: but if there is one, what it was.
                Verdict::Broken { fault } => vec![fault.clone()],
                _ => Vec::new(),
            };
            (record.id.to_string(), (record.verdict.name(), prints))
        })
        .collect()
}

/// Both runtimes say the same of a fixture.
fn agree(fixture: &Fixture) -> Report {
    let place = open_folder();
    let dir = prepare(fixture, place.path()).unwrap();
    same(fixture, &dir, &[], place.path())
}

/// Both runtimes say the same of what lies in this folder, of all of it or `only` of this.
fn same(fixture: &Fixture, dir: &Path, only: &[&str], place: &Path) -> Report {
    base_images(&["--for", dir.to_str().unwrap()]);
    let pack = fixture.pack(&root());
    let on = |runtime: &str| report(dir, &pack, runtime, place, only);
    let known = only.is_empty().then(|| known(fixture)).flatten();
    let (local, contained) = (known.unwrap_or_else(|| on("local")), on("docker"));
    assert_eq!(contained.runtime.kind, RuntimeKind::Docker);
    assert!(
        contained.runtime.why.contains("sealed: none of"),
        "{}",
        contained.runtime.why
    );
    assert_eq!(judged(&local), judged(&contained), "{}", fixture.title());
    contained
}

/// Those of the first project; of each later one, its reference in Python.
fn fixtures(wanted: impl Fn(&Fixture) -> bool) -> Vec<Fixture> {
    let mut all = discover(&root()).unwrap();
    let one = |f: &Fixture| f.kind == Kind::Reference && f.name == "python";
    all.retain(|f| (f.project == "1-listings" || one(f)) && wanted(f));
    assert!(!all.is_empty());
    all
}

#[test]
fn references_get_the_same_verdicts() {
    if engine() {
        let turn = std::env::var("GRADER_TURN").unwrap_or_default();
        let first = |f: &Fixture| f.project == "1-listings" && f.name == "python";
        let has_turn = |f: &Fixture| first(f) || f.is_drawn(&turn, 4);
        for fixture in fixtures(|f| f.kind == Kind::Reference && has_turn(f)) {
            assert!(
                judged(&agree(&fixture))
                    .values()
                    .all(|(verdict, _)| ["pass", "skipped"].contains(verdict))
            );
        }
    }
}

#[test]
fn variants_get_the_same_verdicts() {
    if engine() {
        let turn = std::env::var("GRADER_TURN").unwrap_or_default();
        let drawn = in_turn(fixtures(|f| f.kind == Kind::Variant), &turn);
        assert!(!drawn.is_empty());
        drawn.iter().for_each(|f| drop(agree(f)));
    }
}

#[test]
fn a_wrong_address_is_found_on_both() {
    if engine() {
        // One of them whoever's turn it is.
        let all = fixtures(|f| f.expect.contains("boot.port-ignored"));
        let drawn = |(n, f): &(usize, Fixture)| *n == 0 || has_turn(&f.title(), 3);
        for (_, fixture) in all.into_iter().enumerate().filter(drawn) {
            let place = open_folder();
            let dir = prepare(&fixture, place.path()).unwrap();
            let only = ["boot.port-ignored"];
            let report = same(&fixture, &dir, &only, place.path());
            let (verdict, prints) = judged(&report).remove("boot.port-ignored").unwrap();
            assert_eq!((verdict, prints.len()), ("fail", 1), "{}", fixture.title());
        }
    }
}

/// Each of these starts, releases or builds the service otherwise than usual. One flaw each: the matrix has the rest.
/// Without its Dockerfile a fixture is built, released and started by the same commands on both.
#[test]
fn what_is_started_otherwise_is_judged_the_same() {
    let checks = [
        "boot.config-not-required",
        "boot.database-late",
        "boot.migrations-not-rerunnable",
        "boot.build-not-clean",
    ];
    if !engine() {
        return;
    }
    for check in checks {
        if !has_turn(&format!("{check} in containers"), 2) {
            continue;
        }
        let fixture = fixtures(|f| f.expect.contains(check)).remove(0);
        let place = open_folder();
        let dir = prepare(&fixture, place.path()).unwrap();
        std::fs::remove_file(dir.join("Dockerfile")).unwrap();
        let report = same(&fixture, &dir, &[check], place.path());
        let (verdict, prints) = judged(&report).remove(check).unwrap();
        let title = fixture.title();
        assert_eq!((verdict, prints.is_empty()), ("fail", false), "{title}");
    }
}

/// The program with no engine to be found.
fn without_engine(runtime: &str) -> Grader {
    let grader = Grader::listings(
        &reference(),
        &["--runtime", runtime, "--only", "boot.never-answers"],
    );
    grader.env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
}

#[test]
fn without_an_engine_auto_is_local_and_says_why() {
    let ended = without_engine("auto").run();
    let report = ended.report();
    assert_eq!(report["runtime"]["kind"], "local");
    assert_eq!(
        report["runtime"]["why"],
        "runs on this machine without Docker: there is no socket /nonexistent/docker.sock"
    );
}

#[test]
fn without_an_engine_docker_is_a_fault_with_a_cure() {
    let ended = without_engine("docker").run();
    assert_eq!(ended.code, Some(3), "{ended}");
    assert!(ended.err.contains("there is no socket"), "{ended}");
    assert!(
        ended.err.contains("try: install and start Docker"),
        "{ended}"
    );
}

#[test]
fn with_an_engine_auto_is_docker_and_limits_are_settings() {
    if !engine() {
        return;
    }
    let args = [
        "--runtime",
        "auto",
        "--only",
        "boot.never-answers",
        "--limit",
        "memory=256MiB",
    ];
    let report = Grader::listings(&reference(), &args).run().report();
    assert_eq!(report["runtime"]["kind"], "docker");
    let why = report["runtime"]["why"].as_str().unwrap();
    assert!(why.starts_with("an engine answers: "), "{why}");
    let wrong = Grader::listings(&reference(), &["--limit", "memory=much"]).run();
    assert_eq!(wrong.code, Some(2), "{wrong}");
    let unknown = ["--runtime", "docker", "--oci-runtime", "nobody"];
    let unknown = Grader::listings(&reference(), &unknown).run();
    assert_eq!(unknown.code, Some(3), "{unknown}");
    assert!(
        unknown.err.contains("knows no OCI runtime nobody"),
        "{unknown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_start_sweeps_what_a_killed_grader_left_and_nothing_else() {
    if !engine() {
        return;
    }
    let living = Bench::python("import lib; lib.serve()", Some("nobody"));
    let (runtime, world) = living.up().await;
    let cache = open_folder();
    let grader = Grader::listings(&reference(), &["--runtime", "docker"]);
    let running = grader.cache(cache.path()).start();
    let owner = format!(" {}.", running.pid());
    let left = || {
        let format = "{{.Names}} {{.Label \"org.grader.owner\"}}";
        let all = docker(&[
            "ps",
            "-a",
            "--filter",
            "label=org.grader.run",
            "--format",
            format,
        ]);
        let of_it = all.lines().filter(|line| line.contains(&owner));
        of_it.map(str::to_owned).collect::<Vec<_>>()
    };
    let begun = Instant::now();
    while left().len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", left());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    running.signal(Signal::SIGKILL);
    running.end();
    assert!(left().len() >= 3, "nobody was there to take them away");

    let next = Bench::python("import lib; lib.serve()", Some("nobody"));
    let swept = next.open().await;
    assert_eq!(left(), Vec::<String>::new());
    swept.close().await.unwrap();
    assert!(world.alive()[0].runs(), "a living run keeps what it has");
    assert!(things(&name(&*runtime)).len() >= 4);
    runtime.close().await.unwrap();
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    if !engine() {
        return;
    }
    let grader = Grader::listings(&reference(), &["--runtime", "docker"]);
    let running = grader.start().until_it_says("starting the service");
    let owner = format!(" {}.", running.pid());
    running.signal(Signal::SIGINT);
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{ended}");
    let format = "{{.Names}} {{.Label \"org.grader.owner\"}}";
    let all = docker(&[
        "ps",
        "-a",
        "--filter",
        "label=org.grader.run",
        "--format",
        format,
    ]);
    assert!(!all.contains(&owner), "{all}");
}
