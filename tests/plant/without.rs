//! Parents that may be missing, things that need themselves, and what stands outside the body.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::knobs::Knobs;
use super::{pack, world};

const TREE: &str = "paths:
  /nodes:
    post:
      operationId: createNode
      requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}, parent: {type: integer}, owner: {type: integer}}}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {type: object, properties: {id: {type: integer}, name: {type: string}}}}}}}
  /people:
    post:
      operationId: createPerson
      requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {type: object, properties: {id: {type: integer}, name: {type: string}}}}}}}
";

const TREE_ENTITIES: &str = "[entity.node]
create = \"createNode\"
key = \"/id\"
parent = { above = { entity = \"node\", at = \"/parent\" }, person = \"/owner\" }
facts = [\"name\"]

[entity.person]
create = \"createPerson\"
key = \"/id\"
facts = [\"name\"]
";

fn sent(of: &grader::probe::plant::Planted) -> Value {
    serde_json::from_str(&of.created.sent.body.as_ref().unwrap().text).unwrap()
}

#[tokio::test]
async fn a_parent_that_may_be_missing_is_left_out_unless_it_is_given() {
    let refs = &[("parent", "nodes"), ("owner", "people")];
    let mut world = world(
        pack(TREE_ENTITIES, TREE),
        Knobs {
            refs,
            ..Knobs::default()
        },
    )
    .await;
    assert_eq!(world.planter.plantable(), ["person", "node"]);
    let root = Arc::new(world.plant("node").await);
    assert_eq!(sent(&root), json!({"name": root.facts["name"]}));
    let given = IndexMap::from([("above".to_owned(), Arc::clone(&root))]);
    let leaf = world
        .planter
        .plant_under("node", given)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sent(&leaf)["parent"], root.key.clone().unwrap());
    assert_eq!(leaf.parents["above"].facts, root.facts);
    world.was_honest();
}

#[tokio::test]
async fn what_needs_itself_is_not_tried_for_ever() {
    let mut pack = pack(TREE_ENTITIES, TREE);
    let node = pack.entities.get_mut("node").unwrap();
    node.parents.get_mut("above").unwrap().required = true;
    let mut world = world(pack, Knobs::default()).await;
    assert_eq!(
        world.refused("node").await,
        "a node needs another node before it can be made"
    );
    assert!(world.journal.all().is_empty());
}

#[tokio::test]
async fn a_parent_without_which_the_body_is_not_valid_is_planted() {
    let paths = TREE.replace(
        "required: [name], properties: {name: {type: string}, parent",
        "required: [name], minProperties: 2, properties: {name: {type: string}, parent",
    );
    let entities = TREE_ENTITIES.replace("above = { entity = \"node\", at = \"/parent\" }, ", "");
    let paths = paths.replace("parent: {type: integer}, ", "");
    let refs = &[("owner", "people")];
    let mut world = world(
        pack(&entities, &paths),
        Knobs {
            refs,
            ..Knobs::default()
        },
    )
    .await;
    let node = world.plant("node").await;
    assert_eq!(
        node.parents["person"].key.as_ref(),
        Some(&sent(&node)["owner"])
    );
    world.was_honest();
}

#[tokio::test]
async fn facts_and_parents_stand_in_the_query_and_headers_are_sent() {
    let paths = "paths:
  /rooms:
    post:
      operationId: createRoom
      requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {type: object, properties: {id: {type: integer}, name: {type: string}}}}}}}
  /beds:
    post:
      operationId: createBed
      parameters:
        - {name: room, in: query, required: true, schema: {type: string}}
        - {name: colour, in: query, schema: {enum: [red, green]}}
        - {name: Idempotency-Key, in: header, required: true, schema: {type: string, format: uuid}}
      requestBody: {content: {application/json: {schema: {type: object, required: [size], properties: {size: {type: integer}}}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {type: object, properties: {id: {type: integer}, size: {type: integer}, colour: {type: string}}}}}}}
";
    let entities = "[entity.room]\ncreate = \"createRoom\"\nkey = \"/id\"\nfacts = [\"name\"]\n[entity.bed]\ncreate = \"createBed\"\nkey = \"/id\"\nparent = { room = \"query:room\" }\nfacts = [\"size\", \"colour\"]\n";
    let refs = &[("room", "rooms")];
    let mut world = world(
        pack(entities, paths),
        Knobs {
            refs,
            ..Knobs::default()
        },
    )
    .await;
    let (one, two) = (world.plant("bed").await, world.plant("bed").await);
    let colour = one.facts["colour"].as_str().unwrap();
    let room = one.parents["room"].key.as_ref().unwrap();
    let path = &one.created.sent.path;
    assert!(path.contains(&format!("colour={colour}")), "{path}");
    assert!(path.contains(&format!("room={room}")), "{path}");
    let header = |of: &grader::probe::plant::Planted| {
        let mut headers = of.created.sent.headers.iter();
        headers
            .find(|(n, _)| n == "Idempotency-Key")
            .cloned()
            .unwrap()
            .1
    };
    assert_ne!(header(&one), header(&two), "each request is one of its own");
    world.shows(
        &one,
        grader::probe::plant::Sight::Created,
        one.created.json().as_ref(),
    );
    world.was_honest();
}
