//! What nobody should have to remember about checks, rooms, docs and fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use grader::check::Check;
use grader::checks;
use grader::verify::{Kind, applies, discover};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Every `.rs` file below a folder, with its text.
fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_check_file_is_listed_and_its_id_equals_its_path() {
    let dir = root().join("grader/src/checks");
    let mut on_disk = BTreeSet::new();
    for (path, text) in sources(&dir) {
        if text.contains("pub static CHECK") {
            let stage = path
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_string_lossy();
            let name = path
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .replace('_', "-");
            on_disk.insert(format!("{stage}.{name}"));
        }
    }
    let listed: BTreeSet<String> = checks::all().iter().map(|c| c.id.to_owned()).collect();
    assert_eq!(on_disk, listed);
    assert_eq!(listed.len(), checks::all().len(), "an id is listed twice");
    for check in checks::all() {
        let path = format!("checks/{}.rs", check.id.replace('.', "/").replace('-', "_"));
        assert!(
            check.file.ends_with(&path),
            "{} stands in {}",
            check.id,
            check.file
        );
    }
}

#[test]
fn every_check_has_its_five_headings_three_hints_and_short_lines() {
    const HEADINGS: [&str; 5] = [
        "## What it looks at",
        "## Why it matters",
        "## Passes",
        "## Fails",
        "## How to mend it",
    ];
    for check in checks::all() {
        let meta = check.meta();
        let found: Vec<&str> = meta.docs.lines().filter(|l| l.starts_with("## ")).collect();
        assert_eq!(found, HEADINGS, "{}", check.id);
        assert!(
            meta.hints.len() >= 3,
            "{} has {} hints",
            check.id,
            meta.hints.len()
        );
        assert!(
            meta.hints[0].ends_with('?'),
            "{}: the first hint is a question",
            check.id
        );
        assert!(!meta.refs.is_empty(), "{} names no reference", check.id);
        let summary = &meta.summary;
        assert!(
            summary.len() < 100 && !summary.ends_with('.'),
            "{}: {summary}",
            check.id
        );
        assert!(
            summary.starts_with(char::is_lowercase),
            "{}: {summary}",
            check.id
        );
    }
}

#[test]
fn needs_lie_earlier_and_make_no_circle() {
    let all = checks::all();
    let place: BTreeMap<&str, usize> = all.iter().enumerate().map(|(n, c)| (c.id, n)).collect();
    for check in &all {
        for need in check.needs.iter().chain(check.after) {
            assert!(
                place[need.id] < place[check.id],
                "{} waits for {} which comes later",
                check.id,
                need.id
            );
            assert!(
                need.stage() <= check.stage(),
                "{} needs a later stage",
                check.id
            );
            assert!(
                check.is_last() || !need.is_last(),
                "{} needs what is asked last",
                check.id
            );
        }
    }
}

#[test]
fn every_check_has_a_flaw_that_it_alone_catches() {
    let fixtures = discover(&root()).unwrap();
    // What the projects' contracts give no ground for is proven against small services of their own.
    let elsewhere = [&crate::checks::PROVEN[..], &crate::plant::PROVEN[..]].concat();
    for check in checks::all() {
        let proven = fixtures
            .iter()
            .filter(|f| f.kind == Kind::Flaw)
            .any(|f| f.expect.len() == 1 && f.expect.contains(check.id));
        assert!(
            proven || elsewhere.contains(&check.id),
            "no flaw expects {} and nothing else",
            check.id
        );
    }
}

#[test]
fn every_patch_applies_to_its_base() {
    let stale: Vec<String> = discover(&root())
        .unwrap()
        .iter()
        .filter_map(|fixture| Some(format!("{}: {}", fixture.title(), applies(fixture).err()?)))
        .collect();
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn flaws_name_known_checks_and_the_check_they_are_named_after() {
    let known: BTreeSet<&str> = checks::all().iter().map(|c| c.id).collect();
    for fixture in discover(&root()).unwrap() {
        for id in fixture.expect.iter().chain(&fixture.also) {
            assert!(
                known.contains(id.as_str()),
                "{} names `{id}`",
                fixture.title()
            );
        }
        if fixture.kind == Kind::Flaw {
            let named = fixture.expect.iter().any(|id| {
                fixture.name == *id
                    || fixture
                        .name
                        .strip_prefix(id.as_str())
                        .is_some_and(|n| n.starts_with('.'))
            });
            assert!(
                named,
                "{} is not named after what it expects",
                fixture.title()
            );
        }
    }
}

/// Rooms in the order of the house; a room uses only rooms before it.
const ROOMS: [&str; 15] = [
    "model",
    "pack",
    "submission",
    "runtime",
    "probe",
    "schema",
    "check",
    "checks",
    "run",
    "score",
    "feedback",
    "report",
    "cohort",
    "verify",
    "cli",
];

#[test]
fn rooms_look_only_upward() {
    let src = root().join("grader/src");
    for (n, room) in ROOMS.iter().enumerate() {
        for (path, text) in sources(&src.join(room)) {
            for used in uses(&text) {
                let Some(at) = ROOMS.iter().position(|r| *r == used) else {
                    continue;
                };
                assert!(
                    at <= n,
                    "{} uses `{used}`, a room below its own",
                    path.display()
                );
            }
        }
    }
    for (path, _) in sources(&src) {
        let first = path
            .strip_prefix(&src)
            .unwrap()
            .iter()
            .next()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let known =
            ROOMS.contains(&first.as_str()) || ["lib.rs", "main.rs"].contains(&first.as_str());
        assert!(known, "{} stands in no room", path.display());
    }
}

/// The rooms named after `crate::` anywhere in a file.
fn uses(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    let mut used = BTreeSet::new();
    for line in code {
        for part in line.split("crate::").skip(1) {
            used.insert(
                part.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    used
}

#[test]
fn no_file_outgrows_its_screen() {
    const LINES: usize = 420;
    for (path, text) in sources(&root().join("grader")) {
        if path.components().any(|c| c.as_os_str() == "projects") {
            continue;
        }
        let lines = text.lines().count();
        assert!(lines <= LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn points_and_stages_follow_from_the_declaration() {
    let ids: Vec<&str> = checks::all().iter().map(|c: &&Check| c.id).collect();
    for check in checks::all() {
        assert!(
            check.id.starts_with(check.stage().as_str()),
            "{} of {ids:?}",
            check.id
        );
    }
}
