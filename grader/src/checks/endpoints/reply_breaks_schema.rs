use std::collections::{BTreeMap, BTreeSet};

use super::{operation_missing, wrong_success_status};
use crate::check;
use crate::check::Cx;
use crate::check::honest::{declared_json, said_media};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{Broke, Operation, Pack, Violation, speaks};
use crate::probe::plant::Step;

check! {
    /// ## What it looks at
    /// The replies to honest calls, against the schema that the contract gives for them: required
    /// properties, types, formats, bounds. What one function of yours does wrong is said once, with the
    /// operations in which it shows.
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
    /// the format of the contract.
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
    let mut findings = cx.findings();
    for step in cx.planter().tour().await? {
        let Some(operation) = pack.op(&step.op) else {
            continue;
        };
        for broken in broken(&pack, operation, &step) {
            findings.add(Draft {
                touches: vec![operation.line()],
                evidence: vec![cx.seen(format!("a reply of {}", step.op), &step.exchange)],
                ..broken
            });
        }
    }
    Ok(findings.verdict())
}

/// What a reply breaks, one draft a cause. A reply of another media type than the contract's is told by the check
/// for that; if it is JSON all the same, it has the shape of a reply to judge.
fn broken(pack: &Pack, operation: &Operation, step: &Step) -> Vec<Draft> {
    let Some(status) = step.exchange.status() else {
        return Vec::new();
    };
    let Some(reply) = declared_json(operation, status) else {
        return Vec::new();
    };
    let said = said_media(&step.exchange);
    let Some(body) = step.exchange.json() else {
        // A page of HTML is told by its media type; where none is said, or nothing is sent, only this tells.
        let other = !said.is_empty() && !speaks(reply, &said);
        return if other { Vec::new() } else { vec![no_json()] };
    };
    let media = if speaks(reply, &said) {
        said
    } else {
        reply.media.clone().unwrap_or_default()
    };
    let contract = &pack.contract;
    let all = contract.validate_reply(operation, status, &media, &body);
    let Some(schema) = reply.schema.as_ref() else {
        return Vec::new();
    };
    causes(all, |pointer, inside| {
        let home = contract.home(&schema.value, pointer, inside);
        format!("{} {}", home.schema.unwrap_or_default(), home.pointer)
            .trim()
            .to_owned()
    })
}

fn no_json() -> Draft {
    Draft {
        subject: "bodies that are no JSON".to_owned(),
        saw: "a body that should be JSON is not".to_owned(),
        expected: "a JSON text".to_owned(),
        actual: "the body cannot be read as JSON".to_owned(),
        ..Draft::default()
    }
}

/// One draft a cause: the member that has another type, wherever it stands; what one object lacks, all of it
/// together, because a whole serializer is at fault (names in another case, say) more often than each member.
fn causes(all: Vec<Violation>, home: impl Fn(&str, bool) -> String) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut lacking: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for violation in all {
        let way = match violation.kind {
            Broke::Missing(name) => {
                // Each of many items may lack other members.
                lacking.entry(violation.pointer).or_default().insert(name);
                continue;
            }
            // Told by the check for that.
            Broke::Undeclared(_) => continue,
            Broke::Type => "another type",
            Broke::Format => "another format",
            Broke::Value => "a value that is not allowed",
        };
        let place = home(&violation.pointer, false);
        drafts.push(Draft {
            subject: format!("{place}: {way}"),
            saw: format!("{place} has {way}"),
            expected: "what the contract's schema says".to_owned(),
            actual: violation.what,
            ..Draft::default()
        });
    }
    for (pointer, names) in lacking {
        let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
        let (names, place) = (names.join(", "), home(&pointer, true));
        drafts.push(Draft {
            subject: format!("missing: {names}"),
            saw: format!(
                "{} without {names}",
                if place.is_empty() { "a reply" } else { &place }
            ),
            expected: "every property that the contract requires".to_owned(),
            actual: format!("it lacks {names}"),
            ..Draft::default()
        });
    }
    drafts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(pointer: &str, kind: Broke) -> Violation {
        Violation {
            pointer: pointer.to_owned(),
            what: "wrong".to_owned(),
            kind,
        }
    }

    #[test]
    fn what_one_object_lacks_is_one_cause_and_each_type_another() {
        let missing = |name: &str| Broke::Missing(name.to_owned());
        let all = vec![
            violation("/0", missing("starts_at")),
            violation("/0", missing("id")),
            violation("/0/size", Broke::Type),
            violation("/1/size", Broke::Type),
            violation("/1/size", Broke::Format),
            violation("/1", Broke::Undeclared(vec!["x".to_owned()])),
        ];
        let drafts = causes(all, |pointer, _| format!("Thing {}", &pointer[2..]));
        let mut subjects: Vec<_> = drafts.into_iter().map(|d| d.subject).collect();
        subjects.dedup();
        assert_eq!(
            subjects,
            [
                "Thing /size: another type",
                "Thing /size: another format",
                "missing: `id`, `starts_at`"
            ]
        );
    }
}
