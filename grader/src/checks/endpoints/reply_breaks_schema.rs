use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{operation_missing, wrong_success_status};
use crate::check;
use crate::check::Cx;
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::pack::{Pack, speaks};
use crate::probe::plant::Step;

check! {
    /// ## What it looks at
    /// The replies to honest calls, against the schema that the contract gives for them: required
    /// properties, types, formats, bounds. The media type is compared too.
    ///
    /// ## Why it matters
    /// Clients in typed languages are generated from the contract. A number that comes as a text, or a
    /// property that is missing, breaks them at run time, far from you.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7      200 {"id": 7, "capacity": 1500, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7      200 {"id": 7, "capacity": "1500", …}
    /// `/capacity` is "1500", expected integer
    /// ```
    ///
    /// ## How to mend it
    /// Find the one place where a stored row becomes JSON, and give every property the name, the type and
    /// the format of the contract. Send JSON as `application/json`.
    pub static CHECK = {
        id: "endpoints.reply-breaks-schema",
        summary: "a reply does not have the shape that the contract promises",
        concept: "serialization",
        severity: High,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OpenAPI 3.1 §4.8.17", "JSON Schema 2020-12", "RFC 9110 §8.3"],
        hints: [
            "Would a program that trusts the contract be able to read this reply?",
            "A reply is a promise: names, types and formats are those of the contract, whatever your table or your language uses inside.",
            "Change the function that turns a row into JSON so that the property named below has the type and the format of the contract.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut causes: BTreeMap<String, Cause> = BTreeMap::new();
    for step in cx.planter().tour().await? {
        for broken in violations(&pack, &step) {
            let cause = causes.entry(broken.subject).or_default();
            if !cause.operations.contains(&step.op.0) {
                cause.operations.push(step.op.0.clone());
            }
            cause.rule.get_or_insert(broken.rule);
            cause.what.get_or_insert(broken.what);
            cause
                .evidence
                .push(cx.seen(format!("a reply of {}", step.op), &step.exchange));
        }
    }
    let mut findings = cx.findings();
    for (subject, cause) in causes {
        findings.add(Draft {
            saw: format!(
                "{subject} is not as the contract says in {}",
                several(&cause.operations)
            ),
            expected: cause.rule.unwrap_or_default(),
            actual: cause.what.unwrap_or_default(),
            subject,
            evidence: cause.evidence,
            ..Draft::default()
        });
    }
    Ok(findings.verdict())
}

/// One thing that a serializer does wrong, wherever it shows.
#[derive(Default)]
struct Cause {
    operations: Vec<String>,
    rule: Option<String>,
    what: Option<String>,
    evidence: Vec<Evidence>,
}

struct Broken {
    subject: String,
    rule: String,
    what: String,
}

/// What a reply breaks, named by the thing and its property: a list and a single read that share one
/// flawed serializer then break the same.
fn violations(pack: &Pack, step: &Step) -> Vec<Broken> {
    let Some(operation) = pack.op(&step.op) else {
        return Vec::new();
    };
    let Some(status) = step.exchange.status() else {
        return Vec::new();
    };
    let about = step.entity.clone().unwrap_or_else(|| step.op.to_string());
    let Some(reply) = operation.declares(status) else {
        return Vec::new();
    };
    let Some(media) = &reply.media else {
        return Vec::new();
    };
    let said = step.exchange.header("content-type").unwrap_or_default();
    if !operation.declared(status).iter().any(|r| speaks(r, said)) {
        let what = if said.is_empty() {
            "no Content-Type".to_owned()
        } else {
            format!("`{said}`")
        };
        let rule = format!("`Content-Type: {media}`");
        return vec![Broken {
            subject: format!("the media type of {about}"),
            rule,
            what,
        }];
    }
    let plain = said
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if plain != "application/json" && !plain.ends_with("+json") {
        return Vec::new();
    }
    let Some(body) = step.exchange.json() else {
        return vec![Broken {
            subject: format!("the body of {about}"),
            rule: "a JSON text".to_owned(),
            what: "the body is not JSON".to_owned(),
        }];
    };
    let items = operation.listing.as_ref().and_then(|l| l.items.pointer());
    pack.contract
        .validate_reply(operation, status, &plain, &body)
        .into_iter()
        .map(|v| Broken {
            subject: subject(
                pack,
                &about,
                &v.pointer,
                items.map(ToString::to_string).as_deref(),
            ),
            rule: "what the contract's schema says".to_owned(),
            what: v.what,
        })
        .collect()
}

/// `venue /capacity`, whether it stands in one reply or in the items of a list. What the contract does not name
/// (a place in an array, a key of a map) stands as `*`, so that the same cause has the same name in every run.
fn subject(pack: &Pack, about: &str, pointer: &str, items: Option<&str>) -> String {
    let mut names = BTreeSet::new();
    collect_names(&pack.contract.document, &mut names);
    let general: Vec<&str> = pointer
        .split('/')
        .map(|t| {
            if t.is_empty() || names.contains(t) {
                t
            } else {
                "*"
            }
        })
        .collect();
    let general = general.join("/");
    let own = items
        .and_then(|i| general.strip_prefix(i))
        .unwrap_or(&general);
    format!("{about} {own}").trim_end().to_owned()
}

/// Every property that the contract names anywhere.
fn collect_names<'v>(value: &'v Value, names: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                names.extend(properties.keys().map(String::as_str));
            }
            members.values().for_each(|v| collect_names(v, names));
        }
        Value::Array(all) => all.iter().for_each(|v| collect_names(v, names)),
        _ => {}
    }
}

fn several(operations: &[String]) -> String {
    match operations {
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => String::new(),
    }
}
