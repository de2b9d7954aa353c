use super::{created_differs, etag_unstable};
use crate::check::honest::{declares_header, manner};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::{Call, Operation, ParamPlace, StatusPattern};
use crate::probe::plant::{Planted, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A read with `If-None-Match`, where the contract knows it: with the ETag of now, alone and among
    /// others, the answer is 304 without a body; with the ETag of another content it is 200.
    ///
    /// ## Why it matters
    /// A client that has the thing asks whether it is still the same. The answer yes costs a few bytes, and
    /// a wrong yes leaves the client with something old for ever.
    ///
    /// ## Passes
    /// ```text
    /// GET /notes/7 If-None-Match: "a1"      304
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /notes/7 If-None-Match: "a1"      200 {…}
    /// ```
    ///
    /// ## How to mend it
    /// Compare each tag in the header with the one that you would send, a `W/` in front of it apart. Equal:
    /// 304, the ETag, and nothing else.
    pub static CHECK = {
        id: "endpoints.etag-ignored",
        summary: "a conditional read is not answered by what the client has",
        concept: "representations",
        severity: Low,
        needs: [created_differs::CHECK, etag_unstable::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §13.1.2", "RFC 9110 §15.4.5", "RFC 9110 §8.8.3.2"],
        hints: [
            "What does your service do with If-None-Match?",
            "The header lists what the client has; if the current tag is among them, there is nothing to send.",
            "Read the header before you make the body, compare the tags one by one, and answer 304 for a match.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut asked = 0;
    for name in cx.planter().plantable() {
        let call = pack.entity(&name).and_then(|e| e.read.as_ref());
        let known = call.and_then(|c| Some((c, pack.op(&c.op).filter(|o| knows(o))?)));
        let Some((call, operation)) = known else {
            continue;
        };
        let planted = control!(cx.planter().plant(&name).await?);
        let plain = cx.planter().read(&planted).await?.filter(said_yes);
        let tag = plain.and_then(|e| e.header("etag").map(str::to_owned));
        let Some(tag) = tag else {
            let control = format!("a read of {} shows no ETag", a(&name));
            return Ok(Verdict::Inconclusive { control });
        };
        asked += 1;
        let among = format!("\"zq7-other\", {tag}");
        for (kind, value, match_) in [
            ("the ETag of now", tag.as_str(), true),
            ("the ETag of now among others", among.as_str(), true),
            ("the ETag of another content", "\"zq7-other\"", false),
        ] {
            let Some(exchange) = conditional(cx, &planted, call, value).await? else {
                continue;
            };
            let right = if match_ {
                is_short(&exchange)
            } else {
                said_yes(&exchange)
            };
            if !right {
                findings.add(Draft {
                    subject: format!("If-None-Match with {kind}"),
                    touches: vec![operation.line()],
                    saw: format!("a read with {kind} is answered {}", answer(&exchange)),
                    expected: if match_ {
                        "304 without a body"
                    } else {
                        "200 and the content"
                    }
                    .to_owned(),
                    actual: answer(&exchange),
                    manner: manner(&exchange),
                    evidence: vec![cx.seen(format!("If-None-Match with {kind}"), &exchange)],
                    ..Draft::default()
                });
            }
        }
    }
    if asked == 0 {
        let why = "this contract knows no conditional reads".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// Whether the contract declares an ETag, and what happens to a client that has it.
fn knows(operation: &Operation) -> bool {
    let short = operation
        .replies
        .iter()
        .any(|r| r.status == StatusPattern::Exact(304));
    let header = operation
        .param(ParamPlace::Header, "if-none-match")
        .is_some();
    declares_header(operation, 200, "etag").is_some() && (short || header)
}

async fn conditional(
    cx: &mut Cx,
    planted: &Planted,
    call: &Call,
    value: &str,
) -> Result<Option<Exchange>, Fault> {
    let key = planted.key.clone();
    let headers = [("if-none-match", Some(value))];
    cx.planter()
        .ask_with(planted, call, key.as_ref(), None, &headers)
        .await
}

fn is_short(exchange: &Exchange) -> bool {
    match &exchange.outcome {
        Outcome::Answered { status, body, .. } => *status == 304 && body.bytes == 0,
        _ => false,
    }
}
