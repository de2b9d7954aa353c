//! How much a draft leaves to its author.

use std::path::Path;
use std::process::Command;

use super::{ALL, folder};
use crate::grade::bench::Grader;
use crate::runtime::bench::open_folder;

/// The most lines that an author has to add or take away until a draft is a pack.
const EDITS: u32 = 20;

/// Drafts a contract into `at`; the folder of the draft.
fn drafted(contract: &str, at: &Path) -> std::path::PathBuf {
    let file = ["openapi.yaml", "openapi.json"].map(|name| folder(contract).join(name));
    let file = file.iter().find(|f| f.exists()).unwrap();
    let new = ["pack", "new", contract, "--openapi", file.to_str().unwrap()];
    let into = ["--into", at.to_str().unwrap()];
    Grader::new(new.into_iter().chain(into)).run().exits(0);
    at.join(contract)
}

/// Lines added and lines taken away from the one file to the other.
fn changed(from: &Path, to: &Path) -> (u32, u32) {
    let diff = Command::new("git")
        .args(["diff", "--no-index", "--numstat"])
        .args([from, to])
        .output()
        .unwrap();
    let text = String::from_utf8(diff.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|n| n.parse().unwrap());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[test]
fn a_draft_is_a_pack_after_twenty_lines() {
    let at = open_folder();
    for contract in ALL {
        let draft = drafted(contract, at.path()).join("project.toml");
        let (added, taken) = changed(&draft, &folder(contract).join("project.toml"));
        let all = added + taken;
        assert!(
            all <= EDITS,
            "{contract}: {added} added, {taken} taken away"
        );
        assert!(all > 0, "{contract}: decisions that nobody made");
    }
}

#[test]
fn the_packs_lint_clean_and_every_decision_is_made() {
    for contract in ALL {
        let pack = folder(contract);
        let lint = ["pack", "lint", pack.to_str().unwrap()];
        Grader::new(lint).run().exits(0).says(&["ok "]);
        let project = std::fs::read_to_string(pack.join("project.toml")).unwrap();
        assert!(!project.contains("check:"), "{contract}:\n{project}");
    }
}

#[test]
fn a_draft_lints_before_anything_is_decided() {
    let at = open_folder();
    for contract in ALL {
        let draft = drafted(contract, at.path());
        let lint = ["pack", "lint", draft.to_str().unwrap()];
        Grader::new(lint).run().exits(0).says(&["ok "]);
    }
}
