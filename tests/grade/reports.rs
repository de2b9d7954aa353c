//! What a whole run leaves to read: one run, looked at from all sides.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::bench::{Grader, peak, reference, root};
use super::ended::Ended;
use super::service::python;

/// The reference in full, at 60 columns, with every kind of report.
struct Whole {
    ended: Ended,
    peak: Option<u64>,
    junit: PathBuf,
    markdown: PathBuf,
    html: PathBuf,
}

fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let grader = Grader::grade(&reference(), &[]).env("COLUMNS", "60");
        let (junit, markdown, html) = (
            grader.beside("report.xml"),
            grader.beside("deep/er/report.md"),
            grader.beside("report.html"),
        );
        let targets = [
            format!("--report=junit={}", junit.display()),
            format!("--report=markdown={}", markdown.display()),
            format!("--report=html={}", html.display()),
        ];
        let grader = grader.args(&targets.each_ref().map(String::as_str));
        let (ended, peak) = peak(grader.start());
        Whole {
            ended: ended.exits(0),
            peak,
            junit,
            markdown,
            html,
        }
    })
}

#[test]
fn the_page_tells_the_same_as_the_report() {
    let page = std::fs::read_to_string(&whole().html).unwrap();
    let report = whole().ended.report();
    let points = &report["score"]["earned"];
    assert!(page.contains(&format!("{points} of {points} points")));
    for check in report["checks"].as_array().unwrap() {
        let id = check["id"].as_str().unwrap();
        assert!(page.contains(&format!("id=\"check-{id}\"")), "{id}");
    }
}

#[test]
fn the_json_report_keeps_to_its_schema() {
    let schema = std::fs::read_to_string(root().join("grader/docs/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let report = whole().ended.report();
    let problems: Vec<String> = validator
        .iter_errors(&report)
        .map(|e| e.to_string())
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(
        (&report["verdict"], &report["complete"]),
        (&"open".into(), &true.into())
    );
    let count = |verdict: &str| report["totals"][verdict].as_u64().unwrap();
    // What this contract gives no ground for is skipped.
    let all = report["checks"].as_array().unwrap().len() as u64;
    assert_eq!(count("pass") + count("skipped"), all);
    assert!(count("pass") >= 36, "{}", count("pass"));
}

#[test]
fn the_junit_report_is_xml_with_a_case_for_each_check() {
    let text = std::fs::read_to_string(&whole().junit).unwrap();
    let xml = roxmltree::Document::parse(&text).unwrap();
    let cases = xml
        .descendants()
        .filter(|n| n.has_tag_name("testcase"))
        .count();
    assert_eq!(
        cases,
        whole().ended.report()["checks"].as_array().unwrap().len()
    );
    assert!(
        !xml.descendants().any(|n| n.has_tag_name("failure")),
        "{text}"
    );
}

#[test]
fn the_markdown_report_begins_with_the_verdict() {
    let text = std::fs::read_to_string(&whole().markdown).unwrap();
    assert!(text.starts_with("# the gate is open: "), "{text}");
}

#[test]
fn the_terminal_report_keeps_to_the_width_and_ends_with_what_to_do() {
    let ended = &whole().ended;
    for line in ended.out.lines() {
        assert!(textwrap::core::display_width(line) <= 60, "{line}\n{ended}");
    }
    assert!(ended.out.starts_with("runtime local: "), "{ended}");
    assert!(
        ended.out.ends_with("nothing to fix: the gate is open\n"),
        "{ended}"
    );
    assert!(
        !format!("{ended}").contains('\u{1b}'),
        "colour where nobody sees it\n{ended}"
    );
}

#[test]
fn a_report_of_findings_keeps_to_the_width() {
    let service = python("import lib; lib.serve('127.0.0.1')");
    let ended = Grader::listings(service.path(), &[])
        .env("COLUMNS", "60")
        .run()
        .exits(1);
    // A command is broken between its arguments alone: what is copied must run.
    for line in ended
        .out
        .lines()
        .filter(|l| !l.contains("curl") && !l.contains('\''))
    {
        assert!(textwrap::core::display_width(line) <= 60, "{line}\n{ended}");
    }
}

#[test]
fn the_graders_memory_stays_small() {
    let Whole { ended, peak, .. } = whole();
    assert!(
        peak.is_none_or(|kib| kib < 64 * 1024),
        "{peak:?} KiB\n{ended}"
    );
    assert!(
        peak.is_some() || !cfg!(target_os = "linux"),
        "nothing was measured"
    );
}

#[test]
fn colour_is_for_terminals_and_no_color_takes_it_away() {
    let explain = ["explain", "boot.port-ignored"];
    assert!(!Grader::new(explain).run().exits(0).out.contains('\u{1b}'));
    let coloured = Grader::new(explain)
        .env("TERM", "xterm")
        .on_a_terminal()
        .run()
        .exits(0);
    assert!(coloured.out.contains('\u{1b}'), "{coloured}");
    let plain = Grader::new(explain)
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .on_a_terminal()
        .run()
        .exits(0);
    assert!(
        !plain.out.contains('\u{1b}') && plain.out.contains("Why it matters"),
        "{plain}"
    );
}

#[test]
fn a_report_may_go_to_a_device() {
    let service = python("import lib; lib.serve()");
    let args = ["--only", "boot.build-fails", "--report", "junit=/dev/null"];
    Grader::listings(service.path(), &args).run().exits(0);
    let full = ["--only", "boot.build-fails", "--report", "junit=/dev/full"];
    if std::path::Path::new("/dev/full").exists() {
        let ended = Grader::listings(service.path(), &full).run().exits(3);
        ended.says(&[
            "score",
            "while writing the report to /dev/full: No space left on device",
        ]);
    }
}
