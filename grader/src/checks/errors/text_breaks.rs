use super::malformed_json;
use crate::check::Cx;
use crate::check::negative::{Scene, Words, broke};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::probe::negative::{fields, texts};
use crate::probe::plant::Way;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Wherever a body takes a text: the character U+0000, half a surrogate pair, control characters, marks and changes
    /// of direction, and bytes that are no UTF-8 at all. Each may be refused, or cleaned and taken. None may break the
    /// service.
    ///
    /// ## Why it matters
    /// JSON can write what PostgreSQL cannot keep: `\u0000` is a character to the one and an error to the other, and half
    /// a surrogate pair cannot be written as UTF-8 at all. Both pass every check of a length, and come back as a 500.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues   {"name": "Para\u0000diso", …}      422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues   {"name": "Para\u0000diso", …}      500
    /// ```
    ///
    /// ## How to mend it
    /// Refuse U+0000 and half surrogate pairs in the rule that all texts pass, and bytes that are no UTF-8 where the body
    /// is decoded. Logins and tokens are texts too.
    pub static CHECK = {
        id: "errors.text-breaks",
        summary: "a text that no column can keep breaks the service",
        concept: "serialization",
        severity: Medium,
        needs: [created_differs::CHECK, malformed_json::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8259 §7", "RFC 8259 §8.1", "RFC 8259 §8.2", "PostgreSQL SQLSTATE 22021", "PostgreSQL SQLSTATE 22P05"],
        hints: [
            "Which characters can a JSON text hold that your database has no way to keep?",
            "A text is checked for what its last home can hold, and not only for its length.",
            "Add to the one rule for texts: no U+0000, and no half of a surrogate pair; answer 422 to both.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    everywhere: "texts that no column can keep",
    does: "breaks the service",
    expected: "400 or 422, or the text without it",
    note: Some("The text passes all rules and fails where it is encoded or stored."),
};

/// What a change and a secret are asked with: the rules for texts are mostly the same ones everywhere.
const FEW: [&str; 3] = ["U+0000", "half a surrogate pair", "a byte that is no UTF-8"];

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut scene = control!(Scene::open(cx).await?);
    for door in scene.doors.clone() {
        let Some(op) = pack.op(&door.op) else {
            continue;
        };
        for field in fields(&pack.contract, op, &door.body) {
            let secret = field.name.contains("password");
            for case in texts(&pack.contract, &field) {
                // Hashing is the service's time.
                let all = door.way == Way::Create && !secret;
                if all || FEW.contains(&case.class) {
                    scene.ask(cx, &door, &case).await?;
                }
            }
        }
    }
    scene.leave_unruled(cx, broke).await?;
    let findings = scene.broken(cx, &WORDS).await?;
    let advice = cx.findings();
    scene.close(cx, findings, advice).await
}
