//! The checks of lists against services that run: in every way of paging, with a sort, and with what is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use grader::model::CheckId;
use grader::pack::{Pack, PackSource};
use grader::run::{Selection, Settings, conduct};
use grader::runtime::{Options, open};

use super::knobs::{Knobs, Pages, Rude};
use super::store::store;

const PROJECT: &str = "[project]
id = \"t\"
title = \"t\"
tier = 1
stages = [\"boot\", \"endpoints\"]
[service]
ready = \"GET /healthz\"
[entity.box]
create = \"createBox\"
key = \"/id\"
facts = [\"name\", \"price\", \"colour\"]
";

const CONTRACT: &str = "openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /boxes:
    post:
      operationId: createBox
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}}
    get:
      operationId: listBoxes
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 40, default: 3}}
        - {name: name, in: query, schema: {type: string}}
        - {name: sort, in: query, schema: {enum: [price, '-price', name_asc, name_desc]}}
        - PAGE
      responses: {'200': {description: some, content: {application/json: {schema: {type: object, required: [items], properties: {items: {type: array, items: {$ref: '#/components/schemas/Box'}}, next: {type: [string, 'null']}}}}}}}
components:
  schemas:
    New:
      type: object
      required: [name, price, colour]
      properties: {name: {type: string, maxLength: 80}, price: {type: integer, minimum: 1, maximum: 100000}, colour: {enum: [red, blue]}}
    Box:
      type: object
      required: [id, name, price, colour]
      properties: {id: {type: integer}, name: {type: string}, price: {type: integer}, colour: {type: string}}
";

/// The verdicts of these checks, each by its name.
async fn verdicts(page: &str, knobs: Knobs, checks: &[&str]) -> Vec<(String, &'static str)> {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("t");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("project.toml"), PROJECT).unwrap();
    std::fs::write(own.join("openapi.yaml"), CONTRACT.replace("PAGE", page)).unwrap();
    let pack = Pack::load(&PackSource::folder(own), Some(&grader::checks::index()));
    let pack = pack.unwrap_or_else(|problems| panic!("{problems}"));
    let options = Options {
        url: Some(store(knobs).await),
        ..Options::default()
    };
    let runtime: Arc<dyn grader::runtime::Runtime> = Arc::from(open(None, options).await.unwrap());
    let id = |name: &&str| CheckId::from(format!("endpoints.{name}").as_str());
    let settings = Settings {
        selection: Selection {
            only: checks.iter().map(id).collect(),
            stage: None,
        },
        ..Settings::default()
    };
    let (tell, _told) = tokio::sync::mpsc::unbounded_channel();
    let run = conduct(
        Arc::new(pack),
        runtime,
        &grader::checks::all(),
        settings,
        tell,
    )
    .await;
    let all: BTreeMap<String, _> = run.records.iter().map(|r| (r.id.0.clone(), r)).collect();
    let verdict = |name: &&str| {
        let record = all[&format!("endpoints.{name}")];
        ((*name).to_owned(), record.verdict.name())
    };
    checks.iter().map(verdict).collect()
}

const ALL: [&str; 7] = [
    "list-leaves-out",
    "list-repeats",
    "page-unbounded",
    "page-bounds",
    "filter-ignored",
    "filter-too-narrow",
    "sort-wrong",
];

/// How the store pages, and the parameter that its contract has for it.
fn ways() -> [(&'static str, Pages); 4] {
    [
        (
            "{name: cursor, in: query, schema: {type: string}}",
            Pages::Cursor("cursor", "next", ""),
        ),
        (
            "{name: offset, in: query, schema: {type: integer}}",
            Pages::Offset("offset"),
        ),
        (
            "{name: page, in: query, schema: {type: integer}}",
            Pages::Number("page", 1),
        ),
        (
            "{name: page, in: query, schema: {type: integer, minimum: 0}}",
            Pages::Number("page", 0),
        ),
    ]
}

fn knobs(pages: Pages) -> Knobs {
    Knobs {
        items: Some("items"),
        pages,
        size: 3,
        most: 40,
        sorts: true,
        ..Knobs::default()
    }
}

/// The first check of [`ALL`] that fails; what needs it is blocked.
async fn first_failure(page: &str, knobs: Knobs) -> Option<String> {
    let all = verdicts(page, knobs, &ALL).await;
    let mut failed = all.into_iter().filter(|(_, verdict)| *verdict == "fail");
    failed.next().map(|(name, _)| name)
}

#[tokio::test]
async fn a_good_list_is_good_in_every_way_of_paging() {
    for (page, pages) in ways() {
        let all = verdicts(page, knobs(pages), &ALL).await;
        assert!(
            all.iter().all(|(_, verdict)| *verdict == "pass"),
            "{page}: {all:?}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_list_is_told_by_its_check() {
    for (page, pages) in ways() {
        let good = knobs(pages);
        for (flawed, check) in [
            (
                Knobs {
                    rude: Rude::Skips,
                    ..good
                },
                "list-leaves-out",
            ),
            (
                Knobs {
                    rude: Rude::Twice,
                    ..good
                },
                "list-repeats",
            ),
            (
                Knobs {
                    most: usize::MAX,
                    ..good
                },
                "page-unbounded",
            ),
            (Knobs { size: 5, ..good }, "page-unbounded"),
            (Knobs { deaf: true, ..good }, "filter-ignored"),
            (
                Knobs {
                    sorts: false,
                    ..good
                },
                "sort-wrong",
            ),
        ] {
            let failed = first_failure(page, flawed).await;
            assert_eq!(failed.as_deref(), Some(check), "{page}");
        }
    }
}
