use super::malformed_json;
use crate::check::Cx;
use crate::check::negative::{Scene, Words, taken};
use crate::model::{Fault, Verdict};
use crate::pack::{Operation, Reply, StatusPattern};
use crate::probe::negative::{Case, Edit, Must};
use crate::probe::plant::Way;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Honest bodies under another name: without a `Content-Type`, as plain text, as a form, as XML. Where the contract
    /// has a 415 for an operation, each must be refused; elsewhere it may be taken. None may break the service.
    ///
    /// ## Why it matters
    /// A browser sends forms and plain text to any origin without asking first, and JSON only after it was allowed to. A
    /// service that reads everything as JSON gives that protection away, and says nothing to a client that has sent
    /// something else.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues   Content-Type: text/plain   {"name": "Paradiso", …}      415
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues   Content-Type: text/plain   {"name": "Paradiso", …}      201
    /// ```
    ///
    /// ## How to mend it
    /// Look at the media type before the body is parsed, without its parameters, and answer 415 to what is not
    /// `application/json`.
    pub static CHECK = {
        id: "errors.media-type-ignored",
        summary: "a body is read as JSON whatever its Content-Type says",
        concept: "serialization",
        severity: Low,
        needs: [malformed_json::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.16", "RFC 9110 §8.3", "Fetch §2.2.2 (CORS-safelisted request-header)"],
        hints: [
            "What does your service do with a body that says it is plain text?",
            "The sender says what the bytes are; whoever reads them as something else is guessing.",
            "Compare the media type (without `; charset=…`, in lower case) with `application/json` before parsing, and answer 415 otherwise.",
        ],
        run,
    }
}

static BREAKS: Words = Words {
    everywhere: "bodies of another media type",
    does: "breaks the service",
    expected: "415",
    note: None,
};
static TAKEN: Words = Words {
    everywhere: "bodies of another media type that are taken",
    does: "is read as JSON",
    expected: "415, as the contract says",
    note: None,
};

/// What is said of the body: none for nothing at all.
const SAID: [(&str, Option<&str>); 4] = [
    ("has no Content-Type", None),
    ("is called plain text", Some("text/plain")),
    (
        "is called a form",
        Some("application/x-www-form-urlencoded"),
    ),
    ("is called XML", Some("application/xml")),
];

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut scene = control!(Scene::open(cx).await?);
    for door in scene.doors.clone() {
        // A login that was taken would be one more session, and no more than that.
        if door.way == Way::Other {
            continue;
        }
        for (class, media) in SAID {
            if scene.is_over(&door.op) {
                break;
            }
            let Some(door) = cx.planter().anew(&door).await? else {
                continue;
            };
            let mut request = door.honest().without("content-type");
            if let Some(media) = media {
                request = request.header("content-type", media);
            }
            let case = Case {
                name: format!("the body {class}"),
                at: String::new(),
                class,
                must: must(pack.op(&door.op)),
                edit: Edit::Elsewhere,
            };
            let exchange = request.send().await?;
            scene
                .add(cx, (&door.op, door.about.as_deref()), exchange, &case)
                .await?;
        }
    }
    let mut findings = scene.broken(cx, &BREAKS).await?;
    findings.join(scene.found(cx, &TAKEN, taken).await?);
    let advice = cx.findings();
    scene.close(cx, findings, advice).await
}

/// Whether the contract has a status for it.
fn must(op: Option<&Operation>) -> Must {
    let named = |r: &Reply| r.status == StatusPattern::Exact(415);
    match op.is_some_and(|op| op.replies.iter().any(named)) {
        true => Must::Refuse,
        false => Must::Survive,
    }
}
