//! Services with many mistakes at once: each is told, none of them twice, and all of them in time.

use std::collections::BTreeSet;

use grader::model::{Manner, Report};
use grader::run::Settings;
use grader::verify::{Fixture, judge, many, prepare};

use super::bench::{Grader, has_turn, root};
use super::ended::Ended;
use crate::runtime::bench::open_folder;

/// What is wrong with `fixtures/many/3-accounts/ten-mistakes.patch`: the check that tells of it, what the finding is
/// about, and the operation.
const TEN: [(&str, &str, &str); 10] = [
    (
        "errors.duplicate-breaks",
        "updateVenue",
        "PATCH /venues/{venue_id}",
    ),
    (
        "errors.invalid-body-accepted",
        "lineup.billing",
        "PUT /events/{event_id}/lineup/{performer_id}",
    ),
    (
        "errors.invalid-body-accepted",
        "venue.capacity",
        "POST /venues",
    ),
    (
        "errors.invalid-body-breaks",
        "event.starts_at",
        "PATCH /events/{event_id}",
    ),
    ("errors.invalid-body-breaks", "order", "POST /orders"),
    (
        "errors.invalid-body-breaks",
        "performer.country",
        "POST /performers",
    ),
    (
        "errors.number-breaks",
        "ticket_type.price_cents",
        "POST /events/{event_id}/ticket-types",
    ),
    (
        "errors.parameter-breaks",
        "order.order_id",
        "GET /orders/{order_id}",
    ),
    ("errors.reference-breaks", "event.venue", "POST /events"),
    ("errors.text-breaks", "account.name", "POST /accounts"),
];

/// What the grader says of this service when it is asked so, and what it has of it.
fn graded(name: &str, asked: &[&str]) -> (Fixture, Report, Ended) {
    let all = many(&root()).unwrap();
    let fixture = all.into_iter().find(|f| f.name == name).unwrap();
    let into = open_folder();
    let service = prepare(&fixture, into.path()).unwrap();
    let ended = Grader::grade(&service, &["--project", fixture.project.as_str()])
        .args(asked)
        .env("GRADER_SHARE_CACHES", "1")
        .run()
        .exits(1);
    let report = serde_json::from_value(ended.report()).unwrap();
    (fixture, report, ended)
}

#[test]
fn ten_mistakes_are_ten_findings() {
    let checks: BTreeSet<&str> = TEN.iter().map(|(check, ..)| *check).collect();
    let only: Vec<&str> = checks.iter().flat_map(|id| ["--only", id]).collect();
    let (fixture, report, ended) = graded("ten-mistakes", &only);
    assert_eq!(judge(&fixture, &report), [], "{ended}");
    let mut told = Vec::new();
    for record in &report.checks {
        for finding in record.verdict.findings() {
            let about = finding.subject.split(':').next().unwrap();
            let check = record.id.to_string();
            told.push((check, about.to_owned(), finding.touches.join(", ")));
        }
    }
    told.sort();
    let ten = TEN.map(|(check, about, op)| (check.to_owned(), about.to_owned(), op.to_owned()));
    assert_eq!(told, ten, "{ended}");
    let operations: BTreeSet<&str> = TEN.iter().map(|(_, _, op)| *op).collect();
    assert_eq!(operations.len(), TEN.len(), "each at another operation");
}

/// A hang, an end of the process and an answer without end are findings, whichever check meets them, and each check
/// comes to its end.
#[test]
fn what_no_client_can_bear_is_found_in_time() {
    if !has_turn("rude-to-mistakes", 2) {
        return;
    }
    let (_, report, ended) = graded("rude-to-mistakes", &["--stage", "errors"]);
    let limit = Settings::default().check_limit.as_secs_f64();
    let mut told = BTreeSet::new();
    for record in &report.checks {
        assert!(record.seconds < limit, "{}\n{ended}", record.id);
        for finding in record.verdict.findings() {
            for op in &finding.touches {
                told.insert((op.as_str(), finding.manner));
            }
        }
    }
    assert_eq!(report.totals.broken, 0, "{ended}");
    for one in [
        ("POST /venues", Manner::Hang),
        ("PATCH /performers/{performer_id}", Manner::Crash),
        ("POST /events", Manner::Crash),
    ] {
        assert!(told.contains(&one), "{one:?} in {told:?}\n{ended}");
    }
}
