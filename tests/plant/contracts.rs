//! Every contract of the pack's tests, walked through from making to removing.

use super::knobs::{Keys, Knobs, Pages, Told};
use super::world;
use crate::pack::load;

/// Walks through a contract; everything that can be planted is read, found, changed and removed. What the tour
/// reported.
async fn walk(contract: &str, knobs: Knobs) -> Vec<String> {
    let mut world = world(load(contract), knobs).await;
    let tour = world.tour().await;
    for entity in world.planter.plantable() {
        let planted = world.plant(&entity).await;
        world.holds_well(&planted).await;
    }
    world.was_honest();
    tour
}

/// What a tour reports of a thing with all five operations.
fn five(thing: &str, update: &str) -> [String; 5] {
    [
        format!("Create create{thing} 201"),
        format!("Read get{thing} 200"),
        format!("List list{thing}s 200"),
        format!("Update {update}{thing} 200"),
        format!("Delete delete{thing} 204"),
    ]
}

#[tokio::test]
async fn a_base_path() {
    let base = "/api/v1";
    let tour = walk(
        "base-path",
        Knobs {
            base,
            ..Knobs::default()
        },
    )
    .await;
    assert_eq!(tour, five("Box", "patch"));
}

#[tokio::test]
async fn put_where_others_use_patch() {
    let tour = walk("put-updates", Knobs::default()).await;
    assert_eq!(tour, five("Box", "put"));
}

#[tokio::test]
async fn ids_that_are_numbers_and_ids_that_are_text() {
    for keys in [Keys::Number, Keys::Text, Keys::Uuid] {
        let tour = walk(
            "ids",
            Knobs {
                keys,
                ..Knobs::default()
            },
        )
        .await;
        assert_eq!(
            tour,
            [five("Box", "patch"), five("Crate", "patch")].concat()
        );
    }
}

#[tokio::test]
async fn an_envelope_and_a_thing_read_without_its_key() {
    let knobs = Knobs {
        envelope: Some("user"),
        single: Some(("user", "users")),
        key: "email",
        keys: Keys::Field("email"),
        ..Knobs::default()
    };
    let tour = walk("envelope", knobs).await;
    assert_eq!(
        tour,
        [
            "Create createUser 201",
            "Read getUser 200",
            "Update updateUser 200"
        ]
    );
}

#[tokio::test]
async fn keys_that_are_slugs_and_things_below_them() {
    let knobs = Knobs {
        key: "slug",
        keys: Keys::Slug("title"),
        plain: &["comments"],
        ..Knobs::default()
    };
    let tour = walk("slugs", knobs).await;
    assert_eq!(
        tour,
        [
            "Create createArticle 201",
            "Read getArticle 200",
            "Delete deleteArticle 204",
            "Create createComment 201",
            "List listComments 200",
            "Delete deleteComment 204",
        ]
    );
    let mut world = world(load("slugs"), knobs).await;
    let comment = world.plant("comment").await;
    let slug = comment.parents["article"].key.as_ref().unwrap();
    let slug = slug.as_str().unwrap();
    assert!(slug.ends_with("-1"), "the server made it: {slug}");
    assert_eq!(
        comment.created.sent.path,
        format!("/articles/{slug}/comments")
    );
}

#[tokio::test]
async fn a_list_that_there_is_none_of() {
    let tour = walk("no-list", Knobs::default()).await;
    assert_eq!(
        tour,
        [
            "Create createBox 201",
            "Read getBox 200",
            "Update patchBox 200",
            "Delete deleteBox 204"
        ]
    );
}

#[tokio::test]
async fn replies_without_the_created_thing_and_a_put_that_makes() {
    let told = Told::Location("/boxes/");
    let keys = Keys::Text;
    let tour = walk(
        "no-reply",
        Knobs {
            told,
            keys,
            ..Knobs::default()
        },
    )
    .await;
    assert_eq!(
        tour,
        [
            "Create createBox 201",
            "Read getBox 200",
            "Create putLabel 204",
            "Read getLabel 200",
            "Update putLabel 204"
        ]
    );
}

#[tokio::test]
async fn openapi_3_0() {
    let tour = walk("openapi-30", Knobs::default()).await;
    assert_eq!(tour, ["Create createBox 201"]);
}

#[tokio::test]
async fn lists_of_values_that_are_things() {
    let knobs = Knobs {
        key: "slug",
        keys: Keys::Slug("title"),
        items: Some("tags"),
        ..Knobs::default()
    };
    let tour = walk("tag-list", knobs).await;
    assert_eq!(tour, ["Other listTags 200", "Create createArticle 201"]);
}

#[tokio::test]
async fn lists_alone_in_every_way_of_paging() {
    let knobs = Knobs {
        items: Some("items"),
        pages: Pages::Offset("offset"),
        ..Knobs::default()
    };
    let ops = [
        "byCursor", "byOffset", "byPage", "atOnce", "byOwnWay", "noList",
    ];
    let expected: Vec<String> = ops.iter().map(|op| format!("Other {op} 200")).collect();
    assert_eq!(walk("paging", knobs).await, expected);
}

#[tokio::test]
async fn the_catalogue_of_the_second_project() {
    let knobs = Knobs {
        items: Some("items"),
        pages: Pages::Cursor("cursor", "next_cursor", ""),
        size: 2,
        refs: &[("venue_id", "venues"), ("ticket_type_id", "ticket-types")],
        ..Knobs::default()
    };
    let tour = walk("2-catalogue", knobs).await;
    let expected = [
        five("Venue", "update").to_vec(),
        five("Event", "update").to_vec(),
        five("Performer", "update").to_vec(),
        vec![
            "Create createTicketType 201".to_owned(),
            "List listTicketTypes 200".to_owned(),
            "Update updateTicketType 200".to_owned(),
            "List listCustomers 200".to_owned(),
            "Update updateCustomer 200".to_owned(),
            "Create createOrder 201".to_owned(),
            "Read getOrder 200".to_owned(),
            "Link putLineup 204".to_owned(),
            "Unlink deleteLineup 204".to_owned(),
        ],
    ];
    assert_eq!(tour, expected.concat());
}

#[tokio::test]
async fn what_asks_for_a_login_is_left_alone() {
    for contract in ["token-header", "custom-header", "cookies", "keywords"] {
        let tour = walk(contract, Knobs::default()).await;
        assert!(tour.is_empty(), "{contract}: {tour:?}");
    }
    let mut notes = world(load("owner"), Knobs::default()).await;
    assert_eq!(
        notes.refused("note").await,
        "createNote asks for a login, and the pack's [auth.op] has no `register`, so there is no account"
    );
    assert!(notes.tour().await.is_empty());
    assert!(notes.journal.all().is_empty(), "nothing was asked at all");
}

#[tokio::test]
async fn a_link_from_whoever_calls_is_left_alone() {
    let mut world = world(
        load("follow"),
        Knobs {
            key: "username",
            keys: Keys::Field("username"),
            ..Knobs::default()
        },
    )
    .await;
    assert_eq!(world.tour().await, ["Create createProfile 201"]);
    let why = world.planter.link("follow").await.unwrap().unwrap_err();
    assert_eq!(
        why.to_string(),
        "follow asks for a login, and the pack's [auth.op] has no `register`, so there is no account"
    );
    world.was_honest();
}

#[tokio::test]
async fn of_the_third_project_what_is_open_to_anyone() {
    let knobs = Knobs {
        items: Some("items"),
        pages: Pages::Cursor("cursor", "next_cursor", ""),
        ..Knobs::default()
    };
    let mut world = world(load("3-accounts"), knobs).await;
    let tour = world.tour().await;
    assert!(
        tour.contains(&"Create createAccount 201".to_owned()),
        "{tour:?}"
    );
    // A store is no door: what it calls a session proves nobody.
    assert_eq!(
        world.refused("event").await,
        "createSession gave no credential where the pack says it is"
    );
    let account = world.plant("account").await;
    assert!(!account.facts.contains_key("password"));
    world.was_honest();
}
