//! Things and links that come about as a part of something else.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::knobs::{Keys, Knobs, Pages};
use super::{World, world};
use crate::pack::load;

async fn catalogue(deaf: bool) -> World {
    let knobs = Knobs {
        items: Some("items"),
        pages: Pages::Cursor("cursor", "next_cursor", ""),
        refs: &[("venue_id", "venues"), ("ticket_type_id", "ticket-types")],
        deaf,
        ..Knobs::default()
    };
    world(load("2-catalogue"), knobs).await
}

fn sent(of: &grader::probe::plant::Planted) -> Value {
    serde_json::from_str(&of.created.sent.body.as_ref().unwrap().text).unwrap()
}

#[tokio::test]
async fn an_order_brings_its_customer_and_its_lines() {
    let mut world = catalogue(false).await;
    let line = world.plant("line").await;
    let (order, ticket) = (&line.parents["order"], &line.parents["ticket_type"]);
    let body = sent(&line);
    let lines = body["items"].as_array().unwrap();
    assert_eq!(
        lines.len(),
        2,
        "an order of one line hides what is done to the second"
    );
    assert_ne!(lines[0]["ticket_type_id"], lines[1]["ticket_type_id"]);
    assert_eq!(lines[0]["quantity"], line.facts["quantity"]);
    assert_eq!(ticket.key.as_ref(), Some(&lines[0]["ticket_type_id"]));
    assert_eq!(
        line.identity,
        [order.key.clone().unwrap(), ticket.key.clone().unwrap()]
    );
    assert_eq!(
        order.parents["customer"].facts["email"],
        body["customer"]["email"]
    );
    // The store turns the lines about: the part is found by what it shows.
    assert_eq!(line.shown_at.as_ref().unwrap().to_string(), "/items/1");
    world.shows(
        &line,
        grader::probe::plant::Sight::Created,
        line.created.json().as_ref(),
    );
    world.was_honest();
}

#[tokio::test]
async fn a_customer_is_found_again_by_its_mail_address() {
    for deaf in [false, true] {
        let mut world = catalogue(deaf).await;
        world.plant("order").await;
        let customer = world.plant("customer").await;
        let mail = &customer.facts["email"];
        assert_eq!(customer.identity.as_slice(), std::slice::from_ref(mail));
        let key = customer.key.clone().unwrap();
        assert!(key.is_number(), "its other operations take its id: {key}");
        let changed = world.planter.change(&customer).await.unwrap().unwrap();
        assert_eq!(
            changed.exchange.json().unwrap()["email"],
            *mail,
            "deaf: {deaf}"
        );
        world.was_honest();
    }
}

#[tokio::test]
async fn a_customer_who_is_there_already_orders_again() {
    let mut world = catalogue(false).await;
    let customer = Arc::new(world.plant("customer").await);
    let given = IndexMap::from([("customer".to_owned(), Arc::clone(&customer))]);
    let order = world
        .planter
        .plant_under("order", given)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sent(&order)["customer"]["email"], customer.facts["email"]);
    assert_eq!(order.parents["customer"].facts, customer.facts);
    let line = IndexMap::from([("order".to_owned(), Arc::new(order))]);
    let why = world
        .planter
        .plant_under("line", line)
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(
        why.to_string(),
        "a line comes about only when its order is made"
    );
}

#[tokio::test]
async fn a_lineup_is_made_between_two_things_and_removed() {
    let mut world = catalogue(false).await;
    let event = Arc::new(world.plant("event").await);
    let given = IndexMap::from([("event".to_owned(), Arc::clone(&event))]);
    let linked = world
        .planter
        .link_between("lineup", given)
        .await
        .unwrap()
        .unwrap();
    let billing = linked.facts["billing"].as_u64().unwrap();
    assert!((1..=99).contains(&billing));
    let performer = linked.ends["performer"].key.as_ref().unwrap();
    let path = format!("/events/{}/lineup/{performer}", event.key.as_ref().unwrap());
    assert_eq!(linked.created.line(), format!("PUT {path}"));
    let parted = world.planter.unlink(&linked).await.unwrap().unwrap();
    assert_eq!(
        (parted.line(), parted.status()),
        (format!("DELETE {path}"), Some(204))
    );
    world.was_honest();
}

#[tokio::test]
async fn tags_come_with_their_article() {
    let knobs = Knobs {
        key: "slug",
        keys: Keys::Slug("title"),
        ..Knobs::default()
    };
    let mut world = world(load("tag-list"), knobs).await;
    let tag = world.plant("tag").await;
    let body = sent(&tag);
    assert_eq!(tag.key.as_ref(), Some(&body["tagList"][0]));
    assert_eq!(tag.shown_at.as_ref().unwrap().to_string(), "/tagList/0");
    let linked = world.planter.link("tagging").await.unwrap().unwrap();
    assert_eq!(linked.ends["article"].entity, "article");
    let body: Value =
        serde_json::from_str(&linked.created.sent.body.as_ref().unwrap().text).unwrap();
    assert_eq!(linked.ends["tag"].key.as_ref(), Some(&body["tagList"][0]));
    assert!(world.planter.unlink(&linked).await.unwrap().is_none());
    world.was_honest();
}
