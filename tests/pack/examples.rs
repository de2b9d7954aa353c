//! The two worked examples of the format.

use grader::pack::{
    Bound, CopyPolicy, Growth, Key, KeyPart, OnReuse, Place, Role, Strictness, Verb,
};
use serde_json::json;

use super::{load, op};

#[test]
fn the_catalogue_says_what_it_means() {
    let pack = load("2-catalogue");
    assert_eq!(pack.project.gate.must.len(), 3);
    assert_eq!(pack.service.within.as_secs(), 60);
    let ticket = pack.entity("ticket_type").unwrap();
    assert_eq!(
        ticket.create.as_ref().unwrap().bind["event_id"],
        Bound::Up(vec!["event".into()])
    );
    assert_eq!(
        ticket.update.as_ref().unwrap().call.op.as_str(),
        "updateTicketType"
    );
    assert_eq!(ticket.update.as_ref().unwrap().call.bind["id"], Bound::Key);
    assert_eq!(ticket.read, None);
    let customer = pack.entity("customer").unwrap();
    assert_eq!(customer.maker().unwrap().as_str(), "createOrder");
    assert_eq!(
        customer.update.as_ref().unwrap().call.op.as_str(),
        "updateCustomer"
    );
    assert_eq!(customer.natural_key().unwrap().name, "email");
    let order = pack.entity("order").unwrap();
    assert!(order.facts["placed_at"].send.is_none() && order.facts["placed_at"].reply.is_some());
    let line = pack.entity("line").unwrap();
    assert!(matches!(&line.key, Key { parts, .. } if *parts == [
        KeyPart::Parent("order".into()), KeyPart::Parent("ticket_type".into())
    ]));
    assert!(line.facts["unit_price_cents"].send.is_none());
    assert_eq!(
        line.facts["unit_price_cents"].created,
        Some(Place::parse("/unit_price_cents").unwrap())
    );
    assert_eq!(
        pack.links["lineup"].facts["billing"].send,
        Some(Place::parse("/billing").unwrap())
    );
    assert_eq!(pack.copies[0].policy, CopyPolicy::Snapshot);
    assert_eq!(pack.storage.arrays, Strictness::Fail);
    assert_eq!(pack.reads.len(), 3);
    assert_eq!(pack.reads[1].bound, Growth::LinearInResult);
    assert_eq!(pack.limited[0].of.fact.as_deref(), Some("quantity"));
    assert_eq!(pack.digest.len(), 64);
    assert_eq!(pack.digest, load("2-catalogue").digest);
    assert_ne!(pack.digest, load("3-accounts").digest);
}

#[test]
fn a_reply_that_breaks_the_contract_is_told_in_plain_words() {
    let pack = load("2-catalogue");
    let list = op(&pack.contract, "listVenues");
    let venue = json!({"id": 1, "name": "a", "city": "b", "country": "DE", "capacity": "12"});
    let body = json!({"items": [venue, {"id": 2}], "next_cursor": 3});
    let said: Vec<String> = pack
        .contract
        .validate_reply(list, 200, "application/json", &body)
        .into_iter()
        .map(|v| v.what)
        .collect();
    for expected in [
        "`/items/0/capacity` is \"12\", expected integer",
        "`/items/1` lacks `name`",
        "`/next_cursor` is 3, expected null or string",
    ] {
        assert!(said.iter().any(|s| s == expected), "{expected}: {said:#?}");
    }
    let event =
        json!({"id": 1, "venue_id": 1, "title": "a", "starts_at": "tomorrow", "status": "on_sale"});
    let said = pack.contract.validate_reply(
        op(&pack.contract, "getEvent"),
        200,
        "application/json",
        &event,
    );
    assert_eq!(
        said[0].what,
        "`/starts_at` is \"tomorrow\", which is no date-time"
    );
}

#[test]
fn the_accounts_say_who_is_who() {
    let pack = load("3-accounts");
    let auth = pack.auth.as_ref().unwrap();
    assert_eq!(auth.ops.len(), 9);
    assert_eq!(auth.ops[&Verb::Register].clash, [409]);
    assert_eq!(auth.policy.refresh.on_reuse, OnReuse::RevokeFamily);
    assert_eq!(auth.env.ttls["access_ttl"].short, 2);
    assert_eq!(
        auth.env
            .login_limit
            .as_ref()
            .unwrap()
            .window
            .as_ref()
            .unwrap()
            .short,
        4
    );
    let code = auth.ops[&Verb::ResetRequest].find.as_ref().unwrap();
    assert_eq!(
        code.of("x?token=abcdefghijklmnopqrstuvwx&y"),
        Some("abcdefghijklmnopqrstuvwx")
    );
    assert_eq!(
        pack.roles["customer"],
        Role::Register(vec![(Place::parse("/role").unwrap(), json!("customer"))])
    );
    assert!(matches!(&pack.roles["admin"], Role::Env(env) if env["email"] == "ADMIN_EMAIL"));
    assert!(pack.entity("order").unwrap().private);
    let create = &op(&pack.contract, "createEvent").security;
    assert!(
        create.allows(Some("organiser"))
            && !create.allows(Some("customer"))
            && !create.allows(None)
    );
    assert!(op(&pack.contract, "getEvent").security.allows(None));
    assert!(
        op(&pack.contract, "getMe")
            .security
            .allows(Some("customer"))
    );
    assert_eq!(
        pack.errors.media.as_deref(),
        Some("application/problem+json")
    );
}
