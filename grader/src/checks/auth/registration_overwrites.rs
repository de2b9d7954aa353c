use serde_json::Value;

use super::login_broken;
use crate::check::Cx;
use crate::check::entry::{Entry, Said, line};
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
    /// An address that has an account is registered once more, with another password and another name. Afterwards the
    /// first password must log in and the second must not, the session of before must be known, and `whoami` must tell
    /// nothing of what the second registration said. The answer must be the one that the project names for a taken address; where
    /// it names none, any yes or no will do.
    ///
    /// ## Why it matters
    /// Anybody may register, with any address. If that reaches an account that is there already, its password is
    /// replaced by a stranger who knows nothing but the address.
    ///
    /// ## Passes
    /// ```text
    /// POST /accounts   {"email": "ada@…", "password": "another"}   409
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /accounts   {"email": "ada@…", "password": "another"}   201
    /// POST /sessions   {"email": "ada@…", "password": "another"}   201     the account of ada, or a second one
    /// ```
    ///
    /// ## How to mend it
    /// Keep a unique constraint on what identifies an account, insert and never upsert, catch its violation (SQLSTATE
    /// 23505), and answer 409.
    pub static CHECK = {
        id: "auth.registration-overwrites",
        summary: "who registers an address that has an account changes that account, or gets a second one",
        concept: "authentication",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.10", "ASVS v5.0.0-6.3.8", "OWASP API2:2023"],
        hints: [
            "Somebody registers with an address that is yours already, and a password of theirs. Whose account is it afterwards?",
            "Registering makes an account and never changes one; whether there is one already is decided where accounts are kept.",
            "Insert without ON CONFLICT DO UPDATE under a unique constraint, catch its violation, and answer 409 without touching the row.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let first = control!(accounts.join().await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &first).await?);
    let before = accounts.whoami(&first.bearer()).await?;
    let second = Actor {
        secret: accounts.password(),
        ..first.account.clone()
    };
    let again = control!(accounts.register(&second).await?);
    let mut shown = vec![cx.seen("the second registration", &again)];
    judge_answer(cx, &accounts, &mut guard, &again);

    let after = accounts.whoami(&first.bearer()).await?;
    let known = after.is(&first.account);
    if known
        && !of_the_second(
            &first.account,
            [before.exchange(), after.exchange()],
            &again,
        )
        .is_empty()
    {
        shown.push(cx.seen("the account before", before.exchange()));
        shown.push(cx.seen("the account after", after.exchange()));
        let saw = "a second registration changes what the account says";
        let actual = "whoami tells what the second registration said, and did not before";
        guard.find(draft(cx, &accounts, saw, actual, shown.clone()));
    } else if after.refused() {
        shown.push(cx.seen("whoami with the session of before", after.exchange()));
        let saw = "a second registration ends the session of the account";
        let actual = answer(after.exchange());
        guard.find(draft(cx, &accounts, saw, &actual, shown.clone()));
    }
    by_which(
        cx,
        &mut accounts,
        &mut guard,
        [&first.account, &second],
        &shown,
    )
    .await?;

    // C~: an address that nobody has is registered as before.
    let fresh = control!(accounts.draw(None));
    let fresh = control!(accounts.register(&fresh).await?);
    if Said::by(&fresh) != Said::Yes {
        let said = answer(&fresh);
        guard.doubt(format!(
            "registering an address that nobody has answered {said} afterwards"
        ));
    }
    guard.close(cx, &mut accounts, Some(&first)).await
}

/// The texts of a second registration that an account shows since, and did not show before.
fn of_the_second(
    account: &Actor,
    [before, after]: [&Exchange; 2],
    again: &Exchange,
) -> Vec<String> {
    let sent = again.sent.body.as_ref();
    let sent: Value = sent
        .and_then(|b| serde_json::from_str(&b.text).ok())
        .unwrap_or_default();
    let (was, is) = (texts(before.json()), texts(after.json()));
    let mut new = texts(Some(sent));
    new.retain(|text| !was.contains(text) && is.contains(text));
    new.retain(|text| Some(text.as_str()) != account.login.as_str());
    new
}

/// Every text in a body.
fn texts(body: Option<Value>) -> Vec<String> {
    match body {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.into_iter().flat_map(|v| texts(Some(v))).collect(),
        Some(Value::Object(members)) => {
            let values = members.into_iter().map(|(_, value)| value);
            values.flat_map(|v| texts(Some(v))).collect()
        }
        _ => Vec::new(),
    }
}

/// The answer to a second registration, as far as the pack names one.
fn judge_answer(cx: &Cx, accounts: &Accounts, guard: &mut Guard, again: &Exchange) {
    let register = accounts.auth().ops.get(&Verb::Register);
    let clash = register.map(|r| r.clash.as_slice()).unwrap_or_default();
    let said = Said::by(again);
    if said == Said::Unclear {
        guard.doubt(format!(
            "a second registration was answered {}",
            answer(again)
        ));
        return;
    }
    let named = again.status().is_some_and(|s| clash.contains(&s));
    if said != Said::Broke && (named || clash.is_empty()) {
        return;
    }
    let all: Vec<String> = clash.iter().map(u16::to_string).collect();
    let saw = match said {
        Said::Broke => "a registration of an address that has an account breaks the service",
        Said::Yes => "a registration of an address that has an account is said to be done",
        _ => "a registration of an address that has an account is not answered as declared",
    };
    guard.find(Draft {
        subject: "the answer to a second registration".to_owned(),
        touches: vec![line(cx, accounts, Verb::Register)],
        saw: saw.to_owned(),
        expected: if all.is_empty() {
            "a yes or a no, and nothing changed".to_owned()
        } else {
            format!("{}, and nothing changed", all.join(" or "))
        },
        actual: answer(again),
        manner: manner(again),
        evidence: vec![cx.seen("the second registration", again)],
        ..Draft::default()
    });
}

/// Tries both passwords, that of the stranger first.
async fn by_which(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    [first, second]: [&Actor; 2],
    shown: &[Evidence],
) -> Result<(), Fault> {
    let stranger = Entry::of(accounts, second).await?;
    let owner = Entry::of(accounts, first).await?;
    let mut evidence = shown.to_vec();
    if let Entry::In(session) = &stranger {
        evidence.push(cx.seen("a login with the second password", &session.exchange));
    }
    let (saw, actual) = match (&stranger, &owner) {
        (Entry::In(_), Entry::In(_)) => (
            "a second registration of one address makes a second account",
            "both passwords log in with the one address",
        ),
        (Entry::In(_), _) => (
            "a second registration takes the account over",
            "the second password logs in, and the first does not",
        ),
        (Entry::Away(_), Entry::In(_)) => return Ok(()),
        (Entry::Away(_), Entry::Away(refused)) => {
            evidence.push(cx.seen("a login with the first password", refused));
            (
                "a second registration locks the account's owner out",
                "neither password logs in",
            )
        }
        (Entry::Unclear(why), _) | (_, Entry::Unclear(why)) => {
            guard.doubt(why.clone());
            return Ok(());
        }
        (Entry::Broke(exchange), _) | (_, Entry::Broke(exchange)) => {
            evidence.push(cx.seen("the login", exchange));
            let saw = "after a second registration a login breaks the service";
            let draft = draft(cx, accounts, saw, &answer(exchange), evidence);
            guard.find(Draft {
                manner: manner(exchange),
                ..draft
            });
            return Ok(());
        }
    };
    guard.find(draft(cx, accounts, saw, actual, evidence));
    Ok(())
}

fn draft(cx: &Cx, accounts: &Accounts, saw: &str, actual: &str, evidence: Vec<Evidence>) -> Draft {
    Draft {
        subject: "an account whose address is registered again".to_owned(),
        touches: vec![line(cx, accounts, Verb::Register)],
        saw: saw.to_owned(),
        expected: "the account is as it was, and there is one".to_owned(),
        actual: actual.to_owned(),
        note: Some(
            "Whoever knows an address takes its account, or stands beside it under the same name."
                .to_owned(),
        ),
        evidence,
        ..Draft::default()
    }
}
