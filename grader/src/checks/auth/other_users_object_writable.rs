use serde_json::Value;

use super::login_broken;
use crate::check::about::{is_gone, is_other};
use crate::check::guard::Guard;
use crate::check::kept::{Kept, row};
use crate::check::strangers::{Met, Stranger, Strangers, both, refusals};
use crate::check::{Cx, a};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::pack::{Call, OpId, Verb};
use crate::probe::auth::Accounts;
use crate::probe::plant::{Changed, Planted, answer, said_yes};
use crate::probe::sql::Token;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Somebody makes a thing that belongs to whoever makes it. A stranger of the same role changes it and removes it,
    /// with the requests by which the owner does so before and after. The stranger must be turned away, and the thing
    /// must be as it was: for its owner, and in the database. A refusal that did what was asked is none; neither is a
    /// yes that did nothing.
    ///
    /// ## Why it matters
    /// Being *an* organiser opens the operation. Being *this venue's* organiser opens this venue. Where only the first
    /// is asked, everybody can change and remove what belongs to everybody.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /venues/7  {"capacity": 1}  as another organiser   403
    /// GET /venues/7                                            200  {"capacity": 1500, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /venues/7  {"capacity": 1}  as another organiser   200  {"capacity": 1, …}
    /// ```
    ///
    /// ## How to mend it
    /// Put the owner into the statement that writes, `UPDATE … WHERE id = $1 AND owner_id = $2`, or look at the owner
    /// in the same transaction before it. Answer by what the statement did: no row changed is a 403 or a 404.
    pub static CHECK = {
        id: "auth.other-users-object-writable",
        summary: "somebody whose a thing is not can change or remove it",
        concept: "ownership",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API1:2023", "ASVS v5.0.0-8.2.2", "WSTG-ATHZ-04"],
        hints: [
            "Two organisers are logged in. What in your code keeps one from changing what the other has made?",
            "A role says who may call an operation. Whose the thing is has to be asked as well, for each write.",
            "Name the caller in the WHERE of every UPDATE and DELETE, and answer 403 or 404 where no row was changed.",
        ],
        run,
    }
}

const GAIN: &str = "Whoever has an account can change or remove what belongs to others.";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let mut things = Vec::new();
    for name in owned(cx) {
        things.push(control!(accounts.planter().plant(&name).await?));
    }
    let strangers = control!(Strangers::to(&mut accounts, &things).await?);
    let Some(any) = strangers.any() else {
        let why = "the pack says of nothing that can be changed or removed whose it is";
        return Ok(Verdict::Skipped {
            why: why.to_owned(),
        });
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &any.session).await?);
    for thing in things {
        let Some(stranger) = strangers.beside(&mut accounts, &thing) else {
            continue;
        };
        let mut trial = Trial {
            cx,
            accounts: &mut accounts,
            guard: &mut guard,
            stranger,
            thing,
        };
        trial.change().await?;
        trial.remove().await?;
    }
    guard.close(cx, &mut accounts, Some(&any.session)).await
}

/// The entities that belong to whoever makes them, and that can be changed or removed.
fn owned(cx: &Cx) -> Vec<String> {
    let pack = cx.pack();
    let all = pack.entities.values();
    let owned = all.filter(|e| e.owner.is_some() && e.create.is_some());
    let owned = owned.filter(|e| e.update.is_some() || e.delete.is_some());
    owned.map(|e| e.name.clone()).collect()
}

/// A thing of somebody's, and a stranger to it.
struct Trial<'t> {
    cx: &'t Cx,
    accounts: &'t mut Accounts,
    guard: &'t mut Guard,
    stranger: &'t Stranger,
    thing: Planted,
}

impl Trial<'_> {
    /// The owner changes the thing, then the stranger, then the owner again.
    async fn change(&mut self) -> Result<(), Fault> {
        let pack = self.cx.pack();
        let update = pack
            .entity(&self.thing.entity)
            .and_then(|e| e.update.as_ref());
        let Some(op) = update
            .map(|u| u.call.op.clone())
            .filter(|op| self.may_ask(op))
        else {
            return Ok(());
        };
        let Some(first) = self.honest_change(&op).await? else {
            return Ok(());
        };
        let Some(before) = self.look(&op).await? else {
            return Ok(());
        };
        let stolen = self.stranger.holding(&self.thing);
        let Some(attack) = self.accounts.planter().change(&stolen).await? else {
            return Ok(());
        };
        let seen = self.accounts.planter().read(&self.thing).await?;
        let planter = self.accounts.planter();
        let changed = seen.filter(|after| is_other(planter, &self.thing, &before, after));
        let mut shown = changed.map(|after| self.cx.seen("its owner reads it after", &after));
        let kept = Kept::learn(self.cx, &tokens(&first.value)).await?;
        let stays = match &kept {
            Some(kept) if shown.is_none() => kept.stays(&tokens(&attack.value)).await?,
            _ => None,
        };
        // C~, and whether the database's columns say how things are or how they have been.
        let again = self.honest_change(&op).await?.is_some();
        if let (Some(kept), Some(hit), true) = (kept, stays, again)
            && kept.forgets().await?
        {
            shown = Some(row("the stranger's value is kept", hit));
        }
        let deed = Deed {
            op: &op,
            word: "changed",
            doing: "changing",
        };
        self.judge(&deed, &first.exchange, &attack.exchange, shown);
        Ok(())
    }

    /// The stranger removes the thing, then its owner.
    async fn remove(&mut self) -> Result<(), Fault> {
        let pack = self.cx.pack();
        let delete = pack
            .entity(&self.thing.entity)
            .and_then(|e| e.delete.clone());
        let Some(Call { op, .. }) = delete.filter(|c| self.may_ask(&c.op)) else {
            return Ok(());
        };
        let Some(before) = self.look(&op).await? else {
            return Ok(());
        };
        let stolen = self.stranger.holding(&self.thing);
        let Some(attack) = self.planter().delete(&stolen).await? else {
            return Ok(());
        };
        let after = self.accounts.planter().read(&self.thing).await?;
        let gone = after.filter(is_gone);
        let shown = gone.map(|after| self.cx.seen("its owner reads it after", &after));
        if shown.is_none()
            && let Some(honest) = self.accounts.planter().delete(&self.thing).await?
            && !said_yes(&honest)
        {
            self.doubt(&op, &honest, "its owner, who wanted to remove it");
        }
        let deed = Deed {
            op: &op,
            word: "removed",
            doing: "removing",
        };
        self.judge(&deed, &before, &attack, shown);
        Ok(())
    }

    fn judge(
        &mut self,
        deed: &Deed,
        honest: &Exchange,
        attack: &Exchange,
        shown: Option<Evidence>,
    ) {
        let auth = self.accounts.auth().clone();
        let met = Met::by(self.cx, &auth.forbidden, deed.op, "a stranger", attack);
        let kind = a(&self.thing.entity);
        let Deed { word, doing, .. } = deed;
        let (saw, manner) = match (&met, &shown) {
            (Met::Yes, Some(_)) => (format!("{kind} of somebody else is {word}"), Manner::Wrong),
            (_, Some(_)) => (
                format!("{kind} of somebody else is {word}, whatever the answer says"),
                Manner::Wrong,
            ),
            (Met::Yes, None) => (
                format!("{doing} {kind} of somebody else is answered with a yes"),
                Manner::Wrong,
            ),
            (Met::Broke(manner), None) => (
                format!("{doing} {kind} of somebody else breaks the service"),
                *manner,
            ),
            (Met::Unclear(why), None) => return self.guard.doubt(why.clone()),
            (Met::Away, None) => return,
        };
        let said = answer(attack);
        let actual = match (met == Met::Yes, shown.is_some()) {
            (true, false) => format!("{said}, and it is as it was"),
            (_, true) => format!("{said}, and it is {word}"),
            (false, false) => said,
        };
        let mut evidence = both(self.cx, ("its owner", honest), ("a stranger", attack));
        evidence.extend(shown);
        self.guard.find(Draft {
            subject: self.cx.line(deed.op),
            saw,
            expected: format!(
                "{} for everybody but its owner, and nothing done",
                refusals(&auth)
            ),
            actual,
            note: Some(GAIN.to_owned()),
            manner,
            evidence,
            ..Draft::default()
        });
    }

    /// A change by the owner that is answered with a yes; the thing has the new value from now on.
    async fn honest_change(&mut self, op: &OpId) -> Result<Option<Changed>, Fault> {
        let Some(changed) = self.accounts.planter().change(&self.thing).await? else {
            return Ok(None);
        };
        if !said_yes(&changed.exchange) {
            self.doubt(op, &changed.exchange, "its owner");
            return Ok(None);
        }
        let facts = &mut self.thing.facts;
        facts.insert(changed.fact.clone(), changed.value.clone());
        Ok(Some(changed))
    }

    /// What the owner reads of the thing now; none, and a doubt, where they cannot.
    async fn look(&mut self, op: &OpId) -> Result<Option<Exchange>, Fault> {
        let Some(seen) = self.accounts.planter().read(&self.thing).await? else {
            return Ok(None);
        };
        if !said_yes(&seen) {
            self.doubt(op, &seen, "its owner, who wanted to read it");
            return Ok(None);
        }
        Ok(Some(seen))
    }

    fn may_ask(&self, op: &OpId) -> bool {
        let pack = self.cx.pack();
        pack.op(op).is_some_and(|o| self.stranger.may_ask(o))
    }

    fn planter(&mut self) -> &mut crate::probe::Planter {
        self.accounts.planter()
    }

    fn doubt(&mut self, op: &OpId, seen: &Exchange, whom: &str) {
        let line = self.cx.line(op);
        self.guard.doubt(format!(
            "{line} was asked, and {whom} was answered {}",
            answer(seen)
        ));
    }
}

/// What the stranger did.
struct Deed<'d> {
    op: &'d OpId,
    word: &'static str,
    doing: &'static str,
}

fn tokens(value: &Value) -> Vec<Token> {
    let token = Token::of(value).filter(|t| matches!(t, Token::Text(_)));
    token.into_iter().collect()
}
