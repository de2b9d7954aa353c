//! `grader pack lint | new`, as an author meets them.

use std::{
    path::Path,
    process::{Command, Output},
};

use super::folder;

fn grader(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grader"))
        .arg("pack")
        .args(args)
        .output()
        .unwrap()
}

#[track_caller]
fn said(output: &Output, code: i32, what: &str) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(what), "{what}:\n{text}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_draft_is_written_once_and_lints() {
    let at = tempfile::tempdir().unwrap();
    let contract = folder("2-catalogue").join("openapi.yaml");
    let new = [
        "new",
        "catalogue",
        "--openapi",
        text(&contract),
        "--into",
        text(at.path()),
    ];
    said(&grader(&new), 0, "decide every `check:`");
    said(
        &grader(&["lint", text(&at.path().join("catalogue"))]),
        0,
        "5 entities, 1 links",
    );
    said(&grader(&new), 2, "is there already");
    let odd = ["new", "My Shop", "--openapi", text(&contract)];
    said(&grader(&odd), 2, "is no project id");
    let missing = ["new", "x", "--openapi", "no-such-file.yaml"];
    said(&grader(&missing), 2, "no-such-file.yaml cannot be read");
}

#[test]
fn a_bad_pack_is_shown_with_its_line_and_exit_code_2() {
    let at = tempfile::tempdir().unwrap();
    let pack = at.path().join("ids");
    std::fs::create_dir(&pack).unwrap();
    let project = std::fs::read_to_string(folder("ids").join("project.toml")).unwrap();
    std::fs::write(
        pack.join("project.toml"),
        project.replace("createBox", "creatBox"),
    )
    .unwrap();
    std::fs::copy(
        folder("ids").join("openapi.yaml"),
        pack.join("openapi.yaml"),
    )
    .unwrap();
    let output = grader(&["lint", text(&pack)]);
    said(&output, 2, "did you mean `createBox`?");
    said(&output, 2, "project.toml:11:10");
    said(&output, 2, ": 1 problem\n");
}

#[test]
fn a_folder_without_packs_is_said_to_be_one() {
    let at = tempfile::tempdir().unwrap();
    said(
        &grader(&["lint", text(at.path())]),
        2,
        "holds neither a project.toml nor a curriculum.toml",
    );
}

#[test]
fn a_request_nobody_can_satisfy_is_refused() {
    let at = tempfile::tempdir().unwrap();
    let pack = at.path().join("ids");
    std::fs::create_dir(&pack).unwrap();
    std::fs::copy(
        folder("ids").join("project.toml"),
        pack.join("project.toml"),
    )
    .unwrap();
    let contract = std::fs::read_to_string(folder("ids").join("openapi.yaml")).unwrap();
    let contract = contract.replacen("maxLength: 60", "minLength: 9, maxLength: 3", 1);
    std::fs::write(pack.join("openapi.yaml"), contract).unwrap();
    said(
        &grader(&["lint", text(&pack)]),
        2,
        "no valid body can be made for `createBox`",
    );
}
