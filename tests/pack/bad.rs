//! What a pack's author gets wrong, each with its place and a cure.

use grader::{
    model::{Alone, CheckIndex, CheckMeta, Severity, Stage, WorldKind},
    pack::{Pack, PackProblem, PackProblems, PackSource},
};

const PROJECT: &str = r#"[project]
id = "shop"
title = "A shop"
tier = 1
stages = ["boot", "endpoints"]
gate = { share = 0.8, must = ["boot.never-answers"] }

[service]
ready = "GET /healthz"
within = "30s"

[entity.shelf]
create = "createShelf"
key = "/id"
facts = ["name"]

[entity.box]
create = "createBox"
key = "/id"
parent = { shelf = "/shelf_id" }
facts = ["name", "size"]
unique = [["shelf", "name"]]
"#;

const CONTRACT: &str = r##"openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /shelves:
    post:
      operationId: createShelf
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}}
  /boxes:
    post:
      operationId: createBox
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}}
  /boxes/{id}:
    get:
      operationId: getBox
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: it, content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}}
components:
  schemas:
    Shelf:
      type: object
      required: [name]
      properties: {id: {type: integer, readOnly: true}, name: {type: string}, best_box: {type: integer}}
    Box:
      type: object
      required: [name, shelf_id]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string}
        size: {type: integer}
        shelf_id: {type: integer}
"##;

fn index() -> CheckIndex {
    let check = CheckMeta {
        id: "boot.never-answers".into(),
        stage: Stage::Boot,
        summary: String::new(),
        concept: String::new(),
        severity: Severity::High,
        needs: Vec::new(),
        world: WorldKind::Main,
        alone: Alone::Shared,
        runtimes: Vec::new(),
        refs: Vec::new(),
        hints: Vec::new(),
        docs: String::new(),
    };
    CheckIndex::new(vec![check])
}

fn try_load(project: &str, contract: &str) -> Result<Pack, PackProblems> {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("shop");
    std::fs::create_dir(&pack).unwrap();
    std::fs::write(pack.join("project.toml"), project).unwrap();
    std::fs::write(pack.join("openapi.yaml"), contract).unwrap();
    Pack::load(&PackSource::folder(pack), Some(&index()))
}

/// The problems after replacing a piece of the good project, or of the good contract.
fn problems(from: &str, to: &str) -> Vec<PackProblem> {
    let (project, contract) = (
        PROJECT.replacen(from, to, 1),
        CONTRACT.replacen(from, to, 1),
    );
    assert!(
        project != PROJECT || contract != CONTRACT,
        "nothing was replaced"
    );
    try_load(&project, &contract).unwrap_err().problems
}

/// Exactly one problem, at this place, with these words.
#[track_caller]
fn one(from: &str, to: &str, place: (&str, usize, usize), what: &str, cure: &str) -> PackProblem {
    let all = problems(from, to);
    assert_eq!(all.len(), 1, "{all:#?}");
    let problem = all[0].clone();
    assert_eq!(
        (problem.file.as_str(), problem.line, problem.column),
        place,
        "{problem:#?}"
    );
    assert!(problem.what.contains(what), "{problem:#?}");
    assert!(problem.cure.contains(cure), "{problem:#?}");
    problem
}

#[test]
fn the_good_pack_is_good() {
    let pack = try_load(PROJECT, CONTRACT).unwrap();
    let shelf = pack.entity("box").unwrap().parents["shelf"].clone();
    assert!(shelf.required && shelf.reply.is_some());
    assert!(pack.entity("box").unwrap().natural_key().is_none());
}

#[test]
fn an_unknown_key_and_what_was_meant() {
    let p = one(
        "within =",
        "witin =",
        ("project.toml", 10, 1),
        "unknown key `witin` in [service]",
        "write `within`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("within"));
}

#[test]
fn an_operation_the_contract_does_not_have() {
    let p = one(
        "create = \"createBox\"",
        "create = \"creatBox\"",
        ("project.toml", 18, 10),
        "no operation `creatBox`",
        "write `createBox`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("createBox"));
}

#[test]
fn an_unknown_parent() {
    let all = problems("parent = { shelf =", "parent = { shelv =");
    assert_eq!((all[0].line, all[0].column), (20, 12));
    assert_eq!(all[0].what, "there is no entity `shelv`");
    assert_eq!(all[0].did_you_mean.as_deref(), Some("shelf"));
    // What is said of a parent `shelf` further down is said too.
    assert!(
        all[1..]
            .iter()
            .all(|p| p.line == 22 && p.what.contains("`shelf`")),
        "{all:#?}"
    );
}

#[test]
fn a_parent_where_the_contract_takes_none() {
    let p = one(
        "\"/shelf_id\"",
        "\"/shelfid\"",
        ("project.toml", 20, 20),
        "takes nothing at `/shelfid`",
        "/shelf_id",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("/shelf_id"));
}

#[test]
fn parents_that_need_each_other() {
    let project = PROJECT.replacen(
        "facts = [\"name\"]",
        "facts = [\"name\"]\nparent = { box = \"/best_box\" }",
        1,
    );
    let contract = CONTRACT.replacen("required: [name]", "required: [name, best_box]", 1);
    let all = try_load(&project, &contract).unwrap_err().problems;
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!((all[0].line, all[0].column), (12, 9));
    assert!(
        all[0].what.contains("shelf → box → shelf"),
        "{}",
        all[0].what
    );
    assert!(all[0].cure.contains("optional"));
    // An optional parent is no circle.
    assert!(try_load(&project, CONTRACT).is_ok());
}

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
fn a_fact_that_stands_nowhere() {
    let p = one(
        "facts = [\"name\", \"size\"]",
        "facts = [\"name\", \"sise\"]",
        ("project.toml", 21, 18),
        "the fact `sise` stands nowhere",
        "write `size`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("size"));
}

#[test]
fn a_place_that_is_none() {
    one(
        "parent = { shelf = \"/shelf_id\" }",
        "parent = { shelf = \"body:shelf_id\" }",
        ("project.toml", 20, 20),
        "is not a place",
        "`path:`",
    );
}

#[test]
fn a_regex_that_is_none() {
    one(
        "[entity.shelf]\ncreate = \"createShelf\"\nkey = \"/id\"",
        "[entity.shelf]\ncreate = \"createShelf\"\nkey = \"header:Location ~ /(\"",
        ("project.toml", 14, 7),
        "not a regular expression",
        "mend",
    );
    one(
        "[entity.shelf]\ncreate = \"createShelf\"\nkey = \"/id\"",
        "[entity.shelf]\ncreate = \"createShelf\"\nkey = \"header:Location ~ /x\"",
        ("project.toml", 14, 7),
        "has 0 groups",
        "parentheses",
    );
}

#[test]
fn a_length_of_time_that_is_none() {
    one(
        "\"30s\"",
        "\"30 parsecs\"",
        ("project.toml", 10, 10),
        "no length of time",
        "`60s`",
    );
}

#[test]
fn a_stage_that_is_none() {
    let p = one(
        "\"endpoints\"]",
        "\"endpoint\"]",
        ("project.toml", 5, 19),
        "`project.stages` is \"endpoint\"",
        "write `endpoints`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("endpoints"));
}

#[test]
fn stages_out_of_order() {
    let all = problems("[\"boot\", \"endpoints\"]", "[\"endpoints\", \"boot\"]");
    assert!(
        all.iter()
            .any(|p| p.what == "`boot` is out of order" && p.column == 24),
        "{all:#?}"
    );
}

#[test]
fn a_gate_that_names_no_check() {
    let p = one(
        "boot.never-answers",
        "boot.never-answer",
        ("project.toml", 6, 31),
        "no check `boot.never-answer`",
        "write `boot.never-answers`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("boot.never-answers"));
}

#[test]
fn a_key_that_is_not_in_the_reply() {
    one(
        "create = \"createBox\"\nkey = \"/id\"",
        "create = \"createBox\"\nkey = \"/box/id\"",
        ("project.toml", 19, 7),
        "the key `/box/id` is not in the reply to `createBox`",
        "/id",
    );
}

#[test]
fn no_ready_operation() {
    one(
        "ready = \"GET /healthz\"\n",
        "",
        ("project.toml", 8, 1),
        "has no `ready`",
        "ready = \"GET /healthz\"",
    );
    one(
        "\"GET /healthz\"",
        "\"/healthz\"",
        ("project.toml", 9, 9),
        "not a method and a path",
        "GET /healthz",
    );
}

#[test]
fn tiers_that_do_not_fit() {
    one(
        "tier = 1",
        "tier = 2",
        ("project.toml", 4, 8),
        "does not say what it comes after",
        "after = [",
    );
    one(
        "tier = 1",
        "tier = 1\nafter = [\"bazaar\"]",
        ("project.toml", 4, 8),
        "tier 1 comes after nothing",
        "remove `after`",
    );
    one(
        "tier = 1",
        "tier = 2\nafter = [\"3-late\"]",
        ("project.toml", 5, 10),
        "not earlier than tier 2",
        "earlier tiers",
    );
    one(
        "id = \"shop\"",
        "id = \"shops\"",
        ("project.toml", 2, 6),
        "folder is called `shop`",
        "id = \"shop\"",
    );
}

#[test]
fn a_share_that_is_none() {
    one(
        "share = 0.8",
        "share = 80",
        ("project.toml", 6, 18),
        "share of 80",
        "from 0 to 1",
    );
}

#[test]
fn a_value_of_the_wrong_kind() {
    one(
        "title = \"A shop\"",
        "title = 3",
        ("project.toml", 3, 9),
        "`project.title` is a whole number, expected text",
        "write text",
    );
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
fn an_entity_that_nobody_makes() {
    one(
        "create = \"createBox\"\n",
        "",
        ("project.toml", 17, 9),
        "must say how one is made",
        "made_by",
    );
}

#[test]
fn a_unique_set_of_what_is_not_there() {
    let p = one(
        "[\"shelf\", \"name\"]",
        "[\"shelf\", \"nme\"]",
        ("project.toml", 22, 21),
        "`nme` is neither a fact nor a parent",
        "name",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("name"));
}

#[test]
fn everything_is_said_at_once_and_in_order() {
    let project = PROJECT
        .replace("tier = 1", "teir = 1")
        .replace("30s", "x")
        .replace("\"size\"", "\"sise\"");
    let problems = try_load(
        &project,
        &CONTRACT.replace("size: {type: integer}", "size: {type: whole}"),
    )
    .unwrap_err();
    let lines: Vec<(&str, usize)> = problems
        .problems
        .iter()
        .map(|p| (p.file.as_str(), p.line))
        .collect();
    let mut sorted = lines.clone();
    sorted.sort_by_key(|(file, line)| (*file != "project.toml", *line));
    assert_eq!(lines, sorted);
    for line in [1, 4, 10, 21] {
        assert!(lines.contains(&("project.toml", line)), "{problems}");
    }
    assert!(lines.contains(&("openapi.yaml", 31)), "{problems}");
}

#[test]
fn a_problem_is_shown_with_its_line() {
    let problems = try_load(&PROJECT.replace("within =", "witin ="), CONTRACT).unwrap_err();
    let shown = problems.render(100);
    for part in [
        "project.toml:10:1",
        "witin = \"30s\"",
        "did you mean `within`?",
        "unknown key",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[test]
fn a_folder_that_holds_no_pack() {
    let folder = tempfile::tempdir().unwrap();
    let problems = Pack::load(&PackSource::folder(folder.path()), None)
        .unwrap_err()
        .problems;
    assert!(
        problems[0].what.contains("there is no project.toml"),
        "{problems:#?}"
    );
    assert!(problems.iter().any(|p| p.what.contains("no contract")));
}
