use super::malformed_json;
use crate::check::Cx;
use crate::check::negative::{Scene, Words};
use crate::checks::endpoints::created_differs;
use crate::model::{Fault, Verdict};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Bodies with one thing wrong, made from the contract: each property left out, null, of every other type, just
    /// beyond each bound, against its format or its list of words; a list, a text or null in place of the whole. Each
    /// must end in an orderly answer. Honest requests work before and after, and the process is the same one.
    ///
    /// ## Why it matters
    /// Code that counts on a text does something else with a list, with null, and with nothing at all. Whoever finds the
    /// field that nobody looked at can make the service fail as often as they like, and a rule that only the database
    /// knows comes back as a 500.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues   {"capacity": "many", …}      422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues   {"capacity": null, …}        500
    /// ```
    ///
    /// ## How to mend it
    /// Check the shape of the whole body against its rules before anything is done with it, in one place for all
    /// operations: which properties, which types, which bounds. What comes out of that place can be relied on.
    pub static CHECK = {
        id: "errors.invalid-body-breaks",
        summary: "a body that breaks the contract breaks the service",
        concept: "validation",
        severity: High,
        needs: [created_differs::CHECK, malformed_json::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.21", "ASVS v5.0.0-2.2.1", "ASVS v5.0.0-16.5.3", "PostgreSQL SQLSTATE class 22 and 23"],
        hints: [
            "What does your code do with this property when it is null, a list or not there?",
            "Shape is checked at the door: inside, every value has the type that the code was written for.",
            "Write down a rule for each property (type, bounds, required), run the body through the rules before anything else, and answer 422 with what is wrong.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    everywhere: "bodies that break the contract",
    does: "breaks the service",
    expected: "400 or 422",
    note: None,
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut scene = control!(Scene::open(cx).await?);
    scene.wrong_bodies(cx).await?;
    let findings = scene.broken(cx, &WORDS).await?;
    let advice = cx.findings();
    scene.close(cx, findings, advice).await
}
