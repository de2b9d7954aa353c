//! What a batch refuses at once, and what is our fault.

use super::course::{Course, ENDS};

#[test]
fn mistakes_are_said_before_anything_is_graded() {
    let course = Course::new();
    let refuses = |args: &[&str], says: &[&str]| {
        let ended = course.batch("out", args).run().exits(2).says(says);
        ended.never_says(&["[1/"]);
    };
    refuses(&[], &["holds no submissions", "one submission each"]);
    course.folder("ada", ENDS);
    refuses(&["--shard", "4/3"], &["write I/N"]);
    refuses(&["--workers", "0"], &["from 1 to 256"]);
    refuses(
        &["--submission", "adda"],
        &["no submission `adda` (did you mean `ada`?)"],
    );
    refuses(
        &["--roster", "/nowhere"],
        &["cannot read the roster in /nowhere"],
    );
    refuses(
        &["--overrides", "/nowhere"],
        &["cannot read the overrides in /nowhere"],
    );
    let single = course.arg("in/ada");
    crate::grade::bench::Grader::new(["batch", &single, "--out", &course.arg("out")])
        .run()
        .refuses(&["looks like one submission", "grader grade"]);
    let out = course.arg("out");
    crate::grade::bench::Grader::new([
        "batch",
        &course.arg("in"),
        "--out",
        &out,
        "--project",
        "1-listing",
    ])
    .run()
    .refuses(&["no project `1-listing` (did you mean `1-listings`?)"]);
}

#[test]
fn a_learner_may_name_a_project_and_not_bring_one() {
    let course = Course::new();
    course.folder("eve", ENDS);
    let config = |text: &str| std::fs::write(course.path("in/eve/grader.toml"), text).unwrap();
    config("project = \"./own\"\n");
    let batch = || {
        let args = ["batch", &course.arg("in"), "--out", &course.arg("out")].map(String::from);
        let grader = crate::grade::bench::Grader::new(args);
        grader
            .args(&["--runtime", "local", "--stage", "boot"])
            .run()
    };
    batch().exits(1).says(&["eve: grader.toml names `./own`"]);
    // A pack beside the service would win over the one that everybody is graded with.
    let own = course.path("in/eve/projects/1-listings");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("project.toml"), "not even TOML").unwrap();
    config("project = \"1-listings\"\n");
    batch().exits(0).says(&["1 of 1 graded"]);
}

#[test]
fn a_fault_of_ours_is_told_with_its_command_and_tried_again() {
    let course = Course::new();
    course.folder("it's ada", ENDS);
    let broken = course
        .batch("out", &[])
        .env("GRADER_CACHE", "/proc/nowhere")
        .run();
    let again = format!(
        "grader grade '{}'",
        course.arg("in/it").replace("in/it", "in/it'\\''s ada")
    );
    broken
        .exits(3)
        .says(&["0 of 1 graded", "1 our fault, not theirs", &again]);
    assert!(course.read("out/gradebook.csv").contains(",fault,"));
    course
        .batch("out", &[])
        .run()
        .exits(0)
        .says(&["1 of 1 graded"]);
}
