//! The HTML report in a real browser: nothing is fetched, nothing hostile runs, everybody can read it. Needs Chromium
//! and the packages of `tests/browser` (`ci/provision browser`); fails where `GRADER_TEST_BROWSER` says they are there.

use std::path::{Path, PathBuf};
use std::process::Command;

use grader::cohort::{Graded, Outcome, Row};
use grader::model::Report;
use grader::report::Format;
use serde_json::Value;

use super::bench::root;
use crate::runtime::bench::open_folder;

/// What a browser would run, load or obey if the page let it.
const ATTACK: &str = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'><a href=javascript:alert(3)>x</a> \
    <style>*{display:none}</style> &lt;b&gt; \u{202e}evil\u{0}";

fn stored(name: &str) -> Value {
    let file = root().join(format!("tests/grade/golden/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The report with an attack in every text a learner's service can put there.
fn tainted(mut value: Value) -> Value {
    fn taint(value: &mut Value, key: &str) {
        const TEXTS: [&str; 10] = [
            "saw", "expected", "actual", "note", "says", "text", "sql", "curl", "path", "name",
        ];
        match value {
            Value::String(text) if TEXTS.contains(&key) => text.push_str(ATTACK),
            Value::Array(items) => items.iter_mut().for_each(|v| taint(v, key)),
            Value::Object(fields) => fields.iter_mut().for_each(|(k, v)| taint(v, k)),
            _ => {}
        }
    }
    taint(&mut value, "");
    value
}

fn page(folder: &Path, name: &str, report: Value) -> PathBuf {
    let report: Report = serde_json::from_value(report).unwrap();
    let file = folder.join(format!("{name}.html"));
    std::fs::write(&file, Format::Html.render(&report).unwrap()).unwrap();
    file
}

/// The page of a course in which each of these was handed in.
fn cohort(folder: &Path, name: &str, reports: &[Value]) -> PathBuf {
    let row = |(n, value): (usize, &Value)| {
        let report: Report = serde_json::from_value(value.clone()).unwrap();
        let graded = Graded::of(&report);
        Row::new(
            &format!("{n}-{}", report.submission.name),
            &format!("{n}"),
            Outcome::Graded { graded },
        )
    };
    let mut rows: Vec<Row> = reports.iter().enumerate().map(row).collect();
    rows.push(Row::new("late", "9", Outcome::Missing));
    let file = folder.join(format!("{name}.html"));
    let text = grader::cohort::page(&rows, &grader::checks::index());
    std::fs::write(&file, text).unwrap();
    file
}

fn browser() -> Option<PathBuf> {
    let names = ["chromium-headless-shell", "chromium", "google-chrome"];
    let folders = std::env::split_paths(&std::env::var_os("PATH")?).collect::<Vec<_>>();
    let all = names
        .iter()
        .flat_map(|name| folders.iter().map(move |f| f.join(name)));
    let found = all.into_iter().find(|file| file.is_file());
    found.filter(|_| root().join("tests/browser/node_modules/axe-core").is_dir())
}

#[test]
fn a_report_in_a_real_browser() {
    let Some(browser) = browser() else {
        assert!(
            std::env::var_os("GRADER_TEST_BROWSER").is_none(),
            "the browser's tools are missing"
        );
        eprintln!("not run: no Chromium, or no packages in tests/browser (ci/provision browser)");
        return;
    };
    let folder = open_folder();
    let names = [
        "schema.fact-stored-twice.1",
        "endpoints.created-differs.1",
        "auth.replay-logout.1",
    ];
    let mut pages: Vec<PathBuf> = names
        .iter()
        .map(|name| page(folder.path(), name, stored(name)))
        .collect();
    pages.extend(names.iter().map(|name| {
        page(
            folder.path(),
            &format!("tainted-{name}"),
            tainted(stored(name)),
        )
    }));
    pages.push(cohort(folder.path(), "cohort", &names.map(stored)));
    let hostile = names.map(|name| tainted(stored(name)));
    pages.push(cohort(folder.path(), "tainted-cohort", &hostile));
    let ended = Command::new("node")
        .arg(root().join("tests/browser/look.mjs"))
        .arg(browser)
        .arg(root().join("grader/docs"))
        .args(&pages)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    let seen: Value = serde_json::from_slice(&ended.stdout).unwrap();
    for look in seen["looks"].as_array().unwrap() {
        let what = format!("{} in {}", look["page"], look["look"]);
        assert_eq!(look["errors"], Value::Array(vec![]), "{what}: errors");
        assert_eq!(
            look["violations"],
            Value::Array(vec![]),
            "{what}: accessibility"
        );
        let requests = look["requests"].as_array().unwrap();
        assert_eq!(
            requests.len(),
            1,
            "{what}: only the page itself is asked for: {requests:?}"
        );
        assert!(
            look["overflow"].as_i64().unwrap() <= 0,
            "{what}: wider than the window"
        );
        match look["page"].as_str().unwrap().ends_with("cohort.html") {
            true => assert!(look["cells"].as_u64().unwrap() > 0, "{what}: no heat map"),
            false => assert!(look["findings"].as_u64().unwrap() > 0, "{what}: no finding"),
        }
        if let Some(differs) = look["differs"].as_f64() {
            assert!(
                differs < 0.06,
                "{what}: {differs} of grader/docs's picture differs; UPDATE=1 makes it anew"
            );
        }
    }
    let drawn = seen["looks"].as_array().unwrap();
    assert!(
        drawn.iter().any(|look| look["tables"].as_u64() > Some(0)),
        "the tables are drawn"
    );
    let keyboard = &seen["keyboard"];
    assert_eq!(keyboard["first"], "skip");
    assert_eq!(keyboard["jumped"], "#findings");
    assert_eq!(
        (&keyboard["reached"], &keyboard["toggled"]),
        (&true.into(), &true.into())
    );
    assert_eq!(
        keyboard["left"], keyboard["failed"],
        "the filter leaves what failed"
    );
    assert!(keyboard["printed"].as_u64().unwrap() > 10_000);
}
