use serde_json::{Value, json};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::entry::{Said, line, rule};
use crate::check::guard::Guard;
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Pack, Verb};
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Registering with passwords that the contract refuses: none, one character, one less than the least, `null`, a
    /// number, a list, `true`. Each must be refused, and after all of them the address must be free. A new password that
    /// is too short must be refused where it is changed, too, and where a code from a mail sets it. Then good ones: a
    /// sentence of small letters and spaces, sixty-four characters, letters of another script, one of exactly the least
    /// length. Each must be accepted.
    ///
    /// ## Why it matters
    /// Length is what makes a password hard to guess. A page in a browser that counts characters binds nobody who
    /// writes requests by hand. Rules that ask for digits and signs keep good sentences out, and let `Password1!` in.
    ///
    /// ## Passes
    /// ```text
    /// POST /accounts   {"password": "1234567"}                          422
    /// POST /accounts   {"password": "quiet rivers carry small boats"}   201
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /accounts   {"password": "1234567"}                          201
    /// POST /accounts   {"password": "quiet rivers carry small boats"}   422
    /// ```
    ///
    /// ## How to mend it
    /// Check in one function that a new password is a text and has the length that the contract says, in characters, and
    /// call it wherever a password is set. Ask for nothing else.
    pub static CHECK = {
        id: "auth.password-policy-missing",
        summary: "a password that the contract refuses is accepted, or a good one is refused",
        concept: "password-storage",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-6.2.1", "ASVS v5.0.0-6.2.5", "ASVS v5.0.0-6.2.9", "ASVS v5.0.0-2.2.2"],
        hints: [
            "Which of your rules about passwords hold for somebody who sends the request without your page?",
            "The server decides what a password must be, by its length, and in every place where one is set.",
            "Write one rule (a text, least and most characters as in the contract), use it at registering, changing and resetting, and drop every other demand.",
        ],
        run,
    }
}

const FLOOR: &str = "the least that a password must have";
const KIND: &str = "the type of a password";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let pack = cx.pack();
    let op = accounts
        .auth()
        .ops
        .get(&Verb::Register)
        .map(|r| r.op.clone());
    let secret = accounts.auth().secret.clone();
    let rule = op.as_ref().and_then(|op| rule(&pack, op, &secret));
    let Some(rule) = rule else {
        return Ok(skipped("the contract says nothing about passwords"));
    };
    let shared = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &shared).await?);
    let mut account = control!(accounts.draw(None));
    let core = accounts.password().as_str().unwrap_or_default().to_owned();
    for bad in bad(&core, least(&pack, rule)) {
        if pack.contract.accepts(rule, &bad.value) {
            continue;
        }
        let tried = with(&account, &bad.value);
        let made = control!(accounts.register(&tried).await?);
        match Said::by(&made) {
            Said::No => {}
            Said::Yes => {
                let line = line(cx, &accounts, Verb::Register);
                guard.find(accepted(cx, line, &bad, &made));
                account = control!(accounts.draw(None));
            }
            Said::Broke => guard.find(broken(cx, &accounts, &bad, &made)),
            Said::Unclear => doubt(&mut guard, bad.name, &made),
        }
    }
    let good = good(&core, least(&pack, rule));
    let good = good
        .into_iter()
        .filter(|(_, v)| pack.contract.accepts(rule, v));
    for (n, (name, value)) in good.enumerate() {
        // The first one takes the address with which nothing has succeeded yet.
        let fresh = control!(accounts.draw(None));
        let taken = (n == 0).then_some(&account);
        welcome(
            cx,
            &mut accounts,
            &mut guard,
            (taken, &fresh),
            (name, &value),
        )
        .await?;
    }
    changed(cx, &mut accounts, &mut guard).await?;
    replaced(cx, &mut guard).await?;
    guard.close(cx, &mut accounts, Some(&shared)).await
}

fn least(pack: &Pack, rule: &Value) -> usize {
    pack.contract.text_bounds(rule).0.unwrap_or_default()
}

fn with(account: &Actor, secret: &Value) -> Actor {
    Actor {
        secret: secret.clone(),
        ..account.clone()
    }
}

/// A password that should be refused.
struct Bad {
    name: &'static str,
    subject: &'static str,
    value: Value,
}

fn bad(core: &str, least: usize) -> Vec<Bad> {
    let short: String = core.chars().take(least.saturating_sub(1)).collect();
    let all = [
        ("an empty password", FLOOR, json!("")),
        ("a password of one character", FLOOR, json!("q")),
        ("a password of one character too few", FLOOR, json!(short)),
        ("null as a password", KIND, Value::Null),
        ("a number as a password", KIND, json!(739_152_846_057_u64)),
        ("true as a password", KIND, json!(true)),
        ("a list as a password", KIND, json!([core])),
    ];
    let bad = |(name, subject, value)| Bad {
        name,
        subject,
        value,
    };
    all.into_iter().map(bad).collect()
}

/// Passwords that nobody guesses; all but the last are well over usual least lengths.
fn good(core: &str, least: usize) -> Vec<(&'static str, Value)> {
    let long: String = core.chars().cycle().take(64).collect();
    let exact: String = core.chars().rev().take(least).collect();
    vec![
        (
            "a sentence of small letters and spaces",
            json!("seven kestrels over a slow river"),
        ),
        ("a password of 64 characters", json!(long)),
        (
            "a password of Cyrillic letters",
            json!(
                "\u{43b}\u{43e}\u{434}\u{43a}\u{430} \u{43f}\u{43b}\u{44b}\u{432}\u{451}\u{442} \u{43a} \u{43c}\u{43e}\u{440}\u{44e}"
            ),
        ),
        ("a password of exactly the least length", json!(exact)),
    ]
}

/// Registers with a good password, with `taken` where a login is given on which nothing has succeeded.
async fn welcome(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    (taken, fresh): (Option<&Actor>, &Actor),
    (name, value): (&'static str, &Value),
) -> Result<(), Fault> {
    let mut left = None;
    for account in taken.into_iter().chain([fresh]) {
        let made = match accounts.register(&with(account, value)).await? {
            Ok(made) => made,
            Err(why) => {
                guard.doubt(why.to_string());
                return Ok(());
            }
        };
        match Said::by(&made) {
            Said::Yes => {
                if let Some(left) = left {
                    guard.find(kept(cx, accounts, &left, &made));
                }
                return Ok(());
            }
            Said::Unclear => {
                doubt(guard, name, &made);
                return Ok(());
            }
            Said::No | Said::Broke => left = Some(made),
        }
    }
    if let Some(made) = left {
        guard.find(Draft {
            subject: "good passwords".to_owned(),
            touches: vec![line(cx, accounts, Verb::Register)],
            saw: format!("{name} is not accepted"),
            expected: "a password that keeps to the contract is accepted".to_owned(),
            actual: answer(&made),
            note: Some(
                "What makes a password good is its length, not the kinds of its characters."
                    .to_owned(),
            ),
            manner: manner(&made),
            evidence: vec![cx.seen(format!("registering with {name}"), &made)],
        });
    }
    Ok(())
}

/// A new password that is too short, in the name of an account that is there.
async fn changed(cx: &Cx, accounts: &mut Accounts, guard: &mut Guard) -> Result<(), Fault> {
    let Some(op) = accounts.auth().ops.get(&Verb::ChangePassword).cloned() else {
        return Ok(());
    };
    let pack = cx.pack();
    let Some(rule) = op.send.get("new").and_then(|at| rule(&pack, &op.op, at)) else {
        return Ok(());
    };
    let session = match accounts.join().await? {
        Ok(session) => session,
        Err(why) => {
            guard.doubt(why.to_string());
            return Ok(());
        }
    };
    let text = accounts.password();
    let text = text.as_str().unwrap_or_default();
    let bad = bad(text, least(&pack, rule));
    let short = bad.into_iter().rfind(|b| b.subject == FLOOR);
    let Some(short) = short.filter(|b| !pack.contract.accepts(rule, &b.value)) else {
        return Ok(());
    };
    let asked = match accounts.change_password(&session, &short.value).await? {
        Ok(asked) => asked,
        Err(why) => {
            guard.doubt(why.to_string());
            return Ok(());
        }
    };
    match Said::by(&asked) {
        Said::No => {}
        Said::Yes => {
            let line = line(cx, accounts, Verb::ChangePassword);
            guard.find(accepted(cx, line, &short, &asked));
        }
        Said::Broke => guard.find(Draft {
            touches: vec![line(cx, accounts, Verb::ChangePassword)],
            ..broken(cx, accounts, &short, &asked)
        }),
        Said::Unclear => doubt(guard, short.name, &asked),
    }
    Ok(())
}

/// A new password that is too short, set by a code that came by mail. Whether codes come at all is asked elsewhere.
async fn replaced(cx: &Cx, guard: &mut Guard) -> Result<(), Fault> {
    let Ok((mut accounts, post)) = cx.resets(&[]) else {
        return Ok(());
    };
    let Some(op) = accounts.auth().ops.get(&Verb::ResetConfirm).cloned() else {
        return Ok(());
    };
    let pack = cx.pack();
    let Some(rule) = op.send.get("new").and_then(|at| rule(&pack, &op.op, at)) else {
        return Ok(());
    };
    let text = accounts.password();
    let bad = bad(text.as_str().unwrap_or_default(), least(&pack, rule));
    let short = bad.into_iter().rfind(|b| b.subject == FLOOR);
    let Some(short) = short.filter(|b| !pack.contract.accepts(rule, &b.value)) else {
        return Ok(());
    };
    let Ok(session) = accounts.join().await? else {
        return Ok(());
    };
    let mailed = cx
        .reset_code((&mut accounts, &post), &session.account)
        .await?;
    let Ok(mailed) = mailed else {
        return Ok(());
    };
    let Ok(set) = accounts.reset_confirm(&mailed.code, &short.value).await? else {
        return Ok(());
    };
    let line = line(cx, &accounts, Verb::ResetConfirm);
    match Said::by(&set) {
        Said::No => {}
        Said::Yes => guard.find(accepted(cx, line, &short, &set)),
        Said::Broke => guard.find(Draft {
            touches: vec![line],
            ..broken(cx, &accounts, &short, &set)
        }),
        Said::Unclear => doubt(guard, short.name, &set),
    }
    Ok(())
}

fn doubt(guard: &mut Guard, name: &str, exchange: &Exchange) {
    let said = answer(exchange);
    guard.doubt(format!("{name} was answered {said}"));
}

fn accepted(cx: &Cx, line: String, bad: &Bad, exchange: &Exchange) -> Draft {
    Draft {
        subject: bad.subject.to_owned(),
        touches: vec![line],
        saw: format!("{} is accepted", bad.name),
        expected: "it is refused, as the contract says".to_owned(),
        actual: answer(exchange),
        note: Some("What only a page in the browser checks is not checked.".to_owned()),
        evidence: vec![cx.seen(bad.name, exchange)],
        ..Draft::default()
    }
}

fn broken(cx: &Cx, accounts: &Accounts, bad: &Bad, exchange: &Exchange) -> Draft {
    Draft {
        subject: bad.subject.to_owned(),
        touches: vec![line(cx, accounts, Verb::Register)],
        saw: format!("{} breaks the service", bad.name),
        expected: "it is refused".to_owned(),
        actual: answer(exchange),
        manner: manner(exchange),
        evidence: vec![cx.seen(bad.name, exchange)],
        ..Draft::default()
    }
}

/// A refused registration that took the address all the same.
fn kept(cx: &Cx, accounts: &Accounts, left: &Exchange, made: &Exchange) -> Draft {
    Draft {
        subject: "a registration that was refused".to_owned(),
        touches: vec![line(cx, accounts, Verb::Register)],
        saw: "an address cannot be registered after its registration was refused".to_owned(),
        expected: "a refused request changes nothing".to_owned(),
        actual: format!(
            "{}, and {} with another address",
            answer(left),
            answer(made)
        ),
        manner: manner(left),
        evidence: vec![
            cx.seen("with an address whose registration was refused", left),
            cx.seen("the same password with another address", made),
        ],
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_met_from_both_sides() {
        let core = "Zq-00c0ffee-Kestrel-7";
        let length = |v: &Value| v.as_str().map(|t| t.chars().count());
        let lengths: Vec<_> = bad(core, 8)
            .iter()
            .filter_map(|b| length(&b.value))
            .collect();
        assert_eq!(lengths, [0, 1, 7]);
        let lengths: Vec<_> = good(core, 8)
            .iter()
            .filter_map(|(_, v)| length(v))
            .collect();
        assert_eq!(lengths, [32, 64, 19, 8]);
        assert!(
            good(core, 8)
                .iter()
                .all(|(_, v)| v.as_str().is_some_and(|t| t.len() <= 72))
        );
    }
}
