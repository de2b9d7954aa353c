//! What an account sees of itself on its ways, and whether a password or a token shows in it.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use super::format::recognise;
use super::recipe::{Salt, quick};
use super::spelling::{begins, spellings};
use super::targets::{Targets, may_be_digest, texts};
use crate::check::Cx;
use crate::model::{Exchange, Fault};
use crate::pack::{Role, Verb};
use crate::probe::Patience;
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Session};

/// How many lines of the log are read.
const LINES: usize = 400;
/// How long a text is that may be a digest, characters.
const DIGEST: RangeInclusive<usize> = 22..=256;
/// How long the log may take to say what was asked.
const SOON: Duration = Duration::from_secs(1);

/// What an account saw of itself, and what it sent meanwhile.
pub(crate) struct Seen {
    /// What the account logs in as.
    pub(crate) login: Value,
    /// Every password that was sent.
    pub(crate) passwords: Vec<String>,
    /// Tokens, each with what it is.
    pub(crate) tokens: Vec<(&'static str, String)>,
    /// Answers, each with what it answers.
    pub(crate) answers: Vec<(&'static str, Exchange)>,
    /// What may be mixed with a password.
    salts: Vec<Salt>,
}

impl Seen {
    /// Goes the ways of an account, and lets somebody look who sees all accounts; what keeps it out, in words.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn walk(
        cx: &Cx,
        accounts: &mut Accounts,
    ) -> Result<Result<Self, String>, Fault> {
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
        seen.answers
            .push(("the question who one is", me.exchange().clone()));
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
        let given = cx
            .keys()
            .env()
            .iter()
            .map(|(name, value)| salt(name, value));
        Self {
            login: account.login.clone(),
            passwords: account
                .secret
                .as_str()
                .map(str::to_owned)
                .into_iter()
                .collect(),
            tokens: Vec::new(),
            answers: Vec::new(),
            salts: given.chain([salt("the login", login)]).collect(),
        }
    }

    fn sent(&mut self, password: &Value) {
        self.passwords.extend(password.as_str().map(str::to_owned));
    }

    fn hold(&mut self, session: &Session) {
        self.tokens
            .push(("an access token", session.access().to_owned()));
        let refresh = session.refresh().map(|r| ("a refresh token", r.to_owned()));
        self.tokens.extend(refresh);
        self.answers
            .push(("a login, or what renews it,", session.exchange.clone()));
    }

    /// Whoever is made at the start and may list the accounts does so.
    async fn looked_at(&mut self, cx: &Cx, accounts: &mut Accounts) -> Result<(), Fault> {
        let pack = cx.pack();
        let lists = pack.entities.values().filter(|e| !e.secret.is_empty());
        let lists: Vec<_> = lists
            .filter_map(|e| e.list.as_ref().map(|l| l.op.clone()))
            .collect();
        let made =
            |(name, role): (&String, &Role)| matches!(role, Role::Env(_)).then(|| name.clone());
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
    pub(crate) fn told_by(&self, text: &str) -> Option<String> {
        for password in &self.passwords {
            if let Some(how) = spellings(password)
                .into_iter()
                .find(|s| text.contains(&s.text))
            {
                return Some(format!("a password, {}: {}", how.how, begins(password)));
            }
        }
        texts(text).iter().find_map(|text| {
            let format = recognise(text).map(|format| format.words);
            let formula = || {
                // What is no digest by its form is not made again.
                let digest = DIGEST.contains(&text.len()) && may_be_digest(text);
                let (targets, own) = digest.then(|| Targets::of(text))?;
                let salts = [own, self.salts.clone()].concat();
                let mut passwords = self.passwords.iter();
                passwords.find_map(|password| quick(password, &targets, &salts))
            };
            let how = format.or_else(formula)?;
            Some(format!("the hash of a password, {how}: {}", begins(text)))
        })
    }

    /// What stands in the log of what was sent. The log comes a moment after the answers.
    pub(crate) async fn logged(&self, cx: &Cx) -> Option<String> {
        let patience = Patience::new(SOON);
        loop {
            let log = cx.log_tail(LINES).join("\n");
            let password = self.passwords.iter().find_map(|password| {
                let how = spellings(password)
                    .into_iter()
                    .find(|s| log.contains(&s.text))?;
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
}
