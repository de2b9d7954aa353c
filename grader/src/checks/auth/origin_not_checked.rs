use super::anonymous_served;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::Guard;
use crate::check::origins::{self, Asked};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Verb;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Which pages may read replies. The origin that the project names must be told that it may, in a reply and in the
    /// answer to a browser that asks beforehand. Others must not: an unknown one, `null`, names that only begin or end
    /// like the declared one, its subdomain, the same host without TLS or at another port. Nothing is judged but
    /// `Access-Control-Allow-Origin` and what goes with it.
    ///
    /// ## Why it matters
    /// A browser lets a page read what another host answers only if that host says so. The answer to "which pages?" is
    /// one comparison, and a comparison of parts of a name lets in whoever buys the right name.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Origin: https://tickets.example        200  Access-Control-Allow-Origin: https://tickets.example
    /// GET /me   Origin: https://evil-tickets.example   200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Origin: https://evil-tickets.example   200  Access-Control-Allow-Origin: https://evil-tickets.example
    /// ```
    ///
    /// ## How to mend it
    /// Compare the header `Origin` with the configured one as a whole, and send that one back where they are the same.
    /// Say `Vary: Origin`, so that no cache gives one page's answer to another.
    pub static CHECK = {
        id: "auth.origin-not-checked",
        summary: "pages of other origins may read replies, or those of the project's own may not",
        concept: "credentials",
        severity: Medium,
        needs: [anonymous_served::CHECK],
        world: Main,
        alone: Shared,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-3.4.2", "WSTG-CLNT-07", "OWASP API8:2023", "RFC 6454 §4"],
        hints: [
            "A page of `https://evil-tickets.example` asks your service from a visitor's browser. What in the reply decides whether it may read it?",
            "An origin is scheme, host and port together: two are the same when they are the same text, and not when one holds the other.",
            "Send `Access-Control-Allow-Origin` only when `Origin` equals the configured origin, and `Vary: Origin` always.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let Some(origin) = accounts.auth().env.origin.clone() else {
        return Ok(skipped(
            "the pack names no origin whose pages may read replies",
        ));
    };
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    let asked = control!(Asked::of(cx, &mut accounts, &a, &origin));
    let own = asked.own(cx, &mut guard).await?;
    for other in origins::others(&origin.value) {
        asked.by(cx, &mut guard, &other).await?;
    }
    let verdict = guard.close(cx, &mut accounts, Some(&a)).await?;
    if !matches!(verdict, Verdict::Pass { .. }) || own.varies {
        return Ok(verdict);
    }
    let mut advice = cx.findings();
    let whoami = accounts.auth().ops.get(&Verb::Whoami);
    advice.add(Draft {
        subject: "the `Vary` of replies".to_owned(),
        touches: whoami.map(|w| cx.line(&w.op)).into_iter().collect(),
        saw: "a reply depends on `Origin` and does not say so".to_owned(),
        expected: "`Vary: Origin` (RFC 9110 §12.5.5)".to_owned(),
        actual: "`Vary` does not name it".to_owned(),
        evidence: vec![cx.seen("a page of the project's own origin asks", &own.exchange)],
        ..Draft::default()
    });
    Ok(advice.advice())
}
