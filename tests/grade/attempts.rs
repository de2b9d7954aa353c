//! What one attempt leaves for the next.

use std::path::Path;

use super::bench::Grader;
use super::ended::Ended;
use super::service::python;

/// Graded with the ledger that a learner has.
fn grade(dir: &Path, args: &[&str]) -> Ended {
    let args = [&["--only", "boot.never-answers"], args].concat();
    let grader = Grader::listings(dir, &args).env("GRADER_LEDGER", "");
    grader.run()
}

const ENDS: &str = "import sys; sys.exit('no')";

#[test]
fn hints_grow_plainer_with_each_changed_attempt_and_a_cure_is_told() {
    let service = python(ENDS);
    let change = |text: &str| std::fs::write(service.path().join("app.py"), text).unwrap();
    let rung = |ended: &Ended| {
        let report = ended.report();
        let checks = report["checks"].as_array().unwrap().clone();
        let failed = checks.iter().find(|c| c["verdict"] == "fail").unwrap();
        failed["findings"][0]["rung"][0].as_u64().unwrap()
    };
    let first = grade(service.path(), &[]).says(&["attempt 1: 0 fixed · 0 still open · 1 new"]);
    let again = grade(service.path(), &[]).says(&["attempt 1: 0 fixed · 1 still open · 0 new"]);
    assert_eq!((rung(&first), rung(&again)), (1, 1), "nothing was changed");
    change("import sys; sys.exit('still no')");
    let second = grade(service.path(), &[]).says(&["attempt 2: 0 fixed · 1 still open"]);
    change("import sys; sys.exit('no again')");
    let third = grade(service.path(), &[]).says(&["attempt 3: 0 fixed · 1 still open", "2 of 3: "]);
    assert_eq!(
        (rung(&second), rung(&third)),
        (1, 2),
        "every second attempt"
    );
    change("import lib; lib.serve()");
    grade(service.path(), &[]).says(&["attempt 4: 1 fixed · 0 still open · 0 new"]);
    change(ENDS);
    let back = grade(service.path(), &[]).says(&["1 back again"]);
    assert_eq!(rung(&back), 1);
    let told = Grader::new([std::ffi::OsStr::new("progress"), service.path().as_os_str()]);
    told.env("GRADER_LEDGER", "").run().exits(0).says(&[
        "attempt 5",
        "0 fixed · 1 open",
        "boot.never-answers: ",
    ]);
}

#[test]
fn a_damaged_ledger_is_said_before_the_run_and_kept() {
    let service = python("import lib; lib.serve()");
    let folder = service.path().join(".grader");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("ledger.json"), "{").unwrap();
    grade(service.path(), &[])
        .exits(2)
        .says(&["ledger.json is damaged", "--ledger none"]);
    grade(service.path(), &["--ledger", "none"])
        .exits(0)
        .never_says(&["attempt"]);
    assert_eq!(
        std::fs::read_to_string(folder.join("ledger.json")).unwrap(),
        "{"
    );
}

#[test]
fn nothing_kept_is_said() {
    let service = python("import lib; lib.serve()");
    let told = Grader::new([std::ffi::OsStr::new("progress"), service.path().as_os_str()]);
    told.env("GRADER_LEDGER", "")
        .run()
        .exits(2)
        .says(&["no attempt has been kept", "grader grade"]);
}
