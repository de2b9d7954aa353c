//! What real APIs have, each on a contract of its own.

use std::collections::BTreeMap;

use grader::pack::{
    AuthKind, Bound, EndAt, Entity, KeyPart, Manner, Owner, Paging, Place, Spot, StatusPattern,
    Verb,
};
use serde_json::json;

use super::{load, op};

fn place(text: &str) -> Option<Place> {
    Some(Place::parse(text).unwrap())
}

fn op_of(call: &Option<grader::pack::Call>) -> Option<&str> {
    call.as_ref().map(|c| c.op.as_str())
}

fn update(entity: &Entity) -> (&str, Manner) {
    let update = entity.update.as_ref().unwrap();
    (update.call.op.as_str(), update.manner)
}

#[test]
fn bodies_in_an_envelope() {
    let pack = load("envelope");
    let user = pack.entity("user").unwrap();
    let email = &user.facts["email"];
    assert_eq!(email.send, place("/user/email"));
    assert_eq!(email.created, place("/user/email"));
    assert_eq!(email.reply, place("/user/email"));
    assert_eq!(email.change, place("/user/email"));
    assert!(email.required && !user.facts["bio"].required);
    assert_eq!(user.secret["password"], place("/user/password").unwrap());
    assert_eq!(user.natural_key().unwrap().name, "email");
    assert!(user.read.as_ref().unwrap().bind.is_empty());
}

#[test]
fn keys_that_are_slugs_made_by_the_server() {
    let pack = load("slugs");
    let article = pack.entity("article").unwrap();
    assert_eq!(article.key.parts, [KeyPart::Place(place("/slug").unwrap())]);
    assert!(article.natural_key().is_none(), "nobody sends the slug");
    assert_eq!(article.key.read, place("/slug"));
    assert_eq!(op_of(&article.read), Some("getArticle"));
    assert_eq!(article.read.as_ref().unwrap().bind["slug"], Bound::Key);
    let comment = pack.entity("comment").unwrap();
    let delete = comment.delete.as_ref().unwrap();
    assert_eq!(delete.bind["slug"], Bound::Up(vec!["article".into()]));
    assert_eq!(delete.bind["id"], Bound::Key);
    assert_eq!(op_of(&comment.read), None);
    assert_eq!(op_of(&comment.list), Some("listComments"));
    assert_eq!(comment.facts["body"].listed, place("/body"));
}

#[test]
fn lists_of_values_that_are_entities_of_their_own() {
    let pack = load("tag-list");
    let tag = pack.entity("tag").unwrap();
    let made = tag.made_by.as_ref().unwrap();
    assert_eq!(
        (made.op.as_str(), &made.at),
        ("createArticle", &place("/tagList/*").unwrap())
    );
    assert_eq!(made.reply_at, place("/tagList/*"));
    assert_eq!(tag.facts["name"].send, place(""));
    assert_eq!(tag.facts["name"].schema["type"], "string");
    let body = json!({"tagList": ["a", "b"]});
    assert_eq!(made.at.get(&body), [&json!("a"), &json!("b")]);
    let link = &pack.links["tagging"];
    assert!(link.set.is_none() && link.made_by.is_some());
    assert_eq!(link.ends["article"].at, EndAt::Place(place("@").unwrap()));
}

#[test]
fn an_owner_that_stands_in_no_body() {
    let pack = load("owner");
    let note = pack.entity("note").unwrap();
    assert_eq!(note.owner, Some(Owner::Caller));
    assert!(note.private);
    assert_eq!(note.unique, [["owner", "text"]]);
    assert!(!op(&pack.contract, "createNote").security.allows(None));
}

#[test]
fn links_made_without_a_body() {
    let pack = load("follow");
    let follow = &pack.links["follow"];
    assert_eq!(follow.ends["follower"].at, EndAt::Caller);
    assert_eq!(follow.ends["followed"].entity, "profile");
    let set = follow.set.as_ref().unwrap();
    assert_eq!(set.bind["username"], Bound::Up(vec!["followed".into()]));
    assert!(op(&pack.contract, "follow").body.is_none());
    assert_eq!(op_of(&follow.unset), Some("unfollow"));
}

#[test]
fn a_token_before_which_another_word_stands() {
    let auth = load("token-header").auth.unwrap();
    assert_eq!(
        auth.carrier.place.spot,
        Spot::Header("Authorization".into())
    );
    assert_eq!(auth.carrier.prefix, "Token ");
    assert_eq!(auth.ops[&Verb::Whoami].with.as_deref(), Some("access"));
    assert_eq!(auth.ops[&Verb::Login].with, None);
}

#[test]
fn a_header_of_its_own() {
    let auth = load("custom-header").auth.unwrap();
    assert_eq!(auth.carrier.place.spot, Spot::Header("X-Api-Key".into()));
    assert_eq!(auth.carrier.prefix, "");
}

#[test]
fn a_cookie() {
    let auth = load("cookies").auth.unwrap();
    assert_eq!(auth.kind, AuthKind::Cookie);
    assert_eq!(auth.carrier.place.spot, Spot::Cookie("sid".into()));
    assert_eq!(
        auth.ops[&Verb::Login].take["access"].spot,
        Spot::Cookie("sid".into())
    );
    assert_eq!(
        auth.csrf.unwrap().send.spot,
        Spot::Header("X-CSRF-Token".into())
    );
}

#[test]
fn put_where_others_use_patch() {
    let pack = load("put-updates");
    assert_eq!(
        update(pack.entity("box").unwrap()),
        ("putBox", Manner::Replace)
    );
}

#[test]
fn ids_that_are_numbers_and_ids_that_are_text() {
    let pack = load("ids");
    assert_eq!(
        update(pack.entity("box").unwrap()),
        ("patchBox", Manner::Merge)
    );
    for (create, good, bad) in [
        ("createBox", json!(7), json!("7")),
        ("createCrate", json!("c-7"), json!(7)),
    ] {
        let op = op(&pack.contract, create);
        let reply = |id: &serde_json::Value| json!({"id": id, "name": "x", "size": null});
        let judge = |id| {
            pack.contract
                .validate_reply(op, 201, "application/json; charset=utf-8", &reply(id))
        };
        assert_eq!(judge(&good), []);
        let wrong = judge(&bad);
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].pointer, "/id");
        assert!(
            wrong[0]
                .what
                .starts_with(&format!("`/id` is {bad}, expected ")),
            "{}",
            wrong[0].what
        );
    }
}

#[test]
fn pages_by_cursor_offset_and_number() {
    let pack = load("paging");
    let listing = |id| op(&pack.contract, id).listing.clone();
    let cursor = listing("byCursor").unwrap();
    assert_eq!(cursor.items, place("/items/*").unwrap());
    assert_eq!(
        cursor.paging,
        Paging::Cursor {
            param: "cursor".into(),
            next: place("/next_cursor").unwrap()
        }
    );
    assert_eq!(
        (cursor.limit.as_deref(), cursor.max),
        (Some("limit"), Some(100))
    );
    let offset = listing("byOffset").unwrap();
    assert_eq!(
        offset.paging,
        Paging::Offset {
            param: "offset".into()
        }
    );
    assert_eq!(offset.max, Some(20));
    let page = listing("byPage").unwrap();
    assert_eq!(
        page.paging,
        Paging::Page {
            param: "page".into(),
            first: 0
        }
    );
    assert_eq!((page.limit.as_deref(), page.max), (Some("per_page"), None));
    assert_eq!(listing("atOnce").unwrap().paging, Paging::None);
    let own = listing("byOwnWay").unwrap();
    assert_eq!(own.items, place("/page/rows/*").unwrap());
    assert_eq!((own.limit.as_deref(), own.max), (Some("many"), Some(50)));
    assert_eq!(
        own.paging,
        Paging::Cursor {
            param: "from".into(),
            next: place("/page/more").unwrap()
        }
    );
    assert_eq!(
        listing("noList"),
        None,
        "an object that has a list is not a list"
    );
}

#[test]
fn a_base_path() {
    let pack = load("base-path");
    assert_eq!(pack.contract.base_path, "/api/v1");
    let get = op(&pack.contract, "GET /boxes/{id}");
    assert_eq!(get.id.as_str(), "getBox");
    let params = BTreeMap::from([("id".to_owned(), "a b".to_owned())]);
    assert_eq!(get.path.fill(&params).unwrap(), "/api/v1/boxes/a%20b");
}

#[test]
fn no_list() {
    let pack = load("no-list");
    let entity = pack.entity("box").unwrap();
    assert_eq!(entity.list, None);
    assert_eq!(op_of(&entity.read), Some("getBox"));
    assert_eq!(entity.facts["name"].listed, None);
}

#[test]
fn replies_without_the_created_thing() {
    let pack = load("no-reply");
    let entity = pack.entity("box").unwrap();
    let key = entity.key_place().unwrap();
    assert_eq!(key.spot, Spot::Header("Location".into()));
    assert_eq!(key.pick("http://h/boxes/42"), Some("42"));
    assert_eq!(entity.key.read, place("/id"));
    assert_eq!(entity.facts["name"].created, None);
    assert_eq!(entity.facts["name"].reply, place("/name"));
    let made = op(&pack.contract, "createBox").declares(201).unwrap();
    assert_eq!(
        (made.media.as_deref(), made.headers["Location"]),
        (None, true)
    );
    let label = pack.entity("label").unwrap();
    assert_eq!(op(&pack.contract, "putLabel").success(), [204]);
    assert_eq!(label.facts["name"].send, place("path:name"));
    assert_eq!(
        label.create.as_ref().unwrap().bind["name"],
        Bound::Fact("name".into())
    );
    assert_eq!(label.read.as_ref().unwrap().bind["name"], Bound::Key);
}

#[test]
fn contracts_of_openapi_3_0() {
    let pack = load("openapi-30");
    let create = op(&pack.contract, "createBox");
    let judge = |body| {
        pack.contract
            .validate_reply(create, 201, "application/json", &body)
    };
    assert_eq!(judge(json!({"name": "a", "note": null, "weight": 0.5})), []);
    assert_eq!(
        judge(json!({"name": "a", "note": null, "weight": 0})).len(),
        1
    );
    assert_eq!(create.replies[0].status, StatusPattern::Exact(201));
}
