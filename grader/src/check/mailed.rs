//! Codes that a service sends by mail: asked for, waited for, found, and tried.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::guard::turned_away;
use super::honest::manner;
use super::{Cx, Findings, note};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::pack::{CodeBy, Verb};
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::mail::{Letter, Post};
use crate::probe::plant::{NotPlanted, answer, said_yes};
use crate::runtime::Liveness;

/// How long a letter may be on its way: a service may send it behind its answer.
const ON_ITS_WAY: Duration = Duration::from_secs(20);

/// How much of a letter is shown, characters.
const SHOWN: usize = 300;

/// A code that nobody was given.
pub(crate) const NOBODYS: &str = "Zq7kestrelOverTheQuietRiverNobodyGaveThis0";

/// Why there is no code.
pub(crate) enum NoCode {
    /// It could not be asked for.
    NotAsked(NotPlanted),
    /// The service did not say yes.
    Refused(Box<Exchange>),
    /// No letter came to the account's address; what came to others since, and whether anybody called the mail server.
    NoLetter {
        asked: Box<Exchange>,
        others: Vec<Letter>,
        called: bool,
    },
    /// What came holds none where the pack says it is.
    NotIn(Box<Exchange>, Letter),
}

impl fmt::Display for NoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked(why) => write!(f, "{why}"),
            Self::Refused(asked) => {
                write!(f, "asking for a code answered {}", answer(asked))
            }
            Self::NoLetter { called, .. } => {
                let seconds = ON_ITS_WAY.as_secs();
                let calls = if *called {
                    "was called"
                } else {
                    "was not called"
                };
                write!(
                    f,
                    "no mail came within {seconds} s, and the mail server {calls}"
                )
            }
            Self::NotIn(..) => write!(f, "the mail holds no code where the contract says"),
        }
    }
}

/// A code, and the request that it came for.
pub(crate) struct Mailed {
    pub(crate) code: String,
    pub(crate) asked: Exchange,
}

impl Cx {
    /// The mail server of this world and a maker of accounts, for a check about forgotten passwords; the reason where
    /// the pack declares none, or this world has none.
    pub(crate) fn resets(&self, verbs: &[Verb]) -> Result<(Accounts, Arc<Post>), String> {
        let least = [Verb::Register, Verb::ResetRequest, Verb::ResetConfirm];
        self.mails(&[&least, verbs].concat(), Verb::ResetRequest)
    }

    /// The same for any code that comes by mail when `asks` is asked.
    pub(crate) fn mails(
        &self,
        verbs: &[Verb],
        asks: Verb,
    ) -> Result<(Accounts, Arc<Post>), String> {
        let accounts = self.accounts(verbs)?;
        let op = accounts.auth().ops.get(&asks);
        if op.and_then(|o| o.code_by) != Some(CodeBy::Mail) {
            return Err("the pack's codes do not come by mail".to_owned());
        }
        let why = "mail is received only from a service that the grader starts, in a pack that names its mail server";
        let post = self.raised.post.clone().ok_or(why)?;
        Ok((accounts, post))
    }

    /// Asks for a code by which this account's password may be replaced, and waits for the letter.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn reset_code(
        &self,
        by: (&mut Accounts, &Post),
        account: &Actor,
    ) -> Result<Result<Mailed, NoCode>, Fault> {
        self.mailed_code(by, Verb::ResetRequest, account).await
    }

    /// Asks for a code of another kind, and waits for the letter.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn mailed_code(
        &self,
        (accounts, post): (&mut Accounts, &Post),
        asks: Verb,
        account: &Actor,
    ) -> Result<Result<Mailed, NoCode>, Fault> {
        let (mark, calls) = (post.mark(), post.called());
        let given = [("login", account.login.clone())];
        let asked = match accounts.ask(asks, None, &given).await? {
            Ok(asked) => asked,
            Err(why) => return Ok(Err(NoCode::NotAsked(why))),
        };
        if !said_yes(&asked) {
            return Ok(Err(NoCode::Refused(Box::new(asked))));
        }
        let address = account.login.as_str().unwrap_or_default();
        let Some(letter) = post.letter_to(address, mark, ON_ITS_WAY).await else {
            return Ok(Err(NoCode::NoLetter {
                asked: Box::new(asked),
                others: post.since(mark),
                called: post.called() > calls,
            }));
        };
        let op = accounts.auth().ops.get(&asks);
        let found = op.and_then(|op| op.find.as_ref()?.of(&letter.text));
        Ok(match found {
            Some(code) => Ok(Mailed {
                code: code.to_owned(),
                asked,
            }),
            None => Err(NoCode::NotIn(Box::new(asked), letter)),
        })
    }
}

/// What a letter said, as evidence.
pub(crate) fn shown(letter: &Letter) -> Evidence {
    let text: String = letter.text.chars().take(SHOWN).collect();
    note(format!("the mail to {}:\n{text}", letter.to.join(", ")))
}

/// What a check says of a code that still works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// What the finding is about: `a used code`.
    pub(crate) subject: &'static str,
    /// What should have been.
    pub(crate) expected: &'static str,
    /// What an attacker gains.
    pub(crate) gain: &'static str,
}

/// Tries codes that must not work any more, and keeps what came of it.
pub(crate) struct Trials {
    findings: Findings,
    unclear: Option<String>,
    processes: Vec<Liveness>,
}

impl Trials {
    pub(crate) fn new(cx: &Cx) -> Self {
        Self {
            findings: cx.findings(),
            unclear: None,
            processes: cx.processes(),
        }
    }

    /// The first doubt is what a reader needs to hear.
    pub(crate) fn doubt(&mut self, why: impl Into<String>) {
        self.unclear.get_or_insert(why.into());
    }

    /// Tries `code` on the account whose password is another now: it must be refused, and the password that comes with
    /// it must not log in, whatever the answer was. `shown` is how the code came to be spent.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn attempt(
        &mut self,
        cx: &Cx,
        accounts: &mut Accounts,
        (account, code, name): (&Actor, &str, &str),
        words: &Words,
        shown: &[(&str, &Exchange)],
    ) -> Result<(), Fault> {
        let secret = accounts.password();
        let tried = match accounts.reset_confirm(code, &secret).await? {
            Ok(tried) => tried,
            Err(why) => {
                self.doubt(why.to_string());
                return Ok(());
            }
        };
        let thief = Actor {
            secret,
            credential: None,
            ..account.clone()
        };
        let entered = match accounts.enter(&thief).await? {
            Ok(session) => accounts
                .whoami(&session.bearer())
                .await?
                .is(account)
                .then_some(session.exchange),
            Err(_) => None,
        };
        let (said, broke) = (answer(&tried), manner(&tried));
        let saw = match &entered {
            Some(_) if said_yes(&tried) => format!("{name} replaces the password"),
            Some(_) => format!("{name} is refused, and replaces the password all the same"),
            None if said_yes(&tried) => format!("{name} is acknowledged, and changes nothing"),
            None if broke != Manner::Wrong => format!("{name} breaks the service"),
            None if turned_away(&tried) => return Ok(()),
            None => {
                self.doubt(format!(
                    "{name} was answered {said}: neither a yes nor a refusal"
                ));
                return Ok(());
            }
        };
        let op = accounts.auth().ops.get(&Verb::ResetConfirm);
        let line = op.map(|op| cx.line(&op.op)).unwrap_or_default();
        let mut evidence: Vec<_> = shown.iter().map(|(says, e)| cx.seen(*says, e)).collect();
        evidence.push(cx.seen(name, &tried));
        evidence.extend(entered.map(|e| cx.seen("a login with the password that it set", &e)));
        self.findings.add(Draft {
            subject: words.subject.to_owned(),
            touches: vec![line.clone()],
            saw,
            expected: words.expected.to_owned(),
            actual: format!("{line} answered {said}"),
            note: Some(words.gain.to_owned()),
            manner: broke,
            evidence,
        });
        Ok(())
    }

    /// Does C~: the account's own password logs in, at the process that was asked before. Gives the verdict.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn close(
        mut self,
        cx: &Cx,
        accounts: &mut Accounts,
        account: &Actor,
    ) -> Result<Verdict, Fault> {
        if !self.findings.is_empty() {
            return Ok(self.findings.verdict());
        }
        match accounts.enter(account).await? {
            Ok(session) if accounts.whoami(&session.bearer()).await?.is(account) => {}
            Ok(_) => {
                self.doubt("who logs in with the right password is not known, after the attacks")
            }
            Err(why) => self.doubt(format!("the right password, after the attacks: {why}")),
        }
        if cx.processes() != self.processes {
            self.doubt("the service's process is not the one that was asked before");
        }
        Ok(match self.unclear {
            Some(control) => Verdict::Inconclusive { control },
            None => self.findings.verdict(),
        })
    }
}

/// Replaces the password of an account by a code, and logs in with the new one; the account as it is then, and the
/// answer. What did not go as it should, in words.
///
/// # Errors
/// Only when a request cannot be formed.
pub(crate) async fn redeemed(
    accounts: &mut Accounts,
    account: &Actor,
    code: &str,
) -> Result<Result<(Actor, Exchange), String>, Fault> {
    let secret = accounts.password();
    let answered = match accounts.reset_confirm(code, &secret).await? {
        Ok(answered) => answered,
        Err(why) => return Ok(Err(why.to_string())),
    };
    if !said_yes(&answered) {
        let said = answer(&answered);
        return Ok(Err(format!("a fresh code was answered {said}")));
    }
    let account = Actor {
        secret,
        credential: None,
        ..account.clone()
    };
    Ok(match accounts.enter(&account).await? {
        Ok(session) if accounts.whoami(&session.bearer()).await?.is(&account) => {
            Ok((account, answered))
        }
        Ok(_) => Err("who logs in with the password that a fresh code set is not known".to_owned()),
        Err(why) => Err(format!("the password that a fresh code set: {why}")),
    })
}
