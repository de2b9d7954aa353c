//! Keys of every kind, and what is none.

use serde_json::json;

use super::knobs::{Keys, Knobs, Told};
use super::{pack, world};
use crate::pack::load;

async fn boxes(keys: Keys) -> super::World {
    world(
        load("ids"),
        Knobs {
            keys,
            ..Knobs::default()
        },
    )
    .await
}

#[tokio::test]
async fn null_flags_and_fractions_are_no_keys() {
    for json in ["null", "true", "1.5", "\"\"", "{\"a\": 1}"] {
        let mut world = boxes(Keys::Always(json)).await;
        let why = world.refused("box").await;
        assert_eq!(
            why, "createBox answered 201 without the new thing's key",
            "{json}"
        );
        assert_eq!(
            world.tour().await[..2],
            ["Create createBox 201", "List listBoxs 200"]
        );
    }
}

#[tokio::test]
async fn a_whole_number_is_a_key_however_it_is_spelt() {
    let planted = boxes(Keys::Always("7.0")).await.plant("box").await;
    assert_eq!(planted.key, Some(json!(7)));
}

#[tokio::test]
async fn numbers_beyond_64_bits_lose_no_digit() {
    let mut world = boxes(Keys::Huge).await;
    let planted = world.plant("box").await;
    assert_eq!(planted.key, Some(json!("1234567890123456789012001")));
    world.holds_well(&planted).await;
}

#[tokio::test]
async fn two_things_with_one_key_are_told_apart_by_their_facts() {
    let mut world = boxes(Keys::Always("1")).await;
    let (first, second) = (world.plant("box").await, world.plant("box").await);
    for of in [&first, &second] {
        let (_, found) = world.planter.look_for(of).await.unwrap().unwrap();
        assert_eq!(found.unwrap()["name"], of.facts["name"]);
    }
}

#[tokio::test]
async fn the_key_of_a_reply_without_a_body_is_in_location() {
    for before in ["/boxes/", "boxes/", "http://127.0.0.1:9/boxes/"] {
        let told = Told::Location(before);
        let mut world = world(
            load("ids"),
            Knobs {
                told,
                ..Knobs::default()
            },
        )
        .await;
        let planted = world.plant("box").await;
        assert_eq!(planted.key, Some(json!("1")));
        world.holds_well(&planted).await;
    }
    for told in [Told::Location("/elsewhere/"), Told::Nothing, Told::Text] {
        let mut world = world(
            load("ids"),
            Knobs {
                told,
                ..Knobs::default()
            },
        )
        .await;
        let why = world.refused("box").await;
        assert_eq!(why, "createBox answered 201 without the new thing's key");
    }
}

#[tokio::test]
async fn a_key_is_sent_in_the_spelling_that_the_contract_takes() {
    let told = Told::Location("/shelves/");
    let refs = &[("shelf", "shelves")];
    let mut world = world(
        pack(SHELVES.0, SHELVES.1),
        Knobs {
            told,
            refs,
            ..Knobs::default()
        },
    )
    .await;
    let book = world.plant("book").await;
    assert_eq!(
        book.parents["shelf"].key,
        Some(json!("1")),
        "a text, as in the header"
    );
    let sent = book.created.sent.body.as_ref().unwrap();
    assert!(sent.text.contains("\"shelf\":1"), "{}", sent.text);
    world.was_honest();
}

#[tokio::test]
async fn a_key_too_large_for_a_body_is_not_sent_rounded() {
    let keys = Keys::Huge;
    let mut world = world(
        pack(SHELVES.0, SHELVES.1),
        Knobs {
            keys,
            ..Knobs::default()
        },
    )
    .await;
    let why = world.refused("book").await;
    assert!(
        why.starts_with("createBook takes no shelf with the key"),
        "{why}"
    );
    world.was_honest();
}

#[tokio::test]
async fn a_key_of_several_parts_is_told_by_all_of_them() {
    let paths = format!(
        "{}  /shelves/{{shelf}}/places:
    parameters: [{{name: shelf, in: path, required: true, schema: {{type: integer}}}}]
    post:
      operationId: createPlace
      requestBody: {{content: {{application/json: {{schema: {{type: object, required: [number], properties: {{number: {{type: integer}}, note: {{type: string}}}}}}}}}}}}
      responses: {{'201': {{description: made}}}}
    get:
      operationId: listPlaces
      responses: {{'200': {{description: some, content: {{application/json: {{schema: {{type: array, items: {{type: object, properties: {{number: {{type: integer}}, note: {{type: string}}}}}}}}}}}}}}}}
  /shelves/{{shelf}}/places/{{number}}:
    parameters: [{{name: shelf, in: path, required: true, schema: {{type: integer}}}}, {{name: number, in: path, required: true, schema: {{type: integer}}}}]
    delete: {{operationId: deletePlace, responses: {{'204': {{description: gone}}}}}}
",
        SHELVES.1
    );
    let entities = format!(
        "{}\n[entity.place]\ncreate = \"createPlace\"\nkey = [\"shelf\", \"number\"]\nparent = {{ shelf = \"path:shelf\" }}\nfacts = [\"number\", \"note\"]\n",
        SHELVES.0
    );
    let numbered = &["places"];
    let mut world = world(
        pack(&entities, &paths),
        Knobs {
            numbered,
            ..Knobs::default()
        },
    )
    .await;
    let first = world.plant("place").await;
    let shelf = &first.parents["shelf"];
    let given = indexmap::IndexMap::from([("shelf".to_owned(), std::sync::Arc::clone(shelf))]);
    let second = world
        .planter
        .plant_under("place", given)
        .await
        .unwrap()
        .unwrap();
    for of in [&first, &second] {
        assert_eq!(of.key.as_ref(), Some(&of.facts["number"]));
        assert_eq!(
            of.identity,
            [shelf.key.clone().unwrap(), of.facts["number"].clone()]
        );
        world.holds_well(of).await;
    }
    world.was_honest();
}

#[tokio::test]
async fn a_put_of_the_whole_carries_its_parent_and_its_key() {
    let paths = format!(
        "{}  /books/{{id}}:
    put:
      operationId: putBook
      parameters: [{{name: id, in: path, required: true, schema: {{type: integer}}}}]
      requestBody: {{content: {{application/json: {{schema: {{type: object, required: [id, title, shelf], properties: {{id: {{type: integer}}, title: {{type: string}}, shelf: {{type: integer}}}}}}}}}}}}
      responses: {{'200': {{description: it}}}}
",
        SHELVES.1
    );
    let refs = &[("shelf", "shelves")];
    let mut world = world(
        pack(SHELVES.0, &paths),
        Knobs {
            refs,
            ..Knobs::default()
        },
    )
    .await;
    let book = world.plant("book").await;
    let changed = world.planter.change(&book).await.unwrap().unwrap();
    let sent: serde_json::Value =
        serde_json::from_str(&changed.exchange.sent.body.as_ref().unwrap().text).unwrap();
    let shelf = book.parents["shelf"].key.as_ref().unwrap();
    assert_eq!(
        sent,
        json!({"id": book.key, "title": changed.value, "shelf": shelf})
    );
    assert_eq!(changed.exchange.status(), Some(200));
    world.was_honest();
}

const SHELVES: (&str, &str) = (
    "[entity.shelf]\ncreate = \"createShelf\"\nkey = \"/id\"\nfacts = [\"name\"]\n\n[entity.book]\ncreate = \"createBook\"\nkey = \"/id\"\nparent = { shelf = \"/shelf\" }\nfacts = [\"title\"]\n",
    "paths:
  /shelves:
    post:
      operationId: createShelf
      requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {type: object, properties: {id: {type: integer}, name: {type: string}}}}}}}
  /shelves/{id}:
    get:
      operationId: getShelf
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: it, content: {application/json: {schema: {type: object, properties: {id: {type: integer}, name: {type: string}}}}}}}
  /books:
    post:
      operationId: createBook
      requestBody: {content: {application/json: {schema: {type: object, required: [title, shelf], properties: {title: {type: string}, shelf: {type: integer}}}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {type: object, properties: {id: {type: integer}, title: {type: string}}}}}}}
",
);
