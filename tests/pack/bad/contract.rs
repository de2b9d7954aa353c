//! The contract, and the files as such.

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
