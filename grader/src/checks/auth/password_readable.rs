use serde_json::Value;

use super::login_broken;
use crate::check::accounts::skipped;
use crate::check::passwords::{Secret, Sweep, spellings, veiled};
use crate::check::{Cx, note};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::Accounts;
use crate::probe::plant::said_yes;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Passwords that nobody else has are sent in every way there is: with a registration, with a login that fails, as
    /// the old and the new one of a change. Then every row of every table is searched for each of them: as it was
    /// sent, backwards, with other capital letters, in hex, in base64, URL-encoded, among bytes and in JSON. The same
    /// search must find the account's own login, else nothing is said.
    ///
    /// ## Why it matters
    /// A table is read by more people than you think: through a backup, an injection, a support tool. Whoever reads a
    /// password there comes in with it, here and wherever else its owner uses it. What was typed at a failed login is
    /// mostly the right password, or that of another service.
    ///
    /// ## Passes
    /// ```text
    /// SELECT password_hash FROM account      $argon2id$v=19$m=19456,t=2,p=1$…
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// SELECT tried FROM login_attempt        Zq-1…
    /// ```
    ///
    /// ## How to mend it
    /// Keep a password as a hash that was made for passwords, in one column, and write it nowhere else: take it out of
    /// a body before the body is kept for an audit, a retry, a mail. What was tried at a failed login is not kept at all.
    pub static CHECK = {
        id: "auth.password-readable",
        summary: "a password can be read in a table",
        concept: "password-storage",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-11.4.2", "ASVS v5.0.0-16.2.5", "OWASP API2:2023", "CWE-256"],
        hints: [
            "Follow one password from the request's body to the end of the request. In how many places does it come to rest?",
            "A password passes through a service and stays nowhere: what is kept is a hash that it cannot be read from.",
            "Search your tables for a password that you have just used, in base64 and hex too, and take out the line that wrote it.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let Some(observer) = cx.observer().await? else {
        return Ok(skipped("there is no database to look at"));
    };
    let planted = control!(plant(&mut accounts).await?);
    let secrets: Vec<Secret> = planted.sent.iter().map(Sent::secret).collect();
    let sweep = control!(Sweep::through(&observer, &secrets, &planted.login).await?);
    let mut findings = cx.findings();
    let texts: Vec<&str> = secrets.iter().map(|s| s.text.as_str()).collect();
    for found in &sweep.0 {
        let by = planted.sent.iter().find(|s| s.what == found.what);
        let shown =
            by.map(|s| cx.seen("the request that brought it", &veiled(&s.exchange, &texts)));
        let stands = format!("{} stands in `{}`, {}", found.what, found.place, found.how);
        let mut evidence = vec![note(stands.clone())];
        evidence.extend(shown);
        findings.add(Draft {
            subject: found.place.clone(),
            saw: format!("{} can be read in a table", found.what),
            expected: "no password stands in any table, however it is written".to_owned(),
            actual: stands,
            note: Some(
                "Whoever reads the table, or a backup of it, comes in as the account's owner."
                    .to_owned(),
            ),
            evidence,
            ..Draft::default()
        });
    }
    Ok(findings.verdict())
}

/// A password that was sent, and with what.
struct Sent {
    what: String,
    password: Value,
    exchange: Exchange,
}

impl Sent {
    fn secret(&self) -> Secret {
        let text = self.password.as_str().unwrap_or_default();
        Secret {
            what: self.what.clone(),
            text: text.to_owned(),
            spellings: spellings(text),
        }
    }
}

/// The passwords that were sent, and the login of an account that is there.
struct Planted {
    login: Value,
    sent: Vec<Sent>,
}

/// Sends passwords in every way that the pack declares.
async fn plant(accounts: &mut Accounts) -> Result<Result<Planted, String>, Fault> {
    let mut sent = Vec::new();
    let mut send = |what: &str, password: &Value, exchange: Exchange| {
        let (what, password) = (format!("the password of {what}"), password.clone());
        sent.push(Sent {
            what,
            password,
            exchange,
        });
    };
    let account = match accounts.draw(None) {
        Ok(account) => account,
        Err(why) => return Ok(Err(why.to_string())),
    };
    match accounts.register(&account).await? {
        Ok(made) if said_yes(&made) => send("a registration", &account.secret, made),
        Ok(made) => return Ok(Err(format!("registering answered {:?}", made.status()))),
        Err(why) => return Ok(Err(why.to_string())),
    }
    let stranger = match accounts.draw(None) {
        Ok(stranger) => stranger,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let wrong = accounts.password();
    if let Ok(tried) = accounts.login(&account.login, &wrong).await? {
        send("a login that failed", &wrong, tried);
    }
    if let Ok(tried) = accounts.login(&stranger.login, &stranger.secret).await? {
        send("a login without an account", &stranger.secret, tried);
    }
    let session = match accounts.enter(&account).await? {
        Ok(session) => session,
        Err(why) => return Ok(Err(why.to_string())),
    };
    // First one that is refused, for the current password is not right; then one that is done.
    let (refused, new) = (accounts.password(), accounts.password());
    let mut mistaken = session.clone();
    mistaken.account.secret = accounts.password();
    if let Ok(tried) = accounts.change_password(&mistaken, &refused).await? {
        send("a change that was refused", &refused, tried.clone());
        send("a mistaken change", &mistaken.account.secret, tried);
    }
    if let Ok(done) = accounts.change_password(&session, &new).await? {
        send("a change", &new, done);
    }
    let login = account.login;
    Ok(Ok(Planted { login, sent }))
}
