//! What lies between two attempts: a talk with a mentor, a finding asked again, a save.

use std::ffi::OsStr;
use std::path::Path;

use nix::sys::signal::Signal;

use super::bench::Grader;
use super::ended::Ended;
use super::service::{pack, python};

const ENDS: &str = "import sys; sys.exit('no')";
const LIVES: &str = "import lib; lib.serve()";

/// A verb about a service, with the ledger that a learner has.
fn verb(verb: &[&str], dir: &Path) -> Grader {
    let words = verb.iter().map(OsStr::new).chain([dir.as_os_str()]);
    Grader::new(words).env("GRADER_LEDGER", "")
}

fn grade(dir: &Path, args: &[&str]) -> Ended {
    let args = [&["--only", "boot.never-answers"], args].concat();
    Grader::listings(dir, &args).env("GRADER_LEDGER", "").run()
}

#[test]
fn a_mentor_reads_a_page_and_the_learner_a_note() {
    let service = python(ENDS);
    let dir = service.path();
    verb(&["mentor"], dir)
        .run()
        .refuses(&["there is no report"]);
    verb(&["sign-off", "--by", "Marie"], dir).run().exits(2);
    grade(dir, &[]).exits(1);
    verb(&["mentor"], dir).run().exits(0).says(&[
        "attempt 1: 0 fixed",
        "## Questions of the project",
        "Follow one POST from the socket",
        "grader sign-off --by",
    ]);
    verb(&["sign-off", "--by", " ", "--note", "x"], dir)
        .run()
        .exits(2);
    verb(&["sign-off", "--by", "Marie"], dir)
        .args(&["--not-yet", "--note", "Read the \u{1b}[31mlog first."])
        .run()
        .exits(0)
        .says(&["noted for 1-listings"]);
    let told = grade(dir, &[]).says(&[
        "from your mentor",
        "Marie on 20",
        "Read the \\x1b[31mlog first.",
    ]);
    assert_eq!(told.report()["notes"][0]["signed_off"], false);
    verb(&["sign-off", "--by", "Marie"], dir).run().exits(0);
    let told = grade(dir, &[]).says(&["Marie on 20", ", signed off"]);
    assert_eq!(told.report()["notes"].as_array().unwrap().len(), 2);
}

#[test]
fn a_gate_may_wait_for_a_mentor() {
    let packs = pack(&[
        (
            "project.toml",
            "share = 0.8,",
            "share = 0.0, sign_off = true,",
        ),
        (
            "project.toml",
            "  \"boot.data-elsewhere\",\n  \"endpoints.operation-missing\",\n  \"endpoints.data-lost-on-restart\",\n  \"endpoints.hard-coded-answers\",\n",
            "",
        ),
        (
            "project.toml",
            "stages = [\"boot\", \"endpoints\"]",
            "stages = [\"boot\"]",
        ),
    ]);
    let service = python(LIVES);
    let run = || {
        let packs = packs.path().to_str().unwrap().to_owned();
        Grader::listings(service.path(), &["--packs", &packs])
            .env("GRADER_LEDGER", "")
            .run()
    };
    run().exits(1).says(&["and a mentor's sign-off"]);
    verb(&["sign-off", "--by", "Marie"], service.path())
        .run()
        .exits(0);
    run().exits(0).says(&["tier 1, It answers: open"]);
    verb(
        &[
            "sign-off",
            "--by",
            "Marie",
            "--not-yet",
            "--note",
            "Once more.",
        ],
        service.path(),
    )
    .run()
    .exits(0);
    run()
        .exits(1)
        .says(&["and a mentor's sign-off", "Once more."]);
}

#[test]
fn a_finding_is_asked_again_until_it_is_gone() {
    let service = python(ENDS);
    let dir = service.path();
    let replay = |finding: &str| verb(&["replay", finding], dir).run();
    replay("boot.never-answers").refuses(&["there is no report"]);
    grade(dir, &["--seed", "7"]).exits(1);
    replay("boot.never-answers#9").refuses(&["did you mean `boot.never-answers#1`?"]);
    replay("boot.never-answers#1")
        .exits(1)
        .says(&["asking boot.never-answers again, seed 7", "still there:"]);
    std::fs::write(dir.join("app.py"), LIVES).unwrap();
    replay("boot.never-answers").exits(0).says(&["gone: "]);
    // Asking again is no attempt.
    verb(&["progress"], dir)
        .run()
        .exits(0)
        .never_says(&["attempt 2"]);
}

#[test]
fn what_a_project_keeps_back_is_neither_said_nor_written() {
    let packs = pack(&[("project.toml", "\"everything\" ", "\"titles\" ")]);
    let service = python("import sys; sys.exit('a secret of the boot')");
    let args = ["--packs", packs.path().to_str().unwrap()];
    let ended = grade(service.path(), &args).exits(1);
    let ended = ended
        .says(&["what was found is kept back", "boot.never-answers"])
        .never_says(&["a secret of the boot"]);
    assert!(!ended.report().to_string().contains("a secret"));
    for file in ["ledger.json", "last.json"] {
        let text = std::fs::read_to_string(service.path().join(".grader").join(file)).unwrap();
        assert!(!text.contains("a secret"), "{file}: {text}");
    }
    grade(
        service.path(),
        &[&args[..], &["--show", "everything"]].concat(),
    )
    .exits(1)
    .says(&["a secret of the boot"]);
    grade(service.path(), &["--show", "evrything"])
        .exits(2)
        .says(&["did you mean `everything`?"]);
}

#[test]
fn a_stored_report_is_written_again_with_less() {
    let service = python("import sys; sys.exit('a secret of the boot')");
    let ended = grade(service.path(), &[]).exits(1);
    let file = ended.reports.path().join("report.json");
    let render = |args: &[&str]| {
        Grader::new([OsStr::new("render"), file.as_os_str()])
            .args(args)
            .run()
    };
    render(&[])
        .exits(0)
        .says(&["a secret of the boot", "boot.never-answers"]);
    let less = ended.reports.path().join("less.md");
    let target = format!("markdown={}", less.display());
    render(&["--show", "titles", "--report", &target]).exits(0);
    let text = std::fs::read_to_string(&less).unwrap();
    assert!(
        text.contains("boot.never-answers") && !text.contains("a secret"),
        "{text}"
    );
    std::fs::write(&file, "{}").unwrap();
    render(&[]).refuses(&["is no report of the grader"]);
}

#[test]
fn a_save_is_graded_and_what_failed_comes_first() {
    let service = python(ENDS);
    let dir = service.path();
    let words = [
        "--project",
        "1-listings",
        "--runtime",
        "local",
        "--stage",
        "boot",
    ];
    let watch = verb(&["watch"], dir)
        .args(&[&["--"], &words[..]].concat())
        .start();
    let watch = watch.until_it_says("watching: save a file");
    std::fs::write(dir.join("app.py"), LIVES).unwrap();
    let watch = watch.until_it_says("watching: something was saved");
    let watch = watch.until_it_says_times("watching: save a file", 2);
    let said = watch.said("stdout");
    watch.signal(Signal::SIGINT);
    watch.end().exits(130);
    let runs: Vec<&str> = said.split("runtime local").skip(1).collect();
    assert_eq!(runs.len(), 3, "{said}");
    // What failed was asked alone, and when it was mended, the rest.
    assert!(
        runs[1].contains("2 passed") && !runs[1].contains("boot.data-elsewhere"),
        "{said}"
    );
    assert!(runs[2].contains("boot.data-elsewhere"), "{said}");
}

#[test]
fn a_watch_of_nothing_ends() {
    let folder = crate::runtime::bench::open_folder();
    verb(&["watch"], folder.path()).run().exits(2);
    verb(&["watch"], &folder.path().join("none")).run().exits(2);
}

#[test]
fn a_shell_and_a_manual_know_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let text = Grader::new(["completions", shell]).run().exits(0).out;
        assert!(
            text.contains("sign-off") && text.contains("replay"),
            "{shell}"
        );
    }
    Grader::new(["man"]).run().exits(0).says(&[".TH grader 1"]);
    let pages = crate::runtime::bench::open_folder();
    let words = [OsStr::new("man"), pages.path().as_os_str()];
    Grader::new(words).run().exits(0);
    assert!(pages.path().join("grader-grade.1").is_file());
}
