//! Things whose owner a body names.

use serde_json::Value;

use super::guard::Guard;
use super::strangers::{Met, both};
use super::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Manner};
use crate::pack::{Entity, OpId, Pack, Pointer, Verb};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{Planted, Wish, said_yes};
use crate::probe::sql::Token;

/// What references to accounts are often called. Those of the learner's own database are tried as well.
const OWNERS: [&str; 6] = [
    "owner_id",
    "user_id",
    "account_id",
    "owner",
    "created_by",
    "customer_id",
];

/// Makes a thing, and changes one, with somebody else as its owner in the body. `stolen` is the thing in their hands.
pub(crate) async fn named(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    [thing, stolen]: [&Planted; 2],
    other: &Session,
) -> Result<(), Fault> {
    let pack = cx.pack();
    let Some(id) = own_id(&pack, accounts, other).await? else {
        return Ok(());
    };
    // C+ and C-: what only an owner can do, the maker can, and the other one cannot.
    let before = (
        reach(accounts, thing).await?,
        reach(accounts, stolen).await?,
    );
    let (Some(mine), Some(theirs)) = before else {
        return Ok(());
    };
    if !said_yes(&mine) || said_yes(&theirs) {
        return Ok(());
    }
    let mut extra = owner_names(cx, &other.account.login).await?;
    // What the contract lets a client say is the client's to say.
    extra.retain(|name| {
        let at = Pointer { tokens: Vec::new() }.member(name);
        !takes(&pack, thing, &at)
    });
    let mut with_owner = |mut body: Value| {
        if let Some(members) = body.as_object_mut() {
            for name in &extra {
                members.entry(name.clone()).or_insert_with(|| id.clone());
            }
        }
        body
    };
    let planter = accounts.planter();
    let update = pack.entity(&thing.entity).and_then(|e| e.update.as_ref());
    if let (Some(update), Some(body)) = (update, planter.change_of(thing)) {
        let (key, body) = (thing.key.as_ref(), with_owner(body));
        if let Some(seen) = planter.ask(thing, &update.call, key, Some(body)).await? {
            lost(
                cx,
                accounts,
                guard,
                [thing, stolen],
                (&update.call.op, &seen),
            )
            .await?;
        }
    }
    let Some((made, op)) = make_with(&pack, accounts, thing, &mut with_owner).await? else {
        return Ok(());
    };
    let theirs = Planted {
        by: stolen.by,
        ..made.clone()
    };
    let seen = made.created.clone();
    lost(cx, accounts, guard, [&made, &theirs], (&op, &seen)).await
}

/// A thing like this one, made with a body that says more; none where that was refused.
pub(crate) async fn make_with(
    pack: &Pack,
    accounts: &mut Accounts,
    like: &Planted,
    more: &mut impl FnMut(Value) -> Value,
) -> Result<Option<(Planted, OpId)>, Fault> {
    let wish = Wish {
        parents: like.parents.clone(),
        ..Wish::default()
    };
    let Ok(ready) = accounts.planter().prepare(&like.entity, wish).await? else {
        return Ok(None);
    };
    let request = ready.with(&more(ready.body.clone()));
    let owner = like
        .by
        .and_then(|who| accounts.planter().actor(who).cloned());
    let bearer = owner.and_then(|actor| accounts.bearer_of(&actor));
    let Some(bearer) = bearer else {
        return Ok(None);
    };
    let created = accounts.carry(request, &bearer).send().await?;
    let body = created.json().filter(|_| said_yes(&created));
    let place = pack
        .entity(&like.entity)
        .and_then(|e| e.key_place().cloned());
    let key = body
        .as_ref()
        .zip(place)
        .and_then(|(body, at)| at.get(body).first().copied().cloned());
    Ok(key.map(|key| {
        let made = Planted {
            key: Some(key),
            facts: ready.facts.clone(),
            created,
            ..like.clone()
        };
        (made, ready.op.clone())
    }))
}

/// Whether the contract names this place in the body that makes or changes such a thing.
pub(crate) fn takes(pack: &Pack, of: &Planted, at: &Pointer) -> bool {
    let Some(entity) = pack.entity(&of.entity) else {
        return false;
    };
    let update = entity.update.as_ref().map(|u| &u.call.op);
    let mut bodies = entity.maker().into_iter().chain(update).filter_map(|op| {
        let body = pack.op(op)?.body.as_ref()?;
        Some(&body.schema.value)
    });
    bodies.any(|schema| pack.contract.describes(schema, at))
}

/// Whether a thing was lost to somebody else: they can do with it what only an owner can, and its maker no more.
async fn lost(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    [thing, stolen]: [&Planted; 2],
    (op, asked): (&OpId, &Exchange),
) -> Result<(), Fault> {
    let (Some(theirs), Some(mine)) = (
        reach(accounts, stolen).await?,
        reach(accounts, thing).await?,
    ) else {
        return Ok(());
    };
    let auth = accounts.auth().clone();
    let away = Met::by(cx, &auth.forbidden, op, "its maker", &mine) == Met::Away;
    if !said_yes(asked) || !said_yes(&theirs) || !away {
        return Ok(());
    }
    let mut evidence = vec![cx.seen("a body names another owner", asked)];
    evidence.extend(both(
        cx,
        ("the other one asks", &theirs),
        ("its maker asks", &mine),
    ));
    guard.find(Draft {
        subject: "the owner of a thing".to_owned(),
        touches: vec![cx.line(op)],
        saw: format!("the body says whose {} is", a(&thing.entity)),
        expected: "it belongs to whoever made it, whatever a body says".to_owned(),
        actual: "it belongs to the account that the body names".to_owned(),
        note: Some("Whoever writes the request decides in whose name a thing stands.".to_owned()),
        manner: Manner::Wrong,
        evidence,
    });
    Ok(())
}

/// What only an owner can do: change it, or read what is private.
async fn reach(accounts: &mut Accounts, of: &Planted) -> Result<Option<Exchange>, Fault> {
    let pack = accounts.planter().pack();
    let private = pack.entity(&of.entity).is_some_and(|e| e.private);
    let changed = accounts.planter().change(of).await?;
    match changed {
        Some(changed) => Ok(Some(changed.exchange)),
        None if private => accounts.planter().read(of).await,
        None => Ok(None),
    }
}

/// The account's own id, where `whoami` shows it in the place in which registering does.
pub(crate) async fn own_id(
    pack: &Pack,
    accounts: &mut Accounts,
    of: &Session,
) -> Result<Option<Value>, Fault> {
    let register = accounts
        .auth()
        .ops
        .get(&Verb::Register)
        .map(|r| r.op.clone());
    let is_it = |e: &&Entity| e.create.as_ref().map(|c| &c.op) == register.as_ref();
    let place = pack
        .entities
        .values()
        .find(is_it)
        .and_then(|e| e.key_place().cloned());
    let seen = accounts.whoami(&of.bearer()).await?;
    let body = seen.exchange().json();
    Ok(place
        .zip(body)
        .and_then(|(at, body)| at.get(&body).first().copied().cloned()))
}

/// Under which names a body may say whose a thing is: usual ones, and those of the columns that refer to the table in
/// which the account's login stands.
async fn owner_names(cx: &Cx, login: &Value) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = OWNERS.map(str::to_owned).to_vec();
    let (Some(observer), Some(login)) = (cx.observer().await?, login.as_str()) else {
        return Ok(names);
    };
    let token = Token::Text(login.to_owned());
    let homes: Vec<String> = observer
        .find(&[token])
        .await?
        .into_iter()
        .map(|h| h.table)
        .collect();
    for table in observer.catalog().await?.tables {
        let keys = table.foreign_keys.iter().filter(|k| k.columns.len() == 1);
        let to_accounts =
            keys.filter(|k| homes.contains(&format!("{}.{}", k.references.0, k.references.1)));
        names.extend(to_accounts.flat_map(|k| k.columns.clone()));
    }
    let camel: Vec<String> = names.iter().map(|n| camel(n)).collect();
    names.extend(camel);
    names.sort();
    names.dedup();
    Ok(names)
}

/// `ownerId` for `owner_id`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| {
        let mut letters = word.chars();
        let head: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        all + &head + letters.as_str()
    })
}
