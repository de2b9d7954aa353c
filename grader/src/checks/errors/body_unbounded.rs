use serde_json::{Value, json};

use super::malformed_json;
use crate::check::honest::manner;
use crate::check::{Cx, QuietCx};
use crate::model::{Draft, Exchange, Fault, Manner, Outcome, Verdict};
use crate::pack::OpId;
use crate::probe::plant::{Door, Way, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A body of 11 MiB, with and without its length in front; one with a hundred thousand names; lists in lists and
    /// objects in objects, a hundred deep and up to a hundred thousand; 64 KiB in the address and in a header. The large
    /// body must be refused (413, or a closed connection), what is deep or long may be taken or refused. Nothing may break,
    /// and after each of them an ordinary request is answered.
    ///
    /// ## Why it matters
    /// A request costs the sender nothing and you memory. Without a limit a few of them at once end the process, and a
    /// parser that calls itself for each bracket ends it with a single one.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues   11 MiB            413
    /// POST /venues   [[[[[[…           400
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues   11 MiB            201
    /// POST /venues   [[[[[[…           500
    /// ```
    ///
    /// ## How to mend it
    /// Set the limit of your framework for bodies to what your largest request needs, a few times over, and see that it
    /// counts what arrives and not only what `Content-Length` says. Catch the parser's error about depth like any other.
    pub static CHECK = {
        id: "errors.body-unbounded",
        summary: "a body of any size is read, or a deep one breaks the service",
        concept: "http-exchange",
        severity: Medium,
        needs: [malformed_json::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.14", "RFC 6585 §5", "RFC 8259 §9", "OWASP API4:2023", "ASVS v5.0.0-15.2.2"],
        hints: [
            "How much does your service read before it says that it is too much?",
            "Every input needs a size, and everything that calls itself needs a depth.",
            "Set a maximum for bodies in the configuration of your framework, and answer 413; catch what the parser raises where brackets go too deep, and answer 400.",
        ],
        run,
    }
}

/// A large body, bytes: beyond what any request of a contract needs.
const LARGE: usize = 11 << 20;
/// A long head: beyond what servers take at the most by default.
const LONG: usize = 64 << 10;
/// How deep brackets go, rung by rung.
const DEPTHS: [usize; 4] = [100, 1_000, 10_000, 100_000];

/// A request that is large in some way.
struct Large {
    name: String,
    /// What it is about: `the size of bodies`.
    about: &'static str,
    /// Whether it must be refused.
    refused: bool,
    exchange: Exchange,
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let processes = cx.processes();
    let doors = control!(cx.planter().doors().await?);
    let pack = cx.pack();
    // An account costs the service the hash of a password each time.
    let hashes = |d: &Door| {
        let entity = d.about.as_deref().and_then(|name| pack.entity(name));
        entity.is_some_and(|e| !e.secret.is_empty())
    };
    let makes = doors
        .into_iter()
        .filter(|d| d.way == Way::Create && !d.again);
    let Some(door) = makes.min_by_key(hashes) else {
        let why = "nothing can be made here by a body".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let mut findings = cx.findings();
    for which in 0.. {
        let Some(door) = cx.planter().anew(&door).await? else {
            break;
        };
        let Some(large) = ask(&door, which).await? else {
            break;
        };
        let silent = large.exchange.status().is_none();
        let found = judge(cx, &door.op, &large);
        let wrong = found.is_some();
        findings.extend(found);
        if wrong && silent {
            break;
        }
        // C~: an ordinary request is answered, by the same process.
        let after = cx.planter().anew(&door).await?;
        let Some(after) = after else { break };
        let honest = after.honest().send().await?;
        if cx.processes() != processes || honest.status().is_none() {
            findings.add(ended(cx, &door.op, &large, &honest));
            break;
        }
        if !said_yes(&honest) && findings.is_empty() {
            let (line, said) = (cx.line(&door.op), answer(&honest));
            let control = format!(
                "after {} {line} answered {said} to an honest request",
                large.name
            );
            return Ok(Verdict::Inconclusive { control });
        }
    }
    Ok(findings.verdict())
}

/// Asks the request of this number; none after the last.
async fn ask(door: &Door, which: usize) -> Result<Option<Large>, Fault> {
    // In a property that nobody knows: whatever reads the body has to go through it.
    let with = |text: &str| {
        let mut body = door.body.clone();
        if let Some(members) = body.as_object_mut() {
            members.insert("zq7".to_owned(), Value::from("zq7-large"));
        }
        body.to_string().replace("\"zq7-large\"", text)
    };
    let much = || with(&format!("\"{}\"", "x".repeat(LARGE)));
    let large = |name: &str, about, refused, exchange| {
        let name = name.to_owned();
        Some(Large {
            name,
            about,
            refused,
            exchange,
        })
    };
    let size = "the size of bodies";
    Ok(match which {
        0 => {
            let body = much();
            let seen = door.request().text(body).send().await?;
            large("a body of 11 MiB", size, true, seen)
        }
        1 => {
            let body = much();
            let request = door.request();
            match request.sent().base.starts_with("https") {
                true => large(
                    "a body of 11 MiB",
                    size,
                    true,
                    request.text(body).send().await?,
                ),
                false => {
                    let seen = request.send_in_pieces(body.as_bytes()).await;
                    large(
                        "a body of 11 MiB that does not say its length",
                        size,
                        true,
                        seen,
                    )
                }
            }
        }
        2 => {
            let many = (0..100_000).map(|n| (format!("zq7{n}"), json!(1)));
            let mut body = door.body.clone();
            if let Some(members) = body.as_object_mut() {
                members.extend(many);
            }
            let seen = door.request().text(body.to_string()).send().await?;
            large(
                "a body with 100000 names",
                "bodies with many names",
                false,
                seen,
            )
        }
        3..=10 => {
            let depth = DEPTHS[(which - 3) % DEPTHS.len()];
            let (kind, open, close) = match which < 7 {
                true => ("lists in lists", "[", "]"),
                false => ("objects in objects", "{\"a\":", "}"),
            };
            let inner = if which < 7 { "" } else { "1" };
            let nested = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            let text = with(&nested);
            let seen = door.request().text(text).send().await?;
            large(
                &format!("{kind}, {depth} deep"),
                "brackets in brackets",
                false,
                seen,
            )
        }
        11 => {
            let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
            let seen = door.request().text(nested).send().await?;
            large(
                "a body that is lists in lists alone",
                "brackets in brackets",
                false,
                seen,
            )
        }
        12 => {
            let path = format!("{}?zq7={}", door.request().sent().path, "z".repeat(LONG));
            let seen = door.honest().to(path).send().await?;
            large(
                "an address of 64 KiB",
                "long addresses and headers",
                false,
                seen,
            )
        }
        13 => {
            let seen = door
                .honest()
                .header("x-zq7", &"z".repeat(LONG))
                .send()
                .await?;
            large(
                "a header of 64 KiB",
                "long addresses and headers",
                false,
                seen,
            )
        }
        _ => None,
    })
}

/// What is wrong about an answer, if anything is.
fn judge(cx: &Cx, op: &OpId, large: &Large) -> Option<Draft> {
    let Large {
        name,
        about,
        exchange,
        ..
    } = large;
    let broke = manner(exchange);
    let does = match (&exchange.outcome, broke) {
        // A server may hang up on what it does not want to read to its end.
        (Outcome::Refused { .. } | Outcome::CutShort { .. }, _) => return None,
        (
            Outcome::Answered {
                status: 200..=299, ..
            },
            _,
        ) if large.refused => "is read to its end",
        (_, Manner::ServerError) => "breaks the service",
        (_, Manner::Wrong) => return None,
        _ => "is not answered",
    };
    Some(Draft {
        subject: (*about).to_owned(),
        touches: vec![cx.line(op)],
        saw: format!("{name} {does}"),
        expected: expected(large).to_owned(),
        actual: answer(exchange),
        manner: broke,
        evidence: vec![cx.seen(name.clone(), exchange)],
        ..Draft::default()
    })
}

fn expected(large: &Large) -> &'static str {
    match large.refused {
        true => "413, or a connection that is closed",
        false => "an orderly answer, whichever",
    }
}

fn ended(cx: &Cx, op: &OpId, large: &Large, after: &Exchange) -> Draft {
    Draft {
        subject: large.about.to_owned(),
        touches: vec![cx.line(op)],
        saw: format!("{} ends the service", large.name),
        expected: expected(large).to_owned(),
        actual: format!(
            "{}, and the next request: {}",
            answer(&large.exchange),
            answer(after)
        ),
        manner: Manner::Crash,
        evidence: vec![
            cx.seen(large.name.clone(), &large.exchange),
            cx.seen("an ordinary request after it", after),
        ],
        ..Draft::default()
    }
}
