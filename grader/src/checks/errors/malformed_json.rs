use crate::check::Cx;
use crate::check::negative::{Scene, Words, coerced, taken};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::probe::negative::malformed;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Every operation that takes JSON gets bodies that are none: empty ones, halves, a word, something behind the last
    /// brace, a form, compressed bytes. Each must be refused as the client's mistake. A byte order mark, a name that
    /// stands there twice and what lenient parsers read (a comma too many, single quotes) may be taken or refused, and
    /// must not break anything. Honest requests work before and after.
    ///
    /// ## Why it matters
    /// Half a body is what a lost connection looks like. It is read before your own code runs, so the error comes from
    /// the framework: if nobody turns it into a 400, a client that made a mistake is told that you made one.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues   {"name": "Paradiso", "ci      400
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues   {"name": "Paradiso", "ci      500
    /// PATCH /venues/7   kestrel                    200
    /// ```
    ///
    /// ## How to mend it
    /// Catch the parser's error in the one place where bodies are read, and answer 400. Do not go on with an empty
    /// object where nothing could be read.
    pub static CHECK = {
        id: "errors.malformed-json",
        summary: "a body that is no JSON breaks the service, or is taken for one",
        concept: "serialization",
        severity: High,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.1", "RFC 8259 §8.1", "ASVS v5.0.0-16.5.4"],
        hints: [
            "What does your service answer to a body that ends in the middle?",
            "Reading comes before understanding: what cannot be read is refused before any of your own rules is asked.",
            "Find where the body is parsed, catch the parser's error there for all operations, and answer 400.",
        ],
        run,
    }
}

static BREAKS: Words = Words {
    everywhere: "bodies that are no JSON",
    does: "breaks the service",
    expected: "400",
    note: Some("It is the sender's mistake: a 5xx sends somebody looking in the wrong place."),
};
static TAKEN: Words = Words {
    everywhere: "bodies that are no JSON and are taken",
    does: "is answered as if it were right",
    expected: "400",
    note: Some("What could not be read is taken for an empty object, it seems."),
};
static LENIENT: Words = Words {
    everywhere: "a lenient parser",
    does: "is read as what was meant",
    expected: "400: RFC 8259 does not know this",
    note: None,
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut scene = control!(Scene::open(cx).await?);
    let cases = malformed();
    for door in scene.doors.clone() {
        for case in &cases {
            scene.ask(cx, &door, case).await?;
        }
    }
    let mut findings = scene.broken(cx, &BREAKS).await?;
    findings.join(scene.found(cx, &TAKEN, taken).await?);
    let advice = scene.found(cx, &LENIENT, coerced).await?;
    scene.close(cx, findings, advice).await
}
