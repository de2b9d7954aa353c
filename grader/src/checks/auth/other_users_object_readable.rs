use super::login_broken;
use crate::check::guard::Guard;
use crate::check::strangers::{Met, Stranger, Strangers, both, refusals};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Manner, Outcome, Verdict};
use crate::pack::{Call, Verb};
use crate::probe::auth::Accounts;
use crate::probe::plant::{Planted, answer, encoded, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Somebody makes a thing that the project calls private. A stranger of the same role, who has one like it, asks
    /// for it by its id: for the thing, and for whatever stands under its address. The owner is shown it before and
    /// after; the stranger is shown their own and is turned away here, with nothing of the thing in the refusal.
    ///
    /// ## Why it matters
    /// Ids stand in links, logs and replies, and counting up from one's own finds the neighbour's. This is the most
    /// common hole of all APIs, because nothing looks broken when the rule is missing.
    ///
    /// ## Passes
    /// ```text
    /// GET /orders/41   as whoever bought   200
    /// GET /orders/41   as somebody else    404
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /orders/41   as somebody else    200  {"customer": {"email": "ada@…"}, …}
    /// ```
    ///
    /// ## How to mend it
    /// Put the owner into the statement: `WHERE id = $1 AND account_id = $2`, with the account that the credential
    /// names. No row is 404. Do the same for all that stands under the thing's address.
    pub static CHECK = {
        id: "auth.other-users-object-readable",
        summary: "a private thing is shown to somebody whose it is not",
        concept: "ownership",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API1:2023", "ASVS v5.0.0-8.2.2", "WSTG-ATHZ-04", "WSTG-APIT-02"],
        hints: [
            "Somebody changes the number at the end of an address that is theirs. Which line of your code notices?",
            "Knowing an id is no permission: whose a thing is has to be looked at on every road to it.",
            "Select by the id and the caller's account together, and answer 404 where no row comes.",
        ],
        run,
    }
}

const GAIN: &str =
    "Whoever has an account can read what belongs to others, one id after the other.";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let mut things = Vec::new();
    for name in private(cx) {
        things.push(control!(accounts.planter().plant(&name).await?));
    }
    let strangers = control!(Strangers::to(&mut accounts, &things).await?);
    let Some(any) = strangers.any() else {
        let why = "the pack says of nothing that has a read of its own that it is private";
        return Ok(Verdict::Skipped {
            why: why.to_owned(),
        });
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &any.session).await?);
    for thing in &things {
        let Some(stranger) = strangers.beside(&mut accounts, thing) else {
            continue;
        };
        let own = control!(accounts.planter().plant(&thing.entity).await?);
        for call in roads(cx, &mut accounts, stranger, thing) {
            go(
                cx,
                &mut accounts,
                &mut guard,
                stranger,
                [thing, &own],
                &call,
            )
            .await?;
        }
    }
    guard.close(cx, &mut accounts, Some(&any.session)).await
}

/// The entities that only their owner sees, and that can be read one by one.
fn private(cx: &Cx) -> Vec<String> {
    let pack = cx.pack();
    let all = pack.entities.values();
    let private = all.filter(|e| e.private && e.owner.is_some() && e.read.is_some());
    private.map(|e| e.name.clone()).collect()
}

/// The thing's own read, and the reads that stand under its address.
fn roads(cx: &Cx, accounts: &mut Accounts, stranger: &Stranger, of: &Planted) -> Vec<Call> {
    let pack = cx.pack();
    let read = pack.entity(&of.entity).and_then(|e| e.read.clone());
    let mut roads: Vec<Call> = read.into_iter().collect();
    roads.extend(accounts.planter().views(of));
    roads.retain(|c| pack.op(&c.op).is_some_and(|o| stranger.may_ask(o)));
    roads
}

/// One road to the thing: its owner goes it before and after, and the stranger in between. Theirs to their own thing
/// is open to the stranger.
async fn go(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    stranger: &Stranger,
    [thing, own]: [&Planted; 2],
    call: &Call,
) -> Result<(), Fault> {
    let line = cx.line(&call.op);
    let mut ask = async |of: &Planted| {
        let planter = accounts.planter();
        planter.ask(of, call, of.key.as_ref(), None).await
    };
    let stolen = stranger.holding(thing);
    let (Some(shown), Some(theirs)) = (ask(thing).await?, ask(own).await?) else {
        return Ok(());
    };
    for (whose, seen) in [("its owner", &shown), ("the owner of another one", &theirs)] {
        if !said_yes(seen) {
            guard.doubt(format!("{line} answered {} to {whose}", answer(seen)));
            return Ok(());
        }
    }
    let (Some(seen), Some(after)) = (ask(&stolen).await?, ask(thing).await?) else {
        return Ok(());
    };
    if !said_yes(&after) {
        let said = answer(&after);
        guard.doubt(format!(
            "{line} answered {said} to its owner, after a stranger asked"
        ));
    }
    judge(cx, accounts, guard, thing, call, [&shown, &seen]);
    Ok(())
}

fn judge(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    thing: &Planted,
    call: &Call,
    [shown, seen]: [&Exchange; 2],
) {
    let auth = accounts.auth().clone();
    let met = Met::by(cx, &auth.forbidden, &call.op, "a stranger", seen);
    let leaks = gives_away(cx, accounts, thing, [shown, seen], met == Met::Yes);
    let kind = a(&thing.entity);
    let (saw, manner) = match met {
        Met::Yes if leaks => (format!("{kind} of somebody else is shown"), Manner::Wrong),
        Met::Yes => {
            let line = cx.line(&call.op);
            let said = answer(seen);
            guard.doubt(format!(
                "{line} answered {said} to a stranger, and showed nothing of the thing"
            ));
            return;
        }
        _ if leaks => (
            format!("a refusal tells what is in {kind} of somebody else"),
            Manner::Wrong,
        ),
        Met::Broke(manner) => (
            format!("asking for {kind} of somebody else breaks the service"),
            manner,
        ),
        Met::Unclear(why) => return guard.doubt(why),
        Met::Away => return,
    };
    guard.find(Draft {
        subject: cx.line(&call.op),
        saw,
        expected: format!("{} for everybody but those who may see it", refusals(&auth)),
        actual: answer(seen),
        note: Some(GAIN.to_owned()),
        manner,
        evidence: both(cx, ("its owner asks", shown), ("a stranger asks", seen)),
        ..Draft::default()
    });
}

/// Whether an answer shows what is the owner's alone: their login or a text of the thing's; where it says yes, the
/// thing's key in its place, or all that the owner sees.
fn gives_away(
    cx: &Cx,
    accounts: &mut Accounts,
    thing: &Planted,
    [shown, seen]: [&Exchange; 2],
    yes: bool,
) -> bool {
    let planter = accounts.planter();
    let mut texts = planter.own_texts(thing);
    let owner = thing.by.and_then(|who| planter.actor(who));
    texts.extend(owner.and_then(|o| o.login.as_str().map(str::to_owned)));
    // What stands in the address itself may come back in an answer about it.
    let asked = seen.sent.path.to_lowercase();
    texts.retain(|t| !t.is_empty() && !asked.contains(&encoded(t).to_lowercase()));
    if let Outcome::Answered { body, .. } = &seen.outcome {
        let body = body.text.to_lowercase();
        if texts.iter().any(|t| body.contains(&t.to_lowercase())) {
            return true;
        }
    }
    let (Some(shown), Some(seen)) = (shown.json(), seen.json().filter(|_| yes)) else {
        return false;
    };
    let pack = cx.pack();
    let key = pack.entity(&thing.entity).and_then(|e| e.key.read.clone());
    let at = |body| {
        key.as_ref()
            .and_then(|k| k.get(body).first().copied().cloned())
    };
    shown == seen || at(&shown).is_some_and(|key| at(&seen) == Some(key))
}
