//! The verbs beside `grade`, and the program without any.

use super::bench::{Grader, root};

#[test]
fn help_and_version_say_what_this_is() {
    let version = Grader::new(["--version"]).run().exits(0);
    assert_eq!(
        version.out,
        format!("grader {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = Grader::new(["--help"])
        .run()
        .exits(0)
        .says(&["Usage: grader <COMMAND>", "Exit codes: 0"]);
    assert!(help.out.starts_with("Tells a backend learner"), "{help}");
    Grader::new(["grade", "--help"])
        .run()
        .exits(0)
        .says(&["--project <ID|PATH>", "[default: 1800]"]);
}

#[test]
fn without_a_verb_and_with_a_wrong_one() {
    let nothing = Grader::new::<&str>([]).run().exits(2);
    assert!(
        nothing.err.starts_with("Tells a backend learner"),
        "{nothing}"
    );
    Grader::new(["grad", "."])
        .run()
        .exits(2)
        .says(&["unrecognized subcommand 'grad'", "'grade'"]);
}

#[test]
fn a_check_is_explained() {
    let ended = Grader::new(["explain", "boot.port-ignored"]).run().exits(0);
    assert!(ended.out.starts_with("boot.port-ignored "), "{ended}");
    let ended = ended.says(&[
        "Why it matters",
        "How to mend it",
        "needs boot.never-answers",
    ]);
    assert!(ended.err.is_empty(), "{ended}");
    Grader::new(["explain", "boot.port-ignore"])
        .run()
        .refuses(&["no check `boot.port-ignore`", "`boot.port-ignored`?"]);
}

#[test]
fn checks_are_listed_for_people_and_for_programs() {
    let list = Grader::new(["checks"]).run().exits(0);
    assert!(list.out.starts_with("── boot "), "{list}");
    let json = Grader::new(["checks", "--json"]).run().exits(0);
    let all: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let ids: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids[0], "boot.build-fails");
    assert!(ids.iter().all(|id| list.out.contains(id)), "{list}");
    let stage = Grader::new(["checks", "--stage", "endpoints"])
        .run()
        .exits(0);
    assert!(stage.out.starts_with("── endpoints "), "{stage}");
    Grader::new(["checks", "--stage", "endpoint"])
        .run()
        .refuses(&["no stage `endpoint`", "`endpoints`?"]);
}

#[test]
fn the_doctor_says_what_is_here() {
    let ended = Grader::new(["doctor"]).run().exits(0);
    assert!(ended.out.starts_with("ok      Postgres "), "{ended}");
    ended.says(&["cache", "disk", "python3"]);
    let none = crate::runtime::bench::open_folder();
    let ended = Grader::new(["doctor"])
        .env("GRADER_POSTGRES_BIN", none.path())
        .run()
        .exits(3);
    assert!(ended.out.starts_with("BAD     Postgres "), "{ended}");
}

#[test]
fn the_curriculum_of_this_repository_lints_clean() {
    let projects = root().join("projects");
    let ended = Grader::new(["pack".as_ref(), "lint".as_ref(), projects.as_os_str()])
        .run()
        .exits(0);
    assert!(ended.out.starts_with("ok  "), "{ended}");
}
