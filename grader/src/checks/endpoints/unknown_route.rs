use rand::RngExt;

use super::operation_missing;
use crate::check::errors::ErrorFormat;
use crate::check::honest::manner;
use crate::check::{Cx, Findings};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Method, Pack};
use crate::probe::plant::{Address, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// GET and POST go to addresses that the contract does not have: beside the known ones, below a
    /// collection, and below a thing that exists. The answer must be 404, in the format in which the
    /// contract writes its refusals, if it has one for all. The known addresses work before.
    ///
    /// ## Why it matters
    /// A client with a typing mistake in its address must find out. A page of HTML, a redirect or a 200 makes
    /// it believe something else, or makes it fail where it reads the answer.
    ///
    /// ## Passes
    /// ```text
    /// GET /venuess      404  Content-Type: application/problem+json
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venuess      404  Content-Type: text/html
    /// ```
    ///
    /// ## How to mend it
    /// Give the router a last route that takes every path and answers 404 the way your other refusals are
    /// written. Most frameworks call it a fallback or an error handler.
    pub static CHECK = {
        id: "endpoints.unknown-route",
        summary: "an address that the contract does not have is not answered with the API's own 404",
        concept: "resource-identity",
        severity: Medium,
        needs: [operation_missing::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.5", "RFC 9457 §3"],
        hints: [
            "Who answers when no route of yours fits: your code, or the framework?",
            "Not found is an answer of the API, so it is written like its other refusals.",
            "Register a handler for everything that no route takes, and let it answer 404 with the function that makes your other errors.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let addresses = control!(cx.planter().addresses().await?);
    let format = ErrorFormat::of(&pack.contract);
    let mut findings = cx.findings();
    for path in unknown(cx, &pack, &addresses) {
        for method in ["GET", "POST"] {
            let request = cx.http().request(method, &path);
            let request = match method {
                "POST" => request.json(&serde_json::json!({})),
                _ => request,
            };
            let seen = request.send().await?;
            judge(cx, &pack, format.as_ref(), &seen, &mut findings);
        }
    }
    // C~: the service still answers where it should.
    if let Some(known) = addresses
        .iter()
        .find(|a| a.template.params().is_empty() && reads(a))
    {
        let after = cx.http().request("GET", &known.path).send().await?;
        if !said_yes(&after) && findings.is_empty() {
            let control = format!(
                "GET {} answers {} afterwards",
                known.template,
                answer(&after)
            );
            return Ok(Verdict::Inconclusive { control });
        }
    }
    Ok(findings.verdict())
}

fn reads(address: &Address) -> bool {
    address.open.contains(&Method::Get)
}

/// Paths that no operation has: beside all, below the first collection, below the first thing.
fn unknown(cx: &mut Cx, pack: &Pack, addresses: &[Address]) -> Vec<String> {
    let word = format!(
        "zq7{:08}",
        cx.planter().rng().random_range(0..100_000_000_u32)
    );
    let base = &pack.contract.base_path;
    let below = |keyed: bool| {
        let is = |a: &&Address| a.thing.is_some() && a.template.last_param().is_some() == keyed;
        let path = addresses.iter().find(is).map(|a| a.path.clone());
        // Below a collection stand its things, so one step further.
        path.map(|p| {
            if keyed {
                format!("{p}/{word}")
            } else {
                format!("{p}/{word}/{word}")
            }
        })
    };
    let all = [Some(format!("{base}/{word}")), below(false), below(true)];
    let known = |path: &String| pack.contract.operations.iter().any(|o| o.path.holds(path));
    all.into_iter()
        .flatten()
        .filter(|path| !known(path))
        .collect()
}

fn judge(
    cx: &Cx,
    pack: &Pack,
    format: Option<&ErrorFormat<'_>>,
    seen: &Exchange,
    findings: &mut Findings,
) {
    // Where some need to say who they are, nobody need learn which addresses there are.
    let guarded = pack.contract.operations.iter().any(|o| !o.security.anyone);
    if guarded && matches!(seen.status(), Some(401 | 403)) {
        return;
    }
    let method = &seen.sent.method;
    if seen.status() != Some(404) {
        findings.add(Draft {
            subject: format!("{method} of an unknown address"),
            saw: format!(
                "{method} of an address that does not exist answers {}",
                answer(seen)
            ),
            expected: "404".to_owned(),
            actual: seen
                .header("location")
                .map_or_else(|| answer(seen), |to| format!("{}, to `{to}`", answer(seen))),
            manner: manner(seen),
            evidence: vec![cx.seen("an address that the contract does not have", seen)],
            ..Draft::default()
        });
    } else if let Some((format, broken)) = format.and_then(|f| Some((f, f.broken_by(seen)?))) {
        findings.add(Draft {
            subject: "the format of an unknown address's 404".to_owned(),
            saw: "the 404 of an unknown address is not in the API's own format".to_owned(),
            expected: format!("{}, as the contract writes every refusal", format.media()),
            actual: broken,
            evidence: vec![cx.seen("an address that the contract does not have", seen)],
            ..Draft::default()
        });
    }
}
