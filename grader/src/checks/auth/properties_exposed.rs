use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::skipped;
use crate::check::exposed::{Reply, sensitive};
use crate::check::guard::Guard;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, OpId, Verb};
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Bearer};
use crate::probe::plant::{Planting, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// What replies on a thing say of the account that it belongs to: when it is made, read and listed. Where anybody may
    /// read it, they may not learn the login of its owner. And nobody may learn what proves who somebody is: a password,
    /// a hash of one, its salt. Whatever the contract names in a reply may stand there; what it leaves open is no fault
    /// unless it is of this kind.
    ///
    /// ## Why it matters
    /// A thing is shown to more people than its owner knows. Whatever hangs on it in the database and is sent along,
    /// because it was there, is shown to all of them.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7   200  {"id": 7, "name": "Paradiso", …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7   200  {"id": 7, "name": "Paradiso", "owner": {"email": "ada@…", …}, …}
    /// ```
    ///
    /// ## How to mend it
    /// Name the columns of each statement and the properties of each reply one by one, for each audience. No `SELECT *`,
    /// and no row that is sent as it came.
    pub static CHECK = {
        id: "auth.properties-exposed",
        summary: "a reply on a thing shows the login of its owner, or what proves who they are",
        concept: "authorization",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API3:2023", "ASVS v5.0.0-8.2.3", "ASVS v5.0.0-15.3.1", "WSTG-APIT-03"],
        hints: [
            "Who may read this reply, and which of its properties are about a person? Who has decided that each of them may be read?",
            "A reply is written for somebody: it lists what they may see, and what is not on the list is not sent.",
            "Replace `SELECT *` and whole rows in replies by named columns, and build the reply from those.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let pack = cx.pack();
    let owned = |e: &&Entity| e.owner.is_some() && e.create.is_some();
    let owned: Vec<&Entity> = pack.entities.values().filter(owned).collect();
    if owned.is_empty() {
        return Ok(skipped("the pack says of nothing whose it is"));
    }
    let session = control!(accounts.join().await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &session).await?);
    for entity in owned {
        control!(shown(cx, &mut accounts, &mut guard, entity).await?);
    }
    guard.close(cx, &mut accounts, Some(&session)).await
}

/// A thing that belongs to somebody, as its owner sees it, and as anybody does where anybody may.
async fn shown(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    entity: &Entity,
) -> Result<Planting<()>, Fault> {
    let pack = cx.pack();
    let thing = match accounts.planter().plant(&entity.name).await? {
        Ok(thing) => thing,
        Err(why) => return Ok(Err(why)),
    };
    let owner = thing.by.and_then(|who| accounts.planter().actor(who));
    let Some(owner) = owner.cloned() else {
        return Ok(Ok(()));
    };
    if let Some(op) = entity.maker() {
        judge(cx, guard, (op, &thing.created), None, &owner);
    }
    for call in [&entity.read, &entity.list].into_iter().flatten() {
        let anyone = pack.op(&call.op).is_some_and(|op| op.security.anyone);
        let Ok(request) = accounts.planter().errand_about(&thing, &call.op, None) else {
            continue;
        };
        let bearer = match anyone {
            true => Some(Bearer::nobody()),
            false => accounts.bearer_of(&owner),
        };
        let Some(bearer) = bearer else { continue };
        let seen = accounts.carry(request, &bearer).send().await?;
        judge(
            cx,
            guard,
            (&call.op, &seen),
            anyone.then_some(&owner),
            &owner,
        );
    }
    Ok(Ok(()))
}

/// `hidden` is somebody whose login may not show.
fn judge(
    cx: &Cx,
    guard: &mut Guard,
    (op, exchange): (&OpId, &Exchange),
    hidden: Option<&Actor>,
    account: &Actor,
) {
    let pack = cx.pack();
    let Some(reply) = Reply::of(&pack, op, exchange).filter(|_| said_yes(exchange)) else {
        return;
    };
    for found in sensitive(&reply, account, hidden) {
        guard.find(Draft {
            subject: found.what.to_owned(),
            touches: vec![cx.line(op)],
            saw: format!("a reply shows {} as `{}`", found.what, found.name),
            expected: "what the contract names, and nothing of this kind".to_owned(),
            actual: format!("{}, with `{}`", answer(exchange), found.name),
            note: Some(found.gain.to_owned()),
            evidence: vec![cx.seen("the reply", exchange)],
            ..Draft::default()
        });
    }
}
