use serde_json::Value;

use super::malformed_json;
use crate::check::Cx;
use crate::check::negative::{Scene, Tried, Words, broke, taken};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::pack::Pack;
use crate::probe::negative::{Edit, fields, numbers};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Wherever a body takes a number: numbers beyond 32 bits, beyond 53, beyond 64 and beyond all doubles, with 400
    /// digits, next to nothing, the words `NaN` and `Infinity` (which JSON does not know), and the honest number in other
    /// spellings (`7.0`, `7e0`). What the contract does not allow must be refused, what it allows may be. Whatever is taken
    /// is kept as the same number, and nothing breaks.
    ///
    /// ## Why it matters
    /// JSON has numbers of any size, and no column and no language has. Where nobody looks at the size, the database does,
    /// and its `integer out of range` is a 500 to a client that has sent a wrong id.
    ///
    /// ## Passes
    /// ```text
    /// POST /events   {"venue_id": 9223372036854775808, …}      422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events   {"venue_id": 9223372036854775808, …}      500
    /// ```
    ///
    /// ## How to mend it
    /// Give every number that comes from outside a smallest and a largest value, ids too: what fits its column. Refuse
    /// what lies beyond before it reaches a statement.
    pub static CHECK = {
        id: "errors.number-breaks",
        summary: "a number that is too large for its column or no number breaks the service",
        concept: "validation",
        severity: Medium,
        needs: [created_differs::CHECK, malformed_json::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8259 §6", "RFC 7493 §2.2", "PostgreSQL SQLSTATE 22003", "ASVS v5.0.0-1.4.2"],
        hints: [
            "Which is the largest id that your column can hold, and what happens to the next one?",
            "A number has a size in every place that it passes, and the client knows none of them.",
            "Check each number and each id against the range of its column where the body is read, and answer 422.",
        ],
        run,
    }
}

static BREAKS: Words = Words {
    everywhere: "numbers of any size",
    does: "breaks the service",
    expected: "400 or 422",
    note: Some(
        "The number comes as far as something that cannot hold it: a column, or a type of the language.",
    ),
};
static TAKEN: Words = Words {
    everywhere: "numbers that are none, or too large",
    does: "is taken",
    expected: "400 or 422",
    note: None,
};
static ALTERED: Words = Words {
    everywhere: "numbers in another spelling",
    does: "is taken and kept as another number",
    expected: "a refusal, or the same number",
    note: None,
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut scene = control!(Scene::open(cx).await?);
    for door in scene.doors.clone() {
        let Some(op) = pack.op(&door.op) else {
            continue;
        };
        for field in fields(&pack.contract, op, &door.body) {
            for case in numbers(&pack.contract, &field) {
                scene.ask(cx, &door, &case).await?;
            }
        }
    }
    let altered = |t: &Tried| altered(&pack, t);
    let wrong = |t: &Tried| broke(t) || taken(t) || altered(t);
    scene.leave_unruled(cx, wrong).await?;
    let mut findings = scene.broken(cx, &BREAKS).await?;
    findings.join(scene.found(cx, &TAKEN, taken).await?);
    findings.join(scene.found(cx, &ALTERED, altered).await?);
    let advice = cx.findings();
    scene.close(cx, findings, advice).await
}

/// Whether the reply to a making shows another number than the one that was sent.
fn altered(pack: &Pack, tried: &Tried) -> bool {
    let (Some(reply), Edit::Raw(_, sent)) = (tried.exchange.json(), &tried.case.edit) else {
        return false;
    };
    let entity = pack.entity(&tried.about());
    let made = entity.filter(|e| e.create.as_ref().is_some_and(|c| c.op == tried.op));
    let fact = made.and_then(|e| e.facts.get(&tried.case.at));
    let shown = fact.and_then(|f| f.created.as_ref()?.get(&reply).first().copied());
    let sent = serde_json::from_slice::<Value>(sent).ok();
    let number = |v: &Value| v.as_f64().or_else(|| v.as_str()?.parse().ok());
    match (shown, sent) {
        (Some(shown), Some(sent)) => number(shown) != number(&sent),
        _ => false,
    }
}
