use serde_json::{Value, json};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::entry::{Entry, line};
use crate::check::guard::Guard;
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// A login takes two texts. In the place of each comes something else: objects that are conditions to some
    /// databases, lists, an empty list, a list with the right text in it, `true`, `0`, `null`, and texts that would be a
    /// part of a statement. Each must be refused: no credential, and no breakdown. In the end the two right texts log in.
    ///
    /// ## Why it matters
    /// What comes as JSON has a type, and the sender chooses it. A comparison that was written for two texts does
    /// something else with a list, and a condition that was written for a text finds somebody else with an object.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions   {"email": "ada@…", "password": []}   422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions   {"email": "ada@…", "password": []}   201  {"access_token": "…"}
    /// POST /sessions   {"email": "ada@…", "password": 0}    500
    /// ```
    ///
    /// ## How to mend it
    /// Check that both are texts before anything else is done with them, refuse everything else with 422, and give
    /// values to the database as parameters.
    pub static CHECK = {
        id: "auth.login-type-confused",
        summary: "a login takes something else than two texts for an answer, or breaks on it",
        concept: "authentication",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-15.3.5", "ASVS v5.0.0-1.2.4", "WSTG-INPV-05", "OWASP API2:2023"],
        hints: [
            "What does your comparison of passwords do when the body holds a list, a number or nothing in that place?",
            "The sender chooses the type of each value; code that relies on a type has to see to it first.",
            "Validate the body of the login against a schema of two required texts, and answer 422 before the account is looked up.",
        ],
        run,
    }
}

/// A login that is none.
struct Odd {
    name: String,
    login: Value,
    secret: Value,
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let owner = control!(accounts.join().await?);
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &owner).await?);
    let wrong = accounts.password();
    for odd in odds(&owner.account, &wrong) {
        match Entry::with(&mut accounts, &odd.login, &odd.secret).await? {
            Entry::Away(_) => {}
            Entry::In(session) => {
                let mut draft = draft(cx, &accounts, &odd, &session.exchange);
                draft.saw = format!("{} logs in", odd.name);
                draft.evidence.extend(guard.controls(cx));
                guard.find(draft);
            }
            Entry::Broke(exchange) => {
                let mut draft = draft(cx, &accounts, &odd, &exchange);
                draft.saw = format!("{} breaks the service", odd.name);
                draft.manner = manner(&exchange);
                draft.note = None;
                guard.find(draft);
            }
            Entry::Unclear(why) => guard.doubt(format!("{}: {why}", odd.name)),
        }
    }
    if !matches!(
        Entry::of(&mut accounts, &owner.account).await?,
        Entry::In(_)
    ) {
        guard.doubt("afterwards the right password does not log in".to_owned());
    }
    guard.close(cx, &mut accounts, Some(&other)).await
}

fn draft(cx: &Cx, accounts: &Accounts, odd: &Odd, exchange: &Exchange) -> Draft {
    Draft {
        subject: "what a login takes".to_owned(),
        touches: vec![line(cx, accounts, Verb::Login)],
        expected: "everything but two texts is refused".to_owned(),
        actual: answer(exchange),
        note: Some("Whoever finds the value that passes needs no password.".to_owned()),
        evidence: vec![cx.seen(format!("a login with {}", odd.name), exchange)],
        ..Draft::default()
    }
}

/// In the place of each text something else. The other text is the account's own, so that nothing else refuses it.
fn odds(account: &Actor, wrong: &Value) -> Vec<Odd> {
    let (login, secret) = (&account.login, &account.secret);
    let passwords = values(secret).into_iter().map(|(name, value)| Odd {
        name: format!("{name} as the password"),
        login: login.clone(),
        secret: value,
    });
    let logins = values(login).into_iter().map(|(name, value)| Odd {
        name: format!("{name} as the login"),
        login: value,
        secret: secret.clone(),
    });
    // Of texts any may be a password or a login, so what goes with these is wrong.
    let texts = statements(login).into_iter().map(|(name, text)| Odd {
        name: format!("{name} as the login"),
        login: text,
        secret: wrong.clone(),
    });
    let text = Odd {
        name: "a part of a statement as the password".to_owned(),
        login: login.clone(),
        secret: json!("' OR '1'='1"),
    };
    passwords.chain(logins).chain(texts).chain([text]).collect()
}

/// What is no text; `right` is the text that should stand there.
fn values(right: &Value) -> Vec<(&'static str, Value)> {
    vec![
        ("`{\"$ne\": null}`", json!({"$ne": null})),
        ("`{\"$gt\": \"\"}`", json!({"$gt": ""})),
        ("`{\"contains\": \"\"}`", json!({"contains": ""})),
        ("an object without members", json!({})),
        ("true", json!(true)),
        ("0", json!(0)),
        ("null", Value::Null),
        ("an empty list", json!([])),
        ("a list with the right text", json!([right])),
    ]
}

fn statements(login: &Value) -> Vec<(&'static str, Value)> {
    let mut all = vec![("a condition that is always true", json!("' OR '1'='1' --"))];
    if let Some(login) = login.as_str() {
        let cut = (
            "the login with a quote and a comment",
            json!(format!("{login}' --")),
        );
        all.push(cut);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_them_is_a_right_login() {
        let account = Actor {
            role: None,
            login: json!("ada@a.test"),
            secret: json!("Zq-1-Kestrel-7"),
            credential: None,
        };
        let all = odds(&account, &json!("Zq-2-Kestrel-7"));
        assert!(all.len() > 20);
        let right = |o: &&Odd| o.login == account.login && o.secret == account.secret;
        assert!(!all.iter().any(|o| right(&o)));
        assert!(all.iter().all(|o| o.name.len() < 60));
    }
}
