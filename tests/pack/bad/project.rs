//! `[project]` and `[service]`.

use super::{one, problems};

#[test]
fn an_unknown_key_and_what_was_meant() {
    let p = one(
        "within =",
        "witin =",
        ("project.toml", 10, 1),
        "unknown key `witin` in [service]",
        "write `within`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("within"));
}

#[test]
fn a_length_of_time_that_is_none() {
    one(
        "\"30s\"",
        "\"30 parsecs\"",
        ("project.toml", 10, 10),
        "no length of time",
        "`60s`",
    );
}

#[test]
fn a_stage_that_is_none() {
    let p = one(
        "\"endpoints\"]",
        "\"endpoint\"]",
        ("project.toml", 5, 19),
        "`project.stages` is \"endpoint\"",
        "write `endpoints`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("endpoints"));
}

#[test]
fn stages_out_of_order() {
    let all = problems("[\"boot\", \"endpoints\"]", "[\"endpoints\", \"boot\"]");
    assert!(
        all.iter()
            .any(|p| p.what == "`boot` is out of order" && p.column == 24),
        "{all:#?}"
    );
}

#[test]
fn a_gate_that_names_no_check() {
    let p = one(
        "boot.never-answers",
        "boot.never-answer",
        ("project.toml", 6, 31),
        "no check `boot.never-answer`",
        "write `boot.never-answers`",
    );
    assert_eq!(p.did_you_mean.as_deref(), Some("boot.never-answers"));
}

#[test]
fn no_ready_operation() {
    one(
        "ready = \"GET /healthz\"\n",
        "",
        ("project.toml", 8, 1),
        "has no `ready`",
        "ready = \"GET /healthz\"",
    );
    one(
        "\"GET /healthz\"",
        "\"/healthz\"",
        ("project.toml", 9, 9),
        "not a method and a path",
        "GET /healthz",
    );
}

#[test]
fn tiers_that_do_not_fit() {
    one(
        "tier = 1",
        "tier = 2",
        ("project.toml", 4, 8),
        "does not say what it comes after",
        "after = [",
    );
    one(
        "tier = 1",
        "tier = 1\nafter = [\"bazaar\"]",
        ("project.toml", 4, 8),
        "tier 1 comes after nothing",
        "remove `after`",
    );
    one(
        "tier = 1",
        "tier = 2\nafter = [\"3-late\"]",
        ("project.toml", 5, 10),
        "not earlier than tier 2",
        "earlier tiers",
    );
    one(
        "id = \"shop\"",
        "id = \"shops\"",
        ("project.toml", 2, 6),
        "folder is called `shop`",
        "id = \"shop\"",
    );
}

#[test]
fn a_share_that_is_none() {
    one(
        "share = 0.8",
        "share = 80",
        ("project.toml", 6, 18),
        "share of 80",
        "from 0 to 1",
    );
}

#[test]
fn a_value_of_the_wrong_kind() {
    one(
        "title = \"A shop\"",
        "title = 3",
        ("project.toml", 3, 9),
        "`project.title` is a whole number, expected text",
        "write text",
    );
}

#[test]
fn a_rule_of_disclosure_without_a_time() {
    one(
        "stages = [\"boot\", \"endpoints\"]",
        "stages = [\"boot\", \"endpoints\"]\nshows_later = [{ shows = \"everything\" }]",
        ("project.toml", 6, 16),
        "says no time, or two",
        "from_attempt",
    );
}

#[test]
fn a_day_that_is_none() {
    let all = problems(
        "stages = [\"boot\", \"endpoints\"]",
        "stages = [\"boot\", \"endpoints\"]\nshows_later = [{ from_day = \"soon\", shows = \"everything\" }]",
    );
    assert!(
        all.iter().any(|p| p.cure.contains("\"2027-03-01\"")),
        "{all:#?}"
    );
}
