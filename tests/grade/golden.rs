//! What a learner reads at the first, third and fifth attempt: one flaw of each family of checks, from reports that
//! lie in `golden/`. `cargo test --test all -- --ignored golden::record` makes those that are not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use grader::feedback::{History, Redactor, Run, assemble};
use grader::model::{CheckIndex, Report, Verdict};
use grader::pack::{Disclosure, Pack, PackSource};
use grader::report::{Format, Style, terminal};
use grader::score::{Gate, Rules};
use grader::verify::{discover, prepare};
use regex::Regex;

use super::bench::{Grader, root};
use super::families::{ALL, Golden};
use crate::runtime::bench::open_folder;

fn stored(golden: &Golden) -> PathBuf {
    root().join(format!("tests/grade/golden/{}.json", golden.flaw))
}

/// The pack's folder.
fn folder(golden: &Golden) -> PathBuf {
    let contract = root().join("fixtures/contracts").join(golden.project);
    match contract.is_dir() {
        true => contract,
        false => root().join("projects").join(golden.project),
    }
}

/// The reports of the first, the third and the fifth attempt, each of which leaves the same.
fn attempts(golden: &Golden, index: &CheckIndex, pack: &Pack) -> [Report; 3] {
    let text = std::fs::read_to_string(stored(golden)).unwrap();
    let report: Report = serde_json::from_str(&text).unwrap();
    let rules = Rules {
        gate: Gate {
            share: pack.project.gate.share,
            must: pack.project.gate.must.clone(),
            signed_off: None,
        },
        points: pack.points.clone(),
        before: vec![],
    };
    let mut history = History::default();
    let mut told = Vec::new();
    for n in 1..=5 {
        let mut submission = report.submission.clone();
        submission.digest = format!("{n:064}");
        let run = Run {
            pack: report.pack.clone(),
            submission,
            runtime: report.runtime.clone(),
            seed: report.seed,
            started: report.started.clone(),
            seconds: report.seconds,
            complete: report.complete,
            partial: false,
            records: report.checks.clone(),
            faults: vec![],
            history: Some(history),
            picture: report.picture.clone(),
            pace: pack.project.next_rung_after,
            disclosure: Disclosure::default(),
            beliefs: pack.beliefs.clone(),
            overrides: None,
        };
        let redactor = Redactor::new(&report.started, &[]);
        let (now, kept) = assemble(run, &rules, &index.with_hints(&pack.hints), &redactor);
        history = kept.unwrap();
        told.push(now);
    }
    [0, 2, 4].map(|place: usize| told[place].clone())
}

/// The words of a page, a line each.
fn words(page: &str) -> String {
    static HIDDEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)<(style|script)>.*?</(style|script)>").unwrap());
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[^>]*>").unwrap());
    let text = TAG
        .replace_all(&HIDDEN.replace_all(page, ""), "\n")
        .into_owned();
    let text = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (entity, c)| text.replace(entity, c));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first text, and of each other the lines that are not in it.
fn changes(texts: &[String]) -> String {
    let first = texts.first().cloned().unwrap();
    let known: Vec<&str> = first.lines().collect();
    let more = texts.iter().skip(1).enumerate().map(|(n, text)| {
        let new = text.lines().filter(|line| !known.contains(line));
        let new: Vec<&str> = new.collect();
        format!(
            "\n\n══ attempt {}: these lines are others\n{}",
            2 * n + 3,
            new.join("\n")
        )
    });
    [first.clone()].into_iter().chain(more).collect()
}

#[test]
fn what_a_learner_reads() {
    let index = grader::checks::index();
    let mut packs = BTreeMap::new();
    for golden in &ALL {
        let pack = packs.entry(golden.project).or_insert_with(|| {
            Pack::load(&PackSource::folder(folder(golden)), Some(&index)).unwrap()
        });
        let reports = attempts(golden, &index, pack);
        for (report, hint) in reports.iter().zip(golden.hints) {
            let text = terminal::render(report, 400, Style::PLAIN);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for expected in [golden.check, golden.saw, hint] {
                assert!(
                    text.contains(expected),
                    "{}: {expected:?} in {text}",
                    golden.flaw
                );
            }
        }
        let texts = |render: &dyn Fn(&Report) -> String| changes(&reports.each_ref().map(render));
        let told = [
            (
                "terminal",
                texts(&|report| terminal::render(report, 80, Style::PLAIN)),
            ),
            (
                "markdown",
                texts(&|report| Format::Markdown.render(report).unwrap()),
            ),
            (
                "html",
                texts(&|report| words(&Format::Html.render(report).unwrap())),
            ),
        ];
        for (name, text) in told {
            insta::assert_snapshot!(format!("{}-{name}", golden.flaw), text);
        }
    }
}

/// Makes the stored reports anew: each flaw is graded once, asked for its check and what that stands on.
#[test]
#[ignore = "raises a service each; its results are committed"]
fn record() {
    let fixtures = discover(&root()).unwrap();
    // Those that are there already are kept: whoever wants one anew takes it away first.
    for golden in ALL.iter().filter(|golden| !stored(golden).exists()) {
        let fixture = fixtures
            .iter()
            .find(|f| f.project == golden.project && f.name == golden.flaw)
            .unwrap();
        let scratch = open_folder();
        let dir = prepare(fixture, scratch.path()).unwrap();
        let pack = folder(golden);
        let args = ["--project", pack.to_str().unwrap(), "--only", golden.check];
        let ended = Grader::grade(&dir, &args).run();
        let report: Report = serde_json::from_value(ended.report()).unwrap();
        let failed = report.checks.iter().find(|r| r.id.as_str() == golden.check);
        assert!(matches!(failed.unwrap().verdict, Verdict::Fail { .. }));
        std::fs::create_dir_all(stored(golden).parent().unwrap()).unwrap();
        std::fs::write(stored(golden), still(&report)).unwrap();
    }
}

/// The report with what differs from run to run and from machine to machine set still.
fn still(report: &Report) -> String {
    let mut report = report.clone();
    report.submission.name = "box-office".into();
    report.submission.commit = None;
    report.started = "2027-03-01T19:00:00Z".into();
    report.seconds = 12.0;
    report.runtime.postgres = Some("15.4".into());
    report
        .checks
        .iter_mut()
        .for_each(|record| record.seconds = 0.5);
    serde_json::to_string_pretty(&report).unwrap() + "\n"
}

/// A path that a test names.
#[test]
fn stored_reports_name_no_folder_of_a_machine() {
    for golden in &ALL {
        let text = std::fs::read_to_string(stored(golden)).unwrap();
        for folder in [
            "/tmp/",
            "/root/",
            "/home/",
            Path::new(env!("CARGO_MANIFEST_DIR")).to_str().unwrap(),
        ] {
            assert!(!text.contains(folder), "{}: {folder}", golden.flaw);
        }
    }
}
