use std::collections::BTreeMap;

use super::{operation_missing, wrong_success_status};
use crate::check::honest::manner;
use crate::check::{Cx, QuietCx};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::probe::plant::{Address, Shown, Sight, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Every address of the contract is asked with the methods that the contract does not declare there, and
    /// with one that nobody knows. The answer must be 405, with an `Allow` header that names at least the
    /// declared methods, and nothing may have happened. To the made-up method any refusal is right; to one
    /// that the whole contract never uses, 501 is too.
    ///
    /// ## Why it matters
    /// 405 says: the thing is there, ask otherwise, and here is how. A 404 sends people to look for a mistake
    /// in the address. A method that nobody meant to offer and that works is a door without a lock.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /venues      405  Allow: GET, POST
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /venues      404
    /// ```
    ///
    /// ## How to mend it
    /// Let the router tell "no such path" from "no such method here". Most do, or have a setting for it;
    /// others want one more handler for each path that answers 405 with `Allow`.
    pub static CHECK = {
        id: "endpoints.wrong-method",
        summary: "a method that a path does not know is not answered with 405 and Allow",
        concept: "methods",
        severity: Low,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["RFC 9110 §15.5.6", "RFC 9110 §10.2.1", "ASVS v5.0.0-4.1.4"],
        hints: [
            "What does your router do when the path fits and the method does not?",
            "The path is known, so it is not 404; the answer names the methods that work.",
            "Find the router's option or handler for a method that is not allowed, answer 405, and put the methods of the path into `Allow`.",
        ],
        run,
    }
}

/// What may be sent to an address; HEAD and OPTIONS have a check of their own.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"];

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let addresses = control!(cx.planter().addresses().await?);
    let before = state(cx, &addresses).await?;
    let mut wrong: BTreeMap<Wrong, Vec<Exchange>> = BTreeMap::new();
    for address in &addresses {
        let declared = |m: &&str| address.methods.iter().any(|d| d.as_str() == *m);
        for method in METHODS.iter().filter(|m| !declared(m)) {
            let seen = ask(cx, address, method).await?;
            if let Some(what) = judge(cx, address, &seen).await? {
                wrong.entry(what).or_default().push(seen);
            }
        }
    }
    let mut findings = cx.findings();
    for (what, seen) in &wrong {
        findings.extend(draft(cx, what, seen));
    }
    // C~: what was not meant to happen did not.
    if !wrong.contains_key(&Wrong::Done) && before != state(cx, &addresses).await? {
        findings.add(Draft {
            subject: "the effect of undeclared methods".to_owned(),
            saw: "undeclared methods changed something".to_owned(),
            expected: "a refused request changes nothing".to_owned(),
            actual: "what was made before is not as it was".to_owned(),
            ..Draft::default()
        });
    }
    Ok(findings.verdict())
}

/// What is wrong with an answer. One cause, one finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    Done,
    NotFound,
    NoAllow,
    ShortAllow,
    Other(String, Manner),
}

async fn ask(cx: &mut Cx, address: &Address, method: &str) -> Result<Exchange, Fault> {
    let request = cx.http().request(method, &address.path);
    let takes = matches!(method, "POST" | "PUT" | "PATCH");
    let body = match address.thing.as_ref().filter(|_| takes) {
        Some(thing) => cx.planter().another_body(thing),
        None => None,
    };
    match body {
        Some(body) => request.json(&body).send().await,
        None => request.send().await,
    }
}

async fn judge(cx: &mut Cx, address: &Address, seen: &Exchange) -> Result<Option<Wrong>, Fault> {
    let method = seen.sent.method.as_str();
    let made_up = matches!(method, "TRACE" | "BREW");
    let pack = cx.pack();
    let unused = pack
        .contract
        .operations
        .iter()
        .all(|o| o.method.as_str() != method);
    Ok(match seen.status() {
        Some(200..=299) => Some(Wrong::Done),
        Some(405) if made_up => None,
        Some(405) => allow(address, seen),
        Some(501) if unused => None,
        Some(400..=499) if made_up => None,
        // Who is asking may be settled before what is asked for.
        Some(401) if pack.auth.is_some() => None,
        Some(404) => Some(Wrong::NotFound),
        // A server may close the connection on what it cannot read; it has to be there afterwards.
        None if made_up && answers(cx, address).await? => None,
        _ => Some(Wrong::Other(answer(seen), manner(seen))),
    })
}

/// What is wrong with the `Allow` of a 405 (RFC 9110 §10.2.1).
fn allow(address: &Address, seen: &Exchange) -> Option<Wrong> {
    let Some(allow) = seen.header("allow") else {
        return Some(Wrong::NoAllow);
    };
    let named: Vec<&str> = allow.split(',').map(str::trim).collect();
    let all = address.methods.iter().all(|m| named.contains(&m.as_str()));
    (!all).then_some(Wrong::ShortAllow)
}

async fn answers(cx: &Cx, address: &Address) -> Result<bool, Fault> {
    let after = cx.http().request("GET", &address.path).send().await?;
    Ok(after.status().is_some())
}

/// What each thing shows of what was sent for it; none where it cannot be read. Other properties may change by
/// themselves.
async fn state(cx: &mut Cx, addresses: &[Address]) -> Result<Vec<Option<Vec<Shown>>>, Fault> {
    let mut state = Vec::new();
    for thing in addresses.iter().filter_map(|a| a.thing.as_ref()) {
        if let Some(read) = cx.planter().read(thing).await? {
            let body = read.json().filter(|_| said_yes(&read));
            let shown = |body| cx.planter().shown(thing, &body, Sight::Read);
            state.push(body.map(shown));
        }
    }
    Ok(state)
}

fn draft(cx: &Cx, what: &Wrong, seen: &[Exchange]) -> Option<Draft> {
    let first = seen.first()?;
    let (subject, saw, expected) = match what {
        Wrong::Done => (
            "undeclared methods that succeed",
            "a method that the contract does not declare succeeds".to_owned(),
            "405, and nothing happens",
        ),
        Wrong::NotFound => (
            "undeclared methods that find nothing",
            "a known path answers 404 to a method that it does not know".to_owned(),
            "405 with an `Allow` header",
        ),
        Wrong::NoAllow => (
            "405 without Allow",
            "a 405 has no `Allow` header".to_owned(),
            "`Allow` with the methods of the path",
        ),
        Wrong::ShortAllow => (
            "405 with too short an Allow",
            "the `Allow` of a 405 does not name every declared method".to_owned(),
            "`Allow` with at least the methods that the contract declares",
        ),
        Wrong::Other(answer, _) => (
            "undeclared methods answered otherwise",
            format!("a method that a path does not know is answered with {answer}"),
            "405 with an `Allow` header",
        ),
    };
    let said = |e: &Exchange| {
        let allow = e
            .header("allow")
            .map(|a| format!(", Allow: {a}"))
            .unwrap_or_default();
        format!("{} {}{allow}", e.sent.method, answer(e))
    };
    let mut evidence: Vec<Evidence> = Vec::new();
    for exchange in seen {
        evidence.push(cx.seen("a method that the contract does not declare here", exchange));
    }
    Some(Draft {
        subject: subject.to_owned(),
        saw,
        expected: expected.to_owned(),
        actual: match seen.len() {
            1 => said(first),
            n => format!("{}, and {} more", said(first), n - 1),
        },
        manner: match what {
            Wrong::Other(_, manner) => *manner,
            _ => Manner::Wrong,
        },
        evidence,
        ..Draft::default()
    })
}
