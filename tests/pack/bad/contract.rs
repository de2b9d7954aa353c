//! The contract, and the files as such.

use grader::pack::{Pack, PackSource};

use super::{CONTRACT, PROJECT, one, problems, try_load};

#[test]
fn a_reference_that_leads_nowhere() {
    let p = one(
        "schema: {$ref: '#/components/schemas/Box'",
        "schema: {$ref: '#/components/schemas/Bax'",
        ("openapi.yaml", 12, 59),
        "leads nowhere",
        "write `Box`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("Box"));
}

#[test]
fn a_reference_out_of_the_file_and_one_in_a_circle() {
    one(
        "schema: {$ref: '#/components/schemas/Box'",
        "schema: {$ref: 'other.yaml#/Box'",
        ("openapi.yaml", 12, 59),
        "leads out of this file",
        "one file",
    );
    let all = problems(
        "    Shelf:\n      type: object",
        "    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n    Shelf:\n      type: object",
    );
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(all.iter().all(|p| p.what.contains("circle")));
}

#[test]
fn text_that_is_no_toml_and_text_that_is_no_yaml() {
    let all = try_load(
        &PROJECT.replace("tier = 1", "tier = = 1"),
        &CONTRACT.replace("paths:", "paths: ["),
    )
    .unwrap_err()
    .problems;
    let files: Vec<(&str, usize)> = all.iter().map(|p| (p.file.as_str(), p.line)).collect();
    assert!(files.contains(&("project.toml", 4)), "{all:#?}");
    assert!(
        all.iter()
            .any(|p| p.file == "openapi.yaml" && p.what.contains("not YAML")),
        "{all:#?}"
    );
}

#[test]
fn a_schema_that_is_none() {
    let all = problems("size: {type: integer}", "size: {type: whole}");
    assert!(
        all.iter()
            .any(|p| p.file == "openapi.yaml" && p.line == 31 && p.what.contains("no schema")),
        "{all:#?}"
    );
}

#[test]
fn a_contract_that_asks_for_credentials_nobody_can_have() {
    one(
        "      operationId: createBox\n",
        "      operationId: createBox\n      security: [{token: []}]\n",
        ("openapi.yaml", 12, 7),
        "asks for a credential",
        "[auth]",
    );
}

#[test]
fn a_path_parameter_nobody_declared() {
    let all = problems("parameters: [{name: id,", "parameters: [{name: box,");
    assert!(
        all.iter()
            .any(|p| p.what.contains("`{id}` stands in the path") && p.cure.contains("name: id")),
        "{all:#?}"
    );
}

#[test]
fn places_in_paging_that_stand_nowhere() {
    let list = "    get:
      operationId: listBoxes
      parameters: [{name: after, in: query, schema: {type: string}}]
      responses: {\"200\": {description: some, content: {application/json: {schema: {type: object, properties: {rows: {type: array, items: {type: object}}, more: {type: string}}}}}}}
  /boxes/{id}:";
    let contract = CONTRACT.replacen("  /boxes/{id}:", list, 1);
    let load = |items: &str, next: &str| {
        let paging = format!(
            "\n[paging.listBoxes]\nitems = \"{items}\"\ncursor = {{ param = \"after\", next = \"{next}\" }}\n"
        );
        try_load(&format!("{PROJECT}{paging}"), &contract)
    };
    assert!(load("/rows/*", "/more").is_ok());
    let problems = load("/row/*", "/meta/more").unwrap_err().problems;
    let what: Vec<&str> = problems.iter().map(|p| p.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "the reply to `listBoxes` shows nothing at `/row/*`",
            "the reply to `listBoxes` shows nothing at `/meta/more`",
        ]
    );
    assert_eq!((problems[0].line, problems[1].line), (25, 26));
}

#[test]
fn several_roles_in_one_requirement_are_wanted_together() {
    let load = |security: &str| {
        let contract = include_str!("../contracts/3-accounts/openapi.yaml");
        let either = "      - bearer:\n        - organiser\n      - bearer:\n        - admin\n";
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("3-accounts");
        std::fs::create_dir(&own).unwrap();
        let project = include_str!("../contracts/3-accounts/project.toml");
        std::fs::write(own.join("project.toml"), project).unwrap();
        let contract = contract.replacen(either, security, 1);
        std::fs::write(own.join("openapi.yaml"), contract).unwrap();
        Pack::load(&PackSource::folder(own), None)
    };
    let problems = load("      - bearer: [organiser, admin]\n")
        .unwrap_err()
        .problems;
    let [problem] = &problems[..] else {
        panic!("{problems:#?}")
    };
    assert_eq!(
        problem.what,
        "`createVenue` asks for admin and organiser at once, and an account has one role"
    );
    assert!(problem.cure.contains("`- scheme: [organiser]`"));
    let pack = load("      - bearer: [organiser]\n      - bearer: [admin]\n").unwrap();
    let venue = &pack.contract.op("createVenue").unwrap().security;
    assert!(venue.allows(Some("organiser")) && venue.allows(Some("admin")));
    assert!(!venue.allows(Some("customer")) && !venue.allows(None));
}
