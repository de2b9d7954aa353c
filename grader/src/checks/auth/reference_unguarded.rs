use serde_json::{Value, json};

use super::login_broken;
use crate::check::about::in_this_state;
use crate::check::accounts::skipped;
use crate::check::guard::Guard;
use crate::check::kept::{Kept, row};
use crate::check::strangers::{Met, Stranger, Strangers, both};
use crate::check::{Cx, a};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::pack::{Entity, OpId, Parent, Verb};
use crate::probe::auth::Accounts;
use crate::probe::plant::{Planted, Wish, answer, said_yes};
use crate::probe::sql::Token;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Things that belong to something which must be their maker's own. A stranger of the same role makes one below what
    /// belongs to somebody else, with the very request by which its owner does so right after, and moves one of their own
    /// there. Both must be refused, and nothing may be made or moved: neither for whoever reads it, nor in the database.
    ///
    /// ## Why it matters
    /// An id in a body or in a path is a wish, like any other value. That what it names exists says nothing about
    /// whether the caller may hang something on it.
    ///
    /// ## Passes
    /// ```text
    /// POST /events      {"venue_id": 7, …}  as another organiser   403
    /// PATCH /events/9   {"venue_id": 7}     as another organiser   403
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events      {"venue_id": 7, …}  as another organiser   201
    /// ```
    ///
    /// ## How to mend it
    /// Look up what an id names together with its owner, `WHERE id = $1 AND owner_id = $2`, wherever a request names
    /// one: when a thing is made, and again when it is changed. A foreign key asks only whether it is there.
    pub static CHECK = {
        id: "auth.reference-unguarded",
        summary: "somebody hangs a thing of theirs on what belongs to somebody else",
        concept: "ownership",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API1:2023", "OWASP API3:2023", "ASVS v5.0.0-8.2.2", "WSTG-APIT-02"],
        hints: [
            "A body names the id of something that belongs to somebody else. Which line of your code would notice?",
            "To refer to a thing is to use it: whoever may not change it may not hang something on it either.",
            "Before the INSERT, and before an UPDATE that changes the reference, read the owner of what the id names, and answer 403 where it is not the caller.",
        ],
        run,
    }
}

const GAIN: &str = "Whoever has an account fills what belongs to others, and it looks as if its owner had done so.";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let pack = cx.pack();
    let own = |e: &&Entity| e.create.is_some() && e.parents.values().any(|p| p.own);
    let mut things = Vec::new();
    for entity in pack.entities.values().filter(own) {
        things.push(control!(accounts.planter().plant(&entity.name).await?));
    }
    let strangers = control!(Strangers::to(&mut accounts, &things).await?);
    let Some(any) = strangers.any() else {
        let why = "the pack says of nothing that what it belongs to must be its maker's own";
        return Ok(skipped(why));
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &any.session).await?);
    for thing in &things {
        let Some(stranger) = strangers.beside(&mut accounts, thing) else {
            continue;
        };
        // C+: below what is theirs the stranger makes one.
        let own = control!(accounts.planter().plant(&thing.entity).await?);
        let mut trial = Trial {
            cx,
            accounts: &mut accounts,
            guard: &mut guard,
            stranger,
            thing,
        };
        trial.made().await?;
        if own.by == Some(stranger.who) {
            trial.moved(&own).await?;
        }
    }
    guard.close(cx, &mut accounts, Some(&any.session)).await
}

/// A thing of somebody's, and a stranger who wants to hang another on what it belongs to.
struct Trial<'t> {
    cx: &'t Cx,
    accounts: &'t mut Accounts,
    guard: &'t mut Guard,
    stranger: &'t Stranger,
    thing: &'t Planted,
}

impl Trial<'_> {
    /// The stranger makes one below what the thing belongs to; then its owner does, by the same request.
    async fn made(&mut self) -> Result<(), Fault> {
        let wish = Wish {
            parents: self.thing.parents.clone(),
            ..Wish::default()
        };
        let planter = self.accounts.planter();
        let Ok(ready) = planter.prepare(&self.thing.entity, wish).await? else {
            return Ok(());
        };
        let bearer = self.stranger.session.bearer();
        let request = self.accounts.carry(ready.request(), &bearer);
        let attack = request.send().await?;
        let known: Vec<Token> = self.thing.facts.values().filter_map(text).collect();
        let texts: Vec<Token> = ready.facts.values().filter_map(text).collect();
        let kept = Kept::learn(self.cx, &known).await?;
        let hit = match kept {
            Some(kept) if !texts.is_empty() => kept.stays(&texts).await?,
            _ => None,
        };
        let shown = hit.map(|hit| row("what the stranger made is kept", hit));
        let honest = ready.request().send().await?;
        self.judge((&ready.op, "made"), [&honest, &attack], shown);
        Ok(())
    }

    /// The stranger moves one of their own below it; then below another of their own.
    async fn moved(&mut self, own: &Planted) -> Result<(), Fault> {
        let pack = self.cx.pack();
        let entity = pack.entity(&own.entity);
        let Some((entity, update)) = entity.and_then(|e| Some((e, e.update.as_ref()?))) else {
            return Ok(());
        };
        let op = &update.call.op;
        for (role, parent) in entity.parents.iter().filter(|(_, p)| p.own) {
            let theirs = self.thing.parents.get(role).and_then(|p| p.key.clone());
            let Some(body) = theirs
                .as_ref()
                .and_then(|key| self.reference(op, parent, key))
            else {
                continue;
            };
            let other = match self.accounts.planter().plant(&parent.entity).await? {
                Ok(other) => other.key,
                Err(why) => {
                    self.guard.doubt(why.to_string());
                    continue;
                }
            };
            let planter = self.accounts.planter();
            let Some(before) = planter.read(own).await?.filter(said_yes) else {
                continue;
            };
            let Ok(request) = planter.errand_about(own, op, Some(body)) else {
                continue;
            };
            let bearer = self.stranger.session.bearer();
            let request = self
                .accounts
                .carry(in_this_state(request, &before), &bearer);
            let attack = request.send().await?;
            let planter = self.accounts.planter();
            let after = planter.read(own).await?.filter(|after| {
                let body = after.json().unwrap_or_default();
                let shown = planter.parents_shown(own, &body);
                shown.iter().any(|(r, key)| r == role && *key == theirs)
            });
            let shown = after.map(|after| self.cx.seen("it is read after", &after));
            let body = other.and_then(|key| self.reference(op, parent, &key));
            let (planter, key) = (self.accounts.planter(), own.key.as_ref());
            if let Some(honest) = planter.ask(own, &update.call, key, body).await? {
                self.judge((op, "moved"), [&honest, &attack], shown);
            }
        }
        Ok(())
    }

    /// A change that names something else to belong to; none where the contract lets no change name it.
    fn reference(&self, op: &OpId, parent: &Parent, key: &Value) -> Option<Value> {
        let pack = self.cx.pack();
        let schema = &pack.op(op)?.body.as_ref()?.schema.value;
        let at = parent.at.pointer()?;
        let mut body = json!({});
        let named = pack.contract.describes(schema, at) && at.set(&mut body, key);
        named.then_some(body)
    }

    fn judge(
        &mut self,
        (op, word): (&OpId, &str),
        [honest, attack]: [&Exchange; 2],
        shown: Option<Evidence>,
    ) {
        let mut away = self.accounts.auth().forbidden.clone();
        // As good as "there is none that you could mean".
        away.extend([400, 422]);
        let line = self.cx.line(op);
        let met = Met::by(self.cx, &away, op, "a stranger", attack);
        let (kind, said) = (a(&self.thing.entity), answer(attack));
        let (saw, manner) = match (&met, &shown) {
            (Met::Yes, _) => (
                format!("{kind} is {word} below what belongs to somebody else"),
                Manner::Wrong,
            ),
            (_, Some(_)) => (
                format!(
                    "{kind} is {word} below what belongs to somebody else, whatever the answer says"
                ),
                Manner::Wrong,
            ),
            (Met::Broke(manner), None) => (
                format!(
                    "the service breaks when {kind} is {word} below what belongs to somebody else"
                ),
                *manner,
            ),
            (Met::Unclear(why), None) => return self.guard.doubt(why.clone()),
            (Met::Away, None) if !said_yes(honest) => {
                let said = answer(honest);
                return self
                    .guard
                    .doubt(format!("{line} answered {said} to somebody who may"));
            }
            (Met::Away, None) => return,
        };
        let mut evidence = both(
            self.cx,
            ("somebody who may", honest),
            ("a stranger", attack),
        );
        evidence.extend(shown);
        self.guard.find(Draft {
            subject: line,
            saw,
            expected: "403 for everybody but its owner, and nothing done".to_owned(),
            actual: said,
            note: Some(GAIN.to_owned()),
            manner,
            evidence,
            ..Draft::default()
        });
    }
}

fn text(value: &Value) -> Option<Token> {
    Token::of(value).filter(|t| matches!(t, Token::Text(_)))
}
