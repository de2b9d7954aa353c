//! The controls of an attack by credential, and what it comes to: the honest bearer is known just before (C+), nobody
//! is refused (C-), each attack is tried, and after them the honest bearer is known by the same process (C~).

use super::honest::manner;
use super::{Cx, Findings};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::pack::Verb;
use crate::probe::auth::{Accounts, Bearer, Seen, Session};
use crate::probe::plant::answer;
use crate::runtime::Liveness;

mod copies;
mod minted;
mod refresh;

pub use copies::{Copied, let_die};
pub use minted::{Mint, minted};
pub use refresh::{let_family_end, nobody_refreshes, outlast_grace, renewed, turned_away};

/// One attempt to come in.
#[derive(Debug, Clone)]
pub struct Attack {
    /// What it comes with: `an unsigned token`. Lower case, without a stop, well under 60 characters.
    pub name: String,
    /// What its request carries.
    pub bearer: Bearer,
}

impl Attack {
    /// An attempt with this bearer.
    pub fn new(name: impl Into<String>, bearer: Bearer) -> Self {
        let name = name.into();
        Self { name, bearer }
    }
}

/// What a check says of an attack that came through.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words {
    /// What the finding is about: `the signature of access tokens`.
    pub subject: &'static str,
    /// What should have been: `a token whose signature is not the service's own is refused`.
    pub expected: &'static str,
    /// What an attacker gains, in a sentence or two.
    pub gain: &'static str,
    /// Statuses that turn somebody away as well as those of the pack: 400 for what is no token at all, say.
    pub also: &'static [u16],
}

/// Tries attacks on the session of `honest`, with all controls. `others` are those whom the attacks claim to be.
///
/// # Errors
/// Only when a request cannot be formed.
pub async fn withstands(
    cx: &Cx,
    accounts: &mut Accounts,
    honest: &Session,
    others: &[&Session],
    attacks: Vec<Attack>,
    words: &Words,
) -> Result<Verdict, Fault> {
    let mut guard = match Guard::open(cx, accounts, honest).await? {
        Ok(guard) => guard,
        Err(control) => return Ok(Verdict::Inconclusive { control }),
    };
    for attack in &attacks {
        guard.attempt(cx, accounts, others, attack, words).await?;
    }
    guard.close(cx, accounts, Some(honest)).await
}

/// The same by steps, for a check that does something between the controls and the attacks: logs out, waits, restarts.
pub struct Guard {
    known: Exchange,
    nobody: Exchange,
    account: crate::probe::actor::Actor,
    processes: Vec<Liveness>,
    findings: Findings,
    let_in: bool,
    unclear: Option<String>,
}

impl Guard {
    /// Does C+ and C-; the control that did not hold, in words.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn open(
        cx: &Cx,
        accounts: &mut Accounts,
        honest: &Session,
    ) -> Result<Result<Self, String>, Fault> {
        let processes = cx.processes();
        let known = accounts.whoami(&honest.bearer()).await?;
        if !known.is(&honest.account) {
            return Ok(Err(unknown(cx, accounts, &known, "before any attack")));
        }
        let nobody = accounts.whoami(&Bearer::nobody()).await?;
        if !nobody.refused() {
            let line = whoami_line(cx, accounts);
            let seen = answer(nobody.exchange());
            return Ok(Err(format!(
                "{line} answered {seen} to somebody without a credential, so no attack could show anything"
            )));
        }
        Ok(Ok(Self {
            known: known.exchange().clone(),
            nobody: nobody.exchange().clone(),
            account: honest.account.clone(),
            processes,
            findings: cx.findings(),
            let_in: false,
            unclear: None,
        }))
    }

    /// The processes from now on are the service's, after a restart that the check itself asked for.
    pub fn restarted(&mut self, cx: &Cx) {
        self.processes = cx.processes();
    }

    /// Tries one attack, and keeps what came of it. Whether it was turned away.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn attempt(
        &mut self,
        cx: &Cx,
        accounts: &mut Accounts,
        others: &[&Session],
        attack: &Attack,
        words: &Words,
    ) -> Result<bool, Fault> {
        let seen = accounts.whoami(&attack.bearer).await?;
        if seen.refused() {
            return Ok(true);
        }
        let (name, exchange) = (&attack.name, seen.exchange());
        let said = answer(exchange);
        let line = whoami_line(cx, accounts);
        let other = others.iter().any(|o| seen.shows(&o.account));
        let shown = other || seen.shows(&self.account);
        let broke = manner(exchange);
        self.let_in |= shown || matches!(seen, Seen::Accepted { .. });
        let (saw, actual) = match &seen {
            Seen::Accepted { .. } if other => (
                format!("{name} is let in as another account"),
                format!("{line} answered {said} and named another account"),
            ),
            Seen::Accepted { .. } => (
                format!("{name} is let in"),
                format!("{line} answered {said} and named an account"),
            ),
            _ if shown => (
                format!("{name} is told whose account it is"),
                format!("{line} answered {said} and showed an account's login"),
            ),
            _ if seen.limited() => {
                self.doubt(format!(
                    "{line} answered 429 to {name}: a limit, no decision"
                ));
                return Ok(false);
            }
            _ if broke != Manner::Wrong => (
                format!("{name} breaks the service"),
                format!("{line} answered {said}"),
            ),
            _ if exchange.status().is_some_and(|s| words.also.contains(&s)) => return Ok(true),
            _ => {
                let why = format!("{line} answered {said} to {name}: neither a yes nor a refusal");
                self.doubt(why);
                return Ok(false);
            }
        };
        let mut evidence = Vec::new();
        if self.findings.is_empty() {
            evidence.extend(self.controls(cx));
        }
        evidence.push(cx.seen(name.clone(), exchange));
        self.findings.add(Draft {
            subject: words.subject.to_owned(),
            touches: vec![line],
            saw,
            expected: words.expected.to_owned(),
            actual,
            note: Some(words.gain.to_owned()),
            manner: if shown { Manner::Wrong } else { broke },
            evidence,
        });
        Ok(false)
    }

    /// Does C~ where the honest session is to live on, and gives the verdict.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn close(
        mut self,
        cx: &Cx,
        accounts: &mut Accounts,
        honest: Option<&Session>,
    ) -> Result<Verdict, Fault> {
        if !self.findings.is_empty() {
            return Ok(self.findings.verdict());
        }
        if let Some(honest) = honest {
            let after = accounts.whoami(&honest.bearer()).await?;
            if !after.is(&honest.account) {
                self.doubt(unknown(cx, accounts, &after, "after the attacks"));
            }
        }
        if cx.processes() != self.processes {
            self.doubt("the service's process is not the one that was asked before".to_owned());
        }
        Ok(match self.unclear {
            Some(control) => Verdict::Inconclusive { control },
            None => self.findings.verdict(),
        })
    }

    /// Whether an attack was let in, or told whose account it is.
    pub fn let_in(&self) -> bool {
        self.let_in
    }

    /// Adds a finding of the check's own.
    pub fn find(&mut self, draft: Draft) {
        self.findings.add(draft);
    }

    /// The first doubt is what a reader needs to hear.
    pub fn doubt(&mut self, why: String) {
        self.unclear.get_or_insert(why);
    }

    /// What held before, as evidence.
    pub fn controls(&self, cx: &Cx) -> [Evidence; 2] {
        [
            cx.seen("the honest credential is known", &self.known),
            cx.seen("without any credential", &self.nobody),
        ]
    }
}

/// `GET /me`.
fn whoami_line(cx: &Cx, accounts: &Accounts) -> String {
    let op = accounts.auth().ops.get(&Verb::Whoami);
    op.map_or_else(String::new, |w| cx.line(&w.op))
}

fn unknown(cx: &Cx, accounts: &Accounts, seen: &Seen, when: &str) -> String {
    let (line, said) = (whoami_line(cx, accounts), answer(seen.exchange()));
    let what = match seen {
        Seen::Accepted { .. } => "and named somebody else",
        _ => "and did not name them",
    };
    format!("{line} answered {said} {what} to the holder of an honest credential, {when}")
}
