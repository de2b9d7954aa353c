use super::{created_differs, patch_ignored};
use crate::check::honest::declares_header;
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::probe::plant::{Planted, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// The `ETag` of a read, where the contract declares one: it must be there, be the same as long as the
    /// thing is the same, and be another one after a change.
    ///
    /// ## Why it matters
    /// An ETag is a promise about content. One that changes by itself makes every cache useless and every
    /// conditional change fail; one that stays lets a client overwrite what it has never seen.
    ///
    /// ## Passes
    /// ```text
    /// GET /notes/7      200 ETag: "a1"
    /// GET /notes/7      200 ETag: "a1"
    /// PATCH /notes/7 {…}      200
    /// GET /notes/7      200 ETag: "b2"
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /notes/7      200 ETag: "k3"
    /// GET /notes/7      200 ETag: "x9"
    /// ```
    ///
    /// ## How to mend it
    /// Make the tag from what is stored: a version number in the row that every change increments, or a
    /// hash of the representation without times of the request.
    pub static CHECK = {
        id: "endpoints.etag-unstable",
        summary: "an ETag does not say whether the content is the same",
        concept: "representations",
        severity: Low,
        needs: [created_differs::CHECK, patch_ignored::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §8.8.3"],
        hints: [
            "From what is your ETag made, and when does that change?",
            "Equal content has an equal tag, other content another one; a tag knows nothing else.",
            "Keep a version in the row, add one to it with every change, and send it in quotes.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut read = 0;
    for name in cx.planter().plantable() {
        let call = pack.entity(&name).and_then(|e| e.read.as_ref());
        let Some(operation) = call.and_then(|c| pack.op(&c.op)) else {
            continue;
        };
        let Some(required) = declares_header(operation, 200, "etag") else {
            continue;
        };
        let mut planted = control!(cx.planter().plant(&name).await?);
        let draft = |subject: &str, saw: String, evidence| Draft {
            subject: subject.to_owned(),
            touches: vec![operation.line()],
            saw,
            evidence,
            ..Draft::default()
        };
        let one = control!(reading(cx, &planted).await?);
        let two = control!(reading(cx, &planted).await?);
        read += 1;
        let (first, second) = (tag(&one), tag(&two));
        if required && first.is_none() {
            let saw = format!("{} is shown without an ETag", a(&name));
            findings.add(Draft {
                expected: "an ETag header".to_owned(),
                actual: "none".to_owned(),
                ..draft("no ETag", saw, vec![cx.seen("a read", &one)])
            });
            continue;
        }
        // C+: the bodies are equal, so nothing has changed between the two.
        if first != second && one.json().is_some() && one.json() == two.json() {
            let saw = format!("two reads of the same {name} have different ETags");
            let evidence = vec![cx.seen("a read", &one), cx.seen("the next read", &two)];
            findings.add(Draft {
                expected: "the same ETag for the same content".to_owned(),
                actual: format!("{} and {}", told(first), told(second)),
                ..draft("an ETag that changes by itself", saw, evidence)
            });
            continue;
        }
        let Some(changed) = cx.planter().change(&planted).await? else {
            continue;
        };
        if !said_yes(&changed.exchange) {
            let control = format!(
                "a change of {} answered {}",
                a(&name),
                answer(&changed.exchange)
            );
            return Ok(Verdict::Inconclusive { control });
        }
        planted.facts.insert(changed.fact, changed.value);
        let three = control!(reading(cx, &planted).await?);
        // C+: the content is another one now.
        if second.is_some() && tag(&three) == second && three.json() != two.json() {
            let saw = format!("{} that was changed keeps its ETag", a(&name));
            let evidence = vec![
                cx.seen("before", &two),
                cx.seen("the change", &changed.exchange),
                cx.seen("and afterwards", &three),
            ];
            findings.add(Draft {
                expected: "another ETag for other content".to_owned(),
                actual: "the same as before".to_owned(),
                ..draft("an ETag that stays", saw, evidence)
            });
        }
    }
    if read == 0 {
        let why = "this contract declares no ETag".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

fn tag(exchange: &Exchange) -> Option<String> {
    exchange.header("etag").map(str::to_owned)
}

fn told(tag: Option<String>) -> String {
    tag.map_or_else(|| "none".to_owned(), |tag| format!("`{tag}`"))
}

/// A read of a thing that is there, or why there is none.
async fn reading(cx: &mut Cx, planted: &Planted) -> Result<Result<Exchange, String>, Fault> {
    let read = cx.planter().read(planted).await?.filter(said_yes);
    Ok(read.ok_or_else(|| format!("{} just made could not be read", a(&planted.entity))))
}
