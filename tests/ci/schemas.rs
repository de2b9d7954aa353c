//! Whether what a forge will read is what it can read.

use std::process::Command;

use super::stage::root;
use super::yaml;

/// What a schema has against a file; empty where it has nothing.
fn against(schema: &str, path: &str) -> Vec<String> {
    let schema = root().join(format!("tests/ci/schemas/{schema}.json"));
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = yaml::file(path);
    let problems = validator.iter_errors(&value);
    problems
        .map(|e| format!("{path}, {}: {e}", e.instance_path()))
        .collect()
}

#[test]
fn the_action_keeps_to_its_schema() {
    assert_eq!(
        against("github-action", "ci/action.yml"),
        Vec::<String>::new()
    );
    assert_ne!(
        against("github-action", "ci/templates/github/learner.yml"),
        Vec::<String>::new(),
        "the schema tells one thing from another"
    );
}

#[test]
fn workflows_keep_to_their_schema() {
    let all = [
        "ci/templates/github/learner.yml",
        "ci/templates/github/organisation.yml",
        "ci/templates/github/cohort.yml",
        ".github/workflows/release.yml",
    ];
    let problems: Vec<String> = all
        .iter()
        .flat_map(|path| against("github-workflow", path))
        .collect();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn the_pipeline_keeps_to_its_schema() {
    let problems = against("gitlab-ci", "ci/templates/gitlab/grade.yml");
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn scripts_are_read_by_the_shell_and_by_its_critic() {
    let scripts = [
        "ci/action/install.sh",
        "ci/action/run.sh",
        "ci/templates/slurm/array.sh",
    ];
    for script in scripts.map(|path| root().join(path)) {
        let read = Command::new("bash")
            .arg("-n")
            .arg(&script)
            .output()
            .unwrap();
        assert!(read.status.success(), "{read:?}");
        match Command::new("shellcheck").arg(&script).output() {
            Ok(said) => {
                let said = String::from_utf8_lossy(&said.stdout).into_owned();
                assert!(said.is_empty(), "{said}");
            }
            Err(_) => eprintln!("not run: there is no shellcheck"),
        }
    }
}
