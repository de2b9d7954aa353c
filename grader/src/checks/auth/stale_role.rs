use std::time::Duration;

use serde_json::{Value, json};

use super::role_not_checked;
use crate::check::accounts::skipped;
use crate::check::guard::Guard;
use crate::check::privileges::Door;
use crate::check::strangers::{Met, refusals};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::pack::{Pack, Verb};
use crate::probe::Patience;
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{Planted, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account is given a role that nobody can register with, logs in, and does what is for that role (C+). Then the
    /// role is taken from it. The token from before, and what it is refreshed into, must be turned away, while somebody
    /// else with the role is still let in and the account is still known, or was logged out.
    ///
    /// ## Why it matters
    /// Whoever is dismissed at noon keeps the keys until the token expires, or for ever, where each refresh copies the
    /// role forward. Roles are taken away in a hurry, and it must work then.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /accounts/7   {"role": "customer"}        200
    /// GET /accounts       with the token from before  403
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /accounts/7   {"role": "customer"}        200
    /// GET /accounts       with the token from before  200
    /// ```
    ///
    /// ## How to mend it
    /// Let the token say who somebody is, and read what they may do from the row of their account at each request. If a
    /// role must stand in the token, end the account's sessions when it changes.
    pub static CHECK = {
        id: "auth.stale-role",
        summary: "a role that was taken away lives on in the token",
        concept: "roles",
        severity: Medium,
        needs: [role_not_checked::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-8.3.2", "OWASP API5:2023"],
        hints: [
            "Somebody is an admin no more. Which line of your service finds out, and when?",
            "What is copied into a token is as old as the token. Who somebody is does not change; what they may does.",
            "Look the role up where you look the session up, and decide by what the row says now.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let Some(door) = Door::all(&pack).into_iter().next() else {
        let why = "no operation that can be asked without more is kept for a role that nobody registers with";
        return Ok(skipped(why));
    };
    let Some((entity, fact)) = told_by(&pack, &door) else {
        return Ok(skipped("no operation of this contract changes a role"));
    };
    let top = control!(accounts.join_as(Some(&door.role)).await?);
    accounts.speak_as(&top);
    let planted = control!(accounts.planter().plant(&entity).await?);
    let who = planted.by.filter(|_| planted.is_account);
    let Some(account) = who.and_then(|w| accounts.planter().actor(w)).cloned() else {
        return Ok(skipped("what has the role is no account that logs in"));
    };
    let role = Role { planted, fact };
    let mut guard = control!(Guard::open(cx, &mut accounts, &top).await?);
    let before = control!(accounts.enter(&account).await?);
    let closed = door.opens(&mut accounts, &before.bearer()).await?;
    let given = role.set(&mut accounts, &json!(door.role)).await?;
    let Some(given) = given.filter(said_yes) else {
        let why = format!("nobody is made {} by an admin here", a(&door.role));
        return Ok(skipped(why));
    };
    let session = control!(accounts.enter(&account).await?);
    let open = settled(&mut accounts, &door, &session.bearer(), true).await?;
    let taken = role.restore(&mut accounts).await?;
    let (Some(closed), Some(open), Some(taken)) = (closed, open, taken) else {
        return Ok(skipped(
            "the operation that is kept for the role cannot be asked",
        ));
    };
    // C-, C+: the role is what opens it.
    let away = accounts.auth().forbidden.clone();
    let held = [
        (
            Met::by(cx, &away, &door.op, "somebody without the role", &closed) == Met::Away,
            &closed,
            "before the role was given",
        ),
        (said_yes(&open), &open, "to somebody who was given the role"),
        (
            said_yes(&taken),
            &taken,
            "when the role was to be taken away",
        ),
    ];
    if let Some((_, said, when)) = held.into_iter().find(|(holds, ..)| !holds) {
        let (line, said) = (&said.sent.path, answer(said));
        let control = format!("{line} answered {said} {when}");
        return Ok(Verdict::Inconclusive { control });
    }
    let shown = [
        ("the role is given", &given),
        ("with the role it is let in", &open),
        ("the role is taken away", &taken),
    ];
    let attempt = Attempt { door: &door, shown };
    let policy = &accounts.auth().policy;
    // Where nothing but time ends an access token, the pack says how long a change may take.
    if policy.propagation_s > 0 || policy.dies_within("access").is_some() {
        let name = "the token from before";
        attempt
            .with(cx, &mut accounts, &mut guard, name, &session)
            .await?;
    }
    if accounts.auth().ops.contains_key(&Verb::Refresh)
        && session.refresh().is_some()
        && let Ok(renewed) = accounts.refresh(&session).await?
    {
        let name = "a token that was refreshed after";
        attempt
            .with(cx, &mut accounts, &mut guard, name, &renewed)
            .await?;
    }
    // C~: the operation is there for those who have the role.
    let still = door.opens(&mut accounts, &top.bearer()).await?;
    if let Some(still) = still.filter(|s| !said_yes(s)) {
        let (line, said) = (cx.line(&door.op), answer(&still));
        guard.doubt(format!(
            "afterwards {line} answered {said} to {}",
            a(&door.role)
        ));
    }
    guard.close(cx, &mut accounts, Some(&top)).await
}

/// The entity and the fact that say which role an account has, where an operation changes it.
fn told_by(pack: &Pack, door: &Door) -> Option<(String, String)> {
    let changed = pack.entities.values().filter(|e| e.update.is_some());
    let mut facts = changed.flat_map(|e| e.facts.values().map(move |f| (e, f)));
    let found = facts.find(|(_, f)| f.change.is_some() && f.send.as_ref() == Some(&door.place));
    found.map(|(entity, fact)| (entity.name.clone(), fact.name.clone()))
}

/// The role of an account.
struct Role {
    planted: Planted,
    fact: String,
}

impl Role {
    async fn set(&self, accounts: &mut Accounts, to: &Value) -> Result<Option<Exchange>, Fault> {
        let planter = accounts.planter();
        let changed = planter.change_to(&self.planted, &self.fact, to).await?;
        Ok(changed.map(|c| c.exchange))
    }

    /// Gives it back the role that it registered with.
    async fn restore(&self, accounts: &mut Accounts) -> Result<Option<Exchange>, Fault> {
        match self.planted.facts.get(&self.fact) {
            Some(first) => self.set(accounts, first).await,
            None => Ok(None),
        }
    }
}

/// What is tried with a role that is gone, and what led up to it.
struct Attempt<'a> {
    door: &'a Door,
    shown: [(&'a str, &'a Exchange); 3],
}

impl Attempt<'_> {
    /// Asks the operation, as long as the pack lets a change take.
    async fn with(
        &self,
        cx: &Cx,
        accounts: &mut Accounts,
        guard: &mut Guard,
        name: &str,
        session: &Session,
    ) -> Result<(), Fault> {
        let door = self.door;
        let Some(said) = settled(accounts, door, &session.bearer(), false).await? else {
            return Ok(());
        };
        // Who is logged out is turned away as well.
        let auth = accounts.auth();
        let away: Vec<u16> = auth
            .forbidden
            .iter()
            .chain(&auth.refused)
            .copied()
            .collect();
        let (saw, manner) = match Met::by(cx, &away, &door.op, name, &said) {
            Met::Away => return Ok(()),
            Met::Yes => (
                format!("{name} still opens what is for {}", a(&door.role)),
                Manner::Wrong,
            ),
            Met::Broke(manner) => (format!("{name} breaks the service"), manner),
            Met::Unclear(why) => {
                guard.doubt(why);
                return Ok(());
            }
        };
        let mut evidence: Vec<_> = guard.controls(cx).into();
        evidence.extend(self.shown.iter().map(|(says, e)| cx.seen(*says, e)));
        evidence.push(cx.seen(name, &said));
        guard.find(Draft {
            subject: format!("the role {} of an account", door.role),
            touches: vec![cx.line(&door.op)],
            saw,
            expected: format!("{} once the role is taken away", refusals(auth)),
            actual: format!("{} answered {}", cx.line(&door.op), answer(&said)),
            note: Some("Whoever loses the role keeps what it opens, for as long as their token can be renewed.".to_owned()),
            manner,
            evidence,
        });
        Ok(())
    }
}

/// What the operation answers, once it is open or shut as it should be, or the change has had its time.
async fn settled(
    accounts: &mut Accounts,
    door: &Door,
    bearer: &Bearer,
    open: bool,
) -> Result<Option<Exchange>, Fault> {
    let within = accounts.auth().policy.propagation_s;
    let patience = Patience::new(Duration::from_secs(within));
    loop {
        let said = door.opens(accounts, bearer).await?;
        let as_it_should = said.as_ref().is_some_and(said_yes) == open;
        if as_it_should || within == 0 || !patience.lasts().await {
            return Ok(said);
        }
    }
}
