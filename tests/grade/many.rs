//! Services with many mistakes at once: each is told, and none of them twice.

use std::collections::BTreeSet;

use grader::model::Report;
use grader::verify::{judge, many, prepare};

use super::bench::{Grader, root};
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

#[test]
fn ten_mistakes_are_ten_findings() {
    let all = many(&root()).unwrap();
    let fixture = all.iter().find(|f| f.name == "ten-mistakes").unwrap();
    let into = open_folder();
    let service = prepare(fixture, into.path()).unwrap();
    let mut args = vec!["--project", fixture.project.as_str()];
    for check in &fixture.expect {
        args.extend(["--only", check]);
    }
    let ended = Grader::grade(&service, &args)
        .env("GRADER_SHARE_CACHES", "1")
        .run()
        .exits(1);
    let report: Report = serde_json::from_value(ended.report()).unwrap();
    assert_eq!(judge(fixture, &report), [], "{ended}");
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
