//! What a pack's author gets wrong, each with its place and a cure.

mod contract;
mod entities;
mod project;

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
