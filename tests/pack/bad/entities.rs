//! Entities: what makes them, what identifies them, what is said about them.

use super::{CONTRACT, PROJECT, one, problems, try_load};

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
fn a_key_that_the_service_sets_and_no_reply_shows() {
    let contract = (
        "size: {type: integer}",
        "size: {type: integer, readOnly: true}",
    );
    let made = "content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}}\n  /boxes/{id}";
    let told = "content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}}}\n  /boxes/{id}";
    let project = super::PROJECT.replacen(
        "create = \"createBox\"\nkey = \"/id\"",
        "create = \"createBox\"\nkey = \"size\"",
        1,
    );
    let contract = super::CONTRACT.replacen(contract.0, contract.1, 1);
    // The reply to the create shows it: nothing is wrong.
    assert!(try_load(&project, &contract).is_ok());
    let problems = try_load(&project, &contract.replacen(made, told, 1))
        .unwrap_err()
        .problems;
    let [problem] = &problems[..] else {
        panic!("{problems:#?}")
    };
    assert_eq!(
        problem.what,
        "the service sets `size`, and the reply to `createBox` does not show it"
    );
    assert_eq!((problem.line, problem.column), (19, 7));
    assert!(problem.cure.contains("header:Location"));
}

#[test]
fn a_mistyped_create_beside_a_bind_is_the_only_problem() {
    one(
        "create = \"createBox\"\nkey = \"/id\"",
        "create = \"creatBox\"\nbind = { id = \"key\" }\nkey = \"/id\"",
        ("project.toml", 18, 10),
        "the contract has no operation `creatBox`",
        "write `createBox`",
    );
}
