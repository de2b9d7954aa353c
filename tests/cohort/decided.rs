//! `overrides.toml`, from its mistakes to the report.

use super::course::{Course, ENDS};
use crate::grade::bench::Grader;

const DECIDED: &str = r#"
[[override]]
submission = "ada"
check      = "boot.never-answers"
verdict    = "waived"
reason     = "The lab's proxy was down on 3 March."
by         = "M. Curie"
[[override]]
submission = "ada"
check      = "endpoints.no-location"
verdict    = "pass"
reason     = "never asked here"
"#;

fn course(overrides: &str) -> (Course, String) {
    let course = Course::new();
    course.folder("ada", ENDS);
    course.folder("bob", "import sys; sys.exit('other')");
    std::fs::write(course.path("overrides.toml"), overrides).unwrap();
    let file = course.arg("overrides.toml");
    (course, file)
}

#[test]
fn a_verdict_is_changed_with_its_reason_beside_it() {
    let (course, file) = course(DECIDED);
    let folder = course.path("in/ada");
    let args = ["--stage", "boot", "--overrides", &file];
    // What waits for the waived check was never judged, so this part is not in order either.
    let ended = Grader::listings(&folder, &args).run().exits(1).says(&[
        "changed by the instructor",
        "waived by M. Curie, was failed: The lab's proxy was down on 3 March.",
        "the override of endpoints.no-location changed nothing",
    ]);
    let report = ended.report();
    let checks = report["checks"].as_array().unwrap();
    let changed = checks
        .iter()
        .find(|c| c["id"] == "boot.never-answers")
        .unwrap();
    assert_eq!(changed["verdict"], "skipped", "{ended}");
    assert_eq!(changed["overridden"]["was"]["verdict"], "fail", "{ended}");
    assert_eq!(report["overrides"]["missed"][0], "endpoints.no-location");
    let other = Grader::listings(&folder, &args)
        .args(&["--name", "bob"])
        .run();
    other.exits(1).never_says(&["changed by the instructor"]);
}

#[test]
fn a_batch_grades_again_whom_a_decision_is_about() {
    let (course, file) = course("");
    let batch = |args: &[&str]| course.batch("out", args).run().exits(0);
    batch(&["--overrides", &file]).says(&["2 of 2 graded"]);
    std::fs::write(&file, DECIDED).unwrap();
    let ended = batch(&["--overrides", &file]);
    ended
        .says(&["1 of 2 were done before", "] ada: "])
        .never_says(&["] bob: "]);
    let book = course.read("out/gradebook.csv");
    let ada = book.lines().find(|line| line.starts_with("ada,")).unwrap();
    assert!(ada.ends_with(",1,"), "one verdict was changed: {book}");
    assert!(
        course
            .read("out/reports/ada.html")
            .contains("waived by M. Curie")
    );
}

#[test]
fn mistakes_and_other_pins_are_refused_at_once() {
    let (course, file) = course(
        "[[override]]\nsubmission = \"ada\"\ncheck = \"boot.never-answer\"\nverdict = \"pass\"\nreson = \"x\"\n",
    );
    let graded = || Grader::listings(&course.path("in/ada"), &["--overrides", &file]).run();
    graded().refuses(&[
        "overrides.toml:3:9: there is no check `boot.never-answer` (did you mean `boot.never-answers`?)",
        "overrides.toml:5:1: unknown key `reson`",
        "has no `reason`",
    ]);
    course
        .batch("out", &["--overrides", &file])
        .run()
        .refuses(&["unknown key `reson`"]);
    std::fs::write(
        &file,
        "[pin]\npacks = { \"1-listings\" = \"000000000000\" }\n",
    )
    .unwrap();
    graded().refuses(&["pin project 1-listings at 000000000000", "under [pin]"]);
    course
        .batch("out", &["--overrides", &file])
        .run()
        .refuses(&["pin project 1-listings"]);
    std::fs::write(&file, "[pin]\ngrader = \"0.0.1\"\n").unwrap();
    graded().refuses(&["pin grader 0.0.1, and this is"]);
}
