use super::login_broken;
use crate::check::honest::manner;
use crate::check::mailed::{Mailed, NOBODYS, NoCode, shown};
use crate::check::{Cx, Findings};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::plant::{NotPlanted, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// A new account asks for a new password. A mail with a code must come to the account's own address, at the mail
    /// server that the service was given. With the code the password is replaced: the new one logs in, the old one
    /// does not. A code that nobody was given is refused.
    ///
    /// ## Why it matters
    /// Whoever has lost a password has no other way back, and whoever answers for the service has no other way to give
    /// them one: nobody knows the old password, and nobody should.
    ///
    /// ## Passes
    /// ```text
    /// POST /password-resets          {"email": "ada@…"}                      202, and a mail: token=Zq7…
    /// POST /password-resets/confirm  {"token": "Zq7…", "new_password": "…"}  204
    /// POST /sessions                 {"email": "ada@…", "password": "…"}     201
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /password-resets          {"email": "ada@…"}                      202, and no mail
    /// ```
    ///
    /// ## How to mend it
    /// Read the address of the mail server from the environment, send the code to the address that the account has
    /// (not to the one in the request), keep its digest with the account and an end, and look for it when it comes.
    pub static CHECK = {
        id: "auth.reset-broken",
        summary: "who forgot a password does not get a new one by mail",
        concept: "account-recovery",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-6.4.3", "OWASP Forgot Password Cheat Sheet", "RFC 5321"],
        hints: [
            "Who forgot a password has only their mailbox. What reaches it, and what does your service do with what comes back?",
            "A code by mail is a short-lived second password: made at random, kept as a digest, found again once.",
            "Send through the server that the environment names, to the stored address; on confirm, look the digest up, set the new hash and delete the row in one transaction.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let (mut accounts, post) = given!(cx.resets(&[]));
    let account = control!(accounts.join().await?).account;
    let mut findings = cx.findings();
    let mailed = match cx.reset_code((&mut accounts, &post), &account).await? {
        Ok(mailed) => mailed,
        Err(why) => {
            findings.add(control!(not_sent(cx, why)));
            return Ok(findings.verdict());
        }
    };
    let password = accounts.password();
    let made_up = control!(accounts.reset_confirm(NOBODYS, &password).await?);
    if said_yes(&made_up) {
        findings.add(Draft {
            subject: "a code that nobody was given".to_owned(),
            saw: "a code that nobody was given is acknowledged".to_owned(),
            expected: "a refusal".to_owned(),
            actual: answer(&made_up),
            evidence: vec![cx.seen("with a made-up code", &made_up)],
            ..Draft::default()
        });
    }
    control!(replaced(cx, &mut accounts, &mut findings, &account, &mailed).await?);
    Ok(findings.verdict())
}

/// Why no code came, as a finding; a limit and a pack without an honest request are none of the service's faults.
fn not_sent(cx: &Cx, why: NoCode) -> Result<Draft, String> {
    let told = why.to_string();
    let (saw, exchange, letters) = match why {
        NoCode::NotAsked(why) => return Err(why.to_string()),
        NoCode::Refused(asked) if asked.status() == Some(429) => return Err(told),
        NoCode::Refused(asked) => ("a new password cannot be asked for", asked, Vec::new()),
        NoCode::NoLetter { asked, others, .. } => (
            "no mail comes to the address of the account",
            asked,
            others.iter().map(shown).collect(),
        ),
        NoCode::NotIn(asked, letter) => (
            "the mail holds no code where the contract says",
            asked,
            vec![shown(&letter)],
        ),
    };
    let mut evidence = vec![cx.seen("asking for a new password", &exchange)];
    evidence.extend(letters);
    Ok(Draft {
        subject: "the mail with the code".to_owned(),
        saw: saw.to_owned(),
        expected: "a mail with a code, at the mail server that the service was given".to_owned(),
        actual: told,
        manner: manner(&exchange),
        evidence,
        ..Draft::default()
    })
}

/// Confirms with the code, and logs in with both passwords.
async fn replaced(
    cx: &Cx,
    accounts: &mut Accounts,
    findings: &mut Findings,
    account: &Actor,
    mailed: &Mailed,
) -> Result<Result<(), NotPlanted>, Fault> {
    let secret = accounts.password();
    let confirmed = match accounts.reset_confirm(&mailed.code, &secret).await? {
        Ok(confirmed) => confirmed,
        Err(why) => return Ok(Err(why)),
    };
    let mut draft = |saw: &str, expected: &str, exchange: &Exchange| {
        findings.add(Draft {
            subject: "what a code does".to_owned(),
            saw: saw.to_owned(),
            expected: expected.to_owned(),
            actual: answer(exchange),
            manner: manner(exchange),
            evidence: vec![
                cx.seen("asking for a new password", &mailed.asked),
                cx.seen("with the code of the mail", &confirmed),
                cx.seen("what came of it", exchange),
            ],
            ..Draft::default()
        });
    };
    if !said_yes(&confirmed) {
        if confirmed.status() != Some(429) {
            draft(
                "the code of the mail is refused",
                "the password is replaced",
                &confirmed,
            );
        }
        return Ok(Ok(()));
    }
    let renewed = Actor {
        secret,
        credential: None,
        ..account.clone()
    };
    match accounts.enter(&renewed).await? {
        Ok(_) => {}
        Err(NotPlanted::Refused(_, refused)) if refused.status() != Some(429) => draft(
            "the new password does not log in",
            "from then on the new password is the account's",
            &refused,
        ),
        Err(why) => return Ok(Err(why)),
    }
    let old = match accounts.login(&account.login, &account.secret).await? {
        Ok(old) => old,
        Err(why) => return Ok(Err(why)),
    };
    if said_yes(&old) {
        draft(
            "the old password still logs in after a new one was set by mail",
            "from then on the old password is nobody's",
            &old,
        );
    }
    Ok(Ok(()))
}
