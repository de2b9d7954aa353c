//! `grader new`: a folder to begin in.

use std::path::Path;

use super::bench::{Grader, root};
use crate::runtime::bench::open_folder;

fn begin(args: &[&str], dir: &Path) -> super::ended::Ended {
    let words = ["new"].iter().chain(args).map(std::ffi::OsStr::new);
    Grader::new(words.chain([dir.as_os_str()])).run()
}

#[test]
fn a_beginning_in_every_language() {
    let languages = [
        ("python", "requirements.txt"),
        ("node", "package.json"),
        ("rust", "Cargo.toml"),
    ];
    let all = ["1-listings", "2-catalogue", "3-accounts"]
        .into_iter()
        .flat_map(|project| languages.map(|(language, manifest)| (project, language, manifest)));
    for (project, language, manifest) in all {
        let folder = open_folder();
        let dir = folder.path().join("box-office");
        begin(&[project, "--lang", language], &dir)
            .exits(0)
            .says(&["BRIEF.md", "grader grade"]);
        let there = [
            manifest,
            "Procfile",
            "BRIEF.md",
            "openapi.yaml",
            ".gitignore",
            ".github/workflows/grade.yml",
        ];
        for name in there {
            assert!(dir.join(name).is_file(), "{language}: {name}");
        }
        assert!(dir.join(".git").is_dir() && !dir.join("Cargo.toml.starter").exists());
        let brief = std::fs::read_to_string(dir.join("BRIEF.md")).unwrap();
        let pages: Vec<_> = brief
            .split("](concepts/")
            .skip(1)
            .map(|l| l.split(')').next().unwrap())
            .collect();
        assert!(!pages.is_empty() && !brief.contains("../"), "{brief}");
        for page in pages {
            assert!(dir.join("concepts").join(page).is_file(), "{page}");
        }
    }
}

/// What a learner does first, by the words of the README.
#[test]
fn the_beginning_fails_kindly() {
    let folder = open_folder();
    let dir = folder.path().join("mine");
    begin(&["1-listings", "--lang", "python"], &dir).exits(0);
    let ended = Grader::grade(&dir, &[]).run().exits(1);
    let ended = ended.says(&["fix first: endpoints.operation-missing"]);
    assert_eq!(ended.report()["totals"]["broken"], 0, "{ended}");
}

#[test]
fn nobody_s_work_is_written_over() {
    let folder = open_folder();
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    begin(&["1-listings", "--lang", "python"], folder.path())
        .exits(2)
        .says(&["is not empty", "another folder"]);
    let file = folder.path().join("mine.txt");
    begin(&["1-listings", "--lang", "python"], &file)
        .exits(2)
        .says(&["is no folder"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn slips_get_a_guess() {
    let folder = open_folder();
    let dir = folder.path().join("mine");
    begin(&["1-listing", "--lang", "python"], &dir)
        .exits(2)
        .says(&["did you mean `1-listings`?"]);
    begin(&["1-listings", "--lang", "pyton"], &dir)
        .exits(2)
        .says(&["did you mean `python`?", "--lang node"]);
    assert!(!dir.exists());
}

#[test]
fn the_workflow_is_valid_yaml_and_grades() {
    let text = std::fs::read_to_string(root().join("grader/src/cli/new/grade.yml")).unwrap();
    use saphyr::LoadableYamlNode;
    let parsed = saphyr::Yaml::load_from_str(&text).unwrap();
    let steps = &parsed[0]["jobs"]["grade"]["steps"];
    let runs: Vec<_> = steps
        .as_vec()
        .unwrap()
        .iter()
        .filter_map(|s| s.as_mapping_get("run")?.as_str())
        .collect();
    assert!(
        runs.iter().any(|run| run.contains("grader grade")),
        "{runs:?}"
    );
}
