use serde_json::{Value, json};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::entry::{Entry, Said, line, rule};
use crate::check::guard::Guard;
use crate::check::honest::manner;
use crate::model::{Draft, Evidence, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An address with capital letters registers, then the same in small letters with another password. Both spellings
    /// log in with both passwords. Two policies are right: both spellings are one account, and its password is the first;
    /// or they are two, and each has its own. An address with spaces around it may be refused; where it is taken, it must
    /// log in, with the spaces or without.
    ///
    /// ## Why it matters
    /// Where registering tells two spellings apart and logging in does not, two rows fit one login, and which of them
    /// comes in is chance. The other way round, somebody is told that the address is taken and cannot log in with it.
    ///
    /// ## Passes
    /// ```text
    /// POST /accounts   {"email": "Ada@…"}   201
    /// POST /accounts   {"email": "ada@…"}   409
    /// POST /sessions   {"email": "ada@…"}   201     with the first password
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /accounts   {"email": "Ada@…"}   201
    /// POST /accounts   {"email": "ada@…"}   201
    /// POST /sessions   {"email": "Ada@…"}   401     with its own password: another row was found
    /// ```
    ///
    /// ## How to mend it
    /// Write down one function that makes an address comparable, and use it everywhere: for the unique index
    /// (`CREATE UNIQUE INDEX … (lower(email))`), for the login, for resets and for limits.
    pub static CHECK = {
        id: "auth.identifier-inconsistent",
        summary: "registering and logging in do not agree on which spellings are the same account",
        concept: "authentication",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-1.1.1", "ASVS v5.0.0-6.4.3", "RFC 5321 §2.4"],
        hints: [
            "Ada registers as `Ada@example.com` on a phone that likes capital letters, and logs in as `ada@example.com` at home. What happens?",
            "An identifier is brought into one form in one place, and stored, looked up and compared in that form.",
            "Put the unique index on the form that the login compares, `lower(email)` say, and look accounts up by the same expression everywhere.",
        ],
        run,
    }
}

/// What came of the two spellings with the two passwords.
struct Doors {
    /// The first spelling with the first password, and so on.
    first_first: Entry,
    first_second: Entry,
    second_first: Entry,
    second_second: Entry,
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let shared = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &shared).await?);
    let drawn = control!(accounts.draw(None));
    let Some((large, small)) = spellings(&drawn.login) else {
        let why = "a login here has no letters that can be spelled in two ways";
        return Ok(skipped(why));
    };
    let pack = cx.pack();
    let register = accounts.auth().ops.get(&Verb::Register);
    let rule = register.and_then(|r| rule(&pack, &r.op, &accounts.auth().login));
    if rule.is_some_and(|rule| !pack.contract.accepts(rule, &large)) {
        let why = "the contract has one spelling of a login only";
        return Ok(skipped(why));
    }
    let first = Actor {
        login: large,
        ..drawn
    };
    let second = Actor {
        login: small,
        secret: accounts.password(),
        ..first.clone()
    };
    let made = control!(accounts.register(&first).await?);
    if Said::by(&made) != Said::Yes {
        let said = answer(&made);
        let control = format!("registering a login with capital letters answered {said}");
        return Ok(Verdict::Inconclusive { control });
    }
    let again = control!(accounts.register(&second).await?);
    let doors = Doors {
        first_first: Entry::of(&mut accounts, &first).await?,
        second_second: Entry::of(&mut accounts, &second).await?,
        first_second: Entry::with(&mut accounts, &first.login, &second.secret).await?,
        second_first: Entry::with(&mut accounts, &second.login, &first.secret).await?,
    };
    let shown = [&made, &again];
    judge(cx, &accounts, &mut guard, shown, &doors);
    padded(cx, &mut accounts, &mut guard).await?;
    guard.close(cx, &mut accounts, Some(&shared)).await
}

/// A login with every other letter capital, and the same in small letters.
fn spellings(login: &Value) -> Option<(Value, Value)> {
    let small = login.as_str()?.to_ascii_lowercase();
    let mut count = 0;
    let large: String = small
        .chars()
        .map(|c| {
            count += usize::from(c.is_ascii_lowercase());
            if count % 2 == 1 {
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect();
    (large != small).then(|| (json!(large), json!(small)))
}

fn judge(
    cx: &Cx,
    accounts: &Accounts,
    guard: &mut Guard,
    [made, again]: [&Exchange; 2],
    doors: &Doors,
) {
    let mut shown = vec![
        cx.seen("registering with capital letters", made),
        cx.seen("registering in small letters", again),
    ];
    let said = Said::by(again);
    if said == Said::Broke {
        let mut draft = draft(cx, accounts, "a second spelling breaks the service", shown);
        draft.actual = answer(again);
        draft.manner = manner(again);
        guard.find(draft);
        return;
    }
    let all = [
        (
            "the first spelling with the first password",
            &doors.first_first,
        ),
        (
            "the first spelling with the second password",
            &doors.first_second,
        ),
        (
            "the second spelling with the first password",
            &doors.second_first,
        ),
        (
            "the second spelling with the second password",
            &doors.second_second,
        ),
    ];
    let mut opens = [false; 4];
    for (n, (name, entry)) in all.into_iter().enumerate() {
        match entry {
            Entry::In(session) => {
                opens[n] = true;
                shown.push(cx.seen(name, &session.exchange));
            }
            Entry::Away(exchange) => shown.push(cx.seen(name, exchange)),
            Entry::Broke(exchange) => {
                guard.doubt(format!("{name} was answered {}", answer(exchange)));
                return;
            }
            Entry::Unclear(why) => {
                guard.doubt(format!("{name}: {why}"));
                return;
            }
        }
    }
    let saw = match (said, opens) {
        (Said::Unclear, _) => {
            let said = answer(again);
            guard.doubt(format!("registering a second spelling answered {said}"));
            return;
        }
        // One account, or two that never cross.
        (Said::No, [true, false, true, false]) | (Said::Yes, [true, false, false, true]) => return,
        // The same yes to everybody, whether or not there is an account, is a design.
        (Said::Yes, [true, false, true, false]) if neutral(accounts) => return,
        (Said::No, [true, false, false, false]) => {
            "a spelling is taken at registering, and unknown at logging in"
        }
        (Said::No, [false, false, ..]) => "an account does not log in as it was registered",
        (Said::Yes, [true, true, ..] | [.., true, true]) => {
            "one spelling logs in with the passwords of two accounts"
        }
        (Said::Yes, [false, ..] | [.., false]) => {
            "two spellings are two accounts at registering, and one at logging in"
        }
        _ => "the spellings of one login cross each other",
    };
    guard.find(draft(cx, accounts, saw, shown));
}

/// Whether the pack names no answer to the registration of a login that is taken.
fn neutral(accounts: &Accounts) -> bool {
    let register = accounts.auth().ops.get(&Verb::Register);
    register.is_some_and(|r| r.clash.is_empty())
}

/// An address with spaces around it.
async fn padded(cx: &Cx, accounts: &mut Accounts, guard: &mut Guard) -> Result<(), Fault> {
    let Ok(plain) = accounts.draw(None) else {
        return Ok(());
    };
    let Some(login) = plain.login.as_str() else {
        return Ok(());
    };
    let spaced = Actor {
        login: json!(format!(" {login} ")),
        ..plain.clone()
    };
    let Ok(made) = accounts.register(&spaced).await? else {
        return Ok(());
    };
    match Said::by(&made) {
        Said::No => return Ok(()),
        Said::Unclear => {
            let said = answer(&made);
            guard.doubt(format!(
                "registering with spaces around the login answered {said}"
            ));
            return Ok(());
        }
        Said::Yes | Said::Broke => {}
    }
    let shown = vec![cx.seen("registering with spaces around the login", &made)];
    if Said::by(&made) == Said::Broke {
        let mut draft = draft(
            cx,
            accounts,
            "spaces around a login break the service",
            shown,
        );
        draft.actual = answer(&made);
        draft.manner = manner(&made);
        guard.find(draft);
        return Ok(());
    }
    for account in [&plain, &spaced] {
        match Entry::of(accounts, account).await? {
            Entry::In(_) => return Ok(()),
            Entry::Away(_) => {}
            Entry::Broke(exchange) => {
                let said = answer(&exchange);
                guard.doubt(format!(
                    "a login after spaces were registered answered {said}"
                ));
                return Ok(());
            }
            Entry::Unclear(why) => {
                guard.doubt(why);
                return Ok(());
            }
        }
    }
    let saw = "a login with spaces around it is registered, and no spelling of it logs in";
    guard.find(draft(cx, accounts, saw, shown));
    Ok(())
}

fn draft(cx: &Cx, accounts: &Accounts, saw: &str, evidence: Vec<Evidence>) -> Draft {
    Draft {
        subject: "the spellings of a login".to_owned(),
        touches: [Verb::Register, Verb::Login].map(|v| line(cx, accounts, v)).into(),
        saw: saw.to_owned(),
        expected: "two spellings are one account everywhere, or two everywhere".to_owned(),
        actual: "registering and logging in compare in different ways".to_owned(),
        note: Some("Which of two rows a login finds is chance, and an owner can be locked out by a stranger.".to_owned()),
        evidence,
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_differ_in_their_letters_alone() {
        let (large, small) = spellings(&json!("zq7ada@a.test")).unwrap();
        assert_eq!(large, json!("Zq7AdA@a.TeSt"));
        assert_eq!(small, json!("zq7ada@a.test"));
        assert!(spellings(&json!("0049-7")).is_none() && spellings(&json!(7)).is_none());
    }
}
