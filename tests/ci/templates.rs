//! What the templates do, where it can be tried without a forge.

use std::process::Command;

use serde_json::Value;

use super::stage::{Stage, root};
use super::yaml;

#[test]
fn the_learners_workflow_is_what_a_new_folder_gets() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    assert_eq!(
        read("ci/templates/github/learner.yml"),
        read("grader/src/cli/new/grade.yml"),
        "copy one over the other"
    );
}

#[test]
fn the_learners_workflow_takes_no_orders_and_tells_everything() {
    let grade = yaml::script(
        &yaml::file("ci/templates/github/learner.yml"),
        "grade",
        "Grade",
    );
    for code in [0, 1, 3] {
        let stage = Stage::new(code);
        stage.on_the_path();
        let output = stage.step(&grade, &[]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(stage.read("summary"), "# the summary\n");
        let log = String::from_utf8(output.stdout).unwrap();
        let evil = log.find("::error::evil").unwrap();
        let resumed = log.find("and no line break\n::").unwrap();
        assert!(
            log.find("::stop-commands::").unwrap() < evil && evil < resumed,
            "{log}"
        );
        assert!(resumed < log.find("::error title=").unwrap(), "{log}");
        assert!(stage.at("workspace/report.json").is_file());
    }
}

fn has_jq() -> bool {
    let has = Command::new("jq").arg("--version").output().is_ok();
    if !has {
        eprintln!("not run: there is no jq");
    }
    has
}

/// A stage where the publisher has downloaded a report, of this commit and project.
fn downloaded() -> (Stage, String, String) {
    let stage = Stage::new(0);
    let mut report = stage.report();
    report["submission"]["commit"] = "a1b2c3d4".repeat(5).into();
    report["complete"] = true.into();
    report["partial"] = false.into();
    std::fs::create_dir(stage.at("workspace/graded")).unwrap();
    stage.write("workspace/graded/report.json", &report.to_string());
    stage.write("workspace/graded/summary.md", "# not yet\n");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let commit = text(&report["submission"]["commit"]);
    (stage, commit, text(&report["pack"]["id"]))
}

#[test]
fn the_publisher_takes_no_other_report() {
    if !has_jq() {
        return;
    }
    let workflow = yaml::file("ci/templates/github/organisation.yml");
    let verify = yaml::script(&workflow, "publish", "Verify");
    let (stage, commit, project) = downloaded();
    let takes = |commit: &str, project: &str| {
        let variables = [("COMMIT", commit), ("PROJECT", project)];
        stage.step(&verify, &variables).status.success()
    };
    assert!(takes(&commit, &project));
    assert!(!takes("another", &project) && !takes(&commit, "2-catalogue"));
    let path = "workspace/graded/report.json";
    let whole = stage.read(path);
    stage.write(
        path,
        &whole.replace("\"partial\":false", "\"partial\":true"),
    );
    assert!(!takes(&commit, &project), "half a run");
    stage.write(path, "no report");
    assert!(!takes(&commit, &project));
}

#[test]
fn the_publisher_signs_where_it_has_a_key_and_makes_a_check() {
    if !has_jq() {
        return;
    }
    let workflow = yaml::file("ci/templates/github/organisation.yml");
    let (stage, commit, _) = downloaded();
    let sign = yaml::script(&workflow, "publish", "Sign");
    stage.program("grader", "#!/bin/sh\ncat \"$4\" >\"$STAND_IN/key\"\n");
    assert!(stage.step(&sign, &[("KEY", "")]).status.success());
    assert!(!stage.at("key").exists(), "nothing to sign with");
    assert!(stage.step(&sign, &[("KEY", "the key")]).status.success());
    assert_eq!(stage.read("key"), "the key\n");
    assert!(!stage.at("temp/key").exists(), "the key is not left behind");

    stage.program("gh", "#!/bin/sh\necho \"$@\" >\"$STAND_IN/asked\"\n");
    let publish = yaml::script(&workflow, "publish", "Publish");
    let variables = [("COMMIT", commit.as_str()), ("GITHUB_REPOSITORY", "o/r")];
    let output = stage.step(&publish, &variables);
    assert!(output.status.success(), "{output:?}");
    assert!(stage.read("asked").contains("repos/o/r/check-runs"));
    let check: Value = serde_json::from_str(&stage.read("workspace/check.json")).unwrap();
    let report = stage.report();
    let title = format!(
        "{} of {} points",
        report["score"]["earned"], report["score"]["possible"]
    );
    assert_eq!(check["output"]["title"], title);
    assert_eq!(check["head_sha"], commit);
    assert_eq!(check["output"]["summary"], "# not yet\n");
    assert!(["success", "failure", "neutral"].contains(&check["conclusion"].as_str().unwrap()));
}

#[test]
fn rights_are_where_they_are_needed_and_nowhere_else() {
    let organisation = yaml::file("ci/templates/github/organisation.yml");
    let jobs = &organisation["jobs"];
    assert_eq!(
        jobs["grade"]["permissions"],
        serde_json::json!({ "contents": "read" })
    );
    let text = jobs["grade"].to_string();
    assert!(
        !text.contains("secrets.") && !text.contains("github.token"),
        "{text}"
    );
    let published = jobs["publish"].to_string();
    assert!(
        !published.contains("grader grade"),
        "nothing of the learner's runs beside a key"
    );
    for path in ["learner.yml", "cohort.yml"] {
        let workflow = yaml::file(&format!("ci/templates/github/{path}"));
        assert_eq!(
            workflow["permissions"],
            serde_json::json!({ "contents": "read" }),
            "{path}"
        );
    }
}

/// The shards of every engine are all shards, each once.
#[test]
fn shards_add_up() {
    let stage = Stage::new(1);
    stage.on_the_path();
    let shard = |script: &str, variables: &[(&str, &str)]| {
        let output = stage.step(script, variables);
        assert!(
            output.status.success(),
            "a closed gate is no failure: {output:?}"
        );
        let arguments = stage.read("arguments");
        let mut words = arguments.lines().skip_while(|word| *word != "--shard");
        words.nth(1).unwrap_or_default().to_owned()
    };
    let slurm = format!(
        "'{}' s p o",
        root().join("ci/templates/slurm/array.sh").display()
    );
    let variables = [
        ("SLURM_ARRAY_TASK_ID", "8"),
        ("SLURM_ARRAY_TASK_COUNT", "8"),
        ("SLURM_JOB_ID", "1"),
    ];
    assert_eq!(shard(&slurm, &variables), "8/8");
    let job = yaml::file("ci/templates/kubernetes/indexed-job.yaml");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let script = container["args"][0].as_str().unwrap();
    for (index, of) in [("0", "1/8"), ("7", "8/8")] {
        assert_eq!(shard(script, &[("JOB_COMPLETION_INDEX", index)]), of);
    }
    assert_eq!(job["spec"]["completions"], 8);
    let gitlab = yaml::file("ci/templates/gitlab/grade.yml");
    let script = gitlab["cohort"]["script"][0].as_str().unwrap();
    let variables = [
        ("CI_NODE_INDEX", "4"),
        ("CI_NODE_TOTAL", "4"),
        ("PROJECT", "p"),
    ];
    assert_eq!(shard(script, &variables), "4/4");
    let cohort = yaml::file("ci/templates/github/cohort.yml");
    let script = yaml::script(&cohort, "shard", "Grade");
    let shards = cohort["jobs"]["shard"]["strategy"]["matrix"]["shard"]
        .as_array()
        .unwrap();
    let count = cohort["env"]["SHARDS"].to_string();
    assert_eq!(shards.len().to_string(), count);
    let variables = [("SHARDS", count.as_str()), ("SHARD", "2"), ("PROJECT", "p")];
    assert_eq!(shard(&script, &variables), format!("2/{count}"));
}

#[test]
fn a_release_has_what_the_action_installs_and_its_tag_is_its_version() {
    let release = yaml::file(".github/workflows/release.yml");
    let install = std::fs::read_to_string(root().join("ci/action/install.sh")).unwrap();
    let matrix = &release["jobs"]["binary"]["strategy"]["matrix"]["include"];
    let targets: Vec<&str> = matrix
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["target"].as_str().unwrap())
        .collect();
    let asked = install
        .lines()
        .filter_map(|line| line.split_once("target=")?.1.split(' ').next());
    let mut asked: Vec<&str> = asked.filter(|target| target.contains('-')).collect();
    let mut made = targets;
    asked.sort_unstable();
    made.sort_unstable();
    assert_eq!(asked, made);
    let stage = Stage::new(0);
    std::fs::copy(root().join("Cargo.toml"), stage.at("workspace/Cargo.toml")).unwrap();
    let tag = yaml::script(&release, "binary", "The tag is the version");
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    let fits = |tag_name: &str| {
        stage
            .step(&tag, &[("GITHUB_REF_NAME", tag_name)])
            .status
            .success()
    };
    assert!(fits(&version) && !fits("v99.0.0") && !fits("v"));
    let names = yaml::script(&release, "image", "Names");
    let variables = [
        ("GITHUB_REPOSITORY", "Owner/Grader"),
        ("GITHUB_REF_NAME", "v1.2.3"),
        ("REGISTRY", "images.example"),
    ];
    assert!(stage.step(&names, &variables).status.success());
    assert_eq!(
        stage.read("output"),
        "image=images.example/owner/grader\ntags=images.example/owner/grader:1.2.3,images.example/owner/grader:1\n"
    );
}
