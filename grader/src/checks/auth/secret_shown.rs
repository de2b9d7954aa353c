use serde_json::Value;

use super::login_broken;
use crate::check::accounts::skipped;
use crate::check::passwords::{Seen, texts, veiled};
use crate::check::{Cx, note};
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::Verb;
use crate::probe::auth::Jwt;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account registers, logs in, asks who it is, renews its session, changes its password; where the project has
    /// somebody who sees all accounts, they look too. No answer may hold a password, or the hash of one. A token that
    /// is a JWT is opened: it holds neither. And what the service writes to its log meanwhile is searched for the
    /// passwords and the tokens that were sent. Tokens in the answer to a login are what a login is for.
    ///
    /// ## Why it matters
    /// A hash that is shown is guessed at home, without a limit and without a trace. The claims of a token can be read
    /// by whoever holds it. And a log goes to more machines and more people than a database, and is kept for longer.
    ///
    /// ## Passes
    /// ```text
    /// GET /me      200  {"id": 7, "email": "ada@…", "name": "Ada"}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me      200  {"id": 7, "email": "ada@…", "name": "Ada", "password_hash": "$arg…"}
    /// ```
    ///
    /// ## How to mend it
    /// Name the columns and the properties that an answer shows, one by one. Log method, path and status; of a body
    /// nothing, and of headers none that opens doors.
    pub static CHECK = {
        id: "auth.secret-shown",
        summary: "an answer, a token or the log shows a password, its hash or a live token",
        concept: "password-storage",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-15.3.1", "ASVS v5.0.0-16.2.5", "ASVS v5.0.0-14.2.1", "OWASP API3:2023", "CWE-200"],
        hints: [
            "Read one whole answer about an account, and the line of the log that belongs to it. Is each part of it meant for whoever reads it?",
            "What leaves the service is chosen, part by part; a row, a body or an object is never passed on whole.",
            "Replace `SELECT *` and whole objects by named properties, and take bodies and `Authorization` out of what is logged.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let seen = control!(Seen::walk(cx, &mut accounts).await?);
    let mut findings = cx.findings();
    let mut shows = false;
    for (name, exchange) in &seen.answers {
        let Outcome::Answered { body, .. } = &exchange.outcome else {
            continue;
        };
        shows |= seen
            .login
            .as_str()
            .is_some_and(|login| body.text.contains(login));
        if let Some(what) = seen.told_by(&body.text) {
            findings.add(answer(&seen, cx, name, exchange, &what));
        }
    }
    for (name, token) in &seen.tokens {
        let claims = Jwt::read(token).map(|jwt| Value::from(jwt.claims).to_string());
        if let Some(what) = claims.and_then(|claims| seen.told_by(&claims)) {
            findings.add(claimed(name, &what));
        }
    }
    if let Some(what) = seen.logged(cx).await {
        findings.add(in_the_log(&what));
    }
    if findings.is_empty() && !shows {
        return Ok(skipped(
            "no answer showed an account, so there was nothing to look at",
        ));
    }
    Ok(findings.verdict())
}

fn answer(seen: &Seen, cx: &Cx, name: &str, exchange: &Exchange, what: &str) -> Draft {
    let mut hidden: Vec<String> = seen.passwords.clone();
    hidden.extend(seen.tokens.iter().map(|(_, token)| token.clone()));
    if let Outcome::Answered { body, .. } = &exchange.outcome {
        hidden.extend(
            texts(&body.text)
                .into_iter()
                .filter(|t| seen.told_by(t).is_some() && *t != body.text),
        );
    }
    let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
    let line = exchange.line();
    Draft {
        subject: "what answers show of passwords".to_owned(),
        touches: vec![line.clone()],
        saw: format!("the answer to {name} shows a password or its hash"),
        expected: "an answer holds what the contract names, and no password in any form".to_owned(),
        actual: format!("{line} shows {what}"),
        note: Some(
            "Whoever sees it guesses at home, without a limit and without a trace.".to_owned(),
        ),
        evidence: vec![cx.seen("the answer", &veiled(exchange, &hidden))],
        ..Draft::default()
    }
}

fn claimed(name: &str, what: &str) -> Draft {
    Draft {
        subject: format!("the claims of {name}"),
        saw: format!("{name} holds a password or its hash"),
        expected: "a token says who it is for, until when and what for".to_owned(),
        actual: format!("a claim holds {what}"),
        note: Some(
            "A token is signed and not hidden: whoever holds it reads all of it.".to_owned(),
        ),
        evidence: vec![note(format!("a claim holds {what}"))],
        ..Draft::default()
    }
}

fn in_the_log(what: &str) -> Draft {
    Draft {
        subject: "what the log shows".to_owned(),
        saw: "the service's log shows a password or a live token".to_owned(),
        expected: "a log says what was asked and what came of it, and nothing that opens a door"
            .to_owned(),
        actual: format!("the log holds {what}"),
        note: Some("A log goes to more people than a database, and is kept for longer.".to_owned()),
        evidence: vec![note(format!("the log holds {what}"))],
        ..Draft::default()
    }
}
