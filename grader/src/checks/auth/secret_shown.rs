use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use super::login_broken;
use crate::check::accounts::skipped;
use crate::check::passwords::{Salt, Targets, begins, quick, recognise, spellings, texts, veiled};
use crate::check::{Cx, note};
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::{Role, Verb};
use crate::probe::Patience;
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Jwt, Session};
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

/// How many lines of the log are read.
const LINES: usize = 400;
/// How long a text is that may be a digest, characters.
const DIGEST: RangeInclusive<usize> = 22..=256;
/// How long the log may take to say what was asked.
const SOON: Duration = Duration::from_secs(1);

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let seen = control!(Seen::walk(cx, &mut accounts).await?);
    let mut findings = cx.findings();
    let mut shows = false;
    for (name, exchange) in &seen.answers {
        let Outcome::Answered { body, .. } = &exchange.outcome else {
            continue;
        };
        shows |= seen.login.as_str().is_some_and(|login| body.text.contains(login));
        if let Some(what) = seen.told_by(&body.text) {
            findings.add(seen.answer(cx, name, exchange, &what));
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
        return Ok(skipped("no answer showed an account, so there was nothing to look at"));
    }
    Ok(findings.verdict())
}

/// What an account saw of itself, and what it sent meanwhile.
struct Seen {
    login: Value,
    passwords: Vec<String>,
    /// Tokens, each with what it is.
    tokens: Vec<(&'static str, String)>,
    /// Answers, each with what it answers.
    answers: Vec<(&'static str, Exchange)>,
    /// What may be mixed with a password.
    salts: Vec<Salt>,
}

impl Seen {
    /// Goes the ways of an account, and lets somebody look who sees all accounts.
    async fn walk(cx: &Cx, accounts: &mut Accounts) -> Result<Result<Self, String>, Fault> {
        let account = match accounts.draw(None) {
            Ok(account) => account,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let mut seen = Self::of(cx, &account);
        match accounts.register(&account).await? {
            Ok(made) => seen.answers.push(("a registration", made)),
            Err(why) => return Ok(Err(why.to_string())),
        }
        let session = match accounts.enter(&account).await? {
            Ok(session) => session,
            Err(why) => return Ok(Err(why.to_string())),
        };
        seen.hold(&session);
        let me = accounts.whoami(&session.bearer()).await?;
        seen.answers.push(("the question who one is", me.exchange().clone()));
        let wrong = accounts.password();
        if let Ok(refused) = accounts.login(&account.login, &wrong).await? {
            seen.sent(&wrong);
            seen.answers.push(("a login that failed", refused));
        }
        if let Ok(list) = accounts.ask(Verb::Sessions, Some(&session), &[]).await? {
            seen.answers.push(("the list of sessions", list));
        }
        let session = match accounts.refresh(&session).await? {
            Ok(renewed) => renewed,
            Err(_) => session,
        };
        seen.hold(&session);
        let new = accounts.password();
        if let Ok(changed) = accounts.change_password(&session, &new).await? {
            seen.sent(&new);
            seen.answers.push(("a change of the password", changed));
        }
        seen.looked_at(cx, accounts).await?;
        Ok(Ok(seen))
    }

    fn of(cx: &Cx, account: &Actor) -> Self {
        let salt = |name: &str, text: &str| Salt {
            name: name.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        let login = account.login.as_str().unwrap_or_default();
        let given = cx.keys().env().iter().map(|(name, value)| salt(name, value));
        Self {
            login: account.login.clone(),
            passwords: account.secret.as_str().map(str::to_owned).into_iter().collect(),
            tokens: Vec::new(),
            answers: Vec::new(),
            salts: given.chain([salt("the login", login)]).collect(),
        }
    }

    fn sent(&mut self, password: &Value) {
        self.passwords.extend(password.as_str().map(str::to_owned));
    }

    fn hold(&mut self, session: &Session) {
        self.tokens.push(("an access token", session.access().to_owned()));
        let refresh = session.refresh().map(|r| ("a refresh token", r.to_owned()));
        self.tokens.extend(refresh);
        self.answers.push(("a login, or what renews it,", session.exchange.clone()));
    }

    /// Whoever is made at the start and may list the accounts does so.
    async fn looked_at(&mut self, cx: &Cx, accounts: &mut Accounts) -> Result<(), Fault> {
        let pack = cx.pack();
        let lists = pack.entities.values().filter(|e| !e.secret.is_empty());
        let lists: Vec<_> = lists.filter_map(|e| e.list.as_ref().map(|l| l.op.clone())).collect();
        let made = |(name, role): (&String, &Role)| matches!(role, Role::Env(_)).then(|| name.clone());
        let top = pack.roles.iter().find_map(made);
        let (Some(top), false) = (top, lists.is_empty()) else {
            return Ok(());
        };
        let Ok(session) = accounts.join_as(Some(&top)).await? else {
            return Ok(());
        };
        for op in lists {
            if let Ok(request) = accounts.planter().errand(&op, &[]) {
                let listed = accounts.carry(request, &session.bearer()).send().await?;
                self.answers.push(("the list of accounts", listed));
            }
        }
        Ok(())
    }

    /// What a text gives away: a password that was sent, the hash of any.
    fn told_by(&self, text: &str) -> Option<String> {
        for password in &self.passwords {
            if let Some(how) = spellings(password).into_iter().find(|s| text.contains(&s.text)) {
                return Some(format!("a password, {}: {}", how.how, begins(password)));
            }
        }
        texts(text).iter().find_map(|text| {
            let format = recognise(text).map(|format| format.words);
            let formula = || {
                // What is no digest by its form is not made again.
                let short = DIGEST.contains(&text.len());
                let (targets, own) = short.then(|| Targets::of(text))?;
                targets.each().next()?;
                let salts = [own, self.salts.clone()].concat();
                let mut passwords = self.passwords.iter();
                passwords.find_map(|password| quick(password, &targets, &salts))
            };
            let how = format.or_else(formula)?;
            Some(format!("the hash of a password, {how}: {}", begins(text)))
        })
    }

    /// What stands in the log of what was sent. The log comes a moment after the answers.
    async fn logged(&self, cx: &Cx) -> Option<String> {
        let patience = Patience::new(SOON);
        loop {
            let log = cx.log_tail(LINES).join("\n");
            let password = self.passwords.iter().find_map(|password| {
                let how = spellings(password).into_iter().find(|s| log.contains(&s.text))?;
                Some(format!("a password, {}: {}", how.how, begins(password)))
            });
            let token = || {
                let token = self.tokens.iter().find(|(_, token)| log.contains(token))?;
                Some(format!("{}: {}", token.0, begins(&token.1)))
            };
            let found = password.or_else(token);
            if found.is_some() || !patience.lasts().await {
                return found;
            }
        }
    }

    fn answer(&self, cx: &Cx, name: &str, exchange: &Exchange, what: &str) -> Draft {
        let mut hidden: Vec<String> = self.passwords.clone();
        hidden.extend(self.tokens.iter().map(|(_, token)| token.clone()));
        if let Outcome::Answered { body, .. } = &exchange.outcome {
            hidden.extend(texts(&body.text).into_iter().filter(|t| self.told_by(t).is_some() && *t != body.text));
        }
        let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
        let line = exchange.line();
        Draft {
            subject: "what answers show of passwords".to_owned(),
            touches: vec![line.clone()],
            saw: format!("the answer to {name} shows a password or its hash"),
            expected: "an answer holds what the contract names, and no password in any form".to_owned(),
            actual: format!("{line} shows {what}"),
            note: Some("Whoever sees it guesses at home, without a limit and without a trace.".to_owned()),
            evidence: vec![cx.seen("the answer", &veiled(exchange, &hidden))],
            ..Draft::default()
        }
    }
}

fn claimed(name: &str, what: &str) -> Draft {
    Draft {
        subject: format!("the claims of {name}"),
        saw: format!("{name} holds a password or its hash"),
        expected: "a token says who it is for, until when and what for".to_owned(),
        actual: format!("a claim holds {what}"),
        note: Some("A token is signed and not hidden: whoever holds it reads all of it.".to_owned()),
        evidence: vec![note(format!("a claim holds {what}"))],
        ..Draft::default()
    }
}

fn in_the_log(what: &str) -> Draft {
    Draft {
        subject: "what the log shows".to_owned(),
        saw: "the service's log shows a password or a live token".to_owned(),
        expected: "a log says what was asked and what came of it, and nothing that opens a door".to_owned(),
        actual: format!("the log holds {what}"),
        note: Some("A log goes to more people than a database, and is kept for longer.".to_owned()),
        evidence: vec![note(format!("the log holds {what}"))],
        ..Draft::default()
    }
}
