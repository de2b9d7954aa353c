use std::time::Duration;

use super::{operation_missing, wrong_success_status};
use crate::check::honest::manner;
use crate::check::{Cx, Findings};
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::Method;
use crate::probe::plant::{Address, answer, said_yes};
use crate::probe::raw;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// HEAD goes wherever the contract declares GET: status and Content-Type must be those of GET, and no
    /// body may follow. OPTIONS goes everywhere: if it succeeds and sends `Allow`, that names the declared
    /// methods. A service that refuses HEAD or OPTIONS with 405 or 501, where the contract does not declare
    /// them, gets a word of advice and loses nothing.
    ///
    /// ## Why it matters
    /// Caches, load balancers and link checkers ask with HEAD. A body that nobody expects becomes the
    /// beginning of the next answer.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7       200  Content-Type: application/json
    /// HEAD /venues/7      200  Content-Type: application/json
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7       200  Content-Type: application/json
    /// HEAD /venues/7      500
    /// ```
    ///
    /// ## How to mend it
    /// Let HEAD run the handler of GET and leave the body out; nearly every framework does so by itself if
    /// you do not register HEAD. In `Allow`, list what the router knows for the path.
    pub static CHECK = {
        id: "endpoints.head-and-options",
        summary: "a HEAD answers otherwise than its GET, or OPTIONS names other methods than there are",
        concept: "methods",
        severity: Low,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §9.1", "RFC 9110 §9.3.2", "RFC 9110 §9.3.7"],
        hints: [
            "What does `curl -I` show for an address that GET answers?",
            "HEAD is GET without the body: the same handler, the same status, the same headers.",
            "Route HEAD to the handler of GET, and let the server drop the body.",
        ],
        run,
    }
}

/// How long a connection may stay open after the answer to a HEAD. A service that keeps it sent no body.
const OPEN: Duration = Duration::from_secs(2);

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let addresses = control!(cx.planter().addresses().await?);
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    let mut closes = true;
    for address in &addresses {
        options(cx, address, &mut findings).await?;
        if !address.open.contains(&Method::Get) {
            continue;
        }
        let get = cx.http().request("GET", &address.path).send().await?;
        // C+: GET works. What else is wrong with it is told elsewhere.
        if !said_yes(&get) {
            continue;
        }
        let head = cx
            .http()
            .request("HEAD", &address.path)
            .after(&get)
            .send()
            .await?;
        let declared = address.methods.contains(&Method::Head);
        match head.status() {
            Some(405 | 501) if !declared => advice.add(refused(cx, &head)),
            _ => differs(cx, &get, &head, &mut findings),
        }
        // A service that keeps the connection open would cost time at every address.
        if closes && said_yes(&head) {
            closes = body(cx, &head, &mut findings).await;
        }
    }
    if findings.is_empty() {
        return Ok(advice.advice());
    }
    Ok(findings.verdict())
}

fn refused(cx: &Cx, head: &Exchange) -> Draft {
    Draft {
        subject: "HEAD is refused".to_owned(),
        saw: "HEAD is refused where GET works".to_owned(),
        expected: "HEAD wherever there is GET (RFC 9110 §9.1)".to_owned(),
        actual: answer(head),
        evidence: vec![cx.seen("HEAD of an address that GET answers", head)],
        ..Draft::default()
    }
}

fn differs(cx: &Cx, get: &Exchange, head: &Exchange, findings: &mut Findings) {
    let seen = || {
        vec![
            cx.seen("GET", get),
            cx.seen("HEAD of the same address", head),
        ]
    };
    if get.status() != head.status() {
        findings.add(Draft {
            subject: "the status of HEAD".to_owned(),
            saw: "HEAD answers with another status than GET".to_owned(),
            expected: format!("{}, as GET", answer(get)),
            actual: answer(head),
            manner: manner(head),
            evidence: seen(),
            ..Draft::default()
        });
        return;
    }
    let kind = |e: &Exchange| {
        e.header("content-type")
            .map(|v| v.replace(' ', "").to_lowercase())
    };
    if kind(get) != kind(head) {
        let said = |e: &Exchange| e.header("content-type").unwrap_or("none").to_owned();
        findings.add(Draft {
            subject: "the Content-Type of HEAD".to_owned(),
            saw: "HEAD answers with another Content-Type than GET".to_owned(),
            expected: format!("{}, as GET", said(get)),
            actual: said(head),
            evidence: seen(),
            ..Draft::default()
        });
    }
}

/// Looks whether bytes follow the answer to a HEAD, which our client would not show. Whether the service closed the
/// connection, as it was asked to.
async fn body(cx: &Cx, head: &Exchange, findings: &mut Findings) -> bool {
    let Some(host) = cx.http().base().strip_prefix("http://") else {
        return false;
    };
    let path = &head.sent.path;
    let bytes = format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let seen = raw::send(cx.http(), ("HEAD", path), bytes.as_bytes(), OPEN).await;
    if let Outcome::Answered { body, .. } = &seen.outcome
        && !body.text.is_empty()
    {
        findings.add(Draft {
            subject: "the body of HEAD".to_owned(),
            saw: "a body follows the answer to HEAD".to_owned(),
            expected: "headers alone".to_owned(),
            actual: format!("{} bytes of body", body.bytes),
            evidence: vec![cx.seen("HEAD, byte for byte", &seen)],
            ..Draft::default()
        });
    }
    !matches!(seen.outcome, Outcome::TimedOut { .. })
}

async fn options(cx: &Cx, address: &Address, findings: &mut Findings) -> Result<(), Fault> {
    let seen = cx.http().request("OPTIONS", &address.path).send().await?;
    if seen.status().is_none_or(|s| s >= 500 && s != 501) {
        findings.add(Draft {
            subject: "OPTIONS".to_owned(),
            saw: "OPTIONS breaks the service".to_owned(),
            expected: "the methods of the path, or 405".to_owned(),
            actual: answer(&seen),
            manner: manner(&seen),
            evidence: vec![cx.seen("OPTIONS of a known address", &seen)],
            ..Draft::default()
        });
        return Ok(());
    }
    let Some(allow) = seen.header("allow").filter(|_| said_yes(&seen)) else {
        return Ok(());
    };
    let named: Vec<&str> = allow.split(',').map(str::trim).collect();
    let missing = address
        .methods
        .iter()
        .find(|m| !named.contains(&m.as_str()));
    if let Some(missing) = missing {
        findings.add(Draft {
            subject: "the Allow of OPTIONS".to_owned(),
            saw: "OPTIONS does not name every method that the contract declares".to_owned(),
            expected: format!("`Allow` with {missing} for {}", address.template),
            actual: format!("Allow: {allow}"),
            evidence: vec![cx.seen("OPTIONS of a known address", &seen)],
            ..Draft::default()
        });
    }
    Ok(())
}
