//! The services of the contracts: what is right is left alone, what is wrong is found.

use grader::model::{Report, Verdict};
use grader::verify::{Fixture, Kind, discover, judge, prepare};

use super::ALL;
use crate::grade::bench::{Grader, has_turn, root};
use crate::runtime::bench::open_folder;

/// Checks that have something to judge in each of these contracts.
const JUDGED: [&str; 8] = [
    "endpoints.operation-missing",
    "endpoints.wrong-success-status",
    "endpoints.reply-breaks-schema",
    "endpoints.hard-coded-answers",
    "endpoints.created-differs",
    "endpoints.unknown-id-not-404",
    "endpoints.deleted-still-there",
    "endpoints.data-lost-on-restart",
];

/// Every fixture of a contract: its service, and that with a mistake.
fn fixtures(contract: &str) -> Vec<Fixture> {
    let mut all = discover(&root()).unwrap();
    all.retain(|f| f.project == contract);
    all
}

/// Grades a fixture with the pack of its contract; fails where a verdict is not what the fixture says.
fn grade(fixture: &Fixture, args: &[&str]) -> Report {
    let into = open_folder();
    let service = prepare(fixture, into.path()).unwrap();
    let pack = fixture.pack(&root());
    let ended = Grader::grade(&service, &["--project", pack.to_str().unwrap()])
        .args(args)
        .env("GRADER_SHARE_CACHES", "1")
        .run();
    let report: Report = serde_json::from_value(ended.report()).unwrap();
    let deviations = judge(fixture, &report);
    let title = fixture.title();
    assert_eq!(deviations, [], "{title}\n{ended}");
    report
}

/// The service of a contract is right by all checks, and these judged it besides [`JUDGED`].
fn all_right(contract: &str, also: &[&str]) {
    if !has_turn(contract, 2) {
        return;
    }
    let all = fixtures(contract);
    let [service] = all
        .iter()
        .filter(|f| f.kind == Kind::Reference)
        .collect::<Vec<_>>()[..]
    else {
        panic!("{contract} has not one service");
    };
    let report = grade(service, &[]);
    // Whatever needs a login is asked by somebody who has one: these are judged, not skipped.
    for id in JUDGED.iter().chain(also) {
        let check = report.checks.iter().find(|c| c.id.as_str() == *id).unwrap();
        assert!(check.verdict.passed(), "{contract}: {check:#?}");
    }
    assert!(report.tiers[0].open);
    // An account that looks at itself logs in first, and that is not what reading does.
    let reads = "endpoints.get-changes-state";
    let reads = report.checks.iter().find(|c| c.id.as_str() == reads);
    let quiet = Verdict::Pass { advice: Vec::new() };
    assert_eq!(reads.map(|c| &c.verdict), Some(&quiet), "{contract}");
}

#[test]
fn a_service_with_envelopes_slugs_and_value_lists() {
    all_right("gazette", &["endpoints.private-cached"]);
}

#[test]
fn a_service_with_numbers_offsets_and_puts() {
    all_right("storeroom", &["endpoints.no-location"]);
}

#[test]
fn a_service_under_a_base_path_with_cookies() {
    all_right(
        "boathouse",
        &["endpoints.no-location", "endpoints.private-cached"],
    );
}

#[test]
fn a_service_with_cookies_roles_and_a_token_against_requests_from_elsewhere() {
    all_right(
        "hall-diary",
        &[
            "auth.operation-unguarded",
            "auth.replay-logout",
            "auth.replay-password-change",
            "auth.role-not-checked",
            "auth.other-users-object-readable",
            "auth.cookie-unprotected",
            "auth.session-fixed",
            "auth.session-without-end",
            "auth.cross-site-writes",
        ],
    );
}

#[test]
fn a_service_with_retries_of_a_refresh_and_mailed_links() {
    all_right(
        "reading-room",
        &[
            "auth.replay-refresh-family",
            "auth.replay-refresh-leeway",
            "auth.replay-one-time-code",
            "auth.replay-one-time-code-race",
            "auth.token-stored-readable",
        ],
    );
}

/// That they are found, and nothing else, is seen by `cargo dev matrix`.
#[test]
fn each_contract_has_mistakes_to_be_found() {
    for contract in ALL.into_iter().chain(["hall-diary", "reading-room"]) {
        let mut flaws = fixtures(contract);
        flaws.retain(|f| f.kind == Kind::Flaw);
        assert!(flaws.len() >= 2, "{contract}");
        let into = open_folder();
        for flaw in &flaws {
            prepare(flaw, into.path()).unwrap_or_else(|fault| panic!("{fault}"));
        }
    }
}
