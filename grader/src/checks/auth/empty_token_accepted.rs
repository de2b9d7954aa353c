use serde_json::{Value, json};

use super::{replay_refresh_rotation, reset_broken};
use crate::check::accounts::skipped;
use crate::check::entry::{Entry, line};
use crate::check::guard::{Guard, nobody_refreshes, renewed};
use crate::check::mailed::redeemed;
use crate::check::{Cx, QuietCx};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{Planting, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// In the place of a refresh token, and of the code that replaces a password, stands nothing: no member at all,
    /// null, an empty text, a blank, the words `null` and `undefined`, empty lists and objects, 0, false, U+0000.
    /// Meanwhile one account has a live session and a code on its way. Each must be refused; afterwards no password
    /// has changed, and the real token and the real code work.
    ///
    /// ## Why it matters
    /// Most accounts have no code: the column is NULL. Where a parameter that is missing becomes NULL too, or drops a
    /// condition from the statement, "no code" equals "no code", and everybody is let in.
    ///
    /// ## Passes
    /// ```text
    /// POST /password-resets/confirm  {"new_password": "…"}                  422
    /// POST /sessions/refresh         {"refresh_token": null}                422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /password-resets/confirm  {"new_password": "…"}                  204
    /// ```
    ///
    /// ## How to mend it
    /// Refuse a body without the token, or with anything but a text of its length, before the database is asked. Keep
    /// codes in a table of their own, where there is a row only while there is a code, and let no condition of a
    /// statement depend on whether a parameter was given.
    pub static CHECK = {
        id: "auth.empty-token-accepted",
        summary: "a token that is missing or empty counts as one",
        concept: "replay",
        severity: Critical,
        needs: [reset_broken::CHECK, replay_refresh_rotation::CHECK],
        world: Fresh,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-15.3.5", "ASVS v5.0.0-2.3.1", "CWE-1287"],
        hints: [
            "Which row does your statement find when the token in the body is missing?",
            "Nothing must never equal nothing: whoever shows no token has shown none, whatever the database holds.",
            "Validate the token as a text that is not empty before any statement runs, and write `WHERE digest = $1` without an `OR … IS NULL`.",
        ],
        run,
    }
}

/// What stands where a token should.
enum Nothing {
    Missing,
    Sent(Value),
}

/// All of them; outside a body only the words, which every carrier takes.
fn nothings(accounts: &Accounts, verb: Verb, part: &str) -> Vec<(&'static str, Nothing)> {
    let op = accounts.auth().ops.get(&verb);
    let place = op.and_then(|o| o.send.get(part));
    let in_body = place.is_some_and(|p| p.pointer().is_some());
    let word = |n: &Nothing| matches!(n, Nothing::Sent(Value::String(t)) if t.len() > 3);
    let mut all = every();
    all.retain(|(_, nothing)| in_body || word(nothing));
    all
}

fn every() -> Vec<(&'static str, Nothing)> {
    let sent = |(name, value)| (name, Nothing::Sent(value));
    let values = [
        ("null", Value::Null),
        ("an empty text", json!("")),
        ("a blank", json!(" ")),
        ("the word null", json!("null")),
        ("the word undefined", json!("undefined")),
        ("an empty list", json!([])),
        ("a list with an empty text", json!([""])),
        ("an empty object", json!({})),
        ("0", json!(0)),
        ("false", json!(false)),
        ("a percent sign", json!("%")),
        ("U+0000", json!("\0")),
    ];
    let missing = [("nothing at all", Nothing::Missing)];
    missing.into_iter().chain(values.map(sent)).collect()
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let ops = &accounts.auth().ops;
    let (refreshes, resets) = (
        ops.contains_key(&Verb::Refresh),
        ops.contains_key(&Verb::ResetConfirm),
    );
    if !refreshes && !resets {
        return Ok(skipped("the contract has neither refresh tokens nor codes"));
    }
    let owner = control!(accounts.join().await?);
    let other = control!(accounts.join().await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &owner).await?);
    if refreshes {
        refreshing(cx, &mut accounts, &mut guard, &owner).await?;
    }
    if resets {
        replacing(cx, &mut accounts, &mut guard, &owner.account).await?;
    }
    guard.close(cx, &mut accounts, Some(&other)).await
}

/// Refreshes by nothing, while a session is alive that could be refreshed.
async fn refreshing(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    owner: &Session,
) -> Result<(), Fault> {
    for (name, nothing) in nothings(accounts, Verb::Refresh, "refresh") {
        let tried = match nothing {
            Nothing::Missing => accounts.ask_without(Verb::Refresh, &[], "refresh").await?,
            Nothing::Sent(value) => sent(
                accounts
                    .ask(Verb::Refresh, None, &[("refresh", value)])
                    .await?,
            ),
        };
        let Some(exchange) = asked(guard, tried) else {
            continue;
        };
        if said_yes(&exchange) {
            let saw = format!("{name} is taken as a refresh token");
            let gain = "Whoever sends it is given the tokens of somebody's session, without having seen any of them.";
            guard.find(draft(cx, accounts, Verb::Refresh, (saw, gain), &exchange));
        }
    }
    if let Err(why) = renewed(accounts, owner).await? {
        guard.doubt(format!("the real refresh token did not work: {why}"));
    }
    if let Err(why) = nobody_refreshes(accounts, owner).await? {
        guard.doubt(why);
    }
    Ok(())
}

/// Replaces passwords by nothing, while a code is on its way to one of the accounts.
async fn replacing(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    owner: &Actor,
) -> Result<(), Fault> {
    // Where no mail is received, nobody has a code, which is the state that most accounts are in.
    let post = cx.resets(&[]).ok().map(|(_, post)| post);
    let pending = match &post {
        None => None,
        Some(post) => match cx.reset_code((&mut *accounts, post), owner).await? {
            Ok(mailed) => Some(mailed),
            Err(why) => {
                guard.doubt(why.to_string());
                return Ok(());
            }
        },
    };
    let secret = accounts.password();
    for (name, nothing) in nothings(accounts, Verb::ResetConfirm, "code") {
        let new = ("new", secret.clone());
        let tried = match nothing {
            Nothing::Missing => {
                accounts
                    .ask_without(Verb::ResetConfirm, &[new], "code")
                    .await?
            }
            Nothing::Sent(value) => {
                let given = [("code", value), new];
                sent(accounts.ask(Verb::ResetConfirm, None, &given).await?)
            }
        };
        let Some(exchange) = asked(guard, tried) else {
            continue;
        };
        let thief = Actor {
            secret: secret.clone(),
            credential: None,
            ..owner.clone()
        };
        let entered = match Entry::of(accounts, &thief).await? {
            Entry::In(session) => Some(session.exchange),
            _ => None,
        };
        let what = match (&entered, said_yes(&exchange)) {
            (Some(_), _) => "replaces a password in the place of a code",
            (None, true) => "is taken as a code",
            (None, false) => continue,
        };
        let gain = "Whoever sends it sets the password of an account that asked for a code, or of every account that did not.";
        let told = (format!("{name} {what}"), gain);
        let mut draft = draft(cx, accounts, Verb::ResetConfirm, told, &exchange);
        draft
            .evidence
            .extend(entered.map(|e| cx.seen("a login with the password that it set", &e)));
        guard.find(draft);
        return Ok(());
    }
    if let Some(mailed) = pending
        && let Err(why) = redeemed(accounts, owner, &mailed.code).await?
    {
        guard.doubt(why);
    }
    Ok(())
}

fn sent(asked: Planting<Exchange>) -> Planting<Option<Exchange>> {
    asked.map(Some)
}

/// The answer; none where the request could not be made with that in this place.
fn asked(guard: &mut Guard, tried: Planting<Option<Exchange>>) -> Option<Exchange> {
    match tried {
        Ok(exchange) => exchange,
        Err(why) => {
            guard.doubt(why.to_string());
            None
        }
    }
}

fn draft(
    cx: &Cx,
    accounts: &Accounts,
    verb: Verb,
    (saw, gain): (String, &str),
    exchange: &Exchange,
) -> Draft {
    Draft {
        subject: "tokens that are missing".to_owned(),
        touches: vec![line(cx, accounts, verb)],
        saw,
        expected: "what is no token is refused".to_owned(),
        actual: answer(exchange),
        note: Some(gain.to_owned()),
        evidence: vec![cx.seen("a request without a token", exchange)],
        ..Draft::default()
    }
}
