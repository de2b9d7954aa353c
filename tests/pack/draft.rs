//! Drafts: what a contract's shape tells is right, and the draft is a pack that loads.

use std::path::Path;

use grader::pack::{Manner, Pack, PackSource, Place, Verb, draft};

use super::{all, folder};

fn drafted(
    name: &str,
    contract: &str,
    at: &Path,
) -> (String, Result<Pack, grader::pack::PackProblems>) {
    let text = std::fs::read_to_string(folder(contract).join("openapi.yaml")).unwrap();
    let project = draft(name, "openapi.yaml", &text).unwrap();
    let dir = at.join(name);
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("project.toml"), &project).unwrap();
    std::fs::write(dir.join("openapi.yaml"), text).unwrap();
    (project, Pack::load(&PackSource::folder(dir), None))
}

#[test]
fn every_contract_of_these_tests_gives_a_pack_that_loads() {
    let at = tempfile::tempdir().unwrap();
    for contract in all() {
        // A name without a tier: a tier of its own would ask what it comes after.
        let name = format!(
            "draft-{}",
            contract.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
        );
        let (text, pack) = drafted(&name, &contract, at.path());
        let pack = pack.unwrap_or_else(|problems| panic!("{contract}: {problems}\n{text}"));
        assert_eq!(pack.project.id, name);
        assert!(text.contains("# check:"), "a draft says what to decide");
    }
}

#[test]
fn a_catalogue_is_understood() {
    let at = tempfile::tempdir().unwrap();
    let (_, pack) = drafted("catalogue", "2-catalogue", at.path());
    let pack = pack.unwrap();
    let names: Vec<&str> = pack.entities.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["venue", "event", "performer", "ticket_type", "order"]
    );
    assert_eq!(
        pack.entities["event"].parents["venue"].at,
        Place::parse("/venue_id").unwrap()
    );
    assert_eq!(
        pack.entities["ticket_type"].parents["event"].at,
        Place::parse("path:event_id").unwrap()
    );
    assert_eq!(pack.links["lineup"].facts.len(), 1);
    assert_eq!(
        pack.entities["venue"].update.as_ref().unwrap().manner,
        Manner::Merge
    );
}

#[test]
fn accounts_are_understood() {
    let at = tempfile::tempdir().unwrap();
    let (_, pack) = drafted("accounts", "3-accounts", at.path());
    let pack = pack.unwrap();
    let auth = pack.auth.as_ref().unwrap();
    assert_eq!(auth.ops[&Verb::Login].op.as_str(), "createSession");
    assert_eq!(auth.ops[&Verb::Whoami].op.as_str(), "getMe");
    assert_eq!(auth.carrier.prefix, "Bearer ");
    assert!(pack.entities["account"].secret.contains_key("password"));
}

#[test]
fn a_later_tier_must_say_what_it_comes_after() {
    let at = tempfile::tempdir().unwrap();
    let (_, pack) = drafted("2-shop", "ids", at.path());
    let problems = pack.unwrap_err().problems;
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0]
            .cure
            .contains("name the project before this one")
    );
}

#[test]
fn a_broken_contract_is_refused_with_its_place() {
    let problems = draft("x", "openapi.yaml", "openapi: 2.0.0\npaths: {}\n")
        .unwrap_err()
        .problems;
    assert_eq!((problems[0].line, problems[0].column), (1, 1));
    assert!(problems[0].cure.contains("3.1"));
}
