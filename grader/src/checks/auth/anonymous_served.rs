use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::guard::{Attack, Guard, Words};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{Spot, Verb};
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{answer, encoded};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// `whoami` is asked with what is no credential: nothing, the scheme alone, name and password in `Basic`, another
    /// scheme, a random text; and with an honest credential in a place that the contract does not name, the query and
    /// the body. All of it must be refused. A 401 without `WWW-Authenticate` is told as advice.
    ///
    /// ## Why it matters
    /// A door that is open unless somebody remembered to close it stays open somewhere. And a token in an address is
    /// written down by every log, every history and every proxy on its way.
    ///
    /// ## Passes
    /// ```text
    /// GET /me                        401  WWW-Authenticate: Bearer
    /// GET /me?access_token=<valid>   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me?access_token=<valid>   200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Ask for a credential in one place before every handler, and name the few addresses that are open. Read the
    /// credential from the declared header or cookie alone. Answer 401 with `WWW-Authenticate`.
    pub static CHECK = {
        id: "auth.anonymous-served",
        summary: "somebody without a credential in its declared place is served",
        concept: "credentials",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.2", "RFC 9110 §11.6.1", "RFC 6750 §2.3", "RFC 6750 §3", "ASVS v5.0.0-14.2.1"],
        hints: [
            "What happens to a request that carries no credential: who decides, and where in your code?",
            "Deny by default: every address is closed but for those that you have named as open, and a credential is read from one place.",
            "Put the check before all routes, list the open ones, and read the credential from the declared header or cookie alone.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "requests without a credential in its place",
    expected: "401",
    gain: "Whoever asks without proving who they are is served all the same.",
    also: &[400],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    for attack in attacks(&a, &accounts) {
        guard
            .attempt(cx, &mut accounts, &[], &attack, &WORDS)
            .await?;
    }
    misplaced(cx, &mut accounts, &a, &mut guard).await?;
    let nobody = accounts.whoami(&Bearer::nobody()).await?;
    let silent = nobody.exchange().status() == Some(401)
        && nobody.exchange().header("www-authenticate").is_none();
    let verdict = guard.close(cx, &mut accounts, Some(&a)).await?;
    if !matches!(verdict, Verdict::Pass { .. }) || !silent {
        return Ok(verdict);
    }
    let mut advice = cx.findings();
    advice.add(Draft {
        subject: "the challenge of a 401".to_owned(),
        saw: "a 401 does not say how to come in".to_owned(),
        expected: "`WWW-Authenticate` with a scheme (RFC 9110 §15.5.2)".to_owned(),
        actual: "no such header".to_owned(),
        evidence: vec![cx.seen("without any credential", nobody.exchange())],
        ..Draft::default()
    });
    Ok(advice.advice())
}

/// What is no credential, in the declared header or cookie or beside it.
fn attacks(a: &Session, accounts: &Accounts) -> Vec<Attack> {
    let pair = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let basic = format!("{}:{}", pair(&a.account.login), pair(&a.account.secret));
    let header = |value: String| Bearer::with_headers([("authorization", value)]);
    let mut all = vec![
        Attack::new("an empty credential", a.bearing("")),
        Attack::new(
            "a random text",
            a.bearing("Zq7kestrelOverTheQuietRiverNobodyGaveThis"),
        ),
        Attack::new(
            "a login and password in `Basic`",
            header(format!("Basic {}", STANDARD.encode(basic))),
        ),
    ];
    let prefix = accounts.auth().carrier.prefix.trim();
    if !prefix.is_empty() {
        all.push(Attack::new(
            "another scheme",
            header("Negotiate x".to_owned()),
        ));
    }
    if a.in_cookie() {
        all.push(Attack::new(
            "the cookie's value as a bearer token",
            header(format!("Bearer {}", a.access())),
        ));
    }
    all
}

/// An honest credential where the contract has none: in the query, and in a body.
async fn misplaced(
    cx: &Cx,
    accounts: &mut Accounts,
    a: &Session,
    guard: &mut Guard,
) -> Result<(), Fault> {
    let auth = accounts.auth();
    let declared = matches!(auth.carrier.place.spot, Spot::Query(_) | Spot::Body(_));
    let Some(op) = auth
        .ops
        .get(&Verb::Whoami)
        .map(|w| w.op.clone())
        .filter(|_| !declared)
    else {
        return Ok(());
    };
    let Ok(request) = accounts.planter().errand(&op, &[]) else {
        return Ok(());
    };
    let plain = accounts.carry(request, &Bearer::nobody());
    let (sent, login) = (plain.sent(), &a.account);
    let mark = if sent.path.contains('?') { '&' } else { '?' };
    let path = format!("{}{mark}access_token={}", sent.path, encoded(a.access()));
    let in_query = cx.http().request(&sent.method, &path);
    let in_body = plain.clone().json(&json!({"access_token": a.access()}));
    for (place, request) in [("the query", in_query), ("the body", in_body)] {
        let exchange = request.send_anyway().await?;
        let seen = accounts.read_whoami(exchange);
        if !seen.is(login) {
            continue;
        }
        let mut evidence = guard.controls(cx).to_vec();
        evidence.push(cx.seen(format!("the credential in {place} alone"), seen.exchange()));
        guard.find(Draft {
            subject: format!("credentials in {place}"),
            touches: vec![cx.line(&op)],
            saw: format!("a credential in {place} is let in"),
            expected: "a credential counts in its declared place alone".to_owned(),
            actual: answer(seen.exchange()),
            note: Some("Addresses are written into logs and histories, and whoever reads one of those has the credential.".to_owned()),
            evidence,
            ..Draft::default()
        });
    }
    Ok(())
}
