//! What a learner reads at the first, third and fifth attempt: one flaw of each family of checks, from reports that
//! lie beside this file. `cargo test --test all -- --ignored golden::record` makes them anew.

use std::path::{Path, PathBuf};

use grader::feedback::{History, Redactor, Run, assemble};
use grader::model::{Report, Verdict};
use grader::pack::{Disclosure, Pack, PackSource};
use grader::report::{Format, Style, terminal};
use grader::score::{Gate, Rules};
use grader::verify::{discover, prepare};

use super::bench::{Grader, root};
use crate::runtime::bench::open_folder;

/// A flaw with what a learner reads of it, written by hand: what was seen, and a word of each hint.
struct Golden {
    project: &'static str,
    flaw: &'static str,
    check: &'static str,
    saw: &'static str,
    hints: [&'static str; 3],
}

const ALL: [Golden; 5] = [
    Golden {
        project: "1-listings",
        flaw: "boot.port-ignored.1",
        check: "boot.port-ignored",
        saw: "it listens on a port of its own choice",
        hints: [
            "Who decides on which port",
            "it comes from the environment",
            "give it the host 0.0.0.0",
        ],
    },
    Golden {
        project: "1-listings",
        flaw: "endpoints.created-differs.1",
        check: "endpoints.created-differs",
        saw: "the city of a venue comes back as another value",
        hints: [
            "At which step between the request",
            "What is acknowledged is what is stored",
            "Print the value on its way in",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.fact-stored-twice.1",
        check: "schema.fact-stored-twice",
        saw: "keeps a fact of something else: venue.city with every event",
        hints: [
            "how many rows would have to change",
            "nothing but the key",
            "Drop the copy, keep the reference",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.replay-logout.1",
        check: "auth.replay-logout",
        saw: "the access token of a session, after the logout, is let in",
        hints: [
            "What does your service see when the copy comes",
            "Logging out changes something at the server",
            "End the session's row at logout",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "errors.internals-shown.1",
        check: "errors.internals-shown",
        saw: "an error shows what the database said",
        hints: [
            "What would a stranger learn from it",
            "The detail belongs into the log",
            "answer an exception that you do not know with fixed words",
        ],
    },
];

fn stored(golden: &Golden) -> PathBuf {
    root().join(format!("tests/grade/golden/{}.json", golden.flaw))
}

/// The report of that attempt, if each before it had left the same.
fn at(golden: &Golden, attempt: u32) -> Report {
    let text = std::fs::read_to_string(stored(golden)).unwrap();
    let report: Report = serde_json::from_str(&text).unwrap();
    let index = grader::checks::index();
    let pack = PackSource::folder(root().join("projects").join(golden.project));
    let pack = Pack::load(&pack, Some(&index)).unwrap();
    let rules = Rules {
        gate: Gate {
            share: pack.project.gate.share,
            must: pack.project.gate.must.clone(),
            signed_off: None,
        },
        points: pack.points.clone(),
    };
    let mut history = History::default();
    let mut told = report.clone();
    for n in 1..=attempt {
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
        (told, history) = (now, kept.unwrap());
    }
    told
}

/// The words of a page, a line each.
fn words(page: &str) -> String {
    let hidden = regex::Regex::new(r"(?s)<(style|script)>.*?</(style|script)>").unwrap();
    let tag = regex::Regex::new(r"<[^>]*>").unwrap();
    let text = tag
        .replace_all(&hidden.replace_all(page, ""), "\n")
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
    for golden in &ALL {
        let reports = [1, 3, 5].map(|attempt| at(golden, attempt));
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
#[ignore = "raises five services; its results are committed"]
fn record() {
    let fixtures = discover(&root()).unwrap();
    for golden in &ALL {
        let fixture = fixtures
            .iter()
            .find(|f| f.project == golden.project && f.name == golden.flaw)
            .unwrap();
        let scratch = open_folder();
        let dir = prepare(fixture, scratch.path()).unwrap();
        let packs = root().join("projects");
        let words = ["--project", golden.project, "--only", golden.check];
        let args = [&words[..], &["--packs", packs.to_str().unwrap()]].concat();
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
