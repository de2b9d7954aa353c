//! Reports for the tests of this room, made by the same steps as real ones.

mod hostile;
mod picture;

pub(crate) use hostile::{HOSTILE, full, hostile, huge};
pub(crate) use picture::picture;

use crate::feedback::{Redactor, Run, assemble};
use crate::model::*;
use crate::pack::{Belief, Disclosure};
use crate::score::{Gate, Rules};

fn meta(id: &str, severity: Severity) -> CheckMeta {
    CheckMeta {
        id: id.into(),
        stage: id.split('.').next().and_then(Stage::parse).unwrap(),
        summary: summary(id).into(),
        concept: "http".into(),
        severity,
        needs: vec![],
        world: WorldKind::Main,
        alone: Alone::Shared,
        runtimes: vec![RuntimeKind::Local],
        refs: vec!["RFC 9110 §15.3.2".into()],
        hints: ["What does a client read first?", "Say what happened.", "Answer 201."]
            .map(String::from)
            .to_vec(),
        docs: "## What it looks at\nThe status.\n\n## Why it matters\nA client that sees 200 does not \
               know that something new exists. Caches may keep the answer.\n\n## Passes\n\n```\n\
               POST /venues\n201\n```\n\n## Fails\n\n- `200`\n- anything else, which is a rather long \
               way to say that the status of the answer is not the one\n  that the contract promises\n\n\
               ## How to mend it\nAnswer `201`.\n"
            .into(),
    }
}

fn summary(id: &str) -> &'static str {
    match id {
        "endpoints.wrong-success-status" => "a success answers with another status than promised",
        "endpoints.lost-update" => "an update answers 200 and changes nothing",
        "endpoints.hard-coded-answers" => "answers do not depend on what was stored",
        "boot.data-elsewhere" => "data is kept elsewhere than in DATABASE_URL",
        _ => "a flaw that a service can have",
    }
}

/// The checks the samples speak of.
pub(crate) fn index() -> CheckIndex {
    use Severity::*;
    CheckIndex::new(vec![
        meta("boot.build-fails", Critical),
        meta("boot.never-answers", Critical),
        meta("boot.ignores-port", Medium),
        meta("boot.data-elsewhere", High),
        meta("endpoints.operation-missing", High),
        meta("endpoints.wrong-success-status", Medium),
        meta("endpoints.lost-update", High),
        meta("endpoints.hard-coded-answers", High),
        meta("endpoints.deleted-still-there", High),
        meta("endpoints.unknown-id-not-404", Medium),
        meta("endpoints.list-leaks", Low),
        meta("schema.fact-stored-twice", Critical),
        meta("schema.keys-missing", High),
        meta("production.lost-on-restart", High),
    ])
}

fn exchange(method: &str, path: &str, sent: &str, outcome: Outcome) -> Evidence {
    let body = |text: &str| Body {
        text: text.into(),
        bytes: text.len() as u64,
        cut: false,
    };
    let base = "http://127.0.0.1:40123";
    Evidence::Exchange {
        says: "the venue was made, and the answer does not say so".into(),
        curl: format!(
            "curl -i -X {method} '{base}{path}' -H 'content-type: application/json' --data '{sent}'"
        ),
        exchange: Box::new(Exchange {
            number: 7,
            check: "endpoints.wrong-success-status".into(),
            parent: None,
            sent: Sent {
                method: method.into(),
                base: base.into(),
                path: path.into(),
                headers: vec![("content-type".into(), "application/json".into())],
                body: Some(body(sent)),
            },
            outcome,
            millis: 12,
        }),
    }
}

fn answered(status: u16, text: &str) -> Outcome {
    Outcome::Answered {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Body {
            text: text.into(),
            bytes: text.len() as u64,
            cut: false,
        },
    }
}

fn fail(id: &str, drafts: Vec<Draft>) -> Verdict {
    let findings = drafts
        .into_iter()
        .enumerate()
        .map(|(n, d)| Finding::from_draft(id, n + 1, d));
    Verdict::Fail {
        findings: findings.collect(),
    }
}

fn wrong_status() -> Verdict {
    let body = r#"{"name":"Hall 7f3a","city":"Zürich","country":"CH","capacity":420}"#;
    let answer = r#"{"id":17,"name":"Hall 7f3a","city":"Zürich","country":"CH","capacity":420}"#;
    let first = Draft {
        subject: "POST /venues".into(),
        saw: "POST /venues answered 200".into(),
        expected: "201, as the contract says".into(),
        actual: "200, with the new venue in the body".into(),
        touches: vec!["POST /venues".into(), "POST /events".into()],
        note: Some("The venue itself is right: only the status is not.".into()),
        evidence: vec![exchange("POST", "/venues", body, answered(200, answer))],
        ..Draft::default()
    };
    let second = Draft {
        subject: "DELETE /venues/{id}".into(),
        saw: "DELETE /venues/{id} answered 200".into(),
        expected: "204, as the contract says".into(),
        actual: "200".into(),
        evidence: vec![],
        ..Draft::default()
    };
    fail("endpoints.wrong-success-status", vec![first, second])
}

fn crash() -> Verdict {
    let body = r#"{"capacity":421}"#;
    let draft = Draft {
        subject: "PATCH /venues/{id}".into(),
        saw: "the service ended when a venue was changed".into(),
        expected: "200 and the changed venue".into(),
        actual: "the connection broke and the process ended with code 1".into(),
        manner: Manner::Crash,
        evidence: vec![
            exchange(
                "PATCH",
                "/venues/17",
                body,
                Outcome::CutShort {
                    why: "reset by peer".into(),
                },
            ),
            Evidence::Log {
                says: "the service's last words".into(),
                lines: (1..=12)
                    .map(|n| format!("  File \"shop.py\", line {n}, in patch_venue"))
                    .collect(),
            },
            Evidence::Rows {
                says: "the row is as it was".into(),
                table: "public.venues".into(),
                columns: vec!["id".into(), "name".into(), "capacity".into()],
                rows: vec![vec![Some("17".into()), Some("Hall 7f3a".into()), None]],
                sql: "SELECT id, name, capacity FROM public.venues WHERE id = 17".into(),
            },
        ],
        ..Draft::default()
    };
    fail("endpoints.lost-update", vec![draft])
}

fn verdict(id: &str) -> Verdict {
    let blocked = |by: &str| Verdict::Blocked {
        by: vec![by.into()],
    };
    match id {
        "boot.ignores-port" => Verdict::Pass {
            advice: vec![Finding::from_draft(
                id,
                1,
                Draft {
                    subject: "PORT".into(),
                    saw: "the service also listens on 0.0.0.0:9090".into(),
                    ..Draft::default()
                },
            )],
        },
        "endpoints.wrong-success-status" => wrong_status(),
        "endpoints.lost-update" => crash(),
        "endpoints.hard-coded-answers" => blocked("endpoints.lost-update"),
        "endpoints.deleted-still-there" => blocked("endpoints.hard-coded-answers"),
        "endpoints.unknown-id-not-404" => Verdict::Inconclusive {
            control: "the honest request before it was answered 429".into(),
        },
        "endpoints.list-leaks" => Verdict::Broken {
            fault: "while reading the server's log: no space left on device".into(),
        },
        "schema.fact-stored-twice" | "schema.keys-missing" => Verdict::Skipped {
            why: "project 1-listings does not ask for stage schema".into(),
        },
        "production.lost-on-restart" => Verdict::Skipped {
            why: "a service that is attached cannot be restarted".into(),
        },
        _ => Verdict::Pass { advice: vec![] },
    }
}

fn report(verdict: impl Fn(&CheckMeta) -> Verdict, index: &CheckIndex) -> Report {
    told(verdict, index, Shows::Everything, false)
}

/// What a learner who takes a status for decoration believes.
fn belief() -> Belief {
    Belief {
        id: "status-is-decoration".into(),
        title: "the body says it all, whatever the status".into(),
        instead: "Clients, caches and proxies read the status and nothing else.".into(),
        ask: "Which parts of the answer does a cache look at?".into(),
        checks: vec!["endpoints.wrong-success-status".into()],
    }
}

fn told(
    verdict: impl Fn(&CheckMeta) -> Verdict,
    index: &CheckIndex,
    shows: Shows,
    partial: bool,
) -> Report {
    let records = index.iter().map(|m| Record {
        id: m.id.clone(),
        stage: m.stage,
        summary: m.summary.clone(),
        concept: m.concept.clone(),
        severity: m.severity,
        points: 0,
        verdict: verdict(m),
        kept_back: None,
        seconds: 0.25,
        overridden: None,
    });
    let started = "2026-03-01T20:15:00Z";
    let run = Run {
        pack: PackRef {
            id: "1-listings".into(),
            title: "It answers".into(),
            tier: 1,
            digest: "ab".repeat(32),
        },
        submission: SubmissionRef {
            name: "box-office".into(),
            digest: "cd".repeat(32),
            commit: Some("3f2a91c0".repeat(5)),
            anchor: Some("Procfile".into()),
            handed_in: None,
        },
        runtime: RuntimeRef {
            kind: RuntimeKind::Local,
            why: "no container engine answers here".into(),
            postgres: Some("15.4".into()),
        },
        seed: 42,
        started: started.into(),
        seconds: 12.34,
        complete: !partial,
        partial,
        records: records.collect(),
        faults: vec![],
        history: None,
        picture: (shows != Shows::Everything).then(picture),
        pace: 2,
        disclosure: Disclosure::always(shows),
        beliefs: vec![belief()],
        overrides: None,
    };
    let must = vec![
        "boot.never-answers".into(),
        "endpoints.wrong-success-status".into(),
    ];
    let rules = Rules {
        gate: Gate {
            share: 0.8,
            must,
            signed_off: None,
        },
        ..Rules::default()
    };
    assemble(run, &rules, index, &Redactor::new(started, &[])).0
}

/// Every verdict at once.
pub(crate) fn mixed() -> Report {
    report(|m| verdict(m.id.as_str()), &index())
}

/// Every verdict at once, as a project that keeps something back tells it.
pub(crate) fn kept_back(shows: Shows) -> Report {
    told(|m| verdict(m.id.as_str()), &index(), shows, false)
}

/// Everything passes but what the project does not ask for.
pub(crate) fn green() -> Report {
    let verdict = |m: &CheckMeta| match verdict(m.id.as_str()) {
        skipped @ Verdict::Skipped { .. } if m.stage == Stage::Schema => skipped,
        _ => Verdict::Pass { advice: vec![] },
    };
    report(verdict, &index())
}

/// A run of a part in which everything passed.
pub(crate) fn part() -> Report {
    let mut report = green();
    report.complete = false;
    report.tiers.iter_mut().for_each(|tier| tier.open = false);
    report
}

/// A run that was cut short before the endpoints were done: everything asked by then passed.
pub(crate) fn cut_short() -> Report {
    let verdict = |m: &CheckMeta| match m.stage {
        Stage::Boot => Verdict::Pass { advice: vec![] },
        _ => Verdict::Skipped {
            why: Verdict::CUT_SHORT.into(),
        },
    };
    told(verdict, &index(), Shows::Everything, true)
}

/// `n` failed checks with five findings each.
pub(crate) fn flood(n: usize) -> Report {
    let index: Vec<_> = (0..n)
        .map(|n| meta(&format!("endpoints.flaw-{n:02}"), Severity::Medium))
        .collect();
    let draft = |n: usize| Draft {
        subject: format!("GET /things/{n}"),
        saw: format!("GET /things/{n} answered 500"),
        expected: "200".into(),
        actual: "500".into(),
        evidence: vec![exchange(
            "GET",
            "/things",
            "",
            answered(500, &"oops ".repeat(400)),
        )],
        ..Draft::default()
    };
    report(
        |m| fail(m.id.as_str(), (0..5).map(draft).collect()),
        &CheckIndex::new(index),
    )
}
