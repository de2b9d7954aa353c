//! What is wrong with the machine is no fault of the learner's: exit 3, where it is, and what to do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::bench::Grader;
use super::ended::Ended;
use super::service::python;
use crate::runtime::bench::open_folder;

fn with_postgres(folder: &Path) -> Ended {
    let service = python("import lib; lib.serve()");
    let ended = Grader::listings(service.path(), &[])
        .env("GRADER_POSTGRES_BIN", folder)
        .run();
    let ended = ended.exits(3).says(&[
        "our fault, not yours",
        "nothing for you to fix: the fault is ours",
    ]);
    let report = ended.report();
    assert_eq!(report["verdict"], "fault", "{ended}");
    assert_eq!(report["totals"]["fail"], 0, "{ended}");
    assert_eq!(
        report["score"]["earned"], report["score"]["possible"],
        "{ended}"
    );
    ended
}

/// Programs of a Postgres that run this script.
fn programs(folder: &Path, script: &str) {
    for name in ["postgres", "initdb", "pg_ctl"] {
        let program = folder.join(name);
        std::fs::write(&program, script.replace("$name", name)).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn no_postgres_where_one_is_named() {
    let folder = open_folder();
    let place = format!("{}: postgres is missing", folder.path().display());
    with_postgres(folder.path()).says(&[
        &place,
        "set it to the folder that holds postgres, initdb and pg_ctl",
    ]);
}

#[test]
fn a_postgres_that_does_not_run() {
    let folder = open_folder();
    programs(
        folder.path(),
        "#!/bin/sh\necho 'libicu: no such library' >&2\nexit 1\n",
    );
    let place = folder.path().display().to_string();
    with_postgres(folder.path()).says(&[&place, "libicu: no such library", "or unset it"]);
}

#[test]
fn a_postgres_that_sets_nothing_up() {
    let folder = open_folder();
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo '$name (PostgreSQL) 15.8' && exit\necho 'no shared memory' >&2\nexit 1\n";
    programs(folder.path(), script);
    let place = folder.path().join("initdb").display().to_string();
    with_postgres(folder.path()).says(&[&place, "no shared memory", "set GRADER_POSTGRES_BIN to"]);
}

#[test]
fn a_cache_that_is_no_folder() {
    let service = python("import lib; lib.serve()");
    let cache = service.path().join("app.py");
    let ended = Grader::listings(service.path(), &[])
        .cache(&cache)
        .run()
        .exits(3);
    let place = cache.display().to_string();
    ended.says(&[
        "the grader failed, not your service",
        &place,
        "set GRADER_CACHE to a folder you can write to",
    ]);
}
