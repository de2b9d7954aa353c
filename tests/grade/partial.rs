//! What a run leaves to read when nobody lets it end.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal::SIGKILL;
use serde_json::Value;

use super::bench::Grader;
use super::service::{python, rude};
use crate::runtime::bench::open_folder;

fn read(path: &Path) -> Option<Value> {
    // What is there is whole at any time: a report is never half written.
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn verdict<'r>(report: &'r Value, id: &str) -> &'r Value {
    let checks = report["checks"].as_array().unwrap();
    &checks.iter().find(|c| c["id"] == id).unwrap()["verdict"]
}

#[test]
fn a_killed_run_leaves_what_was_judged_by_then() {
    let cache = open_folder();
    let service = rude("def rude(request, write): time.sleep(1000)");
    let grader = Grader::listings(service.path(), &[]).cache(cache.path());
    let (json, markdown) = (grader.beside("report.json"), grader.beside("report.md"));
    let target = format!("--report=markdown={}", markdown.display());
    let stale = r#"{"schema": "of an older run", "checks": []}"#;
    std::fs::write(&json, stale).unwrap();
    let mut grader = grader
        .args(&[&target])
        .start()
        .until_it_says("pass boot.never-answers");
    let began = Instant::now();
    let judged = |report: &Value| {
        report["partial"] == true && verdict(report, "boot.never-answers") == "pass"
    };
    while !read(&json).is_some_and(|report| judged(&report)) {
        assert!(grader.runs() && began.elapsed() < Duration::from_secs(30));
    }
    grader.signal(SIGKILL);
    let ended = grader.end();
    assert_eq!(ended.code, None);
    let report = ended.report();
    assert_eq!(
        (&report["complete"], &report["tiers"][0]["open"]),
        (&false.into(), &false.into())
    );
    assert_ne!(report["verdict"], "open");
    assert_eq!(verdict(&report, "endpoints.operation-missing"), "skipped");
    let text = std::fs::read_to_string(&markdown).unwrap();
    assert!(
        text.starts_with("# partial report: the run was cut short"),
        "{text}"
    );
    assert!(
        text.contains("the run was cut short before this was judged"),
        "{text}"
    );
    // The next run clears away what this one left, and replaces its report.
    let service = python("import lib; lib.serve()");
    let next = Grader::listings(service.path(), &["--only", "boot.never-answers"]);
    let ended = next.cache(cache.path()).run().exits(0);
    assert_eq!(ended.report()["partial"], false);
}
