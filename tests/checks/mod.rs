//! Checks for which no project's contract gives ground yet, against a small service: each passes where the service is
//! right, and is the only one that fails where it has the one flaw.

mod desk;

use std::sync::Arc;

use grader::model::{Record, Verdict};
use grader::pack::{Pack, PackSource};
use grader::run::{Selection, Settings, conduct};
use grader::runtime::{Options, open};
use tokio::sync::mpsc;

use crate::plant::http::serve;
use desk::{Desk, Flaw};

/// The checks that are proven here and by no flaw of a project.
pub(crate) const PROVEN: [&str; 5] = [
    "endpoints.undeclared-property",
    "endpoints.put-not-idempotent",
    "endpoints.etag-unstable",
    "endpoints.etag-ignored",
    "endpoints.precondition-ignored",
];

/// What these checks say of a desk with this flaw.
async fn asked(flaw: Flaw, only: &[&str]) -> Vec<Record> {
    let base = serve(Desk::new(flaw)).await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/checks/desk");
    let pack = Pack::load(&PackSource::folder(folder), None);
    let pack = Arc::new(pack.unwrap_or_else(|problems| panic!("{problems}")));
    let options = Options {
        url: Some(base),
        ..Options::default()
    };
    let runtime = open(None, options).await.unwrap();
    let settings = Settings {
        selection: Selection {
            only: only.iter().map(|&id| id.into()).collect(),
            stage: None,
        },
        ..Settings::default()
    };
    let (events, _seen) = mpsc::unbounded_channel();
    let all = grader::checks::all();
    let run = conduct(pack, runtime.into(), &all, settings, events).await;
    run.records
}

/// Every check of this desk is content with one that has no flaw, and with this one the one check alone is not.
async fn alone(flaw: Flaw, check: &str) -> Record {
    let ids: Vec<&str> = PROVEN.into_iter().chain([check]).collect();
    let mut found = None;
    for record in asked(flaw, &ids).await {
        let failed = matches!(record.verdict, Verdict::Fail { .. });
        assert_eq!(
            failed,
            record.id.as_str() == check,
            "{flaw:?}: {} is {:?}",
            record.id,
            record.verdict
        );
        if failed {
            found = Some(record);
        }
    }
    found.unwrap_or_else(|| panic!("{check} was not asked"))
}

#[tokio::test]
async fn a_desk_without_a_flaw_is_right() {
    let endpoints = |id: &&str| id.starts_with("endpoints.") && !id.contains("state");
    let all = grader::checks::all();
    let ids: Vec<&str> = all.iter().map(|c| c.id).filter(endpoints).collect();
    for record in asked(Flaw::None, &ids).await {
        let proven = PROVEN.contains(&record.id.as_str());
        match record.verdict {
            Verdict::Pass { .. } => {}
            Verdict::Skipped { .. } if !proven => {}
            other => panic!("{}: {other:?}", record.id),
        }
    }
}

#[tokio::test]
async fn each_flaw_is_seen_by_its_own_check() {
    for (flaw, check) in [
        (Flaw::SaysMore, "endpoints.undeclared-property"),
        (Flaw::PutAppends, "endpoints.put-not-idempotent"),
        (Flaw::PutAdds, "endpoints.put-not-idempotent"),
        (Flaw::RandomTag, "endpoints.etag-unstable"),
        (Flaw::FixedTag, "endpoints.etag-unstable"),
        (Flaw::NoTag, "endpoints.etag-unstable"),
        (Flaw::NoShortAnswer, "endpoints.etag-ignored"),
        (Flaw::AlwaysShort, "endpoints.etag-ignored"),
        (Flaw::NoCondition, "endpoints.precondition-ignored"),
        (Flaw::ConditionOptional, "endpoints.precondition-ignored"),
        (Flaw::NullIgnored, "endpoints.patch-ignored"),
        (Flaw::NullBreaks, "endpoints.patch-ignored"),
        (Flaw::NullIsText, "endpoints.null-altered"),
        (Flaw::NumbersAreFloats, "endpoints.number-altered"),
        (Flaw::BodyWithout, "endpoints.wrong-content-type"),
    ] {
        let record = alone(flaw, check).await;
        for finding in record.verdict.findings() {
            assert!(!finding.touches.is_empty(), "{check}: {finding:?}");
            assert!(!finding.evidence.is_empty(), "{check}: {finding:?}");
        }
    }
}

#[tokio::test]
async fn one_flawed_serializer_is_one_finding() {
    let records = asked(Flaw::SaysMore, &["endpoints.undeclared-property"]).await;
    let last = records.last().unwrap();
    let [one] = last.verdict.findings() else {
        panic!("{:?}", last.verdict)
    };
    assert_eq!(one.subject, "Note: `secret`");
    let touched = [
        "GET /notes",
        "GET /notes/{id}",
        "POST /notes",
        "PUT /notes/{id}",
    ];
    assert_eq!(one.touches, touched);
}
