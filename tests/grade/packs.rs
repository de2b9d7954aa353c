//! Packs with mistakes: all of them at once, each with its place, and exit 2.

use std::path::Path;

use super::bench::Grader;
use super::service::{pack, python};

/// Both verbs that read packs say the same of this one: each text at its place, and so many problems.
fn both_say(pack: &Path, all: &[(&str, &str, &str)]) {
    let service = python("import lib; lib.serve()");
    let n = if all.len() == 1 {
        "1 problem".to_owned()
    } else {
        format!("{} problems", all.len())
    };
    let graded = Grader::grade(service.path(), &["--project", pack.to_str().unwrap()])
        .run()
        .refuses(&[&n]);
    let linted = Grader::new(["pack".as_ref(), "lint".as_ref(), pack.as_os_str()])
        .env("COLUMNS", "300")
        .run();
    let linted = linted.exits(2).says(&[&format!("{}: {n}", pack.display())]);
    for (piece, file, what) in all {
        let text = std::fs::read_to_string(pack.join(file)).unwrap();
        let at = text.find(piece).unwrap();
        let line = text[..at].matches('\n').count() + 1;
        let column = text[..at].chars().rev().take_while(|c| *c != '\n').count() + 1;
        let place = format!("{file}:{line}:{column}");
        assert!(
            graded.err.contains(&format!("\n{place}: {what}")),
            "{place}: {what}\n{graded}"
        );
        assert!(
            linted.err.contains(&format!("{place}]")) && linted.err.contains(what),
            "{place}\n{linted}"
        );
    }
}

#[test]
fn a_pack_full_of_mistakes() {
    let packs = pack(&[
        ("project.toml", "hours  = 10", "huors  = 10"),
        (
            "project.toml",
            "unique = [[\"name\", \"city\"]]",
            "parent = { event = \"/city\" }\nread = \"getVenu\"",
        ),
        ("project.toml", "\"status\"", "\"sttaus\""),
    ]);
    both_say(
        &packs.path().join("1-listings"),
        &[
            ("huors", "project.toml", "unknown key `huors` in [project]"),
            (
                "venue]",
                "project.toml",
                "`venue` needs itself before it can be made: venue → event → venue",
            ),
            (
                "\"getVenu\"",
                "project.toml",
                "the contract has no operation `getVenu`",
            ),
            (
                "\"sttaus\"",
                "project.toml",
                "the fact `sttaus` stands nowhere in the contract",
            ),
        ],
    );
}

#[test]
fn a_contract_with_references_that_lead_nowhere() {
    let packs = pack(&[
        ("project.toml", "hours  = 10", "huors  = 10"),
        (
            "openapi.yaml",
            "schema: { $ref: \"#/components/schemas/VenueCreate\"",
            "schema: { $ref: \"#/components/schemas/VenuCreate\"",
        ),
    ]);
    both_say(
        &packs.path().join("1-listings"),
        &[
            ("huors", "project.toml", "unknown key `huors` in [project]"),
            (
                "$ref: \"#/components/schemas/VenuCreate\"",
                "openapi.yaml",
                "`$ref: #/components/schemas/VenuCreate` leads nowhere",
            ),
        ],
    );
}

#[test]
fn a_submission_brings_no_pack_of_its_own_where_others_are_graded() {
    let packs = pack(&[(
        "project.toml",
        "title  = \"It answers\"",
        "title  = \"It forgives\"",
    )]);
    let service = python("import lib; lib.serve()");
    let own = service.path().join("projects");
    std::fs::create_dir(&own).unwrap();
    copy(&packs.path().join("1-listings"), &own.join("1-listings"));
    copy(
        &packs.path().join("1-listings"),
        &service.path().join("1-listings"),
    );
    let grade = |args: &[&str]| {
        let args = [&["--only", "boot.never-answers"], args].concat();
        Grader::grade(service.path(), &args)
            .in_folder(service.path())
            .run()
    };
    let named = ["--project", "1-listings"];
    grade(&named).says(&["It forgives"]);
    let strict = [&named[..], &["--no-own-pack"]].concat();
    grade(&strict)
        .exits(0)
        .says(&["It answers"])
        .never_says(&["It forgives"]);
    std::fs::write(
        service.path().join("grader.toml"),
        "project = \"./1-listings\"\n",
    )
    .unwrap();
    grade(&["--no-own-pack"]).refuses(&["no pack of the submission's is taken"]);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
