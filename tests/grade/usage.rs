//! Mistakes on the command line: one message each, exit 2, and nothing is started.

use super::bench::{Grader, reference};
use super::service::{folder, python};
use crate::runtime::bench::open_folder;

#[test]
fn what_is_no_folder_of_a_service() {
    let empty = open_folder();
    Grader::grade(empty.path(), &[])
        .run()
        .refuses(&["holds no files to grade", "name the folder"]);
    Grader::grade("/dev/null".as_ref(), &[])
        .run()
        .refuses(&["/dev/null is not a folder"]);
    let missing = empty.path().join("box-office");
    Grader::grade(&missing, &[])
        .run()
        .refuses(&["no such folder: ", "box-office"]);
    std::fs::create_dir(empty.path().join("box-offices")).unwrap();
    Grader::grade(&missing, &[])
        .run()
        .refuses(&["did you mean ", "box-offices?"]);
    let file = empty.path().join("homework.zip");
    std::fs::write(&file, "PK").unwrap();
    Grader::grade(&file, &[])
        .run()
        .refuses(&["homework.zip is not a folder", "unpack the archive"]);
}

#[test]
fn nothing_says_how_to_start() {
    let folder = folder(&[("app.py", "import lib")]);
    let cure = "add a Procfile with one line, for example `web: python3 app.py`";
    Grader::grade(folder.path(), &[])
        .run()
        .refuses(&["no Procfile", "no Dockerfile", cure]);
}

#[test]
fn which_project() {
    let folder = python("import lib; lib.serve()");
    let graded = |args: &[&str]| Grader::grade(folder.path(), args).run();
    graded(&[]).refuses(&[
        "which project is this?",
        "(projects: 1-listings, 2-catalogue, 3-accounts)",
    ]);
    graded(&["--project", "1-listing"])
        .refuses(&["no project `1-listing` (did you mean `1-listings`?)"]);
    graded(&["--project", "./nowhere"]).refuses(&["./nowhere holds no project.toml", "1-listings"]);
}

#[test]
fn which_checks() {
    let folder = python("import lib; lib.serve()");
    let graded = |args: &[&str]| Grader::listings(folder.path(), args).run();
    graded(&["--only", "boot.never-answer"]).refuses(&["did you mean `boot.never-answers`?"]);
    graded(&["--stage", "boots"]).refuses(&[
        "no stage `boots` (did you mean `boot`?)",
        "one of boot, endpoints",
    ]);
    graded(&["--stage", "auth"]).refuses(&[
        "1-listings asks for nothing of stage auth",
        "boot, endpoints",
    ]);
    graded(&["--only", "boot.build-fails", "--stage", "endpoints"])
        .refuses(&["leave nothing to ask"]);
}

#[test]
fn numbers_that_are_none_and_numbers_that_are_too_large() {
    for (option, value, says) in [
        ("--jobs", "0", "from 1 to 64"),
        ("--jobs", "many", "from 1 to 64"),
        ("--timeout", "0", "from 1 to 86400"),
        ("--timeout", "18446744073709551615", "from 1 to 86400"),
        ("--seed", "-1", "--seed"),
    ] {
        let value = format!("{option}={value}");
        Grader::listings(&reference(), &[&value])
            .run()
            .exits(2)
            .says(&["error: ", option, says]);
    }
}

#[test]
fn reports_that_cannot_be_written_are_told_before_the_run() {
    let folder = python("import lib; lib.serve()");
    let file = folder.path().join("app.py/report.json");
    let into_a_file = format!("json={}", file.display());
    let a_folder = format!("junit={}", folder.path().display());
    for report in [
        into_a_file.as_str(),
        &a_folder,
        "markdown=/proc/nowhere/report.md",
    ] {
        let (_, path) = report.split_once('=').unwrap();
        let ended = Grader::listings(folder.path(), &["--report", report]).run();
        ended
            .refuses(&[path, "name a file in a folder you may write to"])
            .never_says(&["building"]);
    }
    let formats = |report: &str| {
        Grader::listings(folder.path(), &["--report", report])
            .run()
            .exits(2)
    };
    formats("jsn=x").says(&[
        "no report format `jsn`; did you mean `json`?",
        "json, junit, markdown",
    ]);
    formats("json").says(&["FORMAT=PATH"]);
    formats("json=-").says(&["`-` is no file", "json=report.json"]);
}
