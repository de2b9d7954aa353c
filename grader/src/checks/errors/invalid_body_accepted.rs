use super::{invalid_body_breaks, malformed_json};
use crate::check::kept;
use crate::check::negative::{Left, Scene, Tried, Words, coerced, taken};
use crate::check::{Cx, Findings};
use crate::checks::endpoints::{created_differs, patch_ignored};
use crate::model::{Draft, Fault, Verdict};
use crate::probe::plant::{Way, answer};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Bodies that the contract forbids, with one thing wrong each: a property left out, null, of another type, one
    /// beyond a bound, against its format or its list of words. Each must be refused, and what is refused must leave
    /// nothing behind: no row, no change. What usual frameworks turn into the right type (`"12"` for 12) is mentioned
    /// and costs nothing. Properties that the contract does not know are no reason to refuse.
    ///
    /// ## Why it matters
    /// A venue for minus five people breaks every page and every sum that comes across it, long after the request that
    /// made it. What was refused at the door needs no cleaning up.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues   {"capacity": 0, …}      422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues   {"capacity": 0, …}      201
    /// ```
    /// Or a 422, and the venue stands in the table all the same.
    ///
    /// ## How to mend it
    /// Take the bounds, formats and lists of words from the contract, one rule for each property, and use the same rules
    /// where a thing is made and where it is changed. Write only after all of them have held.
    pub static CHECK = {
        id: "errors.invalid-body-accepted",
        summary: "a body that the contract forbids is taken, or leaves something behind",
        concept: "validation",
        severity: High,
        needs: [created_differs::CHECK, patch_ignored::CHECK, malformed_json::CHECK],
        after: [invalid_body_breaks::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.21", "ASVS v5.0.0-2.2.1", "ASVS v5.0.0-2.2.2"],
        hints: [
            "Which of the contract's bounds does your code never look at?",
            "What the contract says of a property is a rule for every request that carries it, a change as well as a making.",
            "Put the rules of each property in one table, check making and changing against it, and answer 422 before anything is written.",
        ],
        run,
    }
}

static TAKEN: Words = Words {
    everywhere: "bodies that the contract forbids",
    does: "is taken",
    expected: "400 or 422, and nothing is stored",
    note: None,
};
static COERCED: Words = Words {
    everywhere: "values of another type",
    does: "is read as what was meant",
    expected: "400 or 422: the contract says which type it is",
    note: None,
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut scene = control!(Scene::open(cx).await?);
    let bodies = scene.wrong_bodies(cx).await?;
    // What logs in, resets and renews is looked after where accounts are.
    scene.doors.retain(|d| d.way != Way::Other);
    let ours: Vec<_> = scene.doors.iter().map(|d| d.op.clone()).collect();
    scene.tried.retain(|t| ours.contains(&t.op));
    let mut left = cx.findings();
    for (tried, what) in &bodies.left {
        left.add(behind(cx, tried, what));
    }
    let mut findings: Findings = scene.found(cx, &TAKEN, taken).await?;
    findings.join(left);
    let advice = scene.found(cx, &COERCED, coerced).await?;
    scene.close(cx, findings, advice).await
}

/// A refusal that was none.
fn behind(cx: &Cx, tried: &Tried, left: &Left) -> Draft {
    let op = tried.op.to_string();
    let mut evidence = vec![cx.seen("the refused request", &tried.exchange)];
    let does = match left {
        Left::Row(hit) => {
            evidence.push(kept::row("what it left in the database", hit.clone()));
            "is stored all the same"
        }
        Left::Changed(read) => {
            let [was, is] = read.as_ref();
            evidence.push(cx.seen("as it was read before", was));
            evidence.push(cx.seen("as it is read now", is));
            "changes something all the same"
        }
    };
    Draft {
        subject: format!("{op}: refused, and {does}"),
        saw: format!("{op} refuses a body, which {does}"),
        expected: "a refused request changes nothing".to_owned(),
        actual: answer(&tried.exchange),
        note: Some(
            "It is written before it is checked, or in a transaction that is kept.".to_owned(),
        ),
        evidence,
        ..Draft::default()
    }
}
