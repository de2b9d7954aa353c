use std::time::Duration;

use super::login_broken;
use crate::check::entry::{Entry, line};
use crate::check::limit::{Guesses, enough, guess, outlast, within};
use crate::check::{BreaksCx, Findings, note};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{LoginLimit, Verb};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::answer;
use crate::runtime::{Stop, Trouble};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The service is started with the limit of the project. An account logs in; then wrong passwords are tried on it,
    /// one after the other, at most twice as many as the limit and one. Before that, a limit must have answered
    /// something else than it answers to a wrong password (429, say), and the right password must be refused too. Then
    /// the service is started again with a short window: who was stopped there logs in when the window is over.
    ///
    /// ## Why it matters
    /// A password of eight letters from a list of the usual ones is found in some thousand guesses, and without a limit
    /// that takes a minute. And a limit without an end lets everybody lock out everybody.
    ///
    /// ## Passes
    /// ```text
    /// LOGIN_MAX_ATTEMPTS=10
    /// POST /sessions   (wrong, ×10)      401
    /// POST /sessions   (wrong)           429  Retry-After: 3
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions   (wrong, ×21)      401
    /// ```
    ///
    /// ## How to mend it
    /// Count failed logins in the database, by the address that was tried, in one statement that adds and returns the
    /// count (`INSERT … ON CONFLICT … DO UPDATE … RETURNING`), before the password is looked at. Refuse with 429 and
    /// Retry-After above the limit, whatever the password is, and begin again when the window has passed.
    pub static CHECK = {
        id: "auth.login-unlimited",
        summary: "passwords may be guessed without a limit, or the limit has no end",
        concept: "authentication",
        severity: High,
        needs: [login_broken::CHECK],
        world: Limited,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-6.3.1", "ASVS v5.0.0-6.1.1", "RFC 6585 §4", "OWASP API2:2023"],
        hints: [
            "How many passwords can somebody try on one address in a minute, and what stops them?",
            "Whoever fails too often waits, whatever comes next; and everybody's waiting ends.",
            "Count attempts in a table by address, in one statement before the hash is compared, answer 429 with Retry-After above LOGIN_MAX_ATTEMPTS, and start over after LOGIN_WINDOW_SECONDS.",
        ],
        run,
    }
}

/// How long the service may take to start.
const UP: Duration = Duration::from_secs(60);

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let limit = given!(cx.login_limit());
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let owner = control!(accounts.join().await?);
    let guesses = control!(guessed(&mut accounts, &owner, &limit).await?);
    let right = Entry::of(&mut accounts, &owner.account).await?;
    if !within(&limit, guesses.since) {
        let control = format!(
            "{} logins took longer than a window of the limit",
            guesses.wrong + 1
        );
        return Ok(Verdict::Inconclusive { control });
    }
    let mut findings = cx.findings();
    match right {
        Entry::In(session) => {
            let saw = match &guesses.stopped {
                None => format!(
                    "{} wrong passwords are tried, and nothing stops it",
                    guesses.wrong
                ),
                Some(_) => "while wrong passwords are stopped, the right one logs in".to_owned(),
            };
            let mut draft = draft(cx, &accounts, (&owner, &limit), &guesses, saw);
            draft
                .evidence
                .push(cx.seen("the right password after them", &session.exchange));
            findings.add(draft);
            return Ok(findings.verdict());
        }
        Entry::Away(_) => {}
        Entry::Broke(exchange) => {
            let said = answer(&exchange);
            let control = format!("the right password was answered {said} after wrong ones");
            return Ok(Verdict::Inconclusive { control });
        }
        // A limit decides nothing about the password, which is the point of it.
        Entry::Unclear(_) if guesses.stopped.is_some() => {}
        Entry::Unclear(control) => return Ok(Verdict::Inconclusive { control }),
    }
    if let Some(window) = &limit.window {
        let change = (window.name.clone(), Some(window.short.to_string()));
        // That it starts at all is told elsewhere.
        let started = again(cx, change).await;
        control!(started.map_err(|trouble| format!("with another window: {trouble}")));
        // The service may have moved to another port.
        let mut accounts = given!(cx.accounts(&[Verb::Register]));
        control!(ends(cx, &mut accounts, &limit, &mut findings).await?);
    }
    Ok(findings.verdict())
}

async fn guessed(
    accounts: &mut Accounts,
    owner: &Session,
    limit: &LoginLimit,
) -> Result<Result<Guesses, String>, Fault> {
    let logins = [owner.account.login.clone()];
    guess(accounts, &logins, enough(limit), |_, request| request).await
}

/// Starts the service again with this variable.
async fn again(cx: &mut BreaksCx, change: (String, Option<String>)) -> Result<(), Trouble> {
    cx.stop(Stop::Term).await?;
    cx.launch(&vec![change]).await?;
    cx.ready(UP).await
}

/// In a short window: whoever was stopped logs in when it is over. What did not go as it should, in words.
async fn ends(
    cx: &BreaksCx,
    accounts: &mut Accounts,
    limit: &LoginLimit,
    findings: &mut Findings,
) -> Result<Result<(), String>, Fault> {
    let owner = match accounts.join().await? {
        Ok(owner) => owner,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let guesses = match guessed(accounts, &owner, limit).await? {
        Ok(guesses) => guesses,
        Err(why) => return Ok(Err(why)),
    };
    // A window may begin anew with each attempt, and a clock may be read coarsely: it has the time of two.
    for _ in 0..2 {
        outlast(limit).await;
        if let Entry::In(_) = Entry::of(accounts, &owner.account).await? {
            return Ok(Ok(()));
        }
    }
    let saw = "the right password is refused long after the window".to_owned();
    let mut draft = draft(cx, accounts, (&owner, limit), &guesses, saw);
    draft.expected = "when the window has passed, the right password logs in".to_owned();
    draft.note = Some("Whoever knows somebody's address locks them out for as long as they like, with a handful of wrong passwords.".to_owned());
    findings.add(draft);
    Ok(Ok(()))
}

fn draft(
    cx: &BreaksCx,
    accounts: &Accounts,
    (owner, limit): (&Session, &LoginLimit),
    guesses: &Guesses,
    saw: String,
) -> Draft {
    let stopped = guesses.stopped.as_ref();
    let mut evidence = vec![
        cx.seen("the right password, before", &owner.exchange),
        note(format!("{}={}", limit.name, limit.normal)),
    ];
    evidence.extend(
        guesses
            .last
            .as_ref()
            .map(|e| cx.seen("the last of the wrong passwords", e)),
    );
    evidence.extend(stopped.map(|e| cx.seen("what stopped them", e)));
    Draft {
        subject: "how often a password may be guessed".to_owned(),
        touches: vec![line(cx, accounts, Verb::Login)],
        saw,
        expected: format!(
            "after {} wrong passwords within the window, further logins to the address are refused",
            limit.normal
        ),
        actual: format!(
            "{} wrong passwords were each answered {}",
            guesses.wrong,
            guesses.last.as_ref().map(answer).unwrap_or_default()
        ),
        note: Some("A program tries the few thousand usual passwords on each address that it knows, and some of them fit.".to_owned()),
        evidence,
        ..Draft::default()
    }
}
