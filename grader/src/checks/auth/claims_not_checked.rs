use serde_json::{Value, json};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Guard, Mint, Words, minted};
use crate::model::{Draft, Fault, Verdict};
use crate::probe::auth::{Accounts, Forge, Seen, Session};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The grader gave the service its signing secret, its issuer and its audience, so it can sign tokens like the
    /// service's own. A copy of a genuine token must be let in. Then one claim is changed at a time, and the token
    /// says that it is another account's: another `iss`, one that begins with the right one; another `aud`, one that
    /// begins with the right one, a list of others. All must be refused. A token that lacks one of the two and is let
    /// in is told as advice. Only claims that the project declares are looked at, and `nbf` where the service writes it:
    /// a token that begins in an hour must be refused until then.
    ///
    /// ## Why it matters
    /// One secret often signs for several services. A good signature says who made a token, and only `iss` and `aud`
    /// say for whom: without them, a token for the newsletter opens the ticket office.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer <claims with "aud": "another-service", signed>   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer <claims with "aud": "another-service", signed>   200  {"email": "bob@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Give your library's verify function the issuer and the audience, and let it require both claims. Compare whole
    /// texts: `startsWith` and `includes` take others for yours. Leave the comparison of times switched on.
    pub static CHECK = {
        id: "auth.claims-not-checked",
        summary: "a token of another issuer, for another audience or for a later time is let in",
        concept: "signatures",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 7519 §4.1.1", "RFC 7519 §4.1.3", "RFC 7519 §4.1.5", "RFC 8725 §3.8", "RFC 8725 §3.9", "ASVS v5.0.0-9.2.3", "RFC 9068 §4"],
        hints: [
            "Another service signs its tokens with the same secret. Which of them does yours let in?",
            "A signature says who made a token; `iss` and `aud` say by whom and for whom, and they are compared with what you expect.",
            "Pass `issuer` and `audience` to the verify function, and add both to the claims it requires.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the issuer, the audience and the begin of access tokens",
    expected: "a token is refused unless its `iss` and `aud` are the ones that the service was given, and before its time",
    gain: "A token that was made by or for another service opens this one, for whichever account it names.",
    also: &[],
};

/// So long before its time a token is sent, seconds: no clock is as wrong as that.
const EARLY: i64 = 3600;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let (issuer, audience) = (cx.keys().issuer(), cx.keys().audience());
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let begins = a.jwt().and_then(|jwt| jwt.time("nbf"));
    if issuer.or(audience).is_none() && begins.is_none() {
        return Ok(skipped(
            "the pack declares neither an issuer nor an audience, and tokens carry no `nbf`",
        ));
    }
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mint = match minted(cx, &mut accounts, &a).await? {
        Ok(mint) => mint,
        Err(verdict) => return Ok(verdict),
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &mint.honest).await?);
    let base = base(&mut accounts, &mint, &b).await?;
    let early = begins.map(|begins| (begins + EARLY).into());
    for attack in attacks(&mint, &base, (issuer, audience), early) {
        guard
            .attempt(cx, &mut accounts, &[&b], &attack, &WORDS)
            .await?;
    }
    let mut advice = cx.findings();
    for attack in without(&mint, &base, issuer, audience) {
        let seen = accounts.whoami(&attack.bearer).await?;
        if matches!(seen, Seen::Accepted { .. }) {
            advice.add(not_required(cx, &attack.name, &seen));
        }
    }
    Ok(
        match guard.close(cx, &mut accounts, Some(&mint.honest)).await? {
            Verdict::Pass { .. } => advice.advice(),
            verdict => verdict,
        },
    )
}

/// The service writes the claim into each of its tokens, so none that lacks it is its own. Whether that is a fault is
/// argued over: many libraries look at a claim only where there is one.
fn not_required(cx: &Cx, name: &str, seen: &Seen) -> Draft {
    Draft {
        subject: "claims that are not required".to_owned(),
        saw: format!("{name} is let in"),
        expected: "a claim that is compared is required too (RFC 8725 §3.9)".to_owned(),
        actual: answer(seen.exchange()),
        evidence: vec![cx.seen(name, seen.exchange())],
        ..Draft::default()
    }
}

/// The token that is changed: one that says it is somebody else's, where the service lets that in; else one's own. What
/// is refused for whose it is would prove nothing.
async fn base(accounts: &mut Accounts, mint: &Mint, other: &Session) -> Result<Forge, Fault> {
    let Some(jwt) = other.jwt() else {
        return Ok(mint.forge());
    };
    let forge = mint.forge().as_whom(&jwt.identity(&mint.genuine));
    let Some(unchanged) = mint.attack("somebody else's token", &forge) else {
        return Ok(mint.forge());
    };
    let seen = accounts.whoami(&unchanged.bearer).await?;
    Ok(match seen.is(&other.account) {
        true => forge,
        false => mint.forge(),
    })
}

fn attacks(
    mint: &Mint,
    base: &Forge,
    (issuer, audience): (Option<&str>, Option<&str>),
    early: Option<Value>,
) -> Vec<Attack> {
    let mut changes: Vec<(&str, Forge)> = Vec::new();
    let mut change = |name, claim: &str, value: Value| {
        changes.push((name, base.clone().claim(claim, value)));
    };
    if let Some(right) = issuer {
        change(
            "a token of another issuer",
            "iss",
            json!("https://elsewhere.example.test"),
        );
        let longer = format!("{right}.elsewhere.example");
        change(
            "a token of an issuer that begins alike",
            "iss",
            json!(longer),
        );
    }
    if let Some(right) = audience {
        change(
            "a token for another audience",
            "aud",
            json!("https://elsewhere.example.test"),
        );
        let longer = format!("{right}.elsewhere.example");
        change(
            "a token for an audience that begins alike",
            "aud",
            json!(longer),
        );
        let others = json!(["https://elsewhere.example.test", longer]);
        change("a token for a list of other audiences", "aud", others);
    }
    if let Some(early) = early {
        changes.push((
            "a token that begins in an hour",
            base.clone().claim("nbf", early),
        ));
    }
    signed(mint, changes)
}

/// The same without one claim; what the service itself leaves out is no change.
fn without(mint: &Mint, base: &Forge, issuer: Option<&str>, audience: Option<&str>) -> Vec<Attack> {
    let taken = [
        ("iss", issuer, "a token without an issuer"),
        ("aud", audience, "a token without an audience"),
    ];
    let genuine = &mint.genuine.claims;
    let declared = taken
        .into_iter()
        .filter(|(claim, right, _)| right.is_some() && genuine.contains_key(*claim));
    let changes = declared.map(|(claim, _, name)| (name, base.clone().without_claim(claim)));
    signed(mint, changes.collect())
}

fn signed(mint: &Mint, changes: Vec<(&str, Forge)>) -> Vec<Attack> {
    let attack = |(name, forge): (&str, Forge)| mint.attack(name, &forge);
    changes.into_iter().filter_map(attack).collect()
}
