use std::collections::BTreeMap;

use super::reply_breaks_schema;
use crate::check;
use crate::check::Cx;
use crate::check::honest::declared_json;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{Broke, Operation, Pack};
use crate::probe::plant::Step;

check! {
    /// ## What it looks at
    /// The replies to honest calls, where the contract says that an object has the properties it names and
    /// no others (`additionalProperties: false`). Where the contract leaves objects open, a reply may say
    /// more, and nothing is looked at.
    ///
    /// ## Why it matters
    /// What is sent is published: somebody will read the internal note, the password's hash, the flag that
    /// was meant for one week. And strict clients refuse a reply that the contract excludes.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7      200 {"id": 7, "name": "Paradiso"}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7      200 {"id": 7, "name": "Paradiso", "internal_note": "owes us money"}
    /// ```
    ///
    /// ## How to mend it
    /// Name the properties that go into a reply, one by one, instead of sending the row as it is.
    pub static CHECK = {
        id: "endpoints.undeclared-property",
        summary: "a reply has a property that the contract excludes",
        concept: "serialization",
        severity: Medium,
        needs: [reply_breaks_schema::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["JSON Schema 2020-12 §10.3.2.3", "JSON Schema 2020-12 §11.3", "OWASP API3:2023"],
        hints: [
            "Which columns of your table does a reader of the reply need?",
            "A reply is built from what may be known, not from what is stored.",
            "Write the list of the properties in the function that makes the JSON, and let nothing else through.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let replies = pack.contract.operations.iter().flat_map(|o| &o.replies);
    let mut schemas = replies.filter_map(|r| r.schema.as_ref());
    if !schemas.any(|s| pack.contract.closes(&s.value)) {
        let why = "this contract lets replies say more than it names".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    let mut findings = cx.findings();
    for step in cx.planter().tour().await? {
        let Some(operation) = pack.op(&step.op) else {
            continue;
        };
        for (place, names) in extra(&pack, operation, &step) {
            let named = format!("`{}`", names.join("`, `"));
            findings.add(Draft {
                subject: format!("{place}: {named}"),
                touches: vec![operation.line()],
                saw: format!("{named} in {place}, where the contract has no more properties"),
                expected: "the properties that the contract names, and no others".to_owned(),
                actual: format!("{named} as well"),
                evidence: vec![cx.seen(format!("a reply of {}", step.op), &step.exchange)],
                ..Draft::default()
            });
        }
    }
    Ok(findings.verdict())
}

/// The properties that a reply has and the contract excludes, by the object that has them.
fn extra(pack: &Pack, operation: &Operation, step: &Step) -> BTreeMap<String, Vec<String>> {
    let mut extra = BTreeMap::new();
    let status = step.exchange.status().unwrap_or_default();
    let declared = declared_json(operation, status);
    let (Some(reply), Some(body)) = (declared, step.exchange.json()) else {
        return extra;
    };
    let (Some(media), Some(schema)) = (&reply.media, &reply.schema) else {
        return extra;
    };
    for violation in pack
        .contract
        .validate_reply(operation, status, media, &body)
    {
        let Broke::Undeclared(mut names) = violation.kind else {
            continue;
        };
        names.sort();
        let home = pack.contract.home(&schema.value, &violation.pointer, true);
        let place = format!("{} {}", home.schema.unwrap_or_default(), home.pointer);
        let place = match place.trim() {
            "" => "the reply".to_owned(),
            place => place.to_owned(),
        };
        extra.insert(place, names);
    }
    extra
}
