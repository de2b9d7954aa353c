//! Readers who have gone away: no panic, and the exit code is the one it would have been.

use super::bench::Grader;
use super::service::python;
use crate::runtime::bench::open_folder;

#[test]
fn nobody_reads() {
    let empty = open_folder();
    let dir = empty.path().to_str().unwrap();
    for (args, code) in [
        (vec!["--help"], 0),
        (vec!["explain", "boot.port-ignored"], 0),
        (vec!["explain", "nonsense"], 2),
        (vec!["checks", "--json"], 0),
        (vec!["doctor"], 0),
        (vec!["pack", "lint", dir], 2),
        (vec!["grade", dir], 2),
        (vec!["grade", "--jobs", "0"], 2),
    ] {
        let ended = Grader::new(&args).start_unread().end();
        assert_eq!(ended.code, Some(code), "{ended}");
    }
}

#[test]
fn nobody_reads_a_run() {
    let service = python("import lib; lib.serve()");
    let grader = Grader::listings(service.path(), &["--only", "boot.never-answers"]);
    let ended = grader.start_unread().end();
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(
        ended.report()["verdict"],
        "open",
        "the files are written all the same"
    );
}
