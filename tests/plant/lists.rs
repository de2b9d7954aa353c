//! Lists in every way of paging, and lists that misbehave.

use super::knobs::{Knobs, Pages, Rude};
use super::{World, pack, world};

const LIST: &str = "paths:
  /boxes:
    post:
      operationId: createBox
      requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}}
    get:
      operationId: listBoxes
      parameters: [PARAMS]
      responses: {'200': {description: some, content: {application/json: {schema: {type: object, properties: {items: {type: array, items: {$ref: '#/components/schemas/Box'}}, next: {type: [string, 'null']}}}}}}}
components: {schemas: {Box: {type: object, properties: {id: {type: integer}, name: {type: string}}}}}
";

const LIMIT: &str = "{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 4}}";

/// Seven boxes in a list with these parameters.
async fn seven(params: &str, pages: Pages, rude: Rude) -> World {
    let entities = "[entity.box]\ncreate = \"createBox\"\nkey = \"/id\"\nfacts = [\"name\"]\n";
    let pack = pack(entities, &LIST.replace("PARAMS", params));
    let knobs = Knobs {
        items: Some("items"),
        size: 3,
        most: 3,
        pages,
        rude,
        ..Knobs::default()
    };
    let mut world = world(pack, knobs).await;
    for _ in 0..6 {
        world.plant("box").await;
    }
    world
}

fn query(name: &str) -> String {
    format!("{{name: {name}, in: query, schema: {{type: string}}}}, {LIMIT}")
}

#[tokio::test]
async fn the_last_of_a_list_is_found_in_every_way_of_paging() {
    let cursor = |before| Pages::Cursor("cursor", "next", before);
    for (params, pages) in [
        (query("cursor"), cursor("")),
        (
            query("cursor"),
            cursor("http://h.test/boxes?limit=3&cursor="),
        ),
        (query("cursor"), cursor("/boxes?cursor=")),
        (query("cursor"), cursor("?cursor=")),
        (query("offset"), Pages::Offset("offset")),
        (query("page"), Pages::Number("page", 1)),
        (
            "{name: page, in: query, schema: {type: integer, minimum: 0}}".to_owned(),
            Pages::Number("page", 0),
        ),
    ] {
        let mut world = seven(&params, pages, Rude::Not).await;
        let last = world.plant("box").await;
        let (walk, found) = world.planter.look_for(&last).await.unwrap().unwrap();
        assert!(walk.complete && found.is_some(), "{params}");
        assert_eq!((walk.pages.len(), walk.items.len()), (3, 7), "{params}");
        let asked = walk.pages.iter().map(|p| p.sent.path.as_str());
        let limited = asked.filter(|p| p.contains("limit=")).count();
        let expected = if params.contains("limit") { 3 } else { 0 };
        assert_eq!(limited, expected, "{params}");
        world.holds_well(&last).await;
        world.was_honest();
    }
}

#[tokio::test]
async fn the_size_of_a_page_is_within_the_contract() {
    for (limit, sent) in [
        (
            "{name: limit, in: query, schema: {type: integer, maximum: 4}}",
            Some("limit=4"),
        ),
        (
            "{name: limit, in: query, schema: {type: integer, maximum: 5000}}",
            Some("limit=200"),
        ),
        (
            "{name: limit, in: query, schema: {type: integer, minimum: 500, maximum: 5000}}",
            Some("limit=5000"),
        ),
        ("{name: limit, in: query, schema: {type: integer}}", None),
    ] {
        let mut world = seven(limit, Pages::Once, Rude::Not).await;
        let last = world.plant("box").await;
        let page = world.planter.list(&last).await.unwrap().unwrap();
        assert_eq!(page.sent.path.split_once('?').map(|(_, q)| q), sent);
    }
}

#[tokio::test]
async fn a_list_with_everything_twice_still_shows_it() {
    let mut world = seven(&query("offset"), Pages::Offset("offset"), Rude::Twice).await;
    let last = world.plant("box").await;
    let (walk, found) = world.planter.look_for(&last).await.unwrap().unwrap();
    assert!(walk.complete && found.is_some());
}

#[tokio::test]
async fn items_that_are_no_objects_are_passed_over() {
    let mut world = seven(&query("offset"), Pages::Offset("offset"), Rude::Scalars).await;
    let last = world.plant("box").await;
    let (walk, found) = world.planter.look_for(&last).await.unwrap().unwrap();
    assert!(walk.complete);
    assert_eq!(found.unwrap()["name"], last.facts["name"]);
}

#[tokio::test]
async fn a_list_without_end_says_nothing_about_what_it_does_not_show() {
    for (params, pages, rude, most) in [
        (
            query("cursor"),
            Pages::Cursor("cursor", "next", ""),
            Rude::Endless,
            300,
        ),
        (
            query("cursor"),
            Pages::Cursor("cursor", "next", ""),
            Rude::Circle,
            3,
        ),
        (query("offset"), Pages::Offset("offset"), Rude::Again, 2),
        (query("page"), Pages::Number("page", 1), Rude::Again, 2),
        (query("page"), Pages::Number("page", 1), Rude::Text, 1),
    ] {
        let mut world = seven(&params, pages, rude).await;
        let mut missing = world.plant("box").await;
        missing.identity = vec![serde_json::json!(999)];
        let (walk, found) = world.planter.look_for(&missing).await.unwrap().unwrap();
        assert!(!walk.complete && found.is_none(), "{params}");
        assert!(
            walk.pages.len() <= most,
            "{params}: {} pages",
            walk.pages.len()
        );
    }
}

#[tokio::test]
async fn a_filter_that_nobody_knows_the_value_for_is_not_guessed() {
    let must = "{name: colour, in: query, required: true, schema: {type: string}}";
    let mut world = seven(must, Pages::Once, Rude::Not).await;
    let last = world.plant("box").await;
    assert!(world.planter.look_for(&last).await.unwrap().is_none());
    let must = "{name: name, in: query, required: true, schema: {type: string}}";
    let mut world = seven(must, Pages::Once, Rude::Not).await;
    let last = world.plant("box").await;
    let (walk, found) = world.planter.look_for(&last).await.unwrap().unwrap();
    assert!(found.is_some());
    assert_eq!(
        walk.items.len(),
        1,
        "the list was asked for this name alone"
    );
    world.was_honest();
}
