//! Whether container tests can run here, and what an engine holds of a run.

use std::process::Command;

/// Whether an engine answers. Where `GRADER_TEST_DOCKER` says that one must (`ci/test` does), a test that finds none fails;
/// elsewhere it says that it did not run.
pub(crate) fn answers() -> bool {
    let asked = Command::new("docker").arg("version").output();
    let answers = asked.is_ok_and(|asked| asked.status.success());
    if !answers {
        assert!(
            std::env::var_os("GRADER_TEST_DOCKER").is_none(),
            "no Docker engine answers, and GRADER_TEST_DOCKER is set"
        );
        eprintln!("not run: no Docker engine answers");
    }
    answers
}

/// What `docker …` says.
#[track_caller]
pub(crate) fn docker(args: &[&str]) -> String {
    let ran = Command::new("docker").args(args).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let moaned = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "docker {args:?}: {moaned}");
    said
}

/// Containers, networks and volumes with this label, one a line.
pub(crate) fn labelled(label: &str) -> Vec<String> {
    let label = format!("label={label}");
    let ask = |what: &[&str]| docker(&[what, &["--quiet", "--filter", &label]].concat());
    [
        ask(&["ps", "--all"]),
        ask(&["network", "ls"]),
        ask(&["volume", "ls"]),
    ]
    .iter()
    .flat_map(|said| said.lines().map(str::to_owned).collect::<Vec<_>>())
    .collect()
}

/// The label of all that belongs to the run whose folder this is.
pub(crate) fn run_label(folder: &std::path::Path) -> String {
    let id = folder.file_name().unwrap().to_str().unwrap();
    format!("org.grader.run=grader-{id}")
}
